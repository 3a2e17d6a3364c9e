"""What a store keeps and must promise. `bot.store.sqlite` is the one that ships.

Another (PostgreSQL, for many processes) stands beside it when it passes `tests/test_store_contract.py`
and `tests/test_store_contract_drills.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from bot.model import Address, Drill, Member, Result, Session, Team, Week
from bot.replies import (
    Marked,
    Reply,
)

TRIES = 3  # times an event may fail before it is set aside
WAITING, EDIT, PUSH = 0, 1, 2  # lanes of the outbox: a waiting person before an edit before a push

NUDGES = {"nudged": (1, 1), "last": (1, 2), "again": (0, 0)}  # what a reminder adds, and makes at least

Learner = tuple[str, str]  # tenant, learner
EventKey = tuple[str, str]  # tenant, event id
TeamKey = tuple[str, str]  # tenant, place; the place is "" for the tenant's own
Heard = tuple[str, str, str, str]  # tenant, learner, event id, the place of a team


class StoreError(Exception):
    """The store cannot go on. The text says why and what to do; what was acknowledged is safe."""


class StoreBusyError(StoreError):
    """Another program holds the database."""


class StoreFullError(StoreError):
    """The disk is full."""


class StoreReadOnlyError(StoreError):
    """The database cannot be written."""


class StoreDamagedError(StoreError):
    """The file is damaged, or no database."""


class StoreTooNewError(StoreError):
    """A newer program made the database."""


@dataclass(frozen=True, slots=True)
class Row:
    """One reply in the outbox. `number` orders them; `tries` counts sends whose outcome is unknown."""

    number: int
    tenant: str
    learner: str
    address: Address
    lane: int
    key: str | None
    edits: str | None
    expires: int  # seconds since 1970
    reply: Reply = field(repr=False)
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What a batch needs: the events applied before, how often others failed, sessions, teams' settings.

    `whose`: for an account that is linked, the learner whose it is.
    """

    seen: frozenset[EventKey]
    tries: Mapping[EventKey, int]
    sessions: Mapping[Learner, Session]
    teams: Mapping[TeamKey, Team] = field(default_factory=dict)  # where something was set
    whose: Mapping[Learner, Learner] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """An account that is an address of a learner elsewhere; `home` is where the learner was reached then."""

    guest: Learner
    address: Address
    home: Address
    at: datetime


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was shown, as a hash: to whom and where, and until when it can be given."""

    learner: Learner
    hash: str
    address: Address
    expires: int  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Account:
    """What an account has: its session, when that last changed, and how many wrong codes it gave of late."""

    session: Session | None = None
    updated: int = 0
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """Who was shown a code, where, and what their account has."""

    learner: Learner
    address: Address
    account: Account


@dataclass(frozen=True, slots=True)
class Done:
    """One turn to be kept. `session` is None where it did not change; `erase` removes all of the learner.

    `heard` is the tenant that the event came from: of a linked account, not the learner's.
    """

    tenant: str
    learner: str
    event: str
    at: datetime
    session: Session | None = None
    results: tuple[Result, ...] = ()
    rows: tuple[Row, ...] = ()
    erase: bool = False
    failed: str | None = None  # the class of the error, of an event that is set aside
    team: Team | None = None  # the settings of `place`, where this turn changed them
    place: TeamKey | None = None
    moved: TeamKey | None = None  # the place that is now named `place`
    link: Link | None = None  # an account that is this learner's from now on, with all that it has
    unlink: tuple[Learner, ...] = ()  # accounts that are no more
    guess: Learner | None = None  # the account that gave a wrong code
    heard: str | None = None
    account: str = ""  # who it was there; of a linked account, not the learner
    counts: tuple[tuple[str, str], ...] = ()  # kinds and names of what authors want to know
    drill: Drill | None = None  # ordered or changed by this turn, in the tenant it came from
    marked: Marked | None = None  # what became of an assignment
    joined: tuple[str, Member | None] | None = None  # a drill that its account joined, or (None) left
    told: tuple[str, date] | None = None  # a week whose supervisor is told by this turn
    away: str | None = None  # a place whose drills its account is out of; "": all of the tenant's


@dataclass(frozen=True, slots=True)
class Place:
    """Someone's place in a drill's audience: since when, and until when if they left it."""

    member: Member
    since: int
    gone: int | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """One learner's copy of an occurrence, as it is kept: `at` is when its state last changed."""

    account: str
    day: date
    state: str
    due: int
    closes: int
    at: int
    nudges: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """One first answer given in a drill, and whose it is."""

    learner: Learner
    rule: str
    decision: str
    right: bool
    slip: str | None


