"""
A year of weekly drills for 300 people in six time zones, through the real store, tutor, sender and scheduler.

Only the clock is false, and nobody sleeps. There are leaves, people who join and who go, outages of hours and
of days, crashes between two steps, both changes of daylight-saving time, and a clock that is set back.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from bot.buttons import event_from_button
from bot.engine import drill_texts as texts
from bot.engine.needs import week_of
from bot.events import (
    Began,
    Chose,
    Declined,
    DrillsPaused,
    PutOff,
    Settled,
)
from bot.model import Audience, Drill, Library, Week, assignment_key
from bot.replies import (
    Prompt,
)
from bot.sender import AT_ONCE
from bot.store import Copy
from tests.library import LAW, provision
from tests.test_drills import with_variants
from tests.year.memory import Memory
from tests.year.people import HAWAII, Person, leaves, people
from tests.year.world import BOSS, TENANT, Push, World

START, END = datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2027, 1, 7, 12, tzinfo=UTC)
RULES = [f"law.{name}" for name in ("consent", "little", "emergency", "safety", "court", "health", "oral")]
NINE, FIVE = time(9), time(17)

MONDAYS = Drill(
    id="d1",
    tenant=TENANT,
    platform="test",
    by="boss",
    by_name="Rosa Lind",
    audience=Audience(kind="channel", ids=("C1",), name="#all"),
    weekday=0,
    at=9 * 60,
    first=date(2026, 1, 2),
    until=date(2026, 12, 28),
    home=BOSS,
)
THURSDAYS = msgspec.structs.replace(
    MONDAYS,
    id="d2",
    weekday=3,
    until=date(2026, 12, 24),
    audience=Audience(kind="usergroup", ids=("S1",), name="#some"),
)
CLOSES_AFTER = timedelta(days=6)

LOOKS = {  # hours and minutes of UTC
    "workday": [(3, 1), (13, 1), (14, 1), (15, 1), (16, 1), (17, 1), (19, 1), (22, 31)],
    "weekend": [(3, 1), (16, 1), (23, 1)],
}


def utc(month: int, day: int, hour: int, minute: int = 0) -> float:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC).timestamp()


OUTAGES = [  # neither scheduler nor sender runs
    (utc(1, 26, 12), utc(1, 26, 17, 30)),  # over nine o'clock of some
    (utc(3, 9, 12, 30), utc(3, 9, 15, 30)),  # the morning after clocks went forward
    (utc(4, 6, 8), utc(4, 7, 14)),  # over a whole Monday
    (utc(5, 13, 8), utc(5, 16, 12)),  # over both reminders
    (utc(6, 1, 12), utc(6, 1, 22, 30)),  # until some have had their day
    (utc(8, 6, 8), utc(8, 17, 15, 30)),  # eleven days, over a Monday and into the next
    (utc(10, 18, 12), utc(10, 19, 20)),  # while a week closed, and the next began
    (utc(11, 2, 6), utc(11, 2, 15, 30)),  # the morning after clocks went back
]
BETWEEN = [utc(2, 9, 14), utc(9, 14, 13)]  # it dies after a commit, before a send; it is back in ten minutes
MIDST = [utc(2, 16, 14), utc(9, 21, 13)]  # it dies with sends begun
SET_BACK = [(utc(5, 18, 14, 30), 3600), (utc(7, 14, 16, 30), 24 * 3600)]
GAP = 600  # seconds until it is back
ACT_AT = {3, 19}  # hours (UTC) at which people do what they mean to do since the last: evening, or noon


def library() -> Library:
    """The small library with seven rules, each with three variants or four."""
    laid = with_variants(*((rule, 3 + n % 2) for n, rule in enumerate(RULES)))
    more = (provision(rule, rule.partition(".")[2].title(), "So it is.") for rule in RULES)
    return msgspec.structs.replace(
        laid, provisions={**{one.id: one for one in (*more, *LAW.provisions)}, **laid.provisions}
    )


def next_look(now: float) -> float:
    """The next moment at which there is a look: few at night, more around nine o'clock of each zone."""
    day = datetime.fromtimestamp(now, UTC).date()
    for on in (day, day + timedelta(days=1)):
        kind = "weekend" if on.weekday() > 4 else "workday"
        for hour, minute in LOOKS[kind]:
            at = datetime.combine(on, time(hour, minute), UTC).timestamp()
            if at > now:
                return at
    raise AssertionError("a day without a look")


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to one question, as its person knows it."""

    at: float
    person: str
    key: str
    rule: str
    right: bool
    ends: bool  # it was the last of its drill


@dataclass(slots=True)
class Year:
    """The year as it goes, and what is written down of it."""

    world: World
    some: list[Person]
    plans: list[tuple[float, str, str, str]] = field(default_factory=list)  # when, who, which, what
    planned: set[tuple[str, str]] = field(default_factory=set)
    memories: dict[str, Memory] = field(default_factory=lambda: defaultdict(Memory))
    answered: list[Answered] = field(default_factory=list)
    declined: dict[tuple[str, str], float] = field(default_factory=dict)
    frozen: dict[tuple[str, date], Week] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    copies: dict[str, dict[tuple[str, date], Copy]] = field(default_factory=dict)
    seen: int = 0

    async def live(self) -> None:
        """Live through the year."""
        world, outages, backs = self.world, list(OUTAGES), list(SET_BACK)
        pauses = leaves(self.some)
        await world.start()
        for drill in (MONDAYS, THURSDAYS):
            await world.order(drill)
        for one in self.some:
            if one.zone == HAWAII:
                await world.do(one, Settled("state", "HI"))
        await world.sender.all_idle()
        while (at := next_look(world.now)) < END.timestamp():
            if outages and at >= outages[0][0]:
                await world.stop()
                world.now = outages.pop(0)[1]
                await world.start()
                await self.look()
                continue
            await self.crash_on_the_way(at)
            world.now = at
            for when in [when for when in pauses if when.timestamp() <= at]:
                await self.pause(pauses.pop(when))
            await self.look()
            if backs and world.now >= backs[0][0]:
                world.now -= backs.pop(0)[1]
        for drill in (MONDAYS, THURSDAYS):
            copies = await world.store.copies(TENANT, drill.id, date.min)
            self.copies[drill.id] = {(copy.account, copy.day): copy for copy in copies}
            for week, is_told in await world.store.weeks(TENANT, drill.id):
                assert is_told
                assert week == self.frozen[drill.id, week.day]
        await world.stop()

    async def crash_on_the_way(self, to: float) -> None:
        """Let the process die between two steps of what fell due, and come back a little later."""
        world = self.world
        for moments in (BETWEEN, MIDST):
            if any(world.now < at <= to for at in moments):
                world.now = to - GAP
                world.holds_back, world.hangs = moments is BETWEEN, moments is MIDST
                world.now = to
                await world.look()
                if world.hangs:
                    await world.hanging.wait()
                await world.stop()
                world.now += GAP
                await world.start()
                await world.sender.all_idle()

    async def look(self) -> None:
        """Look, and let people do what they mean to do."""
        world = self.world
        closed = world.scheduler.counts["closed"]
        await world.look()
        self.note_plans()
        if datetime.fromtimestamp(world.now, UTC).hour in ACT_AT:
            now = [plan for plan in self.plans if plan[0] <= world.now]
            self.plans = [plan for plan in self.plans if plan[0] > world.now]
            await self.act(now)
        if world.scheduler.counts["closed"] != closed:
            for drill in (MONDAYS, THURSDAYS):
                for week, _ in await world.store.weeks(TENANT, drill.id):
                    self.frozen.setdefault((drill.id, week.day), week)
            await world.store.tidy(int(world.now), world.tutor.today())

    def note_plans(self) -> None:
        """Let whoever got a drill make up their mind."""
        for push in self.world.took[self.seen :]:
            key = (push.person, push.key)
            if push.kind != "drill" or key in self.planned:
                continue
            self.planned.add(key)
            person = self.world.people[push.person]
            what, when = person.plan(push.key, closing(person, day_of(push.key)), push.at)
            self.plans.append((when, push.person, push.key, what))
        self.seen = len(self.world.took)

    async def pause(self, who: Sequence[tuple[Person, int]]) -> None:
        world = self.world
        for one, weeks in who:
            await world.do(one, DrillsPaused(weeks))
            if weeks:
                one.away.append((world.now, world.now + weeks * 7 * 24 * 3600))
            elif one.away:
                one.away[-1] = (one.away[-1][0], world.now)

    # --- what people do --------------------------------------------------------------------

    async def act(self, plans: Sequence[tuple[float, str, str, str]]) -> None:
        """Let some people do what they planned, side by side."""
        world = self.world
        begin: list[tuple[Person, str, str]] = []
        on: list[tuple[Person, str, str]] = []
        others: list[Coroutine[None, None, None]] = []
        for at, id, key, what in plans:
            person = world.people[id]
            match what:
                case "declines":
                    others.append(world.do(person, Declined(key)))
                    self.declined[id, key] = world.now
                case "puts off":
                    others.append(world.do(person, PutOff(key)))
                case "goes on" if world.now < at + 10 * 3600:  # the next one has not come yet
                    on.append((person, key, what))
                case "answers" | "begins" | "answers late" if world.now < closing(person, day_of(key)):
                    begin.append((person, key, what))
        await asyncio.gather(*others, *(world.do(person, Began(key)) for person, key, _ in begin))
        await world.sender.all_idle()
        begin = [one for one in begin if isinstance(one[0].inbox[-1], Prompt)]  # it may be over meanwhile
        await self.check_asks(begin)
        while going := [*begin, *on]:
            await asyncio.gather(*(self.answer(person, key) for person, key, _ in going))
            await world.sender.all_idle()
            still = [one for one in going if isinstance(one[0].inbox[-1], Prompt)]
            for person, key, what in still:
                is_replaced = (
                    key[:2] == "d2" and person.id in world.audiences["d1"]
                )  # by Monday's, before that
                if what == "answers late" and not is_replaced:
                    closes = closing(person, day_of(key))
                    self.plans.append((closes + 2 * 3600, person.id, key, "goes on"))
            begin, on = [], [one for one in still if one[2] in {"answers", "goes on"}]

    async def check_asks(self, begun: Sequence[tuple[Person, str, str]]) -> None:
        """Hold the rules that some drills ask against those that they should ask."""
        known = await self.world.store.read([(TENANT, person.id, "", "") for person, *_ in begun])
        for person, key, _ in begun:
            given = known.sessions[TENANT, person.id].assignment
            assert given is not None
            asks = [rule_of(story)[0] for story in given.stories]
            complaint = self.memories[person.id].complaint(week_of(day_of(key)), asks, RULES)
            self.complaints += [f"{person.id}: {complaint}"] if complaint else []

    async def answer(self, person: Person, key: str) -> None:
        """Answer the question in front of them, well or not."""
        prompt = person.question()
        assert prompt is not None
        rule, variant = rule_of(prompt.text)
        memory = self.memories[person.id]
        if rule in memory.rules and memory.rules[rule].last == variant:
            self.complaints.append(f"{person.id}: the same variant twice, {variant}")
        right = hash_of(person.id, key, variant) < person.skill
        letter = next(one for one in prompt.letters if ("right" in one.text) is right)
        event = event_from_button(letter.data)
        assert isinstance(event, Chose)
        place, _, of = prompt.place.removeprefix("question ").partition(" of ")  # or "one question"
        await self.world.do(person, event)
        memory.asked(week_of(day_of(key)), rule, variant, right=right)
        self.answered.append(Answered(self.world.now, person.id, key, rule, right, place == of or not of))


def rule_of(told: str) -> tuple[str, str]:
    """The rule and the variant that a question is about, from its text or its id."""
    name = re.search(r"([a-z]+)(\d)\b", told)
    assert name is not None
    return f"law.{name[1]}", name[0]


def hash_of(*parts: str) -> float:
    """A number between 0 and 1, the same for the same words."""
    return Random(" ".join(parts)).random()


def day_of(key: str) -> date:
    return datetime.strptime(key.partition(".")[2], "%Y%m%d").replace(tzinfo=UTC).date()


def closing(person: Person, day: date) -> float:
    return datetime.combine(day + CLOSES_AFTER, FIVE, ZoneInfo(person.zone)).timestamp()


# --- what should have happened -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should have become of one person's copy of one week of a drill: by the calendar alone."""

    person: Person
    drill: Drill
    day: date
    due: float
    looked: float  # at the first look after it fell due
    state: str  # sent, late, missed, off, had-one

    @property
    def key(self) -> str:
        return assignment_key(self.drill.id, self.day)

    @property
    def is_sent(self) -> bool:
        return self.state in {"sent", "late"}


