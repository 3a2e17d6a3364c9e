"""Drills: what a look costs where nothing is due, and what making everyone's assignment does."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter

from bench.database import no_delivery
from bench.place import Measured, Place, Watch, WrongResultError, microseconds
from bench.turns import settle
from bot.content import load
from bot.model import Address, Audience, Drill, Library, Member
from bot.scheduler import Scheduler
from bot.store import Done, Store
from bot.store import Place as Seat
from bot.store.sqlite import open_store
from bot.tutor import Tutor

TENANT = "T1"
ORDERED = datetime(2026, 2, 26, 12, tzinfo=UTC)
DUE = datetime(2026, 3, 2, 14, 1, tzinfo=UTC)  # a minute after nine in New York
OPEN = datetime(2026, 3, 3, 15, tzinfo=UTC)  # the day after: all are open, and nobody is to be reminded yet
DRILL = Drill(
    id="d1",
    tenant=TENANT,
    platform="slack",
    by="U0",
    audience=Audience(kind="channel", ids=("C1",), name="#all"),
    weekday=0,
    at=9 * 60,
    first=ORDERED.date(),
    home=Address(platform="slack", chat="D0"),
)


class Channel:
    """A roster that knows everyone."""

    def __init__(self, people: int) -> None:
        self._members = [
            Member(
                learner=f"U{number:07}",
                address=Address(platform="slack", chat=f"D{number:07}"),
                name=f"Person {number}",
                zone="America/New_York",
            )
            for number in range(1, people + 1)
        ]

    async def may_order(self, *_: object) -> bool | None:
        return None

    async def members(self, _: str, __: Drill, ___: Sequence[Seat]) -> Sequence[Member]:
        return self._members


def drills(place: Place) -> Measured:
    """Time the making of everyone's assignment with its message, then looks at which nothing is to do."""
    return asyncio.run(_drills(place, load(place.content)))


async def _drills(place: Place, library: Library) -> Measured:
    with tempfile.TemporaryDirectory(dir=place.folder) as folder:
        path = Path(folder) / "row.db"
        store = await open_store(path)
        try:
            figures = await _timed(place, library, store)
        finally:
            await store.close()
        return Measured({**figures, **_bare(path, place)})


async def _timed(place: Place, library: Library, store: Store) -> dict[str, float]:
    now = [ORDERED]
    await store.save([Done(TENANT, "U0", "order", ORDERED, drill=DRILL)])
    tutor = Tutor(library, store, no_delivery, lambda: "seed")

    def clock() -> float:
        return now[0].timestamp()

    scheduler = Scheduler(store, tutor.take, {"slack": Channel(place.drilled)}, clock)
    worker = asyncio.create_task(tutor.run())
    try:
        await scheduler.look()
        settle()
        now[0], made = DUE, perf_counter()
        await scheduler.look()
        made = perf_counter() - made
        now[0], looks = OPEN, Watch()
        for _ in range(place.looks):
            began = perf_counter()
            await scheduler.look()
            looks.each.append(perf_counter() - began)
    finally:
        worker.cancel()
    copies = await store.copies(TENANT, DRILL.id, date.min)
    sent = [row for row in await store.unsent() if row.learner != DRILL.by]  # who ordered it is told of it
    if not len(copies) == len(sent) == place.drilled:
        raise WrongResultError(f"of {place.drilled} assignments {len(copies)} were made")
    return {
        "per_second": place.drilled / made,
        "made": made,
        **{f"look_{name}": took for name, took in microseconds(looks.each).items()},
    }


def _bare(path: Path, place: Place) -> dict[str, float]:
    """Time the reading of the same people and assignments by sqlite3 alone."""
    each = []
    with contextlib.closing(sqlite3.connect(path)) as db:
        for _ in range(place.looks):
            began = perf_counter()
            for table in ("members", "assignments"):
                db.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  # one of ours
            each.append(perf_counter() - began)
    return {f"bare_{name}": took for name, took in microseconds(each).items()}
