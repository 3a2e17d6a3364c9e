"""The SQLite store when the world is unkind: each trouble gets a clear error, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from bot.model import Session
from bot.replies import (
    Line,
)
from bot.store import (
    WAITING,
    Done,
    Row,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
    StoreTooNewError,
)
from bot.store.sqlite import _SQL, SqliteStore, open_store
from tests.library import HOME, NOW

BIG = "x" * 4000  # enough to need a new page


def turn(event: str, seed: str = "s") -> Done:
    """A turn that keeps a session of some size."""
    return Done("t", "l", event, NOW, Session(seed=seed))


async def seed_of(path: Path) -> str:
    """The seed that the learner's session has in the file."""
    store = await open_store(path)
    session = (await store.kept("t", "l")).session
    await store.close()
    return session.seed if session else ""


async def test_a_database_that_another_program_holds_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "a.db")
    await store.save([turn("e1", "before")])
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await store._db.execute("PRAGMA busy_timeout=0")
    with pytest.raises(StoreBusyError, match="Another program is writing"):
        await store.save([turn("e2", "after")])
    other.execute("ROLLBACK")
    other.close()
    await store.save([turn("e2", "after")])  # delivered again, it works
    await store.close()
    assert await seed_of(tmp_path / "a.db") == "after"


async def test_a_full_disk_is_named_and_what_was_kept_stays(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "a.db")
    await store.save([turn("e1", "before")])
    ((pages,),) = await store._db.execute_fetchall("PRAGMA page_count")
    await store._db.execute_fetchall(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreFullError, match="full"):
        await store.save([turn(f"e{n}", BIG) for n in range(2, 50)])
    assert (await store.read([("t", "l", "e2", "")])).seen == frozenset()
    await store.close()
    assert await seed_of(tmp_path / "a.db") == "before"


async def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"These are my holiday notes. " * 400)
    with pytest.raises(StoreDamagedError, match="damaged, or is no database of ours"):
        await open_store(path)
    assert path.read_bytes() == b"These are my holiday notes. " * 400


async def test_a_damaged_database_is_noticed_at_start(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    store = await open_store(path)
    await store.save([turn(f"e{n}", BIG) for n in range(40)])
    await store.close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 4] = os.urandom(4096 * 2)
    path.write_bytes(content)
    with pytest.raises(StoreDamagedError, match="Put a backup in its place"):
        await open_store(path)


async def test_a_database_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    await (await open_store(path)).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(StoreTooNewError, match="made by a newer Mayshare"):
        await open_store(path)


async def test_a_session_of_a_newer_format_is_not_guessed_at(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "a.db")
    await store.save([turn("e1")])
    await store._db.execute("UPDATE sessions SET format = 99")
    await store._db.commit()
    with pytest.raises(StoreTooNewError):
        await store.read([("t", "l", "e2", "")])
    await store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
async def test_a_database_that_cannot_be_written_is_named_at_start(tmp_path: Path) -> None:
    """As root every file can be written, so the file is opened read-only through its address."""
    path = tmp_path / "a.db"
    await (await open_store(path)).close()
    if os.geteuid() == 0:
        store = await open_store(path)
        await store._db.execute_fetchall("PRAGMA query_only=ON")
        with pytest.raises(StoreReadOnlyError, match="cannot be written"):
            await store.save([turn("e1")])
        await store.close()
        return
    path.chmod(0o444)
    with pytest.raises(StoreReadOnlyError, match="cannot be written"):
        await open_store(path)


async def test_a_place_where_no_file_can_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("I am no folder.")
    with pytest.raises(StoreReadOnlyError, match="Make its folder writable"):
        await open_store(tmp_path / "file" / "a.db")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StoreError, match="MAYSHARE_DATABASE"):
        await open_store(tmp_path / "folder.db")


# --- one serving process ---------------------------------------------------------------------


async def test_a_second_process_waits_a_while_then_stops_with_the_mend(tmp_path: Path) -> None:
    first = await open_store(tmp_path / "a.db")
    with pytest.raises(StoreBusyError, match="Another Mayshare is running"):
        await open_store(tmp_path / "a.db", lease_wait=0.05)
    await first.close()
    await (await open_store(tmp_path / "a.db", lease_wait=0.05)).close()


