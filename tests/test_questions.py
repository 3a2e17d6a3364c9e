"""How well questions find their rule, on questions that nothing was learned from.

Three writers who saw neither each other's questions nor those that were learned from. The floors are a
little under what was reached, so that a change for the worse is noticed.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.content import load
from bot.hearing import Hearing
from bot.laws.finding import MAYBE
from bot.model import Library

HERE = Path(__file__).parent
WRITERS = ("a", "b", "c")
FLOORS = {
    "a": {"first": 0.83, "first three": 0.94, "answered": 0.96, "declined": 0.89},
    "b": {"first": 0.84, "first three": 0.93, "answered": 0.96, "declined": 0.90},
    "c": {"first": 0.62, "first three": 0.77, "answered": 0.88, "declined": 0.82},
}
DANGER_HEARD = 0.9  # of messages of danger, many of which name nothing
FALSE_ALARMS = 0.15  # of ordinary questions, most of them a mild word before the answer


def lines(name: str) -> list[dict[str, Any]]:
    """The lines of a file, one JSON object each."""
    return [json.loads(line) for line in (HERE / "questions" / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(HERE.parent, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def hearing(shipped: Library) -> Hearing:
    return Hearing(shipped)


def shares(hearing: Hearing, writer: str) -> dict[str, float]:
    """Shares of in-scope questions with a right rule first, among three, answered; of others, declined."""
    ours, others = lines(f"held-{writer}.jsonl"), lines(f"declined-{writer}.jsonl")
    counts: Counter[str] = Counter()
    for one in ours:
        found = [match.id for match in hearing.found(one["question"])]
        counts["first"] += bool(found) and found[0] in one["gold"]
        counts["first three"] += not set(found[:3]).isdisjoint(one["gold"])
        counts["answered"] += bool(found)
    counts["declined"] = sum(not hearing.found(one["question"]) for one in others)
    sizes = {"declined": len(others)}
    return {name: counts[name] / sizes.get(name, len(ours)) for name in FLOORS[writer]}


@pytest.mark.parametrize("writer", WRITERS)
def test_every_question_names_rules_that_exist(shipped: Library, writer: str) -> None:
    for one in lines(f"held-{writer}.jsonl"):
        assert set(one["gold"]) <= set(shipped.provisions), one["question"]


@pytest.mark.parametrize("writer", WRITERS)
def test_finding_is_no_worse_than_it_was(hearing: Hearing, writer: str) -> None:
    reached = shares(hearing, writer)
    assert {name: share for name, share in reached.items() if share < FLOORS[writer][name]} == {}, reached


@pytest.mark.parametrize(
    "question",
    [
        "may a school tell probation how often a student was absent?",
        "can we tell the police how often a student was absent",
    ],
)
def test_how_often_is_a_way_of_asking_and_says_nothing_of_the_matter(hearing: Hearing, question: str) -> None:
    assert hearing.found(question)[0].id == "ferpa.other-agency"


def test_danger_is_heard_however_it_is_said(hearing: Hearing) -> None:
    messages = lines("danger.jsonl")
    heard = sum(hearing.danger(one["message"]) is not None for one in messages)
    assert heard / len(messages) >= DANGER_HEARD


def test_ordinary_questions_are_seldom_met_with_an_alarm(shipped: Library, hearing: Hearing) -> None:
    """Those who ask for the rule in an emergency may be in the midst of one, so they do not count."""
    hot = {"emergency", "mandated-report", "crime-report"}
    calm = [
        one["question"]
        for writer in ("a", "b")
        for one in lines(f"held-{writer}.jsonl")
        if not any(hot & set(shipped.provisions[id].facets.get("basis", ())) for id in one["gold"])
    ]
    alarms = Counter(hearing.danger(question) for question in calm)
    assert 1 - alarms[None] / len(calm) <= FALSE_ALARMS
    assert 1 - (alarms[None] + alarms[MAYBE]) / len(calm) <= FALSE_ALARMS / 2


def test_none_of_these_questions_was_learned_from(shipped: Library) -> None:
    written = {plain(ask) for one in shipped.provisions.values() for ask in one.asked_as}
    for path in (HERE.parent / "laws/questions").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            written |= {plain(row.get("question") or row["message"]) for row in csv.DictReader(file)}
    measured = [
        one.get("question") or one["message"]
        for path in (HERE / "questions").glob("*.jsonl")
        for one in lines(path.name)
    ]
    assert not written & {plain(text) for text in measured}


def plain(text: str) -> str:
    return " ".join(text.lower().split())
