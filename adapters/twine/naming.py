"""Ids made from Twine's names, and the text of a step with its links taken out or left in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from adapters.twine.nodes import SOFT, Link, Node, Words
from adapters.twine.ways import BULLETS

_PLACE = re.compile("\ue000(\\d+)\ue001")  # where a link stands in a text; from a private range


def said_of(nodes: Sequence[Node]) -> tuple[str, list[Link]]:
    """Give a step's text, and the links whose words are not in it: those that stand alone on a line.

    Our lines run on, so each line of Twine's becomes a paragraph, but for the items of a list.
    """
    links: list[Link] = []
    pieces: list[str] = []
    for node in nodes:
        match node:
            case Words(text=text):
                pieces.append(re.sub("[\ue000\ue001]", "", text))
            case Link():
                pieces.append(f"\ue000{len(links)}\ue001")
                links.append(node)
            case _:
                pass
    inside: set[int] = set()
    said: list[str] = []
    ends = ""  # of lines, since the last one with words
    for line in re.split(f"([\n{SOFT}])", "".join(pieces)):
        if line in ("\n", SOFT):
            ends += line
            continue
        there = [int(found[1]) for found in _PLACE.finditer(line)]
        if there and not _PLACE.sub("", line).strip(BULLETS + "\r\f"):
            continue
        inside.update(there)
        words = " ".join(_PLACE.sub(lambda found: links[int(found[1])].text, line).split())
        if not words:
            continue
        words = re.sub(r"\A\* (?=\S)", "- ", words)
        item = words.startswith("- ")
        if said:
            close = ends == SOFT or (item and (len(ends) == 1 or said[-1].startswith("- ")))
            said.append("\n" if close else "\n\n")
        said.append(words)
        ends = ""
    return "".join(said), [link for place, link in enumerate(links) if place not in inside]


ID_MAX = 20


class Ids:
    """Gives ids that differ, made from names, the same each time."""

    def __init__(self, fallback: str) -> None:
        self._fallback = fallback
        self._given: set[str] = set()

    def give(self, name: str) -> str:
        """Give the id for a name; a number tells it from those given before."""
        base = slug_of(name, self._fallback)
        id, number = base, 1
        while id in self._given:
            number += 1
            end = f"-{number}"
            id = base[: ID_MAX - len(end)].rstrip("-") + end
        self._given.add(id)
        return id


def slug_of(name: str, fallback: str) -> str:
    """Make small letters, digits and hyphens of a name, a letter first, 20 at most, cut between words."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub("['\u2019]", "", plain)
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if slug and not slug[0].isalpha():
        slug = f"{fallback}-{slug}"
    if len(slug) > ID_MAX:
        cut = slug[: ID_MAX + 1].rpartition("-")[0]
        slug = (cut if len(cut) > ID_MAX // 2 else slug[:ID_MAX]).strip("-")
    return slug or fallback
