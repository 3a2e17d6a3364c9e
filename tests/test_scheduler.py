"""The scheduler at the edges: drills that are changed, people who are gone, platforms that are down."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import msgspec
import pytest

from adapters.text import plain
from bot.buttons import event_from_button
from bot.engine import advance
from bot.engine import drill_texts as texts
from bot.events import (
    Arrival,
    Began,
    Declined,
    DrillSaved,
    DrillsPaused,
    DrillSwitched,
    Erased,
    Event,
    PutOff,
    Settled,
    TeamSettled,
    Typed,
)
from bot.model import (
    Address,
    Assignment,
    Audience,
    Cell,
    Drill,
    DrillState,
    Library,
    Member,
    Session,
    Team,
    Week,
)
from bot.replies import (
    Prompt,
)
from bot.scheduler import Scheduler
from bot.sender import Message, Outcome, Pace, Sender, Sent
from bot.store import Done, Place, Store, StoreError
from bot.store.sqlite import open_store
from bot.tutor import Tutor
from tests.library import HOME
from tests.memory_store import MemoryStore
from tests.test_drills import DRILL, DRILLED, with_variants

NEW_YORK = "America/New_York"
HOUR, DAY = 3600, 24 * 3600
ORDERED = datetime(2026, 2, 26, 12, tzinfo=UTC).timestamp()
MONDAY = datetime(2026, 3, 2, 14, 1, tzinfo=UTC).timestamp()  # a minute after nine in New York
WEDNESDAY, FRIDAY = MONDAY + 2 * DAY, MONDAY + 4 * DAY
KEY = "d1.20260302"
THIS, NEXT = date(2026, 3, 2), date(2026, 3, 9)


@dataclass(slots=True)
class Desk:
    """A scheduler with all it needs, a clock to set, and a platform that takes everything at once."""

    store: Store
    library: Library = DRILLED
    now: float = ORDERED
    there: list[str] = field(default_factory=lambda: ["ann"])
    zones: dict[str, str] = field(default_factory=dict)
    fails: BaseException | None = None  # what the platform raises, asked who is there
    knows: bool = True  # who is there
    may: bool | None = True  # whether the supervisor is one still
    asked: int = 0
    got: list[tuple[str, Message]] = field(default_factory=list)
    tutor: Tutor = field(init=False)
    sender: Sender = field(init=False)
    scheduler: Scheduler = field(init=False)
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def send(self, message: Message) -> Outcome:
        self.got.append((message.address.chat, message))
        return Sent(f"m{len(self.got)}")

    async def may_order(self, *_: object) -> bool | None:
        return self.may

    async def members(self, _: str, __: Drill, ___: Sequence[Place]) -> Sequence[Member] | None:
        self.asked += 1
        if self.fails:
            raise self.fails
        return [member(id, self.zones.get(id, NEW_YORK)) for id in self.there] if self.knows else None

    async def look(self, at: float = 0.0) -> list[str]:
        """Look, at a moment or now; give what went out, as plain text, with whose it is before it."""
        self.now = at or self.now
        before = len(self.got)
        await self.scheduler.look()
        await self.sender.all_idle()
        return self.said(before)

    async def do(self, who: str, event: Event | Typed, at: float = 0.0) -> list[str]:
        """Let someone do something."""
        self.now = at or self.now
        before = len(self.got)
        moment = datetime.fromtimestamp(self.now, UTC)
        address = HOME if who == "boss" else Address(platform="test", chat=who)
        await self.tutor.take(Arrival(f"a{next(self.numbers)}", "t", who, address, moment, event))
        await self.sender.all_idle()
        return self.said(before)

    async def answer(self, who: str, letter: str) -> list[str]:
        """Answer the question that someone was asked last."""
        mine = (message.reply for chat, message in reversed(self.got) if chat == who)
        asked = next(one for one in mine if isinstance(one, Prompt) and one.letters)
        data = next(one.data for one in asked.letters if one.letter == letter)
        event = event_from_button(data)
        assert event is not None
        return await self.do(who, event)

    def said(self, since: int) -> list[str]:
        new = self.got[since:]
        return [f"{chat}: {plain(one.reply)}" for chat, one in new if one.edits is None]

    async def order(self, drill: Drill = DRILL) -> None:
        at = datetime.fromtimestamp(self.now, UTC)
        await self.store.save([Done("t", "boss", f"o{next(self.numbers)}", at, drill=drill)])

    async def change(self, at: float = 0.0, **changes: object) -> list[str]:
        """Let the supervisor change the drill."""
        changed = msgspec.structs.replace(await self.drill(), **changes)
        return await self.do("boss", DrillSaved(changed, allowed=True), at)

    async def drill(self, id: str = "d1") -> Drill:
        return next(one for one in await self.store.drills("t") if one.id == id)

    async def states(self, drill: str = "d1") -> dict[tuple[str, date], str]:
        copies = await self.store.copies("t", drill, date.min)
        return {(copy.account, copy.day): copy.state for copy in copies}


def member(id: str, zone: str) -> Member:
    return Member(learner=id, address=Address(platform="test", chat=id), name=id, zone=zone)


@contextlib.asynccontextmanager
async def at_desk(store: Store, library: Library = DRILLED) -> AsyncIterator[Desk]:
    one = Desk(store, library)

    async def pause(_: float) -> None:
        await asyncio.sleep(0)

    one.sender = Sender(store, {"test": one}, lambda: one.now, library, pause=pause)
    one.tutor = Tutor(library, store, one.sender.take, lambda: f"s{next(one.numbers)}")
    one.scheduler = Scheduler(store, one.tutor.take, {"test": one}, lambda: one.now, pause)
    running = [asyncio.create_task(one.tutor.run()), asyncio.create_task(one.sender.run())]
    try:
        yield one
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else await open_store(tmp_path / "a.db")
    yield made
    await made.close()


@pytest.fixture
async def desk(store: Store) -> AsyncIterator[Desk]:
    async with at_desk(store) as one:
        await one.order()
        await one.look()
        yield one


# --- it falls due ----------------------------------------------------------------------------


async def test_it_goes_out_once_however_often_is_looked(desk: Desk) -> None:
    assert await desk.look(MONDAY - 120) == []
    (said,) = await desk.look(MONDAY)
    assert said.startswith("ann: ") and "Rosa Lind ordered this" in said
    assert await desk.look() == []
    assert await desk.look(MONDAY + HOUR) == []


async def test_an_audience_is_asked_for_soon_after_the_order_so_that_an_outage_loses_no_week(
    desk: Desk,
) -> None:
    (place,) = await desk.store.members("t", "d1")
    assert place.since == ORDERED
    (said,) = await desk.look(MONDAY + 3 * HOUR)
    assert "a little late today" in said


async def test_who_joined_after_it_fell_due_gets_the_next(desk: Desk) -> None:
    desk.there += ["new"]
    assert [one[:4] for one in await desk.look(MONDAY)] == ["ann:"]
    said = await desk.look(MONDAY + 7 * DAY)
    assert [one[:4] for one in said if "You can do it" in one] == ["ann:", "new:"]


async def test_a_day_that_passed_in_an_outage_is_missed_and_told_so(desk: Desk) -> None:
    assert await desk.look(MONDAY + 10 * HOUR) == []
    assert await desk.states() == {("ann", THIS): "missed"}
    said = await desk.look(MONDAY + 6 * DAY + 12 * HOUR)
    assert "To 1 it could not be sent that day" in said[0]


async def test_of_an_outage_over_two_of_its_days_both_are_missed(desk: Desk) -> None:
    await desk.look(MONDAY + 8 * DAY)
    assert await desk.states() == {("ann", THIS): "missed", ("ann", NEXT): "missed"}


async def test_who_cannot_be_found_out_stays_in_and_the_platform_is_not_asked_all_the_time(
    desk: Desk,
) -> None:
    desk.knows, asked = False, desk.asked
    assert len(await desk.look(MONDAY)) == 1
    await desk.look(MONDAY + 30)
    assert desk.asked == asked + 1
    await desk.look(MONDAY + 400)
    assert desk.asked == asked + 2


async def test_a_platform_that_fails_keeps_nobody_waiting(desk: Desk) -> None:
    desk.fails = TimeoutError()
    assert len(await desk.look(MONDAY)) == 1


async def test_a_drill_of_a_platform_that_is_not_served_waits(desk: Desk) -> None:
    desk.scheduler.rosters = {}
    assert await desk.look(MONDAY) == []
    assert await desk.states() == {}
    desk.scheduler.rosters = {"test": desk}
    assert len(await desk.look(MONDAY + HOUR)) == 1


async def test_nothing_is_lost_where_the_store_fails_in_the_middle(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.there = [f"p{n:03}" for n in range(120)]
    await desk.look(MONDAY - DAY)
    save, saves = desk.store.save, count()

    async def failing(*args: object, **more: object) -> None:
        if next(saves) == 1:
            raise StoreError
        await save(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.store, "save", failing)
    with pytest.raises(StoreError):
        await desk.look(MONDAY)
    assert 0 < len([chat for chat, _ in desk.got if chat != "home"]) < 120
    await desk.look(MONDAY + 30)
    assert sorted(chat for chat, _ in desk.got if chat != "home") == desk.there


async def test_someone_of_whom_nothing_is_known_is_in_the_time_zone_of_most(desk: Desk) -> None:
    desk.zones["ann"] = ""
    await desk.look(MONDAY - DAY)
    assert len(await desk.look(MONDAY)) == 1


async def test_a_time_zone_is_the_platforms_or_of_the_state_they_set(desk: Desk) -> None:
    desk.zones["ann"] = ""
    await desk.do("ann", Settled("state", "HI"))
    await desk.look(MONDAY - DAY)
    assert await desk.look(MONDAY) == []
    assert len(await desk.look(MONDAY + 5 * HOUR)) == 1


async def test_the_id_of_what_happened_names_nobody(desk: Desk) -> None:
    await desk.look(MONDAY)
    await desk.do("ann", PutOff(KEY))
    await desk.look(MONDAY + 4 * HOUR)
    await desk.look(WEDNESDAY)
    if isinstance(desk.store, MemoryStore):
        ids = [id for _, id in desk.store.events if id.partition(":")[0] in {"drill", "nudge"}]
        assert len(ids) == 3
        assert not [id for id in ids if "ann" in id]


# --- it is changed ---------------------------------------------------------------------------


async def test_moved_to_a_later_day_in_the_middle_of_a_week_nobody_gets_two(desk: Desk) -> None:
    await desk.look(MONDAY)
    (said,) = await desk.change(MONDAY + DAY, weekday=3)
    assert "The next one goes out on Thursday, March 5" in said
    assert not [one for one in await desk.look(MONDAY + 3 * DAY) if "You can do it" in one]
    assert (await desk.states())["ann", date(2026, 3, 5)] == "had-one"


async def test_a_week_in_which_all_had_one_already_is_no_week_to_tell_of(desk: Desk) -> None:
    await desk.look(MONDAY)
    await desk.change(MONDAY + DAY, weekday=3)
    await desk.look(MONDAY + 3 * DAY)
    await desk.look(MONDAY + 10 * DAY)
    assert [week.day for week, _ in await desk.store.weeks("t", "d1")] == [THIS]


async def test_moved_to_a_day_that_is_over_nobody_is_marked_as_missed(desk: Desk) -> None:
    desk.now = MONDAY - DAY
    await desk.change(weekday=3)
    (said,) = await desk.change(WEDNESDAY, weekday=1)
    assert "The next one goes out on Tuesday, March 10" in said
    await desk.look(WEDNESDAY + 60)
    assert await desk.states() == {}
    assert len(await desk.look(MONDAY + 8 * DAY)) == 1


async def test_moved_to_today_it_goes_out_today_and_the_week_is_not_lost(desk: Desk) -> None:
    await desk.change(weekday=3)
    (said,) = await desk.change(WEDNESDAY + HOUR, weekday=2)
    assert "It goes out today at 9:00 a.m." in said
    (said,) = await desk.look()
    assert "ann: " in said
    assert await desk.look(MONDAY + 3 * DAY) == []


async def test_paused_and_let_go_on_the_weeks_between_were_none_of_its_own(desk: Desk) -> None:
    drill = DrillSwitched("d1", "paused", allowed=True)
    await desk.do("boss", drill, MONDAY - HOUR)
    assert await desk.look(MONDAY) == []
    (said,) = await desk.do("boss", DrillSwitched("d1", "on", allowed=True), WEDNESDAY)
    assert "The next one goes out on Monday, March 9" in said
    assert await desk.look() == []
    assert await desk.states() == {}


async def test_paused_for_an_hour_over_nine_it_still_goes_out_that_day(desk: Desk) -> None:
    await desk.do("boss", DrillSwitched("d1", "paused", allowed=True), MONDAY - HOUR)
    (said,) = await desk.do("boss", DrillSwitched("d1", "on", allowed=True), MONDAY + 2 * HOUR)
    assert "It goes out today at 9:00 a.m., where each person is; at once where that is past" in said
    assert len(await desk.look()) == 1


@pytest.mark.parametrize("state", ["paused", "ended"])
async def test_of_a_drill_that_is_paused_or_ended_nothing_goes_out_but_it_can_be_done(
    desk: Desk, state: DrillState
) -> None:
    await desk.look(MONDAY)
    await desk.do("boss", DrillSwitched("d1", state, allowed=True))
    assert await desk.look(WEDNESDAY) == []
    assert "question 1 of 2" in (await desk.do("ann", Began(KEY)))[0]
    await desk.answer("ann", "a")
    await desk.answer("ann", "b")
    said = await desk.look(MONDAY + 7 * DAY)
    assert [one for one in said if "1 of 1 finished" in one]
    assert not [one for one in said if one.startswith("ann")]


async def test_another_audience_gets_the_next_one(desk: Desk) -> None:
    await desk.look(MONDAY)
    desk.there = ["bo"]
    await desk.change(MONDAY + DAY, audience=Audience(kind="channel", ids=("C2",), name="#other"))
    desk.scheduler.changed("t", "d1")
    await desk.look()
    said = await desk.look(MONDAY + 7 * DAY)
    assert [one[:3] for one in said if "You can do it" in one] == ["bo:"]


# --- reminders -------------------------------------------------------------------------------


async def test_two_reminders_on_the_second_and_the_last_workday_then_silence(desk: Desk) -> None:
    await desk.look(MONDAY)
    assert await desk.look(MONDAY + DAY) == []
    (first,) = await desk.look(WEDNESDAY)
    assert "still open, until Sunday, March 8" in first
    assert await desk.look(WEDNESDAY + 60) == []
    (last,) = await desk.look(FRIDAY)
    assert "Last reminder" in last
    assert await desk.look(FRIDAY + 60) == []
    assert await desk.look(FRIDAY + DAY) == []


async def test_after_an_outage_over_the_first_reminder_the_last_is_the_only_one(desk: Desk) -> None:
    await desk.look(MONDAY)
    (last,) = await desk.look(FRIDAY + HOUR)
    assert "Last reminder" in last
    assert await desk.look(FRIDAY + HOUR + 30) == []


async def test_nobody_is_reminded_at_a_weekend_even_where_the_last_workday_passed(desk: Desk) -> None:
    await desk.look(MONDAY)
    await desk.look(WEDNESDAY)
    assert await desk.look(FRIDAY + DAY) == []


async def test_later_today_comes_three_hours_on_and_counts_as_no_reminder(desk: Desk) -> None:
    await desk.look(MONDAY)
    await desk.do("ann", PutOff(KEY), MONDAY + HOUR)
    assert await desk.look(MONDAY + 3 * HOUR) == []
    (again,) = await desk.look(MONDAY + 4 * HOUR)
    assert "Here are your three minutes again, as you asked" in again
    assert await desk.look() == []
    assert "still open" in (await desk.look(WEDNESDAY))[0]
    assert "Last reminder" in (await desk.look(FRIDAY))[0]


async def test_who_just_said_later_is_not_reminded_before_that(desk: Desk) -> None:
    await desk.look(MONDAY)
    await desk.do("ann", PutOff(KEY), WEDNESDAY - 120)
    assert await desk.look(WEDNESDAY) == []
    (said,) = await desk.look(WEDNESDAY + 3 * HOUR)
    assert "still open" in said
    assert await desk.look(WEDNESDAY + 3 * HOUR + 30) == []


async def test_nothing_reminds_who_has_finished_declined_paused_or_left(desk: Desk) -> None:
    desk.there = ["does", "declines", "pauses", "leaves"]
    await desk.look(MONDAY - DAY)
    await desk.look(MONDAY)
    await desk.do("does", Began(KEY))
    await desk.answer("does", "b")
    await desk.answer("does", "b")
    await desk.do("declines", Declined(KEY))
    await desk.do("pauses", DrillsPaused(2))
    desk.there.remove("leaves")
    assert await desk.look(WEDNESDAY) == []
    assert await desk.look(FRIDAY) == []


async def test_what_can_remind_nobody_is_noted_and_not_tried_at_every_look(desk: Desk) -> None:
    await desk.look(MONDAY)
    await desk.do("ann", DrillsPaused(2))
    for _ in range(3):
        await desk.look(WEDNESDAY)
    assert desk.scheduler.counts["nudged"] == 1


async def test_no_reminders_where_none_were_ordered_but_later_today_still_comes(desk: Desk) -> None:
    await desk.change(reminders=False)
    await desk.look(MONDAY)
    await desk.do("ann", PutOff(KEY))
    assert len(await desk.look(MONDAY + 3 * HOUR)) == 1
    assert await desk.look(WEDNESDAY) == []


# --- a week is over --------------------------------------------------------------------------


async def test_a_week_is_frozen_once_and_its_supervisor_told_once(desk: Desk) -> None:
    await desk.look(MONDAY)
    over = MONDAY + 6 * DAY + 9 * HOUR
    said = await desk.look(over)
    assert said[0].startswith("home: #school, the drill of Monday, March 2")
    assert said[1:] == ["home: The team's figures, week by week."]
    assert await desk.look(over + 30) == []
    assert await desk.look(over - 2 * DAY) == []  # the clock was set back
    assert await desk.look(over) == []


async def test_a_week_of_which_nothing_can_be_told_comes_without_the_picture_of_an_earlier_one(
    desk: Desk,
) -> None:
    cell = Cell(rule="ferpa.consent", people=6, right=3)
    earlier = Week(drill="d1", day=date(2026, 2, 23), assigned=6, finished=6, cells=(cell,))
    await desk.store.save_week("t", earlier)
    await desk.look(MONDAY)
    said = await desk.look(MONDAY + 6 * DAY + 9 * HOUR)
    assert said[0].startswith("home: #school, the drill of Monday, March 2")
    assert said[1:] == ["home: The team's figures, week by week."]


@pytest.mark.parametrize("may", [False, None])
async def test_who_is_no_supervisor_any_more_is_told_nothing_of_the_team(
    desk: Desk, may: bool | None
) -> None:
    await desk.look(MONDAY)
    desk.may = may
    over = MONDAY + 6 * DAY + 9 * HOUR
    said = await desk.look(over)
    assert bool(said) == (may is None)  # where it cannot be found out they are told
    assert await desk.look(over + 30) == []
    (week,) = await desk.store.weeks("t", "d1")
    assert week[1]


async def test_who_the_administrators_named_is_told_though_they_are_none(desk: Desk) -> None:
    await desk.look(MONDAY)
    desk.may = False
    await desk.do("chief", TeamSettled(Team(supervisors=("boss",)), admin=True))
    assert await desk.look(MONDAY + 6 * DAY + 9 * HOUR) != []


async def test_an_answer_that_comes_after_the_week_is_learned_from_and_changes_no_figure(desk: Desk) -> None:
    await desk.look(MONDAY)
    await desk.do("ann", Began(KEY))
    await desk.answer("ann", "a")
    await desk.look(MONDAY + 6 * DAY + 9 * HOUR)
    (frozen,) = await desk.store.weeks("t", "d1")
    before = await desk.store.answers("t", KEY)
    said = await desk.answer("ann", "b")
    assert "Done.\n" in said[-1]
    assert await desk.store.weeks("t", "d1") == [frozen]
    assert await desk.store.answers("t", KEY) == before
    assert await desk.states() == {("ann", THIS): "begun"}
    session = (await desk.store.kept("t", "ann")).session
    assert session is not None
    assert len(session.learned) == 2


async def test_an_answer_on_a_sunday_afternoon_in_hawaii_is_of_the_same_week(desk: Desk) -> None:
    """By the tutor's clock it is Monday there already; what was missed is still due in the next drill."""
    desk.zones["ann"] = "Pacific/Honolulu"
    await desk.look(MONDAY - DAY)
    await desk.look(MONDAY + 5 * HOUR)
    sunday = datetime(2026, 3, 9, 2, tzinfo=UTC).timestamp()
    await desk.do("ann", Began(KEY), sunday)
    missed = plain(desk.got[-1][1].reply).partition("It is ")[2][:6]
    await desk.answer("ann", "a")
    await desk.answer("ann", "b")
    await desk.look(MONDAY + 7 * DAY + 5 * HOUR)
    (question,) = await desk.do("ann", Began("d1.20260309"))
    assert question.partition("It is ")[2][:6] == missed


