"""
What the rows of all platforms share: the presses learners go on with, and driving them to their end.

A press is over when each of its replies has been handed to the platform's own client, which hands it
to a stub in place of a network.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Generic, Protocol, TypeVar

from bench.database import copied, no_delivery, prove, running
from bench.learners import BEGAN, LATER, Learner, begun, learner, walk
from bench.place import Measured, Place, Watch, WrongResultError, microseconds
from bench.turns import CROWD, drive, settle
from bot.content import load
from bot.engine import advance, new_session
from bot.events import (
    Arrival,
    Event,
)
from bot.model import Library, Session
from bot.replies import (
    Receipt,
    Redrawn,
    Reply,
)
from bot.sender import Carrier, Sender
from bot.store.sqlite import open_store
from bot.tutor import Tutor

WRITTEN = ("events", "failures", "sessions", "contents", "results")  # what a turn writes, its replies apart


# --- presses ---------------------------------------------------------------------------------


class Press(Protocol):
    """One press as a platform sends it, and what it must lead to."""

    @property
    def arrival(self) -> Arrival:
        """What the adapter must read in it."""

    @property
    def replies(self) -> Sequence[Reply]:
        """What the pure engine answers."""


P = TypeVar("P", bound=Press)


@dataclass(frozen=True, slots=True)
class Pressed(Generic[P]):
    """Prepared presses in the order they are made, and each learner's session after the last."""

    library: Library
    presses: Sequence[P]
    sessions: Mapping[tuple[str, str], Session]


@dataclass(frozen=True, slots=True)
class Move:
    """What a learner does, in front of which reply, and what the engine makes of it."""

    event: Event
    shown: Reply
    replies: Sequence[Reply]
    receipt: Receipt | None
    after: Session


def prepared(
    place: Place, in_flight: int, first: int, write: Callable[[Learner, Move, int], P]
) -> Pressed[P]:
    """
    Prepare the presses that the learners on a platform go on with, one of each in turn.

    Args:
        place: says how many.
        in_flight: presses there will be at a time.
        first: 0 for the learners on Slack, 1 for those on Telegram.
        write: writes a move as the platform sends it, with a number of its own.
    """
    library = load(place.content)
    each = place.alone if in_flight == 1 else place.crowded
    everyone = [learner(number) for number in range(first, place.learners, 2)]
    walks = [list(_moves(library, who, each)) for who in everyone]
    numbers = itertools.count(LATER)
    presses = [
        write(who, part[turn], next(numbers))
        for turn in range(each)
        for who, part in zip(everyone, walks, strict=True)
    ]
    sessions = {(who.tenant, who.id): part[-1].after for who, part in zip(everyone, walks, strict=True)}
    return Pressed(library, presses, sessions)


def _moves(library: Library, who: Learner, count: int) -> Iterator[Move]:
    """Give a learner's presses after those that are in the database already."""
    first, session = begun(who.number), new_session(who.seed)
    shown: Reply | None = None
    for number, (event, after) in enumerate(itertools.islice(walk(library, who), first + count)):
        if number >= first - 1:
            turn = advance(library, session, event, BEGAN)
            if number >= first:
                assert shown is not None
                yield Move(event, shown, turn.replies, turn.receipt, after)
            new = [reply for reply in turn.replies if not isinstance(reply, Redrawn)]
            shown = (new or turn.replies)[-1]  # a tick only changes the message it stands on
        session = after


# --- what is handed over ---------------------------------------------------------------------


@dataclass(slots=True)
class Handed:
    """
    What a stub was handed, so that a row can prove that nothing is missing.

    For each conversation `told` keeps one number of all texts and of their order; for a message that
    is changed, of its last text: a change that comes while an earlier one waits takes its place.
    """

    told: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    first: float = 0.0  # when the first message of a turn came; the row sets it to 0 before each
    last: float = 0.0

    def message(self, where: str, text: str, *, changed: bool = False) -> None:
        """Take a message that a learner sees, or a change of one."""
        self.last = perf_counter()
        if not self.first:
            self.first = self.last
        tell(self.told, where, text, changed=changed)

    def prove(self, wanted: Mapping[str, int]) -> None:
        """
        Compare what was handed over with what should have been.

        Raises:
            WrongResultError: a conversation got other words, or more or fewer messages.
        """
        if self.told != wanted:
            wrong = [key for key in {**wanted, **self.told} if wanted.get(key) != self.told.get(key)]
            raise WrongResultError(f"{len(wrong)} conversations got other replies, {wrong[0]} the first")


