"""What comes from Telegram becomes an arrival or is left alone, and is confirmed once it is kept."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import re
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot, Update

from adapters.telegram.app import (
    CACHE,
    KINDS,
    NOT_DELETED,
    PAUSE,
    TelegramApp,
    TelegramSettingError,
    initialized,
)
from adapters.telegram.arrivals import arrival_from, command_in, payload_for
from adapters.telegram.carrier import DELETE
from adapters.telegram.setup import bot_for
from bot.buttons import data_for
from bot.content import load
from bot.engine import advance, new_session
from bot.engine.words import understand
from bot.events import (
    Arrival,
    Chose,
    Departed,
    EraseAsked,
    Erased,
    Event,
    Exported,
    InPrivate,
    Looked,
    Opened,
    Page,
    Resumed,
    Settled,
    Started,
    SupervisorNamed,
    TeamMoved,
    TeamPicked,
    Toggled,
    Typed,
)
from bot.model import Address
from bot.replies import (
    Receipt,
    Toast,
)
from bot.store import TRIES, Done, Failed, StoreFullError
from bot.tutor import NotHandledError
from tests.library import LIBRARY, NOW
from tests.memory_store import MemoryStore
from tests.telegram import Delivery, Person, Telegram
from tests.telegram.entities import found_entities
from tests.telegram.shapes import Json
from tests.telegram_bot import SECRET, bot_on, fake_telegram
from tests.test_tutor import Full

ROOT = Path(__file__).parent.parent
BOT, NAME = 7000000001, "mayshare_test_bot"
ANN: Json = {"id": 1, "is_bot": False, "first_name": "Ann"}
US: Json = {"id": BOT, "is_bot": True, "first_name": "Mayshare", "username": NAME}
ANOTHER_BOT: Json = {"id": 77, "is_bot": True, "first_name": "Other", "username": "other_bot"}
ANONYMOUS: Json = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
RELAY: Json = {"id": 777000, "is_bot": False, "first_name": "Telegram"}  # posts what a linked channel posts
PRIVATE: Json = {"id": 1, "type": "private", "first_name": "Ann"}
GROUP: Json = {"id": -5, "type": "group", "title": "The team"}
FORUM: Json = {"id": -1001, "type": "supergroup", "title": "The team", "is_forum": True}
CHANNEL: Json = {"id": -1009, "type": "channel", "title": "News"}
PHOTO: Json = {"photo": [{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]}
STICKER: Json = {
    "sticker": {
        "file_id": "f",
        "file_unique_id": "u",
        "type": "regular",
        "width": 9,
        "height": 9,
        "is_animated": False,
        "is_video": False,
    }
}
VOICE: Json = {"voice": {"file_id": "f", "file_unique_id": "u", "duration": 3}}
CONTACT: Json = {"contact": {"phone_number": "1", "first_name": "Ben"}}


# --- updates as Telegram sends them ----------------------------------------------------------


def written(text: str | None, chat: Json = PRIVATE, by: Json | None = ANN, **more: Any) -> Json:
    """A message; commands and mentions in it are found as Telegram finds them."""
    said: Json = {"message_id": 5, "date": 1_770_000_000, "chat": chat}
    said |= {} if by is None else {"from": by}
    said |= {} if text is None else {"text": text, "entities": found_entities(text)}
    return said | more


def captioned(caption: str, chat: Json = PRIVATE, **more: Any) -> Json:
    """A photo with words under it."""
    return written(None, chat, caption=caption, caption_entities=found_entities(caption), **PHOTO, **more)


def pressed(data: str | None, message: Json | None, **more: Any) -> Json:
    """A press of a button."""
    query: Json = {"id": "1", "from": ANN, "chat_instance": "8"} | more
    query |= {} if data is None else {"data": data}
    return {"callback_query": query | ({} if message is None else {"message": message})}


def heard(update: Json) -> Arrival | None:
    """What the tutor hears of an update."""
    read = Update.de_json({"update_id": 4711} | update, None)
    return arrival_from(read, BOT, NAME, NOW)


def event_of(message: Json) -> Event | Typed | None:
    """What the tutor hears of a message; None where it is left alone."""
    arrival = heard({"message": message})
    return None if arrival is None else arrival.event


# --- who and where ---------------------------------------------------------------------------


def test_a_private_message_is_answered_in_its_chat() -> None:
    address = Address(platform="telegram", chat="1", hook="5")
    expected = Arrival("4711", f"telegram:{BOT}", "1", address, NOW, Typed("hello"))
    assert heard({"message": written("hello")}) == expected


def test_a_group_s_question_is_answered_as_a_reply_that_others_read() -> None:
    arrival = heard({"message": written("/ask why", GROUP)})
    assert arrival is not None
    assert arrival.address == Address("telegram", "-5", None, "1", True, "5")


@pytest.mark.parametrize(
    ("more", "thread"),
    [
        ({"message_thread_id": 9, "is_topic_message": True}, "9"),
        ({"message_thread_id": 9}, None),  # a thread of replies is no topic
        ({}, None),
    ],
)
def test_only_a_topic_is_a_thread(more: Json, thread: str | None) -> None:
    asked = heard({"message": written("/ask why", FORUM, **more)})
    press = heard(pressed("start", written("Hello", FORUM, US, **more)))
    assert asked is not None
    assert press is not None
    assert (asked.address.thread, press.address.thread) == (thread, thread)


def test_a_press_names_the_message_that_was_pressed() -> None:
    arrival = heard(pressed("c:run:3:ask", written("Hello", PRIVATE, US)))
    assert arrival is not None
    assert (arrival.learner, arrival.event) == ("1", Chose("run", 3, "ask"))
    assert arrival.address == Address("telegram", "1", pressed="1:5")


def test_a_press_on_a_message_too_old_to_be_shown_is_heard() -> None:
    arrival = heard(pressed("start", {"chat": PRIVATE, "message_id": 5, "date": 0}))
    assert arrival is not None
    assert (arrival.event, arrival.address.pressed) == (Started(), "1:5")


@pytest.mark.parametrize("data", ["", "nonsense", "c:run:x:ask", "open:nowhere", "📎" * 16, None])
def test_a_press_of_an_unknown_button_is_one_of_an_old_step(data: str | None) -> None:
    arrival = heard(pressed(data, written("Hello", PRIVATE, US)))
    assert arrival is not None
    assert arrival.event == Chose("?", 0, "?")


# --- what asks nothing of us -----------------------------------------------------------------

MEMBER = {"user": US, "status": "member"}


@pytest.mark.parametrize(
    "update",
    [
        {"channel_post": written("/ask why", CHANNEL, None, sender_chat=CHANNEL)},
        {"edited_channel_post": written("/ask why", CHANNEL, None, edit_date=1_770_000_001)},
        {"edited_message": written("/ask why", edit_date=1_770_000_001)},
        {"message": written("/ask why", CHANNEL)},
        {
            "my_chat_member": {"chat": GROUP, "from": ANN, "date": 1}
            | {"old_chat_member": MEMBER, "new_chat_member": MEMBER}
        },
        {"chosen_inline_result": {"result_id": "law.consent", "from": ANN, "query": "consent"}},
        {"poll_answer": {"poll_id": "1", "user": ANN, "option_ids": [0], "option_persistent_ids": ["0"]}},
        {"something_of_next_year": {"from": ANN, "text": "/ask why"}},
        {},
        pressed("start", None),
        pressed("start", None, inline_message_id="abc"),
    ],
    ids=lambda update: next(iter(update), "nothing"),
)
def test_what_is_no_message_to_us_is_left_alone(update: Json) -> None:
    assert heard(update) is None


@pytest.mark.parametrize("chat", [PRIVATE, GROUP, FORUM])
@pytest.mark.parametrize(
    "content",
    [
        {"new_chat_members": [ANN]},
        {"new_chat_members": [US]},
        {"left_chat_member": US},
        {"new_chat_title": "Us"},
        {"pinned_message": written("/ask why", GROUP)},
        {"migrate_to_chat_id": -1005},
        {"group_chat_created": True},
        {"forum_topic_created": {"name": "A topic", "icon_color": 1}, "message_thread_id": 9},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
        {"users_shared": {"request_id": 1, "users": [{"user_id": 2}]}},
    ],
    ids=lambda content: next(iter(content)),
)
def test_a_service_message_is_left_alone(chat: Json, content: Json) -> None:
    assert event_of(written(None, chat, **content)) is None


def changed(kind: str, chat: Json, person: Json, status: str, **more: Any) -> Json:
    """Someone's standing in a chat changed."""
    before, after = {"user": person, "status": "member"}, {"user": person, "status": status} | more
    change: Json = {"chat": chat, "from": ANN, "date": 1, "old_chat_member": before, "new_chat_member": after}
    return {kind: change}