@dataclass(frozen=True, slots=True)
class Failed:
    """One event that failed and may be delivered again: how often so far, and the error's class."""

    tenant: str
    event: str
    tries: int
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of a row: `sent` with the platform's message id, `trying`, or `dropped`."""

    row: Row
    what: str
    message: str = ""
    at: int = 0
    last: bool = False  # this edit gave the message its last form


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept about one learner."""

    session: Session | None
    results: tuple[Result, ...]
    waiting: int  # replies not yet delivered
    messages: tuple[Mapping[str, Any], ...]  # ids of delivered messages that may still be edited
    links: tuple[Link, ...] = ()
    drills: tuple[Mapping[str, Any], ...] = ()  # audiences, what became of each, orders


class Store(Protocol):
    """Where sessions, results and replies are kept."""

    async def read(self, arrivals: Sequence[Heard]) -> Known:
        """Give what is known of some arrivals."""

    async def contents(self, hashes: Collection[str]) -> Mapping[str, bytes]:
        """Give pinned content by hash, where it is kept."""

    async def save(
        self, done: Sequence[Done], failed: Sequence[Failed] = (), contents: Mapping[str, bytes] | None = None
    ) -> None:
        """
        Keep some turns: all of them and durably, or none.

        Raises:
            StoreError: and nothing was kept.
        """

    def number(self) -> int:
        """Give the next number of the outbox."""

    async def unsent(self) -> Sequence[Row]:
        """Give the rows that no platform took yet, in order."""

    async def still_waiting(self, row: Row) -> bool:
        """Say whether a row is still to be sent: its learner may have been erased meanwhile."""

    async def mark(self, marks: Sequence[Mark]) -> None:
        """Note what became of some rows, durably."""

    async def message_of(self, row: Row) -> tuple[str, Address] | None:
        """Give the platform's id of the message that an edit changes, and where it is, if it arrived."""

    async def kept(self, tenant: str, learner: str) -> Kept:
        """Give all that is kept about a learner; a linked account is asked for whose it is."""

    async def save_code(self, code: Code) -> None:
        """Keep a code that is about to be shown, in the place of the learner's last one."""

    async def offer(self, hash: str, now: int) -> Offer | None:
        """Find who was shown a code that can still be given."""

    async def account(self, learner: Learner, since: int) -> Account:
        """Give what an account itself has, and the wrong codes it gave since then."""

    async def links(self, learner: Learner) -> Sequence[Link]:
        """Give the accounts that are addresses of a learner."""

    async def team(self, tenant: str, place: str = "") -> Team:
        """Give what a tenant's administrators set, for all of it or for one of its teams."""

    async def counts(self) -> Sequence[tuple[str, str, int]]:
        """Give what was counted for authors, of all tenants: kind, name, number, the most first."""

    async def drills(self, tenant: str) -> Sequence[Drill]:
        """Give the drills that were ordered in a tenant."""

    async def all_drills(self, now: int) -> Sequence[tuple[str, Drill]]:
        """Give the drills of all tenants for which something may be to do: those that go on, or just did."""

    async def save_members(self, tenant: str, drill: str, members: Sequence[Member], now: int) -> None:
        """Keep who is in a drill's audience: who is new since now, who is no more.

        Who joined by themselves after now is left as they are: nobody knew of them then.
        """

    async def members(self, tenant: str, drill: str) -> Sequence[Place]:
        """Give who is, and was, in a drill's audience."""

    async def copies(self, tenant: str, drill: str, since: date) -> Sequence[Copy]:
        """Give the assignments of a drill from a day on."""

    async def answers(self, tenant: str, key: str) -> Sequence[Answered]:
        """Give the first answers to one occurrence of a tenant's drill."""

    async def save_week(self, tenant: str, week: Week) -> None:
        """Keep a week that has closed. One that is kept already stays as it is."""

    async def weeks(self, tenant: str, drill: str, since: date = date.min) -> Sequence[tuple[Week, bool]]:
        """Give a drill's weeks that have closed, from a day on, and whether their supervisor was told."""

    async def erase(self, tenant: str, learner: str) -> bool:
        """
        Remove all that is kept about a learner, from the file too. False: there was nothing.

        A linked account stands for the learner whose it is; their accounts are free again.
        """

    async def tidy(self, now: int, today: Collection[str]) -> None:
        """Remove what has had its time. `today`: hashes of today's content, which stay."""

    async def close(self) -> None:
        """Close it."""