async def test_a_supervisor_who_was_erased_is_told_nothing_and_their_drill_ends(desk: Desk) -> None:
    await desk.look(MONDAY)
    session = (await desk.store.read([("t", "boss", "", "")])).sessions.get(("t", "boss"))
    await desk.do("boss", Erased(session.seed) if session else Typed("erase everything"))
    await desk.store.erase("t", "boss")
    drill = await desk.drill()
    assert (drill.state, drill.by, drill.by_name, drill.home.chat) == ("ended", "", "", "")
    assert await desk.look(WEDNESDAY) == []
    assert await desk.look(MONDAY + 7 * DAY) == []
    ((week, told),) = await desk.store.weeks("t", "d1")
    assert (week.assigned, told) == (1, False)


async def test_who_was_erased_and_is_still_there_is_asked_anew_the_next_week(desk: Desk) -> None:
    await desk.look(MONDAY)
    await desk.store.erase("t", "ann")
    assert await desk.look(MONDAY + 2 * HOUR) == []
    said = await desk.look(MONDAY + 7 * DAY)
    assert "Rosa Lind ordered this" in said[0]


# --- the engine's edges ----------------------------------------------------------------------


async def test_start_pressed_twice_shows_the_same_question_and_marks_nothing_twice(desk: Desk) -> None:
    await desk.look(MONDAY)
    (first,) = await desk.do("ann", Began(KEY))
    (again,) = await desk.do("ann", Began(KEY))
    assert first == again
    assert await desk.states() == {("ann", THIS): "begun"}


