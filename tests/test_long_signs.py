"""What is typed is read in one go, however long it is and whatever it is made of."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.words import _plain, understand
from bot.events import (
    Asked,
    Typed,
)
from bot.model import Session
from tests.library import LIBRARY


def test_a_long_run_of_signs_within_a_message_is_read_as_a_question() -> None:
    """A line of dashes, pasted: a pattern that tries again at each sign would take minutes for it."""
    text = f"a{'-' * 39_998}a"
    assert understand(LIBRARY, Session(), Typed(text)) == Asked(text)


@given(st.text(st.sampled_from("aB1 ._-/!\n\u00e9\u2019"), max_size=30))
def test_outer_signs_and_case_do_not_matter(text: str) -> None:
    edges = re.compile(r"^[\s\W_]+|[\s\W_]+$")
    assert _plain(text) == " ".join(edges.sub("", text).lower().split())
