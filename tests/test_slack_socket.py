"""Socket Mode: what Slack sends is committed before it is acknowledged, and a deaf socket is made anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

import aiohttp
import pytest

from adapters.slack.socket import Socket
from adapters.slack.starting import client_for
from bot.store import Done, Failed, StoreFullError
from tests.library import LIBRARY
from tests.memory_store import MemoryStore
from tests.slack import Delivery, Person, Slack, text_of
from tests.slack_bot import Bot, bot_on, fake_slack

PING, DEAF = 0.1, 0.6  # seconds; a test that makes a socket deaf waits for them
PATIENCE = 0.5  # seconds for an acknowledgement, where a test lets Slack wait for one in vain


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with fake_slack() as slack:
        yield slack


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that nobody tells."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def acknowledged(slack: Slack, delivery: Delivery) -> Delivery:
    """Deliver again, as Slack does, until it is acknowledged."""
    slack.ack_timeout = PATIENCE
    async with asyncio.timeout(10):
        while delivery.status != 200:
            await asyncio.sleep(0.01)
            delivery = await slack.again(delivery)
    return delivery


def texts(slack: Slack) -> list[str]:
    """Everything the bot posted."""
    return [text_of(posted) for posted in slack.messages]


def socket_of(bot: Bot) -> Socket:
    """The socket of a bot that has one."""
    assert bot.socket is not None
    return bot.socket


async def another_round_trip(slack: Slack) -> None:
    """Give whatever is under way the time to arrive: something else goes to Slack and back."""
    async with aiohttp.ClientSession() as session:
        await client_for(slack.bot_token, slack.api_url, session).auth_test()


async def kill_the_sdk_s_own_tasks(socket: Socket) -> None:
    """Cancel what would notice and mend a deaf socket by itself, once it is there."""
    assert socket._handler is not None
    client = socket._handler.client
    await until(lambda: client.message_receiver is not None)
    assert client.current_session_monitor is not None
    assert client.message_receiver is not None
    client.current_session_monitor.cancel()
    client.message_receiver.cancel()


# --- events ----------------------------------------------------------------------------------


async def test_what_comes_over_a_socket_is_answered(slack: Slack, store: MemoryStore) -> None:
    async with bot_on(slack, store, LIBRARY, "socket") as bot:
        assert (await Person(slack, "U1").dm("play story")).status == 200
        await bot.rest()
        assert "The phone rings." in texts(slack)[-1]
        assert socket_of(bot).hears
        assert slack.strays == []
    await slack.settled(lambda slack: slack.connected == 0)


class Slow(MemoryStore):
    """A store that keeps nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def save(
        self, done: Sequence[Done], failed: Sequence[Failed] = (), contents: Mapping[str, bytes] | None = None
    ) -> None:
        self.asked.set()
        await self.go.wait()
        await super().save(done, failed, contents)


@pytest.mark.parametrize("what", ["message", "command", "press"])
async def test_what_happened_is_acknowledged_only_after_its_commit(slack: Slack, what: str) -> None:
    store, person = Slow(), Person(slack, "U1")
    async with bot_on(slack, store, LIBRARY, "socket") as bot:
        store.go.set()
        await person.dm("play story")
        await bot.rest()
        store.go.clear()
        store.asked.clear()
        doing = {
            "message": lambda: person.dm("b"),
            "command": lambda: person.command("b"),
            "press": lambda: person.press(slack.messages[-1], "B. Do ask"),
        }[what]()
        task = asyncio.create_task(doing)
        async with asyncio.timeout(5):
            await store.asked.wait()
        events = len(store.events)
        await another_round_trip(slack)
        assert not task.done()
        store.go.set()
        assert (await task).status == 200
        assert len(store.events) == events + 1


