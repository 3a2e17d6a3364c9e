"""The whole tutor on the fake Slack: real slack_bolt, real slack_sdk, a real server or socket in between."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from prometheus_client import CollectorRegistry

from adapters.pictures import draw
from adapters.service import slack_route
from adapters.slack.app import SlackApp
from adapters.slack.carrier import SlackCarrier
from adapters.slack.manifest import SCOPES
from adapters.slack.roster import SlackRoster
from adapters.slack.socket import Socket
from adapters.slack.starting import client_for, session_for, workspace_of
from adapters.web import WebServer, bind, web_app
from bot.model import Library
from bot.replies import (
    Chart,
)
from bot.scheduler import Scheduler
from bot.sender import Sender
from bot.store import Store
from bot.tutor import Tutor
from tests.slack import Slack

Mode = Literal["http", "socket"]
MODES: tuple[Mode, ...] = ("http", "socket")


@dataclass(slots=True)
class Bot:
    """The running parts."""

    app: SlackApp
    carrier: SlackCarrier
    tutor: Tutor
    sender: Sender
    socket: Socket | None
    scheduler: Scheduler  # it looks when a test says so

    async def rest(self) -> None:
        """Wait until all that was done has been answered."""
        await self.app.drain()
        await self.sender.all_idle()


def fake_slack() -> Slack:
    """Give a Slack whose app has been installed with the manifest's scopes."""
    slack = Slack()
    slack.scopes = list(SCOPES)
    slack.strict_pace = False  # nobody waits here; test_sender.py shows that the pace is kept
    return slack


@contextlib.asynccontextmanager
async def bot_on(
    slack: Slack,
    store: Store,
    library: Library,
    mode: Mode = "http",
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    *,
    seed: str = "seed",
    ping: float = 10.0,
    deaf: float = 45.0,
    drawn: Callable[[Chart], bytes | None] = draw,
) -> AsyncIterator[Bot]:
    """Serve a Slack, as the program does, but without a pause between two messages."""
    async with contextlib.AsyncExitStack() as closing:
        session = await closing.enter_async_context(session_for())
        client = client_for(slack.bot_token, slack.api_url, session)
        carrier = SlackCarrier(client, drawn=drawn)
        workspace = await workspace_of(client)
        sender = Sender(store, {"slack": carrier}, lambda: clock().timestamp(), library)
        tutor = Tutor(library, store, sender.take, lambda: seed)
        secret = slack.signing_secret if mode == "http" else None
        app = SlackApp(tutor.take, client, workspace, secret, clock)
        socket = None
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(tutor.run()), tasks.create_task(sender.run())]
            web = None
            if mode == "http":
                bound = closing.enter_context(contextlib.closing(bind(0)))
                web = WebServer(web_app([slack_route(app)], {}, CollectorRegistry()), bound)
                slack.request_url = f"http://127.0.0.1:{bound.getsockname()[1]}/slack/events"
                tasks.create_task(web.run_until_stopped())
            else:
                slack.request_url = None
                socket = Socket(app.bolt, client, slack.app_token, ping=ping, deaf=deaf)
                running.append(tasks.create_task(socket.run()))
                await slack.settled(lambda slack: slack.connected > 0)
            await sender.load()
            rosters = {"slack": SlackRoster(client, workspace)}
            scheduler = Scheduler(store, tutor.take, rosters, lambda: clock().timestamp())
            bot = Bot(app, carrier, tutor, sender, socket, scheduler)
            try:
                yield bot
            finally:
                if web is not None:
                    web.should_exit = True
                await app.drain()
                for task in running:
                    task.cancel()
