"""The plain way: aiosqlite as its documentation shows it, one turn one transaction; and SQLite alone.

The statements and the rows are those of `bot.store.sqlite`: a run compares every row of the
databases. The plain way reads by cursors, as aiosqlite's README does; the lean way, for
comparison, by its helper `execute_fetchall`, which needs one hop to the thread instead of
three. Both make values as the store does, and hold a lock for as long as a turn takes:
without it two turns on the one connection would commit each other's halves.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from time import perf_counter
from typing import Any

import aiosqlite
import msgspec

from bench.database import copied, prove
from bench.place import Measured, Place, Watch, microseconds
from bench.turns import CROWD, drive, prepared, settle
from bot.engine import advance
from bot.events import (
    Arrival,
    Typed,
)
from bot.model import Library, Session
from bot.replies import (
    Prompt,
    Redrawn,
    Reply,
    Turn,
)
from bot.store import EDIT, WAITING, Done, Row, rows
from bot.tutor import EDIT_EXPIRES, WAITING_EXPIRES

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON")
_SEEN = "SELECT 1 FROM events WHERE tenant = ? AND id = ?"
_SESSION = "SELECT body FROM sessions WHERE tenant = ? AND learner = ?"
_LAST_NUMBER = "SELECT coalesce(max(number), 0) FROM outbox"

Statement = tuple[str, tuple[Any, ...]]

_decode = msgspec.json.Decoder(Session).decode


def _writes() -> dict[str, str]:
    """Read the store's own statements by their names."""
    text = (resources.files("bot") / "sql" / "queries.sql").read_text("utf-8")
    parts = (part.partition("\n") for part in text.split("-- name: ")[1:])
    return {name.strip(): sql.strip() for name, _, sql in parts}


_SQL = _writes()


def statements(arrival: Arrival, session: Session, turn: Turn, number: int) -> Iterator[Statement]:
    """Give all that one turn writes, a statement a row. `number`: of its first row in the outbox."""
    done = Done(
        tenant=arrival.tenant,
        learner=arrival.learner,
        event=arrival.id,
        at=arrival.at,
        session=turn.session if turn.session != session else None,
        results=turn.results,
        rows=tuple(_row(arrival, reply, number + place) for place, reply in enumerate(turn.replies)),
    )
    yield _SQL["save_event"], (done.tenant, done.event, rows.seconds(done.at))
    yield from ((_SQL["save_session"], values) for values in rows.session_values([done]))
    yield from ((_SQL["save_result"], rows.result_values(done, one)) for one in done.results)
    yield from ((_SQL["save_row"], rows.row_values(one)) for one in done.rows)


def _row(arrival: Arrival, reply: Reply, number: int) -> Row:
    edits = reply.prompt.key if isinstance(reply, Redrawn) else None
    lane, lasts = (WAITING, WAITING_EXPIRES) if edits is None else (EDIT, EDIT_EXPIRES)
    return Row(
        number=number,
        tenant=arrival.tenant,
        learner=arrival.learner,
        address=arrival.address,
        lane=lane,
        key=reply.key if isinstance(reply, Prompt) else None,
        edits=edits,
        expires=rows.seconds(arrival.at) + lasts,
        reply=reply,
    )


class PlainTutor:
    """What one writes first: look the event up, read the session, take the turn, write its rows, commit."""

    def __init__(self, library: Library, db: aiosqlite.Connection, number: int, *, lean: bool) -> None:
        self._library = library
        self._db = db
        self._number = number
        self._lean = lean
        self._lock = asyncio.Lock()

    async def take(self, arrival: Arrival) -> Sequence[Reply]:
        """Apply one event, in a transaction of its own, and give the replies."""
        async with self._lock:
            if await self._found(_SEEN, arrival.tenant, arrival.id) is not None:
                return ()
            found = await self._found(_SESSION, arrival.tenant, arrival.learner)
            assert found is not None
            session = _decode(found[0])
            assert not isinstance(arrival.event, Typed)
            turn = advance(self._library, session, arrival.event, arrival.at)
            for sql, values in statements(arrival, session, turn, self._number + 1):
                await self._db.execute(sql, values)
            self._number += len(turn.replies)
            await self._db.commit()
        return turn.replies

    async def _found(self, sql: str, *values: str) -> Sequence[Any] | None:
        """Give the one row there can be."""
        if self._lean:
            return next(iter(await self._db.execute_fetchall(sql, values)), None)
        async with self._db.execute(sql, values) as cursor:
            return await cursor.fetchone()


