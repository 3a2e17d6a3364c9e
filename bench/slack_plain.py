"""
Bare slack-bolt apps beside the adapter: one that answers a constant, one on plain aiosqlite, bolt's default.

The first two work in the adapter's own mode: what must be kept is kept, then the press is
acknowledged (`process_before_response=True`), and what is said is handed over in a task of its own
after that. They know their token as the adapter does, without a call, and use the same client and
stub. They have one listener, so slack-bolt looks at no other before it.

The plain one reads the press as the adapter does, takes the engine's turn, and writes what the
adapter's turn writes, the replies' rows too, in a transaction a turn (`bench.plain`). Then it renders
the same replies with the adapter's own blocks and makes the same calls. It leaves the rows of the
replies as they are: that they were delivered is not marked, as it is by the adapter, so it does less,
and after a crash it would not know what it had said. The digest that both rows give holds all other
tables.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import arrivals
from adapters.slack.blocks import Rendered, rendered
from bench.database import copied, prove
from bench.learners import BEGAN
from bench.place import Measured, Place, WrongResultError
from bench.plain import PlainTutor, plain_tutor
from bench.presses import BOT, BOT_USER, SECRET, TEAM, Press, prepared
from bench.pressing import WRITTEN, Pressed, press_all, tell
from bench.slack import TOKEN, Stub, dispatching, hand_over, messages_of, wanted
from bot.events import (
    Arrival,
)
from bot.replies import (
    Prompt,
    Reply,
)

Listen = Callable[..., Awaitable[None]]


def bare(client: AsyncWebClient, pressed: Listen, *, save_first: bool = True) -> AsyncApp:
    """
    Make a slack-bolt app that listens to presses and to nothing else.

    Args:
        client: whose transport the app's own clients use.
        pressed: listens.
        save_first: acknowledge when the listener is done; else in slack-bolt's default mode.
    """

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id=TEAM, bot_token=TOKEN, bot_id=BOT, bot_user_id=BOT_USER
        )

    app = AsyncApp(
        signing_secret=SECRET,
        client=AsyncWebClient(session=client.session, retry_handlers=[]),
        authorize=authorize,
        process_before_response=save_first,
        attaching_function_token_enabled=False,
    )
    app.action(re.compile(".*"))(pressed)
    return app


class _Later:
    """What follows acknowledgements, each in a task."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def do(self, what: Coroutine[Any, Any, None]) -> None:
        """Start something."""
        task = asyncio.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Wait until all that was started is done."""
        while self._tasks:
            await asyncio.gather(*self._tasks)


def constant(place: Place, in_flight: int) -> Measured:
    """Time an app that acknowledges, then posts one constant message of a step's size; it keeps nothing."""
    return asyncio.run(_constant(prepared(place, in_flight), in_flight))


async def _constant(game: Pressed[Press], in_flight: int) -> Measured:
    stub, later = Stub(), _Later()
    client, message = stub.client(), _a_step(game)
    thread = game.presses[0].arrival.address.thread

    async def say(channel: str) -> None:
        await client.chat_postMessage(
            channel=channel,
            thread_ts=thread,
            text=message.text,
            blocks=message.blocks,
            unfurl_links=False,
            unfurl_media=False,
        )

    async def pressed(body: dict[str, Any], ack: AsyncAck) -> None:
        await ack()
        later.do(say(body["channel"]["id"]))

    figures = await press_all(dispatching(bare(client, pressed)), game.presses, in_flight, later.idle, stub)
    told: dict[str, int] = {}
    for press in game.presses:
        tell(told, press.arrival.address.chat, message.text)
    stub.prove(told)
    return Measured(figures)


def _a_step(game: Pressed[Press]) -> Rendered:
    """Give a message of the middle size of all steps that are shown."""
    steps = [reply for press in game.presses for reply in press.replies if isinstance(reply, Prompt)]
    return sorted((rendered(step)[-1] for step in steps), key=lambda one: len(one.text))[len(steps) // 2]


def plain(place: Place, in_flight: int) -> Measured:
    """Time an app that keeps the same rows with plain aiosqlite and gives the same replies."""
    return asyncio.run(_plain(place, in_flight))


async def _plain(place: Place, in_flight: int) -> Measured:
    game, stub, later = prepared(place, in_flight), Stub(), _Later()
    client = stub.client()
    with copied(place) as path:
        async with plain_tutor(game.library, path) as tutor:
            app = bare(client, _listener(tutor, client, later))
            figures = await press_all(dispatching(app), game.presses, in_flight, later.idle, stub)
        stub.prove(wanted(game.presses))
        return Measured(figures, await prove(path, game.sessions, WRITTEN))


def _listener(tutor: PlainTutor, client: AsyncWebClient, later: _Later) -> Listen:
    async def say(arrival: Arrival, replies: list[Reply]) -> None:
        for where, message in messages_of(arrival, replies):
            await hand_over(client, arrival, where, message)

    async def pressed(body: dict[str, Any], ack: AsyncAck) -> None:
        arrival = arrivals.pressed(body, BEGAN)
        assert arrival is not None
        replies = await tutor.take(arrival)
        await ack()
        later.do(say(arrival, list(replies)))

    return pressed


def acknowledged(place: Place, *, save_first: bool) -> Measured:
    """Time an app that acknowledges at once and does nothing, one press at a time: slack-bolt alone."""
    return asyncio.run(_acknowledged(place, save_first=save_first))


async def _acknowledged(place: Place, *, save_first: bool) -> Measured:
    game, stub, heard = prepared(place, 1), Stub(), 0
    presses = game.presses if save_first else game.presses[: place.polled]

    async def pressed(ack: AsyncAck) -> None:
        nonlocal heard
        heard += 1
        await ack()

    async def idle() -> None:
        return

    app = bare(stub.client(), pressed, save_first=save_first)
    figures = await press_all(dispatching(app), presses, 1, idle, stub)
    if heard != len(presses):
        raise WrongResultError(f"{heard} of {len(presses)} presses were heard")
    return Measured(figures)
