"""Accounts that are one learner: what a code fits, and what an event needs to know of other accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from bot.codes import GUESSES_KEPT, TRIES, hashed
from bot.engine import texts
from bot.events import (
    Arrival,
    Event,
    Fit,
    Linked,
    Unlinked,
)
from bot.model import Address, Session, lasting
from bot.replies import (
    Line,
    Reply,
)
from bot.store import Learner, Link, Store, TeamKey

Notice = tuple[Learner, Address, Reply]  # something said to another account


@dataclass(frozen=True, slots=True)
class Case:
    """One event, whose it is, how often it failed, and what was looked up for it."""

    arrival: Arrival
    who: Learner
    tries: int = 0
    event: Event | None = None  # the arrival's, with what was looked up
    moved: TeamKey | None = None
    link: Link | None = None
    unlink: tuple[Learner, ...] = ()
    guess: Learner | None = None
    notices: tuple[Notice, ...] = ()


def records_of(case: Case) -> Iterator[Session]:
    """Give the records that a code joins."""
    if isinstance(case.event, Linked) and case.event.fit is not None:
        yield case.event.fit.home
        yield case.event.fit.guest


class Accounts:
    """
    Looks up what linking and unlinking need.

    Args:
        store: where links and codes are.
        joins: says of a tenant whether its accounts can become addresses of learners elsewhere;
            None where only one platform is served.
        fresh: makes the record of an account that has none.
    """

    def __init__(
        self, store: Store, joins: Callable[[str], bool] | None, fresh: Callable[[], Session]
    ) -> None:
        self._store = store
        self._joins = joins
        self._fresh = fresh

    async def linked(self, case: Case, session: Session, event: Linked) -> tuple[Case, Session]:
        """Look up what a code fits, and whose record leads; give that record too."""
        arrival, own = case.arrival, (case.arrival.tenant, case.arrival.learner)
        if self._joins is None:
            return replace(case, event=replace(event, trouble="alone")), session
        now = int(arrival.at.timestamp())
        account = await self._store.account(own, now - GUESSES_KEPT)
        if account.tries >= TRIES:
            return replace(case, event=replace(event, trouble="spent")), session
        offer = await self._store.offer(hashed(event.code), now)
        if offer is None:
            return replace(case, event=replace(event, trouble="wrong"), guess=own), session
        is_guest = self._joins(arrival.tenant)
        if is_guest == self._joins(offer.learner[0]):
            return replace(case, event=replace(event, trouble="same")), session
        here = lasting(arrival.address)
        home_side, guest_side = (offer.account, account) if is_guest else (account, offer.account)
        fit = Fit(
            home_side.session or self._fresh(),
            guest_side.session or self._fresh(),
            guest_is_newer=guest_side.updated > home_side.updated,
        )
        home, guest = (offer.learner, own) if is_guest else (own, offer.learner)
        addresses = (here, offer.address) if is_guest else (offer.address, here)
        case = replace(
            case,
            who=home,
            event=replace(event, fit=fit),
            link=Link(guest, *addresses, arrival.at),
            notices=((home, offer.address, Line(text=texts.LINKED_NOTICE, personal=True)),),
        )
        return case, fit.home

    async def unlinked(self, case: Case) -> Case:
        """Look up which accounts are to go: this one, or, asked from home, all."""
        own = (case.arrival.tenant, case.arrival.learner)
        links = await self._store.links(case.who)
        going = [link for link in links if own in (case.who, link.guest)]
        return replace(
            case,
            event=Unlinked(linked=bool(going), here=case.who != own),
            unlink=tuple(link.guest for link in going),
            notices=tuple(
                (link.guest, link.address, Line(text=texts.UNLINKED_HERE))
                for link in going
                if link.guest != own
            ),
        )
