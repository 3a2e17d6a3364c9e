"""What a store keeps and must promise. `bot.store.sqlite` is the one that ships.

Another (PostgreSQL, for many processes) stands beside it when it passes `tests/test_store_contract.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.events import Reply
from bot.model import Address, Result, Session, Team

TRIES = 3  # times an event may fail before it is set aside
WAITING, EDIT, PUSH = 0, 1, 2  # lanes of the outbox: a waiting person before an edit before a push

Learner = tuple[str, str]  # tenant, learner
EventKey = tuple[str, str]  # tenant, event id


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
    """What a batch needs: the events applied before, how often others failed, sessions, teams' settings."""

    seen: frozenset[EventKey]
    tries: Mapping[EventKey, int]
    sessions: Mapping[Learner, Session]
    teams: Mapping[str, Team] = field(default_factory=dict)  # by tenant, where something was set


@dataclass(frozen=True, slots=True)
class Done:
    """One turn to be kept. `session` is None where it did not change; `erase` removes all of the learner."""

    tenant: str
    learner: str
    event: str
    at: datetime
    session: Session | None = None
    results: tuple[Result, ...] = ()
    rows: tuple[Row, ...] = ()
    erase: bool = False
    failed: str | None = None  # the class of the error, of an event that is set aside
    team: Team | None = None  # the tenant's settings, where this turn changed them


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


class Store(Protocol):
    """Where sessions, results and replies are kept."""

    async def read(self, arrivals: Sequence[tuple[str, str, str]]) -> Known:
        """Give what is known of some arrivals, each (tenant, learner, event id)."""

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
        """Give all that is kept about a learner."""

    async def team(self, tenant: str) -> Team:
        """Give what a tenant's administrators set."""

    async def erase(self, tenant: str, learner: str) -> bool:
        """Remove all that is kept about a learner, from the file too. False: there was nothing."""

    async def tidy(self, now: int, today: Collection[str]) -> None:
        """Remove what has had its time. `today`: hashes of today's content, which stay."""

    async def close(self) -> None:
        """Close it."""
