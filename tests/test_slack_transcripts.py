"""Authors' transcripts, replayed through Slack as a person would press and type."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.transcripts import BEGIN, SEED, read_transcript, says
from bot.content import load
from bot.engine import texts
from bot.model import Library
from tests.memory_store import MemoryStore
from tests.slack import Person, Posted, text_of
from tests.slack.people import Delivery
from tests.slack_bot import bot_on, fake_slack

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


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_a_transcript_holds_on_slack(path: Path, library: Library) -> None:
    clock = Clock()
    async with fake_slack() as slack:
        person = Person(slack, "UANN")
        async with bot_on(slack, MemoryStore(), library, clock=clock, seed=SEED) as bot:
            for exchange in read_transcript(path.read_text("utf-8")):
                before = len(slack.messages)
                delivery = await _do(person, slack.messages, exchange.you)
                assert delivery.status == 200
                await bot.rest()
                clock.exchanges += 1
                said = [_read_aloud(posted) for posted in slack.messages[before:]]
                assert says(exchange.bot, said), (exchange.line, said)
        assert slack.refused == []


async def _do(person: Person, messages: list[Posted], you: str) -> Delivery:
    """Press the button of that name on the newest message that has it, or type."""
    if not (you.startswith("[") and you.endswith("]")):
        return await person.dm(you)
    newest = next(posted for posted in reversed(messages) if you in text_of(posted))
    return await person.press(newest, you[1:-1])


def _read_aloud(posted: Posted) -> str:
    """What a screen reader says of a message, with its buttons numbered as a transcript has them."""
    if posted.files:
        assert html.unescape(posted.text) == texts.EXPORT_FILE
        return "(a file)"
    lines, number = [], 0
    for line in html.unescape(posted.text).split("\n"):
        button = re.fullmatch(r"\[(?!.\] )(.+)\]", line)
        number += button is not None
        lines.append(f"{number}. {button[1]}" if button else line)
    return "\n".join(lines)
