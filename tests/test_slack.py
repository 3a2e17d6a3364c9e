"""Slack, as people use it: over HTTP and over a socket, with the real slack_bolt and slack_sdk in between."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import time

import msgspec
import pytest

from adapters.slack.app import FORM_LOST
from adapters.slack.arrivals import ASK_SHORTCUT
from bot.content import load
from bot.engine import texts
from bot.model import Library, Team
from bot.store import Store
from bot.store.sqlite import open_store
from tests.library import LIBRARY
from tests.memory_store import MemoryStore
from tests.slack import Person, Posted, Slack, text_of
from tests.slack.people import Delivery
from tests.slack_bot import MODES, Bot, Mode, bot_on, fake_slack
from tests.test_tutor import Breaking, Full

ROOT = Path(__file__).parent.parent
QUESTION = "does a school need written consent to disclose records?"


@dataclass(slots=True)
class Place:
    """A workspace with the bot in it, two people and a channel."""

    slack: Slack
    bot: Bot
    store: Store
    ann: Person
    ben: Person
    _seen: list[Posted]

    async def after(self, *deliveries: Delivery) -> list[Posted]:
        """Give the messages that came since the last call, once everything is answered."""
        assert all(delivery.status == 200 for delivery in deliveries), deliveries
        await self.bot.rest()
        news = self.slack.messages[len(self._seen) :]
        self._seen.extend(news)
        return news

    async def kept(self, person: Person) -> int:
        """Count the answers kept of a person."""
        return len((await self.store.kept("T1", person.id)).results)


@contextlib.asynccontextmanager
async def place(
    mode: Mode = "http", store: Store | None = None, library: Library = LIBRARY, slack: Slack | None = None
) -> AsyncIterator[Place]:
    """Serve a workspace. At the end Slack must have refused nothing."""
    store = store or MemoryStore()
    async with contextlib.AsyncExitStack() as closing:
        if slack is None:
            slack = await closing.enter_async_context(fake_slack())
        for person in ("UANN", "UBEN"):
            slack.person(person)
            slack.allowed_mentions.add(f"<@{person}>")
        slack.person("UBOSS", admin=True)
        if "CTEAM" not in slack.channels:
            slack.channel("CTEAM", members=["UANN", "UBEN"])
        bot = await closing.enter_async_context(bot_on(slack, store, library, mode))
        yield Place(slack, bot, store, Person(slack, "UANN"), Person(slack, "UBEN"), list(slack.messages))
        assert slack.refused == []


def buttons(posted: Posted) -> list[str]:
    """The labels of a message's buttons."""
    return re.findall(r"\[([^\]]+)\]", text_of(posted))


# --- ways in ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
async def test_a_story_is_played_by_presses_letters_and_words(mode: Mode) -> None:
    async with place(mode) as here:
        (first,) = await here.after(await here.ann.dm("play story"))
        assert "The phone rings." in text_of(first)
        assert first.channel == here.slack.dm_of("UANN").id
        feedback, _ = await here.after(await here.ann.press(first, "B. Do ask"))
        assert "Lawful, and it helps." in text_of(feedback)
        assert "*B.* Do ask (your answer)" in text_of(first)
        assert buttons(first) == [], "an answered message has nothing left to press"
        (third,) = await here.after(await here.ann.dm("go on"))
        await here.ann.tick(third, "A. The times", "B. The place")
        _, ending = await here.after(await here.ann.press(third, "Done"))
        assert "A good end" in text_of(ending)
        assert await here.kept(here.ann) == 2


async def test_a_mention_is_answered_in_its_thread_and_twice_delivered_has_one_effect() -> None:
    async with place() as here:
        asked = await here.ann.mention("CTEAM", QUESTION, twice=True)
        (answer,) = await here.after(asked)
        assert asked.also is not None
        assert asked.also.status == 200
        assert answer.channel == "CTEAM"
        assert answer.thread_ts == asked.ts
        assert "Signed consent" in text_of(answer)


async def test_a_mention_alone_is_answered_with_the_menu() -> None:
    async with place() as here:
        (menu,) = await here.after(await here.ann.mention("CTEAM", ""))
        assert texts.MENU in text_of(menu)


