"""The promise of the store, kept under SIGKILL: nothing lost, nothing applied twice, all delivered in order.

The test plays a platform with six people on it. Its child process (`tests/crash/child.py`) is the
real tutor on a real file, and is killed a hundred times. The platform does as platforms do: it hands
an event over again until it is acknowledged, and now and then afterwards; it takes messages slowly;
it may have taken a message although the tutor never heard so. Beside it, the engine alone plays the
same events: what is kept and delivered in the end must be what it says.

    MAYSHARE_CRASH_KILLS=500 MAYSHARE_CRASH_SEED=7 pytest tests/test_crash.py -s
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby, zip_longest
from pathlib import Path
from random import Random
from typing import Literal

import msgspec

from bot.buttons import event_from_button
from bot.content import load
from bot.engine import advance, new_session
from bot.events import (
    Erased,
    Exported,
    Opened,
)
from bot.hearing import Hearing
from bot.model import Library, Result
from bot.replies import (
    Answer,
    Button,
    Debrief,
    Letter,
    Line,
    Prompt,
    Redrawn,
    Reply,
)
from bot.store.sqlite import open_store
from tests.crash import (
    BEGIN,
    SEED,
    Answered,
    Finish,
    Handed,
    Marked,
    Reached,
    Said,
    Sending,
    Taken,
    address_of,
    event_of,
    from_child,
    line_for,
)

ROOT = Path(__file__).parents[1]
KILLS = int(os.environ.get("MAYSHARE_CRASH_KILLS", "100"))
# What people do and where the kills are aimed is the seed's; how the processes' steps meet is the machine's.
DICE = int(os.environ.get("MAYSHARE_CRASH_SEED", "20260302"))
LIFE_MAX = 60  # seconds one process may live before the test gives up; a life takes well under one

TENANTS = ("east", "west")  # with the same people and the same event ids: no wall may give way
NAMES = ("ann", "bo", "cy")

ANSWERS = ("c:", "t:", "d:", "g:")  # data of buttons that answer a step, tick, submit or go on
TYPED = (
    *("a", "b", "c", "a b", "a c d", "z", "back", "go on", "leave", "resume", "resume", "restart"),
    *("play michael-1", "play michael-1", "learn why-share", "start", "help", "progress", "settings OR"),
    "May I tell the probation officer what his grades are?",
    "Can a school share records in an emergency? My student John Smith is missing",
    "what does the moon weigh",
)

Phase = Literal["starting", "before commit", "in the commit", "after commit", "during send"]
Aim = Phase | Literal["any moment", "none"]
Fate = Literal["sent", "unknown", "later"]
FATES: tuple[Fate, ...] = ("sent", "unknown", "later")

# Of each twenty kills. The first four moments are held open until the kill lands (half of "in the commit"
# is not: SQLite goes on); the last two are chance. A kill is counted where it landed, which may be past its
# aim: then by the last that was heard.
AIMS: dict[Aim, int] = {
    "before commit": 3,
    "in the commit": 5,
    "after commit": 3,
    "during send": 5,
    "starting": 2,
    "any moment": 2,
}

# --- the people, and what the engine alone says to them --------------------------------------------


@dataclass(slots=True)
class Delivered:
    """
    A message that the platform took.

    `settled`: the tutor noted so; else it may send it once more. `allowed`: so many messages
    of its lane were committed by then, as far as the platform can know.
    """

    reply: str
    id: str
    edits: str | None
    allowed: int
    settled: bool = False


@dataclass(slots=True)
class Lane:
    """What should be delivered to one learner in one lane, and what was."""

    due: list[str] = field(default_factory=list)
    came: list[Delivered] = field(default_factory=list)
    allowed: int = 0  # so many of those due may be committed


class Learner:
    """One person: what they do, what the engine makes of it, and what they got to see."""

    def __init__(self, tenant: str, name: str, library: Library, hearing: Hearing, dice: Random) -> None:
        self.tenant, self.name = tenant, name
        self._library, self._hearing, self._dice = library, hearing, dice
        self.session = new_session(SEED)
        self.results: list[Result] = []
        self.replies = Lane()
        self.edits = Lane()
        self.done: list[Handed] = []
        self.waiting: Handed | None = None  # the one that is not acknowledged yet
        self.in_flight: Delivered | None = None
        self._events = 0
        self._shown: list[str] = []  # the buttons in front
        self._older: list[str] = []

    @property
    def chat(self) -> str:
        return address_of(self.tenant, self.name).chat

    def acts(self) -> Handed:
        """Do the next thing, as someone with the tutor's answer before them would, or at random."""
        self._events += 1
        pressed, typed = self._whim()
        self.waiting = Handed(
            id=f"{self.name}-{self._events}",
            tenant=self.tenant,
            learner=self.name,
            at=BEGIN + timedelta(seconds=self._events),
            pressed=pressed,
            typed=typed,
        )
        self._play(self.waiting)
        return self.waiting

    def _whim(self) -> tuple[str, str]:
        """Answer the story, press another button in front of them or an old one, or type."""
        story = [data for data in self._shown if data.startswith(ANSWERS)]
        how = self._dice.random()
        if how < 0.6 and story:
            return self._dice.choice(story), ""
        if how < 0.7 and self._shown:
            return self._dice.choice(self._shown), ""
        if how < 0.8 and self._older:
            return self._dice.choice(self._older), ""
        return "", self._dice.choice(TYPED)

    def _play(self, handed: Handed) -> None:
        """Let the engine alone apply it, and keep what it says must come of it."""
        event = self._hearing.event(self._library, self.session, event_of(handed))
        turn = advance(self._library, self.session, event, handed.at)
        assert turn.session is not None
        self.done.append(handed)
        again = turn.session == self.session
        self.session = turn.session
        self.results += turn.results
        for reply in turn.replies:
            if again and isinstance(reply, Prompt):  # the copy above loses its buttons
                closed = Redrawn(prompt=msgspec.structs.replace(reply, done=None, buttons=()))
                self.edits.due.append(msgspec.json.encode(closed).decode())
            self.lane_of(reply).due.append(msgspec.json.encode(reply).decode())
            if buttons := pressable(reply):
                self._older = [*self._older, *self._shown][-60:]
                self._shown = buttons

    def lane_of(self, reply: Reply) -> Lane:
        return self.edits if isinstance(reply, Redrawn) else self.replies

    def gets(self, message: Sending, id: str) -> None:
        """See a message."""
        lane = self.lane_of(reply_from(message.reply))
        self.in_flight = Delivered(message.reply, id, message.edits, lane.allowed)
        lane.came.append(self.in_flight)

    def may_hear(self) -> None:
        """Note that the event at hand is being committed: from now on its replies may come."""
        for lane in (self.replies, self.edits):
            lane.allowed = len(lane.due)


