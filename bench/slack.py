"""
The Slack adapter: signed presses in through slack-bolt, replies out to a client whose transport is a stub.

A turn begins with the request as the web server hands it to slack-bolt: a signed form body, made
before the clock starts. It is acknowledged when slack-bolt gives its answer, and over when each of
its replies has been handed to slack_sdk's client, which hands it to `Stub` in place of a network.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
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
from bench.database import InstantCarrier, copied, no_delivery, prove
from bench.learners import BEGAN
from bench.place import Measured, Place, Watch, WrongResultError, microseconds
from bench.presses import HOOK, SECRET, WORKSPACE, Press, Pressed, prepared
from bench.turns import CROWD, drive, settle
from bot.events import Arrival, Redrawn, Reply
from bot.model import Library
from bot.sender import Carrier, Sender
from bot.store import Store
from bot.store.sqlite import open_store
from bot.tutor import Tutor

TOKEN = "xoxb-bench"  # noqa: S105  # nothing takes it
WRITTEN = ("events", "failures", "sessions", "contents", "results")  # what a turn writes, its replies apart


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


class Stub:
    """
    Slack in the place of an aiohttp session: it takes every call at once, and remembers what it was handed.

    For each channel it keeps one number of all texts it was told to post there and of their order, and
    for each response_url one of how often it was used, so that a row can prove that nothing is missing.
    """

    closed = False

    def __init__(self) -> None:
        self.handed: dict[str, int] = {}
        self.calls = 0
        self.first = 0.0  # when the first call of a turn came; the row sets it to 0 before each
        self.last = 0.0

    def request(self, _: str, url: str, **arguments: Any) -> _Answer:
        """Take a call, as `aiohttp.ClientSession.request` does."""
        self.last = perf_counter()
        if not self.first:
            self.first = self.last
        self.calls += 1
        if url.startswith(HOOK):
            told(self.handed, url, "")
            return _Answer({})
        message = arguments["json"]
        told(self.handed, message["channel"], message["text"])
        ts = f"{1_764_061_200 + self.calls}.000300"
        return _Answer({"ok": True, "channel": message["channel"], "ts": ts})

    def client(self) -> AsyncWebClient:
        """Make the client of the Web API that the program uses, on this in the place of a network."""
        return client_for(TOKEN, None, cast(aiohttp.ClientSession, self))

    def prove(self, wanted: Mapping[str, int]) -> None:
        """
        Compare what was handed over with what should have been.

        Raises:
            WrongResultError: a conversation got other words, or more or fewer messages.
        """
        if self.handed != wanted:
            wrong = [key for key in {**wanted, **self.handed} if wanted.get(key) != self.handed.get(key)]
            raise WrongResultError(f"{len(wrong)} conversations got other replies, {wrong[0]} the first")


def told(handed: dict[str, int], where: str, text: str) -> None:
    """Add one message to what was handed over."""
    handed[where] = hash((handed.get(where, 0), text))


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
    handed: dict[str, int] = {}
    for press in presses:
        for where, part in messages_of(press.arrival, press.replies):
            told(handed, where, "" if where.startswith(HOOK) else part.text)
    return handed


# --- the rows --------------------------------------------------------------------------------


async def press_all(
    bolt: AsyncApp,
    presses: Sequence[Press],
    in_flight: int,
    idle: Callable[[], Awaitable[object]],
    stub: Stub,
    *,
    request: Callable[[Press], AsyncBoltRequest] = Press.request,
) -> dict[str, float]:
    """
    Keep some requests in flight until all are answered and all replies handed over.

    Args:
        bolt: takes requests.
        presses: all of them.
        in_flight: requests that wait for their acknowledgement. Where it is 1, a press is truly alone:
            the next one comes when all replies to it are handed over.
        idle: waits until nothing is left to hand over.
        stub: takes the replies.
        request: makes slack-bolt's request of a press.

    Returns:
        Turns a second until all replies are handed over; p50 and p99 to the acknowledgement; where a
        press is alone also the p50 to its first and its last reply.
    """
    watch = Watch()
    first: list[float] = []
    last: list[float] = []
    waiting = iter(presses)

    async def keep_one_going() -> None:
        for press in waiting:
            stub.first = 0.0
            start = perf_counter()
            answer = await bolt.async_dispatch(request(press))
            watch.each.append(perf_counter() - start)
            if answer.status != 200:
                raise WrongResultError(f"a press was answered with {answer.status}")
            if in_flight == 1:
                await idle()
                if stub.first:
                    first.append(stub.first - start)
                    last.append(stub.last - start)

    settle()
    began = perf_counter()
    await asyncio.gather(*(keep_one_going() for _ in range(in_flight)))
    await idle()
    watch.whole = perf_counter() - began
    figures = watch.figures()
    if first:
        figures |= {"first": microseconds(first)["p50"], "last": microseconds(last)["p50"]}
    return figures


@contextlib.asynccontextmanager
async def _running(library: Library, store: Store, carrier: Carrier) -> AsyncIterator[tuple[Tutor, Sender]]:
    """Run the tutor and the sender, without a pause between two messages in one chat."""
    sender = Sender(store, {"slack": carrier}, BEGAN.timestamp, library)
    tutor = Tutor(library, store, sender.take, lambda: "")
    tasks = [asyncio.create_task(tutor.run()), asyncio.create_task(sender.run())]
    try:
        yield tutor, sender
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def slack(place: Place, in_flight: int) -> Measured:
    """Time the real adapter, tutor, sender and store, until each reply is handed over and marked."""
    return asyncio.run(_slack(place, in_flight))


async def _slack(place: Place, in_flight: int) -> Measured:
    game, stub = prepared(place, in_flight), Stub()
    client = stub.client()
    with copied(place) as path:
        store = await open_store(path)
        try:
            async with _running(game.library, store, SlackCarrier(client)) as (tutor, sender):
                app = SlackApp(tutor.take, client, WORKSPACE, SECRET, lambda: BEGAN)
                figures = await press_all(
                    app.bolt, game.presses, in_flight, sender.all_idle, stub, request=_read
                )
            if await store.unsent():
                raise WrongResultError("replies are left in the outbox")
        finally:
            await store.close()
        stub.prove(wanted(game.presses))
        figures["calls"] = stub.calls / len(game.presses)
        return Measured(figures, await prove(path, game.sessions, WRITTEN))


def _read(press: Press) -> AsyncBoltRequest:
    """Make slack-bolt's request as the program does."""
    return bolt_request(press.body, press.headers)


def parts(place: Place) -> Measured:
    """Time, on the same presses, what a Slack turn does beside slack-bolt, each part alone."""
    return asyncio.run(_parts(place))


async def _parts(place: Place) -> Measured:
    game = prepared(place, CROWD)
    turns = len(game.presses)
    arrivals = [press.arrival for press in game.presses]
    figures: dict[str, float] = {}
    with copied(place) as path:
        store = await open_store(path)
        tutor = Tutor(game.library, store, no_delivery, lambda: "")
        worker = asyncio.create_task(tutor.run())
        try:
            figures["tutor"] = (await drive(tutor.take, arrivals, CROWD)).whole / turns * 1e6
        finally:
            worker.cancel()
            await store.close()
    with copied(place) as path:
        store = await open_store(path)
        try:
            async with _running(game.library, store, InstantCarrier()) as (tutor, sender):
                began = perf_counter()
                await drive(tutor.take, arrivals, CROWD)
                await sender.all_idle()
                figures["delivered"] = (perf_counter() - began) / turns * 1e6
        finally:
            await store.close()
    return Measured(figures | await _out(game))


async def _out(game: Pressed) -> dict[str, float]:
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
