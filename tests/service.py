"""A whole tutor for tests: store, tutor and sender running, with a carrier that writes down what it gets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from adapters.text import plain
from bot.buttons import event_from_button
from bot.events import (
    Arrival,
    Event,
    Typed,
)
from bot.model import Address, Library
from bot.replies import (
    Receipt,
    pressable,
)
from bot.sender import Message, Outcome, Sender, Sent
from bot.store import Store
from bot.tutor import Tutor
from tests.library import HOME, LIBRARY, NOW

_EVENTS = count(1)  # one after another over all services: a restart brings no old ids


@dataclass(slots=True)
class Notebook:
    """A carrier that takes everything, or answers what a test laid out before, in order."""

    answers: list[Outcome] = field(default_factory=list)
    got: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> Outcome:
        self.got.append(message)
        return self.answers.pop(0) if self.answers else Sent(id=f"m{len(self.got)}")

    def texts(self) -> list[str]:
        """What was delivered, as plain text; edits are left out."""
        return [plain(message.reply) for message in self.got if message.edits is None]


@dataclass(slots=True)
class Service:
    """The running parts, and short ways to use them."""

    tutor: Tutor
    sender: Sender
    store: Store
    notebook: Notebook
    pauses: list[float]

    def arrival(
        self,
        event: Event | Typed,
        *,
        id: str | None = None,
        tenant: str = "t",
        learner: str = "l",
        address: Address = HOME,
        at: datetime = NOW,
    ) -> Arrival:
        """An arrival with an id of its own unless one is given."""
        return Arrival(id or f"e{next(_EVENTS)}", tenant, learner, address, at, event)

    async def do(self, event: Event | Typed, **more: str) -> Receipt | None:
        """Hand one event in and wait until all it brings is delivered."""
        receipt = await self.tutor.take(self.arrival(event, **more))  # type: ignore[arg-type]
        await self.sender.idle(HOME)
        return receipt

    async def press(self, label: str) -> list[str]:
        """Press the newest button of a label; give what was delivered for it."""
        shown = (button for message in reversed(self.notebook.got) for button in pressable(message.reply))
        data = next(button.data for button in shown if button.label == label)
        event = event_from_button(data)
        assert event is not None
        before = len(self.notebook.texts())
        await self.do(event)
        return self.notebook.texts()[before:]

    async def say(self, *texts: str) -> list[str]:
        """Type some lines; give what was delivered for the last."""
        for text in texts:
            before = len(self.notebook.texts())
            await self.do(Typed(text))
        return self.notebook.texts()[before:]


@contextlib.asynccontextmanager
async def serving(
    store: Store,
    library: Library = LIBRARY,
    answers: Sequence[Outcome] = (),
    now: float = NOW.timestamp(),
) -> AsyncIterator[Service]:
    """Run a tutor and a sender on a store. The clock stands still; pauses are written down, not waited."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    notebook = Notebook(list(answers))
    sender = Sender(store, {"test": notebook}, lambda: now, library, pause=pause)
    tutor = Tutor(library, store, sender.take, lambda: "seed")
    await sender.load()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(tutor.run()), tasks.create_task(sender.run())]
        yield Service(tutor, sender, store, notebook, pauses)
        for task in running:
            task.cancel()
