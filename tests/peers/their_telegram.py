"""The Telegram of PyPI's `telemelya`: its process, our bot on it, and people who use it."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any

import aiohttp
from prometheus_client import CollectorRegistry
from telegram import Bot

from adapters.telegram.app import PATH, TelegramApp, initialized
from adapters.telegram.carrier import TelegramCarrier
from adapters.telegram.setup import bot_for, tell_how_updates_come
from adapters.web import WebServer, bind, web_app
from bot.model import Library
from bot.sender import Sender
from bot.store import Store
from bot.tutor import Tutor

FOLDER = Path(__file__).parent / "telegram"
HOME = FOLDER / ".venv"
INSTALLING = 300  # seconds
TOKEN = "123456789:PEERPEERPEERPEERPEERPEERPEERPEERPEE"  # noqa: S105 - it opens nothing
SECRET = "secret_of_their_webhook"  # noqa: S105
BOT, USERNAME = 123456789, "telemelya_bot"  # whatever the token
SAYS = ("sendMessage", "editMessageText")
SESSION = "default"  # where it notes the calls that are about no chat it knows; so everything is there

Json = dict[str, Any]


class Missing(Exception):  # noqa: N818  # nothing went wrong: something is not there
    """The stand-in cannot run here; the text says what it lacks."""


@dataclass(frozen=True, slots=True)
class Server:
    """The process that plays Telegram."""

    url: str


def installed() -> Path:
    """
    Install the packages, in an environment of their own, where they are not; give its Python.

    Raises:
        Missing: they are not there and cannot be had.
    """
    wanted, ready, python = FOLDER / "requirements.txt", HOME / ".ready", HOME / "bin" / "python"
    pins = wanted.read_text("utf-8")
    if python.exists() and ready.exists() and ready.read_text("utf-8") == pins:
        return python
    _do("make its environment", sys.executable, "-m", "venv", str(HOME))
    _do("install it", str(python), "-m", "pip", "install", "--quiet", "--requirement", str(wanted))
    ready.write_text(pins, "utf-8")
    return python


def _do(what: str, *command: str) -> None:
    """
    Run a step of the installation.

    Raises:
        Missing: it failed.
    """
    try:
        got = subprocess.run(
            command, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=INSTALLING
        )
    except subprocess.TimeoutExpired:
        raise Missing(f"telemelya is missing: could not {what} in {INSTALLING} s") from None
    if got.returncode != 0:
        why = next((line for line in got.stderr.splitlines() if line.startswith("ERROR")), "it failed")
        raise Missing(f"telemelya is missing: could not {what} ({why.removeprefix('ERROR: ')})")


@contextlib.contextmanager
def running(python: Path) -> Iterator[Server]:
    """Run the stand-in, and stop it whatever happens."""
    with subprocess.Popen(
        [python, "server.py"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http://"), "the stand-in did not start; its own words stand above"
            yield Server(url)
        finally:
            process.stdin.close()  # at that it ends by itself
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass(slots=True)
class Held:
    """A message of ours, as it was last sent or changed: what we asked for, not what they made of it."""

    id: int
    chat: int
    html: str
    keyboard: list[list[tuple[str, str]]]
    asked: Json
    edits: int = 0

    @classmethod
    def of(cls, call: Json) -> Held:
        asked = call["raw"]
        rows = (asked.get("reply_markup") or {}).get("inline_keyboard", [])
        keyboard = [[(key["text"], key.get("callback_data") or key["url"]) for key in row] for row in rows]
        return cls(call["message_id"], call["chat_id"], asked["text"], keyboard, asked)


class Control:
    """Their own interface for tests: it sends updates, and tells what the bot called."""

    def __init__(self, server: Server, session: aiohttp.ClientSession) -> None:
        self._base = f"{server.url}/api/v1/test/"
        self._session = session

    async def ask(self, method: str, path: str, body: Json | None = None, **more: str) -> Json:
        query = {"session_id": SESSION, "bot_token": TOKEN, **more}
        headers = {"Authorization": "Bearer anyone"}
        url = self._base + path
        async with self._session.request(method, url, params=query, json=body, headers=headers) as answer:
            told: Json = await answer.json()
            assert answer.status == 200, told
        return told

    async def update(self, body: Json, path: str = "send_update") -> Json:
        """Have an update sent to the bot; give what it was, and what the bot answered."""
        return await self.ask("POST", path, body)

    async def calls(self, *methods: str) -> list[Json]:
        """What the bot called of these methods, in order."""
        told: list[Json] = (await self.ask("GET", "responses"))["responses"]
        return [call for call in told if call["method"] in methods]

    async def next(self, seconds: float) -> Json | None:
        """Wait for the next call, and take it off the list."""
        told = await self.ask("GET", "responses/wait", timeout=str(seconds))
        next: Json | None = told["response"]
        return next

    async def held(self, chat: int) -> list[Held]:
        """A chat's messages of ours; the list of calls is all that can be seen of them."""
        messages: dict[int, Held] = {}
        for call in await self.calls(*SAYS):
            if call["chat_id"] != chat or call.get("via_inline"):
                continue
            edits = messages[call["message_id"]].edits + 1 if call["method"] == "editMessageText" else 0
            messages[call["message_id"]] = Held.of(call)
            messages[call["message_id"]].edits = edits
        return list(messages.values())


