"""What people type stays nowhere: marked words are typed everywhere, then everything is searched for them."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import msgspec
import pytest

from adapters.terminal import Terminal
from adapters.text import plain
from bot.engine import texts
from bot.engine.drill_texts import FORM_GROUP
from bot.events import (
    Arrival,
    Asked,
    Began,
    Erased,
    Typed,
)
from bot.model import Address, Audience
from bot.records import export_of
from bot.sender import Message
from bot.store.sqlite import open_store
from tests.library import HOME, NOW
from tests.service import serving
from tests.test_drills import DRILL
from tests.test_scheduler import MONDAY, WEDNESDAY, at_desk
from tests.test_slack_drills import place as drills_in_slack
from tests.test_tutor import Breaking

MARKS = ["Zyxwvut", "zyxwvut", "987-65-4321", "marked@example.org"]
TYPED = [
    "Zyxwvut",
    "my student Zyxwvut Qmarked told me about consent, 987-65-4321, may I share?",
    "Zyxwvut wants to kill himself",
    "play Zyxwvut",
    "learn zyxwvut",
    "law zyxwvut.rule",
    "settings Zyxwvut",
    "ask Zyxwvut marked@example.org consent in an emergency",
    "play story",
    "Zyxwvut?",
    "b Zyxwvut",
    "zone Zyxwvut/Denver",
    "drills for Zyxwvut",
    "leave drills Zyxwvut",
    "a",
    "back Zyxwvut",
    "consent for Zyxwvut",
    "go on",
    "a c Zyxwvut",
    "erase Zyxwvut",
    "my data",
    "zone Zyxwvut/Qmarked",
    "practice Zyxwvut",
    "pause Zyxwvut",
    "drills Zyxwvut",
    "leave drills Zyxwvut",
    "leave",
]


def everything_on_disk(folder: Path) -> bytes:
    """The bytes of every file in a folder: database, write-ahead log, shared memory, lock, exports."""
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def assert_unmarked(what: str, content: bytes | str) -> None:
    """Fail if a marked word stands in some content."""
    data = content.encode() if isinstance(content, str) else content
    for mark in MARKS:
        assert mark.encode() not in data, f"{mark!r} stands in {what}"


async def test_marked_words_are_found_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    store = await open_store(tmp_path / "a.db")
    async with serving(store) as service:
        for line in TYPED:
            await service.say(line)
            assert_unmarked("the files, with the write-ahead log still open", everything_on_disk(tmp_path))
        for message in service.notebook.got:
            assert_unmarked("what was said", plain(message.reply))
        kept = await store.kept("t", "l")
        assert kept.results, "something must have been kept for the search to mean anything"
        assert_unmarked("the export", export_of("t", "l", kept))
        assert_unmarked("an object's own description", f"{Typed(TYPED[1])!r} {Asked(TYPED[1])!r}")
        assert_unmarked("an arrival's description", repr(service.arrival(Typed(TYPED[1]))))
    await store.close()
    assert_unmarked("the closed database", everything_on_disk(tmp_path))
    assert_unmarked("the logs", caplog.text)
    for record in caplog.records:
        assert_unmarked("a log record", str(record.__dict__))


async def test_marked_words_in_an_event_that_fails_are_found_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The error of a lookup holds the key it missed: only the error's class may be kept or logged."""
    caplog.set_level(logging.DEBUG)
    store = await open_store(tmp_path / "a.db")
    async with serving(store, Breaking.library()) as service:
        failing = Arrival("bad", "t", "l", HOME, NOW, Typed("play broken"))
        for _ in range(3):
            try:
                await service.tutor.take(failing)
            except Exception as error:  # whatever comes out is looked at
                assert "nowhere" not in str(error)
        await service.sender.idle(HOME)
        assert texts.SET_ASIDE in service.notebook.texts()[-1]
    await store.close()
    assert b"nowhere" not in everything_on_disk(tmp_path)
    assert "nowhere" not in caplog.text


