"""The sender: delivers the outbox, in order within a conversation, once for all platforms.

Within a conversation a waiting person comes before an edit, and an edit before a push.
A row is marked before the next one of its conversation is sent, so a crash leaves at most
one row of each conversation whose outcome is unknown.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Protocol, assert_never

from bot.batches import Batches
from bot.codes import LASTS, Codes, hashed
from bot.engine import drill_texts, texts
from bot.engine.home import TeamSeen, home_page
from bot.model import Address, Drill, Library, Session, Week, lasting
from bot.records import export_of, kept_in_words
from bot.replies import (
    Document,
    Export,
    Home,
    Line,
    LinkCode,
    MyData,
    Redrawn,
    Reply,
    TeamChart,
    TeamTable,
    TeamWeek,
)
from bot.report import (
    FIGURES_NAME,
    PEOPLE_NAME,
    TeamBook,
    people_table,
    team_chart,
    team_table,
    team_text,
)
from bot.store import PUSH, WAITING, Code, Mark, Row, Store, StoreBusyError, StoreError

log = logging.getLogger(__name__)

AT_ONCE = 32  # conversations sent to side by side
CHATS_REMEMBERED = 10_000  # chats whose last message is remembered; those that are free again go first
MARK_RETRY = 1.0  # seconds after which a database that another program holds is tried again
RESENDS = 1  # a private step whose outcome is unknown is sent once more


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a platform takes messages: seconds between two in a chat, in a chat of many, and of all."""

    chat: float = 0.0
    group: float = 0.0
    overall: float = 0.0


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to deliver. `edits` is the platform's id of the message to change, else it is a new one.

    `number` is the outbox row's: the same when it is handed over again.
    """

    tenant: str
    learner: str
    address: Address
    reply: Reply = field(repr=False)
    edits: str | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it; `id` is its own id of the message."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now; again after this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Gone:
    """It can never arrive there."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have arrived or not: the connection broke after it was handed over."""


Outcome = Sent | Later | Gone | Unknown


class Carrier(Protocol):
    """An adapter's outgoing half."""

    async def send(self, message: Message) -> Outcome:
        """Hand one message to the platform."""


@dataclass(slots=True)
class _Edits:
    """Edits of one message that are not through yet: the newest's number, and how many are left."""

    newest: int = 0
    left: int = 0


Place = tuple[str, str, str | None, str | None]  # a conversation: platform, chat, thread, private chat


def _place(address: Address) -> Place:
    return address.platform, address.chat, address.thread, address.private


