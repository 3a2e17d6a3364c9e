"""The Slack of npm's `emulate`: its process, our bot on it, and people who use it."""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import urlencode

import aiohttp
from prometheus_client import CollectorRegistry
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from adapters.service import slack_route
from adapters.slack.app import COMMAND, SlackApp
from adapters.slack.carrier import SlackCarrier
from adapters.slack.manifest import PATH, SCOPES
from adapters.slack.starting import client_for, workspace_of
from adapters.web import WebServer, bind, web_app
from bot.model import Library
from bot.scheduler import Scheduler
from bot.sender import Sender
from bot.store import Store
from bot.tutor import Tutor
from tests.slack.reading import filled, values
from tests.slack_bot import Bot

FOLDER = Path(__file__).parent / "slack"
NODE = 20  # and later
INSTALLING = 120  # seconds
TEAM, APP, BOT, BOT_USER = "T000000001", "A0MAYSHARE", "B0MAYSHARE", "U0MAYSHARE"
TOKEN, POOR, SECRET = "xoxb-peer", "xoxb-poor", "their secret"
CHANNEL = "school"
HOOK = f"/services/{TEAM}/B000000001/X000000001"  # an incoming webhook that is always there, to #general

Json = dict[str, Any]


class Missing(Exception):  # noqa: N818  # nothing went wrong: something is not there
    """The stand-in cannot run here; the text says what it lacks."""


@dataclass(frozen=True, slots=True)
class Server:
    """The process that plays Slack."""

    url: str

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"


def _seed() -> Json:
    """The workspace as the emulator is told of it: Dana leads it, Lee works in it, our app is installed."""
    ours = {"app_id": APP, "bot_id": BOT, "bot_user_id": BOT_USER}
    bot = ours | {"type": "bot", "user_id": BOT_USER}
    return {
        "signing_secret": SECRET,
        "strict_scopes": True,
        "users": [{"name": "dana", "is_admin": True}, {"name": "lee"}],
        "channels": [{"name": CHANNEL}],
        "oauth_apps": [
            ours
            | {"client_id": "1.2", "client_secret": "unused", "name": "Mayshare", "bot_name": "mayshare"}
            | {"redirect_uris": [], "scopes": list(SCOPES)}
        ],
        "tokens": [
            bot | {"token": TOKEN, "scopes": list(SCOPES)},
            bot | {"token": POOR, "scopes": ["commands"]},
            {"token": "xoxp-dana", "user": "dana"},
            {"token": "xoxp-lee", "user": "lee"},
        ],
    }


