"""One person on Slack and on Telegram: both platforms served by one process, as `mayshare run` does."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import service
from adapters.settings import SlackSettings, TelegramSettings
from bot import codes
from bot.content import load
from bot.engine import texts
from bot.engine.linking import joined
from bot.events import (
    Fit,
)
from bot.model import Assignment, Finished, Learned, Library, Run, Session, runs_of
from bot.store.sqlite import SqliteStore, open_store
from tests.library import LIBRARY
from tests.slack import Person as Colleague
from tests.slack import Slack
from tests.slack import text_of as slack_text
from tests.slack_bot import fake_slack
from tests.telegram import Person, Telegram
from tests.telegram_bot import fake_telegram

QUESTION = "does a school need written consent to disclose records?"


def code_in(said: list[str]) -> str:
    """Read the code in the newest message."""
    found = re.search(r"link ([A-Z0-9]{5}-[A-Z0-9]{5})", said[-1])
    assert found, said
    return found[1]


@dataclass(slots=True)
class Both:
    """Someone at their desk and the same one on their phone; and somebody else on each."""

    slack: Slack
    telegram: Telegram
    store: SqliteStore
    desk: Colleague
    phone: Person
    other_desk: Colleague
    other_phone: Person
    _seen: list[int]

    async def at_desk(self, text: str, who: Colleague | None = None) -> list[str]:
        """Write in Slack; give what is answered there."""
        await (who or self.desk).dm(text)
        return await self._news(0)

    async def on_phone(self, text: str, who: Person | None = None) -> list[str]:
        """Write on Telegram; give what is answered there."""
        await (who or self.phone).say(text)
        return await self._news(1)

    async def _news(self, side: int) -> list[str]:
        """Give the new messages of a side, once nothing has come for a moment."""
        shown = self._shown(side)
        until = time.monotonic() + 2
        while len(shown) == self._seen[side] and time.monotonic() < until:
            await asyncio.sleep(0.01)
            shown = self._shown(side)
        await self.quiet()
        shown = self._shown(side)
        news = shown[self._seen[side] :]
        self._seen[side] = len(shown)
        return news

    async def quiet(self) -> None:
        """Wait until the outbox is empty, and stays so."""
        still = 0
        while still < 5:
            await asyncio.sleep(0.02)
            still = 0 if await self.store.unsent() else still + 1

    def _shown(self, side: int) -> list[str]:
        if side == 0:
            return [slack_text(one) for one in self.slack.messages]
        return [one.text for one in self.telegram.messages]

    async def code(self, where: str = "desk") -> str:
        """Ask for a code."""
        return code_in(await (self.at_desk("link") if where == "desk" else self.on_phone("/link")))


@contextlib.asynccontextmanager
async def both(
    path: Path, monkeypatch: pytest.MonkeyPatch, library: Library = LIBRARY
) -> AsyncIterator[Both]:
    """Serve both platforms from one database."""
    monkeypatch.setattr(service, "PACE", {})
    stop, ready = asyncio.Event(), asyncio.Event()
    async with fake_slack() as slack, fake_telegram() as telegram:
        slack.request_url = None
        for id in (1, 2):
            telegram.person(id, started=True)
        store = await open_store(path / "a.db")
        serving = service.Serving(
            slack=SlackSettings(slack.bot_token, slack.app_token, "", slack.api_url),
            telegram=TelegramSettings(telegram.token, api_url=telegram.url),
        )
        served = asyncio.create_task(service.serve(library, store, serving, stop, lambda _: ready.set()))
        try:
            async with asyncio.timeout(20):
                await ready.wait()
                await slack.settled(lambda slack: slack.connected > 0)
            yield Both(
                slack, telegram, store,
                Colleague(slack, "UANN"), Person(telegram, 1), Colleague(slack, "UBEN"), Person(telegram, 2),
                [0, 0],
            )  # fmt: skip
            assert telegram.refused == []
        finally:
            stop.set()
            await served
            await store.close()


async def test_a_story_is_started_in_slack_and_ended_on_telegram_with_questions_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with both(tmp_path, monkeypatch) as here:
        (first,) = await here.at_desk("play story")
        assert "The phone rings." in first
        code = await here.code()
        linked, step = await here.on_phone(f"/link {code}")
        assert linked == texts.LINKED
        assert "The phone rings." in step
        answer, *_ = await here.on_phone(QUESTION)
        assert "34 CFR" in answer
        await here.on_phone("b")
        await here._news(0)
        assert "step 2" in (await here.at_desk("resume"))[-1]
        assert "step 3" in (await here.at_desk("go on"))[-1]
        answer, *_ = await here.on_phone(QUESTION)
        assert "34 CFR" in answer
        assert any("A good end" in text for text in await here.on_phone("a b"))
        kept = await here.store.kept(here.slack.team_id, "UANN")
        assert len(kept.results) == 2
        assert kept.session is not None
        assert kept.session.finished["story"].times == 1


async def test_michaels_activity_is_started_in_slack_and_ended_on_telegram(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best path, as its transcript has it: four answers at the desk, the rest on the phone."""
    root = Path(__file__).parent.parent
    text = (root / "transcripts/michael-1/kept.txt").read_text("utf-8")
    answers = [line[4:].strip(" []") for line in text.splitlines() if line.startswith("you:")]
    async with both(tmp_path, monkeypatch, load(root, tmp_path / "cache")) as here:
        for answer in answers[:4]:
            await here.at_desk(answer)
        assert texts.LINKED in await here.on_phone(f"/link {await here.code()}")
        assert any("FERPA" in said for said in await here.on_phone(QUESTION))
        for answer in answers[4:]:
            await here.on_phone(answer)
        session = (await here.store.kept(here.slack.team_id, "UANN")).session
        assert session is not None
        assert (session.finished["michael-1"].ending, session.finished["michael-1"].best) == ("kept", 7)


