"""`mayshare report`: how a team does, on the command line, beside a process that serves."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.__main__ import main
from bot.content import load
from bot.engine import drill_texts as texts
from bot.model import Audience, Cell, Drill, Library, Member, Week
from bot.replies import (
    Marked,
)
from bot.report import TeamBook, team_text
from bot.store import Done
from bot.store.sqlite import SqliteStore, open_store
from tests.library import HOME

ROOT = Path(__file__).parent.parent
MONDAY = date(2026, 11, 23)
WEEK = timedelta(days=7)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DRILL = Drill(
    id="d1",
    tenant="T1",
    platform="slack",
    by="boss",
    audience=Audience(kind="channel", ids=("C1",), name="#school"),
    weekday=0,
    at=9 * 60,
    first=date(2026, 11, 20),
    home=HOME,
)
NAMES = {"U1": "Ann Lee", "U2": "=cmd()"}
WEEKS = (
    Week("d1", MONDAY, 9, 2, cells=(Cell("ferpa.consent", 10, 4),)),
    Week("d1", MONDAY + WEEK, 9, 0, cells=(Cell("ferpa.consent", 12, 7, slips={"over": 4}),)),
)

Said = Callable[..., str]


async def fill(path: Path) -> None:
    """A database with a drill of two weeks, one that has no week yet, and one that has ended elsewhere."""
    store = await open_store(path)
    try:
        await write(store)
    finally:
        await store.close()


async def write(store: SqliteStore) -> None:
    other = msgspec.structs.replace(DRILL, id="d2", what="law.ferpa")
    away = msgspec.structs.replace(DRILL, id="d1", tenant="T2", state="ended")
    for n, (tenant, drill) in enumerate((("T1", DRILL), ("T1", other), ("T2", away))):
        await store.save([Done(tenant, "boss", f"order{n}", NOW, drill=drill)])
    await store.save_members("T1", "d1", [Member(id, HOME, name) for id, name in NAMES.items()], 0)
    for n, (tenant, who) in enumerate((("T1", "U1"), ("T1", "U2"), ("T2", "U9"))):
        sent = Marked("d1", MONDAY, tenant, who, "sent", due=1, closes=2)
        done = Marked("d1", MONDAY, tenant, who, "finished")
        await store.save([Done(tenant, who, f"s{n}", NOW, marked=sent)])
        await store.save([Done(tenant, who, f"f{n}", NOW, marked=done)])
    for week in WEEKS:
        await store.save_week("T1", week)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAYSHARE_DATABASE", str(tmp_path / "a.db"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("MAYSHARE_CONTENT", raising=False)
    return tmp_path


@pytest.fixture
def kept(home: Path) -> Path:
    asyncio.run(fill(home / "a.db"))
    return home


@pytest.fixture
def said(kept: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    """What the command writes, where it does what it is asked."""

    def report(*arguments: str) -> str:
        assert main(["report", *arguments]) == 0
        return capsys.readouterr().out

    return report


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(ROOT, tmp_path_factory.mktemp("cache"))


# --- the list ------------------------------------------------------------------------------------


def test_without_a_name_it_lists_the_drills_of_all_tenants(said: Said) -> None:
    one, other, ended = said().splitlines()
    assert one == (
        "d1  T1  last week 2026-11-30  #school: what each person needs most, each Monday at 9:00 a.m. where "
        "each person is; two reminders."
    )
    assert other.startswith("d2  T1  no week has closed yet  #school: FERPA")
    assert ended.startswith("d1  T2  no week has closed yet")
    assert ended.endswith("Ended.")


def test_the_list_can_be_of_one_tenant_and_as_json(said: Said) -> None:
    listed = json.loads(said("--json", "--tenant", "T1"))
    assert [(one["drill"], one["tenant"], one["last"]) for one in listed] == [
        ("d1", "T1", "2026-11-30"),
        ("d2", "T1", None),
    ]


def test_where_there_are_no_drills_it_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def make() -> None:
        await (await open_store(home / "a.db")).close()

    asyncio.run(make())
    assert main(["report"]) == 0
    assert capsys.readouterr().out == f"{texts.NONE_YET}\n"


# --- one drill -----------------------------------------------------------------------------------


def test_a_drill_is_told_in_the_words_of_the_chat(said: Said, shipped: Library) -> None:
    told = said("d1", "--tenant", "T1")
    assert told == team_text(shipped, TeamBook(DRILL, WEEKS, [], [])) + "\n"
    assert "#school, the drill of Monday, November 30:\n0 of 9 finished.\n" in told
    assert ": 7 of 12 (at first 4 of 10, on Monday, November 23); 4 shared too much\n" in told


def test_another_week_is_told_by_its_day_with_who_finished_it(said: Said) -> None:
    told = said("d1", "--tenant", "T1", "--day", "2026-11-23")
    assert "2 of 9 finished.\nWho finished: =cmd(), Ann Lee\n" in told


def test_before_a_week_has_closed_it_says_so(said: Said) -> None:
    assert said("d2") == f"{texts.NO_RESULTS}\n"


def test_as_json_a_week_has_its_figures_and_its_words(said: Said) -> None:
    told = json.loads(said("d1", "--tenant", "T1", "--json"))
    assert (told["drill"], told["tenant"], told["week"]["day"]) == ("d1", "T1", "2026-11-30")
    assert told["week"]["figures"] == [
        {
            "rule": "ferpa.consent",
            "decision": None,
            "answered": 12,
            "right": 7,
            "said": None,
            "slips": {"over": 4},
        }
    ]
    assert "7 of 12" in told["text"]


def test_the_figures_and_who_finished_are_written_as_tables_with_formulas_defused(
    said: Said, kept: Path
) -> None:
    told = said("d1", "--tenant", "T1", "--csv", "team.csv", "--completions", "who.csv")
    assert told.endswith("\n\nWrote team.csv.\nWrote who.csv.\n")
    with (kept / "team.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["week"], row["right first"]) for row in csv.DictReader(file)] == [
            ("2026-11-23", "4"),
            ("2026-11-30", "7"),
        ]
    with (kept / "who.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["name"], row["finished"], row["on"]) for row in csv.DictReader(file)] == [
            ("'=cmd()", "yes", "2026-11-24"),
            ("Ann Lee", "yes", "2026-11-24"),
        ]


def test_the_week_is_written_as_a_picture(said: Said, kept: Path) -> None:
    pytest.importorskip("matplotlib")
    said("d1", "--tenant", "T1", "--png", "last.png")
    said("d1", "--tenant", "T1", "--png", "first.png", "--day", "2026-11-23")
    assert (kept / "last.png").read_bytes().startswith(b"\x89PNG")
    assert (kept / "last.png").read_bytes() != (kept / "first.png").read_bytes()


async def test_it_works_beside_a_running_process(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with serving_store(home / "a.db"):
        assert await asyncio.to_thread(main, ["report", "d1", "--tenant", "T1"]) == 0
    assert "7 of 12" in capsys.readouterr().out


@asynccontextmanager
async def serving_store(path: Path) -> AsyncIterator[SqliteStore]:
    """A store that holds the lease, as a tutor that runs does."""
    store = await open_store(path)
    await write(store)
    yield store
    await store.close()


# --- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["d9"], "There is no drill 'd9'. The drills are: d1, d2, d1.\n"),
        (["d1"], "There are drills 'd1' in T1, T2: add --tenant and one of these.\n"),
        (["d2", "--tenant", "T2"], "There is no drill 'd2'. The drills are: d1.\n"),
        (
            ["d1", "--tenant", "T1", "--day", "2026-11-24"],
            "No week of 2026-11-24 has closed in this drill. The last that have: 2026-11-23, 2026-11-30.\n",
        ),
        (["d2", "--day", "2026-11-24"], f"{texts.NO_RESULTS}\n"),
        (["d2", "--png", "x.png"], "There is no figure to draw: fewer than five people answered any rule.\n"),
        (
            ["d1", "--tenant", "T1", "--csv", "no/where.csv"],
            "no/where.csv cannot be written: No such file or directory. Name another file.\n",
        ),
    ],
)
def test_what_cannot_be_told_fails_with_what_to_do(
    kept: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main(["report", *arguments]) == 1
    assert capsys.readouterr() == ("", told)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--csv", "x.csv"], "--csv is of one drill: name it. `mayshare report` lists them.\n"),
        (["d1", "--content"], "--content is on laws and questions, of no drill: leave out d1.\n"),
        (["--content", "--png", "x"], "--content is on laws and questions, of no drill: leave out --png.\n"),
    ],
)
def test_what_does_not_go_together_is_a_wrong_call(
    capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main(["report", *arguments]) == 2
    assert capsys.readouterr() == ("", told)


def test_a_day_that_is_none_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["report", "d1", "--day", "monday"])
    assert ended.value.code == 2
    assert "'monday' is no day; write it like 2026-11-30" in capsys.readouterr().err


def test_without_a_database_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 1
    assert capsys.readouterr().err.startswith("There is no database at ")


def test_a_file_that_cannot_be_made_keeps_the_others_from_being_written(kept: Path) -> None:
    assert main(["report", "d2", "--csv", "team.csv", "--png", "week.png"]) == 1
    assert not (kept / "team.csv").exists()


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["report", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    for one in (
        "--day",
        "--csv FILE",
        "--completions FILE",
        "--png FILE",
        "--json",
        "beside a running tutor",
    ):
        assert one in told