RIGHTS: Json = dict.fromkeys(
    (
        "can_send_messages can_send_audios can_send_documents can_send_photos can_send_videos"
        " can_send_video_notes can_send_voice_notes can_send_polls can_send_other_messages"
        " can_add_web_page_previews can_change_info can_invite_users can_pin_messages can_manage_topics"
        " can_edit_tag can_react_to_messages"
    ).split(),
    False,
)


@pytest.mark.parametrize(
    "update",
    [
        {"message": written(None, GROUP, left_chat_member=ANN)},
        changed("chat_member", GROUP, ANN, "left"),
        changed("chat_member", GROUP, ANN, "kicked", until_date=0),
        changed("chat_member", GROUP, ANN, "restricted", is_member=False, until_date=0, **RIGHTS),
    ],
)
def test_who_leaves_a_group_or_is_removed_is_heard_of(update: Json) -> None:
    arrival = heard(update)
    assert arrival is not None
    assert (arrival.learner, arrival.team, arrival.event) == ("1", "-5", Departed("-5", "1"))


def test_who_blocks_the_bot_is_away_from_everywhere() -> None:
    arrival = heard(changed("my_chat_member", PRIVATE, US, "kicked", until_date=0))
    assert arrival is not None
    assert (arrival.learner, arrival.team, arrival.event) == ("1", "", Departed("", "1"))