async def test_a_drill_begun_left_and_taken_up_again_goes_on_where_it_was(desk: Desk) -> None:
    await desk.look(MONDAY)
    await desk.do("ann", Began(KEY))
    await desk.answer("ann", "b")
    await desk.do("ann", Typed("leave"))
    assert "question 2 of 2" in (await desk.do("ann", Began(KEY), WEDNESDAY))[0]


async def test_a_drill_that_is_begun_anew_is_still_that_drill(desk: Desk) -> None:
    await desk.look(MONDAY)
    await desk.do("ann", Began(KEY))
    assert "question 1 of 2" in (await desk.do("ann", Typed("restart")))[0]
    await desk.answer("ann", "b")
    said = await desk.answer("ann", "b")
    assert "Done for this week" in said[-1]
    assert await desk.states() == {("ann", THIS): "finished"}


async def test_start_after_it_closed_says_that_it_is_over(desk: Desk) -> None:
    await desk.look(MONDAY)
    (said,) = await desk.do("ann", Began(KEY), MONDAY + 7 * DAY)
    assert texts.OVER in said


async def test_variants_that_are_no_more_are_left_out(store: Store) -> None:
    async with at_desk(store) as desk:
        await desk.order()
        await desk.look()
        await desk.look(MONDAY)
        await desk.do("ann", Began(KEY))
        await desk.do("ann", Typed("leave"))
    async with at_desk(store, with_variants(("law.emergency", 3))) as desk:
        desk.numbers = count(1000)
        (said,) = await desk.do("ann", Began(KEY), MONDAY + HOUR)
        assert "question 1 of 2" in said  # the one begun goes on, as it was
        said = (await desk.answer("ann", "b"))[-1]
        assert "Done for this week" in said  # the other is no more


