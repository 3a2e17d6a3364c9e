"""The rows of the bench, and one round of them, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial

from bench import (
    answers,
    drills,
    floors,
    opening,
    plain,
    sizes,
    slack,
    slack_plain,
    telegram,
    telegram_plain,
    turns,
)
from bench.place import ROOT, Measured, Place, WrongResultError

ROWS: Mapping[str, Callable[[Place], Measured]] = {
    "flush": floors.flush,
    "hop": floors.hop,
    "engine": turns.engine,
    "durable 1": partial(turns.durable, in_flight=1),
    "plain 1": partial(plain.plain, in_flight=1),
    "lean 1": partial(plain.plain, in_flight=1, lean=True),
    "durable 32": partial(turns.durable, in_flight=turns.CROWD),
    "plain 32": partial(plain.plain, in_flight=turns.CROWD),
    "lean 32": partial(plain.plain, in_flight=turns.CROWD, lean=True),
    "delivered 32": partial(turns.delivered, in_flight=turns.CROWD),
    "limit 32": plain.limit,
    "slack 1": partial(slack.slack, in_flight=1),
    "bolt constant 1": partial(slack_plain.constant, in_flight=1),
    "bolt plain 1": partial(slack_plain.plain, in_flight=1),
    "slack 32": partial(slack.slack, in_flight=turns.CROWD),
    "bolt constant 32": partial(slack_plain.constant, in_flight=turns.CROWD),
    "bolt plain 32": partial(slack_plain.plain, in_flight=turns.CROWD),
    "bolt ack": partial(slack_plain.acknowledged, save_first=True),
    "bolt default ack": partial(slack_plain.acknowledged, save_first=False),
    "slack parts": slack.parts,
    "telegram 1": partial(telegram.telegram, in_flight=1),
    "ptb constant 1": partial(telegram_plain.constant, in_flight=1),
    "ptb plain 1": partial(telegram_plain.plain, in_flight=1),
    "telegram 32": partial(telegram.telegram, in_flight=turns.CROWD),
    "ptb constant 32": partial(telegram_plain.constant, in_flight=turns.CROWD),
    "ptb plain 32": partial(telegram_plain.plain, in_flight=turns.CROWD),
    "ptb shared 32": partial(telegram_plain.plain, in_flight=turns.CROWD, shared=True),
    "ptb pickle 32": partial(telegram_plain.pickled, in_flight=turns.CROWD),
    "telegram parts": telegram.parts,
    "drills": drills.drills,
    "memory": sizes.memory,
    "disk": sizes.disk,
    "parse": opening.parse,
    "first": opening.first,
    "unchanged": opening.unchanged,
    "chat": opening.chat,
    "help": opening.help_,
    "answers": answers.answers,
    "without answers": answers.without,
    "ask": opening.ask,
}

SAME = (
    ("durable 1", "plain 1", "lean 1"),
    ("durable 32", "plain 32", "lean 32", "limit 32"),
    ("slack 1", "bolt plain 1"),
    ("slack 32", "bolt plain 32"),
)  # rows that must leave the same database

PATIENCE = 600  # seconds for one row, which takes a few: a row that hangs must not hang the bench

Round = Mapping[str, Measured]


def run_round(place: Place, *, backwards: bool, tell: Callable[[str], None]) -> Round:
    """
    Run every row once.

    Raises:
        WrongResultError: a row failed, or rows that must do the same did not.
    """
    done: dict[str, Measured] = {}
    for name in reversed(list(ROWS)) if backwards else ROWS:
        tell(name)
        done[name] = _apart(name, place)
    for names in SAME:
        if len({done[name].digest for name in names}) != 1:
            raise WrongResultError(f"these left different databases: {', '.join(names)}")
    return done


def _apart(name: str, place: Place) -> Measured:
    """Run one row in a fresh process."""
    quick = ["--quick"] if place.quick else []
    command = [sys.executable, "-m", "bench", "--row", name, "--folder", str(place.folder), *quick]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise WrongResultError(f"the row {name!r} was not done in {PATIENCE} seconds") from None
    if done.returncode:
        raise WrongResultError(f"the row {name!r} failed:\n{done.stderr.strip()}")
    told = json.loads(done.stdout)
    return Measured(told["figures"], told["digest"])


def run_here(name: str, place: Place) -> str:
    """Run one row in this process and give what it measured, as JSON."""
    measured = ROWS[name](place)
    return json.dumps({"figures": measured.figures, "digest": measured.digest})