def days_of(drill: Drill) -> Iterator[date]:
    day = drill.first + timedelta(days=1)
    while drill.until and day <= drill.until:
        if day.weekday() == drill.weekday:
            yield day
        day += timedelta(days=1)


def wanted(year: Year) -> list[Wanted]:
    """Go through the calendar: who should have got what."""
    fallen: list[tuple[int, float, Person, Drill, date]] = []
    looks = year.world.looks
    for drill in (MONDAYS, THURSDAYS):
        for day in days_of(drill):
            first = {}
            for id in sorted(year.world.audiences[drill.id]):
                person = year.world.people[id]
                due = datetime.combine(day, NINE, ZoneInfo(person.zone)).timestamp()
                if due not in first:
                    first[due] = next(n for n, at in enumerate(looks) if at >= due)
                if person.is_here(due) and person.is_here(looks[first[due]]):
                    fallen.append((first[due], due, person, drill, day))
    fallen.sort(key=lambda one: (one[0], one[3].id, one[4]))
    had: set[tuple[str, int]] = set()
    return [
        Wanted(person, drill, day, due, looks[n], state_of(person, day, due, looks[n], had))
        for n, due, person, drill, day in fallen
    ]


def state_of(person: Person, day: date, due: float, looked: float, had: set[tuple[str, int]]) -> str:
    week = (person.id, day.isocalendar().week)
    if looked > datetime.combine(day, FIVE, ZoneInfo(person.zone)).timestamp():
        return "missed"
    if person.is_away(looked):
        return "off"
    if week in had:
        return "had-one"
    had.add(week)
    return "late" if looked > due + 3600 else "sent"