async def test_the_command_alone_is_the_menu_and_with_words_what_they_say() -> None:
    async with place() as here:
        for words, expected in (
            ("", texts.MENU),
            ("help", "Words you can type"),
            ("laws", "The laws I know"),
            ("play story", "The phone rings."),
            ("b", "Lawful, and it helps."),
            (QUESTION, "Signed consent"),
            ("settings ohio", "Ohio"),
            ("my data", "What is kept about you"),
        ):
            said = await here.after(await here.ann.command(words, channel="CTEAM"))
            assert expected in text_of(said[0])
            assert {one.only_for for one in said} == {"UANN"}, "in a channel it answers the asker alone"


async def test_a_law_answer_can_be_posted_for_all_without_the_question() -> None:
    async with place() as here:
        (answer,) = await here.after(await here.ann.command(QUESTION, channel="CTEAM"))
        (posted,) = await here.after(await here.ann.press(answer, texts.POST_FOR_ALL))
        assert posted.only_for is None
        assert posted.channel == "CTEAM"
        assert text_of(posted).startswith(texts.POSTED)
        assert "does a school need" not in text_of(posted)
        assert buttons(posted) == []


async def test_it_is_posted_for_all_also_where_the_bot_is_no_member() -> None:
    async with place() as here:
        here.slack.channel("CELSE", members=["UANN"], bot_in=False)
        (answer,) = await here.after(await here.ann.command(QUESTION, channel="CELSE"))
        (posted,) = await here.after(await here.ann.press(answer, texts.POST_FOR_ALL))
        assert (posted.channel, posted.only_for) == ("CELSE", None)


async def test_the_message_shortcut_asks_about_a_message_and_only_the_asker_sees_it() -> None:
    async with place() as here:
        await here.ben.mention("CTEAM", QUESTION)
        await here.after()
        said = next(one for one in here.slack.said if one.channel == "CTEAM")
        (answer,) = await here.after(await here.ann.shortcut(ASK_SHORTCUT, said))
        assert answer.only_for == "UANN"
        assert "Signed consent" in text_of(answer)


async def test_home_shows_where_one_was_and_its_buttons_are_answered_as_a_direct_message() -> None:
    async with place() as here:
        await here.after(await here.ann.dm("play story"))
        await here.after(await here.ann.open_home())
        page = text_of(here.slack.homes["UANN"])
        assert "You are in the middle of:" in page
        assert texts.TEAM_BUTTON not in page
        (prompt,) = await here.after(await here.ann.press_home(texts.BACK_TO_STORY))
        assert prompt.channel == here.slack.dm_of("UANN").id
        assert "The phone rings." in text_of(prompt)


async def test_the_messages_tab_greets_a_newcomer_and_offers_what_to_write() -> None:
    async with place() as here:
        (hello,) = await here.after(await here.ann.open_home("messages"))
        assert texts.WELCOME.splitlines()[0] in text_of(hello)
        (offered,) = here.slack.prompts.values()
        assert {"title": "Play a story", "message": "play story"} in offered
        assert await here.after(await here.ann.open_home("messages")) == [], "nobody is greeted twice"


async def test_a_plan_without_suggested_prompts_loses_nothing() -> None:
    async with place() as here:
        here.slack.fail("assistant.threads.setSuggestedPrompts", "not_allowed")
        (hello,) = await here.after(await here.ann.open_home("messages"))
        assert texts.WELCOME.splitlines()[0] in text_of(hello)


async def test_ones_own_data_comes_as_a_file() -> None:
    async with place() as here:
        (data,) = await here.after(await here.ann.dm("my data"))
        await here.after(await here.ann.press(data, texts.TAKE_AWAY))
        (file,) = here.slack.files.values()
        assert "All that Mayshare keeps" in str(file)


async def test_ones_own_data_asked_for_in_a_channel_comes_as_a_direct_message() -> None:
    async with place() as here:
        (typed,) = await here.after(await here.ann.command("export my data", channel="CTEAM"))
        (data,) = await here.after(await here.ann.command("my data", channel="CTEAM"))
        (pressed,) = await here.after(await here.ann.press(data, texts.TAKE_AWAY))
        for file in (typed, pressed):
            assert file.files
            assert file.channel == here.slack.dm_of("UANN").id


