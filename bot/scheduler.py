"""
Drills fall due here: each occurrence is made once, sent in its hours, reminded of, and closed.

Nothing is a timer. Each look compares what is kept with the time, so that a restart, an outage of days or
a clock that is set back makes nothing twice and loses nothing: what fell due meanwhile goes out late
that day, or is marked as missed. What is to happen goes to the tutor as an event, like a press, and
is applied in one commit with its reply.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from hashlib import blake2b
from typing import Protocol

from bot import timing
from bot.engine.zones import zone_by_state
from bot.events import (
    Arrival,
    Assigned,
    AudienceFound,
    Event,
    Nudged,
    WeekClosed,
)
from bot.figures import UNTOLD, Counted, Past, counted, week_of_team
from bot.model import Audience, Drill, Member, Session, Team, Week, assignment_key, lasting
from bot.replies import (
    AssignmentState,
    Marked,
    Receipt,
)
from bot.store import Copy, Place, Store, StoreError
from bot.tutor import NotHandledError

log = logging.getLogger(__name__)

LOOK_EVERY = 30.0  # seconds between two looks
FOLLOW_EVERY = 3600  # seconds an audience is believed, before the platform is asked again
FOLLOW_AGAIN = 60  # seconds until it is asked again where that could not be found out
FIRST_ZONE = "Pacific/Kiritimati"  # where each day begins
NUDGES = 2  # reminders of an assignment at most
BACK = timedelta(days=21)  # how far back assignments are looked at: two weeks after the last has closed
TOGETHER = 50  # events handed to the tutor at once: a waiting person's joins the next batch
OTHERS_BACK = timedelta(days=56)  # how long a figure of another drill keeps one that is too near it untold
AGAIN_BACK = timedelta(weeks=26)  # how far back it counts who was asked what: rules come again after 12
OPEN = frozenset({"sent", "begun", "later"})


class Roster(Protocol):
    """Who is in an audience, as a platform's adapter finds it out."""

    async def members(self, tenant: str, drill: Drill, known: Sequence[Place]) -> Sequence[Member] | None:
        """Give a drill's members without bots and guests; None where it cannot be found out now."""

    async def may_order(self, tenant: str, drill: Drill) -> bool | None:
        """Say whether who ordered a drill is an administrator still; None where it cannot be found out."""


@dataclass(slots=True)
class _Followed:
    """When an audience was found out last, and which: one that was never found out is None."""

    audience: Audience | None
    at: int = -FOLLOW_EVERY
    failed: bool = False  # it could not be found out when it was asked for last


@dataclass(frozen=True, slots=True)
class _Due:
    """Something that is to happen to someone."""

    id: str
    tenant: str
    member: Member
    event: Event
    team: str = ""


@dataclass(frozen=True, slots=True)
class _Crowd:
    """A drill with its audience as it stands now: their assignments, their time zones."""

    tenant: str
    drill: Drill
    places: Sequence[Place]
    copies: Sequence[Copy]
    zones: Mapping[str, str]
    after: date  # the day after which something may be to do
    now: int