async def test_an_envelope_delivered_again_has_one_effect(slack: Slack, store: MemoryStore) -> None:
    person = Person(slack, "U1")
    async with bot_on(slack, store, LIBRARY, "socket") as bot:
        written = await person.dm("play story")
        await bot.rest()
        assert (await slack.again(written)).status == 200
        await bot.rest()
        assert sum("The phone rings." in text for text in texts(slack)) == 1
        pressed = await person.press(slack.messages[-1], "B. Do ask")
        await bot.rest()
        before = texts(slack)
        assert (await slack.again(pressed, reason="timeout")).status == 200
        await bot.rest()
        assert texts(slack) == before
        assert bot.app.counts["redelivered"] == 1  # Slack says so of events, and not of presses
    assert len(store.results) == 1


async def test_envelopes_delivered_twice_at_once_have_one_effect(slack: Slack, store: MemoryStore) -> None:
    person = Person(slack, "U1")
    async with bot_on(slack, store, LIBRARY, "socket") as bot:
        first = await person.dm("play story")
        twins = await asyncio.gather(*(slack.again(first) for _ in range(5)))
        await bot.rest()
    assert {twin.status for twin in twins} == {200}
    assert len(slack.messages) == 1


class Full(MemoryStore):
    """A store on a disk that is full for as long as `full` says."""

    full = True

    async def save(
        self, done: Sequence[Done], failed: Sequence[Failed] = (), contents: Mapping[str, bytes] | None = None
    ) -> None:
        if self.full:
            raise StoreFullError("The disk is full.")
        await super().save(done, failed, contents)


async def test_what_cannot_be_kept_is_not_acknowledged_and_has_its_effect_when_it_comes_again(
    slack: Slack,
) -> None:
    slack.ack_timeout = PATIENCE
    store = Full()
    async with bot_on(slack, store, LIBRARY, "socket") as bot:
        written = await Person(slack, "U1").dm("play story")
        assert written.status is None
        assert slack.messages == []
        store.full = False
        slack.ack_timeout = 5
        for retry in (1, 2):
            assert (await slack.again(written, retry_num=retry)).status == 200
        await bot.rest()
        assert bot.app.counts["failed"] == 1
    assert len(slack.messages) == 1
    assert "The phone rings." in texts(slack)[0]


# --- the socket itself -----------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
async def test_nothing_is_lost_when_slack_asks_to_connect_anew(
    slack: Slack, store: MemoryStore, reason: str
) -> None:
    people = [Person(slack, f"U{n}") for n in range(1, 9)]
    slack.ack_timeout = PATIENCE
    async with bot_on(slack, store, LIBRARY, "socket") as bot:
        before, after = people[:4], people[4:]
        sending = [asyncio.create_task(person.dm("play story")) for person in before]
        await slack.disconnect(reason)
        sending += [asyncio.create_task(person.dm("play story")) for person in after]
        for delivery in await asyncio.gather(*sending):
            await acknowledged(slack, delivery)
        await slack.settled(lambda slack: slack.connections == 2)
        await bot.rest()
        assert socket_of(bot).hears
        assert socket_of(bot).rebuilt == 0  # the SDK does this by itself
    assert sorted(posted.channel for posted in slack.messages) == [f"D{n}" for n in range(1, 9)]


async def test_a_socket_that_is_cut_is_opened_again(slack: Slack, store: MemoryStore) -> None:
    async with bot_on(slack, store, LIBRARY, "socket", ping=PING, deaf=DEAF) as bot:
        slack.cut()
        await slack.settled(lambda slack: slack.connections > 1 and slack.connected > 0)
        await acknowledged(slack, await Person(slack, "U1").dm("play story"))
        await bot.rest()
    assert len(slack.messages) == 1


async def test_a_deaf_socket_is_noticed_and_made_anew(slack: Slack, store: MemoryStore) -> None:
    slack.ack_timeout = PATIENCE
    async with bot_on(slack, store, LIBRARY, "socket", ping=PING, deaf=DEAF) as bot:
        slack.deafen()
        lost = await Person(slack, "U1").dm("play story")
        await slack.settled(lambda slack: slack.connections > 1)
        assert (await acknowledged(slack, lost)).status == 200
        await bot.rest()
    assert len(slack.messages) == 1


