"""Logs: JSON lines with a fixed message and facts. Never what a person typed, never a token."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TextIO

import msgspec

OURS = ("bot", "adapters")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """
    One JSON object a record.

    A record of ours is its fixed message and its `extra`. A library's words can hold a request and
    with it what was typed, so of its records only who, where and which class of error is told.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Give a record as one line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.partition(".")[0] in OURS:
            line["message"] = record.msg
            line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        else:
            line["where"] = f"{record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return msgspec.json.encode(line, enc_hook=str).decode()


def log_to(stream: TextIO, level: int = logging.INFO) -> None:
    """Send every logger's records to a stream, ours from a level on, libraries' from warnings on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