def installed() -> str:
    """
    Install the package where it is not; give Node's path.

    Raises:
        Missing: Node, npm or the package is not there, and the package cannot be had.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Missing(f"{'node' if node is None else 'npm'} is missing: install Node {NODE} or later")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").partition(".")[0]) < NODE:
        raise Missing(f"Node is {version}: install Node {NODE} or later")
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]["emulate"]
    there = FOLDER / "node_modules" / "emulate" / "package.json"
    if there.exists() and json.loads(there.read_text())["version"] == wanted:
        return node
    try:
        got = subprocess.run(
            [npm, "install"], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=INSTALLING
        )
    except subprocess.TimeoutExpired:
        raise Missing(f"emulate {wanted} is missing: npm could not install it in {INSTALLING} s") from None
    if got.returncode != 0:
        why = next((line for line in got.stderr.splitlines() if "code" in line), "npm failed")
        raise Missing(f"emulate {wanted} is missing: npm could not install it ({why.strip()})")
    return node


@contextlib.contextmanager
def running(node: str) -> Iterator[Server]:
    """Run the stand-in, and stop it whatever happens."""
    with subprocess.Popen(
        [node, "server.mjs", json.dumps(_seed())],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
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
class TheirSlack:
    """One bot of ours on their Slack."""

    server: Server
    session: aiohttp.ClientSession
    request_url: str
    bot: Bot
    client: AsyncWebClient

    async def post(self, body: str, kind: str, secret: str = SECRET, **headers: str) -> int:
        """Send our bot what their Slack does not send by itself, signed; wait for all that follows."""
        stamp = str(int(time()))
        signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
        signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature or ""}
        sent = {"Content-Type": kind} | signed | headers
        async with self.session.post(self.request_url, data=body, headers=sent) as answer:
            await answer.read()
        await self.bot.rest()
        return answer.status

    async def event(self, event: Json, event_id: str, secret: str = SECRET, **headers: str) -> int:
        """Send an event."""
        wrapped = {"type": "event_callback", "team_id": TEAM, "api_app_id": APP, "event_id": event_id}
        return await self.post(json.dumps(wrapped | {"event": event}), "application/json", secret, **headers)

    async def interaction(self, payload: Json) -> int:
        """Send a press, or a form."""
        return await self.form({"payload": json.dumps(payload)})

    async def form(self, fields: dict[str, str]) -> int:
        """Send a form, as presses and slash commands come."""
        return await self.post(urlencode(fields), "application/x-www-form-urlencoded")

    async def trigger(self, user: str) -> str:
        """Have them make a trigger_id, good for one view."""
        made = await self.client.api_call("views.generateTriggerId", json={"user_id": user})
        return str(made["trigger_id"])

    async def events(self) -> list[Json]:
        """What they sent us by themselves, and what we answered."""
        async with self.session.get(f"{self.server.url}/door/events") as answer:
            told: list[Json] = await answer.json(content_type=None)
            return told

    async def page(self, tab: str, **more: str) -> list[str]:
        """The cells of their inspector's page: all they show of views, and of what only one person sees."""
        async with self.session.get(f"{self.server.url}/", params={"tab": tab, **more}) as answer:
            cells = re.findall(r"<td>(.*?)</td>", await answer.text(), re.DOTALL)
        return [html.unescape(re.sub(r"<[^<>]*>", "", cell)) for cell in cells]


@contextlib.asynccontextmanager
async def bot_on_theirs(server: Server, store: Store, library: Library) -> AsyncIterator[TheirSlack]:
    """Serve their Slack as the program does, but without a pause between two messages."""
    async with contextlib.AsyncExitStack() as closing:
        session = await closing.enter_async_context(aiohttp.ClientSession())
        bound = closing.enter_context(contextlib.closing(bind(0)))
        request_url = f"http://127.0.0.1:{bound.getsockname()[1]}{PATH}"
        async with session.post(f"{server.url}/door/begin", data=request_url) as begun:
            assert begun.status == 204
        client = client_for(TOKEN, server.api_url, session)
        carrier = SlackCarrier(client)
        sender = Sender(store, {"slack": carrier}, time, library)
        tutor = Tutor(library, store, sender.take, lambda: "seed")
        app = SlackApp(tutor.take, client, await workspace_of(client), SECRET)
        web = WebServer(web_app([slack_route(app)], {}, CollectorRegistry()), bound)
        bot = Bot(app, carrier, tutor, sender, None, Scheduler(store, tutor.take, {}, time))
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(tutor.run()), tasks.create_task(sender.run())]
            tasks.create_task(web.run_until_stopped())
            try:
                yield TheirSlack(server, session, request_url, bot, client)
            finally:
                web.should_exit = True
                await app.drain()
                for task in running:
                    task.cancel()


