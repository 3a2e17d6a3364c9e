"""Authors' transcripts, replayed through Telegram as a person would press and type."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.telegram.messages import DELETE_LABEL, Shown, shown
from adapters.transcripts import BEGIN, SEED, Conversation, read_transcript, says
from bot.content import load
from bot.model import Library
from bot.replies import (
    Document,
    Redrawn,
    Reply,
)
from tests.memory_store import MemoryStore
from tests.telegram import Delivery, Person, Posted
from tests.telegram_bot import bot_on, fake_telegram

ROOT = Path(__file__).parent.parent
TRANSCRIPTS = sorted((ROOT / "transcripts").rglob("*.txt"))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(ROOT, tmp_path_factory.mktemp("cache"))


class Clock:
    """The time of a transcript: a minute an exchange."""

    def __init__(self) -> None:
        self.exchanges = 0

    def __call__(self) -> datetime:
        return BEGIN + timedelta(minutes=self.exchanges)


class Noted(Conversation):
    """The engine alone, which notes what it replied, as a platform is given it."""

    def _shown(self, replies: Sequence[Reply]) -> list[str]:
        self.replies = [self._drawn(reply) for reply in replies if not isinstance(reply, Redrawn)]
        return super()._shown(replies)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_a_transcript_is_played_on_telegram_and_every_reply_of_it_is_shown(
    path: Path, library: Library
) -> None:
    """
    What the author wrote is what the engine says; and what the engine says is what Telegram shows:
    the same messages in the same order, with the same words and the same buttons.
    """
    clock, alone = Clock(), Noted(library)
    async with fake_telegram() as telegram:
        telegram.person(1, started=True)
        person = Person(telegram, 1)
        async with bot_on(telegram, MemoryStore(), library, clock=clock, seed=SEED) as bot:
            for exchange in read_transcript(path.read_text("utf-8")):
                assert says(exchange.bot, alone.say(exchange.you)), exchange.line
                before = len(telegram.messages)
                await bot.rest(await _do(person, telegram.messages, exchange.you))
                clock.exchanges += 1
                came = telegram.messages[before:]
                files = [reply for reply in alone.replies if isinstance(reply, Document)]
                assert len(files) == sum(posted.document is not None for posted in came)
                came = [posted for posted in came if posted.document is None]
                due = [part for reply in alone.replies if reply not in files for part in shown(reply)]
                assert [posted.text for posted in came] == [seen(part) for part in due], exchange.line
                assert [labels(posted) for posted in came] == [
                    [key.label for row in part.keyboard for key in row if key.label != DELETE_LABEL]
                    for part in due
                ]
        assert telegram.refused == []


async def _do(person: Person, messages: list[Posted], you: str) -> Delivery:
    """Press the button of that name on the newest message that has it, or type."""
    if not (you.startswith("[") and you.endswith("]")):
        return await person.say(you)
    newest = next(one for one in reversed(messages) if you[1:-1] in labels(one))
    return await person.press(newest, you[1:-1])


def labels(posted: Posted) -> list[str]:
    """The labels of a message's buttons as it came, without the one that takes one's own words back."""
    first = posted.sent.get("reply_markup") or {}
    rows = (json.loads(first) if isinstance(first, str) else first).get("inline_keyboard", [])
    return [key["text"] for row in rows for key in row if key["text"] != DELETE_LABEL]


def seen(part: Shown) -> str:
    """What one sees of a message's HTML."""
    return html.unescape(re.sub(r"<[^>]+>", "", part.html)).strip()