def test_where_none_of_what_was_chosen_is_there_any_more_something_else_is() -> None:
    chosen = Assignment(
        drill="d1",
        day=THIS,
        tenant="t",
        account="ann",
        what="needs",
        closes=int(MONDAY + DAY),
        stories=("story.call.gone0",),
    )
    session = Session(seed="s", assignment=chosen)
    turn = advance(DRILLED, session, Began(KEY), datetime.fromtimestamp(MONDAY, UTC))
    assert turn.session is not None and turn.session.assignment is not None
    assert len(turn.session.assignment.stories) == 2


async def test_a_named_story_that_is_open_already_is_begun_for_the_drill_and_its_place_kept(
    desk: Desk,
) -> None:
    await desk.change(what="story.story")
    await desk.do("ann", Typed("play story"))
    await desk.do("ann", Typed("b"))
    await desk.look(MONDAY)
    said = await desk.do("ann", Began(KEY))
    assert "The phone rings." in said[-1]
    await desk.do("ann", Typed("leave"))
    session = (await desk.store.kept("t", "ann")).session
    assert session is not None
    assert [(run.scenario, run.step, run.drill) for run in session.paused] == [
        ("story", "pause", ""),
        ("story", "call", KEY),
    ]


async def test_the_week_after_leave_there_is_one_drill_and_nothing_of_before(desk: Desk) -> None:
    await desk.do("ann", DrillsPaused(4))
    for week in range(4):
        await desk.look(MONDAY + week * 7 * DAY)
    said = [one for one in await desk.look(MONDAY + 4 * 7 * DAY) if one.startswith("ann")]
    assert len(said) == 1


