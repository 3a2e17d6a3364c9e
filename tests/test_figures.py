"""Figures that tell of nobody: what a supervisor can draw, and what an attacker makes of all of it."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.needs import due_week, learn, week_of
from bot.events import (
    Arrival,
)
from bot.figures import PEOPLE_MIN, Counted, Past, counted, people_of, week_of_team
from bot.model import Audience, Cell, Drill, Learned, Member, Result, Week, assignment_key
from bot.replies import (
    Marked,
)
from bot.scheduler import Scheduler
from bot.store import Answered, Copy, Done
from tests.library import HOME
from tests.memory_store import MemoryStore

MONDAY = date(2026, 3, 2)
WEEK = timedelta(days=7)
RULE = "law.consent"
PUZZLE = "story.call.one.decision"  # a variant: a decision by itself


def answered(
    who: int | str, right: bool, slip: str | None = "over", *, rule: str = RULE, at: str = PUZZLE
) -> Answered:
    return Answered(("t", f"p{who}"), rule, at, right, None if right else slip)


def answers(right: int, wrong: int, **more: str) -> list[Answered]:
    """So many people's answers: first those who were right."""
    return [answered(n, n < right, **more) for n in range(right + wrong)]


def figures(given: Sequence[Answered], day: date = MONDAY, **more: object) -> tuple[Cell, ...]:
    return week_of_team("d1", day, [], given, **more).cells  # type: ignore[arg-type]


# --- one week ------------------------------------------------------------------------------------


def test_a_figure_is_over_five_people_or_more() -> None:
    assert figures(answers(2, 2)) == ()
    (cell,) = figures(answers(3, 2))
    assert (cell.people, cell.right) == (5, 3)


@pytest.mark.parametrize(
    ("right", "wrong", "end"),
    [(6, 0, "nearly all"), (5, 1, "nearly all"), (1, 5, "hardly any"), (0, 6, "hardly any")],
)
def test_where_a_number_would_tell_of_each_one_a_word_is_told(right: int, wrong: int, end: str) -> None:
    (cell,) = figures(answers(right, wrong))
    assert (cell.people, cell.right, cell.end, cell.slips) == (6, None, end, {})


def test_a_slip_is_told_where_two_made_it_or_more() -> None:
    given = [*answers(3, 3), answered("a", False, "too-late")]
    (cell,) = figures(given)
    assert (cell.right, cell.people, cell.slips) == (3, 7, {"over": 3})


def test_who_answers_a_rule_twice_counts_once_by_the_first() -> None:
    (cell,) = figures([*answers(3, 3), *(answered(n, True, at="story.call.two.decision") for n in range(6))])
    assert (cell.right, cell.people) == (3, 6)


def test_who_finished_and_who_was_sent_one_is_counted_and_who_was_not_is_not() -> None:
    states = ("finished", "finished", "begun", "declined", "missed", "off", "had-one")
    copies = [Copy(f"p{n}", MONDAY, state, 0, 0, 0) for n, state in enumerate(states)]
    copies.append(Copy("p0", MONDAY + WEEK, "finished", 0, 0, 0))
    week = week_of_team("d1", MONDAY, copies, [])
    assert (week.assigned, week.finished, week.missed) == (4, 2, 1)


# --- a rule and its decisions --------------------------------------------------------------------


def at_two(first: tuple[int, int], second: tuple[int, int], slip: str = "over") -> list[Answered]:
    """Answers of different people at two decisions: how many were right and wrong at each."""
    return [
        answered(f"{at}{n}", n < right, slip, at=f"story.call.{at}.decision")
        for at, (right, wrong) in (("one", first), ("two", second))
        for n in range(right + wrong)
    ]


def test_decisions_are_told_where_each_of_them_can_be_told() -> None:
    told = figures(at_two((3, 3), (2, 4)))
    assert [(cell.decision[-12:], cell.right, cell.people) for cell in told] == [
        ("", 5, 12),
        ("one.decision", 3, 6),
        ("two.decision", 2, 6),
    ]


