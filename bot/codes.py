"""One-time codes that make two accounts one learner: how they look, and how they are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without those that look like another
LENGTH = 10  # 31 ** 10 codes: nobody tries them all in the minutes that one lives
LASTS = 600  # seconds
TRIES = 5  # wrong codes that one account may give within GUESSES_KEPT
GUESSES_KEPT = 3600  # seconds


@dataclass(frozen=True, slots=True)
class Codes:
    """
    Where codes come from.

    Args:
        new: makes one, by chance.
        address: where the tutor is on the platform whose accounts join learners elsewhere. No address
            carries a code: whoever followed one that somebody sent would become that somebody.
    """

    new: Callable[[], str]
    address: str


def new_code(letter: Callable[[str], str]) -> str:
    """Make a code; `letter` picks one of those it is given, by chance (`secrets.choice`)."""
    made = "".join(letter(LETTERS) for _ in range(LENGTH))
    return f"{made[: LENGTH // 2]}-{made[LENGTH // 2 :]}"


def hashed(code: str) -> str:
    """Give what is kept of a code. Case, blanks and hyphens do not matter."""
    plain = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
