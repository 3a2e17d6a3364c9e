"""What an event about drills needs to know: which there are, and whether someone may order them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b

import msgspec

from bot.engine.orders import drafted, group_name
from bot.events import (
    Arrival,
    Draft,
    DrillAsked,
    DrillInvited,
    DrillSaved,
    DrillsShown,
    DrillSwitched,
    Event,
    Going,
    Joined,
    PlaceLost,
    TeamShown,
    TeamWeekShown,
)
from bot.figures import NEVER_SENT
from bot.model import Drill, lasting
from bot.store import Store

BACK = timedelta(days=14)  # how far back the last occurrence of a weekly drill can be

OF_OTHERS = (  # events that need to know what others ordered, or set
    DrillsShown
    | DrillAsked
    | DrillSaved
    | DrillSwitched
    | DrillInvited
    | TeamWeekShown
    | Joined
    | PlaceLost
    | TeamShown
)


class Orders:
    """
    Looks up what an event about drills needs: which there are, and whether someone may order them.

    Args:
        store: where drills are, and whom the administrators named as supervisors.
        seed: makes a few random letters, for the id of a new drill.
    """

    def __init__(self, store: Store, seed: Callable[[], str]) -> None:
        self._store = store
        self._seed = seed

    async def looked_up(self, arrival: Arrival, event: Event) -> Event:
        """Give an event with what was looked up for it."""
        drills = await self._store.drills(arrival.tenant)
        match event:
            case Joined(drill) | PlaceLost(drill):
                return replace(event, found=_named(drills, drill))
            case TeamShown(place) if place:
                here = tuple(one for one in drills if one.place == place)
                return replace(event, drills=here)
            case DrillsShown(place):
                place = place or arrival.team
                allowed = await self._may(arrival, place, event.allowed)
                if place or event.form:  # whether they may is known here
                    own = [one for one in drills if one.place == place]
                else:  # in private, where it is not: who ordered some, and still may, sees those
                    ordered = [one for one in drills if one.by == arrival.learner]
                    lost = {one: not await self._may(arrival, one, False) for one in event.lost}
                    own = [one for one in ordered if not lost.get(one.place)]
                    allowed = bool(own) or allowed
                going = [one for drill in own if (one := await self._going(arrival, drill)) is not None]
                return replace(event, place=place, drills=tuple(own), allowed=allowed, going=tuple(going))
            case DrillAsked(drill, draft):
                found = _named(drills, draft.target if draft else drill)
                place = found.place if found else draft.target if draft else ""
                allowed = await self._may(arrival, place, event.allowed)
                event = replace(event, found=found, allowed=allowed)
                if draft is not None and draft.is_whole and draft.page > 1:
                    fresh = self._fresh_of(arrival)
                    if found is None and _named(drills, fresh):  # that very button was pressed before
                        return await self.looked_up(arrival, DrillsShown(place, allowed))
                    return self._ordered(arrival, event, draft, place, fresh)
                return event
            case DrillSaved(drill):
                found = _named(drills, drill.id) if drill.id else None
                place = found.place if found else drill.place
                allowed = await self._may(arrival, place, event.allowed)
                return replace(event, found=found, allowed=allowed, fresh=self._fresh())
            case DrillSwitched(id) | DrillInvited(id) | TeamWeekShown(id):
                found = _named(drills, id)
                allowed = await self._may(arrival, found.place if found else "", event.allowed)
                event = replace(event, found=found, allowed=allowed)
                if isinstance(event, TeamWeekShown):
                    weeks = await self._store.weeks(arrival.tenant, id)
                    return replace(event, last=max((week.day for week, _ in weeks), default=None))
                return event
            case _:
                return event

    async def _going(self, arrival: Arrival, drill: Drill) -> Going | None:
        """Count how far the last occurrence of a drill is; None before its first."""
        copies = await self._store.copies(arrival.tenant, drill.id, arrival.at.date() - BACK)
        if not copies:
            return None
        day = max(copy.day for copy in copies)
        states = [copy.state for copy in copies if copy.day == day]
        not_sent = sum(state in NEVER_SENT for state in states)
        return Going(drill.id, day, len(states) - not_sent, not_sent, states.count("finished"))

    def _ordered(
        self, arrival: Arrival, event: DrillAsked, draft: Draft, place: str, fresh: str
    ) -> DrillSaved:
        """Make an order of a draft that is whole and confirmed."""
        drill = _completed(drafted(draft, arrival.at.date(), group_name(event)), arrival, place, event)
        return DrillSaved(drill, event.allowed, event.found, fresh)

    def _fresh_of(self, arrival: Arrival) -> str:
        """Give the id of the drill that a button orders: pressed twice, it is the same one."""
        pressed = arrival.address.pressed
        if pressed is None:
            return self._fresh()
        message = f"{arrival.tenant} {pressed}".encode()
        return f"d{blake2b(message, digest_size=6).hexdigest()}"

    def _fresh(self) -> str:
        return f"d{self._seed()}{self._seed()}"

    async def _may(self, arrival: Arrival, place: str, allowed: bool | None) -> bool | None:
        """Say whether someone may order drills in a place: its administrators, and whom they named."""
        if allowed:
            return True
        team = await self._store.team(arrival.tenant, place)
        return True if arrival.learner in team.supervisors else allowed


def _completed(drill: Drill, arrival: Arrival, place: str, event: DrillAsked) -> Drill:
    """Complete a drill that was drafted by buttons: who orders it, for which group, where they are told."""
    found = event.found
    audience = msgspec.structs.replace(drill.audience, ids=(place,))
    return msgspec.structs.replace(
        drill,
        id=found.id if found else "",
        tenant=arrival.tenant,
        platform=arrival.address.platform,
        by=arrival.learner,
        by_name=event.name,
        place=place,
        audience=audience,
        hours=found.hours if found else drill.hours,
        home=lasting(arrival.address),
    )


def _named(drills: Sequence[Drill], id: str) -> Drill | None:
    return next((drill for drill in drills if drill.id == id), None)