@pytest.mark.parametrize(
    ("first", "second"), [((3, 3), (2, 2)), ((3, 3), (6, 0)), ((3, 3), (1, 5)), ((0, 6), (3, 3))]
)
def test_else_none_is_told_since_the_rest_of_the_whole_would_be_the_other(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    assert len(figures(at_two(first, second))) == 1


def test_a_slip_that_one_made_at_a_decision_is_not_told_of_the_others_either() -> None:
    given = at_two((3, 3), (3, 2), "over")
    given[-1] = answered("two4", False, "under", at="story.call.two.decision")
    whole, *parts = figures(given)
    assert whole.slips == {"over": 4}
    assert [part.slips for part in parts] == [{}, {}], "4 less 3 would tell of the one at the other"


# --- other drills --------------------------------------------------------------------------------


def counts(who: Iterable[int], number: int = 0) -> Mapping[str, list[Counted]]:
    people = frozenset(("t", f"p{n}") for n in who)
    return {RULE: [Counted(people, number or len(people))]}


@pytest.mark.parametrize("other", [range(9), range(11), range(1, 12), range(2, 10)])
def test_no_figure_is_told_of_people_who_differ_by_fewer_than_five_from_another_drills(other: range) -> None:
    assert figures(answers(5, 5), others=counts(other)) == ()


@pytest.mark.parametrize("other", [range(10), range(15), range(20, 30), range(5)])
def test_it_is_told_where_they_are_the_same_or_differ_by_five(other: range) -> None:
    assert len(figures(answers(5, 5), others=counts(other))) == 1


def test_a_decision_beside_another_drills_figure_is_not_told() -> None:
    given = at_two((3, 3), (3, 3))
    near = frozenset(("t", f"pone{n}") for n in range(5))
    (cell,) = figures(given, others={RULE: [Counted(near, 5)]})
    assert cell.decision == ""


def test_who_was_erased_still_stands_in_the_number_that_was_told() -> None:
    """Ten were told of, one of them is erased: the same nine again would tell of the tenth."""
    nine = [answered(n, n < 5) for n in range(9)]
    assert figures(nine, others=counts(range(9))) != ()
    assert figures(nine, others=counts(range(9), number=10)) == ()


def test_who_answered_after_the_week_was_frozen_is_not_in_the_number_that_was_told() -> None:
    assert figures(answers(5, 5), others=counts(range(10), number=9)) == ()


def test_whom_a_figure_counts_is_found_again_from_the_answers() -> None:
    given = at_two((3, 3), (2, 4))
    week = week_of_team("d1", MONDAY, [], given)
    assert [(rule, len(one.people), one.number) for rule, one in counted(week, given)] == [
        (RULE, 12, 12),
        (RULE, 6, 6),
        (RULE, 6, 6),
    ]


# --- who is asked again --------------------------------------------------------------------------


def after(given: Sequence[Answered], day: date = MONDAY) -> Past:
    return Past(day, given, week_of_team("d1", day, [], given))


def test_of_those_asked_again_a_word_is_told_and_no_number() -> None:
    """Six missed it: that six were asked again would tell how many, where only "hardly any" was told."""
    first = after(answers(4, 8))
    again = [answered(n, n < 8) for n in range(4, 12)]
    others = [answered(n, False, rule="law.other") for n in range(4)]  # too few to be told of
    told = figures([*again, *others], MONDAY + WEEK, past=[first])
    assert told == (Cell(RULE, 0, None, "half or more", {"over": 0}),)


def test_a_rule_that_nobody_was_asked_before_is_told_in_numbers_in_any_week() -> None:
    other = [answered(n, n < 4, rule="law.little") for n in range(10)]
    (cell,) = figures(other, MONDAY + WEEK, past=[after(answers(5, 5))])
    assert (cell.people, cell.right) == (10, 4)


@pytest.mark.parametrize("away_missed", [True, False])
def test_whether_a_word_is_told_does_not_hang_on_whether_who_was_away_had_missed_it(
    away_missed: bool,
) -> None:
    """Five of ten missed it; one is away the next week. Five asked again, or four: no word either way."""
    first = after([answered(n, n < 5) for n in range(10)])
    away = 9 if away_missed else 0
    again = [answered(n, n < 8) for n in range(5, 10) if n != away]
    present = [answered(n, True, rule="law.other") for n in range(10) if n != away]
    told = figures([*again, *present], MONDAY + WEEK, past=[first])
    assert [cell.rule for cell in told] == ["law.other"]


@pytest.mark.parametrize("missed", [5, 6])
def test_after_hardly_any_a_word_on_those_asked_again_does_not_say_that_it_was_none(missed: int) -> None:
    first = after(answers(6 - missed, missed))
    again = [answered(n, n % 2 == 0) for n in range(6 - missed, 6)]
    present = [answered(n, True, rule="law.other") for n in range(6)]
    told = [c for c in figures([*again, *present], MONDAY + WEEK, past=[first]) if c.rule == RULE]
    assert len(told) == 1
    assert told[0].people == 0


def test_a_second_decision_that_only_some_came_to_is_told_in_a_word() -> None:
    """In a story, who comes to the bad turn took the wrong one before."""
    first = [answered(n, n < 6, at="tale.call") for n in range(12)]
    turn = [answered(n, n < 9, rule="law.little", at="tale.turn") for n in range(6, 12)]
    by_rule = {cell.rule: cell for cell in figures([*first, *turn])}
    assert by_rule[RULE].people == 12
    assert by_rule["law.little"] == Cell("law.little", 0, None, "half or more", {"over": 0})


def test_a_second_decision_that_all_came_to_right_or_wrong_is_told_in_numbers() -> None:
    given = [
        answered(n, n % 2 == at, rule=rule, at=f"tale.{rule[4:]}")
        for n in range(12)
        for at, rule in enumerate((RULE, "law.little"))
    ]
    assert [(cell.people, cell.right) for cell in figures(given)] == [(12, 6), (12, 6)]


def test_a_story_that_came_since_nothing_was_due_does_not_say_so_of_all_who_came() -> None:
    first = after(answers(10, 0))
    tale = [answered(n, n < 5, rule="law.little", at="tale.call") for n in range(10)]
    assert figures(tale, MONDAY + WEEK, past=[first]) == ()
    half = [answered(n, n < 5, rule="law.little", at="tale.call") for n in range(6)]
    others = [answered(n, False, rule="law.other") for n in range(6, 10)]
    assert [cell.people for cell in figures([*half, *others], MONDAY + WEEK, past=[first])] == [0]
    (ordered,) = figures(tale, MONDAY + WEEK, past=[first], what="story.tale")
    assert (ordered.people, ordered.right) == (10, 5), "who is asked what was ordered hangs on nothing"


# --- every world there can be --------------------------------------------------------------------

View = tuple[tuple[Cell, ...], ...]
World = tuple[bool | None, ...]  # of each person, the answer to something


def worlds_of_two_weeks(people: int, away: int, fresh: int) -> Iterator[tuple[View, World, World]]:
    """All that can come of a rule in two weeks: who missed it and is there is asked again, and who is new."""
    present = [n for n in range(people) if n >= away]
    for first in product((True, False), repeat=people):
        before = after([answered(n, right) for n, right in enumerate(first)])
        asked = [n for n in present if not first[n]] + list(range(people, people + fresh))
        others = [answered(n, True, rule="law.other") for n in present]  # who missed nothing is there too
        for second in product((True, False), repeat=len(asked)):
            again = [answered(n, right) for n, right in zip(asked, second, strict=True)]
            week = week_of_team("d1", MONDAY + WEEK, [], [*again, *others], past=[before])
            told = tuple(cell for cell in week.cells if cell.rule == RULE)
            of = dict(zip(asked, second, strict=True))
            assert before.week is not None
            yield (before.week.cells, told), first, tuple(of.get(n) for n in range(people + fresh))


def worlds_of_weeks(people: int, away: Mapping[int, frozenset[int]]) -> Iterator[tuple[View, World, World]]:
    """All that can come of a rule in some weeks: missed, it is asked the next week, known, after four."""

    def on(weeks: Sequence[int], past: tuple[Past, ...], view: View) -> Iterator[tuple[View, list[Past]]]:
        if not weeks:
            yield view, list(past)
            return
        day, present = MONDAY + weeks[0] * WEEK, [n for n in range(people) if n not in away[weeks[0]]]
        asked = [n for n in present if is_due(n, day, past)]
        others = [answered(n, True, rule="law.other") for n in present]
        for rights in product((True, False), repeat=len(asked)):
            given = [answered(n, right) for n, right in zip(asked, rights, strict=True)]
            week = week_of_team("d1", day, [], [*given, *others], past=past)
            told = tuple(cell for cell in week.cells if cell.rule == RULE)
            yield from on(weeks[1:], (*past, Past(day, [*given, *others], week)), (*view, told))

    def is_due(n: int, day: date, past: Sequence[Past]) -> bool:
        met = [(one.day, a.right) for one in past for a in one.answers if a.rule == RULE and is_of(a, n)]
        return not met or not met[-1][1] or day - met[-1][0] >= 4 * WEEK

    for view, past in on(sorted(away), (), ()):
        first, *_, last = (
            tuple(
                next((a.right for a in one.answers if a.rule == RULE and is_of(a, n)), None)
                for n in range(people)
            )
            for one in past
        )
        yield view, first, last


def is_of(answer: Answered, n: int) -> bool:
    return answer.learner == ("t", f"p{n}")


def worlds_of_a_story(people: int) -> Iterator[tuple[View, World, World]]:
    """All that can come of a story in which those who are wrong come to a second decision."""
    for first in product((True, False), repeat=people):
        began = [answered(n, right, at="tale.call") for n, right in enumerate(first)]
        asked = [n for n, right in enumerate(first) if not right]
        for second in product((True, False), repeat=len(asked)):
            turn = [
                answered(n, right, rule="law.little", at="tale.turn")
                for n, right in zip(asked, second, strict=True)
            ]
            of = dict(zip(asked, second, strict=True))
            yield (figures([*began, *turn]),), first, tuple(of.get(n) for n in range(people))


def worlds_of_decisions(people: int) -> Iterator[tuple[View, World, World]]:
    """All that can come of a rule at two decisions, half of the people at each."""
    for first in product((True, False), repeat=people):
        given = [
            answered(n, right, at=f"story.call.{'one' if n % 2 else 'two'}.decision")
            for n, right in enumerate(first)
        ]
        yield (figures(given),), first, first


def certain(worlds: Iterable[tuple[View, World, World]]) -> list[tuple[bytes, int]]:
    """The views in which someone's answer is the same in every world that looks like it."""
    known: dict[bytes, tuple[list[set[bool | None]], list[set[bool | None]]]] = {}
    for view, first, second in worlds:
        here = known.setdefault(msgspec.json.encode(view), ([set() for _ in first], [set() for _ in second]))
        for seen, world in zip(here, (first, second), strict=True):
            for one, right in zip(seen, world, strict=True):
                one.add(right)
    return [
        (view, n)
        for view, (first_seen, second_seen) in known.items()
        for seen, alone in ((first_seen, (False, True)), (second_seen, (False, True)))
        for n, one in enumerate(seen)
        if len(one) == 1 and next(iter(one)) in alone
    ]


@pytest.mark.parametrize("people", [5, 6, 7])
@pytest.mark.parametrize("away", [0, 1, 2])
def test_whatever_two_weeks_bring_nobodys_answer_is_certain(people: int, away: int) -> None:
    assert certain(worlds_of_two_weeks(people, away, fresh=0)) == []


NONE: frozenset[int] = frozenset()


@pytest.mark.parametrize("people", [5, 6])
@pytest.mark.parametrize(
    "away",
    [
        {0: NONE, 1: NONE, 2: NONE},
        {0: NONE, 1: frozenset({0}), 2: NONE},
        {0: NONE, 1: NONE, 2: frozenset({0})},
        {0: NONE, 1: frozenset({0}), 2: frozenset({1})},
        {0: NONE, 4: NONE},
        {0: NONE, 4: frozenset({0})},
        {0: NONE, 1: NONE, 4: frozenset({0})},
        {0: NONE, 1: frozenset({0}), 4: NONE},
    ],
)
def test_nor_do_three_weeks_and_more_with_someone_away(people: int, away: dict[int, frozenset[int]]) -> None:
    assert certain(worlds_of_weeks(people, away)) == []


@pytest.mark.parametrize("fresh", [1, 4, 5])
@pytest.mark.parametrize("away", [0, 1])
def test_nor_is_it_where_some_are_new_in_the_second_week(away: int, fresh: int) -> None:
    assert certain(worlds_of_two_weeks(5, away, fresh)) == []


@pytest.mark.parametrize("people", [5, 6, 7])
def test_nor_is_it_in_a_story_that_forks(people: int) -> None:
    assert certain(worlds_of_a_story(people)) == []


@pytest.mark.parametrize("people", [10, 11])
def test_nor_is_it_by_a_rule_and_its_decisions(people: int) -> None:
    assert certain(worlds_of_decisions(people)) == []


def test_this_finds_a_careless_figure() -> None:
    """The search is worth something: a plain count of who was asked again is found at once."""
    careless = (
        ((*view[:1], (Cell(RULE, sum(one is not None for one in second), None),)), first, second)
        for view, first, second in worlds_of_two_weeks(6, 1, fresh=0)
    )
    assert certain(careless) != []


# --- all that a supervisor can draw --------------------------------------------------------------

TENANT = "t"
RULES = ("law.a", "law.b", "law.c")
SLIPS = ("over", "under", "wrong-basis", "too-late")


@dataclass(frozen=True)
class Figure:
    """A figure that was told, and (which the supervisor does not see) the answers it is made of."""

    drill: str
    cell: Cell
    made_of: frozenset[Answered]
    day: date = MONDAY

    @property
    def people(self) -> frozenset[object]:
        return frozenset(one.learner for one in self.made_of)


class World3:
    """A few drills over some weeks, through the store and the scheduler; chance alone decides."""

    def __init__(self, seed: int, drills: int, people: int, weeks: int) -> None:
        self.chance = random.Random(seed)
        self.store = MemoryStore()
        self.now = datetime(2026, 3, 2, 12, tzinfo=UTC)
        self.learned: dict[str, dict[str, Learned]] = defaultdict(dict)
        self.weeks = weeks
        self.numbers = iter(range(10**6))
        crowd = [f"p{n}" for n in range(people)]
        self.audiences = {
            f"d{n}": set(self.chance.sample(crowd, self.chance.randint(people // 2, people)))
            for n in range(drills)
        }
        self.figures: list[Figure] = []
        self.finished: dict[tuple[str, date], set[str]] = {}

    async def take(self, arrival: Arrival) -> None:
        """The supervisor is told; nothing of it matters here."""

    def clock(self) -> float:
        return self.now.timestamp()

    async def live(self) -> None:
        scheduler = Scheduler(self.store, self.take, {"test": Nobody()}, self.clock)
        for drill in self.audiences:
            ordered = Drill(
                id=drill,
                tenant=TENANT,
                platform="test",
                by="boss",
                audience=Audience(kind="channel", ids=("C",)),
                weekday=0,
                at=9 * 60,
                first=date(2026, 2, 25),
                home=HOME,
            )
            await self.store.save([self.done("boss", drill=ordered)])
        for n in range(self.weeks):
            day = MONDAY + n * WEEK
            self.edit_an_audience()
            busy: set[str] = set()  # one drill a week for each
            for drill, audience in self.audiences.items():
                there = {one for one in audience - busy if self.chance.random() < 0.85}
                busy |= audience
                for who in sorted(there):
                    await self.play(who, drill, day)
                self.finished[drill, day] = there
            self.now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=6, hours=1)
            await scheduler.look()
            await self.note(day)
            if self.chance.random() < 0.2:
                await self.store.erase(TENANT, f"p{self.chance.randrange(5)}")

    def edit_an_audience(self) -> None:
        """The supervisor takes someone in, or out, to see what becomes of the figures."""
        audience = self.audiences[self.chance.choice(sorted(self.audiences))]
        audience ^= {f"p{self.chance.randrange(20)}"}

    async def play(self, who: str, drill: str, day: date) -> None:
        week = week_of(datetime(day.year, day.month, day.day, tzinfo=UTC))
        known = self.learned[who]
        due = [rule for rule, one in known.items() if (at := due_week(one)) is not None and at <= week]
        new = [rule for rule in RULES if rule not in known]
        results = []
        for rule in (due + new)[:3]:
            right = self.chance.random() < (0.5 if rule != "law.c" else 0.95)
            variant = f"story.call.{rule[-1]}{self.chance.randrange(2)}"
            self.learned[who] = learn(self.learned[who], rule, variant, right=right, week=week)
            results.append(self.result(drill, day, rule, variant, right=right))
        closes = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()) + 6 * 24 * 3600
        sent = Marked(drill, day, TENANT, who, "sent", due=closes - 6 * 24 * 3600, closes=closes)
        ended = Marked(drill, day, TENANT, who, "finished")
        await self.store.save([self.done(who, marked=sent)])
        await self.store.save([self.done(who, results=tuple(results), marked=ended)])

    def result(self, drill: str, day: date, rule: str, variant: str, *, right: bool) -> Result:
        return Result(
            run="r",
            turn=next(self.numbers),
            scenario=variant,
            content="",
            step="decision",
            chose=("a",),
            rule=rule,
            lawful=right,
            helps=right,
            slip=None if right else self.chance.choice(SLIPS),
            first=True,
            at=self.now,
            about=rule,
            drill=assignment_key(drill, day),
            ordered=TENANT,
        )

    def done(self, who: str, **more: object) -> Done:
        return Done(TENANT, who, f"e{next(self.numbers)}", self.now, **more)  # type: ignore[arg-type]

    async def note(self, day: date) -> None:
        """Write down what was told of a week, with the answers it was made of."""
        for drill in self.audiences:
            given = await self.store.answers(TENANT, assignment_key(drill, day))
            for week in [one for one, _ in await self.store.weeks(TENANT, drill) if one.day == day]:
                for cell in week.cells:
                    of_rule = {a.learner: a for a in reversed(given) if a.rule == cell.rule}.values()
                    made_of = frozenset(a for a in of_rule if cell.decision in {"", a.decision})
                    self.figures.append(Figure(drill, cell, made_of, day))


class Nobody:
    """A roster of nobody: who is sent a drill, the world itself decides."""

    async def may_order(self, *_: object) -> bool | None:
        return None

    async def members(self, *_: object) -> tuple[Member, ...]:
        return ()


worlds = st.builds(
    World3,
    seed=st.integers(0, 10**9),
    drills=st.integers(2, 3),
    people=st.integers(10, 24),
    weeks=st.integers(2, 6),
)


def test_these_worlds_have_figures_of_each_kind() -> None:
    told = [one.cell for seed in range(20) for one in lived(World3(seed, 3, 24, 6)).figures]
    assert any(cell.people and cell.right for cell in told)
    assert any(cell.people and cell.end for cell in told)
    assert any(not cell.people for cell in told)
    assert any(cell.decision for cell in told)


def lived(world: World3) -> World3:
    asyncio.run(world.live())
    return world


@given(worlds)
@settings(max_examples=40, deadline=None)
def test_no_figure_a_supervisor_can_draw_and_no_two_of_them_tell_of_someone(world: World3) -> None:
    told = lived(world).figures
    for figure in told:
        assert_tells_of_nobody_alone(figure)
    for one, other in combinations(told, 2):
        assert_tell_of_nobody_together(one, other)


def assert_tells_of_nobody_alone(figure: Figure) -> None:
    cell, right = figure.cell, sum(answer.right for answer in figure.made_of)
    assert len(figure.made_of) >= PEOPLE_MIN
    assert cell.people in {0, len(figure.made_of)}
    if cell.right is None:
        assert cell.end
    else:
        assert cell.right == right
        assert 2 <= right <= cell.people - 2, "all, none, or all but one would tell of each"
    assert all(count != 1 for count in cell.slips.values())
    assert cell.people or set(cell.slips.values()) <= {0}, "where no number is told, none is"


def assert_tell_of_nobody_together(one: Figure, other: Figure) -> None:
    same_answers = one.made_of & other.made_of
    if (one.drill, one.day) == (
        other.drill,
        other.day,
    ) and same_answers:  # a rule and its decision: what is left is a figure too
        whole, part = sorted((one, other), key=lambda figure: -len(figure.made_of))
        if part.made_of < whole.made_of:
            rest = whole.made_of - part.made_of
            assert len(rest) >= PEOPLE_MIN
            assert 2 <= sum(answer.right for answer in rest) <= len(rest) - 2
            for slip, count in part.cell.slips.items():
                assert whole.cell.slips[slip] - count != 1
        else:
            assert not same_answers, "figures overlap only where one is within the other"
    if one.drill != other.drill and one.cell.rule == other.cell.rule:
        apart = one.people ^ other.people
        assert len(apart) == 0 or len(apart) >= PEOPLE_MIN


@given(worlds)
@settings(max_examples=10, deadline=None)
def test_who_was_told_of_in_numbers_is_after_that_told_of_in_words(world: World3) -> None:
    """So the numbers of two weeks are of different people, however the audience was edited between."""
    numbers: dict[str, list[Figure]] = defaultdict(list)
    for figure in lived(world).figures:
        if figure.cell.people and not figure.cell.decision:
            numbers[figure.cell.rule].append(figure)
    for told in numbers.values():
        for one, other in combinations(told, 2):
            assert one.people.isdisjoint(other.people)


async def test_a_week_is_frozen_whoever_finishes_late_or_is_erased() -> None:
    world = World3(7, drills=1, people=20, weeks=1)
    await world.live()
    before = await world.store.weeks(TENANT, "d0")
    assert before[0][0].cells
    await world.play("late", "d0", MONDAY)
    await world.store.erase(TENANT, sorted(world.finished["d0", MONDAY])[0])
    scheduler = Scheduler(world.store, world.take, {"test": Nobody()}, world.clock)
    await scheduler.look()
    assert await world.store.weeks(TENANT, "d0") == before


def test_a_week_keeps_nobodys_name_and_not_how_many_rules_it_does_not_tell_of() -> None:
    week = week_of_team("d1", MONDAY, [], [*answers(3, 3), *answers(1, 1, rule="law.little")])
    kept = msgspec.json.encode(week)
    assert b"p1" not in kept
    assert b"law.little" not in kept
    assert set(msgspec.structs.asdict(week)) == {"drill", "day", "assigned", "finished", "missed", "cells"}


def test_people_of_answers_are_whoever_gave_them() -> None:
    assert people_of(answers(1, 1)) == {("t", "p0"), ("t", "p1")}


def test_a_week_that_was_kept_before_reads_as_it_was() -> None:
    old = b'{"drill":"d","day":"2026-03-02","assigned":7,"finished":6,"withheld":2,"cells":[%s]}'
    cell = b'{"rule":"r","people":6,"right":3,"end":""}'
    assert msgspec.json.decode(old % cell, type=Week).cells == (Cell("r", 6, 3),)