# --- and whether it did ----------------------------------------------------------------------


async def test_a_year_of_drills(tmp_path: Path) -> None:
    some = people(300, START, END)
    everyone = {one.id: one for one in some}
    few = {one.id for one in some[260:]}
    audiences = {"d1": set(everyone) - set(sorted(few)[:10]), "d2": few}
    world = World(tmp_path / "a.db", library(), everyone, audiences, START.timestamp())
    year = Year(world, some)
    await year.live()
    should = wanted(year)

    assert Counter(one.state for one in should).keys() == {"sent", "late", "missed", "off", "had-one"}
    each_copy_is_there_once_and_as_it_should_be(year, should)
    each_push_was_taken_once_at_the_right_time(year, should)
    reminders_are_few_and_end(year, should)
    weeks_are_frozen_once_and_told_once(year, should)
    assert year.complaints == []
    assert len(year.answered) > 5000


def each_copy_is_there_once_and_as_it_should_be(year: Year, should: Sequence[Wanted]) -> None:
    for drill in (MONDAYS, THURSDAYS):
        copies = year.copies[drill.id]
        of_drill = {(one.person.id, one.day): one for one in should if one.drill is drill}
        assert copies.keys() == of_drill.keys()
        for key, one in of_drill.items():
            state = copies[key].state
            assert (state not in {"missed", "off", "had-one"}) if one.is_sent else state == one.state, one
    for person in year.some:
        weeks = Counter(one.day.isocalendar().week for one in should if one.person is person and one.is_sent)
        assert max(weeks.values(), default=0) <= 1


