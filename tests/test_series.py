"""Michael's story as a whole: what a learner did at one desk is there at the table where all of them sit."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bot.content import load
from bot.engine import advance, new_session
from bot.events import (
    Opened,
)
from bot.model import ChoiceStep, Edition, Library, PickStep
from tests.library import NOW

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(ROOT, tmp_path_factory.mktemp("cache"))


def kept_by(edition: Edition) -> set[str]:
    return {name for name, variable in edition.scenario.variables.items() if variable.kept}


def set_by(edition: Edition) -> set[str]:
    """The variables that some answer of a story changes."""
    changed: set[str] = set()
    for step in edition.scenario.steps.values():
        match step:
            case ChoiceStep(choices=choices):
                changed |= {name for choice in choices for name in (*choice.set, *choice.add)}
            case PickStep(outcomes=outcomes):
                changed |= {name for one in outcomes.values() for name in (*one.set, *one.add)}
    return changed


def activities(library: Library) -> list[Edition]:
    found = [one for one in library.editions.values() if one.scenario.series == "michael"]
    return sorted(found, key=lambda one: one.scenario.id)


def test_there_are_six_of_six_roles_desks(shipped: Library) -> None:
    assert [one.scenario.id for one in activities(shipped)] == [f"michael-{n}" for n in range(1, 7)]


def test_every_earlier_activity_hands_something_on_and_the_last_one_uses_it_all(shipped: Library) -> None:
    *earlier, last = activities(shipped)
    for one in earlier:
        assert kept_by(one) & set_by(one), one.scenario.id
    handed = set().union(*map(kept_by, earlier))
    used = {name for step in last.scenario.steps.values() for name in step.when}
    assert handed == kept_by(last)
    assert handed <= used


@pytest.mark.parametrize("name", ["caseworker", "named", "late", "noted", "listed"])
def test_the_last_activity_begins_with_what_the_others_left(shipped: Library, name: str) -> None:
    session = msgspec.structs.replace(new_session("s"), kept={"michael": {name: True}})
    begun = advance(shipped, session, Opened("play", "michael-6"), NOW).session
    assert begun is not None
    assert begun.run is not None
    assert begun.run.variables[name] is True
