"""Telegram, as people use it: by polling and by webhook, with the real library in between."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from adapters.telegram.app import CONFLICTS, DELETED, TelegramApp, TelegramSettingError
from adapters.telegram.messages import DELETE_LABEL
from adapters.telegram.setup import bot_for, set_up
from bot.content import load
from bot.engine import texts
from bot.events import (
    Arrival,
)
from bot.model import Library
from bot.store import Store
from bot.store.sqlite import open_store
from tests.library import LIBRARY
from tests.memory_store import MemoryStore
from tests.telegram import Delivery, Person, Posted, Telegram, text_of
from tests.telegram_bot import WAYS, TelegramBot, Way, bot_on, fake_telegram
from tests.test_tutor import Breaking, Full

ROOT = Path(__file__).parent.parent
QUESTION = "does a school need written consent to disclose records?"
GROUP = -1001
STICKER = {
    "file_id": "s",
    "file_unique_id": "s",
    "type": "regular",
    "width": 512,
    "height": 512,
    "is_animated": False,
    "is_video": False,
}


@dataclass(slots=True)
class Place:
    """A bot with two people and a group."""

    telegram: Telegram
    bot: TelegramBot
    store: Store
    ann: Person
    ben: Person
    _seen: list[Posted]

    async def after(self, *deliveries: Delivery) -> list[Posted]:
        """Give the messages that came since the last call, once everything is answered."""
        await self.bot.rest(*deliveries)
        news = self.telegram.messages[len(self._seen) :]
        self._seen.extend(news)
        return news

    async def kept(self, person: Person) -> int:
        """Count the answers kept of a person."""
        return len((await self.store.kept(f"telegram:{self.telegram.bot_id}", str(person.id))).results)


@contextlib.asynccontextmanager
async def place(
    way: Way = "polling",
    store: Store | None = None,
    library: Library = LIBRARY,
    telegram: Telegram | None = None,
) -> AsyncIterator[Place]:
    """Serve a bot. At the end Telegram must have refused nothing."""
    store = store or MemoryStore()
    async with contextlib.AsyncExitStack() as closing:
        if telegram is None:
            telegram = await closing.enter_async_context(fake_telegram())
        for person in (1, 2):
            if person not in telegram.people:
                telegram.person(person, started=True)
        if GROUP not in telegram.groups:
            telegram.group(GROUP, members=[1, 2])
        bot = await closing.enter_async_context(bot_on(telegram, store, library, way))
        yield Place(telegram, bot, store, Person(telegram, 1), Person(telegram, 2), list(telegram.messages))
        assert telegram.refused == []


def buttons(posted: Posted) -> list[str]:
    """The labels of a message's buttons."""
    return [label for row in posted.keyboard for label, _ in row]


# --- playing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
async def test_a_story_is_played_by_presses_letters_and_words(way: Way) -> None:
    async with place(way) as here:
        (hello,) = await here.after(await here.ann.start())
        assert texts.WELCOME.splitlines()[0] in hello.text
        (first,) = await here.after(await here.ann.say("/play story"))
        assert "The phone rings." in first.text
        feedback, _ = await here.after(await here.ann.press(first, "B. Do ask"))
        assert "Lawful, and it helps." in feedback.text
        assert "B. Do ask (your answer)" in first.text
        assert first.keyboard == []
        (third,) = await here.after(await here.ann.say("go on"))
        await here.after(
            await here.ann.press(third, "A. The times"), await here.ann.press(third, "B. The place")
        )
        assert buttons(third)[:3] == [
            "\N{CHECK MARK} A. The times",
            "\N{CHECK MARK} B. The place",
            "C. The illness",
        ]
        _, ending = await here.after(await here.ann.press(third, "Done"))
        assert "A good end" in ending.text
        assert await here.kept(here.ann) == 2


async def test_quick_taps_all_count_and_each_is_answered() -> None:
    async with place() as here:
        await here.after(await here.ann.say("/play story"))
        await here.after(await here.ann.say("b"))
        (pick,) = await here.after(await here.ann.say("go on"))
        taps = [
            await here.ann.press(pick, label) for label in ("A. The times", "B. The place", "C. The illness")
        ]
        await here.after(*taps)
        assert [label.startswith("\N{CHECK MARK}") for label in buttons(pick)[:3]] == [True, True, True]
        assert len(here.telegram.answers) == 3
        assert {answer.text for answer in here.telegram.answers} == {texts.TICKED}