async def test_in_direct_messages_there_are_no_others_to_post_an_answer_for() -> None:
    async with place() as here:
        (answer,) = await here.after(await here.ann.command(QUESTION))
        assert texts.POST_FOR_ALL not in buttons(answer)


async def test_what_is_about_one_alone_leaves_the_channel() -> None:
    async with place() as here:
        said = await here.after(await here.ann.mention("CTEAM", "my data"))
        assert [one.channel for one in sorted(said, key=lambda one: one.channel)] == [
            "CTEAM",
            here.slack.dm_of("UANN").id,
        ]
        there = next(one for one in said if one.channel == "CTEAM")
        assert texts.PRIVATELY in text_of(there)


# --- administrators --------------------------------------------------------------------------


async def test_administrators_set_what_holds_for_the_team() -> None:
    async with place() as here:
        boss = Person(here.slack, "UBOSS")
        await here.after(await boss.open_home())
        await here.after(await boss.press_home(texts.TEAM_BUTTON))
        (view,) = here.slack.views.values()
        refused = await boss.submit(view.id, {"state": "Atlantis", "policy": "not a link"})
        assert refused.answer["errors"] == {"state": texts.NO_SUCH_STATE, "policy": texts.BAD_POLICY}
        given = {"state": "Ohio", "role": "School", "counsel": "Dana Reyes", "policy": "https://d.example"}
        saved = await boss.submit(view.id, given)
        (told,) = await here.after(saved)
        assert texts.TEAM_SAVED in text_of(told)
        assert "counsel Dana Reyes" in text_of(here.slack.homes["UBOSS"])
        (answer,) = await here.after(await here.ann.dm(QUESTION))
        assert "Ohio" in text_of(answer)
        assert "Dana Reyes" in text_of(answer)


async def test_whoever_is_no_administrator_any_more_changes_nothing() -> None:
    async with place() as here:
        boss = Person(here.slack, "UBOSS")
        await here.after(await boss.open_home())
        await here.after(await boss.press_home(texts.TEAM_BUTTON))
        (view,) = here.slack.views.values()
        here.bot.app._admins._known.clear()  # the minutes for which an answer holds are over
        here.slack.person("UBOSS", admin=False)
        (told,) = await here.after(await boss.submit(view.id, {"counsel": "Me"}))
        assert texts.ONLY_ADMINS in text_of(told)
        assert (await here.store.team("T1")).counsel == ""


async def test_a_form_that_opens_too_late_is_told_and_the_press_can_be_made_again() -> None:
    async with place() as here:
        boss = Person(here.slack, "UBOSS")
        await here.after(await boss.open_home())
        here.slack.fail("views.open", "expired_trigger_id")
        (told,) = await here.after(await boss.press_home(texts.TEAM_BUTTON))
        assert FORM_LOST in text_of(told)
        await here.after(await boss.press_home(texts.TEAM_BUTTON))
        assert len(here.slack.views) == 1


async def test_home_is_drawn_anew_where_another_drawing_came_first() -> None:
    async with place() as here:
        here.slack.fail("views.publish", "hash_conflict")
        await here.after(await here.ann.open_home())
        assert "May I share this?" in text_of(here.slack.homes["UANN"])


async def test_two_administrators_do_not_undo_each_others_changes() -> None:
    async with place() as here:
        here.slack.person("UTWO", admin=True)
        one, two = Person(here.slack, "UBOSS"), Person(here.slack, "UTWO")
        for boss in (one, two):
            await here.after(await boss.open_home())
            await here.after(await boss.press_home(texts.TEAM_BUTTON))
        first, second = here.slack.views.values()
        await here.after(await one.submit(first.id, {"counsel": "Dana Reyes"}))
        await here.after(await two.submit(second.id, {"hours": "9 to 5"}))
        assert await here.store.team("T1") == Team(counsel="Dana Reyes", hours="9 to 5")


async def test_erasing_takes_ones_progress_off_the_home_tab() -> None:
    async with place() as here:
        await here.after(await here.ann.dm("play story"))
        await here.after(await here.ann.open_home())
        await here.after(await here.ann.dm("erase everything"))
        assert text_of(here.slack.homes["UANN"]) == texts.ERASED