def each_push_was_taken_once_at_the_right_time(year: Year, should: Sequence[Wanted]) -> None:
    lost = year.world.lost
    drills = [push for push in year.world.took if push.kind == "drill"]
    taken = {(push.person, push.key): push for push in drills}
    assert len(taken) == len(drills), "one was taken twice"
    sent = {(one.person.id, one.key): one for one in should if one.is_sent}
    assert taken.keys() <= sent.keys()
    died = {one for one in sent.keys() - taken.keys() if is_in_midst(one[1])}
    assert len(died) <= AT_ONCE * len(MIDST), "more were lost than were being sent"
    unsure = {(person, key) for person, key, kind in lost if kind == "drill"}
    assert sent.keys() - taken.keys() <= died | unsure
    for key, push in taken.items():
        one = sent[key]
        local = one.person.local(push.at)
        assert local.date() == one.day and NINE <= local.time() <= FIVE
        assert ("a little late today" in push.text) is (one.state == "late")
        assert one.state == "late" or push.at <= one.due + 3600
    intros = Counter(push.person for push in drills if "ordered this" in push.text and push.key[:2] == "d1")
    assert max(intros.values()) == 1


def reminders_are_few_and_end(year: Year, should: Sequence[Wanted]) -> None:
    world = year.world
    pushes: dict[tuple[str, str], list[Push]] = defaultdict(list)
    by_person: dict[str, list[Push]] = defaultdict(list)
    for push in world.took:
        by_person[push.person].append(push)
        if push.kind != "drill":
            pushes[push.person, push.key].append(push)
    ended = {**year.declined, **{(one.person, one.key): one.at for one in year.answered if one.ends}}
    for (id, key), some in pushes.items():
        person = world.people[id]
        kinds = Counter(push.kind for push in some)
        assert kinds["nudge"] <= 1 and kinds["last"] <= 1 and kinds["again"] <= 1
        for push in some:
            local = person.local(push.at)
            assert local.weekday() < 5 or push.kind == "again"
            assert NINE <= local.time() <= FIVE
            assert push.at < closing(person, day_of(key))
            assert push.at <= ended.get((id, key), push.at)
            known = max(at for id, at in world.named if id == key[:2] and at <= push.at)
            assert person.is_here(known) and not person.is_away(push.at)
    backs = [at for at, _ in SET_BACK]
    for some in by_person.values():
        for one, other in pairwise(some):
            assert other.at - one.at >= 3600 or any(abs(one.at - at) < 2 * 86400 for at in backs)
    checked = 0
    for copy in should:
        if not is_calm(copy) or (copy.person.id, copy.key) in ended or not copy.is_sent:
            continue
        if not copy.person.is_here(copy.due + 7 * 86400) or any(
            first < copy.due + 7 * 86400 and copy.due < last for first, last in copy.person.away
        ):
            continue
        if copy.drill is THURSDAYS and copy.person.id in world.audiences["d1"]:
            continue  # Monday's took its place
        for kind, days in zip(("nudge", "last"), (2, 4) if copy.drill is MONDAYS else (4, 5), strict=True):
            got = [push for push in pushes[copy.person.id, copy.key] if push.kind == kind]
            if (copy.person.id, copy.key, kind) in world.lost and not got:
                continue
            (push,) = got
            local = copy.person.local(push.at)
            assert (local.date(), local.hour) == (copy.day + timedelta(days=days), 9)
            checked += 1
    assert checked > 10_000


