"""The machine's own limits: one flush to the disk, one hop to the database thread."""

from __future__ import annotations

import asyncio
import os
import tempfile
from time import perf_counter

import aiosqlite

from bench.place import Measured, Place, microseconds

_BLOCK = os.urandom(4096)
_SPAN = 1024  # blocks of the file that is written over and over, as a log is between checkpoints
_flush = getattr(os, "fdatasync", os.fsync)  # macOS has only the second


def flush(place: Place) -> Measured:
    """Time writing 4 KiB and flushing them to the disk."""
    with tempfile.NamedTemporaryFile(dir=place.folder) as file:
        handle = file.fileno()
        os.write(handle, _BLOCK * _SPAN)
        os.fsync(handle)
        each = []
        for i in range(place.floors):
            start = perf_counter()
            os.lseek(handle, i % _SPAN * len(_BLOCK), os.SEEK_SET)
            os.write(handle, _BLOCK)
            _flush(handle)
            each.append(perf_counter() - start)
    return Measured(microseconds(each))


def hop(place: Place) -> Measured:
    """Time the smallest question to SQLite through aiosqlite."""
    return asyncio.run(_hop(place))


async def _hop(place: Place) -> Measured:
    each = []
    async with aiosqlite.connect(":memory:") as db:
        for _ in range(place.floors):
            start = perf_counter()
            await db.execute_fetchall("SELECT 1")
            each.append(perf_counter() - start)
    return Measured(microseconds(each))