@dataclass(slots=True)
class TheirTelegram:
    """One bot of ours on their Telegram."""

    server: Server
    session: aiohttp.ClientSession
    control: Control
    hook: str
    bot: Bot
    app: TelegramApp
    carrier: TelegramCarrier
    sender: Sender

    async def rest(self) -> None:
        """Wait until all that came is answered."""
        await self.app.drain()
        await self.sender.all_idle()

    async def send(self, body: Json, path: str = "send_update") -> Json:
        """Have them send an update, which must be taken; give it."""
        told = await self.control.update(body, path)
        assert told["delivery"]["status_code"] == 200
        await self.rest()
        update: Json = told["update"]
        return update

    async def post(self, update: Json, secret: str = SECRET) -> int:
        """Send our bot what their Telegram does not send; wait for all that follows."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        async with self.session.post(self.hook, json=update, headers=headers) as answer:
            await answer.read()
        await self.rest()
        return answer.status


@contextlib.asynccontextmanager
async def bot_on_theirs(server: Server, store: Store, library: Library) -> AsyncIterator[TheirTelegram]:
    """Serve their Telegram as the program does, but without a pause between two messages."""
    async with contextlib.AsyncExitStack() as closing:
        session = await closing.enter_async_context(aiohttp.ClientSession())
        control = Control(server, session)
        await control.ask("POST", "reset")
        bot = await initialized(bot_for(TOKEN, server.url))
        closing.push_async_callback(bot.shutdown)
        carrier = TelegramCarrier(bot)
        sender = Sender(store, {"telegram": carrier}, time, library)
        tutor = Tutor(library, store, sender.take, lambda: "seed")
        app = TelegramApp(tutor.take, bot)
        bound = closing.enter_context(contextlib.closing(bind(0)))
        web = WebServer(web_app([app.route(SECRET)], {}, CollectorRegistry()), bound)
        address = f"http://127.0.0.1:{bound.getsockname()[1]}"
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(tutor.run()), tasks.create_task(sender.run())]
            tasks.create_task(web.run_until_stopped())
            try:
                await tell_how_updates_come(bot, address, SECRET)
                yield TheirTelegram(server, session, control, address + PATH, bot, app, carrier, sender)
            finally:
                web.should_exit = True
                await app.drain()
                for task in running:
                    task.cancel()


@dataclass(slots=True)
class Someone:
    """A person there; what they write and press is an update that their Telegram sends."""

    telegram: TheirTelegram
    id: int

    # Writing

    async def say(self, text: str) -> Json:
        """Write to the bot; a text that begins with a slash is a command."""
        return await self.telegram.send({"chat_id": self.id, "text": text})

    async def picture(self, words: str = "") -> Json:
        about = {"photo_file_id": "picture", "photo_caption": words or None}
        return await self.telegram.send({"chat_id": self.id, **about})

    async def say_in(self, group: int, text: str, number: int, entities: Sequence[Json] = ()) -> int:
        """Write in a group: their Telegram has none, so the update is ours."""
        message = {
            "message_id": number,
            "from": {"id": self.id, "is_bot": False, "first_name": "Lee"},
            "chat": {"id": group, "type": "supergroup", "title": "The team"},
            "date": int(datetime.now(UTC).timestamp()),
            "text": text,
            "entities": list(entities),
        }
        return await self.telegram.post({"update_id": number, "message": message})

    # Pressing

    async def press(self, message: int, data: str) -> Json:
        """Press a button; the message that comes along is an empty one, with the number alone."""
        pressed = {"chat_id": self.id, "callback_data": data, "callback_message_id": message}
        return await self.telegram.send(pressed)

    # Inline

    async def inline(self, query: str) -> list[Json]:
        """Type @bot and a query in some chat; give the cards."""
        who = {"id": self.id, "first_name": "Lee"}
        asked = await self.telegram.send({"query": query, "from_user": who}, "send_inline_query")
        id = asked["inline_query"]["id"]
        calls = await self.telegram.control.calls("answerInlineQuery")
        (cards,) = [call["results"] for call in calls if call["inline_query_id"] == id]
        return list(cards)

    async def choose(self, card: Json) -> Json:
        """Send a card to some chat; give the message, as they note it."""
        chosen = {"chat_id": self.id, "result_id": card["id"]}
        told = await self.telegram.control.update(chosen, "choose_inline_result")
        sent = await self.telegram.control.calls("sendMessage")
        (posted,) = [one for one in sent if one["message_id"] == told["message_id"]]
        return posted

    # Reading

    async def shown(self) -> list[Held]:
        """What the bot said in the private chat."""
        return await self.telegram.control.held(self.id)

    async def toasts(self) -> list[str]:
        """What was said on the presses themselves."""
        calls = await self.telegram.control.calls("answerCallbackQuery")
        return [call["text"] or "" for call in calls]
