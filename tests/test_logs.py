"""Logs tell what happened, and nothing that anybody typed."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from adapters.logs import log_to


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    written = io.StringIO()
    log_to(written)
    yield written
    root.handlers = handlers
    root.setLevel(level)
    for name in ("bot", "adapters"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_a_line_of_ours_has_its_fixed_message_and_its_facts(stream: io.StringIO) -> None:
    logging.getLogger("bot.tutor").error("event failed", extra={"action": "turn", "tries": 2})
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert line["message"] == "event failed"
    assert (line["level"], line["logger"], line["action"], line["tries"]) == ("error", "bot.tutor", "turn", 2)


def test_a_librarys_words_are_left_out_since_they_can_hold_what_was_typed(stream: io.StringIO) -> None:
    try:
        int("Zyxwvut")
    except ValueError:
        logging.getLogger("slack_bolt.AsyncApp").exception("failed on body Zyxwvut %s", "Zyxwvut")
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert "Zyxwvut" not in stream.getvalue()
    assert line["error"] == "ValueError"
    assert line["where"].startswith("test_logs:")


def test_libraries_are_heard_from_warnings_on_only(stream: io.StringIO) -> None:
    logging.getLogger("aiosqlite").debug("INSERT INTO results")
    logging.getLogger("slack_sdk").info("Received message")
    assert stream.getvalue() == ""