@contextlib.asynccontextmanager
async def plain_tutor(library: Library, path: Path, *, lean: bool = False) -> AsyncIterator[PlainTutor]:
    """Open a database the plain way."""
    async with aiosqlite.connect(path) as db:
        for pragma in _PRAGMAS:
            await db.execute_fetchall(f"PRAGMA {pragma}")
        ((number,),) = await db.execute_fetchall(_LAST_NUMBER)
        yield PlainTutor(library, db, number, lean=lean)


def plain(place: Place, in_flight: int, *, lean: bool = False) -> Measured:
    """Time the plain way."""
    return asyncio.run(_plain(place, in_flight, lean=lean))


async def _plain(place: Place, in_flight: int, *, lean: bool) -> Measured:
    library, game = prepared(place, in_flight)
    with copied(place) as path:
        async with plain_tutor(library, path, lean=lean) as tutor:
            watch = await drive(tutor.take, game.arrivals, in_flight)
        return Measured(watch.figures(), await prove(path, game.sessions))


def limit(place: Place) -> Measured:
    """Time SQLite alone, in one thread: the same rows ready made, as many turns a commit as are in flight."""
    library, game = prepared(place, CROWD)
    with copied(place) as path:
        watch = _written(path, _batches(library, game.arrivals, path))
        turns = len(game.arrivals)
        figures = {"per_second": turns / watch.whole, "a_turn": watch.whole / turns * 1e6}
        return Measured({**figures, **microseconds(watch.each)}, asyncio.run(prove(path, game.sessions)))


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is looked up for some turns, and what they write, by statement."""

    lookup: str
    writes: dict[str, list[tuple[Any, ...]]]


def _batches(library: Library, arrivals: Sequence[Arrival], path: Path) -> list[_Batch]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        sessions = {
            (tenant, id): _decode(body)
            for tenant, id, body in db.execute("SELECT tenant, learner, body FROM sessions")
        }
        ((number,),) = db.execute(_LAST_NUMBER)
    batches: list[_Batch] = []
    for start in range(0, len(arrivals), CROWD):
        part = arrivals[start : start + CROWD]
        batch = _Batch(json.dumps([(one.tenant, one.learner, one.id) for one in part]), {})
        for arrival in part:
            session = sessions[arrival.tenant, arrival.learner]
            assert not isinstance(arrival.event, Typed)
            turn = advance(library, session, arrival.event, arrival.at)
            assert turn.session is not None
            sessions[arrival.tenant, arrival.learner] = turn.session
            for sql, values in statements(arrival, session, turn, number + 1):
                batch.writes.setdefault(sql, []).append(values)
            number += len(turn.replies)
        batches.append(batch)
    return batches


def _written(path: Path, batches: Sequence[_Batch]) -> Watch:
    watch = Watch()
    with contextlib.closing(sqlite3.connect(path)) as db:
        for pragma in _PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
        settle()
        began = perf_counter()
        for batch in batches:
            start = perf_counter()
            db.execute(_SQL["read_batch"], {"arrivals": batch.lookup}).fetchall()
            for sql, values in batch.writes.items():
                db.executemany(sql, values)
            db.commit()
            watch.each.append(perf_counter() - start)
        watch.whole = perf_counter() - began
    return watch
