"""Those who are drilled: where they live, how they are; when they join, leave, pause, answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from bot.model import Address, Member
from bot.replies import (
    Prompt,
    Reply,
)

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "Pacific/Honolulu",
)
HAWAII = ZONES[-1]
WEEK = 7 * 24 * 3600

Span = tuple[float, float]  # of time: seconds since 1970


@dataclass(slots=True)
class Person:
    """One of three hundred. `habit` is how often they do a drill, `skill` how often they are right."""

    number: int
    skill: float
    habit: float
    here: list[Span]  # when they are in the audience
    away: list[Span] = field(default_factory=list)  # when they have paused
    inbox: list[Reply] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"U{self.number:03}"

    @property
    def zone(self) -> str:
        return ZONES[self.number % len(ZONES)]

    @property
    def member(self) -> Member:
        """As the platform tells it, which knows no time zone of those in Hawaii: they said their state."""
        known = self.zone if self.zone != HAWAII else ""
        return Member(learner=self.id, address=self.address, name=f"Person {self.number}", zone=known)

    @property
    def address(self) -> Address:
        return Address(platform="test", chat=f"D{self.number:03}")

    def local(self, at: float) -> datetime:
        """A moment as their own clock shows it."""
        return datetime.fromtimestamp(at, ZoneInfo(self.zone))

    def is_here(self, at: float) -> bool:
        return any(first <= at < last for first, last in self.here)

    def is_away(self, at: float) -> bool:
        return any(first <= at < last for first, last in self.away)

    def question(self) -> Prompt | None:
        """The question that was asked last."""
        return next((one for one in reversed(self.inbox) if isinstance(one, Prompt)), None)

    def plan(self, key: str, closes: float, at: float) -> tuple[str, float]:
        """
        What they mean to do with a drill that came, and when.

        Of "answers", "begins" (and leaves it at one answer), "declines", "puts off", "answers late" (after
        it has closed what was begun before), "nothing".
        """
        dice = Random(f"{self.id} {key}")
        when = at + 60 + dice.random() * (closes - at - 4 * 3600)
        rest = (1 - self.habit) / 10
        does = ["answers", "begins", "declines", "puts off", "answers late", "nothing"]
        what = dice.choices(does, [self.habit, rest, rest, rest, rest / 2, 6.5 * rest])[0]
        return what, at + 1800 if what == "puts off" else when


def people(count: int, start: datetime, end: datetime) -> list[Person]:
    """Three hundred, more or less: some join in spring, some leave, some come back in autumn."""
    dice, whole = Random("people"), (start.timestamp(), end.timestamp())
    some = [Person(n, dice.random(), dice.choice([0.05, 0.1, 0.1, 0.95]), [whole]) for n in range(count)]
    spring, summer, autumn = (
        datetime(2026, *day, 18, tzinfo=UTC).timestamp() for day in ((4, 22), (7, 8), (9, 23))
    )
    for one in some[:15]:
        one.here = [(spring + dice.randrange(4) * WEEK, whole[1])]
    for one in some[15:30]:
        one.here = [(whole[0], summer + dice.randrange(3) * WEEK)]
    for one in some[30:40]:
        one.here = [(whole[0], summer), (autumn, whole[1])]
    return some


def leaves(some: list[Person]) -> dict[datetime, list[tuple[Person, int]]]:
    """Who pauses when, and for how many weeks; 0: who wants drills again before that."""
    dice = Random("leaves")
    planned: dict[datetime, list[tuple[Person, int]]] = {}
    for one in dice.sample(some, 90):
        begins = datetime(2026, 1, 14, 18, 30, tzinfo=UTC) + timedelta(weeks=dice.randrange(44))
        planned.setdefault(begins, []).append((one, dice.choice([2, 2, 4, 5])))
        if dice.random() < 0.2:
            planned.setdefault(begins + timedelta(weeks=1), []).append((one, 0))
    return planned
