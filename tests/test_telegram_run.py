"""`mayshare run` and `mayshare telegram setup` on Telegram, as processes of their own."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.slack import Person as Colleague
from tests.telegram import Person, Telegram
from tests.telegram_bot import fake_telegram
from tests.test_run import PATIENCE, _is_up, fails, run, settings, strict_slack, tokens


def telegram_tokens(telegram: Telegram) -> dict[str, str]:
    """The settings that reach a Telegram, by polling."""
    return {"TELEGRAM_BOT_TOKEN": telegram.token, "TELEGRAM_API_URL": telegram.url}


def is_shown(text: str, telegram: Telegram) -> bool:
    return any(text in one.text for one in telegram.messages)


async def test_it_is_killed_and_started_again_while_updates_come(tmp_path: Path) -> None:
    async with fake_telegram() as telegram:
        telegram.person(1, started=True)
        ann = Person(telegram, 1)
        environment = settings(tmp_path, **telegram_tokens(telegram))
        await ann.say("/play michael-1")  # it waits at Telegram until someone asks
        for number, words in ((1, "go on"), (2, "b d f"), (3, "a")):
            async with run(tmp_path, environment) as running:
                await running.until("serving")
                shown = partial(is_shown, f"step {number} of about")
                await telegram.settled(shown, timeout=PATIENCE)
                running.process.kill()
                await ann.say(words)
        steps = [one.text.partition(" of about")[0] for one in telegram.messages if ", step " in one.text]
        assert list(dict.fromkeys(steps)) == [f"The empty chair, step {n}" for n in (1, 2, 3)]


async def test_one_process_serves_both_platforms(tmp_path: Path) -> None:
    async with strict_slack() as slack, fake_telegram() as telegram:
        telegram.person(1, started=True)
        environment = settings(tmp_path, **tokens(slack, "http"), **telegram_tokens(telegram))
        async with run(tmp_path, environment) as running:
            await _is_up(running, slack, "http")
            await Colleague(slack, "UANN").dm("help")
            await Person(telegram, 1).say("/help")
            await slack.settled(1, timeout=PATIENCE)
            await telegram.settled(1, timeout=PATIENCE)
            running.process.terminate()
            assert await running.end() == 0


async def test_setting_up_says_what_it_set(tmp_path: Path) -> None:
    async with fake_telegram() as telegram:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "adapters", "telegram", "setup",
            cwd=tmp_path, env=settings(tmp_path, **telegram_tokens(telegram)), stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await process.communicate()
        assert process.returncode == 0
        assert b"@mayshare_test_bot" in said
        assert b"/play" in said
        assert b"There is no webhook" in said
        assert ("play", "short stories: decide what to share") in telegram.commands["all_private_chats", ""]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"TELEGRAM_BOT_TOKEN": "hello"}, "TELEGRAM_BOT_TOKEN is no token of a bot"),
        ({"TELEGRAM_WEBHOOK_SECRET": "a" * 20}, "TELEGRAM_BOT_TOKEN is missing"),
        ({"TELEGRAM_BOT_TOKEN": "1:" + "x" * 35, "TELEGRAM_WEBHOOK_SECRET": "short"}, "16 to 256 letters"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_named_with_its_mend(
    given: dict[str, str], said: str, tmp_path: Path
) -> None:
    assert said in await fails(tmp_path, settings(tmp_path, **given))


async def test_a_token_that_telegram_does_not_know_is_named(tmp_path: Path) -> None:
    async with fake_telegram() as telegram:
        wrong = {**telegram_tokens(telegram), "TELEGRAM_BOT_TOKEN": "123456789:" + "x" * 35}
        assert "Telegram does not know the token" in await fails(tmp_path, settings(tmp_path, **wrong))


async def test_setting_up_says_what_telegram_did_not_take(tmp_path: Path) -> None:
    async with fake_telegram() as telegram:
        telegram.fail("setMyDescription", 500, "Internal Server Error")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "adapters", "telegram", "setup",
            cwd=tmp_path, env=settings(tmp_path, **telegram_tokens(telegram)),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, said = await process.communicate()
        assert process.returncode not in {0, None}
        assert b"Telegram did not take all of it" in said
        assert b"Traceback" not in said
