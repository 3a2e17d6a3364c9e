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
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import WEEKLY, rrule
from dateutil.tz import resolve_imaginary

from bot.model import Drill

ZONE = "America/New_York"  # for those of whom none is known: the most people of the country live by it
WINDOW = 6  # days after the one it falls due on, in which a drill can be done
LATE = 3600  # seconds after which one that goes out says that it is late
APART = timedelta(hours=3)  # how long "later today" is
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


def occurrence(drill: Drill, zone: str, now: int) -> Occurrence | None:
    """
    Give the latest occurrence that has fallen due for someone.

    Args:
        drill: whose days they are.
        zone: the name of their time zone.
        now: seconds since 1970.

    Returns:
        The one of the last seven days; None where there was none yet, or the drill is over.
    """
    place = zone_of(zone)
    today = datetime.fromtimestamp(now, place).date()
    for day in days_of(drill, today - timedelta(days=7)):
        if day > today:
            return None
        at = occurrence_on(drill, zone, day)
        if at.due <= now:
            return at
    return None


def occurrence_on(drill: Drill, zone: str, day: date) -> Occurrence:
    """Give the occurrence of a day."""
    _, end = drill.hours
    until = day + timedelta(days=WINDOW)
    return Occurrence(
        day=day,
        due=moment(day, drill.at, zone),
        late_until=moment(day, max(end, drill.at + 60), zone),
        closes=moment(until, end, zone),
        until=until,
    )


def moment(day: date, minutes: int, zone: str) -> int:
    """Give the moment of a day and a time of day (minutes since midnight) in a time zone."""
    local = datetime.combine(day, time(minutes // 60 % 24, minutes % 60), zone_of(zone))
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

    Three hours on, but within the hours; where the day is over by then, the next day at the usual time.
    """
    start, end = drill.hours
    place = zone_of(zone)
    asked = datetime.fromtimestamp(put_off, place)
    wanted = int((asked.astimezone(UTC) + APART).timestamp())
    last = moment(asked.date(), max(start, end - 30), zone)
    if wanted <= last:
        return wanted
    if put_off < last - 1800:
        return last
    return moment(asked.date() + timedelta(days=1), drill.at, zone)


def is_within_hours(drill: Drill, zone: str, now: int) -> bool:
    """Say whether it is a time of day at which a drill may write, where someone is."""
    local = datetime.fromtimestamp(now, zone_of(zone))
    start, end = drill.hours
    return start <= local.hour * 60 + local.minute < end