@pytest.mark.parametrize(
    "update",
    [
        changed("chat_member", GROUP, ANN, "member"),
        changed("chat_member", GROUP, ANN, "restricted", is_member=True, until_date=0, **RIGHTS),
        changed("my_chat_member", PRIVATE, US, "member"),
        changed("my_chat_member", GROUP, US, "left"),  # each of its drills' supervisors is told
    ],
)
def test_who_is_still_there_is_left_alone(update: Json) -> None:
    assert heard(update) is None


@pytest.mark.parametrize(
    ("text", "answered", "event"),
    [
        ("/supervisor", {"from": ANN}, SupervisorNamed("1", place="-1001")),
        ("/supervisor remove", {"from": ANN}, SupervisorNamed("1", adds=False, place="-1001")),
        ("/supervisor", {"from": US}, SupervisorNamed(None, place="-1001")),
        ("/supervisor", {"from": ANONYMOUS, "sender_chat": FORUM}, SupervisorNamed(None, place="-1001")),
        ("/supervisor", None, SupervisorNamed("", place="-1001")),
        (
            "/supervisor",
            {"from": ANN, "forum_topic_created": {"name": "A topic", "icon_color": 1}},
            SupervisorNamed("", place="-1001"),
        ),
    ],
)
def test_a_supervisor_is_whose_message_is_answered(text: str, answered: Json | None, event: Event) -> None:
    more = {} if answered is None else {"reply_to_message": written("x", FORUM, None) | answered}
    assert event_of(written(text, FORUM, **more)) == event


def test_a_group_that_became_a_supergroup_brings_its_settings() -> None:
    assert event_of(written(None, GROUP, migrate_from_chat_id=-5)) == TeamMoved("-5")


@pytest.mark.parametrize("chat", [PRIVATE, GROUP, FORUM])
@pytest.mark.parametrize(
    "message",
    [
        written("/ask why", via_bot=US),
        written("/ask why", via_bot=ANOTHER_BOT),
        written("/ask why", by=ANOTHER_BOT),
        written("/ask why", by=US),
        written("/ask why", by=ANONYMOUS, sender_chat=FORUM),
        written("/ask why", by=RELAY, sender_chat=CHANNEL, is_automatic_forward=True),
        written("/ask why", sender_chat=CHANNEL),
        written("/ask why", by=None),
    ],
    ids=[
        "our card",
        "another's card",
        "a bot",
        "ourselves",
        "an anonymous admin",
        "a linked channel",
        "someone as a channel",
        "nobody",
    ],
)
def test_what_nobody_wrote_in_their_own_name_is_left_alone(message: Json, chat: Json) -> None:
    assert event_of(message | {"chat": chat}) is None


# --- private chats ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("/start", Started()),
        ("/start@mayshare_test_bot", Started()),
        ("/START", Started()),
        ("/play", Typed("play")),
        ("/play story", Typed("play story")),
        ("/play\nstory", Typed("play story")),
        ("/Ask  may I tell\n\nthe police? ", Typed("ask may I tell\n\nthe police?")),
        ("/mydata", Typed("my data")),
        ("/mydata export", Typed("my data export")),
        ("/laws@mayshare_test_bot", Typed("laws")),
        ("/nonsense", Typed("nonsense")),
        ("/", Typed("/")),
        ("/some/where/else", Typed("/some/where/else")),
        ("may I, /ask", Typed("may I, /ask")),
        ("@mayshare_test_bot hi", Typed("@mayshare_test_bot hi")),
        ("b", Typed("b")),
    ],
)
def test_a_private_text_is_a_command_or_words(text: str, event: Event | Typed) -> None:
    assert event_of(written(text)) == event


@pytest.mark.parametrize("content", [PHOTO, STICKER, VOICE, CONTACT], ids=lambda content: next(iter(content)))
def test_what_is_no_text_opens_the_menu_in_private_and_is_left_alone_in_a_group(content: Json) -> None:
    assert event_of(written(None, **content)) == Opened("menu")
    assert event_of(written(None, GROUP, **content)) is None


def test_words_under_a_photo_are_words() -> None:
    assert event_of(captioned("may I share this?")) == Typed("may I share this?")
    assert event_of(captioned("/ask may I?")) == Typed("ask may I?")


# --- groups ----------------------------------------------------------------------------------

