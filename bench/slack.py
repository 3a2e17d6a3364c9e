"""
The Slack adapter: signed presses in through slack-bolt, replies out to a client whose transport is a stub.

A turn begins with the request as the web server hands it to slack-bolt: a signed form body, made
before the clock starts. It is acknowledged when slack-bolt gives its answer, and over when each of
its replies has been handed to slack_sdk's client, which hands it to `Stub` in place of a network.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from time import perf_counter
from typing import Any, cast

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack.app import SlackApp, bolt_request
from adapters.slack.blocks import Rendered, rendered
from adapters.slack.carrier import SlackCarrier
from adapters.slack.starting import client_for
from bench.learners import BEGAN
from bench.place import Measured, Place, WrongResultError
from bench.presses import HOOK, SECRET, WORKSPACE, Press, prepared
from bench.pressing import Handed, Idle, Pressed, Take, adapted, tell, tutor_and_sender
from bench.turns import CROWD
from bot.events import (
    Arrival,
)
from bot.replies import (
    Redrawn,
    Reply,
)
from bot.sender import Sender
from bot.tutor import Tutor

TOKEN = "xoxb-bench"  # noqa: S105  # nothing takes it


# --- what goes out ---------------------------------------------------------------------------


class _Answer:
    """Slack's answer, there at once."""

    status = 200
    content_type = "application/json"

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> _Answer:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def json(self) -> dict[str, Any]:
        return self._data

    async def text(self) -> str:
        return "ok"


class Stub(Handed):
    """
    Slack in the place of an aiohttp session: it takes every call at once, and remembers what it was handed.

    Of a response_url it remembers only how often it was used.
    """

    closed = False

    def request(self, _: str, url: str, **arguments: Any) -> _Answer:
        """Take a call, as `aiohttp.ClientSession.request` does."""
        self.calls += 1
        if url.startswith(HOOK):
            self.message(url, "")
            return _Answer({})
        message = arguments["json"]
        self.message(message["channel"], message["text"])
        ts = f"{1_764_061_200 + self.calls}.000300"
        return _Answer({"ok": True, "channel": message["channel"], "ts": ts})

    def client(self) -> AsyncWebClient:
        """Make the client of the Web API that the program uses, on this in the place of a network."""
        return client_for(TOKEN, None, cast(aiohttp.ClientSession, self))


def messages_of(arrival: Arrival, replies: Sequence[Reply]) -> Iterator[tuple[str, Rendered]]:
    """Render a turn's replies, each message with the response_url of the press or the channel it goes to."""
    address = arrival.address
    assert address.hook is not None
    for reply in sorted(replies, key=lambda reply: isinstance(reply, Redrawn)):  # new ones before edits
        if isinstance(reply, Redrawn):
            yield address.hook, rendered(reply)[-1]
        else:
            yield from ((address.chat, part) for part in rendered(reply))


async def hand_over(client: AsyncWebClient, arrival: Arrival, where: str, part: Rendered) -> None:
    """Hand one message to the client, as one writes it who has no carrier."""
    if where.startswith(HOOK):
        hook = AsyncWebhookClient(where, session=client.session, retry_handlers=[])
        await hook.send(text=part.text, blocks=part.blocks, replace_original=True)
    else:
        await client.chat_postMessage(
            channel=where,
            thread_ts=arrival.address.thread,
            text=part.text,
            blocks=part.blocks,
            unfurl_links=False,
            unfurl_media=False,
        )


def wanted(presses: Sequence[Press]) -> dict[str, int]:
    """Give what must be handed over, by the pure engine."""
    told: dict[str, int] = {}
    for press in presses:
        for where, part in messages_of(press.arrival, press.replies):
            tell(told, where, "" if where.startswith(HOOK) else part.text)
    return told


# --- the rows --------------------------------------------------------------------------------


def dispatching(
    bolt: AsyncApp, request: Callable[[Press], AsyncBoltRequest] = Press.request
) -> Callable[[Press], Awaitable[None]]:
    """
    Give what hands a press to slack-bolt.

    Args:
        bolt: takes requests.
        request: makes slack-bolt's request of a press.
    """

    async def take(press: Press) -> None:
        answer = await bolt.async_dispatch(request(press))
        if answer.status != 200:
            raise WrongResultError(f"a press was answered with {answer.status}")

    return take


def slack(place: Place, in_flight: int) -> Measured:
    """Time the real adapter, tutor, sender and store, until each reply is handed over and marked."""
    return asyncio.run(_slack(place, in_flight))


async def _slack(place: Place, in_flight: int) -> Measured:
    game, stub = prepared(place, in_flight), Stub()
    client = stub.client()

    def adapter(tutor: Tutor, sender: Sender) -> tuple[Take[Press], Idle]:
        app = SlackApp(tutor.take, client, WORKSPACE, SECRET, lambda: BEGAN)
        return dispatching(app.bolt, _read), sender.all_idle

    return await adapted(
        place,
        game,
        in_flight,
        carrier=SlackCarrier(client),
        adapter=adapter,
        handed=stub,
        wanted=wanted(game.presses),
    )


def _read(press: Press) -> AsyncBoltRequest:
    """Make slack-bolt's request as the program does."""
    return bolt_request(press.body, press.headers)


def parts(place: Place) -> Measured:
    """Time, on the same presses, what a Slack turn does beside slack-bolt, each part alone."""
    return asyncio.run(_parts(place))


async def _parts(place: Place) -> Measured:
    game = prepared(place, CROWD)
    return Measured(await tutor_and_sender(place, game) | await _out(game))


async def _out(game: Pressed[Press]) -> dict[str, float]:
    """Time the way out alone: rendering, then the client's calls with what was rendered."""
    turns = len(game.presses)
    began = perf_counter()
    for press in game.presses:
        for _ in messages_of(press.arrival, press.replies):
            pass
    rendering = perf_counter() - began
    client = Stub().client()
    calls = 0.0
    for press in game.presses:
        ready = list(messages_of(press.arrival, press.replies))
        start = perf_counter()
        for where, part in ready:
            await hand_over(client, press.arrival, where, part)
        calls += perf_counter() - start
    return {"rendering": rendering / turns * 1e6, "calls": calls / turns * 1e6}
