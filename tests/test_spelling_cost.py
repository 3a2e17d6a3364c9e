"""A question whose words nobody knows: few of them are held against all that are known."""

from __future__ import annotations

import itertools

import pytest
from rapidfuzz import process

from bot.laws import language
from bot.laws.finding import Finder
from tests.library import LIBRARY


def test_of_a_question_of_unknown_words_only_the_first_are_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is held against every known word; eight hundred of them would hold up everybody else."""
    held: list[str] = []
    mend = process.extractOne

    def counted(word: str, *others: object, **more: object) -> object:
        held.append(word)
        return mend(word, *others, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(process, "extractOne", counted)
    finder = Finder(LIBRARY.provisions.values(), LIBRARY.words)
    words = ["".join(letters) for letters in itertools.product("bcdfghjklmnpqrstvwxz", repeat=4)]
    finder.find(" ".join(words)[:4000])
    assert held == words[: language._MENDED_MAX]
    held.clear()
    finder.find("consnt consnt consnt")
    assert held == ["consnt"]