OURS = written("An answer", GROUP, US)
THEIRS = written("A word", GROUP, ANN)


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (written("/ask why", GROUP), Typed("ask why")),
        (written("/ask@mayshare_test_bot why", GROUP), Typed("ask why")),
        (written("/ask@Mayshare_Test_Bot why", GROUP), Typed("ask why")),
        (written("/ask", GROUP), Opened("ask")),
        (written("/ask@other_bot why", GROUP), None),
        (written("/ask@other_bot why", GROUP, reply_to_message=OURS), None),
        (written("/ask@other_bot @mayshare_test_bot", GROUP), None),
        (written("/ban ben", GROUP), None),
        (written("/ban@mayshare_test_bot ben", GROUP), None),
        (written("/law law.consent", GROUP), None),
        (written("/start", GROUP), InPrivate("menu")),
        (written("/play", GROUP), InPrivate("play")),
        (written("/play story", GROUP), InPrivate("play", "story")),
        (written("/play A Story with words", GROUP), InPrivate("play")),
        (written("/play " + "x" * 42, GROUP), InPrivate("play")),
        (written("/mydata erase", GROUP), InPrivate("mydata", "erase")),
        (written("hello all", GROUP), None),
        (written("hello all", GROUP, reply_to_message=THEIRS), None),
        (written("and in Ohio?", GROUP, reply_to_message=OURS), Typed("ask and in Ohio?")),
        (written("@mayshare_test_bot why", GROUP), Typed("ask why")),
        (written("Why, @Mayshare_Test_Bot?", GROUP), Typed("ask Why,  ?")),
        (written("@mayshare_test_bot", GROUP), Opened("ask")),
        (written("@mayshare_test_bot_too why", GROUP), None),
        (written("mail me@mayshare_test_bot", GROUP), None),
        (written("@other_bot why", GROUP), None),
        (written(None, GROUP, reply_to_message=OURS, **PHOTO), Opened("ask")),
        (captioned("@mayshare_test_bot may we show this?", GROUP), Typed("ask may we show this?")),
        (captioned("may we show this?", GROUP, reply_to_message=OURS), Typed("ask may we show this?")),
        (captioned("/ask may we?", GROUP), Typed("ask may we?")),
        (captioned("what a day", GROUP), None),
    ],
)
@pytest.mark.parametrize("chat", [GROUP, FORUM], ids=["group", "supergroup"])
def test_a_group_is_heard_only_where_it_speaks_to_us(
    message: Json, event: Event | Typed | None, chat: Json
) -> None:
    assert event_of(message | {"chat": chat}) == event


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("/ask why", ("ask", "why")),
        ("/ask@mayshare_test_bot", ("ask", "")),
        ("/ask@other_bot why", (None, "/ask@other_bot why")),
        ("/ask@", (None, "/ask@")),
        ("/ask?", (None, "/ask?")),
        ("/" + "x" * 33, (None, "/" + "x" * 33)),
        ("", (None, "")),
    ],
)
def test_a_command_is_ours_by_its_name(text: str, read: tuple[str | None, str]) -> None:
    assert command_in(text, NAME) == read


@given(
    st.text(max_size=80), st.sampled_from([PRIVATE, GROUP]), st.sampled_from(["", "/start ", "/ask ", "/"])
)
def test_no_text_is_too_strange_to_be_read(text: str, chat: Json, before: str) -> None:
    event_of(written(before + text, chat, **({} if chat is PRIVATE else {"reply_to_message": OURS})))


# --- deep links ------------------------------------------------------------------------------

PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
IDS = st.from_regex(r"[a-z][a-z0-9-]{0,19}", fullmatch=True)
PAIRS = st.builds("{}.{}".format, IDS, IDS)


def opened_by(payload: str) -> Event | Typed | None:
    """What is heard of someone who follows a link."""
    return event_of(written(f"/start {payload}"))


def understood(payload: str) -> Event:
    """What the tutor makes of a link's payload."""
    event = opened_by(payload)
    assert event is not None
    return understand(LIBRARY, new_session("s"), event) if isinstance(event, Typed) else event


def came_back(event: Event) -> Event:
    """Follow the link that stands for a button, and understand what comes."""
    payload = payload_for(data_for(event))
    assert PAYLOAD.fullmatch(payload)
    return understood(payload)


@pytest.mark.parametrize("page", get_args(Page))
def test_every_page_comes_back_from_its_link(page: Page) -> None:
    assert came_back(Opened(page)) == Opened(page)


@given(st.sampled_from(["play", "learn"]), IDS)
def test_every_story_comes_back_from_its_link(page: Page, id: str) -> None:
    assert came_back(Opened(page, id)) == Opened(page, id)


@given(PAIRS)
def test_every_provision_comes_back_from_its_link(id: str) -> None:
    assert came_back(Looked(id)) == Looked(id)


@given(st.one_of(IDS, PAIRS, st.builds("{}.{}".format, PAIRS, st.integers(1, 99))))
def test_every_shelf_of_laws_comes_back_from_its_link(arg: str) -> None:
    assert came_back(Opened("laws", arg)) == Opened("laws", arg)


def test_the_longest_names_come_back_from_their_links() -> None:
    id = "x" * 20
    for event in (Opened("learn", id), Looked(f"{id}.{id}"), Opened("laws", f"{id}.{id}.99")):
        assert came_back(event) == event


def test_all_that_ships_comes_back_from_its_link(tmp_path: Path) -> None:
    library = load(ROOT, tmp_path / "cache")
    events: list[Event] = [Opened("play", id) for id in library.editions]
    events += [Looked(id) for id in library.provisions]
    events += [Opened("laws", law) for law in library.laws]
    assert len(events) > 20
    assert [came_back(event) for event in events] == events


