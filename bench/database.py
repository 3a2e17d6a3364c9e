"""The database that rows of turns start from, and what is in one afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

from bench.learners import BEGAN, Learner, begun, learner, walk
from bench.place import Place, WrongResultError
from bot.content import load
from bot.events import (
    Event,
)
from bot.model import Library, Session
from bot.sender import Carrier, Message, Outcome, Sender, Sent
from bot.store import Row, Store
from bot.store.sqlite import open_store
from bot.tutor import Tutor

AT_ONCE = 64  # learners who play side by side while a database is made


class InstantCarrier:
    """A platform that takes every message at once, and gives ids as long as theirs."""

    def __init__(self) -> None:
        self._number = itertools.count(100_000)

    async def send(self, _: Message) -> Outcome:
        """Take a message."""
        return Sent(f"1764061200.{next(self._number)}")


@contextlib.asynccontextmanager
async def running(
    library: Library, store: Store, carrier: Carrier | None = None
) -> AsyncIterator[tuple[Tutor, Sender]]:
    """
    Run a tutor and a sender, as the program does, but without a pause between two messages in one chat.

    Args:
        library: with the story.
        store: open. New learners must come in the order of their numbers.
        carrier: takes every message; an instant one if None.
    """
    carrier = carrier or InstantCarrier()
    sender = Sender(store, {"slack": carrier, "telegram": carrier}, BEGAN.timestamp, library)
    seeds = (learner(number).seed for number in itertools.count())
    tutor = Tutor(library, store, sender.take, lambda: next(seeds))
    tasks = [asyncio.create_task(tutor.run()), asyncio.create_task(sender.run())]
    try:
        yield tutor, sender
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def played(
    library: Library, tutor: Tutor, sender: Sender, learners: range, presses: Callable[[int], int]
) -> None:
    """
    Let learners come in, in the order of their numbers, and play side by side until all is delivered.

    Args:
        library: with the story.
        tutor: running.
        sender: running, with an instant carrier.
        learners: their numbers.
        presses: from a number, how many presses that learner makes.
    """
    count = itertools.count(learners.start * 100)
    for start in range(learners.start, learners.stop, AT_ONCE):
        together = [learner(number) for number in range(start, min(start + AT_ONCE, learners.stop))]
        walks = [itertools.islice(walk(library, who), presses(who.number)) for who in together]
        everyone = zip(together, walks, strict=True)
        await asyncio.gather(*(_one(tutor, sender, who, part, count) for who, part in everyone))


async def _one(
    tutor: Tutor, sender: Sender, who: Learner, part: Iterator[tuple[Event, Session]], count: Iterator[int]
) -> None:
    """Play as a person does: the next press comes when the replies to the last are there."""
    for event, _ in part:
        await tutor.take(who.arrival(event, next(count)))
        await sender.idle(who.address)


async def make_start(place: Place) -> None:
    """Make the database that rows of turns start from: learners all over the story, replies delivered."""
    library = load(place.content)
    store = await open_store(place.database)
    try:
        async with running(library, store) as (tutor, sender):
            await played(library, tutor, sender, range(place.learners), begun)
    finally:
        await store.close()


@contextlib.contextmanager
def copied(place: Place) -> Iterator[Path]:
    """Give a copy of that database, in a folder of its own that goes afterwards."""
    with tempfile.TemporaryDirectory(dir=place.folder) as folder:
        path = Path(folder) / "row.db"
        shutil.copyfile(place.database, path)
        yield path


async def sessions_in(path: Path, learners: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Session]:
    """Read the sessions of some learners with the program's own store."""
    store = await open_store(path)
    try:
        return (await store.read([(tenant, id, "", "") for tenant, id in learners])).sessions
    finally:
        await store.close()


_TABLES = ("events", "failures", "sessions", "contents", "results", "outbox")


async def prove(
    path: Path, wanted: Mapping[tuple[str, str], Session], tables: Sequence[str] = _TABLES
) -> str:
    """
    Compare sessions with the pure engine's, and give a digest of every row but for its number.

    Args:
        path: of the database.
        wanted: the pure engine's sessions by tenant and learner.
        tables: whose rows are in the digest.

    Raises:
        WrongResultError: a session is another.
    """
    found = await sessions_in(path, list(wanted))
    wrong = [who for who, session in wanted.items() if found.get(who) != session]
    if wrong:
        raise WrongResultError(f"{len(wrong)} sessions are not the engine's, {wrong[0]} the first")
    return await asyncio.to_thread(_digest, path, tables)


def _digest(path: Path, tables: Sequence[str]) -> str:
    digest = blake2b(digest_size=8)
    with contextlib.closing(sqlite3.connect(path)) as db:
        for table in tables:
            cursor = db.execute(f"SELECT * FROM {table}")  # noqa: S608  # one of ours
            kept = [i for i, column in enumerate(cursor.description) if column[0] != "number"]
            rows = sorted(repr([row[i] for i in kept]) for row in cursor)
            digest.update("\n".join((table, *rows)).encode())
    return digest.hexdigest()


def no_delivery(_: Sequence[Row]) -> None:
    """Take committed rows and leave them be, where only turns are measured."""
