"""What one learner costs in memory and on disk."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sqlite3
import subprocess
import tempfile
from pathlib import Path

from bench.database import played, running
from bench.learners import HALF
from bench.place import Measured, Place, WrongResultError
from bot.content import load
from bot.store.sqlite import open_store

_PRESSES = 2 + HALF  # the greeting, opening the story, then half of it


def memory(place: Place) -> Measured:
    """
    See what each open conversation adds to the resident memory of a running tutor.

    The store keeps no cache of sessions and the sender forgets a conversation once it is
    delivered, so what is left is what the allocator and SQLite's page cache hold.
    """
    return asyncio.run(_memory(place))


async def _memory(place: Place) -> Measured:
    library = load(place.content)
    with tempfile.TemporaryDirectory(dir=place.folder) as folder:
        store = await open_store(Path(folder) / "row.db")
        try:
            async with running(library, store) as (tutor, sender):
                warm, all_of_them = place.learners, place.learners + place.opened
                await played(library, tutor, sender, range(warm), lambda _: 3)
                before = resident()
                await played(library, tutor, sender, range(warm, all_of_them), lambda _: 3)
                added = resident() - before
        finally:
            await store.close()
    return Measured({"bytes": max(0.0, added / place.opened), "resident": (before + added) / 2**20})


def resident() -> int:
    """Give the resident memory of this process, in bytes."""
    gc.collect()
    own = Path("/proc/self/statm")
    if own.exists():
        return int(own.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    ask = ["ps", "-o", "rss=", "-p", str(os.getpid())]
    told = subprocess.run(ask, capture_output=True, check=True, text=True)
    return int(told.stdout) * 1024


def disk(place: Place) -> Measured:
    """See what each learner takes on disk in the middle of the story, their replies delivered."""
    return asyncio.run(_disk(place))


async def _disk(place: Place) -> Measured:
    library = load(place.content)
    with tempfile.TemporaryDirectory(dir=place.folder) as folder:
        path = Path(folder) / "row.db"
        store = await open_store(path)
        try:
            async with running(library, store) as (tutor, sender):
                await played(library, tutor, sender, range(place.learners), lambda _: _PRESSES)
            if await store.unsent():
                raise WrongResultError("replies are left in the outbox")
        finally:
            await store.close()
        return await asyncio.to_thread(_sizes, path, place.learners)


def _sizes(path: Path, learners: int) -> Measured:
    """Empty the log into the file and see what lies where, in bytes a learner."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        figures = {"bytes": path.stat().st_size / learners}
        ((free,),) = db.execute("PRAGMA freelist_count")
        ((size,),) = db.execute("PRAGMA page_size")
        figures["free"] = free * size / learners
        with contextlib.suppress(sqlite3.OperationalError):  # not every SQLite is built with it
            for name, used in db.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"):
                figures[str(name)] = used / learners
    return Measured(figures)