@pytest.mark.parametrize(
    "event",
    [
        Started(),
        Chose("run1", 3, "ask"),
        Toggled("run1", 3, "times", True),
        Resumed("run1"),
        Settled("role", "school"),
        Exported(),
        EraseAsked(),
        Erased("seed"),
    ],
)
def test_what_is_about_one_person_travels_in_no_link(event: Event) -> None:
    assert payload_for(data_for(event)) == "menu"


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ("", Started()),
        ("nonsense", Started()),
        ("x" * 64, Started()),
        ("_", Started()),
        ("_" * 64, Started()),
        ("-" * 64, Started()),
        ("PLAY_story", Started()),
        ("erased_seed", Started()),
        ("erase", Started()),
        ("export", Started()),
        ("set_role_school", Started()),
        ("start", Started()),
        ("law", Started()),
        ("law_", Started()),
        ("law_x", Started()),
        ("law_" + "x" * 60, Started()),
        ("law_LAW__CONSENT", Started()),
        ("law_law__consent erase everything", Started()),
        ("law_law__consent", Looked("law.consent")),
        ("play story", Started()),
        ("play; erase everything", Started()),
        ("play", Opened("play")),
        ("play_", Opened("play")),
        ("play_story", Opened("play", "story")),
    ],
)
def test_a_deep_link_opens_a_page_or_the_beginning(payload: str, event: Event) -> None:
    assert understood(payload) == event


@given(st.sampled_from([*get_args(Page), "law", "use", "x"]), st.text(max_size=60))
def test_no_deep_link_does_more_than_show_a_page(word: str, rest: str) -> None:
    """It plays, shows or lists; or picks a team, if the adapter finds that they are a member of it."""
    event = understood(f"{word}_{rest}")
    assert isinstance(event, Started | Opened | Looked | TeamPicked)
    turn = advance(LIBRARY, new_session("s"), event, NOW)
    assert turn.replies
    assert turn.session is not None


@pytest.mark.parametrize("word", [*get_args(Page), "law", "x"])
def test_what_a_deep_link_brings_is_neither_kept_nor_said_again(word: str) -> None:
    for rest in ("zyxwvut", "zyxwvut__qmarked", "Zyxwvut", "story_zyxwvut"):
        turn = advance(LIBRARY, new_session("s"), understood(f"{word}_{rest}"), NOW)
        assert "zyxwvut" not in repr(turn).lower()


# --- polling ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Taking:
    """A tutor that commits at once, or when a test says so, or cannot."""

    begun: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    full: set[str] = field(default_factory=set)  # what the store cannot keep
    bugs: set[str] = field(default_factory=set)  # what meets a bug of ours
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    reached: dict[str, asyncio.Event] = field(default_factory=dict)  # set once it is done

    async def __call__(self, arrival: Arrival) -> Receipt | None:
        assert isinstance(arrival.event, Typed)
        text = arrival.event.text
        self.begun.append(text)
        if text in self.gates:
            await self.gates[text].wait()
        if text in self.full:
            raise StoreFullError("The disk is full.")
        if text in self.bugs:
            raise NotHandledError("ValueError")
        self.done.append(text)
        if text in self.reached:
            self.reached[text].set()
        return None


@dataclass(slots=True)
class Pauses:
    """Seconds that were waited, in no time."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0.01)


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    async with fake_telegram() as telegram:
        for person in (1, 2):
            telegram.person(person, started=True)
        yield telegram


@pytest.fixture
async def client(telegram: Telegram) -> AsyncIterator[Bot]:
    async with bot_for(telegram.token, telegram.url) as bot:
        telegram.calls.clear()
        yield bot


@contextlib.asynccontextmanager
async def polling(app: TelegramApp) -> AsyncIterator[None]:
    """Ask for updates meanwhile; what ends that ends the test."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(app.poll())
        yield
        task.cancel()


async def until(telegram: Telegram, delivery: Delivery) -> None:
    """Wait until Telegram may forget an update."""
    await telegram.settled(lambda telegram: telegram.confirmed >= id_of(delivery))


def id_of(delivery: Delivery) -> int:
    """Telegram's number of an update."""
    return int(delivery.update["update_id"])


def offsets(telegram: Telegram) -> list[int]:
    """From which update on each request asked."""
    return [int(args.get("offset", 0)) for method, args, _ in telegram.calls if method == "getUpdates"]


async def test_only_what_came_before_the_first_that_failed_is_confirmed(
    telegram: Telegram, client: Bot
) -> None:
    ann, ben = Person(telegram, 1), Person(telegram, 2)
    said = [await ann.say("a1"), await ben.say("b1"), await ann.say("a2"), await ben.say("b2")]
    taking, pauses = Taking(full={"b1"}), Pauses()
    async with polling(TelegramApp(taking, client, pause=pauses)):
        await telegram.settled(lambda telegram: len(offsets(telegram)) >= 2)
        assert offsets(telegram)[:2] == [0, id_of(said[1])]
        assert telegram.confirmed == id_of(said[0])
        assert {*taking.done} == {"a1", "a2"}, "another chat's messages wait for nothing"
        assert "b2" not in taking.begun, "what followed in the chat must not overtake it"
        assert pauses.seconds[0] == PAUSE
        taking.full.clear()
        await until(telegram, said[-1])
    assert [text for text in taking.done if text in {"b1", "b2"}] == ["b1", "b2"]