async def test_the_second_gets_the_lease_when_the_first_stops_while_it_waits(tmp_path: Path) -> None:
    first = await open_store(tmp_path / "a.db")
    second = asyncio.create_task(open_store(tmp_path / "a.db"))
    await asyncio.wait({second}, timeout=0.2)
    assert not second.done()
    await first.close()
    await (await second).close()


async def test_a_killed_process_leaves_no_lease_behind(tmp_path: Path) -> None:
    code = (
        "import asyncio, pathlib, sys\n"
        "from bot.store.sqlite import open_store\n"
        "async def main():\n"
        "    store = await open_store(pathlib.Path(sys.argv[1]))\n"
        "    print('open', flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path / "a.db"), stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"open\n"
    with pytest.raises(StoreBusyError):
        await open_store(tmp_path / "a.db", lease_wait=0.05)
    holder.send_signal(signal.SIGKILL)
    await holder.wait()
    await (await open_store(tmp_path / "a.db", lease_wait=2)).close()


async def test_export_and_erase_work_beside_a_running_process(tmp_path: Path) -> None:
    running = await open_store(tmp_path / "a.db")
    await running.save([turn("e1", "mine")])
    beside = await open_store(tmp_path / "a.db", lease=False)
    kept = await beside.kept("t", "l")
    assert kept.session is not None
    assert await beside.erase("t", "l")
    await beside.close()
    assert (await running.read([("t", "l", "e2", "")])).sessions == {}
    await running.save([turn("e2", "anew")])
    await running.close()


async def test_a_command_beside_nothing_says_that_there_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="There is no database at"):
        await open_store(tmp_path / "none.db", lease=False)
    assert not (tmp_path / "none.db").exists()


# --- tables ----------------------------------------------------------------------------------


async def test_an_older_database_is_brought_up_to_date_by_a_serving_process_only(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    sqlite3.connect(path).close()
    path.touch()
    with pytest.raises(StoreError, match="of an older version"):
        await open_store(path, lease=False)
    await (await open_store(path)).close()
    await (await open_store(path, lease=False)).close()


async def test_every_commit_is_flushed_and_what_is_erased_is_overwritten(tmp_path: Path) -> None:
    store: SqliteStore = await open_store(tmp_path / "a.db")
    for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1)):
        ((is_set,),) = await store._db.execute_fetchall(f"PRAGMA {pragma}")
        assert is_set == value
    await store.close()


# --- what was erased leaves the log, and nobody waits for it ---------------------------------


async def test_while_another_program_reads_the_log_waits_and_is_emptied_later(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "a.db")
    await store.save([turn("e1", "Zyxwvut")])
    reader = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM sessions").fetchall()
    assert await store.erase("t", "l")  # it does not wait for the reader
    assert b"Zyxwvut" in (tmp_path / "a.db-wal").read_bytes()
    reader.execute("COMMIT")
    reader.close()
    await store.save([Done("t", "other", "e2", NOW, Session(seed="s"))])
    for path in tmp_path.iterdir():
        assert b"Zyxwvut" not in path.read_bytes(), path
    await store.close()


async def test_a_row_that_cannot_be_read_keeps_no_other_waiting(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "a.db")
    rows = tuple(
        Row(store.number(), "t", "l", HOME, WAITING, None, None, 2**40, Line(text=text)) for text in "ab"
    )
    await store.save([Done("t", "l", "e1", NOW, rows=rows)])
    await store._db.execute(
        """UPDATE outbox SET body = '{"type":"gone"}' WHERE number = ?""", (rows[0].number,)
    )
    await store._db.commit()
    assert list(await store.unsent()) == [rows[1]]
    await store.close()


async def test_a_session_that_cannot_be_read_is_named_as_damage(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "a.db")
    await store.save([turn("e1")])
    await store._db.execute("UPDATE sessions SET body = '{'")
    await store._db.commit()
    with pytest.raises(StoreDamagedError):
        await store.read([("t", "l", "e2", "")])
    await store.close()


async def test_the_answers_to_a_drill_are_found_without_reading_all_that_were_ever_given(
    tmp_path: Path,
) -> None:
    store = await open_store(tmp_path / "a.db")
    asked = {"tenant": "t", "key": "d1.20260302"}
    plan = await store._db.execute_fetchall(f"EXPLAIN QUERY PLAN {_SQL['answers_of']}", asked)
    await store.close()
    assert any("results_by_drill" in row[3] for row in plan), list(plan)
