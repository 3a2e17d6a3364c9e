"""Twee 3, the text form of Twine stories: a file in, its passages out, with the line of each.

Source: https://github.com/iftechfoundation/twine-specs/blob/master/twee-3-specification.md
pytwee (PyPI) was weighed: it knows no lines, leaves escapes in names, and ends at the first wrong JSON.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FILE_MAX = 4 * 1024 * 1024  # bytes; the longest Twine novels are about half of it


class TweeError(Exception):
    """Nothing could be read; the text says on which line, why, and the mend."""

    def __init__(self, line: int, message: str, mend: str) -> None:
        self.line, self.message, self.mend = line, message, mend
        super().__init__(f"{line}: {message}\n    {mend}")


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One thing that was not carried over as it was: its line, what it is, and why or what to do."""

    line: int
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage: `line` is that of its header, its text begins on the next."""

    name: str
    text: str
    line: int
    tags: tuple[str, ...] = ()
    placed: bool = False  # it has metadata: where the editor shows it


@dataclass(frozen=True, slots=True)
class Story:
    """A file: its title, its settings (StoryData), its passages in order, and what was wrong with it."""

    title: str
    data: Mapping[str, Any]
    passages: tuple[Passage, ...]
    notes: tuple[Note, ...]


def parse_twee(data: bytes) -> Story:
    """
    Read a Twee 3 file.

    Raises:
        TweeError: it holds no passage that can be read.
    """
    notes: list[Note] = []
    text = _text_of(data)
    if (found := _UNSHOWN.search(text)) is not None:
        line = text.count("\n", 0, found.start()) + 1
        notes.append(Note(line, repr(found.group()), "characters like this cannot be shown; taken out"))
        text = clean(text)
    title, settings = "", dict[str, Any]()
    passages: list[Passage] = []
    for passage in _passages(text, notes):
        match passage.name:
            case "StoryTitle" if not title:
                title = " ".join(passage.text.split())
            case "StoryData" if not settings:
                settings = _settings(passage, notes)
            case _:
                passages.append(passage)
    if not passages:
        raise TweeError(
            1,
            "There is no passage in this file.",
            "A passage begins with a line like ':: Name'. In Twine: Story, then Export As Twee.",
        )
    return Story(title, settings, tuple(passages), tuple(notes))


def _text_of(data: bytes) -> str:
    if len(data) > FILE_MAX:
        raise TweeError(1, f"The file has more than {FILE_MAX >> 20} MiB.", "Make several stories of it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise TweeError(line, "This line is not UTF-8 text.", "Save the file as UTF-8.") from None
    if re.match(r"\s*<(!doctype|html|tw-storydata)\b", text, re.IGNORECASE):
        raise TweeError(
            1, "This is a story published as HTML.", "Open it in Twine, then Story, Export As Twee."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


# What YAML or a screen cannot show: control characters, and line ends that editors do not know.
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_AS_SPACE = dict.fromkeys(map(ord, "\x0b\x0c\x85\u2028\u2029"), " ")


def clean(text: str) -> str:
    """Take out what cannot be shown."""
    return _UNSHOWN.sub("", text.translate(_AS_SPACE))


def _passages(text: str, notes: list[Note]) -> list[Passage]:
    """Cut a file at its headers; trailing blank lines are no part of a passage."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith("::")]
    before = "\n".join(lines[: starts[0] if starts else None]).strip()
    if starts and before:
        notes.append(Note(1, shortened(before), "it stands before the first passage and belongs to none"))
    passages = []
    for start, end in itertools.pairwise([*starts, len(lines)]):
        name, tags, placed = _header(lines[start][2:], start + 1, notes)
        body = "\n".join(lines[start + 1 : end]).rstrip()
        if not name:
            name = "Passage without a name"
            notes.append(Note(start + 1, lines[start], f"this passage has no name; it is called {name!r}"))
        passages.append(Passage(name, body, start + 1, tags, placed))
    return passages


_NAME = re.compile(r"(?:\\.|[^\\\[{])*+\\?")  # up to the first bracket that is not escaped
_REST = re.compile(r"\s*(?:\[((?:\\.|[^\\\]])*+)\])?\s*(\{.*\})?\s*\Z")


def _header(header: str, line: int, notes: list[Note]) -> tuple[str, tuple[str, ...], bool]:
    """Give name, tags, and whether there is metadata."""
    found = _NAME.match(header)
    assert found is not None  # it may be empty
    name, rest = found.group(), header[found.end() :]
    parts = _REST.match(rest)
    if parts is None:
        notes.append(Note(line, rest.strip(), "this part of the header is neither [tags] nor {metadata}"))
        return _unescaped(name), (), False
    tags, metadata = parts.groups()
    if metadata is not None:
        try:
            json.loads(metadata)
        except (ValueError, RecursionError):
            notes.append(Note(line, shortened(metadata), "this metadata is not JSON"))
    return _unescaped(name), tuple(_unescaped(tag) for tag in (tags or "").split()), metadata is not None


def _unescaped(text: str) -> str:
    """Take away the backslash of each escaped character (specification: any may be escaped)."""
    return re.sub(r"\\(.)", r"\1", text.strip()).strip()


def _settings(passage: Passage, notes: list[Note]) -> dict[str, Any]:
    try:
        settings = json.loads(passage.text)
    except json.JSONDecodeError as error:
        line = passage.line + error.lineno
        notes.append(Note(line, "StoryData", f"it is not JSON ({error.msg}); the story begins at 'Start'"))
        return {}
    except (ValueError, RecursionError):  # a number of thousands of digits, a thousand brackets
        settings = None
    if not isinstance(settings, dict):
        notes.append(Note(passage.line, "StoryData", "it is no JSON object; the story begins at 'Start'"))
        return {}
    return settings


def shortened(text: str, most: int = 70) -> str:
    """Give a text in one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 3].rstrip() + "..."