def pressable(reply: Reply) -> list[str]:
    """The data of a reply's buttons; not those whose effect depends on when it is delivered."""
    parts: tuple[Letter | Button | None, ...] = ()
    match reply:
        case Redrawn(prompt=prompt) | (Prompt() as prompt):
            parts = (*prompt.letters, prompt.done, *prompt.buttons) if prompt.buttons else ()
        case Line(buttons=buttons) | Debrief(buttons=buttons) | Answer(buttons=buttons):
            parts = buttons
    return [part.data for part in parts if part is not None and not depends_on_delivery(part.data)]


def depends_on_delivery(data: str) -> bool:
    """An erasing drops what waits, and what is kept is drawn when it is sent."""
    event = event_from_button(data)
    return isinstance(event, Exported | Erased) or event == Opened("mydata")


_replies: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


def reply_from(text: str) -> Reply:
    return _replies.decode(text)


# --- the platform ----------------------------------------------------------------------------------


class Life:
    """One process of the tutor, from its start to its death, as the platform sees it."""

    def __init__(self, process: Process, learners: Sequence[Learner], aim: Aim, dice: Random) -> None:
        self._process = process
        self._learners = learners
        self._aim = aim
        self._dice = dice
        self._countdown = dice.randint(1, {"during send": 30, "in the commit": 80}.get(aim, 8))
        self._over = False
        self._phase: Phase = "starting"
        self._landed: Phase | None = None
        self._in_doubt: set[str] = set()  # chats whose last message was answered "unknown"
        self._unmarked: set[str] = set()  # chats whose last message was answered "sent", not yet marked so

    async def run(self) -> Phase:
        """Hear all it says, to the last byte; give the phase in which it was killed, if it was."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._hear(from_child.decode(line))
        code = await self._process.wait()
        assert code == (-signal.SIGKILL if self._over else 0), f"the tutor left by itself with {code}"
        return self._landed or self._phase

    # --- what it says -----------------------------------------------------------------------

    def _hear(self, said: Reached | Sending | Marked | Taken) -> None:
        match said:
            case Reached():
                self._reached(said)
            case Sending():
                self._sending(said)
            case Marked(chats=chats):
                self._unmarked.difference_update(chats)
                for learner in self._learners:
                    if learner.chat in chats:
                        assert learner.in_flight is not None
                        learner.in_flight.settled = True
            case Taken(tenant=tenant, id=id):
                for learner in self._learners:
                    if learner.waiting and (learner.tenant, learner.waiting.id) == (tenant, id):
                        learner.waiting = None
                        self._hand(learner)

    def _reached(self, at: Reached) -> None:
        held = False
        match at.stage:
            case "up":
                if self._aim in {"starting", "any moment"}:
                    self._kill_within(0.04 if self._aim == "starting" else 0.15)
            case "ready":
                self._phase = "before commit"  # of what is handed over now
                for learner in self._learners:
                    self._hand(learner)
            case "before commit":
                if not self._holds("before commit"):
                    self._within(0.002, lambda: self._commit(at))
                return
            case "in the commit":
                held = self._is_hit("in the commit")
            case "after commit":
                held = self._holds("after commit")
            case "before mark":
                held = self._holds("during send")
        if at.ask and not held:
            self._say(Answered(ask=at.ask))

    def _commit(self, at: Reached) -> None:
        """Let it commit; from now on what it says to these events may be sent."""
        self._phase = "in the commit"
        for learner in self._learners:
            if learner.waiting and (learner.tenant, learner.waiting.id) in at.events:
                learner.may_hear()
        self._say(Answered(ask=at.ask))

    def _holds(self, phase: Phase) -> bool:
        """Note where it is; say whether to hold it there until it is killed."""
        if self._phase == "in the commit" and phase == "during send":
            return False  # another conversation's message, while the commit goes on
        self._phase = phase
        return self._is_hit(phase)

    def _is_hit(self, phase: Phase) -> bool:
        """Kill it soon if this is the aim and the count is down; say whether to hold it until then."""
        if phase != self._aim:
            return False
        self._countdown -= 1
        if self._countdown != 0:
            return False
        self._kill_within(0.002)  # meanwhile all goes on that is not held
        if phase == "in the commit" and self._dice.random() < 0.5:
            return False  # the commit too
        self._landed = phase
        return True

    # --- what is done to it -----------------------------------------------------------------

    def _hand(self, learner: Learner) -> None:
        """Hand over what is not acknowledged, else the next event; some twice, some beside an old one."""
        if self._over:
            return
        if self._aim == "none" and learner.waiting is None:  # the last process: nothing new
            if all(one.waiting is None for one in self._learners):
                self._say(Finish())
            return
        older = learner.done[-8:-1]
        event = learner.waiting or learner.acts()
        events = [event, event] if self._dice.random() < 0.2 else [event]
        if older and self._dice.random() < 0.2:
            events.insert(self._dice.randrange(len(events) + 1), self._dice.choice(older))
        for one in events:
            self._say(one)

    def _sending(self, message: Sending) -> None:
        """Take a message now, or only when it is answered; in between the process may die."""
        assert message.chat not in self._unmarked, "a crash could leave two messages in doubt"
        learner = next(one for one in self._learners if one.chat == message.chat)
        id = f"{learner.chat}-{len(learner.replies.came) + len(learner.edits.came)}"
        soon = self._dice.random() < 0.5
        fate: Fate = "sent"
        if learner.chat not in self._in_doubt:
            fate = self._dice.choices(FATES, (88, 6, 6))[0]
        if soon and fate != "later":
            learner.gets(message, id)
        if self._holds("during send"):
            return

        def answer() -> None:
            if self._over:
                return
            if not soon and fate == "sent":
                learner.gets(message, id)
            if fate == "sent":
                self._unmarked.add(learner.chat)
            (self._in_doubt.add if fate == "unknown" else self._in_doubt.discard)(learner.chat)
            self._say(Answered(ask=message.ask, fate=fate, message=id))

        self._within(0.004, answer)

    def _say(self, said: Said) -> None:
        if not self._over:
            assert self._process.stdin is not None
            self._process.stdin.write(line_for(said))

    def _within(self, seconds: float, do: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(self._dice.uniform(0, seconds), do)

    def _kill_within(self, seconds: float) -> None:
        self._within(seconds, self._kill)

    def _kill(self) -> None:
        if not self._over:
            self._over = True
            self._process.kill()


async def live(folder: Path, learners: Sequence[Learner], aim: Aim, dice: Random) -> Phase:
    """Start the tutor, let it work until it is killed or (aim "none") has delivered everything."""
    command = (sys.executable, "-m", "tests.crash.child", str(folder))
    chats = [learner.chat for learner in learners]
    process = await asyncio.create_subprocess_exec(*command, *chats, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    try:
        async with asyncio.timeout(LIFE_MAX):
            return await Life(process, learners, aim, dice).run()
    finally:
        assert process.stdin is not None
        process.stdin.close()
        if process.returncode is None:
            process.kill()
            await process.wait()


# --- what must hold --------------------------------------------------------------------------------


def first_difference(lane: Lane) -> str | None:
    """Say where what came is not what was due, in order; None where all came.

    A message that the tutor could not know to be taken may be followed by a copy of itself.
    Equal messages in a row are counted together.
    """
    due = [(reply, len(list(same))) for reply, same in groupby(lane.due)]
    came = [(reply, list(same)) for reply, same in groupby(lane.came, key=lambda one: one.reply)]
    before = 0
    for place, (wanted, got) in enumerate(zip_longest(due, came)):
        if wanted is None or got is None or wanted[0] != got[0]:
            return f"at {place}: due was {wanted}, what came was {got}"
        known = sum(one.settled for one in got[1])
        if not known <= wanted[1] <= len(got[1]):
            return f"at {place}: due {wanted[1]} times, came {len(got[1])}, known to have come {known}: {got}"
        if any(one.allowed <= before for one in got[1]):
            return f"at {place}: sent before it was committed: {got}"
        before += wanted[1]
    return None


def first_wrong_edit(lane: Lane) -> str | None:
    """Say which edit came wrongly; None where each message got its last form, and none that was not due.

    An edit that waits while a later one of the same message is there too is not sent; and one that
    the platform takes later holds up no other message's. So what must hold, holds message by message.
    """
    for key in {_key(reply) for reply in (*lane.due, *(one.reply for one in lane.came))}:
        due = [(place, reply) for place, reply in enumerate(lane.due) if _key(reply) == key]
        came = [one for one in lane.came if _key(one.reply) == key]
        if not due or not came or came[-1].reply != due[-1][1]:
            return f"{key}: its last form did not come last: due {due[-1:]}, came {came[-1:]}"
        at = 0
        for one in came:
            found = next((n for n in range(at, len(due)) if due[n][1] == one.reply), None)
            if found is None:
                return f"{key}: came, and was not due (any more): {one}"
            if one.allowed <= due[found][0]:
                return f"{key}: sent before it was committed: {one}"
            at = found
        for reply in {reply for _, reply in due}:
            known = sum(one.settled for one in came if one.reply == reply)
            wanted = sum(other == reply for _, other in due)
            if known > wanted:
                return f"{key}: due {wanted} times, known to have come {known}: {reply}"
    return None


def _key(reply: str) -> str:
    redrawn = reply_from(reply)
    assert isinstance(redrawn, Redrawn)
    return redrawn.prompt.key


def edits_of(learner: Learner) -> Iterator[tuple[str, str]]:
    """Give, for each edit, the key of the prompt it changed and of the one it meant to change."""
    replies = {one.id: reply_from(one.reply) for one in learner.replies.came}
    for edit in learner.edits.came:
        changed, redrawn = replies[edit.edits or ""], reply_from(edit.reply)
        assert isinstance(changed, Prompt)
        assert isinstance(redrawn, Redrawn)
        yield changed.key, redrawn.prompt.key


async def test_killed_at_any_moment_the_tutor_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    """
    After a hundred kills every learner's session and results are what the engine alone makes of
    their events, and they got every reply in order, one more copy of it at most for each time
    that the tutor could not know whether it was taken.
    """
    print(f"\nMAYSHARE_CRASH_SEED={DICE} MAYSHARE_CRASH_KILLS={KILLS}")
    dice = Random(DICE)
    for part in ("scenarios", "laws"):  # what ships, as it is now: someone may be writing while this runs
        shutil.copytree(ROOT / part, tmp_path / "content" / part)
    library = load(tmp_path / "content", tmp_path / "cache")
    hearing = Hearing(library)
    learners = [
        Learner(tenant, name, library, hearing, Random(f"{DICE} {tenant} {name}"))
        for tenant in TENANTS
        for name in NAMES
    ]
    twenty = [aim for aim, times in AIMS.items() for _ in range(times)]
    aims = [twenty[number % len(twenty)] for number in range(KILLS)]
    dice.shuffle(aims)

    kills = Counter([await live(tmp_path, learners, aim, dice) for aim in aims])
    await live(tmp_path, learners, "none", dice)

    events = sum(len(learner.done) for learner in learners)
    lanes = [lane for learner in learners for lane in (learner.replies, learner.edits)]
    due, came = sum(len(lane.due) for lane in lanes), sum(len(lane.came) for lane in lanes)
    print(f"kills: {dict(kills)}; {events} events, {due} messages due, {came} came")

    store = await open_store(tmp_path / "a.db", lease_wait=0)  # it looks whether the file is sound
    try:
        for learner in learners:
            kept = await store.kept(learner.tenant, learner.name)
            assert kept.session == learner.session
            assert list(kept.results) == learner.results
            assert kept.waiting == 0
    finally:
        await store.close()
    for learner in learners:
        assert (learner.chat, first_difference(learner.replies)) == (learner.chat, None)
        assert (learner.chat, first_wrong_edit(learner.edits)) == (learner.chat, None)
        assert all(changed == redrawn for changed, redrawn in edits_of(learner)), learner.chat

    assert kills.total() == KILLS
    for phase in ("before commit", "after commit", "during send"):
        assert kills[phase] >= KILLS // 10, phase
