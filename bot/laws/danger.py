"""Harm that cannot wait: how people say it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.model import Danger

_GAP = r"(?:\W+\w+){0,3}?\W+"  # up to three words between two of a phrase


def danger_pattern(danger: Danger) -> re.Pattern[str]:
    """
    Compile the phrases of one kind of harm.

    Raises:
        ValueError: a phrase is empty or has a character other than letters, digits, `|`, `*`, `'`.
    """
    if not danger.words:
        raise ValueError("there is no phrase, and any text would do")
    return re.compile("|".join(_phrase(words) for words in danger.words))


def _phrase(words: str) -> str:
    parts = words.split()
    if not parts or not all(re.fullmatch(r"[a-z0-9']+\*?(\|[a-z0-9']+\*?)*", part) for part in parts):
        raise ValueError(f"{words!r}: a phrase is lower-case words; '|' offers others, '*' ends one openly")
    return r"\b" + _GAP.join(f"(?:{part.replace('*', chr(92) + 'w*')})" for part in parts) + r"\b"


def find_danger(patterns: Mapping[str, re.Pattern[str]], text: str) -> str | None:
    """Give the id of the first kind of harm that a text speaks of, in the order of the file."""
    plain = text.lower().replace("\u2019", "'")
    return next((id for id, pattern in patterns.items() if pattern.search(plain)), None)