@dataclass(slots=True)
class Someone:
    """A person there, with a token of their own: what they write is an event that the emulator sends."""

    slack: TheirSlack
    id: str
    client: AsyncWebClient
    dm: str
    channel: str

    @classmethod
    async def named(cls, slack: TheirSlack, name: str) -> Someone:
        client = client_for(f"xoxp-{name}", slack.server.api_url, slack.session)
        everyone = (await client.users_list())["members"]
        channels = (await client.conversations_list())["channels"]
        dm = (await client.conversations_open(users=BOT_USER))["channel"]["id"]
        channel = next(one["id"] for one in channels if one["name"] == CHANNEL)
        return cls(slack, next(one["id"] for one in everyone if one["name"] == name), client, dm, channel)

    # Writing

    async def say(self, text: str) -> None:
        await self.client.chat_postMessage(channel=self.dm, text=text)
        await self.slack.bot.rest()

    async def mention(self, text: str) -> Json:
        """Write it in the channel; their Slack sends that as a message, so the event of a mention is ours."""
        words = f"<@{BOT_USER}> {text}"
        ts = (await self.client.chat_postMessage(channel=self.channel, text=words))["ts"]
        about = {"type": "app_mention", "channel": self.channel, "event_ts": ts}
        return about | {"user": self.id, "text": words, "ts": ts}

    async def command(self, text: str, channel: str, hook: str | None = None) -> int:
        fields = {
            "command": COMMAND,
            "text": text,
            "team_id": TEAM,
            "channel_id": channel,
            "user_id": self.id,
            "api_app_id": APP,
            "trigger_id": await self.slack.trigger(self.id),
        }
        return await self.slack.form(fields | ({"response_url": hook} if hook else {}))

    async def open_app(self, tab: str) -> int:
        event = {"type": "app_home_opened", "user": self.id, "channel": self.dm, "tab": tab}
        return await self.slack.event(event, f"Ev{tab}")

    # Reading

    async def history(self) -> list[Json]:
        """Everything in the direct message, oldest first."""
        held = await self.client.conversations_history(channel=self.dm, limit=200)
        return list(reversed(held["messages"]))

    async def thread(self, ts: str) -> list[Json]:
        held = await self.client.conversations_replies(channel=self.channel, ts=ts)
        return list(held["messages"])

    async def shown(self) -> list[Json]:
        """What the bot said in the direct message."""
        return [one for one in await self.history() if one["user"] == BOT_USER]

    # Pressing

    async def press(
        self,
        message: Json,
        block: Json,
        button: Json,
        ticked: Sequence[Json] = (),
        channel: str | None = None,
    ) -> None:
        """Press a button of a message, with these boxes ticked; no response_url comes along."""
        blocks = filled(message["blocks"])
        boxes = {"type": "checkboxes", "selected_options": list(ticked)}
        chosen = {(one["block_id"], one["element"]["action_id"]): boxes for one in blocks if "element" in one}
        container = {"type": "message", "message_ts": message["ts"], "channel_id": channel or self.dm}
        if "thread_ts" in message:
            container["thread_ts"] = message["thread_ts"]
        payload = await self._interaction("block_actions") | {
            "container": container | {"is_ephemeral": False},
            "channel": {"id": channel or self.dm, "name": "directmessage"},
            "message": message,
            "state": {"values": values(blocks, chosen if ticked else {})},
            "actions": [_action(block, button)],
        }
        assert await self.slack.interaction(payload) == 200

    async def press_in_view(self, block: Json, button: Json) -> None:
        payload = await self._interaction("block_actions") | {
            "container": {"type": "view", "view_id": "V1"},
            "view": {"id": "V1", "type": "home", "state": {"values": {}}},
            "actions": [_action(block, button)],
        }
        assert await self.slack.interaction(payload) == 200

    async def submit(self, view: Json, state: Json) -> None:
        payload = await self._interaction("view_submission")
        shown = view | {"id": "V2", "hash": "1.a", "state": {"values": state}}
        assert await self.slack.interaction(payload | {"view": shown, "response_urls": []}) == 200

    async def _interaction(self, kind: str) -> Json:
        return {
            "type": kind,
            "user": {"id": self.id, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "emulate"},
            "api_app_id": APP,
            "trigger_id": await self.slack.trigger(self.id),
            "enterprise": None,
            "is_enterprise_install": False,
        }


def _action(block: Json, button: Json) -> Json:
    named = {"block_id": block["block_id"], "action_ts": f"{time():.6f}"}
    return {key: button[key] for key in ("type", "action_id", "text", "value")} | named
