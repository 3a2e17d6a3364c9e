"""`mayshare run` as a process of its own: what it serves, how it stops, what it says when it cannot."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from adapters.slack.manifest import SCOPES
from bot.model import Address, Audience, Drill
from bot.store import Done
from bot.store.sqlite import open_store
from tests.slack import Person, Slack, text_of

ROOT = Path(__file__).parent.parent
PATIENCE = 30  # seconds a process may take to come up on a busy machine


def settings(folder: Path, **more: str) -> dict[str, str]:
    """An environment with a database and a home of its own, and no token but those given."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SLACK_", "TELEGRAM_", "MAYSHARE_"))
    }
    return {
        **clean,
        "MAYSHARE_DATABASE": str(folder / "a.db"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "PYTHONPATH": str(ROOT),
        **more,
    }


class Running:
    """A process that serves."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.logged: list[dict[str, object]] = []

    async def until(self, message: str) -> dict[str, object]:
        """Read its log until it says something."""
        assert self.process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while line := await self.process.stderr.readline():
                told = json.loads(line)
                self.logged.append(told)
                if told.get("message") == message:
                    return dict(told)
        raise AssertionError(f"it ended without saying {message!r}: {self.logged}")

    async def end(self) -> int:
        """Wait for its end; give its exit code."""
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


@contextlib.asynccontextmanager
async def run(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Running]:
    """Start it; at the end it is killed, if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "adapters", "run",
        cwd=folder, env=dict(environment), stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Running(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if process.stderr is not None:
            await process.stderr.read()


async def fails(folder: Path, environment: Mapping[str, str]) -> str:
    """Run it where it cannot serve; give what it says, which must not be a traceback."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "adapters", "run",
        cwd=folder, env=dict(environment), stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE):
        _, said = await process.communicate()
    assert process.returncode == 1
    assert b"Traceback" not in said
    return said.decode()


def tokens(slack: Slack, mode: str) -> dict[str, str]:
    """The settings that reach a Slack."""
    way = (
        {"SLACK_APP_TOKEN": slack.app_token}
        if mode == "socket"
        else {"SLACK_SIGNING_SECRET": slack.signing_secret, "PORT": "0"}
    )
    return {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url, **way}


@contextlib.asynccontextmanager
async def strict_slack() -> AsyncIterator[Slack]:
    """A Slack that also refuses more than one message a second in a channel."""
    async with Slack() as slack:
        slack.scopes = list(SCOPES)
        slack.person("UANN")
        yield slack
        assert slack.refused == []


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_it_is_killed_and_started_again_between_two_presses(mode: str, tmp_path: Path) -> None:
    async with strict_slack() as slack:
        slack.strict_pace = False  # a process that was killed remembers no pace; the next obeys a 429
        ann = Person(slack, "UANN")
        environment = settings(tmp_path, **tokens(slack, mode))
        for number in (1, 2, 3):
            async with run(tmp_path, environment) as running:
                await _is_up(running, slack, mode)
                if number == 1:
                    delivery = await ann.dm("play michael-1")
                elif number == 2:
                    delivery = await ann.press(slack.messages[-1], "Go on")
                else:
                    delivery = await ann.dm("b d f")
                assert delivery.status == 200
                shown = f"step {number} of about"
                await slack.settled(partial(_is_shown, shown), timeout=PATIENCE)
                running.process.send_signal(signal.SIGKILL)
        # a step whose sending was not noted before the kill may come once more, and none may be missing
        steps = [match[1] for one in slack.messages if (match := re.search(r"step (\d) of", text_of(one)))]
        assert list(dict.fromkeys(steps)) == ["1", "2", "3"]
        assert len(steps) <= 6


def _is_shown(text: str, slack: Slack) -> bool:
    return any(text in text_of(one) for one in slack.messages)


async def _is_up(running: Running, slack: Slack, mode: str) -> None:
    if mode == "http":
        port = (await running.until("listening"))["port"]
        slack.request_url = f"http://127.0.0.1:{port}/slack/events"
    else:
        slack.request_url = None
        await running.until("serving")
        await slack.settled(lambda slack: slack.connected > 0, timeout=PATIENCE)


async def test_told_to_stop_it_delivers_what_waits_and_leaves_cleanly(tmp_path: Path) -> None:
    async with strict_slack() as slack:
        ann = Person(slack, "UANN")
        async with run(tmp_path, settings(tmp_path, **tokens(slack, "http"))) as running:
            await _is_up(running, slack, "http")
            await ann.dm("play michael-1")
            await slack.settled(1, timeout=PATIENCE)
            await ann.dm("help")  # it must wait for its second
            running.process.send_signal(signal.SIGTERM)
            assert await running.end() == 0
        assert "Words you can type" in text_of(slack.messages[-1])


async def test_a_drill_that_was_ordered_is_looked_at_as_soon_as_it_runs(tmp_path: Path) -> None:
    home = Address(platform="slack", chat="UANN")
    now = datetime.now(UTC)
    drill = Drill(
        id="d1",
        tenant="T1",
        platform="slack",
        by="UANN",
        audience=Audience(kind="channel", ids=("CTEAM",), name="#team"),
        weekday=now.weekday(),  # today is too early: it begins after the day it was ordered on
        at=0,
        first=now.date(),
        home=home,
    )
    store = await open_store(tmp_path / "a.db")
    await store.save([Done(tenant="T1", learner="UANN", event="e", at=now, drill=drill)])
    await store.close()
    async with strict_slack() as slack:
        slack.person("UBOT", bot=True)
        slack.channel("CTEAM", name="team", members=["UANN", "UBOT"])
        async with run(tmp_path, settings(tmp_path, **tokens(slack, "socket"))) as running:
            await _is_up(running, slack, "socket")
            await slack.settled(1, timeout=PATIENCE)
            assert "#team: it is for 1 person as of now" in text_of(slack.messages[0])
            running.process.send_signal(signal.SIGTERM)
            assert await running.end() == 0


async def test_health_readiness_and_metrics_are_told(tmp_path: Path) -> None:
    async with strict_slack() as slack:
        ann = Person(slack, "UANN")
        async with run(tmp_path, settings(tmp_path, **tokens(slack, "http"))) as running:
            await _is_up(running, slack, "http")
            assert slack.request_url is not None
            base = slack.request_url.removesuffix("/slack/events")
            await ann.dm("help")
            await slack.settled(1, timeout=PATIENCE)
            async with aiohttp.ClientSession() as session:
                for path, status in (("/healthz", 200), ("/readyz", 200), ("/elsewhere", 404)):
                    async with session.get(base + path) as answer:
                        assert answer.status == status
                async with session.get(base + "/metrics") as answer:
                    told = await answer.text()
                assert 'mayshare_slack_events_total{kind="message"} 1.0' in told
                assert "mayshare_turn_seconds_count 1.0" in told
                assert "# TYPE mayshare_drills_total counter" in told
                async with session.post(slack.request_url, data=io.BytesIO(b"x" * 1_100_000)) as answer:
                    assert answer.status == 413
                async with session.post(slack.request_url, data=_endless()) as answer:
                    assert answer.status == 411
                slack.fail("chat.postMessage", "account_inactive")
                await ann.dm("help")
                while True:
                    async with session.get(base + "/readyz") as answer:
                        if answer.status == 503:
                            assert "SLACK_BOT_TOKEN" in await answer.text()
                            break


async def _endless() -> AsyncIterator[bytes]:
    yield b"payload="


async def test_a_log_holds_no_token_and_nothing_that_was_typed(tmp_path: Path) -> None:
    async with strict_slack() as slack:
        ann = Person(slack, "UANN")
        async with run(tmp_path, settings(tmp_path, **tokens(slack, "http"))) as running:
            await _is_up(running, slack, "http")
            await ann.dm("Zyxwvut Qmarked told me, 987-65-4321")
            await slack.settled(1, timeout=PATIENCE)
            running.process.send_signal(signal.SIGTERM)
            await running.end()
            assert running.process.stderr is not None
            rest = (await running.process.stderr.read()).decode()
            log = rest + json.dumps(running.logged)
        for secret in ("Zyxwvut", "987-65", slack.bot_token, slack.signing_secret, slack.api_url):
            assert secret not in log


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "nothing to serve.*SLACK_BOT_TOKEN.*docs/slack.md.*mayshare chat"),
        ({"SLACK_SIGNING_SECRET": "s"}, "SLACK_BOT_TOKEN is missing"),
        ({"SLACK_BOT_TOKEN": "xoxp-1", "SLACK_SIGNING_SECRET": "s"}, "no bot token: one begins with xoxb-"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "no way in: set SLACK_APP_TOKEN.*SLACK_SIGNING_SECRET"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xoxb-1"}, "no app token: one begins with xapp-"),
        ({"PORT": "many"}, "PORT is 'many'"),
        ({"SLACK_API_URL": "slack"}, "SLACK_API_URL is 'slack'.*https://"),
        (
            {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "DYNO": "web.1"},
            "forgets its disk.*MAYSHARE_DATABASE",
        ),
    ],
)
async def test_a_setting_that_cannot_be_used_is_named_with_its_mend(
    given: dict[str, str], said: str, tmp_path: Path
) -> None:
    environment = settings(tmp_path, **given)
    if "DYNO" in given:
        environment["MAYSHARE_DATABASE"] = "/mayshare-never-made.db"
    told = await fails(tmp_path, environment)
    assert re.search(said, told.replace("\n", " "))


async def test_a_wrong_token_is_named_before_anything_is_served(tmp_path: Path) -> None:
    async with strict_slack() as slack:
        environment = settings(tmp_path, **{**tokens(slack, "http"), "SLACK_BOT_TOKEN": "xoxb-wrong"})
        told = await fails(tmp_path, environment)
        assert "SLACK_BOT_TOKEN (invalid_auth)" in told
        slack.refused.clear()


async def test_a_missing_scope_is_named_with_its_mend(tmp_path: Path) -> None:
    async with strict_slack() as slack:
        slack.scopes = [scope for scope in SCOPES if scope != "im:write"]
        told = await fails(tmp_path, settings(tmp_path, **tokens(slack, "http")))
        assert "lacks the scope im:write" in told
        assert "reinstall" in told


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    async with strict_slack() as slack:
        taken = slack.url.rpartition(":")[2]
        told = await fails(tmp_path, settings(tmp_path, **{**tokens(slack, "http"), "PORT": taken}))
        assert f"The port {taken} cannot be used" in told