async def test_a_deaf_socket_is_noticed_also_where_the_sdk_s_own_tasks_are_dead(
    slack: Slack, store: MemoryStore
) -> None:
    slack.ack_timeout = PATIENCE
    async with bot_on(slack, store, LIBRARY, "socket", ping=PING, deaf=DEAF) as bot:
        socket = socket_of(bot)
        await until(lambda: socket.hears)
        slack.deafen()
        await kill_the_sdk_s_own_tasks(socket)
        lost = await Person(slack, "U1").dm("play story")
        await slack.settled(lambda slack: slack.connections > 1)
        assert socket.rebuilt >= 1
        assert (await acknowledged(slack, lost)).status == 200
        assert socket.hears
        await bot.rest()
    assert len(slack.messages) == 1
    await slack.settled(lambda slack: slack.connected == 0)


async def test_a_socket_whose_tasks_died_is_deaf_even_if_slack_still_speaks(
    slack: Slack, store: MemoryStore
) -> None:
    """Here Slack hears our acknowledgements; it is we who hear nothing."""
    async with bot_on(slack, store, LIBRARY, "socket", ping=PING, deaf=DEAF) as bot:
        await kill_the_sdk_s_own_tasks(socket_of(bot))
        await slack.settled(lambda slack: slack.connections > 1)
        assert socket_of(bot).rebuilt >= 1
        await acknowledged(slack, await Person(slack, "U1").dm("play story"))
        await bot.rest()
    assert len(slack.messages) == 1


async def test_a_deaf_socket_says_that_it_hears_nothing_until_there_is_a_new_one(
    slack: Slack, store: MemoryStore
) -> None:
    async with bot_on(slack, store, LIBRARY, "socket", ping=PING, deaf=DEAF) as bot:
        socket = socket_of(bot)
        await until(lambda: socket.hears)
        slack.deafen()
        await kill_the_sdk_s_own_tasks(socket)
        slack.fail("apps.connections.open", "internal_error", times=100_000)
        await until(lambda: not socket.hears)
        while socket.rebuilt < 2:  # not even while it tries anew
            assert not socket.hears
            await asyncio.sleep(0.01)
        slack.waiting.clear()
        await slack.settled(lambda slack: slack.connections > 1)
        await until(lambda: socket.hears)


async def test_an_address_that_is_spent_is_left_for_a_new_one(slack: Slack, store: MemoryStore) -> None:
    """The first address was asked for at the start; it is good once, and not for long."""
    async with bot_on(slack, store, LIBRARY, "http") as bot, aiohttp.ClientSession() as session:
        client = client_for(slack.bot_token, slack.api_url, session)
        spent = f"{slack.url.replace('http', 'ws', 1)}/link?ticket=spent"
        socket = Socket(bot.app.bolt, client, slack.app_token, spent, ping=PING, deaf=DEAF)
        assert not socket.hears
        running = asyncio.create_task(socket.run())
        await slack.settled(lambda slack: slack.connected == 1)
        assert socket.rebuilt >= 1
        running.cancel()
        await slack.settled(lambda slack: slack.connected == 0)
        await asyncio.wait([running])
        assert not socket.hears


async def test_what_is_under_way_when_it_ends_is_still_acknowledged(slack: Slack) -> None:
    store = Slow()
    async with bot_on(slack, store, LIBRARY, "socket") as bot:
        command = asyncio.create_task(Person(slack, "U1").command("help"))
        await store.asked.wait()
        ending = asyncio.create_task(socket_of(bot)._finish())
        await asyncio.sleep(0)
        assert not ending.done()
        store.go.set()
        await ending
        assert (await command).status == 200
