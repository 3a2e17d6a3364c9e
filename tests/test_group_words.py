"""What is typed in a group."""

from __future__ import annotations

import pytest

from bot.engine import advance
from bot.events import (
    InPrivate,
)
from bot.model import Session
from tests.library import LIBRARY, NOW


@pytest.mark.parametrize("arg", ["john-smith-1999", "abcde-fghjk", "ferpa.john", "555-0100"])
def test_words_typed_in_a_group_are_in_no_reply(arg: str) -> None:
    turn = advance(LIBRARY, Session(), InPrivate("play", arg), NOW)
    assert arg not in repr(turn)
