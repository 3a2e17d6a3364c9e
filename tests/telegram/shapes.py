"""The refusal, and the few kinds of value that every argument is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]


class Refused(Exception):  # noqa: N818 - an answer of Telegram, not a mistake of ours
    """Telegram says no: our rule's name, what broke it, its code and its words."""

    def __init__(
        self, rule: str, detail: str, code: int = 400, description: str = "", parameters: Json | None = None
    ) -> None:
        self.rule = rule
        self.detail = detail
        self.code = code
        self.description = description or f"Bad Request: {detail}"
        self.parameters = parameters or {}
        super().__init__(f"{self.description} ({rule}): {detail}")


def bad(rule: str, words: str, detail: str = "") -> Refused:
    """A Bad Request in Telegram's words."""
    return Refused(rule, detail or words, 400, f"Bad Request: {words}")


def units(text: str) -> int:
    """A text's length as Telegram counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def fields(value: Any, at: str, takes: Sequence[str], needs: Sequence[str] = ()) -> Json:
    """An object with these fields only, of which some must be there."""
    if not isinstance(value, dict):
        raise bad("field-type", f"can't parse {at}: expected an Object")
    for name in value:
        if name not in takes and name not in needs:
            raise bad("field-unknown", f"{at}: unknown field {name!r}")
    for name in needs:
        if name not in value:
            raise bad("field-missing", f"can't parse {at}: Can't find field \"{name}\"")
    return value


def listed(value: Any, at: str) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise bad("field-type", f"can't parse {at}: expected an Array")
    return value


def worded(value: Any, at: str) -> str:
    """A string."""
    if not isinstance(value, str):
        raise bad("field-type", f"{at} must be of type String")
    return value
