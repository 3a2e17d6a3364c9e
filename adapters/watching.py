"""`mayshare chat --watch FILE`: an author plays a story while writing it; each save replays their answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from adapters.terminal import QUIT
from adapters.transcripts import Conversation
from bot.content import ContentError
from bot.engine.words import understand
from bot.events import (
    Chose,
    Continued,
    Event,
    Opened,
    Picked,
    Submitted,
    Typed,
)
from bot.model import ChoiceStep, Library, PickStep, Run, Visit

LOOK = 0.3  # seconds between two looks at the file

SAVED = "--- {name} was saved. Your answers so far, in the new text:"
SAME = "--- All {count} of them lead on as before."
PART = "--- After {count} of {all} answers the story goes another way now. Here is where you are:"
LEFT = "Goodbye. Nothing of this was kept."
BROKEN = "--- {name} was saved, with problems. You go on in the text before it:"


class WatchError(Exception):
    """The file cannot be played; the text says why, and the mend."""


def content_of(path: Path) -> Path:
    """
    Give the content folder that a scenario's file belongs to.

    Raises:
        WatchError: there is none.
    """
    for folder in path.resolve().parents:
        if folder.name == "scenarios" and (folder.parent / "laws").is_dir():
            return folder.parent
    raise WatchError(
        f"{path} is in no content folder: it must lie under scenarios/, with laws/ beside that. "
        "mayshare new scenario and an id makes one."
    )


class Rehearsal:
    """
    One story, played by its author.

    Args:
        library: with the story.
        scenario: its id.
    """

    def __init__(self, library: Library, scenario: str) -> None:
        self._scenario = scenario
        self._library = library
        self._conversation = Conversation(library)
        self._ended: tuple[Visit, ...] = ()  # the whole way, once the story is over

    def begin(self) -> list[str]:
        """Start the story; give what is said."""
        return self._conversation.do(Opened("play", self._scenario))

    def say(self, text: str) -> list[str]:
        """Answer, ask, or go back, as a learner does; give what is said."""
        run = self._conversation.session.run
        event = self._conversation.event(text)
        if isinstance(event, Typed):
            event = understand(self._library, self._conversation.session, event)
        said = self._conversation.do(event)
        if run is not None and self._conversation.session.run is None:
            self._ended = (*run.trail, Visit(run.step, _chosen(event, run)))
        return said

    def renew(self, library: Library) -> list[str]:
        """
        Go on in a new text: every answer so far is given again.

        Returns:
            How far they lead, and the step that they lead to.
        """
        run = self._conversation.session.run
        trail = run.trail if run is not None else self._ended
        self._library, self._conversation = library, Conversation(library)
        shown = self.begin()
        done = 0
        for visit in trail:
            event = self._again(visit)
            if event is None:
                break
            shown = self._conversation.do(event)
            done += 1
        note = SAME.format(count=done) if done == len(trail) else PART.format(count=done, all=len(trail))
        return [note, *shown[-1:]]

    def _again(self, visit: Visit) -> Chose | Picked | Continued | None:
        """Give the event that repeats an answer; None where the new text has no such step or answer."""
        session = self._conversation.session
        run: Run | None = session.run
        if run is None or run.step != visit.step:
            return None
        step = self._library.editions[self._scenario].scenario.steps[run.step]
        match step:
            case ChoiceStep(choices=choices) if {*visit.chose} <= {choice.id for choice in choices}:
                return Chose(run.id, session.turn, visit.chose[0]) if visit.chose else None
            case PickStep() if {*visit.chose} <= {item.id for item in step.pick.items}:
                return Picked(run.id, session.turn, visit.chose)
            case ChoiceStep() | PickStep():
                return None
            case _:
                return Continued(run.id, session.turn)


def _chosen(event: Event, run: Run) -> tuple[str, ...]:
    """Give the ids that an event chose."""
    match event:
        case Chose(choice=choice):
            return (choice,)
        case Picked(items=items):
            return items
        case Submitted():
            return run.picked
        case _:
            return ()


async def watch(
    path: Path,
    load: Callable[[], Library],
    lines: AsyncIterator[str],
    show: Callable[[str], None],
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """
    Play a scenario's file until the lines end; look at the file between.

    Args:
        path: of the scenario.
        load: loads its content folder anew.
        lines: what the author types.
        show: shows a text.
        pause: waits some seconds (asyncio.sleep).

    Raises:
        ContentError: the content has problems at the start.
        WatchError: the file holds no scenario that was loaded.
    """
    library = load()
    rehearsal = Rehearsal(library, _scenario_in(path, library))
    _show_all(rehearsal.begin(), show)
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(_look(path, load, rehearsal, show, pause))
        async for line in lines:
            if line.strip().lower() in QUIT:
                break
            _show_all(rehearsal.say(line.strip()), show)
        looking.cancel()
    show(LEFT)


async def _look(
    path: Path,
    load: Callable[[], Library],
    rehearsal: Rehearsal,
    show: Callable[[str], None],
    pause: Callable[[float], Awaitable[None]],
) -> None:
    """Wait for the file to be saved, and replay; a text with problems is shown and left alone."""
    seen = _stamp(path)
    while True:
        await pause(LOOK)
        stamp = _stamp(path)
        if stamp in {None, seen}:
            continue
        seen = stamp
        try:
            library = load()
        except ContentError as error:
            show("\n".join((BROKEN.format(name=path.name), *map(str, error.problems))))
            continue
        show(SAVED.format(name=path.name))
        _show_all(rehearsal.renew(library), show)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Give what changes when a file is saved; None while an editor has it away."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _scenario_in(path: Path, library: Library) -> str:
    """Give the id of the scenario in a file: its `id:` line."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("id:"):
            id = line.removeprefix("id:").split("#")[0].strip().strip("\"'")
            if id in library.editions:
                return id
    raise WatchError(f"{path} holds no scenario: its first lines need an id, as mayshare new writes it.")


def _show_all(messages: list[str], show: Callable[[str], None]) -> None:
    for message in messages:
        show(message)
