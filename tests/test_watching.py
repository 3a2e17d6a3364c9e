"""An author plays a story while writing it: each save replays the same answers in the new text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.watching import BROKEN, LEFT, PART, SAME, SAVED, WatchError, content_of, watch
from bot.content import load
from bot.model import Library
from tests.problems import lay_base

STORY = """\
id: bike
title: {title}
about: A bike and a question.
kind: case
role: {role}
minutes: 2
start: call
steps:
  call:
    say: {say}
    choices:
      - {{id: all, text: All, rule: {rule}, slip: over, feedback: Too much., goto: down}}
      - {{id: some, text: Ask, rule: {rule}, lawful: true, helps: true, feedback: Good., goto: down}}
  down:
    say: You hang up.
    goto: {after}
{more}  done:
    ending: good
    title: The end
    say: It is over.
"""


LAST = "  last:\n    say: One more call.\n    goto: done\n"


async def until(done: Callable[[], bool]) -> None:
    """Let the author's other half work until something is so."""
    async with asyncio.timeout(10):
        while not done():  # noqa: ASYNC110  # what is waited for tells nobody
            await asyncio.sleep(0)


@dataclass(slots=True)
class Desk:
    """An author's desk: the file, what they type, what they read."""

    path: Path
    said: list[str] = field(default_factory=list)
    typed: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    looks: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    def write(self, **more: str) -> None:
        library = load_base(self.path)
        values = {"title": "A bike", "say": "The phone rings.", "after": "done", "more": "", **more}
        rule, role = next(iter(library.provisions)), next(iter(library.terms.roles))
        self.path.write_text(STORY.format(rule=rule, role=role, **values), encoding="utf-8")

    async def lines(self) -> AsyncIterator[str]:
        while (line := await self.typed.get()) is not None:
            yield line

    async def pause(self, _: float) -> None:
        await self.looks.get()

    async def save(self, **more: str) -> list[str]:
        """Save the file; give what is shown for it."""
        before = len(self.said)
        self.write(**more)
        self.looks.put_nowait(None)
        self.looks.put_nowait(None)
        await until(lambda: not self.looks.qsize())
        return self.said[before:]

    async def press(self, text: str) -> list[str]:
        before = len(self.said)
        self.typed.put_nowait(text)
        await until(lambda: len(self.said) > before)
        return self.said[before:]


def load_base(path: Path) -> Library:
    path.unlink(missing_ok=True)
    return load(path.parents[1])


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    folder = lay_base(tmp_path / "content")
    here = Desk(folder / "scenarios" / "bike.yaml")
    here.write()
    watching = asyncio.create_task(
        watch(here.path, lambda: load(folder), here.lines(), here.said.append, here.pause)
    )
    await until(lambda: bool(here.said) or watching.done())
    yield here
    here.typed.put_nowait(None)
    await watching
    assert here.said[-1] == LEFT


async def test_the_same_answers_are_replayed_in_the_new_text(desk: Desk) -> None:
    assert "The phone rings." in desk.said[0]
    assert "You hang up." in (await desk.press("b"))[-1]
    saved, note, step = await desk.save(title="A red bike", say="It rings and rings.")
    assert saved == SAVED.format(name="bike.yaml")
    assert note == SAME.format(count=1)
    assert "A red bike" in step
    assert "You hang up." in step


async def test_a_story_that_was_played_to_its_end_is_replayed_to_its_new_end(desk: Desk) -> None:
    await desk.press("b")
    await desk.press("go on")
    _, note, step = await desk.save(after="last", more=LAST)
    assert note == SAME.format(count=2)
    assert "One more call." in step


async def test_where_the_new_text_goes_another_way_it_says_how_far_the_answers_led(desk: Desk) -> None:
    await desk.press("b")
    await desk.press("go on")
    text = desk.path.read_text("utf-8")
    before = len(desk.said)
    desk.path.write_text(
        text.replace("  down:", "  away:").replace("goto: down}", "goto: away}"), encoding="utf-8"
    )
    desk.looks.put_nowait(None)
    desk.looks.put_nowait(None)
    await until(lambda: not desk.looks.qsize())
    assert desk.said[before + 1] == PART.format(count=1, all=2)


async def test_problems_are_shown_and_the_old_version_stays(desk: Desk) -> None:
    (told,) = await desk.save(after="nowhere")
    assert told.startswith(BROKEN.format(name="bike.yaml"))
    assert "dangling-goto" in told
    assert "You hang up." in (await desk.press("b"))[-1]
    saved, note, _ = await desk.save()
    assert (saved, note) == (SAVED.format(name="bike.yaml"), SAME.format(count=1))


def test_a_file_outside_a_content_folder_is_refused_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(WatchError, match="mayshare new scenario"):
        content_of(tmp_path / "bike.yaml")
