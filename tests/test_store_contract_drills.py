"""What any store must promise of drills: who is in them, what became of each week, and whose it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from bot.model import Address, Audience, Cell, Drill, DrillState, Member, Result, Session, Week
from bot.replies import (
    AssignmentState,
    Marked,
)
from bot.store import Copy, Done, Learner, Link, Place, Store
from bot.store.sqlite import open_store
from tests.library import HOME, NOW
from tests.memory_store import MemoryStore
from tests.test_drills import DRILL
from tests.test_store_contract import SECONDS, STORES

DAY, NEXT = date(2026, 3, 2), date(2026, 3, 9)
WEEK = 7 * 24 * 3600
CLOSES = SECONDS + 6 * 24 * 3600
GUEST, HOMES = ("t", "ann"), ("slack", "U1")


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else await open_store(tmp_path / "a.db")
    yield made
    await made.close()


class Events:
    """Ids of events, none twice."""

    last = 0

    @classmethod
    def new(cls) -> str:
        cls.last += 1
        return f"e{cls.last}"


async def order(store: Store, drill: Drill = DRILL, tenant: str = "t") -> None:
    await store.save([Done(tenant, "boss", Events.new(), NOW, drill=drill)])


async def mark(
    store: Store,
    state: AssignmentState,
    *,
    who: str = "ann",
    day: date = DAY,
    at: datetime = NOW,
    tenant: str = "t",
) -> None:
    """Note what became of someone's copy; a new one is due now and closes in six days."""
    is_new = state in {"sent", "missed", "off", "had-one"}
    due, closes = (SECONDS, CLOSES) if is_new else (0, 0)
    marked = Marked("d1", day, tenant, who, state, due=due, closes=closes)
    await store.save([Done(tenant, who, Events.new(), at, marked=marked)])


async def copy_of(store: Store, who: str = "ann", day: date = DAY) -> Copy:
    copies = await store.copies("t", "d1", date.min)
    return next(copy for copy in copies if (copy.account, copy.day) == (who, day))


def member(id: str, name: str = "", zone: str = "") -> Member:
    return Member(learner=id, address=Address(platform="test", chat=id), name=name, zone=zone)


def answered(
    who: str, rule: str, *, right: bool, first: bool = True, ordered: str = "t", turn: int = 1
) -> Done:
    result = Result(
        run=f"1-{who}{rule}",
        turn=turn,
        scenario="story",
        content="hash",
        step="call",
        chose=("a",),
        rule="law.else",  # which a wrong answer went by
        about=rule,
        lawful=True,
        helps=right,
        slip=None if right else "over",
        first=first,
        at=NOW,
        drill="d1.20260302",
        ordered=ordered,
    )
    return Done("t", who, Events.new(), NOW, results=(result,))


# --- drills ----------------------------------------------------------------------------------


async def test_a_drill_is_kept_as_it_was_ordered_or_changed_last(store: Store) -> None:
    await order(store)
    changed = msgspec.structs.replace(DRILL, weekday=3, state="paused", since=SECONDS, until=NEXT)
    await order(store, changed)
    assert await store.drills("t") == [changed]


async def test_a_drill_is_of_its_tenant_alone(store: Store) -> None:
    await order(store)
    other = msgspec.structs.replace(DRILL, tenant="u", by="else")
    await order(store, other, "u")
    assert await store.drills("t") == [DRILL]
    assert await store.all_drills(SECONDS) == [("t", DRILL), ("u", other)]


async def test_of_an_order_by_a_linked_account_the_tenant_is_the_one_it_came_from(store: Store) -> None:
    await store.save([Done(*HOMES, Events.new(), NOW, drill=DRILL, heard="t", account="boss")])
    assert await store.drills("t") == [DRILL]
    assert await store.drills(HOMES[0]) == []


@pytest.mark.parametrize("state", ["paused", "ended"])
async def test_a_drill_that_is_off_is_looked_at_until_its_last_week_is_told(store: Store, state: str) -> None:
    off = msgspec.structs.replace(DRILL, state=state)
    await order(store, off)
    assert await store.all_drills(SECONDS) == []
    await mark(store, "sent")
    assert await store.all_drills(SECONDS) == [("t", off)]
    assert await store.all_drills(CLOSES + WEEK) == [("t", off)]
    assert await store.all_drills(CLOSES + 2 * WEEK + 1) == []


