"""Serving: every platform whose tokens are there, the sender, and the web server, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.settings import SlackSettings, TelegramSettings
from adapters.slack.app import SlackApp, bolt_request
from adapters.slack.carrier import SlackCarrier
from adapters.slack.manifest import PATH
from adapters.slack.roster import SlackRoster
from adapters.slack.socket import Socket
from adapters.slack.starting import client_for, session_for, socket_address, workspace_of
from adapters.telegram.app import Drills, TelegramApp, initialized
from adapters.telegram.arrivals import is_guest
from adapters.telegram.carrier import TelegramCarrier
from adapters.telegram.roster import TelegramRoster
from adapters.telegram.setup import bot_for, tell_how_updates_come
from adapters.web import Counts, WebServer, bind, timed, web_app
from bot.codes import Codes, new_code
from bot.events import (
    Arrival,
)
from bot.model import Library
from bot.replies import (
    Receipt,
)
from bot.scheduler import Roster, Scheduler
from bot.sender import Carrier, Pace, Sender
from bot.store import StoreBusyError
from bot.store.sqlite import SqliteStore
from bot.tutor import Tutor

log = logging.getLogger(__name__)

Take = Callable[[Arrival], Awaitable[Receipt | None]]

PACE = {
    # https://docs.slack.dev/apis/web-api/rate-limits: about one message a second in a channel
    "slack": Pace(chat=1.0, group=1.0),
    # https://core.telegram.org/bots/faq: one a second in a chat, 20 a minute in a group, 30 a second of all
    "telegram": Pace(chat=1.0, group=3.0, overall=1 / 30),
}
DRAIN = 6.0  # seconds for replies to go out once told to stop; what is left goes out at the next start
FINISH = 2.0  # seconds after that for what is just being sent: unmarked, it would go out twice
TIDY_EVERY = 3600.0  # seconds between two rounds of housekeeping


class PortError(Exception):
    """The port cannot be taken; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served: the platforms, and the port of the web server (None: none is needed)."""

    slack: SlackSettings | None = None
    port: int | None = None
    telegram: TelegramSettings | None = None


@dataclass(slots=True)
class Line:
    """One platform, once it can be reached: how it sends, and (when the tutor is there) how it listens.

    `address` is where people find the tutor there, if its accounts can join learners elsewhere; `roster`
    finds out who drills there are for.
    """

    name: str
    carrier: Carrier
    listen: Callable[[Take], Listening]
    address: str = ""
    roster: Roster | None = None


@dataclass(slots=True)
class Listening:
    """How a platform listens."""

    counts: Counter[str]
    drain: Callable[[], Awaitable[None]]
    lacks: Callable[[], str | None]
    routes: list[Route] = field(default_factory=list)
    run: Callable[[], Coroutine[Any, Any, None]] | None = (
        None  # what must run, where it asks for events itself
    )


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
        SlackSettingError, TelegramSettingError: a token cannot be used.
        PortError: the port is taken.
        StoreError: nothing can be kept any more.
    """
    async with contextlib.AsyncExitStack() as closing:
        bound = _bound(serving.port)
        if bound is not None:
            closing.callback(bound.close)
        lines = []
        if serving.slack is not None:
            lines.append(await slack_line(serving.slack, closing))
        if serving.telegram is not None:
            lines.append(await telegram_line(serving.telegram, closing, store.drills))
        carriers = {line.name: line.carrier for line in lines}
        joining = next((line.address for line in lines if line.address), "") if len(lines) > 1 else ""
        codes = Codes(lambda: new_code(secrets.choice), joining) if joining else None
        sender = Sender(store, carriers, time.time, library, pace=PACE, codes=codes)
        joins = is_guest if joining else None
        tutor = Tutor(library, store, sender.take, lambda: secrets.token_hex(3), joins)
        tutor.prepare()
        rosters = {line.name: line.roster for line in lines if line.roster is not None}
        scheduler = Scheduler(store, tutor.take, rosters, time.time)
        registry = CollectorRegistry()
        take = timed(tutor.take, registry)
        listening = {line.name: line.listen(take) for line in lines}
        counters = {
            f"mayshare_{name}_events": ("what came from it", one.counts) for name, one in listening.items()
        }
        counters["mayshare_replies"] = ("what became of replies", sender.counts)
        counters["mayshare_drills"] = ("what became of drills", scheduler.counts)
        registry.register(Counts(counters, sender.waiting))
        web = None
        if bound is not None:
            checks = {name: one.lacks for name, one in listening.items()}
            routes = [route for one in listening.values() for route in one.routes]
            web = WebServer(web_app(routes, checks, registry), bound)
        await store.tidy(int(time.time()), tutor.today())
        await sender.load()
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(tutor.run()),
                tasks.create_task(sender.run()),
                tasks.create_task(_tidy(store, tutor)),
            ]
            asking = [tasks.create_task(one.run()) for one in listening.values() if one.run is not None]
            asking.append(tasks.create_task(scheduler.run()))
            answering = [tasks.create_task(web.run_until_stopped())] if web is not None else []
            ready(bound.getsockname()[1] if bound else None)
            log.info("serving", extra={"action": "run", "platforms": sorted(listening)})
            await stop.wait()
            log.info("stopping", extra={"action": "run"})
            if web is not None:
                web.should_exit = True
            await _drain(sender, list(listening.values()), asking, answering)
            for task in (*running, *answering):
                task.cancel()


