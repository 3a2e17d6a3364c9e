"""The tutor in a terminal: pleasant where there is one, plain lines where there is none."""

from __future__ import annotations

import asyncio
import contextlib
import re
import textwrap
import threading
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from adapters.text import Block, Part, blocks_of, plain
from bot.buttons import event_from_button
from bot.events import (
    Arrival,
    Event,
    Started,
    Typed,
)
from bot.model import Address
from bot.replies import (
    Button,
    Document,
    Feedback,
    Prompt,
    Redrawn,
    Reply,
    Toast,
    pressable,
)
from bot.sender import Message, Outcome, Sender, Sent
from bot.store import TRIES
from bot.tutor import NotHandledError, Tutor

if TYPE_CHECKING:
    from rich.console import Console

TENANT, LEARNER = "terminal", "you"  # one person sits at a terminal
HERE = Address(platform="terminal", chat=LEARNER)
WIDTH = 78  # columns at most: longer lines are hard to read

QUIT = frozenset({"quit", "exit", "bye", ":q"})
GOODBYE = "Goodbye. Where you are is kept."


class Screen(Protocol):
    """Where replies are shown."""

    def show(self, reply: Reply) -> None:
        """Show one reply."""

    def say(self, text: str) -> None:
        """Show a line of the terminal's own."""


class PlainScreen:
    """Plain lines: for pipes, files and screen readers."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def show(self, reply: Reply) -> None:
        """Write one reply and a blank line."""
        self.say(plain(reply))

    def say(self, text: str) -> None:
        """Write a text and a blank line, at once."""
        self._out.write(f"{text}\n\n")
        self._out.flush()


_STYLES: dict[Part, str] = {
    "title": "bold cyan",
    "text": "",
    "answer": "",
    "verdict": "bold",
    "note": "italic",
    "source": "dim",
    "button": "cyan",
    "hint": "dim",
}


class RichScreen:
    """Wrapped, indented, and with a little colour, on which nothing depends."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, reply: Reply) -> None:
        """Print one reply."""
        before: Block | None = None
        for block in blocks_of(reply):
            if before is None or not block.mark or before.part != block.part:
                self._console.print()
            self._print(block)
            before = block

    def say(self, text: str) -> None:
        """Print a line of the terminal's own."""
        self._console.print()
        self._print(Block("hint", text))

    def _print(self, block: Block) -> None:
        """Print one block, wrapped by us: no spaces at the ends of lines, no citation torn apart."""
        from rich.text import Text  # noqa: PLC0415  # loaded only where there is a terminal

        if block.part == "title":
            self._console.print()
        mark = f"    {block.mark} " if block.mark else "  "
        width = max(20, min(WIDTH, self._console.width) - len(mark))
        for n, line in enumerate(_wrapped(block.text, width)):
            text = Text(mark if n == 0 else " " * len(mark), style="bold")
            self._console.print(text.append(line, style=_STYLES[block.part] or "not bold"), soft_wrap=True)