async def test_done_with_nothing_ticked_says_so_on_the_press() -> None:
    async with place() as here:
        for word in ("/play story", "b"):
            await here.after(await here.ann.say(word))
        (pick,) = await here.after(await here.ann.say("go on"))
        assert await here.after(await here.ann.press(pick, "Done")) == []
        assert here.telegram.answers[-1].text == texts.UNTICKED


async def test_an_old_button_changes_nothing_and_shows_where_one_is() -> None:
    async with place() as here:
        (first,) = await here.after(await here.ann.say("/play story"))
        old = first.markup
        await here.after(await here.ann.press(first, "B. Do ask"))
        first.markup = old
        said = await here.after(await here.ann.press(first, "A. Do send"))
        assert texts.OLD_BUTTON in said[0].text
        assert await here.kept(here.ann) == 1


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("play_story", "The phone rings."),
        ("law_law__consent", "Signed consent"),
        ("laws", "The laws I know"),
        ("mydata", "What is kept about you"),
        ("nonsense_x", texts.WELCOME.splitlines()[0]),
    ],
)
async def test_a_deep_link_opens_what_it_names(payload: str, expected: str) -> None:
    async with place() as here:
        (said,) = await here.after(await here.ann.start(payload))
        assert expected in said.text


@pytest.mark.parametrize("way", WAYS)
async def test_michaels_activity_is_played_to_an_ending(way: Way, tmp_path: Path) -> None:
    library = load(ROOT, tmp_path / "cache")
    store = await open_store(tmp_path / "a.db")
    async with place(way, store, library) as here:
        (last,) = await here.after(await here.ann.start("play_michael-1"))
        (answer,) = await here.after(await here.ann.say("may a school tell the police about a fight?"))
        (last,) = await here.after(await here.ann.press(answer, texts.BACK_TO_STORY))
        for _ in range(40):
            there = buttons(last)
            letters = [label for label in there if label[:1].isupper() and label[1:2] in {"", "."}]
            if texts.DONE in there:
                await here.after(await here.ann.press(last, letters[0]))
                wanted = texts.DONE
            else:
                wanted = letters[-1] if letters else texts.GO_ON
            last = (await here.after(await here.ann.press(last, wanted)))[-1]
            if texts.PLAY_AGAIN in buttons(last):
                break
        assert "Lawful:" in last.text
    await store.close()


async def test_a_picture_without_words_answers_no_step() -> None:
    async with place() as here:
        for word in ("/play story", "b"):
            await here.after(await here.ann.say(word))
        (menu,) = await here.after(await here.ann.send({"sticker": STICKER}))
        assert texts.MENU in menu.text
        assert await here.kept(here.ann) == 1


# --- groups and inline -----------------------------------------------------------------------


@pytest.mark.parametrize("words", [f"/ask {QUESTION}", f"/ask@mayshare_test_bot {QUESTION}"])
async def test_a_group_asks_and_is_answered_as_a_reply_whose_buttons_open_in_private(words: str) -> None:
    async with place() as here:
        asked = await here.ann.say(words, chat=GROUP)
        (answer,) = await here.after(asked)
        assert asked.posted is not None
        assert (answer.chat, answer.reply_to) == (GROUP, asked.posted.id)
        assert "Signed consent" in answer.text
        links = [value for row in answer.keyboard for _, value in row]
        assert links
        assert all(link.startswith("https://t.me/mayshare_test_bot?start=") for link in links)
        assert "https://t.me/mayshare_test_bot?start=law_law__consent" in links


async def test_a_reply_to_the_bot_in_a_group_is_a_question() -> None:
    async with place() as here:
        (answer,) = await here.after(await here.ann.say(f"/ask {QUESTION}", chat=GROUP))
        (again,) = await here.after(await here.ben.say(QUESTION, chat=GROUP, reply_to=answer))
        assert "Signed consent" in again.text


@pytest.mark.parametrize("word", ["/play story", "/mydata", "/progress", "/settings"])
async def test_stories_and_what_is_about_oneself_open_in_private(word: str) -> None:
    async with place() as here:
        (said,) = await here.after(await here.ann.say(word, chat=GROUP))
        assert said.chat == GROUP
        assert texts.IN_PRIVATE in said.text
        ((_, link),) = [key for row in said.keyboard for key in row]
        assert link.startswith("https://t.me/mayshare_test_bot?start=")