# --- who is in it ----------------------------------------------------------------------------


async def test_since_when_someone_is_in_it_stays_until_they_leave_and_is_new_when_they_are_back(
    store: Store,
) -> None:
    await store.save_members("t", "d1", [member("ann"), member("bo")], 100)
    await store.save_members("t", "d1", [member("ann", "Ann", "America/Denver")], 200)
    ann = Place(member("ann", "Ann", "America/Denver"), 100)
    assert await store.members("t", "d1") == [ann, Place(member("bo"), 100, 200)]
    await store.save_members("t", "d1", [member("bo")], 300)
    assert await store.members("t", "d1") == [replace(ann, gone=300), Place(member("bo"), 300)]


async def test_an_audience_is_of_its_drill_and_tenant_alone(store: Store) -> None:
    await store.save_members("t", "d1", [member("ann")], 100)
    await store.save_members("t", "d2", [member("bo")], 100)
    await store.save_members("u", "d1", [], 200)
    assert [place.member.learner for place in await store.members("t", "d1")] == ["ann"]
    assert [place.gone for place in await store.members("t", "d2")] == [None]
    assert await store.members("u", "d1") == []


async def test_who_joins_by_themselves_is_in_until_they_leave_it_or_all(store: Store) -> None:
    for drill in ("d1", "d2"):
        await store.save([Done("t", "ann", Events.new(), NOW, joined=(drill, member("ann")))])
    await store.save([Done("t", "ann", Events.new(), NOW + timedelta(seconds=5), joined=("d1", None))])
    assert [place.gone for place in await store.members("t", "d1")] == [SECONDS + 5]
    assert [place.gone for place in await store.members("t", "d2")] == [None]
    await store.save([Done("t", "ann", Events.new(), NOW + timedelta(seconds=9), joined=("", None))])
    assert [place.gone for place in await store.members("t", "d1")] == [SECONDS + 5]
    assert [place.gone for place in await store.members("t", "d2")] == [SECONDS + 9]


async def test_a_linked_account_leaves_as_itself(store: Store) -> None:
    await store.save_members("t", "d1", [member("ann")], 100)
    gone = Done(*HOMES, Events.new(), NOW, joined=("d1", None), heard="t", account="ann")
    await store.save([gone])
    assert [place.gone for place in await store.members("t", "d1")] == [SECONDS]


# --- what became of it -----------------------------------------------------------------------


async def test_a_copy_is_made_once_whatever_comes_after(store: Store) -> None:
    await mark(store, "sent")
    await mark(store, "missed", at=NOW + timedelta(hours=1))
    assert await store.copies("t", "d1", date.min) == [Copy("ann", DAY, "sent", SECONDS, CLOSES, SECONDS)]


async def test_what_is_marked_without_a_copy_is_nothing(store: Store) -> None:
    await mark(store, "finished")
    await mark(store, "nudged")
    assert await store.copies("t", "d1", date.min) == []


async def test_what_was_finished_or_declined_stays_so(store: Store) -> None:
    for who, end in (("ann", "finished"), ("bo", "declined")):
        await mark(store, "sent", who=who)
        await mark(store, "begun", who=who)
        await mark(store, end, who=who)  # type: ignore[arg-type]
        for late in ("later", "begun", "finished", "declined"):
            await mark(store, late, who=who, at=NOW + timedelta(days=1))
        copy = await copy_of(store, who)
        assert (copy.state, copy.at) == (end, SECONDS)


async def test_copies_are_of_their_drill_and_tenant_and_from_a_day_on(store: Store) -> None:
    await mark(store, "sent")
    await mark(store, "missed", day=NEXT)
    await mark(store, "off", tenant="u")
    assert [copy.day for copy in await store.copies("t", "d1", date.min)] == [DAY, NEXT]
    assert [copy.day for copy in await store.copies("t", "d1", NEXT)] == [NEXT]
    assert await store.copies("t", "d2", date.min) == []


