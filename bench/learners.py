"""Learners who play the shipped story: who they are, and every press they will make."""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.place import WrongResultError
from bot.engine import advance, new_session
from bot.engine.story import visible_choices
from bot.events import (
    Arrival,
    Chose,
    Continued,
    Event,
    Opened,
    Picked,
    Started,
    Submitted,
    Toggled,
)
from bot.model import Address, ChoiceStep, Library, PickStep, SayStep, Session

STORY = "michael-1"
BEGAN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
WALK = 24  # presses from the first step of the story to an ending, about
HALF = WALK // 2
LATER = 1_000_000  # the number of the first press that is measured; those before made the database


@dataclass(frozen=True, slots=True)
class Learner:
    """One person. Even ones are reached on Slack, odd ones on Telegram, with ids as those give them."""

    number: int
    tenant: str
    id: str
    address: Address
    seed: str

    def arrival(self, event: Event, number: int) -> Arrival:
        """Give what the platform delivers for a press. `number` counts all presses of a run, as ids do."""
        if self.number % 2:
            id = str(700_000_000 + number)  # an update_id
        else:
            id = f"{7_000_000_000_000 + number}.{9_000_000_000 + self.number}.{number:032x}"  # a trigger_id
        at = BEGAN + timedelta(milliseconds=20 * number)
        return Arrival(id, self.tenant, self.id, self.address, at, event)


def learner(number: int) -> Learner:
    """Make a learner from a number; the same number is always the same learner."""
    if number % 2:
        id = str(5_000_000_000 + number)
        return Learner(
            number, "telegram:7012345678", id, Address(platform="telegram", chat=id), _seed(number)
        )
    return Learner(
        number,
        "T07BENCH0",
        f"U07{number:08d}",
        Address(platform="slack", chat=f"D07{number:08d}", thread="1764061200.000100"),
        _seed(number),
    )


def _seed(number: int) -> str:
    return f"{number:06x}"


def walk(library: Library, who: Learner) -> Iterator[tuple[Event, Session]]:
    """
    Play the story over and over, and give each press with the session after it.

    The engine makes them: greeting, opening the story, then valid answers chosen at random by
    the learner's number. Learners on Telegram tick a pick's items one by one; those on Slack
    give them at once.
    """
    chance = random.Random(who.number)
    session = new_session(who.seed)
    waiting: deque[Event] = deque([Started()])
    while True:
        if not waiting:
            waiting.extend(_presses(library, session, chance, one_by_one=who.number % 2 == 1))
        event = waiting.popleft()
        after = advance(library, session, event, BEGAN).session
        if after is None or after == session:
            raise WrongResultError(f"this press of {who.id} changes nothing: {event}")
        session = after
        yield event, session


def _presses(
    library: Library, session: Session, chance: random.Random, *, one_by_one: bool
) -> Sequence[Event]:
    """Give what a learner does next: one press, or several at a pick."""
    run, turn = session.run, session.turn
    if run is None:
        return (Opened("play", STORY),)
    match library.editions[run.scenario].scenario.steps[run.step]:
        case SayStep():
            return (Continued(run.id, turn),)
        case ChoiceStep() as step:
            return (Chose(run.id, turn, chance.choice(visible_choices(step, run)).id),)
        case PickStep(pick=pick):
            items = chance.sample([item.id for item in pick.items], k=chance.randint(2, 4))
            if one_by_one:
                return (*(Toggled(run.id, turn, item, on=True) for item in items), Submitted(run.id, turn))
            return (Picked(run.id, turn, tuple(items)),)
        case step:
            raise WrongResultError(f"an ending stands in front of {run.id}: {step.id}")


@dataclass(frozen=True, slots=True)
class Played:
    """Prepared presses in the order they are made, and each learner's session after the last."""

    arrivals: Sequence[Arrival]
    sessions: Mapping[tuple[str, str], Session]


def begun(number: int) -> int:
    """Give how many presses a learner has made in the database that rows of turns start from."""
    return 2 + number % WALK


def play(library: Library, learners: int, first: Callable[[int], int], presses: int) -> Played:
    """
    Prepare presses of many learners, one of each learner in turn.

    Args:
        library: with the story.
        learners: how many.
        first: from a learner's number, how many presses they have behind them.
        presses: of each learner.
    """
    everyone = [learner(number) for number in range(learners)]
    walks = [
        list(itertools.islice(walk(library, who), first(who.number), first(who.number) + presses))
        for who in everyone
    ]
    count = itertools.count(LATER)
    return Played(
        arrivals=[
            who.arrival(part[place][0], next(count))
            for place in range(presses)
            for who, part in zip(everyone, walks, strict=True)
        ],
        sessions={(who.tenant, who.id): part[-1][1] for who, part in zip(everyone, walks, strict=True)},
    )
