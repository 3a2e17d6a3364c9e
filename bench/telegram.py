"""
The Telegram adapter: updates in as JSON, replies out to the library's client whose transport is a stub.

A turn begins with the body of an update as the web server hands it over, made before the clock
starts. It is acknowledged when the adapter has committed it, and over when each of its replies, and
the answer that ends the button's waiting, has been handed to python-telegram-bot's client, which hands
it to `Stub` in place of a network. Every row pays the same transport: the form it would send is written,
and a message as Telegram answers with one is read.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from time import perf_counter

from telegram import Bot, LinkPreviewOptions
from telegram.request import BaseRequest, RequestData

from adapters.telegram.app import TelegramApp, initialized
from adapters.telegram.arrivals import arrival_from
from adapters.telegram.calls import call
from adapters.telegram.carrier import TelegramCarrier
from adapters.telegram.messages import Shown, shown
from bench.learners import BEGAN
from bench.place import Measured, Place, WrongResultError
from bench.pressing import Handed, Idle, Pressed, Take, adapted, tell, tutor_and_sender
from bench.turns import CROWD
from bench.updates import BOT, TOKEN, Press, chat_json, message_json, prepared
from bot.events import (
    Arrival,
)
from bot.replies import (
    Prompt,
    Redrawn,
    Reply,
)
from bot.sender import Later, Message, Sender
from bot.tutor import Tutor

# --- what goes out ---------------------------------------------------------------------------

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_OK = b'{"ok":true,"result":true}'
_ME = json.dumps({"ok": True, "result": BOT}).encode()


class Stub(BaseRequest):
    """
    Telegram in the place of a transport: it takes every call at once, and remembers what it was handed.

    Args:
        message: the one whose text and keyboard it gives back, whatever was sent: reading it is the
            library's work, writing it would be Telegram's.
    """

    read_timeout = 5.0

    def __init__(self, message: Shown) -> None:
        self.handed = Handed()
        self._ends = json.dumps(message_json(message))[1:].encode() + b"}"

    async def initialize(self) -> None:
        """Need nothing."""

    async def shutdown(self) -> None:
        """Leave nothing."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: object, **__: object
    ) -> tuple[int, bytes]:
        """Take a call, as the library's own transport does."""
        del method
        form = request_data.json_parameters if request_data else {}
        match url.rpartition("/")[2]:
            case "sendMessage":
                self.handed.message(form["chat_id"], form["text"])
                answer = self.message(form["chat_id"], self.handed.calls)
            case "editMessageText":
                self.handed.message(f"{form['chat_id']}:{form['message_id']}", form["text"], changed=True)
                answer = self.message(form["chat_id"], int(form["message_id"]))
            case "answerCallbackQuery":
                tell(self.handed.told, form["callback_query_id"], form.get("text", ""))
                answer = _OK
            case "getMe":
                return 200, _ME
            case other:
                raise WrongResultError(f"nothing should call {other}")
        self.handed.calls += 1
        return 200, answer

    def message(self, chat: str, id: int) -> bytes:
        """Give a message as Telegram answers with one."""
        begins = f'{{"ok":true,"result":{{"message_id":{id},"chat":{json.dumps(chat_json(chat))},'
        return begins.encode() + self._ends

    async def bot(self) -> Bot:
        """Make the client that the program uses, on this in the place of a network."""
        return await initialized(Bot(TOKEN, request=self, get_updates_request=self))


def steps(presses: Sequence[Press]) -> Sequence[Shown]:
    """Give what every step that is shown looks like, from the shortest to the longest."""
    found = [shown(reply)[-1] for press in presses for reply in press.replies if isinstance(reply, Prompt)]
    return sorted(found, key=lambda one: len(one.html))


def a_step(presses: Sequence[Press]) -> Shown:
    """Give a message of the middle size of all steps that are shown."""
    found = steps(presses)
    return found[len(found) // 2]


def messages_of(arrival: Arrival, replies: Sequence[Reply]) -> Iterator[tuple[str, Shown]]:
    """Render a turn's replies, each message with the message it changes or the chat it goes to."""
    address = arrival.address
    assert address.pressed is not None
    for reply in sorted(replies, key=lambda reply: isinstance(reply, Redrawn)):  # new ones before edits
        if isinstance(reply, Redrawn):
            yield address.pressed, shown(reply)[-1]
        else:
            yield from ((address.chat, part) for part in shown(reply))


def wanted(presses: Sequence[Press]) -> dict[str, int]:
    """Give what must be handed over, by the pure engine."""
    told: dict[str, int] = {}
    for press in presses:
        tell(told, press.query, press.toast)
        for where, part in messages_of(press.arrival, press.replies):
            tell(told, where, part.html, changed=where == press.arrival.address.pressed)
    return told


# --- the rows --------------------------------------------------------------------------------


def telegram(place: Place, in_flight: int) -> Measured:
    """Time the real adapter, tutor, sender and store, until each reply is handed over and marked."""
    return asyncio.run(_telegram(place, in_flight))


async def _telegram(place: Place, in_flight: int) -> Measured:
    game = prepared(place, in_flight)
    stub = Stub(a_step(game.presses))
    bot = await stub.bot()

    def adapter(tutor: Tutor, sender: Sender) -> tuple[Take[Press], Idle]:
        app = TelegramApp(tutor.take, bot, lambda: BEGAN)

        async def take(press: Press) -> None:
            await app.take(app.read(press.body))

        async def idle() -> None:
            await app.drain()
            await sender.all_idle()

        return take, idle

    return await adapted(
        place,
        game,
        in_flight,
        carrier=TelegramCarrier(bot),
        adapter=adapter,
        handed=stub.handed,
        wanted=wanted(game.presses),
    )


def parts(place: Place) -> Measured:
    """Time, on the same presses, what a Telegram turn does, each part alone."""
    return asyncio.run(_parts(place))


async def _parts(place: Place) -> Measured:
    game = prepared(place, CROWD)
    return Measured(await tutor_and_sender(place, game) | await _in_and_out(game))


async def _in_and_out(game: Pressed[Press]) -> dict[str, float]:
    """Time reading updates, answering presses, rendering replies, and carrying them, rendering included."""
    stub = Stub(a_step(game.presses))
    bot = await stub.bot()
    carrier = TelegramCarrier(bot)
    app = TelegramApp(_nobody, bot, lambda: BEGAN)
    took: defaultdict[str, float] = defaultdict(float)

    @contextlib.contextmanager
    def timed(name: str) -> Iterator[None]:
        start = perf_counter()
        yield
        took[name] += perf_counter() - start

    for press in game.presses:
        with timed("reading"):
            arrival = arrival_from(app.read(press.body), bot.id, bot.username, BEGAN)
        if arrival != press.arrival:
            raise WrongResultError(f"this press was read otherwise: {press.arrival}")
        with timed("answers"):
            await call(bot, "answerCallbackQuery", callback_query_id=press.query, text=press.toast or None)
        with timed("rendering"):
            list(messages_of(press.arrival, press.replies))
        with timed("carrying"):
            for reply in press.replies:
                edits = press.arrival.address.pressed if isinstance(reply, Redrawn) else None
                message = Message("t", "l", press.arrival.address, reply, edits)
                while isinstance(await carrier.send(message), Later):
                    pass  # of several parts: the next
    return {name: seconds / len(game.presses) * 1e6 for name, seconds in took.items()}


async def _nobody(_: Arrival) -> None:
    """Take an arrival that nobody hands in."""