async def test_reminders_are_counted_and_the_last_is_the_second_at_least(store: Store) -> None:
    counted = {}
    for who, marks in {"a": ["nudged"], "b": ["last"], "c": ["nudged", "last"], "d": ["again"]}.items():
        await mark(store, "sent", who=who)
        for one in marks:
            await mark(store, one, who=who)  # type: ignore[arg-type]
        counted[who] = (await copy_of(store, who)).nudges
    assert counted == {"a": 1, "b": 2, "c": 2, "d": 0}


async def test_who_said_later_has_been_asked_again_once_they_were_reminded(store: Store) -> None:
    for state in ("nudged", "last", "again"):
        who = f"who-{state}"
        await mark(store, "sent", who=who)
        await mark(store, "later", who=who)
        await mark(store, state, who=who)
        assert (await copy_of(store, who)).state == "sent"
    await mark(store, "sent")
    await mark(store, "begun")
    await mark(store, "nudged")
    assert (await copy_of(store)).state == "begun"


# --- answers and weeks -----------------------------------------------------------------------


async def test_first_answers_to_an_occurrence_are_given_with_whose_they_are(store: Store) -> None:
    await store.save([answered("bo", "law.a", right=False), answered("ann", "law.a", right=True)])
    await store.save([answered("ann", "law.b", right=True, first=False, turn=2)])
    await store.save([answered("cy", "law.a", right=True, ordered="u")])
    found = await store.answers("t", "d1.20260302")
    assert [(one.learner, one.rule, one.decision, one.right, one.slip) for one in found] == [
        (("t", "ann"), "law.a", "story.call", True, None),
        (("t", "bo"), "law.a", "story.call", False, "over"),
    ]
    assert [one.learner for one in await store.answers("u", "d1.20260302")] == [("t", "cy")]
    assert await store.answers("t", "d1.20260309") == []


async def test_answers_of_an_account_that_is_linked_are_its_learners(store: Store) -> None:
    await store.save([answered("ann", "law.a", right=True)])
    await store.save([linked()])
    assert [one.learner for one in await store.answers("t", "d1.20260302")] == [HOMES]


async def test_a_week_is_frozen_once(store: Store) -> None:
    week = Week(drill="d1", day=DAY, assigned=7, finished=5, cells=(Cell(rule="law.a", people=5, right=3),))
    await store.save_week("t", week)
    await store.save_week("t", msgspec.structs.replace(week, finished=6))
    assert await store.weeks("t", "d1") == [(week, False)]
    assert await store.weeks("u", "d1") == []


async def test_that_a_supervisor_was_told_of_a_week_is_kept_with_the_turn_that_told_it(store: Store) -> None:
    weeks = [Week(drill="d1", day=day, assigned=1, finished=1) for day in (DAY, NEXT)]
    for week in weeks:
        await store.save_week("t", week)
    await store.save([Done(*HOMES, Events.new(), NOW, told=("d1", DAY), heard="t", account="boss")])
    assert await store.weeks("t", "d1") == [(weeks[0], True), (weeks[1], False)]
    assert await store.weeks("t", "d1", NEXT) == [(weeks[1], False)]


# --- whose it is -----------------------------------------------------------------------------


def linked() -> Done:
    """A turn that makes ann's account an address of a learner elsewhere."""
    link = Link(GUEST, Address(platform="test", chat="ann"), HOME, NOW)
    return Done(*HOMES, Events.new(), NOW, session=Session(seed="one"), link=link, heard="t", account="ann")


async def in_drill(store: Store) -> None:
    await store.save_members("t", "d1", [member("ann"), member("bo")], 100)
    for who in ("ann", "bo"):
        await mark(store, "sent", who=who)


async def test_what_is_kept_of_someone_names_their_drills_and_what_became_of_each(store: Store) -> None:
    await in_drill(store)
    wanted = (
        {"drill": "d1", "name": None, "zone": None, "since": 100, "left": None},
        {"drill": "d1", "day": "2026-03-02", "state": "sent", "at": SECONDS},
    )
    assert (await store.kept("t", "ann")).drills == wanted
    await store.save([linked()])
    assert (await store.kept(*HOMES)).drills == wanted
    assert (await store.kept("u", "ann")).drills == ()