async def slack_line(settings: SlackSettings, closing: contextlib.AsyncExitStack) -> Line:
    """Reach Slack."""
    session = await closing.enter_async_context(session_for())
    client = client_for(settings.bot_token, settings.api_url, session)
    workspace = await workspace_of(client)
    carrier = SlackCarrier(client)
    token = settings.app_token
    address = await socket_address(client, token) if token else None

    def listen(take: Take) -> Listening:
        app = SlackApp(take, client, workspace, None if token else settings.signing_secret)
        socket = Socket(app.bolt, client, token, address) if token else None

        def lacks() -> str | None:
            if carrier.refused is not None:
                return f"Slack refuses the token in SLACK_BOT_TOKEN ({carrier.refused})"
            return "the socket to Slack is not open" if socket is not None and not socket.hears else None

        if socket is not None:
            return Listening(app.counts, app.drain, lacks, run=socket.run)
        return Listening(app.counts, app.drain, lacks, [slack_route(app)])

    return Line("slack", carrier, listen, roster=SlackRoster(client, workspace))


async def telegram_line(
    settings: TelegramSettings, closing: contextlib.AsyncExitStack, drills: Drills
) -> Line:
    """Reach Telegram, and tell it how updates come. `drills`: gives those of a tenant."""
    bot = await initialized(bot_for(settings.token, settings.api_url))
    closing.push_async_callback(bot.shutdown)
    carrier = TelegramCarrier(bot)
    secret = settings.webhook_secret if settings.public_url else None
    await tell_how_updates_come(bot, settings.public_url if secret else None, secret)

    def listen(take: Take) -> Listening:
        app = TelegramApp(take, bot, drills=drills)

        def lacks() -> str | None:
            if carrier.refused is not None:
                return "Telegram refuses the token in TELEGRAM_BOT_TOKEN"
            return None if secret or app.polls else "Telegram does not answer when asked for updates"

        if secret:
            return Listening(app.counts, app.drain, lacks, [app.route(secret)])
        return Listening(app.counts, app.drain, lacks, run=app.poll)

    roster = TelegramRoster(bot, carrier.closed_to_us)
    return Line("telegram", carrier, listen, f"https://t.me/{bot.username}", roster)


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

    async def events(request: Request) -> Response:
        body = (await request.body()).decode()
        answer = await app.bolt.async_dispatch(bolt_request(body, request.headers))
        return to_starlette_response(answer)

    return Route(PATH, events, methods=["POST"])


async def _drain(
    sender: Sender,
    listening: list[Listening],
    asking: list[asyncio.Task[Any]],
    answering: list[asyncio.Task[None]],
) -> None:
    """Take nothing new, answer what was taken, then deliver what waits, as far as there is time."""
    for task in asking:
        task.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN):
            if asking or answering:
                await asyncio.wait([*asking, *answering])
            for one in listening:
                await one.drain()
            await sender.all_idle()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FINISH):
            await sender.finish()


async def _tidy(store: SqliteStore, tutor: Tutor) -> None:
    """Remove what has had its time, every hour."""
    while True:
        await asyncio.sleep(TIDY_EVERY)
        try:
            await store.tidy(int(time.time()), tutor.today())
        except StoreBusyError:  # another program holds the database: in an hour, then
            log.warning("not tidied", extra={"action": "tidy", "error": "StoreBusyError"})


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set an event at SIGTERM and at Ctrl-C."""
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)