@dataclass(slots=True)
class Scheduler:
    """
    Looks what is due, and has it done.

    Args:
        store: where drills, audiences and assignments are.
        take: applies an event (the tutor's `take`).
        rosters: by platform, who finds out who is in an audience.
        clock: gives seconds since 1970.
        pause: waits some seconds.
    """

    store: Store
    take: Callable[[Arrival], Awaitable[Receipt | None]]
    rosters: Mapping[str, Roster]
    clock: Callable[[], float]
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    counts: Counter[str] = field(default_factory=Counter)  # what became of drills
    _followed: dict[tuple[str, str], _Followed] = field(default_factory=dict)

    async def run(self) -> None:
        """Look until cancelled. What fails once is looked at again."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                log.warning("drills not looked at", extra={"action": "drills", "error": type(error).__name__})
            await self.pause(LOOK_EVERY)

    async def look(self) -> None:
        """Do all that is due now."""
        now = int(self.clock())
        for tenant, drill in await self.store.all_drills(now):
            if drill.platform not in self.rosters:
                continue  # it waits for a start that serves its platform
            try:
                await self._look_at(tenant, drill, now)
            except StoreError:
                raise
            except Exception as error:  # one drill that fails keeps no other waiting
                name = type(error).__name__
                log.error("drill failed", extra={"action": "drills", "error": name})  # noqa: TRY400

    def changed(self, tenant: str, drill: str) -> None:
        """Ask the platform anew who is in an audience, at the next look."""
        self._followed[tenant, drill] = _Followed(None)

    async def _look_at(self, tenant: str, drill: Drill, now: int) -> None:
        places = await self.store.members(tenant, drill.id)
        if drill.state == "on":
            places = await self._followed_now(tenant, drill, places, now, is_near=self._is_near(drill, now))
        back = (datetime.fromtimestamp(now, UTC) - BACK).date()
        weeks = {week.day: told for week, told in await self.store.weeks(tenant, drill.id, back)}
        after = max((day for day, told in weeks.items() if told), default=back)  # until then all is done
        crowd = await self._crowd(tenant, drill, places, after, now)
        if drill.state == "on" and (due := list(self._fallen_due(crowd))):
            await self._take_all(due)
            crowd = await self._crowd(tenant, drill, places, after, now)
        if drill.state == "on" and any(self._reminders(crowd)):  # of one that is paused or over nothing goes
            places = await self._followed_now(tenant, drill, places, now, is_near=True)  # some may have left
            await self._take_all(self._reminders(replace(crowd, places=places)))
        await self._close(crowd, weeks)

    async def _crowd(
        self, tenant: str, drill: Drill, places: Sequence[Place], after: date, now: int
    ) -> _Crowd:
        copies = await self.store.copies(tenant, drill.id, after + timedelta(days=1))
        crowd = _Crowd(tenant, drill, places, copies, {}, after, now)
        return replace(crowd, zones=await self._zones(crowd, _concerned(crowd)))

    # --- who is in it -----------------------------------------------------------------------

    @staticmethod
    def _is_near(drill: Drill, now: int) -> bool:
        """Say whether someone's occurrence is within a day: then it counts who is in the audience."""
        today = datetime.fromtimestamp(now, UTC).date()
        day = timing.next_day(drill, today - timedelta(days=2))
        return day is not None and day <= today + timedelta(days=1)

    async def _followed_now(
        self, tenant: str, drill: Drill, known: Sequence[Place], now: int, *, is_near: bool
    ) -> Sequence[Place]:
        """Give who is in an audience: of a new one asked at once, else each hour while something is near."""
        followed = self._followed.get((tenant, drill.id))
        if followed is None:
            followed = _Followed(drill.audience if known else None)
            self._followed[tenant, drill.id] = followed
        is_new = followed.audience != drill.audience
        wait = FOLLOW_AGAIN if followed.failed else 0 if is_new else FOLLOW_EVERY
        if (not is_new and not is_near) or 0 <= now - followed.at < wait:
            return known
        followed.at, followed.failed = now, True
        members = await self._members(tenant, drill, known)
        if members is None:  # who was in it stays in it
            return known
        places = await self.store.members(tenant, drill.id)  # asking takes time: some left meanwhile
        left = {place.member.learner for place in places if place.gone is not None and place.gone >= now}
        there = {member.learner: member for member in members if member.learner not in left}
        if there != {place.member.learner: place.member for place in places if place.gone is None}:
            await self.store.save_members(tenant, drill.id, list(there.values()), now)
            places = await self.store.members(tenant, drill.id)
        followed.audience, followed.failed = drill.audience, False
        if is_new and drill.audience.kind != "group":  # there people join one by one
            supervisor = Member(learner=drill.by, address=drill.home)
            found = AudienceFound(drill, len(members))
            await self._take_all([_Due(f"audience:{drill.id}:{now}", tenant, supervisor, found, drill.place)])
        return places

    async def _members(self, tenant: str, drill: Drill, known: Sequence[Place]) -> Sequence[Member] | None:
        """Ask the platform; None where it cannot tell, or fails: nobody's drill waits for that."""
        why = "NotNow"
        try:
            members = await self.rosters[drill.platform].members(tenant, drill, known)
        except Exception as error:  # whatever it is, it is the platform's or its adapter's
            members, why = None, type(error).__name__
        if members is None:
            log.warning("audience not found out", extra={"action": "drills", "error": why})
        return members

    async def _zones(self, crowd: _Crowd, asked: Collection[str]) -> Mapping[str, str]:
        """
        Give each member's time zone: the platform's, else what they said, else their state's or team's.

        Only of those in `asked` is it looked up where the platform does not tell.
        """
        tenant, drill = crowd.tenant, crowd.drill
        zones = {place.member.learner: place.member.zone for place in crowd.places}
        unknown = [one for one, zone in zones.items() if one in asked and not timing.is_zone(zone)]
        if unknown:
            team = await self.store.team(tenant, drill.place)
            known = await self.store.read([(tenant, learner, "", "") for learner in unknown])
            for learner in unknown:
                who = known.whose.get((tenant, learner), (tenant, learner))
                zones[learner] = _own_zone(known.sessions.get(who), team)
        return zones

    # --- what is due ------------------------------------------------------------------------

    @staticmethod
    def _fallen_due(crowd: _Crowd) -> Iterator[_Due]:
        drill, now = crowd.drill, crowd.now
        made = {(copy.account, copy.day) for copy in crowd.copies}
        fallen = cache(lambda zone: timing.fallen_due(drill, zone, now))  # of few zones, for many people
        for place in crowd.places:
            member, zone = place.member, crowd.zones[place.member.learner]
            if place.gone is not None:
                continue
            for at in fallen(zone):
                if at.day <= crowd.after or place.since > at.due or (member.learner, at.day) in made:
                    continue
                event = Assigned(
                    drill=drill,
                    day=at.day,
                    tenant=crowd.tenant,
                    account=member.learner,
                    due=at.due,
                    closes=at.closes,
                    until=at.until,
                    late=now > at.due + timing.LATE,
                    missed=now > at.late_until,
                    expires=at.late_until,
                )
                id = f"drill:{assignment_key(drill.id, at.day)}:{_hidden(member.learner)}"
                yield _Due(id, crowd.tenant, member, event, drill.place)

    @staticmethod
    def _reminders(crowd: _Crowd) -> Iterator[_Due]:
        drill, now = crowd.drill, crowd.now
        members = {place.member.learner: place.member for place in crowd.places if place.gone is None}
        ends = cache(lambda zone: timing.ends_today(drill, zone, now))
        nudges = cache(partial(timing.nudges, drill))
        for copy in crowd.copies:
            member = members.get(copy.account)
            if member is None or not _may_be_reminded(copy, now):
                continue
            zone = crowd.zones.get(copy.account, "")
            expires = ends(zone)
            state = _reminder(drill, zone, copy, nudges(zone, copy.day), now) if expires else None
            if state is not None:
                key = assignment_key(drill.id, copy.day)
                event = Nudged(
                    key=key,
                    until=copy.day + timedelta(days=timing.WINDOW),
                    last=state == "last",
                    later=state == "again",
                    mark=Marked(drill.id, copy.day, crowd.tenant, copy.account, state),
                    expires=min(expires, copy.closes),
                )
                id = f"nudge:{key}:{copy.nudges}:{copy.at}:{_hidden(copy.account)}"
                yield _Due(id, crowd.tenant, member, event, drill.place)

    async def _close(self, crowd: _Crowd, weeks: Mapping[date, bool]) -> None:
        """Freeze the weeks that are over, and tell the supervisor; `weeks` are frozen, and maybe told."""
        tenant, drill, copies = crowd.tenant, crowd.drill, crowd.copies
        for day in sorted({copy.day for copy in copies}):
            given = [copy for copy in copies if copy.day == day]
            if crowd.now < max(copy.closes for copy in given) or weeks.get(day, False):
                continue
            if all(copy.state in UNTOLD for copy in given):
                continue  # nobody's week: they had paused, or had one already
            if day not in weeks:
                await self.store.save_week(tenant, await self._week(tenant, drill, day, copies))
            if not drill.by:
                continue  # who ordered it was erased
            supervisor = Member(learner=drill.by, address=drill.home)
            id = f"closed:{assignment_key(drill.id, day)}"
            closed = WeekClosed(drill, day, allowed=await self._may_still_see(tenant, drill))
            await self._take_all([_Due(id, tenant, supervisor, closed, drill.place)])
            self.counts["closed"] += 1

    async def _may_still_see(self, tenant: str, drill: Drill) -> bool:
        """
        Say whether who ordered a drill may order drills still, and so see what the team did.

        Where that cannot be found out they may: they could when they ordered it.
        """
        team = await self.store.team(tenant, drill.place)
        if drill.by in team.supervisors:
            return True
        try:
            return await self.rosters[drill.platform].may_order(tenant, drill) is not False
        except Exception as error:  # whatever it is, it is the platform's or its adapter's
            log.warning("standing not found out", extra={"action": "drills", "error": type(error).__name__})
            return True

    async def _week(self, tenant: str, drill: Drill, day: date, copies: Sequence[Copy]) -> Week:
        """Make a week's figures, beside those of other drills, and after what was asked before."""
        answers = await self.store.answers(tenant, assignment_key(drill.id, day))
        others: dict[str, list[Counted]] = {}
        past: list[Past] = []
        for other in await self.store.drills(tenant):
            async for one in self._occurrences(tenant, other.id, day):
                if one.day < day:
                    past.append(one)
                if other.id == drill.id or one.week is None or abs(one.day - day) > OTHERS_BACK:
                    continue
                for rule, figure in counted(one.week, one.answers):
                    others.setdefault(rule, []).append(figure)
        return week_of_team(drill.id, day, copies, answers, others=others, past=past, what=drill.what)

    async def _occurrences(self, tenant: str, drill: str, day: date) -> AsyncIterator[Past]:
        """Give what was asked in a drill: the weeks that have closed, and those that are open."""
        weeks = {week.day: week for week, _ in await self.store.weeks(tenant, drill, day - AGAIN_BACK)}
        days = {copy.day for copy in await self.store.copies(tenant, drill, day - BACK)} | weeks.keys()
        for one in sorted(days):
            answers = await self.store.answers(tenant, assignment_key(drill, one))
            yield Past(one, answers, weeks.get(one))

    # --- having it done ---------------------------------------------------------------------

    async def _take_all(self, due: Iterable[_Due]) -> None:
        """Hand what is due to the tutor, some together; what fails is due again at the next look."""
        waiting = list(due)
        for first in range(0, len(waiting), TOGETHER):
            some = waiting[first : first + TOGETHER]
            results = await asyncio.gather(*map(self._take, some), return_exceptions=True)
            for one, result in zip(some, results, strict=True):
                self._count(one, result)
            broken = next((one for one in results if isinstance(one, StoreError)), None)
            if broken is not None:
                raise broken

    async def _take(self, due: _Due) -> None:
        now = datetime.fromtimestamp(self.clock(), UTC)
        address = lasting(due.member.address)
        await self.take(
            Arrival(due.id, due.tenant, due.member.learner, address, now, due.event, team=due.team)
        )

    def _count(self, due: _Due, result: object) -> None:
        match due.event, result:
            case _, NotHandledError():
                self.counts["failed"] += 1
            case _, BaseException():
                pass
            case Assigned(missed=True), _:
                self.counts["missed"] += 1
            case Assigned(), _:
                self.counts["made"] += 1
            case Nudged(), _:
                self.counts["nudged"] += 1
            case _:
                pass