async def test_an_event_that_fails_thrice_is_marked_and_nobody_is_told_of_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr("bot.engine.drills.assigned", broken)
    for n in range(5):
        assert await desk.look(MONDAY + n * 30) == []
    assert await desk.states() == {("ann", THIS): "missed"}
    assert desk.scheduler.counts["failed"] == 2


# --- sending ---------------------------------------------------------------------------------


async def test_a_drill_that_could_not_be_sent_that_day_is_not_sent_at_night(desk: Desk) -> None:
    await desk.sender.finish()  # it stops between the commit and the send
    desk.now = MONDAY
    await desk.scheduler.look()
    (row,) = await desk.store.unsent()
    assert row.expires == datetime(2026, 3, 2, 22, tzinfo=UTC).timestamp()


async def test_a_clock_set_back_makes_nobody_wait_for_it(store: Store) -> None:
    waits: list[float] = []
    now = [ORDERED]

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    desk = Desk(store)
    sender = Sender(store, {"test": desk}, lambda: now[0], DRILLED, pace={"test": Pace(chat=1)}, pause=pause)
    tutor = Tutor(DRILLED, store, sender.take, lambda: "s")
    tasks = [asyncio.create_task(tutor.run()), asyncio.create_task(sender.run())]
    for n, at in enumerate((ORDERED, ORDERED - DAY)):
        now[0] = at
        moment = datetime.fromtimestamp(at, UTC)
        await tutor.take(Arrival(f"e{n}", "t", "ann", HOME, moment, Typed("help")))
        await sender.all_idle()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert max(waits, default=0) < HOUR
