"""What a Twine passage is made of: words, links, changes of variables, branches and jumps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from adapters.twine.logic import Change, Wanted

SOFT = "\v"  # a line's end at which the text runs on; "\n" is one that is seen. No file's text holds it

Format = Literal["harlowe", "sugarcube", "chapbook", "snowman", "unknown"]


@dataclass(frozen=True, slots=True)
class Words:
    """What is read."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A way on, and what following it changes."""

    text: str
    target: str
    line: int
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Jump:
    """A way on that nobody chooses."""

    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of a branch: its condition (None: otherwise), as written and as ours; and what it holds."""

    source: str | None
    wanted: Mapping[str, Wanted] | None
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """If, else if, else."""

    line: int
    arms: tuple[Arm, ...]


Node = Words | Link | Jump | Change | Branch


def format_of(name: object, texts: str) -> Format:
    """Tell the story format by its name in StoryData, else by what is written."""
    formats: tuple[Format, ...] = ("harlowe", "sugarcube", "chapbook", "snowman")
    for known in formats:
        if isinstance(name, str) and name.strip().lower() == known:
            return known
    if re.search(r"<<\s*/?\w", texts):
        return "sugarcube"
    if re.search(r"\((set|if|else|unless|link[\w-]*|go-?to|print)\s*:", texts, re.IGNORECASE):
        return "harlowe"
    return "snowman" if "<%" in texts else "unknown"


def split_link(content: str, names: frozenset[str]) -> tuple[str, str]:
    """Give text and target of what stands between `[[` and `]]`; a name that holds an arrow is a name."""
    if content.strip() in names:
        return content.strip(), content.strip()
    if "->" in content:
        text, _, target = content.rpartition("->")
    elif "<-" in content:
        target, _, text = content.partition("<-")
    elif "|" in content:
        text, _, target = content.rpartition("|")
    else:
        text = target = content
    return text.strip() or target.strip(), target.strip() or text.strip()