def _concerned(crowd: _Crowd) -> set[str]:
    """Give those for whom something may be to do, in whatever time zone they are."""
    fallen = timing.fallen_due(crowd.drill, FIRST_ZONE, crowd.now)
    days = [at.day for at in fallen if at.day > crowd.after]
    made = {(copy.account, copy.day) for copy in crowd.copies}
    learners = (place.member.learner for place in crowd.places)
    some = {learner for learner in learners if any((learner, day) not in made for day in days)}
    nudges = cache(partial(timing.nudges, crowd.drill, FIRST_ZONE))
    return some | {
        copy.account
        for copy in crowd.copies
        if _may_be_reminded(copy, crowd.now)
        and (copy.state == "later" or crowd.now >= nudges(copy.day)[min(copy.nudges, 1)])
    }


def _may_be_reminded(copy: Copy, now: int) -> bool:
    is_open = copy.state in OPEN and copy.closes > now
    return is_open and (copy.nudges < NUDGES or copy.state == "later")


def _reminder(
    drill: Drill, zone: str, copy: Copy, nudges: tuple[int, int], now: int
) -> AssignmentState | None:
    """Say whether someone is to be reminded now, for the last time or not, or asked again as they wished."""
    if copy.state == "later" and now < timing.later_today(drill, zone, copy.at):
        return None
    first, last = nudges
    if drill.reminders and copy.nudges < NUDGES and now >= last:
        return "last"
    if drill.reminders and copy.nudges == 0 and now >= first:
        return "nudged"
    return "again" if copy.state == "later" else None


def _hidden(account: str) -> str:
    """Give what tells accounts apart in the id of an event, which is kept when the account is erased."""
    return blake2b(account.encode(), digest_size=9).hexdigest()


def _own_zone(session: Session | None, team: Team) -> str:
    own = session or Session()
    return own.zone or zone_by_state(own.state or "") or zone_by_state(team.state or "") or timing.ZONE