async def test_a_topic_is_answered_in_it_and_a_closed_one_in_the_group() -> None:
    async with place() as here:
        here.telegram.group(-1002, members=[1], topics=True)
        topic = here.telegram.topic(-1002)
        (answer,) = await here.after(await here.ann.say(f"/ask {QUESTION}", chat=-1002, thread=topic))
        assert answer.thread == topic


async def test_what_a_group_says_to_itself_is_left_alone() -> None:
    async with place() as here:
        here.telegram.privacy = False
        said = await here.ann.say("consent is a big word", chat=GROUP)
        assert await here.after(said, await here.ben.say("/ask@another_bot hi", chat=GROUP)) == []


async def test_inline_offers_provisions_to_the_asker_and_keeps_nothing() -> None:
    async with place() as here:
        await here.after(await here.ann.inline("written consent to disclose records"))
        (answer,) = here.telegram.inline_answers
        assert answer.is_personal
        assert [result["title"] for result in answer.results][:1] == ["LAW: Signed consent"]
        assert (await here.store.kept(f"telegram:{here.telegram.bot_id}", "1")).session is None


def _asked(telegram: Telegram) -> int:
    return sum(method == "getUpdates" for method, _, _ in telegram.calls)


# --- nothing lost ----------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
async def test_the_same_update_twice_has_one_effect(way: Way) -> None:
    async with place(way) as here:
        asked = await here.ann.say("/play story")
        (first,) = await here.after(asked)
        pressed = await here.ann.press(first, "B. Do ask")
        assert len(await here.after(pressed)) == 2
        await here.telegram.again(asked)
        await here.telegram.again(pressed)
        assert await here.after() == []
        assert await here.kept(here.ann) == 1
        here.telegram.refused.clear()  # the press was answered twice: the first answer could have been lost


@pytest.mark.parametrize("way", WAYS)
async def test_an_update_is_confirmed_only_once_it_is_kept(way: Way) -> None:
    store = Full()
    async with place(way, store) as here:
        store.full = True
        asked = await here.ann.say("/play story")
        if way == "webhook":
            assert asked.status == 500
        else:  # it asks again and again, and each time from where it was
            await here.telegram.settled(lambda telegram: _asked(telegram) > 3)
        assert here.telegram.confirmed < asked.update["update_id"]
        store.full = False
        if way == "webhook":
            asked = await here.telegram.again(asked)
            assert asked.status == 200
        (first,) = await here.after(asked)
        assert "The phone rings." in first.text


async def test_updates_of_a_process_that_died_come_again_and_none_is_doubled(tmp_path: Path) -> None:
    """It fetched, and committed, but never confirmed: the next process meets the same updates."""
    async with fake_telegram() as telegram:
        for person in (1, 2):
            telegram.person(person, started=True)
        store = await open_store(tmp_path / "a.db")
        async with place(store=store, telegram=telegram) as here:
            (first,) = await here.after(await here.ann.say("/play story"))
            gate = telegram.hold("getUpdates")
            pressed = await here.ann.press(first, "B. Do ask")
            await telegram.settled(lambda telegram: len(telegram.messages) >= 3)
            assert telegram.confirmed < pressed.update["update_id"]
        gate.set()
        await store.close()
        store = await open_store(tmp_path / "a.db")
        async with place(store=store, telegram=telegram) as here:
            await here.after(pressed)
            steps = {one.text for one in telegram.messages}  # one whose sending was not noted comes again
            assert len(steps) == 3
            assert await here.kept(here.ann) == 1
            telegram.refused.clear()  # the press was answered twice: the first answer could have been lost
        await store.close()


async def test_an_update_that_meets_a_bug_of_ours_is_set_aside_and_told() -> None:
    async with place(library=Breaking.library()) as here:
        (told,) = await here.after(await here.ann.say("/play broken"))
        assert texts.SET_ASIDE in told.text


async def test_people_side_by_side_and_each_in_order() -> None:
    async with place() as here:
        here.telegram.hold("getUpdates").set()
        said = []
        for line in ("/play story", "b", "go on", "a b"):
            said += [await here.ann.say(line), await here.ben.say(line)]
        await here.after(*said)
        assert await here.kept(here.ann) == await here.kept(here.ben) == 2


