"""Our Telegram adapter, with the real python-telegram-bot, on a Telegram that others wrote (`telemelya`).

What their Telegram holds of us is compared with what our own fake holds after the same steps. It sends texts,
commands, pictures, presses and inline queries to our webhook. What it cannot do:

- Send the webhook's secret, or give a refusal its status: the front door does (`telegram/server.py`).
- Be asked for updates: it has no getUpdates, so polling is not tried here.
- Have groups: every chat it sends is private, and no message mentions or answers anyone. So the test posts
  what a group says, with the secret; our answer to the group is seen there.
- Take files, commands or descriptions, or say who is in a group: it answers 404.
- Refuse: it reads no HTML and knows no limit, pace, topic or block. It refuses an edit of what was never
  sent, and nothing else; a message that is deleted it notes as a call, no more.
- Show what became of a message: it lists our calls, and we read them as Telegram would.
- Send an update again, a change of someone's words, or two updates in a millisecond (they have one id).
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from telegram.error import InvalidToken

from adapters.telegram.app import DELETED, TelegramSettingError
from adapters.telegram.carrier import DEAD_RETRY
from adapters.telegram.messages import DELETE_LABEL
from adapters.telegram.setup import set_up
from adapters.web import bind
from bot.content import load
from bot.engine import texts
from bot.model import Address, Library
from bot.replies import (
    Document,
)
from bot.sender import Later, Message
from tests.memory_store import MemoryStore
from tests.peers.their_telegram import (
    BOT,
    SECRET,
    TOKEN,
    USERNAME,
    Control,
    Held,
    Missing,
    Server,
    Someone,
    TheirTelegram,
    bot_on_theirs,
    installed,
    running,
)
from tests.telegram import Person, Telegram
from tests.telegram_bot import TelegramBot, bot_on, fake_telegram
from tests.test_run import PATIENCE, run, settings

LEE, GROUP = 12, -1001
QUESTION = "Can I tell the police about a student's grades?"
KEPT = "go on|done: b d f|a|b|c|go on|a|go on|go on|b|done: a c d f".split("|")  # as in transcripts/michael-1

Keyboard = list[list[tuple[str, str]]]

try:
    PYTHON = installed()
except Missing as missing:
    pytest.skip(str(missing), allow_module_level=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running(PYTHON) as server:
        yield server


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(Path(__file__).parents[2], tmp_path_factory.mktemp("cache"))


@pytest.fixture
async def theirs(server: Server, library: Library) -> AsyncIterator[TheirTelegram]:
    async with bot_on_theirs(server, MemoryStore(), library) as telegram:
        yield telegram


@pytest.fixture
def lee(theirs: TheirTelegram) -> Someone:
    return Someone(theirs, LEE)


# --- the same steps on both ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """A message: what we asked to be shown."""

    html: str
    keyboard: Keyboard


class Table(Protocol):
    """Someone's private chat with the bot, on either Telegram."""

    async def say(self, text: str) -> None: ...

    async def press(self, wanted: str) -> None:
        """Press the newest button of that name or letter."""

    async def shown(self) -> list[Seen]:
        """What the bot said, as it is held."""


@dataclass
class Theirs:
    person: Someone

    async def say(self, text: str) -> None:
        await self.person.say(text)

    async def press(self, wanted: str) -> None:
        for message in reversed(await self.person.shown()):
            data = _data(message.keyboard, wanted)
            if data is not None:
                await self.person.press(message.id, data)
                return
        raise AssertionError(f"nowhere a button {wanted}")

    async def shown(self) -> list[Seen]:
        return [Seen(one.html, one.keyboard) for one in await self.person.shown()]


@dataclass
class Ours:
    """The same person on our own fake."""

    telegram: Telegram
    bot: TelegramBot
    person: Person

    async def say(self, text: str) -> None:
        await self.bot.rest(await self.person.say(text))

    async def press(self, wanted: str) -> None:
        for posted in reversed(self.telegram.messages):
            data = _data(posted.keyboard, wanted)
            if data is not None:
                await self.bot.rest(await self.person.press(posted, data))
                return
        raise AssertionError(f"nowhere a button {wanted}")

    async def shown(self) -> list[Seen]:
        return [Seen(one.html, one.keyboard) for one in self.telegram.messages if not one.deleted]


@pytest.fixture
async def ours(library: Library) -> AsyncIterator[Ours]:
    async with fake_telegram() as telegram:
        telegram.bot_id, telegram.bot_username = BOT, USERNAME
        telegram.person(LEE, started=True)
        telegram.group(GROUP, members=[LEE])
        async with bot_on(telegram, MemoryStore(), library, "webhook") as bot:
            yield Ours(telegram, bot, Person(telegram, LEE))
        assert telegram.refused == []


