"""The refusal, and the small checks that every larger one is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Json = dict[str, Any]
Check = Callable[[Any, str], None]


class Refused(Exception):  # noqa: N818 - an answer of Slack, not a mistake of ours
    """Slack says no: its code, our rule's name, and which field broke it."""

    def __init__(self, rule: str, detail: str, error: str = "invalid_blocks", **more: Any) -> None:
        super().__init__(f"{error} ({rule}): {detail}")
        self.rule = rule
        self.detail = detail
        self.error = error
        self.more = more


def text(rule: str, most: int, least: int = 1) -> Check:
    """A string of so many characters."""

    def check(value: Any, at: str) -> None:
        if not isinstance(value, str):
            raise Refused("field-type", f"{at}: must be a string")
        if not least <= len(value) <= most:
            raise Refused(rule, f"{at}: {len(value)} characters, allowed {least} to {most}")

    return check


def whole(rule: str, least: int, most: int) -> Check:
    """A whole number in a range."""

    def check(value: Any, at: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused("field-type", f"{at}: must be a whole number")
        if not least <= value <= most:
            raise Refused(rule, f"{at}: {value}, allowed {least} to {most}")

    return check


def flag(value: Any, at: str) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise Refused("field-type", f"{at}: must be true or false")


def one_of(rule: str, *words: str) -> Check:
    """One of a closed list of words."""

    def check(value: Any, at: str) -> None:
        if value not in words:
            raise Refused(rule, f"{at}: {value!r} is none of {', '.join(words)}")

    return check


def many(rule: str, least: int, most: int, each: Check) -> Check:
    """A list of so many things."""

    def check(value: Any, at: str) -> None:
        if not isinstance(value, list):
            raise Refused("field-type", f"{at}: must be a list")
        if not least <= len(value) <= most:
            raise Refused(rule, f"{at}: {len(value)} items, allowed {least} to {most}")
        for i, item in enumerate(value):
            each(item, f"{at}/{i}")

    return check


def fields(value: Any, at: str, known: Mapping[str, Check], required: Sequence[str] = ()) -> None:
    """An object with these fields only, of which some must be there."""
    if not isinstance(value, dict):
        raise Refused("field-type", f"{at}: must be an object")
    for name in value:
        if name not in known:
            raise Refused("field-unknown", f"{at}/{name}: no such field")
    for name in required:
        if name not in value:
            raise Refused("field-missing", f"{at}/{name}: must be there")
    for name, item in value.items():
        known[name](item, f"{at}/{name}")


def shape(known: Mapping[str, Check], required: Sequence[str] = ()) -> Check:
    """The same as `fields`, kept for later."""

    def check(value: Any, at: str) -> None:
        fields(value, at, known, required)

    return check


def text_object(rule: str, most: int, plain: bool = False) -> Check:
    """A text object; `plain` where Slack takes no mrkdwn."""

    def check(value: Any, at: str) -> None:
        if not isinstance(value, dict):
            raise Refused("field-type", f"{at}: must be a text object")
        kind = value.get("type")
        if kind not in ("plain_text", "mrkdwn"):
            raise Refused("text-type", f"{at}/type: {kind!r} is neither plain_text nor mrkdwn")
        if plain and kind != "plain_text":
            raise Refused("text-plain", f"{at}: must be plain_text")
        option = "emoji" if kind == "plain_text" else "verbatim"
        fields(value, at, {"type": _any, "text": text(rule, most), option: flag}, ["text"])

    return check


def _any(value: Any, at: str) -> None:
    """Whatever it is: it was looked at before."""


def plain(rule: str, most: int) -> Check:
    """A plain_text object."""
    return text_object(rule, most, plain=True)


def by_type(rule: str, table: Mapping[str, Check]) -> Check:
    """An object whose `type` says which check it must pass."""

    def check(value: Any, at: str) -> None:
        if not isinstance(value, dict):
            raise Refused("field-type", f"{at}: must be an object")
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in table:
            raise Refused(rule, f"{at}/type: {kind!r} is not allowed here; {', '.join(table)} are")
        table[kind](value, at)

    return check


def anything(value: Any, at: str) -> None:
    """No check: a field that Slack takes and we never look at."""