async def test_what_is_kept_of_a_supervisor_names_what_they_ordered(store: Store) -> None:
    await order(store, msgspec.structs.replace(DRILL, by="ann", by_name="Ann Bell"))
    await order(store, msgspec.structs.replace(DRILL, id="d2"))
    wanted = ({"ordered": "d1", "name": "Ann Bell", "state": "on"},)
    assert (await store.kept("t", "ann")).drills == wanted
    assert (await store.kept("u", "ann")).drills == ()
    await store.save([linked()])
    assert (await store.kept(*HOMES)).drills == wanted


@pytest.mark.parametrize("who", [GUEST, HOMES])
async def test_erasing_takes_someone_out_of_audience_and_assignments_from_either_side(
    store: Store, who: Learner
) -> None:
    await in_drill(store)
    await store.save([linked()])
    assert await store.erase(*who)
    assert [place.member.learner for place in await store.members("t", "d1")] == ["bo"]
    assert [copy.account for copy in await store.copies("t", "d1", date.min)] == ["bo"]


async def test_there_is_something_to_erase_of_who_never_answered(store: Store) -> None:
    await in_drill(store)
    assert await store.erase("t", "ann")
    assert not await store.erase("t", "ann")


async def test_a_drill_whose_supervisor_is_erased_ends_and_names_them_no_more(store: Store) -> None:
    ordered = msgspec.structs.replace(DRILL, by="ann")
    await order(store, ordered)
    await order(store, msgspec.structs.replace(DRILL, id="d2"))
    week = Week(drill="d1", day=DAY, assigned=7, finished=5)
    await store.save_week("t", week)
    assert await store.erase("t", "ann")
    nowhere = Address(platform="", chat="")
    ended = msgspec.structs.replace(ordered, state="ended", by="", by_name="", home=nowhere)
    assert await store.drills("t") == [ended, msgspec.structs.replace(DRILL, id="d2")]
    assert await store.all_drills(SECONDS) == [("t", msgspec.structs.replace(DRILL, id="d2"))]
    assert await store.weeks("t", "d1") == [(week, False)]


async def test_a_supervisor_erased_in_a_turn_or_by_a_linked_account_is_named_no_more(store: Store) -> None:
    await order(store, msgspec.structs.replace(DRILL, by="ann"))
    await store.save([linked()])
    await store.save([Done(*HOMES, Events.new(), NOW, erase=True)])
    assert [drill.by for drill in await store.drills("t")] == [""]


async def test_who_was_named_in_an_audience_is_named_no_more_once_erased(store: Store) -> None:
    named = Audience(kind="people", ids=("ann", "bo"))
    await order(store, msgspec.structs.replace(DRILL, audience=named))
    await order(store, msgspec.structs.replace(DRILL, tenant="u", audience=named), "u")
    await store.erase("t", "ann")
    assert [drill.audience.ids for drill in await store.drills("t")] == [("bo",)]
    assert [drill.audience.ids for drill in await store.drills("u")] == [("ann", "bo")]


async def test_who_left_and_what_closed_is_forgotten_after_400_days(store: Store) -> None:
    await in_drill(store)
    await store.save_members("t", "d1", [member("bo")], SECONDS)
    kept = 400 * 24 * 3600
    await store.tidy(SECONDS + kept, ())
    assert len(await store.members("t", "d1")) == 2
    await store.tidy(SECONDS + kept + 1, ())
    assert [place.member.learner for place in await store.members("t", "d1")] == ["bo"]
    assert len(await store.copies("t", "d1", date.min)) == 2
    await store.tidy(CLOSES + kept + 1, ())
    assert await store.copies("t", "d1", date.min) == []


@pytest.mark.parametrize("state", ["on", "paused", "ended"])
async def test_of_a_drill_that_is_ended_those_who_were_in_it_are_forgotten_too(
    store: Store, state: DrillState
) -> None:
    await order(store, msgspec.structs.replace(DRILL, state=state))
    await in_drill(store)
    week = Week(drill="d1", day=DAY, assigned=7, finished=5)
    await store.save_week("t", week)
    kept = 400 * 24 * 3600
    await store.tidy(CLOSES + kept, ())
    assert len(await store.members("t", "d1")) == 2
    await store.tidy(CLOSES + kept + 1, ())
    assert len(await store.members("t", "d1")) == (0 if state == "ended" else 2)
    assert await store.weeks("t", "d1") == [(week, False)]