async def test_the_newer_run_goes_on_the_other_can_be_resumed_and_slacks_settings_win(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with both(tmp_path, monkeypatch) as here:
        await here.at_desk("play story")
        await here.at_desk("settings Ohio")
        await here.on_phone("/settings Texas")
        await here.on_phone("/settings police")
        await here.on_phone("/play story")
        await asyncio.sleep(1)  # the newer is known by the second
        await here.on_phone("b")
        linked, step = await here.on_phone(f"/link {await here.code()}")
        assert linked == f"{texts.LINKED} {texts.PARKED}"
        assert "step 2" in step or "step 3" in step
        settings = (await here.on_phone("/settings"))[-1]
        assert "Ohio" in settings
        assert "Police" in settings
        (said,) = [one for one in here.telegram.messages if one.text.startswith(texts.LINKED)]
        await here.phone.press(said, texts.RESUME_OTHER)
        assert "The phone rings." in (await here._news(1))[-1]
        assert len((await here.store.kept(here.slack.team_id, "UANN")).results) == 1


@pytest.mark.parametrize("where", ["desk", "phone"])
async def test_a_code_is_given_on_either_side(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with both(tmp_path, monkeypatch) as here:
        code = await here.code(where)
        take = here.on_phone if where == "desk" else here.at_desk
        assert texts.LINKED in await take(f"link {code.lower().replace('-', '')}")
        assert texts.LINKED_NOTICE in await here._news(0 if where == "desk" else 1)
        (link,) = await here.store.links((here.slack.team_id, "UANN"))
        assert link.guest == (f"telegram:{here.telegram.bot_id}", "1")


async def test_no_address_links_by_a_tap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a link that somebody sends would make whoever taps it one with them."""
    async with both(tmp_path, monkeypatch) as here:
        code = await here.code()
        await here.phone.start(f"link_{code}")
        assert texts.LINKED not in await here._news(1)
        assert await here.store.links((here.slack.team_id, "UANN")) == []


async def test_a_code_is_nowhere_in_the_files_and_nowhere_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with both(tmp_path, monkeypatch) as here:
        code = await here.code()
        await here.on_phone("/link AAAAA-AAAAA")
        for file in tmp_path.iterdir():
            data = file.read_bytes()
            assert code.encode() not in data
            assert code.replace("-", "").encode() not in data
            assert b"AAAAA" not in data
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("bot", "adapters"))]
    assert not any(code in line or "AAAAA" in line for line in ours)


async def test_a_code_works_once_and_wrong_ones_are_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with both(tmp_path, monkeypatch) as here:
        code = await here.code()
        assert await here.at_desk(f"link {code}", here.other_desk) == [texts.CODE_SAME]
        assert texts.LINKED in await here.on_phone(f"/link {code}")
        for _ in range(codes.TRIES):
            assert await here.on_phone(f"/link {code}", here.other_phone) == [texts.CODE_WRONG]
        fresh = await here.code()
        assert await here.on_phone(f"/link {fresh}", here.other_phone) == [texts.CODE_SPENT]


async def test_an_account_has_one_learner_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with both(tmp_path, monkeypatch) as here:
        await here.on_phone(f"/link {await here.code()}")
        code = code_in(await here.at_desk("link", here.other_desk))
        await here.on_phone(f"/link {code}")
        assert await here.store.links((here.slack.team_id, "UANN")) == []
        assert len(await here.store.links((here.slack.team_id, "UBEN"))) == 1


@pytest.mark.parametrize("where", ["desk", "phone"])
async def test_they_are_two_again_from_either_side(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with both(tmp_path, monkeypatch) as here:
        await here.at_desk("play story")
        await here.on_phone(f"/link {await here.code()}")
        await here._news(0)
        if where == "desk":
            assert await here.at_desk("unlink") == [texts.UNLINKED]
            assert texts.UNLINKED_HERE in await here._news(1)
        else:
            assert await here.on_phone("/unlink") == [texts.UNLINKED_HERE]
        assert texts.NO_RUN in await here.on_phone("/resume")
        assert "The phone rings." in (await here.at_desk("resume"))[-1]
        assert await here.at_desk("unlink") == [texts.NOT_LINKED]


@pytest.mark.parametrize("where", ["desk", "phone"])
async def test_erasing_on_either_side_erases_both(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with both(tmp_path, monkeypatch) as here:
        await here.at_desk("play story")
        await here.on_phone(f"/link {await here.code()}")
        await here.on_phone("b")
        assert "linked accounts: 1" in (await here.at_desk("my data"))[-1]
        say = here.at_desk if where == "desk" else here.on_phone
        assert texts.ERASED in await say("erase everything")
        for tenant, learner in ((here.slack.team_id, "UANN"), (f"telegram:{here.telegram.bot_id}", "1")):
            kept = await here.store.kept(tenant, learner)
            assert (kept.session, kept.results, kept.links) == (None, (), ())


async def test_another_workspaces_learner_is_never_reached_by_a_linked_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with both(tmp_path, monkeypatch) as here:
        await here.on_phone(f"/link {await here.code()}")
        await here.on_phone("/play story")
        await here.on_phone("b")
        assert (await here.store.kept(here.slack.team_id, "UBEN")).session is None
        assert (await here.store.kept("T-another", "UANN")).session is None


# --- joining two records, without a platform -------------------------------------------------


def run(number: int, seed: str) -> Run:
    return Run(id=f"{number}-{seed}", scenario=f"s{number}", content="c", shape="s", step="a")


@st.composite
def sessions(draw: st.DrawFn, seed: str) -> Session:
    """Any record: runs open and left, stories finished, settings."""
    runs = [run(number, seed) for number in range(draw(st.integers(0, 4)))]
    is_open = bool(runs) and draw(st.booleans())
    finished = {
        id: Finished(times=draw(st.integers(1, 3)), ending="good", best=1, decisions=2)
        for id in draw(st.sets(st.sampled_from("abc")))
    }
    return Session(
        turn=draw(st.integers(0, 50)),
        seed=seed,
        met=draw(st.booleans()),
        role=draw(st.sampled_from([None, "school", "police"])),
        state=draw(st.sampled_from([None, "OH", "TX"])),
        runs=len(runs),
        run=runs[-1] if is_open else None,
        paused=tuple(runs[:-1] if is_open else runs),
        finished=finished,
    )


@given(sessions("h"), sessions("g"), st.booleans())
def test_nothing_is_lost_when_two_records_become_one(home: Session, guest: Session, newer: bool) -> None:
    one = joined(Fit(home, guest, newer))
    ids = [run.id for run in runs_of(one)]
    assert sorted(ids) == sorted(run.id for each in (home, guest) for run in runs_of(each))
    for id in {*home.finished, *guest.finished}:
        parts = [each.finished[id].times for each in (home, guest) if id in each.finished]
        assert one.finished[id].times == sum(parts)
    assert one.turn >= max(home.turn, guest.turn)
    assert (one.seed, one.runs) == (home.seed, home.runs)
    front = guest.run if newer and guest.run else home.run or guest.run
    assert one.run == front
    assert one.role == (home.role or guest.role)
    assert one.state == (home.state or guest.state)


@pytest.mark.parametrize("newer", [False, True])
def test_what_was_learned_and_the_drill_that_is_open_outlast_the_joining(newer: bool) -> None:
    given_ = Assignment("d1", date(2026, 3, 2), "T1", "ann", "needs", closes=200)
    before = msgspec.structs.replace(given_, drill="d0", closes=100)
    home = Session(
        learned={"r1": Learned(5, 1), "r2": Learned(9, 1), "r3": Learned(7, 2)},
        introduced=("d0",),
        drilled=8,
        off_until=50,
        assignment=before,
    )
    guest = Session(
        learned={"r1": Learned(6, 2), "r2": Learned(8, 0), "r3": Learned(7, 0), "r4": Learned(1, 3)},
        introduced=("d0", "d1"),
        drilled=9,
        off_until=300,
        zone="America/Denver",
        assignment=given_,
    )
    for one in (joined(Fit(home, guest, newer)), joined(Fit(guest, home, newer))):
        assert one.learned == {
            "r1": Learned(6, 2),
            "r2": Learned(9, 1),
            "r3": Learned(7, 0),
            "r4": Learned(1, 3),
        }
        assert set(one.introduced) == {"d0", "d1"}
        assert (one.drilled, one.off_until, one.zone) == (9, 300, "America/Denver")
        assert one.assignment == given_


@given(st.sampled_from(["", " ", "-"]), st.booleans())
def test_a_code_is_the_same_however_it_is_typed(between: str, lower: bool) -> None:
    code = codes.new_code(lambda letters: letters[7])
    typed = code.replace("-", between)
    assert codes.hashed(typed.lower() if lower else typed) == codes.hashed(code)


async def test_what_is_kept_of_an_address_lasts_and_answers_no_single_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with both(tmp_path, monkeypatch) as here:
        await here.on_phone(f"/link {await here.code()}")
        (link,) = await here.store.links((here.slack.team_id, "UANN"))
        assert (link.address.chat, link.address.hook, link.address.pressed) == ("1", None, None)
        assert (link.home.hook, link.home.pressed) == (None, None)