# --- one event, one effect -------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
async def test_the_same_delivery_twice_has_one_effect(mode: Mode) -> None:
    async with place(mode) as here:
        typed = await here.ann.dm("play story")
        (prompt,) = await here.after(typed)
        assert await here.after(await here.slack.again(typed)) == []
        press = await here.ann.press(prompt, "B. Do ask")
        assert len(await here.after(press)) == 2
        assert await here.after(await here.slack.again(press)) == []
        assert await here.kept(here.ann) == 1
        assert here.bot.app.counts["redelivered"] >= 1


async def test_the_same_delivery_without_a_retry_number_has_one_effect() -> None:
    async with place() as here:
        typed = await here.ann.dm("play story")
        await here.after(typed)
        assert await here.after(await here.slack.deliver(typed.kind, typed.payload)) == []


async def test_an_old_button_changes_nothing_and_shows_where_one_is() -> None:
    async with place() as here:
        (first,) = await here.after(await here.ann.dm("play story"))
        old = msgspec.json.decode(msgspec.json.encode(first.blocks))
        await here.after(await here.ann.press(first, "B. Do ask"))
        first.blocks = old  # someone's screen was not renewed
        said = await here.after(await here.ann.press(first, "A. Do send"))
        assert texts.OLD_BUTTON in text_of(said[0])
        assert await here.kept(here.ann) == 1


async def test_another_persons_button_answers_its_presser_alone_and_leaves_the_message() -> None:
    async with place() as here:
        (anns,) = await here.after(await here.ann.mention("CTEAM", "play story"))
        before = text_of(anns)
        said = await here.after(await here.ben.press(anns, "B. Do ask"))
        assert {one.only_for for one in said} == {"UBEN"}
        assert text_of(anns) == before
        assert await here.kept(here.ann) == await here.kept(here.ben) == 0
        feedback, _ = await here.after(await here.ann.press(anns, "B. Do ask"))
        assert feedback.only_for is None
        assert await here.kept(here.ann) == 1


async def test_two_people_in_one_thread_stay_apart() -> None:
    async with place() as here:
        asked = await here.ann.mention("CTEAM", "play story")
        (anns,) = await here.after(asked)
        (bens,) = await here.after(await here.ben.mention("CTEAM", "play story", thread_ts=asked.ts))
        assert anns.thread_ts == bens.thread_ts == asked.ts
        assert "<@UANN>" in str(anns.blocks)
        assert "<@UBEN>" in str(bens.blocks)
        await here.after(await here.ann.press(anns, "A. Do send"), await here.ben.press(bens, "B. Do ask"))
        assert "(your answer)" in text_of(anns)
        assert "(your answer)" in text_of(bens)
        for person, chose in ((here.ann, "send"), (here.ben, "ask")):
            kept = await here.store.kept("T1", person.id)
            assert [result.chose for result in kept.results] == [(chose,)]


async def test_a_burst_of_presses_is_one_answer() -> None:
    async with place() as here:
        (prompt,) = await here.after(await here.ann.dm("play story"))
        await asyncio.gather(*(here.ann.press(prompt, "B. Do ask") for _ in range(8)))
        await here.after()
        assert await here.kept(here.ann) == 1


async def test_a_step_shown_again_leaves_buttons_on_its_newest_copy_alone() -> None:
    async with place() as here:
        (first,) = await here.after(await here.ann.dm("play story"))
        (answer,) = await here.after(await here.ann.dm(QUESTION))
        (again,) = await here.after(await here.ann.press(answer, texts.BACK_TO_STORY))
        assert buttons(first) == []
        assert "B. Do ask" in buttons(again)
        await here.after(await here.ann.dm("b"))
        assert "(your answer)" in text_of(again)
        assert buttons(again) == []


async def test_a_double_tap_posts_an_answer_for_all_once() -> None:
    async with place() as here:
        (answer,) = await here.after(await here.ann.command(QUESTION, channel="CTEAM"))
        taps = [here.ann.press(answer, texts.POST_FOR_ALL) for _ in range(2)]
        assert len(await here.after(*await asyncio.gather(*taps))) == 1


# --- nothing lost ----------------------------------------------------------------------------


async def test_an_event_is_acknowledged_only_once_it_is_kept() -> None:
    store = Full()
    store.full = False
    async with place(store=store) as here:
        store.full = True
        lost = await here.ann.dm("play story")
        assert lost.status == 500
        store.full = False
        (prompt,) = await here.after(await here.slack.again(lost))
        assert "The phone rings." in text_of(prompt)