def is_in_midst(key: str) -> bool:
    """Whether the process died while that week's drill was being sent."""
    return day_of(key) in {datetime.fromtimestamp(at, UTC).date() for at in MIDST}


def is_calm(one: Wanted) -> bool:
    """Whether the tutor ran all the week, by a clock that only went forward."""
    ends = one.due + 7 * 86400
    unrest = [*OUTAGES, *((at - back, at) for at, back in SET_BACK)]
    return not any(first < ends and one.due < last for first, last in unrest)


def weeks_are_frozen_once_and_told_once(year: Year, should: Sequence[Wanted]) -> None:
    by_week: dict[tuple[str, date], list[Wanted]] = defaultdict(list)
    for one in should:
        by_week[one.drill.id, one.day].append(one)
    told = Counter(text.partition(":")[0] for text in year.world.told)
    for (id, day), some in by_week.items():
        drill = MONDAYS if id == "d1" else THURSDAYS
        is_one = any(one.is_sent or one.state == "missed" for one in some)
        name = f"{drill.audience.name}, the drill of {texts.day(day)}"
        assert told[name] == is_one, name
        if not is_one:
            assert (id, day) not in year.frozen
            continue
        week, key = year.frozen[id, day], assignment_key(id, day)
        in_time = [
            one
            for one in year.answered
            if one.key == key and one.at < closing(year.world.people[one.person], day)
        ]
        assert week.assigned == sum(one.is_sent for one in some)
        assert week.missed == sum(one.state == "missed" for one in some)
        assert week.finished == len({one.person for one in in_time if one.ends})
        for cell in week.cells:
            if cell.decision:
                continue
            right = [one.right for one in in_time if one.rule == cell.rule]
            assert cell.people in {0, len(right)}  # 0: of those who are asked again no number is told
            assert cell.right in {None, sum(right)}
