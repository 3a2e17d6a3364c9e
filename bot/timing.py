"""
When a drill falls due: weekdays and hours where each person is, over daylight-saving changes.

A recurrence is worked out in local time, by dateutil's rules (RFC 5545), and only then placed in the
time zone: nine o'clock stays nine o'clock. Moments are in seconds since 1970.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import WEEKLY, rrule
from dateutil.tz import resolve_imaginary

from bot.model import Drill

ZONE = "America/New_York"  # for those of whom none is known: the most people of the country live by it
WINDOW = 6  # days after the one it falls due on, in which a drill can be done
LATE = 3600  # seconds after which one that goes out says that it is late
APART = timedelta(hours=3)  # how long "later today" is
BACK = timedelta(days=14)  # how far back it is made up for, or said, that one was missed
DAY_MINUTES = 24 * 60
WORKDAYS = range(5)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """
    One week of a drill, for someone.

    Attributes:
        day: the date where they are.
        due: when it goes out.
        late_until: until when it can still go out, that day.
        closes: until when it can be done.
        until: the last day, where they are.
    """

    day: date
    due: int
    late_until: int
    closes: int
    until: date


def zone_of(name: str) -> ZoneInfo:
    """Give a time zone by its name; the default for one that is not known here."""
    return _zone(name) or _zone(ZONE) or ZoneInfo("UTC")


@functools.lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def is_zone(name: str) -> bool:
    """Say whether a name is a time zone's."""
    return bool(name) and _zone(name) is not None


def days_of(drill: Drill, after: date) -> Iterator[date]:
    """
    Give the days of a drill, those after a date, the next one first.

    Its own first day is later than the one it was ordered on: who is in it is told a day before at least.
    """
    start = datetime.combine(max(drill.first, after) + timedelta(days=1), time())
    until = datetime.combine(drill.until, time()) if drill.until is not None else None
    rule = rrule(WEEKLY, byweekday=drill.weekday, dtstart=start, until=until)
    return (moment.date() for moment in rule)


def next_day(drill: Drill, after: date) -> date | None:
    """Give the next day of a drill after a date; None where it is over."""
    return next(days_of(drill, after), None)


def fallen_due(drill: Drill, zone: str, now: int) -> list[Occurrence]:
    """
    Give the occurrences that have fallen due of late where someone is.

    Args:
        drill: whose days they are.
        zone: the name of their time zone.
        now: seconds since 1970.

    Returns:
        Those of the last two weeks, the oldest first; without those whose day was over before the drill was
        last changed, which were not its days then.
    """
    today = datetime.fromtimestamp(now, zone_of(zone)).date()
    days = takewhile(lambda day: day <= today, days_of(drill, today - BACK))
    all_of_them = (occurrence_on(drill, zone, day) for day in days)
    return [at for at in all_of_them if at.due <= now and at.late_until > drill.since]


def is_today(drill: Drill, zone: str, now: int) -> bool:
    """Say whether one goes out today where someone is, or can still go out."""
    today = datetime.fromtimestamp(now, zone_of(zone)).date()
    is_its_day = next_day(drill, today - timedelta(days=1)) == today
    return is_its_day and occurrence_on(drill, zone, today).late_until > now


def occurrence_on(drill: Drill, zone: str, day: date) -> Occurrence:
    """Give the occurrence of a day."""
    _, end = drill.hours
    until = day + timedelta(days=WINDOW)
    due = moment(day, drill.at, zone)
    return Occurrence(
        day=day,
        due=due,
        late_until=max(moment(day, end, zone), due + LATE),
        closes=moment(until, end, zone),
        until=until,
    )


def moment(day: date, minutes: int, zone: str) -> int:
    """Give the moment of a day and a time of day (minutes since midnight) in a time zone."""
    days, minutes = divmod(minutes, DAY_MINUTES)  # hours can end at midnight
    on = day + timedelta(days=days)
    local = datetime.combine(on, time(minutes // 60, minutes % 60), zone_of(zone))
    return int(resolve_imaginary(local).timestamp())


def nudges(drill: Drill, zone: str, day: date) -> tuple[int, int]:
    """Give when someone is reminded: the second workday after it was due, and the last before it closes."""
    closing = day + timedelta(days=WINDOW)
    after = [day + timedelta(days=n) for n in range(1, WINDOW)]
    workdays = [one for one in after if one.weekday() in WORKDAYS] or after
    first = workdays[min(1, len(workdays) - 1)]
    last = max(one for one in workdays if one < closing)
    return moment(first, drill.at, zone), moment(last, drill.at, zone)


def later_today(drill: Drill, zone: str, put_off: int) -> int:
    """
    Give when to ask again someone who said "later today".

    Three hours on, but within the hours; where the day is over by then, the next workday at the usual time.
    """
    start, end = drill.hours
    place = zone_of(zone)
    asked = datetime.fromtimestamp(put_off, place)
    wanted = int((asked.astimezone(UTC) + APART).timestamp())
    last = moment(asked.date(), max(start, end - 30), zone)
    if put_off < last - 1800:
        return max(moment(asked.date(), start, zone), min(wanted, last))
    following = (asked.date() + timedelta(days=n) for n in count(1))
    return moment(next(day for day in following if day.weekday() in WORKDAYS), drill.at, zone)


def ends_today(drill: Drill, zone: str, now: int) -> int:
    """Give the end of the hours in which a drill may remind someone today; 0 where it may not now."""
    local = datetime.fromtimestamp(now, zone_of(zone))
    start, end = drill.hours
    if local.weekday() not in WORKDAYS or not start <= local.hour * 60 + local.minute < end:
        return 0
    return moment(local.date(), end, zone)
