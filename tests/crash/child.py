"""The process that is killed: the real store, tutor and sender, watched at each step that matters.

    python -m tests.crash.child FOLDER TENANT/LEARNER ...

It asks before, within and after each commit, at each message and before each mark, so that
whoever started it can hold it there, and kill it. The folder has the content, the cache and the
database.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any, cast

import msgspec

from bot.content import load
from bot.events import (
    Arrival,
)
from bot.sender import Later, Message, Outcome, Sender, Sent, Unknown
from bot.store import Done, Failed, Mark, Store
from bot.store.sqlite import SqliteStore, open_store
from bot.tutor import Tutor
from tests.crash import (
    BEGIN,
    PLATFORM,
    SEED,
    Answered,
    Finish,
    Handed,
    Marked,
    Reached,
    Said,
    Sending,
    Stage,
    Taken,
    address_of,
    event_of,
    line_for,
    to_child,
)

NOW = BEGIN.timestamp()


class Wire:
    """The two pipes to the platform."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._asked: dict[int, Future[Answered]] = {}
        self.finish = asyncio.Event()

    def tell(self, said: Said) -> None:
        """Say something; it is in the pipe, and survives this process, when this returns."""
        sys.stdout.buffer.write(line_for(said))
        sys.stdout.buffer.flush()

    async def stand(self, stage: Stage, events: tuple[tuple[str, str], ...] = ()) -> None:
        """Say where this process is, and wait there for leave to go on."""
        number = next(self._numbers)
        await asyncio.wrap_future(self._ask(number, Reached(stage=stage, ask=number, events=events)))

    def stand_at(self, statement: str) -> None:
        """Be called by SQLite, in its thread, before each statement; wait before those that write."""
        if not statement.startswith(("SELECT", "BEGIN", "PRAGMA")):
            number = next(self._numbers)
            self._ask(number, Reached(stage="in the commit", ask=number)).result()

    async def send(self, message: Message) -> Outcome:
        """Be the carrier: hand a message over and wait, however slow the platform is."""
        number = next(self._numbers)
        reply = msgspec.json.encode(message.reply).decode()
        sending = Sending(ask=number, chat=message.address.chat, reply=reply, edits=message.edits)
        answered = await asyncio.wrap_future(self._ask(number, sending))
        match answered.fate:
            case "unknown":
                return Unknown()
            case "later":
                return Later(0)
            case _:
                return Sent(id=answered.message)

    def _ask(self, number: int, said: Said) -> Future[Answered]:
        future = self._asked[number] = Future()
        self.tell(said)
        return future

    async def listen(self, take: Callable[[Handed], object]) -> None:
        """Read until told to finish and beyond: events go to `take`, answers to who waits for them."""
        lines = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await lines.readline():
            match to_child.decode(line):
                case Handed() as handed:
                    take(handed)
                case Answered(ask=ask) as answered:
                    self._asked.pop(ask).set_result(answered)
                case Finish():
                    self.finish.set()
        os._exit(1)  # the platform is gone, and SQLite's thread may be waiting for it


class Watched:
    """The real store, which asks at its edges; all that is not named here is the real store's own."""

    def __init__(self, store: SqliteStore, wire: Wire) -> None:
        self._store = store
        self._wire = wire

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def save(
        self, done: Sequence[Done], failed: Sequence[Failed] = (), contents: Mapping[str, bytes] | None = None
    ) -> None:
        await self._wire.stand("before commit", tuple((turn.tenant, turn.event) for turn in done))
        await self._store.save(done, failed, contents)
        await self._wire.stand("after commit")

    async def mark(self, marks: Sequence[Mark]) -> None:
        await self._wire.stand("before mark")
        await self._store.mark(marks)
        self._wire.tell(Marked(chats=tuple(mark.row.address.chat for mark in marks if mark.what == "sent")))


async def serve(folder: Path, chats: Collection[str]) -> None:
    """Open everything as `mayshare` does, and serve until told to finish."""
    wire = Wire()
    wire.tell(Reached(stage="up"))
    library = load(folder / "content", folder / "cache")
    store = await open_store(folder / "a.db", lease_wait=0)  # the lease of a killed process is free at once
    try:
        watched = cast(Store, Watched(store, wire))
        sender = Sender(watched, {PLATFORM: wire}, lambda: NOW, library)
        tutor = Tutor(library, watched, sender.take, lambda: SEED)
        await store.tidy(int(NOW), tutor.today())
        await sender.load()
        await store._db.set_trace_callback(wire.stand_at)
        async with asyncio.TaskGroup() as tasks:

            async def take(handed: Handed) -> None:
                address = address_of(handed.tenant, handed.learner)
                event = event_of(handed)
                await tutor.take(Arrival(handed.id, handed.tenant, handed.learner, address, handed.at, event))
                wire.tell(Taken(tenant=handed.tenant, id=handed.id))

            running = [
                tasks.create_task(tutor.run()),
                tasks.create_task(sender.run()),
                tasks.create_task(wire.listen(lambda handed: tasks.create_task(take(handed)))),
            ]
            wire.tell(Reached(stage="ready"))
            await wire.finish.wait()
            for chat in chats:
                await sender.idle(address_of(*chat.split("/")))
            for task in running:
                task.cancel()
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2:]))