async def test_a_press_that_failed_can_be_pressed_again() -> None:
    store = Full()
    store.full = False
    async with place(store=store) as here:
        (prompt,) = await here.after(await here.ann.dm("play story"))
        store.full = True
        assert (await here.ann.press(prompt, "B. Do ask")).status == 500
        store.full = False
        assert len(await here.after(await here.ann.press(prompt, "B. Do ask"))) == 2


async def test_a_press_that_meets_a_bug_of_ours_is_set_aside_and_told() -> None:
    async with place(library=Breaking.library()) as here:
        (told,) = await here.after(await here.ann.command("play broken", channel="CTEAM"))
        assert texts.SET_ASIDE in text_of(told)


@pytest.mark.parametrize("mode", MODES)
async def test_a_restart_between_presses_loses_nothing(mode: Mode, tmp_path: Path) -> None:
    async with fake_slack() as slack:
        last: Posted | None = None
        for wanted in (None, "B. Do ask", "Go on"):
            store = await open_store(tmp_path / "a.db")
            async with place(mode, store, slack=slack) as here:
                step = here.ann.dm("play story") if last is None else here.ann.press(last, str(wanted))
                last = (await here.after(await step))[-1]
            await store.close()
        assert last is not None
        assert "What goes in?" in text_of(last)


async def test_what_was_not_delivered_before_a_crash_is_delivered_after_it(tmp_path: Path) -> None:
    async with fake_slack() as slack:
        store = await open_store(tmp_path / "a.db")
        async with place(store=store, slack=slack) as here:
            slack.limit("chat.postMessage", 600)
            assert (await here.ann.dm("play story")).status == 200
            while here.bot.sender.counts["later"] == 0:  # noqa: ASYNC110  # Slack says: not now
                await asyncio.sleep(0)
        await store.close()
        assert slack.messages == []
        store = await open_store(tmp_path / "a.db")
        async with place(store=store, slack=slack) as here:
            await here.bot.rest()
            assert ["The phone rings." in text_of(one) for one in slack.messages] == [True]
        await store.close()


async def test_an_answered_message_is_edited_by_the_press_and_after_it_died_by_its_id() -> None:
    async with place() as here:
        (prompt,) = await here.after(await here.ann.dm("play story"))
        await here.after(await here.ann.press(prompt, "B. Do ask"))
        assert prompt.edits == 1
        methods = [method for method, _, _ in here.slack.calls]
        assert "chat.update" not in methods, "the press's own response_url needs no rate limit"
        (say,) = [one for one in here.slack.messages if "Go on" in buttons(one)]
        await here.after(await here.ann.dm("go on"))
        assert [method for method, _, _ in here.slack.calls].count("chat.update") == 1
        assert buttons(say) == []


# --- what is not for us ----------------------------------------------------------------------


async def test_what_nobody_listens_to_is_answered_with_200() -> None:
    async with place() as here:
        for kind in ("reaction_added", "team_join", "channel_rename", "a_kind_of_tomorrow"):
            delivery = await here.slack.event({"type": kind, "user": "UANN"})
            assert delivery.status == 200
        assert here.bot.app.counts["unhandled"] == 4
        assert await here.after() == []


async def test_bots_edits_and_talk_in_a_channel_are_left_alone() -> None:
    async with place() as here:
        (prompt,) = await here.after(await here.ann.dm("play story"))
        await here.slack.echo(prompt)
        await here.slack.echo(prompt, changed=True)
        talk = {"type": "message", "channel": "CTEAM", "channel_type": "channel", "user": "UANN"}
        await here.slack.event({**talk, "text": "consent", "ts": here.slack.next_ts()})
        other = {"type": "message", "channel": here.slack.dm_of("UANN").id, "channel_type": "im"}
        await here.slack.event({**other, "bot_id": "BOTHER", "text": "consent", "ts": here.slack.next_ts()})
        assert await here.after() == []


