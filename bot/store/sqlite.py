"""The store in one SQLite file, by aiosqlite: WAL, `synchronous=FULL`, one writer.

A hop to the database thread costs as much as a flush to disk, and more where the loop is busy,
so a batch is two: one read, and one call that writes all its tables and commits. This is the
only module that runs SQL; the SQL is in `bot/sql/`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
import msgspec
from filelock import FileLock, Timeout

from bot.codes import GUESSES_KEPT
from bot.model import SESSION_FORMAT, Address, Drill, Member, Session, Team, Week
from bot.store import (
    NUDGES,
    Account,
    Answered,
    Code,
    Copy,
    Done,
    EventKey,
    Failed,
    Heard,
    Kept,
    Known,
    Learner,
    Link,
    Mark,
    Offer,
    Place,
    Row,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
    StoreTooNewError,
    TeamKey,
)
from bot.store.rows import (
    address_from,
    assignment_values,
    code_values,
    drill_values,
    failure_values,
    link_from,
    link_values,
    mark_values,
    member_values,
    moment,
    result_from,
    result_values,
    row_from,
    row_values,
    seconds,
    session_values,
    set_aside,
    team_values,
    week_values,
)

SEEN_KEPT = 72 * 3600  # seconds an event's id is kept; Telegram delivers again for 24 hours
SENT_KEPT = 30 * 24 * 3600  # seconds the id of a message that may be edited is kept
DRILLS_KEPT = 400 * 24 * 3600  # seconds it is kept who finished a drill, and who left its audience
BUSY = 5.0  # seconds to wait for another program's transaction
LEASE_WAIT = 10.0  # seconds a second program waits for the first to stop
LEASE_LOOK = 0.1  # seconds between two looks

log = logging.getLogger(__name__)

_ERASE = (
    "erase_sessions",
    "erase_results",
    "erase_outbox",
    "erase_members",
    "erase_assignments",
    "erase_ordered",
    "erase_named",
    "erase_guests_members",
    "erase_guests_assignments",
    "erase_guests_codes",
    "erase_guests_guesses",
    "erase_links",
    "erase_codes",
    "erase_guesses",
)

_session_decoder = msgspec.json.Decoder(Session)
_team_decoder = msgspec.json.Decoder(Team)
_drill_decoder = msgspec.json.Decoder(Drill)
_member_decoder = msgspec.json.Decoder(Member)
_week_decoder = msgspec.json.Decoder(Week)

_OF_DRILLS = (
    ("drills_kept_of", ("drill", "name", "zone", "since", "left")),
    ("assignments_of", ("drill", "day", "state", "at")),
    ("orders_of", ("ordered", "name", "state")),
)

T = TypeVar("T")


def _named_queries(text: str) -> dict[str, str]:
    """Read a file of SQL in which each query stands under a line '-- name: ...'."""
    parts = text.split("-- name: ")[1:]
    return {name.strip(): sql.strip() for name, _, sql in (part.partition("\n") for part in parts)}


_SQL = _named_queries((resources.files("bot") / "sql" / "queries.sql").read_text("utf-8"))


def _migrations() -> list[tuple[int, str]]:
    """Give the numbered migrations, in order."""
    files = (resources.files("bot") / "sql").iterdir()
    numbered = [(int(file.name[:3]), file.read_text("utf-8")) for file in files if file.name[:3].isdigit()]
    return sorted(numbered)


@contextlib.contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, each with what to do."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", None) or ""
        raise _error_for(name, error, path) from error


def _error_for(name: str, error: sqlite3.Error, path: Path) -> StoreError:
    family = "_".join(name.split("_")[:2])
    match family:
        case "SQLITE_BUSY" | "SQLITE_LOCKED":
            return StoreBusyError(
                f"Another program is writing to the database {path}. Nothing was lost. "
                "Stop the other program, or try again in a moment."
            )
        case "SQLITE_FULL":
            return StoreFullError(
                f"The disk that holds the database {path} is full. Nothing that was answered is lost. "
                "Free some space, then start again."
            )
        case "SQLITE_READONLY" | "SQLITE_PERM" | "SQLITE_AUTH":
            return StoreReadOnlyError(
                f"The database {path} cannot be written. Make the file and its folder writable, "
                "or name another place in MAYSHARE_DATABASE."
            )
        case "SQLITE_CANTOPEN":
            return StoreReadOnlyError(
                f"The database {path} cannot be opened. Is its folder there, and may this user write in it? "
                "Another place can be named in MAYSHARE_DATABASE."
            )
        case "SQLITE_CORRUPT" | "SQLITE_NOTADB":
            return StoreDamagedError(
                f"The file {path} is damaged, or is no database of ours. It was left as it is. "
                "Put a backup in its place, or move it away to begin anew."
            )
        case _:
            return StoreError(f"The database {path} failed: {error} ({name or type(error).__name__}).")


TRANSACTION = "a whole transaction"  # no SQL: it stands for all that `Connection.executemany` then gets


class Connection(sqlite3.Connection):
    """
    A connection that can do a whole transaction in one call.

    aiosqlite runs each call of a connection in its thread, which costs a hop there and back; for
    a batch of turns that would be one a table, and one for the commit.
    """

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """
        Run many values through a statement; for TRANSACTION many statements, each with many values.

        Returns:
            The cursor of the statement; of a transaction that of the one which touched most rows.
        """
        if sql != TRANSACTION:
            return super().executemany(sql, parameters)
        done = [self.cursor()]
        with self:  # commits at the end, or rolls all of it back
            for statement, values in parameters:
                done.append(super().executemany(statement, values))
        return max(done, key=lambda cursor: cursor.rowcount)


class SqliteStore:
    """A `Store` in one file. Make it with `open_store`."""

    def __init__(self, db: aiosqlite.Connection, path: Path, lease: FileLock | None, number: int) -> None:
        self._db = db
        self._path = path
        self._lease = lease
        self._number = number
        self._last_words: set[Learner] = set()  # erased, but the word that says so still names them
        self._to_forget = False  # something was erased, and the log may still hold it
        self._one = asyncio.Lock()  # tasks that share a connection could commit each other's work

    async def read(self, arrivals: Sequence[Heard]) -> Known:
        """Read all a batch needs in one statement."""
        async with self._one:
            with _clear_errors(self._path):
                rows = await self._db.execute_fetchall(_SQL["read_batch"], {"arrivals": json.dumps(arrivals)})
        seen: set[EventKey] = set()
        tries: dict[EventKey, int] = {}
        sessions: dict[Learner, Session] = {}
        teams: dict[TeamKey, Team] = {}
        whose: dict[Learner, Learner] = {}
        for number, was_seen, failed, home, owner, form, body, team_tenant, place, team in rows:
            tenant, learner, event, _ = arrivals[number]
            who = (tenant, learner)
            if home is not None:
                whose[who] = who = (home, owner)
            if was_seen:
                seen.add((tenant, event))
            if failed:
                tries[tenant, event] = failed
            if body is not None and who not in sessions:
                sessions[who] = self._session(form, body)
            if team is not None and (team_tenant, place) not in teams:
                teams[team_tenant, place] = self._decoded(_team_decoder, team)
        return Known(frozenset(seen), tries, sessions, teams, whose)

    def _session(self, form: int, body: str) -> Session:
        if form > SESSION_FORMAT:
            raise StoreTooNewError(_too_new(self._path))
        return self._decoded(_session_decoder, body)

    def _decoded(self, decoder: msgspec.json.Decoder[T], body: str) -> T:
        try:
            return decoder.decode(body)
        except msgspec.MsgspecError:
            raise _error_for("SQLITE_CORRUPT", sqlite3.DatabaseError(), self._path) from None

    async def contents(self, hashes: Collection[str]) -> Mapping[str, bytes]:
        """Read pinned content."""
        async with self._one:
            with _clear_errors(self._path):
                rows = await self._db.execute_fetchall(
                    _SQL["read_contents"], {"hashes": json.dumps(sorted(hashes))}
                )
        return {hash_: body for hash_, form, body in rows if form <= SESSION_FORMAT}

    def number(self) -> int:
        """Give the next number of the outbox; one process writes, so it can count."""
        self._number += 1
        return self._number

    async def save(
        self, done: Sequence[Done], failed: Sequence[Failed] = (), contents: Mapping[str, bytes] | None = None
    ) -> None:
        """Write a batch: one statement a table, one commit."""
        erased = [(turn.tenant, turn.learner) for turn in done if turn.erase]
        joined = [(turn, turn.link) for turn in done if turn.link is not None]
        moves = [(turn.tenant, turn.learner, *link.guest) for turn, link in joined]
        guests = [link.guest for _, link in joined]
        going = [guest for turn in done for guest in turn.unlink]
        places = [(turn.place, turn.moved) for turn in done if turn.place and turn.moved]
        renamed = [(new, tenant, old) for (_, new), (tenant, old) in places]
        await self._write(
            [
                *((query, erased) for query in _ERASE),
                ("drop_rows_at_guest", [*going, *guests]),
                ("drop_link", going),
                ("move_results", moves),
                ("move_outbox", moves),
                *(
                    (query, guests)
                    for query in ("erase_sessions", "erase_results", "erase_codes", "erase_guesses")
                ),
                ("erase_codes", [(turn.tenant, turn.learner) for turn, _ in joined]),
                ("save_link", [link_values(turn, link) for turn, link in joined]),
                ("save_guess", [_guess_values(turn) for turn in done if turn.guess]),
                ("move_team", renamed),
                ("move_team_picked", renamed),
                ("move_drills", renamed),
                ("save_content", [(hash_, SESSION_FORMAT, body) for hash_, body in (contents or {}).items()]),
                ("save_event", [(turn.heard or turn.tenant, turn.event, seconds(turn.at)) for turn in done]),
                ("save_failure", [failure_values(one) for one in (*failed, *set_aside(done))]),
                ("save_session", session_values(done)),
                ("save_result", [result_values(turn, one) for turn in done for one in turn.results]),
                ("save_row", [row_values(row) for turn in done for row in turn.rows]),
                ("save_team", [team_values(turn) for turn in done if turn.team]),
                ("save_count", _count_values(done)),
                *_drill_values(done),
            ]
        )
        self._last_words |= set(erased)
        self._to_forget |= bool(erased)
        await self._forget()

    async def unsent(self) -> Sequence[Row]:
        """Read what waits to be sent."""
        async with self._one:
            with _clear_errors(self._path):
                rows = await self._db.execute_fetchall(_SQL["unsent"])
        waiting: list[Row] = []
        for values in rows:
            try:
                waiting.append(row_from(values))
            except msgspec.MsgspecError:  # of another version, or damaged: it must not keep others waiting
                log.warning("unreadable row left", extra={"action": "unsent", "row": values[0]})
        return waiting

    async def still_waiting(self, row: Row) -> bool:
        """Look whether a row is still there."""
        async with self._one:
            with _clear_errors(self._path):
                return bool(list(await self._db.execute_fetchall(_SQL["still_waiting"], (row.number,))))

    async def mark(self, marks: Sequence[Mark]) -> None:
        """Write what became of some rows, in one commit."""
        trying = [(mark.row.number,) for mark in marks if mark.what == "trying"]
        sent = [
            (mark.at, mark.message, mark.row.number)
            for mark in marks
            if mark.what == "sent" and mark.row.key is not None
        ]
        gone = [
            (mark.row.number,)
            for mark in marks
            if mark.what == "dropped" or (mark.what == "sent" and mark.row.key is None)
        ]
        last = [
            (mark.row.tenant, mark.row.learner, mark.row.edits, mark.row.number)
            for mark in marks
            if mark.last
        ]
        edited = [
            (mark.row.tenant, mark.row.learner, mark.row.edits, mark.row.number)
            for mark in marks
            if mark.what == "sent" and mark.row.edits is not None
        ]
        await self._write(
            [
                ("mark_trying", trying),
                ("mark_sent", sent),
                ("drop_older_edits", edited),
                ("drop_message", last),
                ("drop_row", gone),
            ]
        )
        told = {(mark.row.tenant, mark.row.learner) for mark in marks if mark.what != "trying"}
        self._to_forget |= bool(told & self._last_words)
        self._last_words -= told
        await self._forget()

    async def message_of(self, row: Row) -> tuple[str, Address] | None:
        """Look up the message that an edit changes."""
        async with self._one:
            with _clear_errors(self._path):
                found = await self._db.execute_fetchall(
                    _SQL["message_of"], (row.tenant, row.learner, row.edits, row.number)
                )
        return next(((message, address_from(address)) for message, address in found), None)

    async def kept(self, tenant: str, learner: str) -> Kept:
        """Read all about one learner, as it stood at one moment."""
        async with self._one:
            with _clear_errors(self._path):
                await self._db.execute("BEGIN")
                try:
                    who = await self._learner_of(tenant, learner)
                    links = await self._db.execute_fetchall(_SQL["links_of"], who)
                    sessions = await self._db.execute_fetchall(_SQL["one_session"], who)
                    results = await self._db.execute_fetchall(_SQL["results_of"], who)
                    ((waiting,),) = await self._db.execute_fetchall(_SQL["waiting_of"], who)
                    messages = await self._db.execute_fetchall(_SQL["messages_of"], who)
                    drills = [
                        dict(zip(names, row, strict=True))
                        for account in (who, *({"tenant": link[0], "learner": link[1]} for link in links))
                        for query, names in _OF_DRILLS
                        for row in await self._db.execute_fetchall(_SQL[query], account)
                    ]
                finally:
                    await self._db.rollback()
        return Kept(
            session=next((self._session(form, body) for form, body in sessions), None),
            results=tuple(result_from(values) for values in results),
            waiting=waiting,
            messages=tuple(
                {"key": key, "message": message, "sent": moment(sent).isoformat()}
                for key, message, sent in messages
            ),
            links=tuple(map(link_from, links)),
            drills=tuple(drills),
        )

    async def _learner_of(self, tenant: str, learner: str) -> Mapping[str, str]:
        """Name the learner whose an account is: itself, unless it is linked."""
        account = {"tenant": tenant, "learner": learner}
        found = await self._db.execute_fetchall(_SQL["learner_of"], account)
        return next(({"tenant": home, "learner": owner} for home, owner in found), account)

    async def save_code(self, code: Code) -> None:
        """Keep a code's hash."""
        await self._write([("save_code", [code_values(code)])])

    async def offer(self, hash: str, now: int) -> Offer | None:
        """Find whose code it is."""
        rows = await self._rows("code_of", {"hash": hash, "now": now})
        for tenant, learner, address, form, body, updated in rows:
            session = self._session(form, body) if body is not None else None
            return Offer((tenant, learner), address_from(address), Account(session, updated))
        return None

    async def account(self, learner: Learner, since: int) -> Account:
        """Read what an account itself has."""
        tenant, id = learner
        ((form, body, updated, tries),) = await self._rows(
            "account", {"tenant": tenant, "learner": id, "since": since}
        )
        return Account(self._session(form, body) if body is not None else None, updated, tries)

    async def links(self, learner: Learner) -> Sequence[Link]:
        """Read a learner's linked accounts."""
        tenant, id = learner
        return [link_from(row) for row in await self._rows("links_of", {"tenant": tenant, "learner": id})]

    async def _rows(self, query: str, values: Mapping[str, Any]) -> list[Any]:
        async with self._one:
            with _clear_errors(self._path):
                return list(await self._db.execute_fetchall(_SQL[query], values))

    async def team(self, tenant: str, place: str = "") -> Team:
        """Read what a tenant's administrators set."""
        rows = await self._rows("team", {"tenant": tenant, "place": place})
        return next((self._decoded(_team_decoder, body) for (body,) in rows), Team())

    async def counts(self) -> Sequence[tuple[str, str, int]]:
        """Read what was counted for authors."""
        return [(kind, name, number) for kind, name, number in await self._rows("counts", {})]

    # --- drills -------------------------------------------------------------------------------

    async def drills(self, tenant: str) -> Sequence[Drill]:
        """Read the drills of a tenant."""
        return [
            self._decoded(_drill_decoder, body) for (body,) in await self._rows("drills", {"tenant": tenant})
        ]

    async def all_drills(self, now: int) -> Sequence[tuple[str, Drill]]:
        """Read the drills for which something may be to do."""
        rows = await self._rows("all_drills", {"now": now})
        return [(tenant, self._decoded(_drill_decoder, body)) for tenant, body in rows]

    async def save_members(self, tenant: str, drill: str, members: Sequence[Member], now: int) -> None:
        """Keep an audience as the platform tells it."""
        ids = json.dumps([member.learner for member in members])
        await self._write(
            [
                ("members_gone", [(now, tenant, drill, ids)]),
                ("save_member", [member_values(tenant, drill, member, now) for member in members]),
            ]
        )

    async def members(self, tenant: str, drill: str) -> Sequence[Place]:
        """Read an audience."""
        rows = await self._rows("members", {"tenant": tenant, "drill": drill})
        return [Place(self._decoded(_member_decoder, body), since, gone) for _, body, since, gone in rows]

    async def copies(self, tenant: str, drill: str, since: date) -> Sequence[Copy]:
        """Read the assignments of a drill."""
        rows = await self._rows("assignments", {"tenant": tenant, "drill": drill, "since": since.isoformat()})
        return [Copy(account, date.fromisoformat(day), *rest) for account, day, *rest in rows]

    async def answers(self, tenant: str, key: str) -> Sequence[Answered]:
        """Read the first answers to an occurrence."""
        rows = await self._rows("answers_of", {"tenant": tenant, "key": key})
        return [
            Answered((home, learner), rule, f"{scenario}.{step}", bool(right), slip)
            for home, learner, rule, scenario, step, right, slip in rows
        ]

    async def save_week(self, tenant: str, week: Week) -> None:
        """Keep a week's figures."""
        await self._write([("save_week", [week_values(tenant, week)])])

    async def weeks(self, tenant: str, drill: str, since: date = date.min) -> Sequence[tuple[Week, bool]]:
        """Read the weeks that have closed."""
        rows = await self._rows("weeks", {"tenant": tenant, "drill": drill, "since": since.isoformat()})
        return [(self._decoded(_week_decoder, body), bool(told)) for body, told in rows]

    async def erase(self, tenant: str, learner: str) -> bool:
        """Remove a learner, then empty the log so that nothing is left in the files."""
        async with self._one:
            with _clear_errors(self._path):
                who = await self._learner_of(tenant, learner)
        owner = (who["tenant"], who["learner"])
        removed = await self._write([(query, [owner]) for query in _ERASE])
        self._to_forget = True
        await self._forget()
        return removed > 0

    async def _forget(self) -> None:
        """
        After an erasing, write the log back into the file and cut it to nothing.

        `secure_delete` zeroed what was removed. What was asked for is committed by now, so nothing is
        raised: while another program reads, the log stays, and the next commit tries again.
        """
        if not self._to_forget:
            return
        async with self._one:
            try:
                await self._db.execute_fetchall("PRAGMA busy_timeout=0")  # nobody waits for tidying
                ((busy, *_),) = await self._db.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
                self._to_forget = bool(busy)
            except sqlite3.Error as error:
                name = getattr(error, "sqlite_errorname", type(error).__name__)
                log.warning("the log is not emptied", extra={"action": "forget", "error": name})
            finally:
                with contextlib.suppress(sqlite3.Error):
                    await self._db.execute_fetchall(f"PRAGMA busy_timeout={int(BUSY * 1000)}")

    async def tidy(self, now: int, today: Collection[str]) -> None:
        """Remove old event ids, old message ids, and content that no run needs."""
        await self._write(
            [
                ("tidy_events", [(now - SEEN_KEPT,)]),
                ("tidy_failures", [(now - SEEN_KEPT,)]),
                ("tidy_messages", [(now - SENT_KEPT,)]),
                ("tidy_codes", [(now,)]),
                ("tidy_guesses", [(now - GUESSES_KEPT,)]),
                ("tidy_assignments", [(now - DRILLS_KEPT,)]),
                ("tidy_members", [(now - DRILLS_KEPT,)]),
                ("tidy_contents", [(json.dumps(sorted(today)),)]),
            ]
        )
        self._to_forget = True
        await self._forget()

    async def close(self) -> None:
        """Close the file and give the lease back."""
        await self._db.close()
        if self._lease is not None:
            self._lease.release()

    async def _write(self, tables: Sequence[tuple[str, Sequence[tuple[Any, ...]]]]) -> int:
        """Run named statements as one transaction, in one hop; give most rows that one of them touched."""
        async with self._one:
            with _clear_errors(self._path):
                statements = [(_SQL[query], values) for query, values in tables if values]
                return (await self._db.executemany(TRANSACTION, statements)).rowcount