def tell(told: dict[str, int], where: str, text: str, *, changed: bool = False) -> None:
    """Add one message, or a change of one, to what was handed over."""
    told[where] = hash((0 if changed else told.get(where, 0), text))


# --- driving ---------------------------------------------------------------------------------


async def press_all(
    take: Callable[[P], Awaitable[None]],
    presses: Sequence[P],
    in_flight: int,
    idle: Callable[[], Awaitable[object]],
    handed: Handed,
) -> dict[str, float]:
    """
    Keep some presses in flight until all are taken and all replies handed over.

    Args:
        take: takes a press; it comes back at its acknowledgement.
        presses: all of them.
        in_flight: presses that wait for their acknowledgement. Where it is 1, a press is truly alone:
            the next one comes when all replies to it are handed over.
        idle: waits until nothing is left to hand over.
        handed: what the stub was handed.

    Returns:
        Turns a second until all replies are handed over; p50 and p99 to the acknowledgement; calls a
        turn; where a press is alone also the p50 to its first and its last reply.
    """
    watch = Watch()
    first: list[float] = []
    last: list[float] = []
    waiting = iter(presses)

    async def keep_one_going() -> None:
        for press in waiting:
            handed.first = 0.0
            start = perf_counter()
            await take(press)
            watch.each.append(perf_counter() - start)
            if in_flight == 1:
                await idle()
                if handed.first:
                    first.append(handed.first - start)
                    last.append(handed.last - start)

    settle()
    began = perf_counter()
    await asyncio.gather(*(keep_one_going() for _ in range(in_flight)))
    await idle()
    watch.whole = perf_counter() - began
    figures = watch.figures() | {"calls": handed.calls / len(presses)}
    if first:
        figures |= {"first": microseconds(first)["p50"], "last": microseconds(last)["p50"]}
    return figures


Take = Callable[[P], Awaitable[None]]
Idle = Callable[[], Awaitable[object]]


async def adapted(
    place: Place,
    game: Pressed[P],
    in_flight: int,
    *,
    carrier: Carrier,
    adapter: Callable[[Tutor, Sender], tuple[Take[P], Idle]],
    handed: Handed,
    wanted: Mapping[str, int],
) -> Measured:
    """
    Time a real adapter, tutor, sender and store, until each reply is handed over and marked.

    Args:
        place: with the database.
        game: the presses.
        in_flight: as for `press_all`.
        carrier: the adapter's outgoing half.
        adapter: makes its incoming half; gives what takes a press, and what waits for all that follows.
        handed: what the stub was handed.
        wanted: what it must have been handed then.
    """
    with copied(place) as path:
        store = await open_store(path)
        try:
            async with running(game.library, store, carrier) as (tutor, sender):
                take, idle = adapter(tutor, sender)
                figures = await press_all(take, game.presses, in_flight, idle, handed)
            if await store.unsent():
                raise WrongResultError("replies are left in the outbox")
        finally:
            await store.close()
        handed.prove(wanted)
        return Measured(figures, await prove(path, game.sessions, WRITTEN))


async def tutor_and_sender(place: Place, game: Pressed[P]) -> dict[str, float]:
    """Time the same turns without an adapter: kept alone, then also handed to an instant carrier."""
    arrivals = [press.arrival for press in game.presses]
    figures: dict[str, float] = {}
    with copied(place) as path:
        store = await open_store(path)
        tutor = Tutor(game.library, store, no_delivery, lambda: "")
        worker = asyncio.create_task(tutor.run())
        try:
            figures["tutor"] = (await drive(tutor.take, arrivals, CROWD)).whole / len(arrivals) * 1e6
        finally:
            worker.cancel()
            await store.close()
    with copied(place) as path:
        store = await open_store(path)
        try:
            async with running(game.library, store) as (tutor, sender):
                began = perf_counter()
                await drive(tutor.take, arrivals, CROWD)
                await sender.all_idle()
                figures["delivered"] = (perf_counter() - began) / len(arrivals) * 1e6
        finally:
            await store.close()
    return figures
