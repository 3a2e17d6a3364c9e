"""
Bare applications of python-telegram-bot beside the adapter: a constant, plain aiosqlite, its own pickle.

They are the library's `Application` with handlers as its examples write them, and get the same updates
through the same transport. A press is acknowledged when `process_update` comes back, and all is said
by then. None keeps replies, so after a crash none would know what it had said.

The plain one keeps a learner's step and answers in one row: read, written and committed a turn. One
turn at a time does so, as in every other plain row; without that, turns on the one connection commit
each other's rows, which is what `shared` shows. The pickle is `PicklePersistence` as it comes: one file,
written by `update_persistence` as often as something in it has changed; nothing flushes it to the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosqlite
from telegram import InlineKeyboardMarkup, Update
from telegram.constants import ParseMode
from telegram.ext import (
    Application,
    BaseHandler,
    BasePersistence,
    CallbackQueryHandler,
    ContextTypes,
    ConversationHandler,
    PicklePersistence,
)
from telegram.warnings import PTBUserWarning

from adapters.telegram.messages import Shown
from bench.learners import HALF, learner
from bench.place import Measured, Place, WrongResultError
from bench.pressing import Take, press_all, tell
from bench.telegram import NO_PREVIEW, Stub, a_step, steps
from bench.updates import TOKEN, Press, keyboard_of, prepared

Bare = Application[Any, Any, Any, Any, Any, Any]
Context = ContextTypes.DEFAULT_TYPE
Listen = Callable[[Update, Context], Coroutine[Any, Any, int]]
NAME = "story"  # of the conversation that is pickled


@contextlib.asynccontextmanager
async def bare(
    stub: Stub,
    handler: BaseHandler[Update, Context, Any],
    persistence: BasePersistence[Any, Any, Any] | None = None,
) -> AsyncIterator[Bare]:
    """Make an application with one handler, so it looks at no other before it."""
    builder = Application.builder().token(TOKEN).request(stub).get_updates_request(stub).job_queue(None)
    if persistence is not None:
        builder = builder.persistence(persistence)
    app = builder.build()
    app.add_handler(handler)
    async with app:
        yield app


def processing(app: Bare) -> Take[Press]:
    """Give what hands a press to an application."""

    async def take(press: Press) -> None:
        await app.process_update(press.update(app.bot))

    return take


async def nothing() -> None:
    """Wait for nothing: all is said by then."""


# --- what they say ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scene:
    """A step of a bot's story."""

    text: str
    keyboard: InlineKeyboardMarkup | None


def _scene(message: Shown) -> _Scene:
    return _Scene(message.html, keyboard_of(message.keyboard))


