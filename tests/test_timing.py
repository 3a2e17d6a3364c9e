"""When a drill falls due: held against the calendar, in every time zone, over two years."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import timing
from bot.engine.zones import NAMES
from bot.model import Drill
from tests.test_drills import DRILL

HOUR = 3600
DAYS = st.dates(date(2027, 7, 1), date(2029, 6, 30))  # with the leap day of 2028
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"}))
MOMENTS = st.integers(0, 2 * 366 * 24 * HOUR).map(
    lambda n: int(datetime(2027, 7, 1, tzinfo=UTC).timestamp()) + n
)


@st.composite
def drills(draw: st.DrawFn) -> Drill:
    """A drill of any weekday, any hours and any time within them."""
    start = draw(st.integers(0, 24 * 60 - 1))
    end = draw(st.integers(start + 1, 24 * 60))
    return msgspec.structs.replace(
        DRILL,
        weekday=draw(st.integers(0, 6)),
        at=draw(st.integers(start, end - 1)),
        hours=(start, end),
        first=date(2027, 6, 1),
    )


def office(weekday: int) -> Drill:
    return msgspec.structs.replace(DRILL, weekday=weekday, first=date(2027, 6, 1))


def exists(day: date, minutes: int, zone: str) -> bool:
    """Whether a clock there ever shows that time: not when it is put forward over it, or skips the day."""
    local = datetime.combine(day, time(minutes // 60, minutes % 60), ZoneInfo(zone))
    return local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local.replace(tzinfo=None)


@given(drills(), ZONES, DAYS)
def test_it_falls_due_at_the_same_time_by_the_clock_there_whatever_the_season(
    drill: Drill, zone: str, day: date
) -> None:
    local = datetime.fromtimestamp(timing.occurrence_on(drill, zone, day).due, ZoneInfo(zone))
    if exists(day, drill.at, zone):
        assert (local.date(), local.hour * 60 + local.minute) == (day, drill.at)
    else:  # the clock was put forward over it
        wall = datetime.combine(day, time(drill.at // 60, drill.at % 60))
        assert local.replace(tzinfo=None) > wall


@given(drills(), ZONES, DAYS)
def test_it_can_go_out_late_and_closes_after_that(drill: Drill, zone: str, day: date) -> None:
    at = timing.occurrence_on(drill, zone, day)
    assert at.due < at.late_until <= at.closes
    assert at.until == day + timedelta(days=6)


@given(st.integers(0, 6), st.sampled_from(sorted(NAMES)), DAYS)
def test_it_closes_at_the_end_of_hours_six_days_on(weekday: int, zone: str, day: date) -> None:
    at = timing.occurrence_on(office(weekday), zone, day)
    closes = datetime.fromtimestamp(at.closes, ZoneInfo(zone))
    assert (closes.date(), closes.time()) == (day + timedelta(days=6), time(17))


@given(st.integers(0, 6), ZONES, DAYS)
def test_reminders_are_two_workdays_within_the_window(weekday: int, zone: str, day: date) -> None:
    drill = office(weekday)
    day += timedelta(days=(weekday - day.weekday()) % 7)
    at = timing.occurrence_on(drill, zone, day)
    first, last = timing.nudges(drill, zone, day)
    assert at.due < first < last < at.closes
    for one in (first, last):
        local = datetime.fromtimestamp(one, ZoneInfo(zone))
        assert local.weekday() < 5
        assert day < local.date() < at.until


@given(st.integers(0, 6), st.sampled_from(sorted(NAMES)), MOMENTS)
def test_later_today_is_later_and_within_the_hours(weekday: int, zone: str, now: int) -> None:
    drill = office(weekday)
    again = timing.later_today(drill, zone, now)
    local, asked = (datetime.fromtimestamp(one, ZoneInfo(zone)) for one in (again, now))
    assert again >= now + 1800
    assert time(9) <= local.time() <= time(17)
    if local.date() == asked.date():
        assert again <= now + 3 * HOUR or local.time() == time(9)
    else:  # the day was over: the next workday at the usual time
        assert asked.time() >= time(16)
        assert (local.time(), local.weekday() < 5) == (time(9), True)
        assert (local.date() - asked.date()).days <= 3


@given(drills(), ZONES, MOMENTS)
def test_what_fell_due_of_late_is_each_of_its_days_of_two_weeks(drill: Drill, zone: str, now: int) -> None:
    fallen = timing.fallen_due(drill, zone, now)
    today = datetime.fromtimestamp(now, ZoneInfo(zone)).date()
    days = [today - timedelta(days=n) for n in range(13, -1, -1)]
    own = [day for day in days if day.weekday() == drill.weekday]
    wanted = [day for day in own if timing.occurrence_on(drill, zone, day).due <= now]
    assert [at.day for at in fallen] == wanted
    assert all(at.due <= now for at in fallen)


@given(drills(), ZONES, MOMENTS)
def test_a_day_that_was_over_when_a_drill_was_changed_was_none_of_its_own(
    drill: Drill, zone: str, now: int
) -> None:
    changed = msgspec.structs.replace(drill, since=now)
    assert all(at.late_until > now for at in timing.fallen_due(changed, zone, now))


@given(st.integers(0, 6), DAYS)
def test_its_days_are_a_week_apart_over_month_ends_and_the_leap_day(weekday: int, after: date) -> None:
    days = timing.days_of(office(weekday), after)
    some = [next(days) for _ in range(10)]
    assert 1 <= (some[0] - after).days <= 7
    assert {day.weekday() for day in some} == {weekday}
    assert {(later - sooner).days for sooner, later in pairwise(some)} == {7}


def test_its_last_day_can_be_the_one_it_ends_on_and_none_comes_after() -> None:
    drill = msgspec.structs.replace(DRILL, until=date(2026, 3, 9))
    assert list(timing.days_of(drill, date(2026, 2, 1))) == [date(2026, 3, 2), date(2026, 3, 9)]
    assert timing.next_day(drill, date(2026, 3, 9)) is None


def test_the_first_day_is_never_the_one_it_was_ordered_on() -> None:
    drill = msgspec.structs.replace(DRILL, first=date(2026, 3, 2))
    assert timing.next_day(drill, date(2026, 3, 1)) == date(2026, 3, 9)


@pytest.mark.parametrize(
    ("day", "utc"),
    [(date(2026, 3, 2), 14), (date(2026, 3, 9), 13), (date(2026, 10, 26), 13), (date(2026, 11, 2), 14)],
)
def test_nine_in_new_york_stays_nine_when_clocks_change(day: date, utc: int) -> None:
    due = timing.occurrence_on(DRILL, "America/New_York", day).due
    assert datetime.fromtimestamp(due, UTC).hour == utc


def test_hours_may_end_at_midnight() -> None:
    drill = msgspec.structs.replace(DRILL, hours=(9 * 60, 24 * 60))
    at = timing.occurrence_on(drill, "UTC", date(2026, 2, 28))
    assert datetime.fromtimestamp(at.late_until, UTC) == datetime(2026, 3, 1, tzinfo=UTC)


def test_an_unknown_time_zone_is_the_one_most_people_live_by() -> None:
    assert not timing.is_zone("America/Nowhere")
    assert timing.occurrence_on(DRILL, "", date(2026, 3, 2)) == timing.occurrence_on(
        DRILL, timing.ZONE, date(2026, 3, 2)
    )


def test_nobody_is_reminded_at_night_nor_at_a_weekend() -> None:
    friday = int(datetime(2026, 3, 6, 10, tzinfo=UTC).timestamp())
    assert timing.ends_today(DRILL, "UTC", friday) == friday + 7 * HOUR
    assert timing.ends_today(DRILL, "UTC", friday + 8 * HOUR) == 0
    assert timing.ends_today(DRILL, "UTC", friday + 24 * HOUR) == 0