def _data(keyboard: Keyboard, wanted: str) -> str | None:
    """The data of the button with this label, or this letter before it, ticked or not."""
    there = {_name(label): data for row in keyboard for label, data in row}
    return there.get(wanted.casefold())


def _name(label: str) -> str:
    name = label.removeprefix("\N{CHECK MARK} ").casefold()
    return name[0] if name[1:3] == ". " else name


async def _play(table: Table, steps: Sequence[str]) -> None:
    """Press, of several answers each."""
    for step in steps:
        wanted, _, letters = step.partition(": ")
        for letter in letters.split():
            await table.press(letter)
        await table.press(wanted)


async def _type(table: Table, steps: Sequence[str]) -> None:
    """Type the same answers."""
    for step in steps:
        await table.say(step.removeprefix("done: "))


Answering = Callable[[Table, Sequence[str]], Awaitable[None]]


async def _same(table: Table, ours: Ours) -> list[Seen]:
    """Compare texts and buttons, message for message."""
    held, meant = await table.shown(), await ours.shown()
    assert held
    assert held == meant
    return held


# --- at start --------------------------------------------------------------------------------------


async def test_their_telegram_says_whose_token_it_is_and_where_updates_go(theirs: TheirTelegram) -> None:
    assert (theirs.bot.id, theirs.bot.username) == (BOT, USERNAME)
    assert (await theirs.bot.get_webhook_info()).url == theirs.hook


async def test_where_updates_cannot_be_asked_for_polling_ends_with_a_word(theirs: TheirTelegram) -> None:
    """Their Telegram answers 404 to getUpdates, as Telegram does to a token that it does not know."""
    with pytest.raises(TelegramSettingError, match="does not know the token"):
        await theirs.app.poll()


async def test_setting_up_is_refused_where_no_commands_can_be_set(theirs: TheirTelegram) -> None:
    """To setMyCommands too."""
    with pytest.raises(InvalidToken):
        await set_up(theirs.bot)


async def test_a_webhook_set_without_the_secret_brings_what_is_not_taken(
    theirs: TheirTelegram, lee: Someone
) -> None:
    await theirs.bot.set_webhook(theirs.hook)
    told = await theirs.control.update({"chat_id": LEE, "text": "menu"})
    assert told["delivery"]["status_code"] == 403
    assert await theirs.post(told["update"], "another secret") == 403
    assert await lee.shown() == []
    assert await theirs.post(told["update"]) == 200
    assert len(await lee.shown()) == 1


# --- private chats ---------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [_play, _type])
async def test_a_story_with_a_question_in_the_middle_leaves_the_same_messages_on_both(
    lee: Someone, ours: Ours, answer: Answering
) -> None:
    for table in (Theirs(lee), ours):
        await table.say("/start")
        await table.say("/play michael-1")
        await answer(table, KEPT[:4])
        await table.say(QUESTION)
        await answer(table, KEPT[4:])
    held = await _same(Theirs(lee), ours)
    assert "A chair that is his" in held[-1].html


async def test_ticks_are_said_on_the_press_and_seen_on_the_message(lee: Someone, ours: Ours) -> None:
    for table in (Theirs(lee), ours):
        await table.say("/play michael-1")
        await _play(table, ["go on", "done", "b", "d", "b"])
    held = await _same(Theirs(lee), ours)
    assert [label[0] for row in held[-1].keyboard for label, _ in row].count("\N{CHECK MARK}") == 1
    assert await lee.toasts() == [answer.text for answer in ours.telegram.answers]
    assert texts.UNTICKED in await lee.toasts()


async def test_an_answered_message_loses_its_buttons(lee: Someone) -> None:
    """Their Telegram keeps the keyboard that an edit leaves out; Telegram takes it away. We leave it out."""
    table = Theirs(lee)
    await table.say("/play michael-1")
    await _play(table, ["go on", "done: b d f"])
    (answered,) = [one for one in await lee.shown() if "(your answer)" in one.html]
    assert answered.edits > 1
    assert "reply_markup" not in answered.asked


async def test_a_story_goes_on_where_the_message_pressed_is_gone(theirs: TheirTelegram, lee: Someone) -> None:
    await lee.say("/play michael-1")
    (asked,) = await lee.shown()
    data = _data(asked.keyboard, "go on")
    assert data is not None
    await lee.press(asked.id + 1000, data)
    assert len(await lee.shown()) > 1
    assert theirs.sender.counts["gone"] == 1


async def test_a_deep_link_opens_what_it_names(lee: Someone, ours: Ours) -> None:
    for table in (Theirs(lee), ours):
        await table.say("/start play_michael-1")
    (opened,) = await _same(Theirs(lee), ours)
    assert "step 1 of" in opened.html