def _story(presses: Sequence[Press]) -> Sequence[_Scene]:
    """Give as many steps as the real story has, short ones and long ones as there."""
    found = steps(presses)
    return [_scene(found[(2 * place + 1) * len(found) // (2 * HALF)]) for place in range(HALF)]


async def _say(update: Update, context: Context, scene: _Scene) -> None:
    """Answer the press, and post a step."""
    query = update.callback_query
    assert query is not None
    await query.answer()
    await context.bot.send_message(
        chat_id=query.from_user.id,
        text=scene.text,
        parse_mode=ParseMode.HTML,
        reply_markup=scene.keyboard,
        link_preview_options=NO_PREVIEW,
    )


def _who(update: Update) -> int:
    assert update.effective_user is not None
    return update.effective_user.id


def _data(update: Update) -> str:
    assert update.callback_query is not None
    return update.callback_query.data or ""


@dataclass(slots=True)
class _Place:
    """Where someone is in a bot's story, and what they answered on the way."""

    step: int = 0
    answers: str = ""

    def after(self, data: str) -> _Place:
        """Give the place after a press; the story begins again after its last step."""
        step = (self.step + 1) % HALF
        return _Place(step, f"{self.answers} {data}" if step else "")


def _everyone(place: Place) -> dict[int, _Place]:
    """Put everyone somewhere in the story."""
    found = {}
    for number in range(place.learners):
        at = _Place()
        for answer in range(number % HALF):
            at = at.after(f"c:{number:08x}:{answer}:a")
        found[int(learner(number).id.removeprefix("U07"))] = at
    return found


def _played(people: dict[int, _Place], presses: Sequence[Press], story: Sequence[_Scene]) -> dict[str, int]:
    """Let people go on by presses, and give what they must be told."""
    told: dict[str, int] = {}
    for press in presses:
        who = int(press.arrival.learner)
        people[who] = people[who].after(press.data)
        tell(told, press.query, "")
        tell(told, press.arrival.address.chat, story[people[who].step].text)
    return told


# --- the rows --------------------------------------------------------------------------------


def constant(place: Place, in_flight: int) -> Measured:
    """Time an application that answers the press and posts one constant message; it keeps nothing."""
    return asyncio.run(_constant(place, in_flight))


async def _constant(place: Place, in_flight: int) -> Measured:
    presses = prepared(place, in_flight).presses
    message = a_step(presses)
    stub, scene = Stub(message), _scene(message)

    async def pressed(update: Update, context: Context) -> None:
        await _say(update, context, scene)

    async with bare(stub, CallbackQueryHandler(pressed)) as app:
        figures = await press_all(processing(app), presses, in_flight, nothing, stub.handed)
    told: dict[str, int] = {}
    for press in presses:
        tell(told, press.query, "")
        tell(told, press.arrival.address.chat, scene.text)
    stub.handed.prove(told)
    return Measured(figures)


def plain(place: Place, in_flight: int, *, shared: bool = False) -> Measured:
    """
    Time an application that keeps where everyone is with plain aiosqlite.

    Args:
        place: says how much.
        in_flight: presses at a time.
        shared: turns need not wait for each other, and commit what others wrote too.
    """
    return asyncio.run(_plain(place, in_flight, shared=shared))


_TABLE = "CREATE TABLE people (id INTEGER PRIMARY KEY, step INTEGER NOT NULL, answers TEXT NOT NULL)"
_FIND = "SELECT step, answers FROM people WHERE id = ?"
_KEEP = """
INSERT INTO people (id, step, answers) VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET step = excluded.step, answers = excluded.answers
"""


async def _plain(place: Place, in_flight: int, *, shared: bool) -> Measured:
    presses, people = prepared(place, in_flight).presses, _everyone(place)
    stub, story = Stub(a_step(presses)), _story(presses)
    turn = contextlib.nullcontext() if shared else asyncio.Lock()
    with tempfile.TemporaryDirectory(dir=place.folder) as folder:
        async with aiosqlite.connect(Path(folder) / "people.db") as db:
            await db.execute("PRAGMA journal_mode=WAL")
            await db.execute("PRAGMA synchronous=FULL")
            await db.execute(_TABLE)
            await db.executemany(_KEEP, [(who, at.step, at.answers) for who, at in people.items()])
            await db.commit()

            async def pressed(update: Update, context: Context) -> None:
                who = _who(update)
                async with turn:
                    async with db.execute(_FIND, (who,)) as cursor:
                        row = await cursor.fetchone()
                    at = (_Place(*row) if row else _Place()).after(_data(update))
                    await db.execute(_KEEP, (who, at.step, at.answers))
                    await db.commit()
                await _say(update, context, story[at.step])

            async with bare(stub, CallbackQueryHandler(pressed)) as app:
                figures = await press_all(processing(app), presses, in_flight, nothing, stub.handed)
            stub.handed.prove(_played(people, presses, story))
            rows = await db.execute_fetchall("SELECT id, step, answers FROM people")
    _prove({who: _Place(step, answers) for who, step, answers in rows}, people)
    return Measured(figures)


def pickled(place: Place, in_flight: int) -> Measured:
    """Time the library's own ConversationHandler, whose PicklePersistence is written at every turn."""
    return asyncio.run(_pickled(place, in_flight))


async def _pickled(place: Place, in_flight: int) -> Measured:
    presses, people = prepared(place, in_flight).presses[: place.pickled], _everyone(place)
    stub, story = Stub(a_step(presses)), _story(presses)
    with tempfile.TemporaryDirectory(dir=place.folder) as folder:
        path = Path(folder) / "people.pickle"
        _make(path, people)
        async with bare(stub, _conversation(story), PicklePersistence(path)) as app:
            process = processing(app)

            async def take(press: Press) -> None:
                await process(press)
                await app.update_persistence()

            figures = await press_all(take, presses, in_flight, nothing, stub.handed)
        stub.handed.prove(_played(people, presses, story))
        _prove(await _found(path), people)
    return Measured(figures)


def _make(path: Path, people: Mapping[int, _Place]) -> None:
    """Write the pickle that the row starts from, as the library does."""
    kept = {
        "conversations": {NAME: {(who, who): at.step for who, at in people.items()}},
        "user_data": {who: {"answers": at.answers} for who, at in people.items()},
        "chat_data": {},
        "bot_data": {},
        "callback_data": None,
    }
    path.write_bytes(pickle.dumps(kept, pickle.HIGHEST_PROTOCOL))


async def _found(path: Path) -> dict[int, _Place]:
    """Read a pickle as the next start would."""
    persistence = PicklePersistence(path)
    users = await persistence.get_user_data()
    found = await persistence.get_conversations(NAME)
    return {int(who): _Place(int(str(step)), users[int(who)]["answers"]) for (who, _), step in found.items()}


def _conversation(story: Sequence[_Scene]) -> ConversationHandler[Context]:
    """Make a conversation with a state a step."""

    def pressed_at(step: int) -> Listen:
        async def pressed(update: Update, context: Context) -> int:
            assert context.user_data is not None
            at = _Place(step, context.user_data.get("answers", "")).after(_data(update))
            context.user_data["answers"] = at.answers
            await _say(update, context, story[at.step])
            return at.step

        return pressed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PTBUserWarning)  # of buttons that stand on older messages
        return ConversationHandler(
            entry_points=[CallbackQueryHandler(pressed_at(0))],
            states={step: [CallbackQueryHandler(pressed_at(step))] for step in range(len(story))},
            fallbacks=[],
            name=NAME,
            persistent=True,
        )


def _prove(found: Mapping[int, _Place], wanted: Mapping[int, _Place]) -> None:
    """Compare what was kept with what should have been."""
    wrong = [who for who, at in wanted.items() if found.get(who) != at]
    if wrong:
        raise WrongResultError(f"{len(wrong)} people are elsewhere, {wrong[0]} the first")