async def test_another_workspaces_event_has_no_effect() -> None:
    async with place() as here:
        typed = await here.ann.dm("help")
        await here.after(typed)
        foreign = msgspec.json.decode(
            msgspec.json.encode(typed.payload).replace(b'"T1"', b'"T2"').replace(b"Ev", b"Ex")
        )
        delivery = await here.slack.deliver("events_api", foreign)
        assert delivery.status == 200
        assert await here.after() == []
        assert here.bot.app.counts["foreign"] == 1


async def test_a_request_with_a_wrong_or_old_signature_is_refused_unread() -> None:
    async with place() as here:
        body = msgspec.json.encode(here.slack.wrapped({"type": "message"})).decode()
        right = here.slack.sign(body)
        wrong = {**right, "X-Slack-Signature": "v0=" + "0" * 64}
        assert (await here.slack.deliver_raw(body, wrong)).status == 401
        assert (await here.slack.deliver_raw(body + " ", right)).status == 401
        old = here.slack.sign(body, at=int(time()) - 400)
        assert (await here.slack.deliver_raw(body, old)).status == 401
        assert (await here.slack.challenge()).body


async def test_a_garbled_button_changes_nothing() -> None:
    async with place() as here:
        (prompt,) = await here.after(await here.ann.dm("play story"))
        for block in prompt.blocks:
            for element in block.get("elements", []):
                if element.get("type") == "button":
                    element["value"] = "nonsense:" + element["value"]
        said = await here.after(await here.ann.press(prompt, "B. Do ask"))
        assert texts.OLD_BUTTON in text_of(said[0])


# --- what people type stays nowhere ----------------------------------------------------------


async def test_marked_words_typed_on_slack_are_found_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    marks = ("Zyxwvut", "987-65-4321")
    caplog.set_level("INFO")
    store = await open_store(tmp_path / "a.db")
    async with place(store=store) as here:
        typed = "my student Zyxwvut Qmarked, 987-65-4321, gave no consent: may I share?"
        await here.after(await here.ann.dm(typed))
        await here.after(await here.ann.mention("CTEAM", typed))
        await here.after(await here.ann.command(typed, channel="CTEAM"))
        said = next(one for one in here.slack.said if one.channel == "CTEAM")
        await here.after(await here.ann.shortcut(ASK_SHORTCUT, said))
        on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
        answered = "\n".join(map(text_of, here.slack.messages))
        for mark in marks:
            assert mark.encode() not in on_disk
            assert mark not in answered
            assert mark not in caplog.text
        assert texts.NAMES_OUT.split(":")[0] in answered
    await store.close()


# --- Michael's activity ----------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
async def test_michaels_activity_is_played_to_an_ending(mode: Mode, tmp_path: Path) -> None:
    library = load(ROOT, tmp_path / "cache")
    store = await open_store(tmp_path / "a.db")
    async with place(mode, store, library) as here:
        (prompt,) = await here.after(await here.ann.dm("play michael-1"))
        asked = False
        for _ in range(40):
            if not asked:
                (answer,) = await here.after(await here.ann.dm("may a school tell the police about a fight?"))
                (prompt,) = await here.after(await here.ann.press(answer, texts.BACK_TO_STORY))
                asked = True
            label = _next(prompt)
            if label == texts.DONE:
                boxes = [block["element"] for block in prompt.blocks if block["type"] == "input"]
                await here.ann.tick(prompt, boxes[0]["options"][0]["text"]["text"])
            prompt = (await here.after(await here.ann.press(prompt, label)))[-1]
            if texts.PLAY_AGAIN in buttons(prompt):
                break
        assert "Lawful:" in text_of(prompt)
        kept = await store.kept("T1", "UANN")
        assert kept.session is not None
        assert "michael-1" in kept.session.finished
    await store.close()


def _next(posted: Posted) -> str:
    """What to press: the last letter, else the way on."""
    there = buttons(posted)
    letters = [label for label in there if re.match(r"[A-Z](\.|$)", label)]
    ways: Iterable[str] = (*letters[-1:], texts.GO_ON, texts.DONE)
    return next(label for label in ways if label in there)


async def test_a_typed_question_is_never_a_guess_at_a_choice() -> None:
    async with place() as here:
        await here.after(await here.ann.dm("play story"))
        (answer,) = await here.after(await here.ann.dm(QUESTION))
        assert "Signed consent" in text_of(answer)
        assert await here.kept(here.ann) == 0
