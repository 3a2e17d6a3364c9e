"""Reports on the command line: where the content falls short, and how a team does in its drills."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from adapters.pictures import draw
from adapters.settings import Settings
from bot.engine import drill_texts as texts
from bot.model import Drill, Library, Week
from bot.report import TeamBook, content_report, people_table, team_chart, team_table, team_text, week_of
from bot.store.sqlite import SqliteStore, open_store


class ReportError(Exception):
    """There is no such report; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A drill in the list: whose it is, what it is, when its last week was."""

    tenant: str
    drill: Drill
    last: date | None


def wrong_call(args: argparse.Namespace) -> str | None:
    """Say what is wrong with the arguments; None where nothing is."""
    of_drill = {"--tenant": args.tenant, "--day": args.day}
    of_drill |= {"--csv": args.csv, "--completions": args.completions, "--png": args.png}
    given = [name for name, value in of_drill.items() if value is not None]
    if args.content and (args.drill or given):
        return f"--content is on laws and questions, of no drill: leave out {args.drill or given[0]}."
    if not args.drill and not args.content and (others := [one for one in given if one != "--tenant"]):
        return f"{others[0]} is of one drill: name it. `mayshare report` lists them."
    return None


def reported(settings: Settings, args: argparse.Namespace, library: Callable[[], Library]) -> str:
    """
    Make the report that is asked for, and write the files.

    Args:
        settings: where the database is.
        args: as the command line gives them.
        library: loads what authors wrote.

    Raises:
        ReportError: there is no such drill or week, or a file cannot be written.
        StoreError: the database cannot be read.
    """
    if args.content:
        counted = asyncio.run(_read(settings, SqliteStore.counts))
        return content_report(library(), counted, as_json=args.json)
    listed = asyncio.run(_read(settings, _listed))
    if args.tenant is not None:
        listed = [one for one in listed if one.tenant == args.tenant]
    if args.drill is None:
        return _list_as_json(listed) if args.json else _list_as_text(library(), listed)
    found = _found(listed, args.drill)

    async def kept(store: SqliteStore) -> TeamBook:
        return await _book(store, found)

    book = asyncio.run(_read(settings, kept))
    if args.day is not None and week_of(book, args.day) is None:
        raise ReportError(_no_such_week(book, args.day))
    shown = library()
    written = _write_files(shown, book, args)
    if args.json:
        return _book_as_json(shown, book, args.day)
    return "\n".join([team_text(shown, book, args.day), *(["", *written] if written else [])])


async def _read(settings: Settings, read: Callable[[SqliteStore], Any]) -> Any:
    """Read from the store, beside a process that may be serving."""
    store = await open_store(settings.database, lease=False)
    try:
        return await read(store)
    finally:
        await store.close()


async def _listed(store: SqliteStore) -> list[Listed]:
    """List the drills that go on, and those that ever went out."""
    listed = []
    for tenant, drill in await store.all_drills(0):
        weeks = await store.weeks(tenant, drill.id)
        listed.append(Listed(tenant, drill, max((week.day for week, _ in weeks), default=None)))
    return listed


async def _book(store: SqliteStore, one: Listed) -> TeamBook:
    tenant, id = one.tenant, one.drill.id
    return TeamBook(
        drill=one.drill,
        weeks=[week for week, _ in await store.weeks(tenant, id)],
        places=await store.members(tenant, id),
        copies=await store.copies(tenant, id, date.min),
    )


def _found(listed: Sequence[Listed], id: str) -> Listed:
    named = [one for one in listed if one.drill.id == id]
    if not named:
        known = ", ".join(one.drill.id for one in listed) or "none"
        raise ReportError(f"There is no drill {id!r}. The drills are: {known}.")
    if len(named) > 1:
        tenants = ", ".join(one.tenant for one in named)
        raise ReportError(f"There are drills {id!r} in {tenants}: add --tenant and one of these.")
    return named[0]


def _no_such_week(book: TeamBook, day: date) -> str:
    if not book.weeks:
        return texts.NO_RESULTS
    known = ", ".join(week.day.isoformat() for week in book.weeks[-8:])
    return f"No week of {day.isoformat()} has closed in this drill. The last that have: {known}."


# --- files -----------------------------------------------------------------------------------


def _write_files(library: Library, book: TeamBook, args: argparse.Namespace) -> list[str]:
    """Write what was asked for; say what was written."""
    files: list[tuple[Path | None, Callable[[], bytes]]] = [
        (args.csv, lambda: team_table(library, book).encode("utf-8-sig")),
        (args.completions, lambda: people_table(book).encode("utf-8-sig")),
        (args.png, lambda: _picture(library, book, args.day)),
    ]
    made = [(path, make()) for path, make in files if path is not None]  # all, before the first is written
    for path, body in made:
        try:
            path.write_bytes(body)
        except OSError as error:
            raise ReportError(f"{path} cannot be written: {error.strerror}. Name another file.") from error
    return [f"Wrote {path}." for path, _ in made]


def _picture(library: Library, book: TeamBook, day: date | None) -> bytes:
    chart = team_chart(library, book, day)
    if chart is None:
        raise ReportError("There is no figure to draw: fewer than five people answered any rule.")
    png = draw(chart)
    if png is None:
        raise ReportError("A picture needs matplotlib: pip install '.[pictures]'. The rest works without it.")
    return png


# --- told ------------------------------------------------------------------------------------


def _list_as_text(library: Library, listed: Sequence[Listed]) -> str:
    if not listed:
        return texts.NONE_YET
    lines = []
    for one in listed:
        last = f"last week {one.last.isoformat()}" if one.last else "no week has closed yet"
        lines.append(f"{one.drill.id}  {one.tenant}  {last}  {texts.described(library, one.drill)}")
    return "\n".join(lines)


def _list_as_json(listed: Sequence[Listed]) -> str:
    return _json(
        [
            {
                "drill": one.drill.id,
                "tenant": one.tenant,
                "name": texts.drill_name(one.drill),
                "what": one.drill.what,
                "state": one.drill.state,
                "last": one.last,
            }
            for one in listed
        ]
    )


def _book_as_json(library: Library, book: TeamBook, day: date | None) -> str:
    week = week_of(book, day)
    return _json(
        {
            "drill": book.drill.id,
            "tenant": book.drill.tenant,
            "name": texts.drill_name(book.drill),
            "text": team_text(library, book, day),
            "week": _week_as_json(week) if week is not None else None,
        }
    )


def _week_as_json(week: Week) -> dict[str, Any]:
    return {
        "day": week.day,
        "assigned": week.assigned,
        "finished": week.finished,
        "missed": week.missed,
        "figures": [
            {
                "rule": cell.rule,
                "decision": cell.decision or None,
                "answered": cell.people or None,
                "right": cell.right,
                "said": cell.end or None,
                "slips": {slip: count or None for slip, count in cell.slips.items()},
            }
            for cell in week.cells
        ],
    }


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