# --- defined ends ----------------------------------------------------------------------------


async def test_whoever_blocked_the_bot_is_let_go() -> None:
    async with place() as here:
        asked = await here.ann.say("/play story")
        here.telegram.block(1)
        await here.bot.rest(asked)
        assert here.bot.sender.counts["gone"] + here.bot.sender.counts["sent"] >= 1
        here.telegram.refused.clear()


async def test_a_group_that_became_a_supergroup_gets_its_answer_there() -> None:
    async with place() as here:
        here.telegram.group(-5, members=[1], supergroup=False)
        gate = here.telegram.hold("sendMessage")
        asked = await here.ann.say(f"/ask {QUESTION}", chat=-5)
        await here.telegram.settled(lambda telegram: any(call[0] == "sendMessage" for call in telegram.calls))
        new = here.telegram.migrate(-5)
        gate.set()
        (answer,) = await here.after(asked)
        assert answer.chat == new
        here.telegram.refused.clear()


async def test_one_chat_that_must_wait_holds_up_no_other() -> None:
    async with place() as here:
        here.telegram.limit("sendMessage", 600, chat=1)
        await here.ann.say("/help")
        said = await here.ben.say("/help")
        await here.telegram.settled(lambda telegram: any(one.chat == 2 for one in telegram.messages))
        assert [one.chat for one in here.telegram.messages] == [2]
        assert said.update["update_id"] >= 1
        here.telegram.refused.clear()


async def test_another_poller_ends_this_one_with_the_mend() -> None:
    async with fake_telegram() as telegram:
        for _ in range(CONFLICTS):
            telegram.fail("getUpdates", 409, "Conflict: terminated by other getUpdates request")
        waits: list[float] = []

        async def pause(seconds: float) -> None:
            waits.append(seconds)

        async def take(_: Arrival) -> None: ...

        async with bot_for(telegram.token, telegram.url) as bot:
            with pytest.raises(TelegramSettingError, match="Only one may"):
                await TelegramApp(take, bot, pause=pause).poll()
        assert len(waits) == CONFLICTS - 1, "while a deploy overlaps, it waits"


async def test_a_webhook_request_with_a_wrong_secret_is_refused_unread() -> None:
    async with place("webhook") as here:
        assert here.telegram.hook is not None
        async with aiohttp.ClientSession() as session:
            for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "wrong"}):
                async with session.post(here.telegram.hook.url, json={}, headers=headers) as answer:
                    assert answer.status == 403


# --- names, data, setting up -----------------------------------------------------------------


async def test_a_message_that_names_someone_can_be_deleted_by_a_button() -> None:
    async with place() as here:
        asked = await here.ann.say(f"my student Ann Poe, 987-65-4321: {QUESTION}")
        (answer,) = await here.after(asked)
        assert asked.posted is not None
        assert "987" not in text_of(answer)
        await here.after(await here.ann.press(answer, DELETE_LABEL))
        assert asked.posted.deleted
        assert here.telegram.answers[-1].text == DELETED


async def test_marked_words_are_found_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "adapters")
    store = await open_store(tmp_path / "a.db")
    async with place(store=store) as here:
        typed = "my student Zyxwvut Qmarked, 987-65-4321, gave no consent: may I share?"
        await here.after(await here.ann.say(typed), await here.ann.inline("Zyxwvut consent"))
        await here.after(await here.ben.say(f"/ask {typed}", chat=GROUP))
        on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
        for mark in ("Zyxwvut", "987-65"):
            assert mark.encode() not in on_disk
            assert mark not in "\n".join(map(text_of, here.telegram.messages))
            assert mark not in caplog.text
    await store.close()


async def test_ones_own_data_comes_as_a_file() -> None:
    async with place() as here:
        (data,) = await here.after(await here.ann.say("/mydata"))
        (file,) = await here.after(await here.ann.press(data, texts.TAKE_AWAY))
        assert file.document == texts.EXPORT_NAME
        assert b"All that Mayshare keeps" in (file.data or b"")


async def test_setting_up_tells_what_it_set() -> None:
    async with fake_telegram() as telegram:
        bot = bot_for(telegram.token, telegram.url)
        async with bot:
            told = await set_up(bot)
        assert any("/play" in line for line in told)
        assert len(telegram.commands) == 3
        assert telegram.descriptions