class Sender:
    """
    Delivers rows.

    Args:
        store: where the rows are, and where what became of them is marked.
        carriers: the adapter for each platform named in an address.
        clock: gives the time now, in seconds since 1970.
        library: what the learners' pages list.
        pause: waits some seconds (asyncio.sleep).
        pace: how fast each platform takes messages; one that it does not name takes them at once.
        codes: where codes that link two accounts come from; None where there is nothing to link.
    """

    def __init__(
        self,
        store: Store,
        carriers: Mapping[str, Carrier],
        clock: Callable[[], float],
        library: Library,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        pace: Mapping[str, Pace] | None = None,
        codes: Codes | None = None,
    ) -> None:
        self._store = store
        self._carriers = carriers
        self._clock = clock
        self._library = library
        self._pause = pause
        self._pace = pace or {}
        self._codes = codes
        self._free: dict[tuple[str, str], float] = {}  # when a chat may get its next message
        self._next: dict[str, float] = {}  # when a platform takes the next of all
        self._last = 0.0  # the time when it was last asked for
        self._marks: Batches[Mark, None] = Batches(self._mark_all)
        self._waiting: dict[Place, list[tuple[int, int, Row]]] = {}
        self._edits: dict[tuple[str, str, str], _Edits] = {}  # by the message they change
        self._busy: set[Place] = set()
        self._aside: Counter[Place] = Counter()  # edits and pushes that wait, while new replies go on
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._ending = False
        self._some = asyncio.Condition()
        self._new: asyncio.Queue[Place] = asyncio.Queue()
        self.counts: Counter[str] = Counter()  # what became of rows, and how often a platform said later

    async def load(self) -> None:
        """Take up what an earlier process left unsent. Call it before the first `take`."""
        self.take(await self._store.unsent())

    def take(self, rows: Sequence[Row]) -> None:
        """Take rows that were just committed."""
        for row in rows:
            if row.edits is not None:
                edits = self._edits.setdefault(_edited(row), _Edits())
                edits.newest, edits.left = max(edits.newest, row.number), edits.left + 1
            self._queue(row)

    def _queue(self, row: Row) -> None:
        place = _place(row.address)
        heapq.heappush(self._waiting.setdefault(place, []), (row.lane, row.number, row))
        if place not in self._busy:
            self._busy.add(place)
            self._new.put_nowait(place)

    async def idle(self, address: Address) -> None:
        """Wait until nothing waits for an address."""
        place = _place(address)
        async with self._some:
            await self._some.wait_for(lambda: place not in self._busy and not self._aside[place])

    async def all_idle(self) -> None:
        """Wait until nothing waits anywhere."""
        async with self._some:
            await self._some.wait_for(lambda: not self._busy and not self._aside.total())

    async def finish(self) -> None:
        """Begin to send nothing more; wait until what was begun is sent and marked."""
        self._ending = True
        for _ in range(AT_ONCE):
            await self._slots.acquire()

    def waiting(self) -> int:
        """Count the rows that wait."""
        return sum(map(len, self._waiting.values())) + self._aside.total()

    async def run(self) -> None:
        """Deliver until cancelled. An error of the store ends it: nothing may be sent unmarked."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._marks.run())
            while True:
                place = await self._new.get()
                tasks.create_task(self._converse(place, tasks))

    async def _converse(self, place: Place, tasks: asyncio.TaskGroup) -> None:
        """Empty one conversation's queue, one row after another."""
        queue = self._waiting[place]
        while queue:
            wait = self._reserve(queue[0][2])
            if wait > 0:
                await self._pause(wait)
                await self._drop_erased(queue)
                if not queue:
                    break
            row = queue[0][2]  # which is another, if one came meanwhile that goes first
            heapq.heappop(queue)
            if row.edits is not None and row.number < self._edits[_edited(row)].newest:
                await self._drop(row, "merged")  # a later edit of the message is there: only that is worth it
                self._done_with(row)
                continue
            async with self._slots:
                if self._ending:  # it stays in the outbox, for the next start
                    return
                later = await self._deliver(row)
            if later is None:
                self._done_with(row)
                continue
            if row.lane == WAITING:  # what follows must not overtake it
                heapq.heappush(queue, (row.lane, row.number, row))
                await self._pause(later)
                await self._drop_erased(queue)
            else:
                self._aside[place] += 1
                tasks.create_task(self._again(place, row, later))
        del self._waiting[place]
        self._busy.discard(place)
        await self._tell()

    async def _again(self, place: Place, row: Row, seconds: float) -> None:
        """Take up an edit or a push again after a while; a new reply has gone before it meanwhile."""
        await self._pause(seconds)
        there = await self._store.still_waiting(row)
        self._aside[place] -= 1
        if not self._aside[place]:
            del self._aside[place]
        if there:
            self._queue(row)
        else:
            self._done_with(row)
        await self._tell()

    def _done_with(self, row: Row) -> None:
        """Forget the edits of a message once none is left: an older one must not come after all."""
        if row.edits is not None:
            edits = self._edits[_edited(row)]
            edits.left -= 1
            if not edits.left:
                del self._edits[_edited(row)]

    async def _tell(self) -> None:
        async with self._some:
            self._some.notify_all()

    def _reserve(self, row: Row) -> float:
        """Reserve the next place in a chat's pace and in the platform's; give the seconds until then."""
        platform, now = row.address.platform, self._now()
        pace = self._pace.get(platform)
        if pace is None or isinstance(row.reply, Home):
            return 0.0
        at = max(now, self._next.get(platform, 0.0))
        if row.edits is None:
            chat = (platform, _paced(row.address))
            at = max(at, self._free.get(chat, 0.0))
            self._free[chat] = at + (pace.group if row.address.shared else pace.chat)
            if len(self._free) > CHATS_REMEMBERED:
                self._free = {one: free for one, free in self._free.items() if free > now}
        if pace.overall:
            self._next[platform] = max(now, self._next.get(platform, 0.0)) + pace.overall
        return at - now

    def _now(self) -> float:
        """Give the time. Set back, a clock would else make all wait until it is again what it was."""
        now = self._clock()
        if now < self._last:
            self._free.clear()
            self._next.clear()
        self._last = now
        return now

    async def _drop_erased(self, queue: list[tuple[int, int, Row]]) -> None:
        """Take out what is no more in the outbox: its learner was erased during a pause."""
        gone = [entry[2] for entry in list(queue) if not await self._store.still_waiting(entry[2])]
        queue[:] = [entry for entry in queue if entry[2] not in gone]  # more may have joined meanwhile
        heapq.heapify(queue)
        for row in gone:
            self._done_with(row)

    async def _deliver(self, row: Row) -> float | None:
        """Send one row and mark it; seconds to wait where the platform says later."""
        if row.expires <= self._clock():
            await self._drop(row, "expired")
            return None
        if row.address.platform not in self._carriers:  # it waits for a start that has it
            self.counts["unserved"] += 1
            return None
        if row.tries > 0 and _must_not_repeat(row):
            await self._drop(row, "left")
            return None
        try:
            message = await self._message(row)
        except StoreError:
            raise
        except Exception as error:  # kept, it would end every next start too
            name = type(error).__name__
            log.error("not drawn", extra={"action": "send", "error": name})  # noqa: TRY400
            await self._drop(row, "not drawn")
            return None
        carrier = self._carriers.get(message.address.platform) if message is not None else None
        if message is None or carrier is None:  # never shown, or on a platform that is not served now
            await self._drop(row, "orphan")
            return None
        if _must_not_repeat(row):
            await self._marks.put(Mark(row, "trying"))
        outcome = await self._send(carrier, message)
        tries = 0
        while isinstance(outcome, Unknown) and not _must_not_repeat(row) and tries < RESENDS:
            tries += 1
            self.counts["again"] += 1
            outcome = await self._send(carrier, message)
        return await self._became(row, outcome)

    @staticmethod
    async def _send(carrier: Carrier, message: Message) -> Outcome:
        """Hand a message over. What a carrier raises is no reason to stop serving everyone else."""
        try:
            return await carrier.send(message)
        except BrokenPipeError:  # whoever read our output has gone, and with them the reason to run
            raise
        except Exception as error:  # its text could hold words of the message: only its class is told
            name = type(error).__name__
            log.error("send failed", extra={"action": "send", "error": name})  # noqa: TRY400
            return Unknown()

    async def _became(self, row: Row, outcome: Outcome) -> float | None:
        match outcome:
            case Sent(id):
                self.counts["sent"] += 1
                last = isinstance(row.reply, Redrawn) and not row.reply.prompt.buttons
                await self._marks.put(Mark(row, "sent", id, int(self._clock()), last))
                return None
            case Later(seconds):
                self.counts["later"] += 1
                return seconds
            case Gone(why):
                log.info("cannot be delivered", extra={"action": "send", "why": why, "row": row.number})
                await self._drop(row, "gone")
                return None
            case Unknown():
                await self._drop(row, "left")
                return None
            case _:
                assert_never(outcome)

    async def _drop(self, row: Row, why: str) -> None:
        self.counts[why] += 1
        await self._marks.put(Mark(row, "dropped"))

    async def _message(self, row: Row) -> Message | None:
        """Make what is to be sent; None for an edit whose message never arrived."""
        if row.edits is None:
            tells_all = isinstance(row.reply, MyData | Export | LinkCode)
            if tells_all and not await self._store.still_waiting(row):
                return None  # its learner was erased meanwhile, or the account is no more theirs
            drawn = await self._drawn(row)
            return _to(row, row.address, drawn) if drawn is not None else None
        pressed = row.address.pressed
        if pressed is not None:  # its button was pressed, so it is there, whatever we know of it
            return _to(row, row.address, row.reply, pressed)
        found = await self._store.message_of(row)
        if found is None:
            return None
        changes, address = found  # where it was shown, which need not be where it was answered
        return _to(row, address, row.reply, changes)

    async def _drawn(self, row: Row) -> Reply | None:
        """Fill a reply that shows what is kept: drawn now, so that no copy of it lies in the outbox."""
        match row.reply:
            case MyData(buttons=buttons):
                kept = await self._store.kept(row.tenant, row.learner)
                return Line(text=kept_in_words(kept), buttons=buttons)
            case LinkCode():
                return await self._code(row)
            case Export():
                kept = await self._store.kept(row.tenant, row.learner)
                return Document(
                    name=texts.EXPORT_NAME,
                    body=export_of(row.tenant, row.learner, kept),
                    text=texts.EXPORT_FILE,
                )
            case TeamWeek() | TeamChart() | TeamTable():
                return await self._of_team(row.reply)
            case Home(admin):
                kept = await self._store.kept(row.tenant, row.learner)
                team = await self._store.team(row.tenant)
                seen = await self._seen(row) if admin or row.learner in team.supervisors else None
                now = datetime.fromtimestamp(self._clock(), UTC)
                session = kept.session or Session()
                return home_page(self._library, session, team, now, admin=admin, seen=seen)
            case reply:
                return reply

    async def _of_team(self, reply: TeamWeek | TeamChart | TeamTable) -> Reply | None:
        """Fill what shows a team's results; None where there is nothing to show."""
        drills = await self._store.drills(reply.tenant)
        drill = next((one for one in drills if one.id == reply.drill), None)
        if drill is None:
            return Line(text=drill_texts.NO_SUCH_DRILL) if isinstance(reply, TeamWeek) else None
        weeks = [week for week, _ in await self._store.weeks(reply.tenant, drill.id)]
        book = await self._book(reply.tenant, drill, weeks, _copies_since(reply, weeks))
        match reply:
            case TeamWeek(day=day, buttons=buttons):
                return Line(text=team_text(self._library, book, day), buttons=buttons, personal=True)
            case TeamChart(day=day):
                return team_chart(self._library, book, day)
            case TeamTable(people=True):
                return Document(name=PEOPLE_NAME, body=people_table(book), text=drill_texts.PEOPLE_FILE)
            case TeamTable():
                body = team_table(self._library, book)
                return Document(name=FIGURES_NAME, body=body, text=drill_texts.TABLE_FILE) if weeks else None

    async def _book(self, tenant: str, drill: Drill, weeks: Sequence[Week], since: date) -> TeamBook:
        places = await self._store.members(tenant, drill.id)
        copies = await self._store.copies(tenant, drill.id, since)
        return TeamBook(drill=drill, weeks=weeks, places=places, copies=copies)

    async def _seen(self, row: Row) -> TeamSeen:
        """Give the team's last week, of whichever drill, and the picture of it that this person was sent."""
        drills = [one for one in await self._store.drills(row.tenant) if not one.place]
        weeks = {one.id: [week for week, _ in await self._store.weeks(row.tenant, one.id)] for one in drills}
        closed = [one for one in drills if weeks[one.id]]
        if not closed:
            return TeamSeen(drill_texts.NO_RESULTS if drills else drill_texts.NONE_YET)
        drill = max(closed, key=lambda one: (weeks[one.id][-1].day, one.id))
        last = weeks[drill.id][-1].day
        book = await self._book(row.tenant, drill, weeks[drill.id], last)
        words = team_text(self._library, book)
        chart = team_chart(self._library, book, last)
        if chart is None:
            return TeamSeen(words, drill.id)
        key = TeamChart(tenant=row.tenant, drill=drill.id, day=last).key
        found = await self._store.message_of(replace(row, edits=key))
        picture = found[0] if found and found[1].platform == row.address.platform else ""
        return TeamSeen(words, drill.id, picture, chart.text)

    async def _code(self, row: Row) -> Line:
        """Make a code and keep its hash; the code itself is nowhere but in the message."""
        if self._codes is None:
            return Line(text=texts.LINK_ALONE)
        code = self._codes.new()
        expires = int(self._clock()) + LASTS
        who = (row.tenant, row.learner)
        await self._store.save_code(Code(who, hashed(code), lasting(row.address), expires))
        said = texts.LINK_CODE.format(code=code, minutes=LASTS // 60, address=self._codes.address)
        return Line(text=said, personal=True)

    async def _mark_all(self, marks: Sequence[Mark]) -> Sequence[None]:
        while True:
            try:
                await self._store.mark(marks)
            except StoreBusyError:  # another program holds the database: what follows waits with it
                log.warning("not marked yet", extra={"action": "mark", "error": "StoreBusyError"})
                await self._pause(MARK_RETRY)
            else:
                return [None] * len(marks)


def _copies_since(reply: TeamWeek | TeamChart | TeamTable, weeks: Sequence[Week]) -> date:
    """Give the day from which on a reply needs to know who finished: a year of a thousand people is much."""
    match reply:
        case TeamTable(people=True):
            return date.min
        case TeamWeek(day=day):
            return day or (weeks[-1].day if weeks else date.max)
        case _:
            return date.max


def _to(row: Row, address: Address, reply: Reply, edits: str | None = None) -> Message:
    return Message(row.tenant, row.learner, address, reply, edits, row.number)


def _paced(address: Address) -> str:
    """Name what a pace is about: a chat; or one person in it, for what only they see there."""
    whispers = address.private is not None and not address.shared
    return f"{address.chat} {address.private}" if whispers else address.chat


def _edited(row: Row) -> tuple[str, str, str]:
    """Name the message that an edit changes."""
    return row.tenant, row.learner, row.edits or ""


def _must_not_repeat(row: Row) -> bool:
    """Say whether a second copy would be worse than none: a push, or what others read too."""
    shown_to_others = row.address.shared and row.edits is None and not isinstance(row.reply, Home)
    return row.lane == PUSH or shown_to_others
