"""Twine's variables: what of a change or a condition is exactly one of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.model import Bounds, Value

Wanted = bool | int | Bounds


@dataclass(frozen=True, slots=True)
class Change:
    """A variable that is set, or added to."""

    name: str
    way: Literal["set", "add"]
    value: Value
    line: int
    source: str


_NUMBER = r"[+-]?\d{1,6}"
_VALUE = rf"true|false|{_NUMBER}"
_SET = re.compile(rf"\$(\w+)\s*(?:\bto\b|=(?!=))\s*({_VALUE})\Z", re.IGNORECASE)
_PUT = re.compile(rf"({_VALUE})\s+into\s+\$(\w+)\Z", re.IGNORECASE)
_SUM = re.compile(r"\$(\w+)\s*(?:\bto\b|=(?!=))\s*(?:\$(\w+)|it)\s*([+-])\s*(\d{1,6})\Z", re.IGNORECASE)
_PLUS = re.compile(r"\$(\w+)\s*([+-])=\s*(\d{1,6})\Z")
_STEP = re.compile(r"\$(\w+)\s*(\+\+|--)\Z|(\+\+|--)\s*\$(\w+)\Z")


def changes_from(source: str, line: int) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Read `$x to 5, $y to true`: what is ours, and what is not, as written."""
    changes, unread = [], []
    for part in _parts(source):
        change = _change_from(part, line)
        if change is None:
            unread.append(part)
        else:
            changes.append(change)
    return tuple(changes), tuple(unread)


def _parts(source: str) -> list[str]:
    """Cut at the commas and semicolons that stand in no quotes and no brackets."""
    parts, depth, start = [], 0, 0
    for found in re.finditer(r"\"(?:\\.|[^\"\\])*+\"|'(?:\\.|[^'\\])*+'|[()\[\]{},;]", source):
        mark = found.group()
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
        elif mark in ",;" and depth <= 0:
            parts.append(source[start : found.start()])
            start = found.end()
    return [part.strip() for part in (*parts, source[start:]) if part.strip()]


def _change_from(part: str, line: int) -> Change | None:
    if found := _SET.match(part):
        return Change(found[1], "set", _value(found[2]), line, part)
    if found := _PUT.match(part):
        return Change(found[2], "set", _value(found[1]), line, part)
    if (found := _SUM.match(part)) and found[2] in (None, found[1]):
        return Change(found[1], "add", int(found[3] + found[4]), line, part)
    if found := _PLUS.match(part):
        return Change(found[1], "add", int(found[2] + found[3]), line, part)
    if found := _STEP.match(part):
        by = 1 if "++" in (found[2], found[3]) else -1
        return Change(found[1] or found[4], "add", by, line, part)
    return None


def _value(word: str) -> Value:
    return word.lower() == "true" if word.lower() in ("true", "false") else int(word)


_FLAG = re.compile(r"(?P<no>(?:not\s+|!\s*))?\$(?P<name>\w+)\Z", re.IGNORECASE)
_IS_NOT = r"is\s+not|isnot|isn't|neq|!==?"
_COMPARED = re.compile(
    rf"\$(?P<name>\w+)\s*(?P<how>{_IS_NOT}|\bis\b|\beq\b|===?|\bgte\b|\bgt\b|\blte\b|\blt\b|>=|<=|>|<)"
    rf"\s*(?P<value>{_VALUE})\Z",
    re.IGNORECASE,
)


def condition_from(source: str, *, negated: bool = False) -> Mapping[str, Wanted] | None:
    """Read `$key and $trust gte 3` as what each variable must be; None where ours cannot say it."""
    wanted: dict[str, Wanted] = {}
    parts = re.split(r"\band\b|&&", _unwrapped(source), flags=re.IGNORECASE)
    if negated and len(parts) > 1:
        return None
    for part in parts:
        atom = _atom(_unwrapped(part))
        if atom is None:
            return None
        name, must = atom[0], negation(atom[1]) if negated else atom[1]
        both = joined(wanted, {name: must}) if must is not None else None
        if both is None:
            return None
        wanted = dict(both)
    return wanted


def _unwrapped(source: str) -> str:
    source = source.strip()
    while re.fullmatch(r"\([^()]*\)", source):
        source = source[1:-1].strip()
    return source


def _atom(source: str) -> tuple[str, Wanted] | None:
    if found := _FLAG.match(source):
        return found["name"], found["no"] is None
    found = _COMPARED.match(source)
    if found is None:
        return None
    name, how, value = found["name"], " ".join(found["how"].lower().split()), _value(found["value"])
    if isinstance(value, bool):
        if re.fullmatch(_IS_NOT, how):
            return name, not value
        return (name, value) if how in ("is", "eq", "==", "===") else None
    match how:
        case "is" | "eq" | "==" | "===":
            return name, value
        case "gt" | ">":
            return name, Bounds(min=value + 1)
        case "gte" | ">=":
            return name, Bounds(min=value)
        case "lt" | "<":
            return name, Bounds(max=value - 1)
        case "lte" | "<=":
            return name, Bounds(max=value)
    return None


def negation(wanted: Wanted) -> Wanted | None:
    """Give the opposite; None where ours cannot say it."""
    match wanted:
        case bool():
            return not wanted
        case Bounds(min=int(least), max=None):
            return Bounds(max=least - 1)
        case Bounds(min=None, max=int(most)):
            return Bounds(min=most + 1)
    return None


def joined(one: Mapping[str, Wanted], other: Mapping[str, Wanted]) -> Mapping[str, Wanted] | None:
    """Give what holds when both hold; None where ours cannot say it, or where it never can."""
    both = dict(one)
    for name, wanted in other.items():
        if name not in both or both[name] == wanted:
            both[name] = wanted
            continue
        here = both[name]
        if isinstance(here, bool) or isinstance(wanted, bool):
            return None
        (low, high), (low2, high2) = _range(here), _range(wanted)
        least = max((n for n in (low, low2) if n is not None), default=None)
        most = min((n for n in (high, high2) if n is not None), default=None)
        if least is not None and most is not None and least > most:
            return None
        both[name] = least if least is not None and least == most else Bounds(min=least, max=most)
    return both


def _range(wanted: int | Bounds) -> tuple[int | None, int | None]:
    return (wanted.min, wanted.max) if isinstance(wanted, Bounds) else (wanted, wanted)