def _count_values(done: Sequence[Done]) -> list[tuple[str, str, str, int]]:
    """Give the values of save_count: a batch's counts added up."""
    counted = Counter((turn.tenant, kind, name) for turn in done for kind, name in turn.counts)
    return [(*key, number) for key, number in counted.items()]


def _drill_values(done: Sequence[Done]) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Give the statements about drills, each with its values, in their order."""
    marks = [(turn.marked, seconds(turn.at)) for turn in done if turn.marked is not None]
    fresh = [(one, at) for one, at in marks if one.closes]
    nudged = [(one, at) for one, at in marks if one.state in NUDGES]
    changed = [(one, at) for one, at in marks if not one.closes and one.state not in NUDGES]
    joined = [(turn, *turn.joined) for turn in done if turn.joined is not None]
    yield "save_drill", [drill_values(turn, turn.drill) for turn in done if turn.drill is not None]
    yield "save_assignment", [assignment_values(one, at) for one, at in fresh]
    yield "mark_assignment", [mark_values(one, at) for one, at in changed]
    yield "mark_nudged", [(*NUDGES[one.state], *mark_values(one, at)[1:]) for one, at in nudged]
    yield (
        "save_member",
        [
            member_values(turn.heard or turn.tenant, drill, member, seconds(turn.at))
            for turn, drill, member in joined
            if member is not None
        ],
    )
    yield (
        "member_gone",
        [
            (seconds(turn.at), turn.heard or turn.tenant, drill, turn.account or turn.learner)
            for turn, drill, member in joined
            if member is None
        ],
    )
    yield (
        "member_away",
        [
            (seconds(turn.at), turn.heard or turn.tenant, turn.account or turn.learner, turn.away)
            for turn in done
            if turn.away is not None
        ],
    )
    yield (
        "mark_told",
        [
            (turn.heard or turn.tenant, turn.told[0], turn.told[1].isoformat())
            for turn in done
            if turn.told is not None
        ],
    )


def _guess_values(turn: Done) -> tuple[Any, ...]:
    """Give the values of save_guess."""
    assert turn.guess is not None
    return *turn.guess, seconds(turn.at), seconds(turn.at) - GUESSES_KEPT


async def open_store(
    path: Path,
    *,
    lease: bool = True,
    lease_wait: float = LEASE_WAIT,
    tell: Callable[[str], None] = lambda _: None,
) -> SqliteStore:
    """
    Open the database, make or migrate its tables, and look whether it is sound.

    Args:
        path: of the file; it and its folder are made when missing.
        lease: hold the one right to serve from this file. Without it the file must exist.
        lease_wait: seconds to wait for another holder to stop.
        tell: takes a line for the person who waits, when there is a wait.

    Raises:
        StoreError: it cannot be used; the text says why and what to do.
    """
    if not lease and not await asyncio.to_thread(path.exists):
        raise StoreError(f"There is no database at {path}. MAYSHARE_DATABASE can name another place.")
    lock = await _take_lease(path, lease_wait, tell) if lease else None
    try:
        with _clear_errors(path):
            await asyncio.to_thread(_probe, path)
            db = await aiosqlite.connect(path, timeout=BUSY, factory=Connection)
            try:
                await _prepare(db, path, migrate=lease)
                ((number,),) = await db.execute_fetchall(_SQL["last_number"])
            except BaseException:
                await db.close()
                raise
    except BaseException:
        if lock is not None:
            lock.release()
        raise
    return SqliteStore(db, path, lock, number)


async def _take_lease(path: Path, wait: float, tell: Callable[[str], None]) -> FileLock:
    """Take a lock that the system gives back when a process dies, however it dies."""
    lock = FileLock(path.with_name(path.name + ".lock"), thread_local=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            tell(f"Another Mayshare has {path} open. Waiting up to {wait:.0f} seconds for it to stop ...")
            await _acquired(lock, wait)
    except Timeout:
        raise StoreBusyError(
            f"Another Mayshare is running on the database {path}. Stop it first, "
            "or give this one a database of its own in MAYSHARE_DATABASE."
        ) from None
    except OSError as error:
        raise StoreReadOnlyError(
            f"Nothing can be written beside the database {path} ({error.strerror}). "
            "Make its folder writable, or name another place in MAYSHARE_DATABASE."
        ) from error
    return lock


async def _acquired(lock: FileLock, wait: float) -> None:
    """Wait for a lock on the loop, so that Ctrl-C and SIGTERM are heard meanwhile."""
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    while True:
        await asyncio.sleep(min(LEASE_LOOK, wait))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if loop.time() >= until:
                raise
        else:
            return


def _probe(path: Path) -> None:
    """Open and close the file: an aiosqlite connection that fails to open leaves a thread behind."""
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY)) as db:
        db.execute("PRAGMA schema_version").fetchone()


async def _prepare(db: aiosqlite.Connection, path: Path, *, migrate: bool) -> None:
    """Set the file up: how it is written, whether it is sound, which tables it has."""
    newest = _migrations()[-1][0]
    ((version,),) = await db.execute_fetchall("PRAGMA user_version")
    if version > newest:
        raise StoreTooNewError(_too_new(path))
    if version < newest and not migrate:
        raise StoreError(
            f"The database {path} is of an older version. Start the tutor once: it brings it up to date."
        )
    ((mode,),) = await db.execute_fetchall("PRAGMA journal_mode=WAL")
    if mode != "wal":
        raise StoreReadOnlyError(
            f"The database {path} cannot keep a write-ahead log there. Move it to a local disk."
        )
    for pragma in ("synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
        await db.execute_fetchall(f"PRAGMA {pragma}")
    ((sound,),) = await db.execute_fetchall("PRAGMA quick_check(1)")
    if sound != "ok":
        raise _error_for("SQLITE_CORRUPT", sqlite3.DatabaseError(sound), path)
    for number, sql in _migrations():
        if number > version:
            await db.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version={number};\nCOMMIT;")
    if migrate:  # a read-only file is noticed now, not at the first answer
        await db.execute("BEGIN IMMEDIATE")
        await db.execute_fetchall(f"PRAGMA user_version={newest}")
        await db.commit()


def _too_new(path: Path) -> str:
    return (
        f"The database {path} was made by a newer Mayshare. It was left as it is. Install the newer version."
    )