async def test_all_is_confirmed_where_nothing_failed(telegram: Telegram, client: Bot) -> None:
    ann = Person(telegram, 1)
    said = [await ann.say(f"a{n}") for n in range(5)]
    taking, pauses = Taking(), Pauses()
    async with polling(TelegramApp(taking, client, pause=pauses)):
        await until(telegram, said[-1])
    assert taking.done == ["a0", "a1", "a2", "a3", "a4"]
    assert pauses.seconds == []
    kinds = [args["allowed_updates"] for method, args, _ in telegram.calls if method == "getUpdates"]
    assert kinds[0] == list(KINDS)


async def test_chats_go_side_by_side_and_each_keeps_its_order(telegram: Telegram, client: Bot) -> None:
    ann, ben = Person(telegram, 1), Person(telegram, 2)
    for text in ("a1", "a2"):
        await ann.say(text)
    for text in ("b1", "b2"):
        last = await ben.say(text)
    gate = asyncio.Event()
    taking = Taking(gates={"a1": gate}, reached={"b2": asyncio.Event()})
    async with polling(TelegramApp(taking, client, pause=Pauses())):
        async with asyncio.timeout(5):
            await taking.reached["b2"].wait()
        assert taking.done == ["b1", "b2"]
        assert "a2" not in taking.begun
        assert telegram.confirmed == 0
        gate.set()
        await until(telegram, last)
    assert taking.done == ["b1", "b2", "a1", "a2"]


async def test_what_meets_a_bug_is_tried_again_and_holds_up_nobody(telegram: Telegram, client: Bot) -> None:
    ann = Person(telegram, 1)
    await ann.say("bad")
    last = await ann.say("good")
    taking = Taking(bugs={"bad"})
    app = TelegramApp(taking, client, pause=Pauses())
    async with polling(app):
        await until(telegram, last)
    assert taking.begun == ["bad"] * TRIES + ["good"]
    assert app.counts["failed"] == TRIES


