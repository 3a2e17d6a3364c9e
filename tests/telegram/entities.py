"""Text as Telegram reads it: HTML becomes plain text and entities, in UTF-16 units."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from tests.telegram.shapes import Json, Refused, bad, units

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
}
ATTRIBUTES = {"a": {"href"}, "blockquote": {"expandable"}, "code": {"class"}}
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z-]*)((?:\s+[a-z]+(?:\s*=\s*\"[^\"]*\")?)*)\s*>")
ATTRIBUTE = re.compile(r"([a-z]+)(?:\s*=\s*\"([^\"]*)\")?")
ESCAPE = re.compile(r"&(?:amp|lt|gt|quot|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
LINK = re.compile(r"(?:https?://[^\s/.]+\.[^\s]+|tg://\S+|mailto:\S+|tel:\S+)")

COMMAND = re.compile(r"(?<![\w/])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w@/])")
MENTION = re.compile(r"(?<![\w@/])@[a-zA-Z][a-zA-Z0-9_]{3,31}(?!\w)")
URL = re.compile(r"https?://[^\s<>]+[^\s<>.,!?)]")


@dataclass
class _Open:
    tag: str
    offset: int
    more: Json


@dataclass
class _Reader:
    """What was read so far."""

    source: str
    parts: list[str] = field(default_factory=list)
    length: int = 0
    open: list[_Open] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def write(self, text: str) -> None:
        self.parts.append(text)
        self.length += units(text)

    def where(self, at: int) -> str:
        return f"at byte offset {len(self.source[:at].encode())}"

    def refuse(self, rule: str, words: str) -> Refused:
        return bad(rule, f"can't parse entities: {words}")


def parse_html(source: str) -> tuple[str, list[Json]]:
    """The plain text and the entities of a message in parse_mode HTML."""
    reader, at = _Reader(source), 0
    while at < len(source):
        match source[at]:
            case "&":
                found = ESCAPE.match(source, at)
                if found is None:
                    raise reader.refuse("html-ampersand", f"Bare ampersand {reader.where(at)}")
                reader.write(html.unescape(found.group()))
            case "<":
                found = _tag(reader, at)
            case char:
                reader.write(char)
                at += 1
                continue
        at = found.end()
    if reader.open:
        tag = reader.open[-1].tag
        raise reader.refuse("html-unclosed", f'Can\'t find end tag corresponding to start tag "{tag}"')
    return "".join(reader.parts), sorted(reader.entities, key=lambda e: (e["offset"], -e["length"]))


def _tag(reader: _Reader, at: int) -> re.Match[str]:
    found = TAG.match(reader.source, at)
    if found is None:
        raise reader.refuse("html-tag", f'Unsupported start tag "" {reader.where(at)}')
    slash, tag, more = found.group(1), found.group(2).lower(), found.group(3)
    if slash:
        _close(reader, tag, at)
    else:
        _start(reader, tag, more, at)
    return found


def _start(reader: _Reader, tag: str, more: str, at: int) -> None:
    if tag not in TAGS:
        raise reader.refuse("html-tag", f'Unsupported start tag "{tag}" {reader.where(at)}')
    given = {name: html.unescape(value) for name, value in ATTRIBUTE.findall(more)}
    if set(given) - ATTRIBUTES.get(tag, set()):
        raise reader.refuse("html-attribute", f'Unsupported attribute of "{tag}" {reader.where(at)}')
    if tag == "a" and not LINK.fullmatch(given.get("href", "")):
        raise reader.refuse("html-link", f"Wrong link {reader.where(at)}")
    inside = [each.tag for each in reader.open]
    language = tag == "code" and inside[-1:] == ["pre"]
    closed = {"code", "pre"} & set(inside) or (tag == "blockquote" and tag in inside)
    if closed and not language:
        raise reader.refuse("html-nesting", f'"{tag}" cannot stand in {inside} {reader.where(at)}')
    attributes: Json = {"url": given["href"]} if tag == "a" else {}
    if "class" in given:
        attributes["language"] = given["class"].removeprefix("language-")
    if "expandable" in given:
        attributes["type"] = "expandable_blockquote"
    reader.open.append(_Open(tag, reader.length, attributes))


def _close(reader: _Reader, tag: str, at: int) -> None:
    if not reader.open:
        raise reader.refuse("html-end", f"Unexpected end tag {reader.where(at)}")
    last = reader.open.pop()
    if last.tag != tag:
        words = f'Unmatched end tag {reader.where(at)}, expected "</{last.tag}>", found "</{tag}>"'
        raise reader.refuse("html-end", words)
    if tag == "code" and reader.open and reader.open[-1].tag == "pre":
        reader.open[-1].more |= last.more  # <pre><code class="language-..."> is one entity
    elif reader.length > last.offset:
        entity = {"type": TAGS[tag], "offset": last.offset, "length": reader.length - last.offset}
        reader.entities.append(entity | last.more)


def trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Without white space around it, as Telegram keeps a text; entities move along."""
    gone, kept = units(text) - units(text.lstrip()), text.strip()
    moved = []
    for entity in entities:
        start = max(entity["offset"] - gone, 0)
        end = min(entity["offset"] + entity["length"] - gone, units(kept))
        if end > start:
            moved.append(entity | {"offset": start, "length": end - start})
    return kept, moved


def found_entities(text: str) -> list[Json]:
    """The commands, mentions and links that Telegram finds in what someone typed."""
    kinds = {"url": URL, "mention": MENTION, "bot_command": COMMAND}
    there: list[Json] = []
    for kind, pattern in kinds.items():
        for found in pattern.finditer(text):
            start, length = units(text[: found.start()]), units(found.group())
            if not any(e["offset"] < start + length and start < e["offset"] + e["length"] for e in there):
                there.append({"type": kind, "offset": start, "length": length})
    return sorted(there, key=lambda entity: int(entity["offset"]))


def cut_out(text: str, entity: Json) -> str:
    """The piece of a text that an entity covers."""
    raw = text.encode("utf-16-le")
    return raw[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")