_CITE_SPACE = re.compile(r"(?<=\d) (?=CFR|USC)|(?<=CFR|USC) (?=\d|Part)")


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines at its spaces, but not within a citation."""
    held = _CITE_SPACE.sub("\N{NO-BREAK SPACE}", text)
    lines = [part for line in held.split("\n") for part in textwrap.wrap(line, width, break_on_hyphens=False)]
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines] or [""]


class Terminal:
    """
    One person at a terminal.

    Args:
        screen: where replies are shown.
        folder: where a file of one's own data is put.
        clock: gives the time now, with its zone.
    """

    def __init__(
        self, screen: Screen, folder: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._screen = screen
        self._folder = folder
        self._clock = clock
        self._buttons: tuple[Button, ...] = ()
        self._numbered = True  # the buttons were shown with numbers

    # --- outgoing: a carrier ----------------------------------------------------------------

    async def send(self, message: Message) -> Outcome:
        """Show a message. What was shown cannot be changed, so an edit counts as done."""
        reply = message.reply
        if isinstance(reply, Redrawn):
            if reply.prompt.buttons:  # a tick was set or taken out: show it as it is now
                self._screen.show(reply)
            return Sent()
        self._screen.show(reply)
        if isinstance(reply, Document):
            try:
                self._screen.say(f"Saved as {self._keep(reply)}")
            except OSError as error:
                self._screen.say(
                    f"No file can be written in {self._folder} ({error.strerror}). Start me in another."
                )
        if not isinstance(reply, Feedback | Document):
            self._buttons = pressable(reply)
            self._numbered = not isinstance(reply, Prompt)
        return Sent(id="shown")

    def _keep(self, document: Document) -> Path:
        """Write a file for this person's eyes only, under a name that is still free."""
        stem, _, ending = document.name.rpartition(".")
        for number in range(1, 1000):
            path = self._folder / (document.name if number == 1 else f"{stem}-{number}.{ending}")
            try:
                path.touch(mode=0o600, exist_ok=False)
            except FileExistsError:
                continue
            path.write_text(document.body + "\n", encoding="utf-8")
            return path
        raise FileExistsError(f"{self._folder} has a thousand files of that name")

    # --- incoming ---------------------------------------------------------------------------

    async def run(self, tutor: Tutor, sender: Sender, lines: AsyncIterator[str]) -> None:
        """
        Talk until the lines end or the person leaves.

        Args:
            tutor: running.
            sender: running, with this terminal as carrier.
            lines: what the person types; it ends at the end of input or at Ctrl-C.
        """
        await sender.idle(HERE)  # what an earlier process could not deliver any more
        await self._take(tutor, sender, Started())
        async for line in lines:
            text = line.strip()
            if text.lower() in QUIT:
                break
            await self._take(tutor, sender, self._event(text))
        self._screen.say(GOODBYE)

    def _event(self, text: str) -> Event | Typed:
        """Read a line: a button's number or its words is a press; all else is for the tutor."""
        words = text.casefold()
        pressed = next((button for button in self._buttons if button.label.casefold() == words), None)
        if _NUMBERS.match(text):
            if self._numbered and 1 <= int(text[:4]) <= len(self._buttons):
                pressed = self._buttons[int(text[:4]) - 1]
            elif not self._numbered:  # at a step the answers have letters; 1 is taken for a
                return Typed(_DIGITS.sub(lambda digits: _letter(int(digits[0])), text))
        return (event_from_button(pressed.data) if pressed else None) or Typed(text)

    async def _take(self, tutor: Tutor, sender: Sender, event: Event | Typed) -> None:
        """Hand one event in until it is applied or set aside, and wait for what it brings."""
        arrival = Arrival(
            id=uuid.uuid4().hex,
            tenant=TENANT,
            learner=LEARNER,
            address=HERE,
            at=self._clock(),
            event=event,
        )
        for _ in range(TRIES):  # nobody delivers again what was typed, so the terminal does
            try:
                receipt = await tutor.take(arrival)
            except NotHandledError:
                continue
            if isinstance(receipt, Toast):
                self._screen.say(receipt.text)
            break
        await sender.idle(HERE)


_NUMBERS = re.compile(r"[0-9]{1,2}([ ,]+[0-9]{1,2})*\Z", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)


def _letter(number: int) -> str:
    return chr(ord("a") + number - 1) if 1 <= number <= 26 else "?"


async def piped_lines(source: TextIO) -> AsyncIterator[str]:
    """Give the lines of a pipe or file as they come, without holding up the tutor or its end."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def pump() -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            try:
                for line in source:
                    loop.call_soon_threadsafe(queue.put_nowait, line)
            except ValueError:  # the input was closed
                pass
            finally:
                loop.call_soon_threadsafe(queue.put_nowait, None)

    threading.Thread(target=pump, daemon=True, name="input").start()
    while (line := await queue.get()) is not None:
        yield line


async def prompted_lines() -> AsyncIterator[str]:
    """Ask for lines at a terminal. Nothing typed is remembered, in memory or on disk."""
    from prompt_toolkit import PromptSession  # noqa: PLC0415  # loaded only where there is a terminal
    from prompt_toolkit.history import DummyHistory  # noqa: PLC0415

    session: PromptSession[str] = PromptSession(history=DummyHistory())
    while True:
        try:
            yield await session.prompt_async("\n> ")
        except (EOFError, KeyboardInterrupt):
            return