async def test_what_is_typed_to_find_a_user_group_is_found_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "adapters")
    caplog.set_level(logging.DEBUG, "bot")
    store = await open_store(tmp_path / "a.db")
    async with drills_in_slack(store=store) as here:
        here.slack.group("S1", "youth", ["UANN"])
        view = await here.form()
        await here.after(await here.rosa.choose(view.id, "kind", FORM_GROUP))
        for typed in MARKS:
            assert await here.rosa.options(view.id, "usergroup", typed) == []
        here.slack.fail("usergroups.list", "internal_error")
        here.bot.app._audiences._groups.clear()
        assert await here.rosa.options(view.id, "usergroup", MARKS[0]) == []
    await store.close()
    assert_unmarked("the files", everything_on_disk(tmp_path))
    assert_unmarked("the logs", caplog.text)


async def test_after_erasing_nothing_of_the_learner_is_left_in_any_file(tmp_path: Path) -> None:
    """Here the marks are the learner's own id, chat and answers, which are kept, until they are erased."""
    learner, chat = "Zyxwvut-person", "Zyxwvut-chat"
    address = Address(platform="test", chat=chat)
    store = await open_store(tmp_path / "a.db")
    async with serving(store) as service:
        for n, line in enumerate(["play story", "a", "go on", "a c", "play piece"]):
            arrival = Arrival(f"x{n}", "t", learner, address, NOW, Typed(line))
            await service.tutor.take(arrival)
        await service.sender.idle(address)
        assert b"Zyxwvut-person" in everything_on_disk(tmp_path)
        await service.tutor.take(Arrival("bye", "t", learner, address, NOW, Typed("erase everything")))
        await service.sender.idle(address)
        assert_unmarked("the files beside the running tutor", everything_on_disk(tmp_path))
    await store.close()
    assert_unmarked("the closed database", everything_on_disk(tmp_path))


async def test_after_erasing_nothing_of_a_drill_names_who_was_in_it_or_ordered_it(tmp_path: Path) -> None:
    """They were named in an audience, assigned, reminded, began; and they ordered a drill themselves."""
    who = "Zyxwvut"
    named = Audience(kind="people", ids=(who, "bo"))
    ordered = msgspec.structs.replace(
        DRILL, id="d2", by=who, by_name=who, home=Address(platform="test", chat=who)
    )
    store = await open_store(tmp_path / "a.db")
    async with at_desk(store) as desk:
        desk.there = [who]
        await desk.order(msgspec.structs.replace(DRILL, audience=named))
        await desk.order(ordered)
        await desk.look()
        assert len(await desk.look(MONDAY)) == 1
        await desk.look(WEDNESDAY)
        await desk.do(who, Began("d1.20260302"))
        await desk.answer(who, "a")
        session = (await store.kept("t", who)).session
        assert session is not None
        assert b"Zyxwvut" in everything_on_disk(tmp_path)
        await desk.do(who, Erased(session.seed))
        assert_unmarked("the files beside the running tutor", everything_on_disk(tmp_path))
    await store.close()
    assert_unmarked("the closed database", everything_on_disk(tmp_path))


async def test_erasing_by_command_leaves_nothing_in_any_file(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "a.db")
    async with serving(store) as service:
        for n, line in enumerate(["play story", "a", "go on", "b"]):
            await service.tutor.take(Arrival(f"x{n}", "t", "Zyxwvut", HOME, NOW, Typed(line)))
        await service.sender.idle(HOME)
    await store.erase("t", "Zyxwvut")
    assert_unmarked("the files", everything_on_disk(tmp_path))
    await store.close()
    with sqlite3.connect(tmp_path / "a.db") as db:
        ((left,),) = db.execute("SELECT count(*) FROM sessions").fetchall()
    db.close()
    assert left == 0


async def test_a_saved_export_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    class Quiet:
        def show(self, reply: object) -> None: ...

        def say(self, text: str) -> None: ...

    from bot.replies import Document  # noqa: PLC0415

    terminal = Terminal(Quiet(), tmp_path)
    for _ in range(2):
        await terminal.send(Message("t", "l", HOME, Document(name="my-data.json", body="{}", text="A file.")))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my-data-2.json", "my-data.json"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
