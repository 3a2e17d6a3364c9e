"""A platform, a clock and a tutor that can be stopped, killed and started anew."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bot.buttons import event_from_button
from bot.engine import drill_texts as texts
from bot.events import (
    Arrival,
    Began,
    Event,
)
from bot.model import Address, Drill, Library, Member
from bot.replies import (
    Line,
    Reply,
)
from bot.scheduler import Scheduler
from bot.sender import Later, Message, Outcome, Sender, Sent, Unknown
from bot.store import Done, Place, Row
from bot.store.sqlite import SqliteStore, open_store
from bot.tutor import Tutor
from tests.year.people import Person

TENANT = "t"
BOSS = Address(platform="test", chat="boss")
KINDS = {
    texts.NUDGE.partition("{")[0]: "nudge",
    texts.NUDGE_LAST.partition("{")[0]: "last",
    texts.ASKED_LATER.partition("{")[0]: "again",
}


@dataclass(frozen=True, slots=True)
class Push:
    """Something that nobody waited for, as the platform took it."""

    at: float
    person: str
    key: str  # of the assignment
    kind: str  # drill, nudge, last, again
    text: str


def push_in(reply: Reply) -> tuple[str, str] | None:
    """The key of the assignment that a message is about, and what it is; None for any other message."""
    if not isinstance(reply, Line):
        return None
    began = (event_from_button(button.data) for button in reply.buttons if button.label == texts.BEGIN)
    key = next((event.key for event in began if isinstance(event, Began)), None)
    kind = next((kind for start, kind in KINDS.items() if reply.text.startswith(start)), "drill")
    return (key, kind) if key else None


@dataclass(slots=True)
class World:
    """
    The platform with its people, and the tutor's process.

    Attributes:
        now: what the clock shows.
        audiences: by drill, whom the platform names when it is asked.
        took: pushes that the platform took.
        lost: people, keys and kinds of pushes that it may never have got: it did not answer, or all stopped.
        told: what the supervisor was told.
        looks: when was looked, in the order of it.
        named: when the platform could say who is in an audience, of which drill.
    """

    path: Path
    library: Library
    people: dict[str, Person]
    audiences: dict[str, set[str]]
    now: float
    took: list[Push] = field(default_factory=list)
    lost: set[tuple[str, str, str]] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    named: list[tuple[str, float]] = field(default_factory=list)
    drops: Counter[str] = field(default_factory=Counter)
    dice: Random = field(default_factory=lambda: Random("platform"))
    holds_back: bool = False  # committed rows are not handed to the sender: it dies between the two
    hangs: bool = False  # the platform answers nothing more: it dies with sends begun
    hanging: asyncio.Event = field(default_factory=asyncio.Event)  # a send was begun that hangs
    _seeds: int = 0
    _events: int = 0

    # --- the platform ----------------------------------------------------------------------

    async def send(self, message: Message) -> Outcome:
        """Take a message as a platform does: mostly; sometimes later; sometimes without saying so."""
        chat = message.address.chat
        if chat == BOSS.chat:
            self.told += [message.reply.text] if isinstance(message.reply, Line) else []
            return Sent("1")
        person, push = f"U{chat[1:]}", push_in(message.reply)
        if push is None:
            self.people[person].inbox += [message.reply] if message.edits is None else []
            return Sent("1")
        fate = self.dice.random()
        if fate < 0.01:
            return Later(30)
        takes = fate > (0.5 if self.hangs else 0.015)
        if takes:
            text = message.reply.text if isinstance(message.reply, Line) else ""
            self.took.append(Push(self.now, person, *push, text))
            self.people[person].inbox.append(message.reply)
        else:
            self.lost.add((person, *push))
        if self.hangs:
            self.hanging.set()
            await asyncio.Event().wait()
        return Sent("1") if takes and fate > 0.02 else Unknown()

    async def may_order(self, *_: object) -> bool | None:
        return None

    async def members(self, _: str, drill: Drill, __: Sequence[Place]) -> Sequence[Member] | None:
        """Name those who are in an audience; now and then it cannot be found out."""
        if self.dice.random() < 0.02:
            return None
        if self.dice.random() < 0.02:
            raise TimeoutError
        self.named.append((drill.id, self.now))
        there = (self.people[id] for id in sorted(self.audiences[drill.id]))
        return [one.member for one in there if one.is_here(self.now)]

    # --- the process -----------------------------------------------------------------------

    store: SqliteStore = field(init=False)
    sender: Sender = field(init=False)
    tutor: Tutor = field(init=False)
    scheduler: Scheduler = field(init=False)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def is_up(self) -> bool:
        return bool(self._tasks)

    async def start(self) -> None:
        """Start anew from what is kept."""
        self.store = await open_store(self.path)
        self.holds_back = self.hangs = False
        self.hanging.clear()
        self.sender = Sender(self.store, {"test": self}, self._clock, self.library, pause=self._pause)
        self.tutor = Tutor(self.library, self.store, self._deliver, self._seed)
        self.scheduler = Scheduler(self.store, self.tutor.take, {"test": self}, self._clock, self._pause)
        await self.sender.load()
        self._tasks = [asyncio.create_task(self.tutor.run()), asyncio.create_task(self.sender.run())]

    async def stop(self) -> None:
        """Stop where it stands. (What a killed process leaves in the file, `test_crash` looks after.)"""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self.drops += self.sender.counts
        await self.store.close()

    async def look(self) -> None:
        """Let the scheduler look, and all be sent."""
        self.looks.append(self.now)
        await self.scheduler.look()
        if not self.hangs:
            await self.sender.all_idle()

    async def do(self, who: Person, event: Event) -> None:
        """Hand in what a person did."""
        self._events += 1
        at = who.local(self.now)
        await self.tutor.take(Arrival(f"p{self._events}", TENANT, who.id, who.address, at, event))

    async def order(self, drill: Drill) -> None:
        """Keep a drill, as its supervisor's order does."""
        self._events += 1
        at = next(iter(self.people.values())).local(self.now)
        await self.store.save([Done(TENANT, drill.by, f"o{self._events}", at, drill=drill)])

    def _clock(self) -> float:
        return self.now

    async def _pause(self, _: float) -> None:
        await asyncio.sleep(0)

    def _deliver(self, rows: Sequence[Row]) -> None:
        if self.holds_back:
            return
        self.sender.take(rows)

    def _seed(self) -> str:
        self._seeds += 1
        return f"s{self._seeds}"
