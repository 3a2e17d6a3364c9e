"""Questions in plain words, each until its answer is text; and what that takes in memory and at the start."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from adapters.text import plain
from bench.place import Measured, Place, Watch, WrongResultError
from bench.sizes import resident
from bench.turns import settle
from bot.content import RANKER, load
from bot.engine import NO_TEAM, new_session
from bot.engine.quotes import answer_question
from bot.events import (
    Asked,
)
from bot.hearing import Hearing
from bot.model import Library, Ranker

RIGHT = 0.5  # share of questions whose first rule must be a right one, or nothing here counts


def answers(place: Place) -> Measured:
    """Time questions one at a time, in one thread, and what must be there before the first."""
    library = load(place.content, place.cache)
    began = perf_counter()
    hearing = Hearing(library)
    hearing.prepare()
    build = perf_counter() - began
    figures = {"build": build, "resident": float(resident()), **_read(place)}
    return Measured({**figures, **_asked(library, hearing, questions(place))})


def without(place: Place) -> Measured:
    """See what a process takes that holds the laws and stories, and cannot find anything."""
    with tempfile.TemporaryDirectory(dir=place.folder) as folder:
        shutil.copytree(place.content, folder, dirs_exist_ok=True)
        (Path(folder) / RANKER).unlink()
        library = load(Path(folder), place.cache)
        assert library.ranker is None
        return Measured({"resident": float(resident())})


def questions(place: Place) -> list[dict[str, Any]]:
    """Give questions that nothing was learned from; those to be declined have no right rule (`gold`)."""
    files = sorted(place.questions.glob("held-*.jsonl")) + sorted(place.questions.glob("declined-*.jsonl"))
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    return lines[::10] if place.quick else lines


def _read(place: Place) -> dict[str, float]:
    """Time the reading of what was learned; it is part of loading."""
    data = (place.content / RANKER).read_bytes()
    began = perf_counter()
    msgspec.json.Decoder(Ranker).decode(data)
    return {"read": perf_counter() - began, "bytes": float(len(data))}


def _asked(library: Library, hearing: Hearing, asked: list[dict[str, Any]]) -> dict[str, float]:
    """Ask, and time each question from text to text, and its parts."""
    session, watch = new_session("bench"), Watch()
    hear = engine = write = 0.0
    right = 0
    settle()
    for one in asked:
        start = perf_counter()
        event = hearing.event(library, session, Asked(one["question"]))
        assert isinstance(event, Asked)
        heard = perf_counter()
        turn = answer_question(library, session, event, NO_TEAM)
        answered = perf_counter()
        text = "\n\n".join(map(plain, turn.replies))
        written = perf_counter()
        assert text
        hear, engine, write = hear + heard - start, engine + answered - heard, write + written - answered
        watch.each.append(written - start)
        right += bool(event.found) and event.found[0] in one.get("gold", ())
    watch.whole = sum(watch.each)
    if right < RIGHT * sum("gold" in one for one in asked):
        raise WrongResultError(f"only {right} of {len(asked)} questions were answered by a right rule")
    parts = {"hearing": hear, "engine": engine, "writing": write}
    means = {name: took / len(asked) * 1e6 for name, took in parts.items()}
    return {**watch.figures(), **means, "slowest": max(watch.each) * 1e6, "questions": float(len(asked))}
