"""Serving: every platform whose tokens are there, the sender, and the web server, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.slack.app import SlackApp
from adapters.slack.carrier import SlackCarrier
from adapters.slack.manifest import PATH
from adapters.slack.socket import Socket
from adapters.slack.starting import client_for, session_for, socket_address, workspace_of
from adapters.web import Counts, WebServer, bind, timed, web_app
from bot.model import Library
from bot.sender import Sender
from bot.store.sqlite import SqliteStore
from bot.tutor import Tutor

log = logging.getLogger(__name__)

PACE = {
    "slack": 1.0
}  # seconds between two messages in a chat. https://docs.slack.dev/apis/web-api/rate-limits
DRAIN = 8.0  # seconds for replies to go out once told to stop; what is left goes out at the next start
TIDY_EVERY = 3600.0  # seconds between two rounds of housekeeping


class PortError(Exception):
    """The port cannot be taken; the text says what to do."""


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """How to reach Slack: by a socket where there is an app token, else by requests with a secret."""

    bot_token: str = field(repr=False)
    app_token: str | None = field(repr=False, default=None)
    signing_secret: str | None = field(repr=False, default=None)
    api_url: str | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served: the platforms, and the port of the web server (None: none is needed)."""

    slack: SlackSettings
    port: int | None


async def serve(
    library: Library,
    store: SqliteStore,
    serving: Serving,
    stop: asyncio.Event,
    ready: Callable[[int | None], None] = lambda _: None,
) -> None:
    """
    Serve until `stop` is set.

    Args:
        library: everything authors wrote.
        store: open, with the lease.
        serving: what is served, and how.
        stop: set it, and what was begun is finished and delivered as far as there is time.
        ready: is told once everything runs, with the port.

    Raises:
        SlackSettingError: a token cannot be used.
        PortError: the port is taken.
        StoreError: nothing can be kept any more.
    """
    async with contextlib.AsyncExitStack() as closing:
        bound = _bound(serving.port)
        if bound is not None:
            closing.callback(bound.close)
        session = await closing.enter_async_context(session_for())
        slack = serving.slack
        client = client_for(slack.bot_token, slack.api_url, session)
        workspace = await workspace_of(client)
        carrier = SlackCarrier(client)
        sender = Sender(store, {"slack": carrier}, time.time, library, pace=PACE)
        tutor = Tutor(library, store, sender.take, lambda: secrets.token_hex(3))
        registry = CollectorRegistry()
        secret = None if slack.app_token else slack.signing_secret
        app = SlackApp(timed(tutor.take, registry), client, workspace, secret)
        line = None
        if slack.app_token:
            address = await socket_address(client, slack.app_token)
            line = Socket(app.bolt, client, slack.app_token, address)
        registry.register(
            Counts(
                {
                    "mayshare_slack_events": ("what came from Slack", app.counts),
                    "mayshare_replies": ("what became of replies", sender.counts),
                },
                sender.waiting,
            )
        )
        web = None
        if bound is not None:
            checks = {"slack": lambda: _lack(carrier, line)}
            routes = [] if line else [slack_route(app)]
            web = WebServer(web_app(routes, checks, registry), bound)
        await store.tidy(int(time.time()), tutor.today())
        await sender.load()
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(tutor.run()),
                tasks.create_task(sender.run()),
                tasks.create_task(_tidy(store, tutor)),
            ]
            listening: list[asyncio.Task[Any]] = []
            if line is not None:
                listening.append(tasks.create_task(line.run()))
            if web is not None:
                running.append(tasks.create_task(web.run_until_stopped()))
            ready(bound.getsockname()[1] if bound else None)
            log.info("serving", extra={"action": "run", "mode": "socket" if line else "http"})
            await stop.wait()
            log.info("stopping", extra={"action": "run"})
            await _drain(app, sender, listening, web)
            for task in running:
                task.cancel()


def _bound(port: int | None) -> Any:
    if port is None:
        return None
    try:
        return bind(port)
    except OSError as error:
        raise PortError(
            f"The port {port} cannot be used ({error.strerror}). Is another program on it? "
            "Give another one in PORT."
        ) from error


def slack_route(app: SlackApp) -> Route:
    """Make the one address at which Slack's requests come in."""
    handler = AsyncSlackRequestHandler(app.bolt)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    return Route(PATH, events, methods=["POST"])


def _lack(carrier: SlackCarrier, line: Socket | None) -> str | None:
    if carrier.refused is not None:
        return f"Slack refuses the token in SLACK_BOT_TOKEN ({carrier.refused})"
    if line is not None and not line.hears:
        return "the socket to Slack is not open"
    return None


async def _drain(
    app: SlackApp, sender: Sender, listening: list[asyncio.Task[Any]], web: WebServer | None
) -> None:
    """Take nothing new, then deliver what waits, as far as there is time."""
    for task in listening:
        task.cancel()
    if web is not None:
        web.should_exit = True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN):
            await asyncio.wait(listening) if listening else None
            await app.drain()
            await sender.all_idle()


async def _tidy(store: SqliteStore, tutor: Tutor) -> None:
    """Remove what has had its time, every hour."""
    while True:
        await asyncio.sleep(TIDY_EVERY)
        await store.tidy(int(time.time()), tutor.today())


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set an event at SIGTERM and at Ctrl-C."""
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)
