"""The whole tutor on the fake Telegram: the real library, real polling or a real webhook in between."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from prometheus_client import CollectorRegistry

from adapters.pictures import draw
from adapters.telegram.app import PATH, TelegramApp, initialized
from adapters.telegram.carrier import TelegramCarrier
from adapters.telegram.roster import TelegramRoster
from adapters.telegram.setup import bot_for, tell_how_updates_come
from adapters.web import WebServer, bind, web_app
from bot.model import Library
from bot.replies import (
    Chart,
)
from bot.sender import Sender
from bot.store import Store
from bot.tutor import Tutor
from tests.telegram import Delivery, Telegram

Way = Literal["polling", "webhook"]
WAYS: tuple[Way, ...] = ("polling", "webhook")
SECRET = "webhook_secret_of_the_tests"  # noqa: S105


@dataclass(slots=True)
class TelegramBot:
    """The running parts."""

    telegram: Telegram
    app: TelegramApp
    carrier: TelegramCarrier
    tutor: Tutor
    sender: Sender
    way: Way
    roster: TelegramRoster

    async def rest(self, *deliveries: Delivery) -> None:
        """Wait until some updates are committed and answered."""
        if self.way == "polling":
            last = max((one.update["update_id"] for one in deliveries), default=0)
            await self.telegram.settled(lambda telegram: telegram.confirmed >= last)
        await self.app.drain()
        await self.sender.all_idle()


def fake_telegram() -> Telegram:
    """Give a Telegram that keeps no pace: test_sender.py shows that the pace is kept."""
    telegram = Telegram()
    telegram.strict_pace = False
    return telegram


@contextlib.asynccontextmanager
async def bot_on(
    telegram: Telegram,
    store: Store,
    library: Library,
    way: Way = "polling",
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    *,
    seed: str = "seed",
    drawn: Callable[[Chart], bytes | None] = draw,
) -> AsyncIterator[TelegramBot]:
    """Serve a Telegram, as the program does, but without a pause between two messages."""
    async with contextlib.AsyncExitStack() as closing:
        bot = await initialized(bot_for(telegram.token, telegram.url))
        closing.push_async_callback(bot.shutdown)
        carrier = TelegramCarrier(bot, drawn=drawn)
        sender = Sender(store, {"telegram": carrier}, lambda: clock().timestamp(), library)
        tutor = Tutor(library, store, sender.take, lambda: seed)

        async def pause(_: float) -> None:
            await asyncio.sleep(0.01)

        app = TelegramApp(tutor.take, bot, clock, pause, store.drills)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(tutor.run()), tasks.create_task(sender.run())]
            web = None
            if way == "webhook":
                bound = closing.enter_context(contextlib.closing(bind(0)))
                web = WebServer(web_app([app.route(SECRET)], {}, CollectorRegistry()), bound)
                tasks.create_task(web.run_until_stopped())
                address = f"http://127.0.0.1:{bound.getsockname()[1]}"
                await tell_how_updates_come(bot, address, SECRET)
                assert telegram.hook is not None
                assert PATH in telegram.hook.url
            else:
                await tell_how_updates_come(bot, None, None)
                running.append(tasks.create_task(app.poll()))
            await sender.load()
            try:
                roster = TelegramRoster(bot, carrier.closed_to_us)
                yield TelegramBot(telegram, app, carrier, tutor, sender, way, roster)
            finally:
                if web is not None:
                    web.should_exit = True
                await app.drain()
                for task in running:
                    task.cancel()