async def test_what_names_someone_is_deleted_by_a_button(theirs: TheirTelegram, lee: Someone) -> None:
    """That it is gone cannot be seen there, only that we asked for it."""
    asked = await lee.say(f"my student Ann Poe, 987-65-4321: {QUESTION}")
    await Theirs(lee).press(DELETE_LABEL)
    (call,) = await theirs.control.calls("deleteMessage")
    assert (call["chat_id"], call["message_id"]) == (LEE, asked["message"]["message_id"])
    assert await lee.toasts() == [DELETED]
    assert not any("987" in one.html for one in await lee.shown())


async def test_a_picture_answers_no_step_and_its_words_are_read(lee: Someone) -> None:
    await lee.say("/play michael-1")
    await Theirs(lee).press("go on")
    before = len(await lee.shown())
    await lee.picture()
    (menu,) = (await lee.shown())[before:]
    assert texts.MENU in menu.html
    await lee.picture("b d f")
    assert any("(your answer)" in one.html for one in await lee.shown())


async def test_where_no_file_can_be_sent_it_waits_for_an_operator(theirs: TheirTelegram) -> None:
    """And to sendDocument."""
    file = Document(texts.EXPORT_NAME, "{}", "All of it")
    address = Address(platform="telegram", chat=str(LEE))
    sent = await theirs.carrier.send(Message(f"telegram:{BOT}", str(LEE), address, file))
    assert sent == Later(DEAD_RETRY)
    assert theirs.carrier.refused == "unauthorized"


# --- groups and inline -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [f"/ask {QUESTION}", f"/ask@{USERNAME} {QUESTION}", f"@{USERNAME} {QUESTION}", "/play michael-1"]
)
async def test_a_group_is_answered_by_a_reply_whose_buttons_open_the_private_chat(
    theirs: TheirTelegram, lee: Someone, ours: Ours, words: str
) -> None:
    """Their Telegram has neither the group nor what was said there; it takes our answer all the same."""
    kind = "mention" if words.startswith("@") else "bot_command"
    entity = {"type": kind, "offset": 0, "length": len(words.split(maxsplit=1)[0])}
    assert await lee.say_in(GROUP, words, 5, [entity]) == 200
    held = await theirs.control.held(GROUP)
    assert [one.asked["reply_parameters"]["message_id"] for one in held] == [5] * len(held)
    assert await lee.shown() == []
    ours.telegram.privacy = False
    await ours.bot.rest(await ours.person.say(words, chat=GROUP))
    assert [Seen(one.html, one.keyboard) for one in held] == await ours.shown()
    links = [value for one in held for row in one.keyboard for _, value in row]
    assert links
    assert all(link.startswith(f"https://t.me/{USERNAME}?start=") for link in links)


async def test_inline_offers_the_same_cards_on_both_and_one_is_sent(lee: Someone, ours: Ours) -> None:
    cards = await lee.inline(QUESTION)
    await ours.bot.rest(await ours.person.inline(QUESTION))
    (meant,) = ours.telegram.inline_answers
    assert cards
    assert cards == meant.results
    posted = await lee.choose(cards[0])
    assert posted["via_inline"]
    assert posted["text"] == cards[0]["input_message_content"]["message_text"]


# --- the program -----------------------------------------------------------------------------------


async def test_the_program_is_killed_and_started_again_between_two_presses(
    theirs: TheirTelegram, tmp_path: Path
) -> None:
    with contextlib.closing(bind(0)) as bound:
        port = str(bound.getsockname()[1])
    environment = settings(
        tmp_path,
        TELEGRAM_BOT_TOKEN=TOKEN,
        TELEGRAM_API_URL=theirs.server.url,
        TELEGRAM_WEBHOOK_SECRET=SECRET,
        MAYSHARE_PUBLIC_URL=f"http://127.0.0.1:{port}",
        PORT=port,
    )
    pressed = {"chat_id": LEE, "text": "/play michael-1"}
    for number, wanted in ((1, "go on"), (2, "a")):
        async with run(tmp_path, environment) as running:
            await running.until("serving")
            told = await theirs.control.update(pressed)
            assert told["delivery"]["status_code"] == 200
            shown = await _until(theirs.control, f"step {number} of about")
            running.process.kill()
        data = _data(shown.keyboard, wanted)
        pressed = {"chat_id": LEE, "callback_data": data, "callback_message_id": shown.id}


async def _until(control: Control, words: str) -> Held:
    """Take what the bot calls until it says this."""
    while call := await control.next(PATIENCE):
        if call["method"] == "sendMessage" and words in call["text"]:
            return Held.of(call)
    raise AssertionError(f"nobody said {words!r}")