async def test_a_network_that_fails_and_a_limit_are_waited_out(telegram: Telegram, client: Bot) -> None:
    telegram.break_("getUpdates")
    telegram.limit("getUpdates", 7)
    telegram.fail("getUpdates", 502, "Bad Gateway")
    telegram.fail("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    said = await Person(telegram, 1).say("hello")
    taking, pauses = Taking(), Pauses()
    app = TelegramApp(taking, client, pause=pauses)
    assert not app.polls
    async with polling(app):
        await until(telegram, said)
        assert app.polls
    assert pauses.seconds == [PAUSE, 7, PAUSE, PAUSE]
    assert taking.done == ["hello"]


async def test_a_network_that_fails_is_told_until_it_is_back(telegram: Telegram, client: Bot) -> None:
    telegram.fail("getUpdates", 502, "Bad Gateway", times=2)
    polls: list[bool] = []

    async def pause(_: float) -> None:
        polls.append(app.polls)

    app = TelegramApp(Taking(), client, pause=pause)
    async with polling(app):
        await telegram.settled(lambda telegram: len(offsets(telegram)) >= 3)
    assert polls == [False, False]


async def test_a_token_that_is_refused_while_polling_ends_it_with_the_mend(
    telegram: Telegram, client: Bot
) -> None:
    telegram.fail("getUpdates", 401, "Unauthorized")
    with pytest.raises(TelegramSettingError, match="TELEGRAM_BOT_TOKEN") as caught:
        await TelegramApp(Taking(), client, pause=Pauses()).poll()
    assert telegram.token not in str(caught.value)


@pytest.mark.parametrize("message", [{}, {"message_id": 1, "date": 10**18, "chat": PRIVATE}])
async def test_an_update_that_cannot_be_read_holds_up_nothing(
    telegram: Telegram, client: Bot, message: Json, caplog: pytest.LogCaptureFixture
) -> None:
    ann = Person(telegram, 1)
    await ann.say("before")
    await telegram.deliver({"message": message | {"text": "Zyxwvut"}})
    last = await ann.say("after")
    taking = Taking()
    app = TelegramApp(taking, client, pause=Pauses())
    async with polling(app):
        await until(telegram, last)
    assert taking.done == ["before", "after"]
    assert app.counts["unreadable"] == 1
    assert "Zyxwvut" not in caplog.text


@contextlib.asynccontextmanager
async def a_page() -> AsyncIterator[str]:
    """Serve what is no Telegram but answers 200: the sign-in page of a network, or a wrong address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_an_answer_that_is_no_telegrams_is_waited_out() -> None:
    waits = Pauses()

    async def pause(seconds: float) -> None:
        await waits(seconds)
        if len(waits.seconds) == 3:
            raise StoreFullError("That is enough.")

    async with a_page() as url:
        bot = bot_for("7000000001:" + "X" * 35, url)
        with pytest.raises(StoreFullError):
            await TelegramApp(Taking(), bot, pause=pause).poll()
        assert waits.seconds == [PAUSE] * 3
        with pytest.raises(TelegramSettingError, match="cannot be reached"):
            await initialized(bot, Pauses())
        await bot.shutdown()


# --- webhook ---------------------------------------------------------------------------------


async def posted(telegram: Telegram, body: bytes) -> int:
    """Bring something to the webhook as Telegram does: the status of the answer."""
    assert telegram.hook is not None
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(telegram.hook.url, data=body, headers=headers) as answer,
    ):
        return answer.status


def everything_in(store: MemoryStore) -> Mapping[str, Any]:
    """All that a store keeps, as it is now, without what a test itself put there."""
    kept = {name: value for name, value in vars(store).items() if name in vars(MemoryStore())}
    return copy.deepcopy(kept)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"null",
        b"5",
        b'"words"',
        b"[]",
        b"{}",
        b'{"update_id":1,"message":{}}',
        b'{"update_id":1,"message":[]}',
        b'{"update_id":1,"message":5}',
        b'{"update_id":1,"callback_query":{}}',
        b'{"update_id":1,"message":{"message_id":1,"date":"never","chat":{}}}',
    ],
)
async def test_an_unreadable_update_is_taken_and_told(telegram: Telegram, body: bytes) -> None:
    store = MemoryStore()
    async with bot_on(telegram, store, LIBRARY, "webhook") as bot:
        before = everything_in(store)
        assert await posted(telegram, body) == 200, "else it would come again for ever"
        assert bot.app.counts["unreadable"] == 1
        assert everything_in(store) == before


@pytest.mark.parametrize(
    "body",
    [
        b'{"update_id":1}',
        b'{"update_id":1,"something_of_next_year":{"text":"/play story"}}',
        b'{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":1,"type":"something new"}}}',
        b'{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"newer":[{}]}}',
    ],
)
async def test_an_unknown_update_is_taken_and_left_alone(telegram: Telegram, body: bytes) -> None:
    store = MemoryStore()
    async with bot_on(telegram, store, LIBRARY, "webhook") as bot:
        before = everything_in(store)
        assert await posted(telegram, body) == 200
        assert bot.app.counts["left alone"] == 1
        assert everything_in(store) == before


async def test_the_webhook_takes_nothing_while_the_store_is_full(
    telegram: Telegram, caplog: pytest.LogCaptureFixture
) -> None:
    store = Full()
    async with bot_on(telegram, store, LIBRARY, "webhook") as bot:
        ann = Person(telegram, 1)
        for _ in range(2):
            assert (await ann.say("/play story")).status == 500
        assert telegram.confirmed == 0
        store.full = False
        assert [delivery.status for delivery in await telegram.flush()] == [200, 200]
        await bot.sender.all_idle()
    assert "/play story" not in caplog.text
    assert "The phone rings." in telegram.messages[0].text


# --- presses ---------------------------------------------------------------------------------


class Slow(MemoryStore):
    """A store that keeps nothing before its gate is open, and notes when it did."""

    def __init__(self, telegram: Telegram) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.telegram = telegram
        self.answered: list[int] = []  # how many presses were answered at the end of each commit

    async def save(
        self, done: Sequence[Done], failed: Sequence[Failed] = (), contents: Mapping[str, bytes] | None = None
    ) -> None:
        await self.gate.wait()
        await super().save(done, failed, contents)
        self.answered.append(answers(self.telegram))


def answers(telegram: Telegram) -> int:
    """How often a press was answered, well or not."""
    return [method for method, *_ in telegram.calls].count("answerCallbackQuery")


async def test_a_press_is_answered_after_its_commit(telegram: Telegram) -> None:
    store = Slow(telegram)
    async with bot_on(telegram, store, LIBRARY) as bot:
        ann = Person(telegram, 1)
        await bot.rest(await ann.say("/play story"))
        store.gate.clear()
        press = await ann.press(telegram.messages[-1], "B. Do ask")
        await asyncio.sleep(0.1)
        assert answers(telegram) == 0
        store.gate.set()
        await bot.rest(press)
    assert store.answered == [0, 0]
    assert [answer.user for answer in telegram.answers] == [1]
    assert telegram.refused == []


async def test_a_press_that_is_not_kept_is_not_answered(telegram: Telegram) -> None:
    store = Full()
    store.full = False
    async with bot_on(telegram, store, LIBRARY) as bot:
        ann = Person(telegram, 1)
        await bot.rest(await ann.say("/play story"))
        store.full = True
        press = await ann.press(telegram.messages[-1], "B. Do ask")
        await asyncio.sleep(0.1)
        assert (answers(telegram), telegram.confirmed) == (0, id_of(press) - 1)
        store.full = False
        await bot.rest(press)
    assert len(telegram.answers) == 1


@pytest.mark.parametrize("kind", ["before", "refused"])
async def test_an_answer_to_a_press_that_is_lost_loses_nothing_else(telegram: Telegram, kind: str) -> None:
    async with bot_on(telegram, MemoryStore(), LIBRARY) as bot:
        ann = Person(telegram, 1)
        await bot.rest(await ann.say("/play story"))
        if kind == "before":
            telegram.break_("answerCallbackQuery")
        else:
            telegram.fail("answerCallbackQuery", 400, "Bad Request: query is too old")
        await bot.rest(await ann.press(telegram.messages[-1], "B. Do ask"))
        assert bot.app.counts["lost receipt"] == 1
    assert answers(telegram) == 1
    assert len(telegram.messages) == 3


async def test_the_word_on_a_press_is_the_receipt_s(telegram: Telegram, client: Bot) -> None:
    async def take(_: Arrival) -> Receipt | None:
        return Toast("Ticked.")

    query = telegram.give_query("callback_query", 1)
    app = TelegramApp(take, client, pause=Pauses())
    update = pressed("start", written("Hello", PRIVATE, US), id=query.id)
    await app.take(Update.de_json({"update_id": 1} | update, client))
    await app.drain()
    assert [answer.text for answer in telegram.answers] == ["Ticked."]


async def test_a_made_up_press_deletes_nothing_in_a_group(telegram: Telegram, client: Bot) -> None:
    """What a press brings is the client's to say: https://core.telegram.org/bots/api#callbackquery"""
    telegram.group(-1001, members=[1, 2], bot_admin=True)
    said = (await Person(telegram, 2).say("the minutes", chat=-1001)).posted
    assert said is not None
    app = TelegramApp(Taking(), client, pause=Pauses())
    query = telegram.give_query("callback_query", 1)
    message = written("An answer", FORUM, US)
    update = pressed(f"{DELETE}{said.id}", message, id=query.id)
    await app.take(Update.de_json({"update_id": 1} | update, client))
    query = telegram.give_query("callback_query", 1)
    update = pressed(f"{DELETE}{said.id}", None, id=query.id, inline_message_id="abc")
    await app.take(Update.de_json({"update_id": 2} | update, client))
    await app.drain()
    assert not said.deleted
    assert [answer.text for answer in telegram.answers] == [NOT_DELETED] * 2


# --- inline ----------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["written consent to disclose records", "qqqq", ""])
async def test_an_inline_query_keeps_nothing_and_its_answer_is_the_asker_s_own(
    telegram: Telegram, query: str
) -> None:
    store = Slow(telegram)
    async with bot_on(telegram, store, LIBRARY) as bot:
        before = everything_in(store)
        await bot.rest(await Person(telegram, 1).inline(query))
        assert everything_in(store) == before
        assert store.answered == [], "nothing was committed"
        assert bot.app.counts["inline"] == 1
    (answer,) = telegram.inline_answers
    assert (answer.is_personal, answer.cache_time, CACHE) == (True, 10, 10)
    ids = [result["id"] for result in answer.results]
    assert ids[:1] == (["law.consent"] if query.startswith("written") else [])
    assert telegram.refused == []


async def test_an_answer_to_an_inline_query_that_is_lost_ends_nothing(telegram: Telegram) -> None:
    async with bot_on(telegram, MemoryStore(), LIBRARY) as bot:
        ann = Person(telegram, 1)
        telegram.fail("answerInlineQuery", 400, "Bad Request: query is too old")
        await bot.rest(await ann.inline("consent"))
        assert bot.app.counts["lost receipt"] == 1
        await bot.rest(await ann.inline("consent"))
    assert len(telegram.inline_answers) == 1


# --- whose token it is -----------------------------------------------------------------------


async def test_a_wrong_token_is_named_at_once(telegram: Telegram) -> None:
    wrong = "7000000001:" + "X" * 35
    bot, pauses = bot_for(wrong, telegram.url), Pauses()
    with pytest.raises(TelegramSettingError, match="TELEGRAM_BOT_TOKEN") as caught:
        await initialized(bot, pauses)
    await bot.shutdown()
    assert pauses.seconds == []
    assert wrong not in str(caught.value)


async def test_a_telegram_that_cannot_be_reached_is_named_after_some_tries() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    bot, pauses = bot_for("7000000001:" + "X" * 35, f"http://127.0.0.1:{port}"), Pauses()
    with pytest.raises(TelegramSettingError, match="cannot be reached") as caught:
        await initialized(bot, pauses)
    await bot.shutdown()
    assert pauses.seconds == [1, 2, 4, 8, 16]
    assert "TELEGRAM_API_URL" in str(caught.value)


async def test_a_telegram_that_comes_back_in_time_says_who_the_bot_is(telegram: Telegram) -> None:
    telegram.break_("getMe")
    telegram.limit("getMe", 3)
    bot, pauses = bot_for(telegram.token, telegram.url), Pauses()
    assert await initialized(bot, pauses) is bot
    assert (bot.id, bot.username) == (telegram.bot_id, telegram.bot_username)
    await bot.shutdown()
    assert len(pauses.seconds) == 2
