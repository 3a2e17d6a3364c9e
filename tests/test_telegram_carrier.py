"""Sending to Telegram: every answer that Telegram can give has a defined end, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Literal

import msgspec
import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from adapters.telegram.carrier import DEAD_RETRY, DELETE, REASON_MAX, RETRY, TelegramCarrier
from adapters.telegram.messages import CAPTION_MAX, DELETE_LABEL, TEXT_MAX, units
from adapters.telegram.setup import bot_for
from bot.buttons import data_for
from bot.events import (
    Looked,
    Opened,
    Resumed,
)
from bot.model import Address
from bot.replies import (
    Answer,
    Bar,
    Button,
    Chart,
    Debrief,
    Decided,
    Document,
    Line,
    Quote,
    Reply,
)
from bot.sender import Gone, Later, Message, Outcome, Sent, Unknown
from tests.telegram import Person, Posted, Telegram, text_of
from tests.telegram.examples import png
from tests.telegram.shapes import Json
from tests.telegram_bot import fake_telegram

_NUMBERS = count(1)  # of rows: one after another over all tests

HELLO = Line(text="1 < 2 & <b>so on</b>", buttons=(Button(label="Go on", data="go"),))
CHART = Chart(
    title="North team: right the first time",
    subtitle="Drill of Monday, March 9; 6 of 7 finished.",
    bars=(Bar(label="Signed consent", people=6, right=4, said="4 of 6"),),
    text="Signed consent: 4 of 6.",
    name="mayshare-2026-03-09.png",
)
FILE = Document(name="mine.json", body='{"kept": "nothing"}', text="Yours & <all> of it.")
ANN, BEN, STRANGER = 1, 2, 3
GROUP, OLD_GROUP, FORUM = -1001, -5, -1002
WORDS = " ".join(f"word-{n}" for n in range(1000))
LONG = Debrief(
    title="A long story",
    text="You came to its end.",
    summary="You made 20 decisions.",
    decisions=tuple(Decided((f"Choice-{n} " + "x" * 300,), "Lawful.", "y" * 300, ()) for n in range(1, 21)),
    buttons=(Button(label="Play again", data="again"),),
)


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    """Ann and Ben started the bot; it is in a group, in one that can still be upgraded, and in a forum."""
    async with fake_telegram() as telegram:
        for person in (ANN, BEN):
            telegram.person(person, started=True)
        telegram.person(STRANGER)
        telegram.group(GROUP, members=[ANN, BEN])
        telegram.group(OLD_GROUP, members=[ANN], supergroup=False)
        telegram.group(FORUM, members=[ANN], topics=True)
        yield telegram


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def carrier(telegram: Telegram, clock: Clock) -> AsyncIterator[TelegramCarrier]:
    async with bot_for(telegram.token, telegram.url) as bot:
        telegram.calls.clear()
        yield TelegramCarrier(bot, clock)


def private(person: int = ANN, hook: str | None = None) -> Address:
    """Someone's private chat; `hook` is the message that is answered."""
    return Address(platform="telegram", chat=str(person), hook=hook)


def shared(group: int = GROUP, hook: str | None = None, thread: int | None = None) -> Address:
    """A group, where Ann asked."""
    topic = None if thread is None else str(thread)
    return Address("telegram", str(group), topic, str(ANN), True, hook)


def message(address: Address, reply: Reply = HELLO, edits: str | None = None) -> Message:
    """A row that was never handed over before."""
    return Message("telegram:7", str(ANN), address, reply, edits, next(_NUMBERS))


async def handed_over(carrier: TelegramCarrier, one: Message) -> list[Outcome]:
    """Hand a message over as the sender does, at once again where that is asked for: each outcome."""
    outcomes = [await carrier.send(one)]
    while outcomes[-1] == Later(0):
        outcomes.append(await carrier.send(one))
    return outcomes


async def sent(carrier: TelegramCarrier, one: Message) -> Outcome:
    """What became of a message in the end."""
    return (await handed_over(carrier, one))[-1]


def calls(telegram: Telegram, method: str = "sendMessage") -> list[Json]:
    """The arguments of every call of a method."""
    return [args for name, args, _ in telegram.calls if name == method]


def id_of(posted: Posted) -> str:
    """The id by which a message is known outside of Telegram."""
    return f"{posted.chat}:{posted.id}"


def keys(posted: Posted) -> list[tuple[str, str]]:
    """The buttons of a message: the label, and the data or address of each."""
    return [key for row in posted.keyboard for key in row]


# --- posting ---------------------------------------------------------------------------------


async def test_a_message_is_posted_and_its_id_given(telegram: Telegram, carrier: TelegramCarrier) -> None:
    outcome = await carrier.send(message(private()))
    (posted,) = telegram.messages
    assert outcome == Sent(id_of(posted))
    assert text_of(posted) == "1 < 2 & <b>so on</b>\n[Go on]"
    assert keys(posted) == [("Go on", "go")]
    assert posted.sent["link_preview_options"] == {"is_disabled": True}
    assert (posted.reply_to, posted.thread, carrier.refused) == (None, None, None)


async def test_a_message_is_changed_and_keeps_its_id(telegram: Telegram, carrier: TelegramCarrier) -> None:
    await carrier.send(message(private()))
    (posted,) = telegram.messages
    assert await carrier.send(message(private(), Line(text="New"), id_of(posted))) == Sent(id_of(posted))
    assert (posted.edits, text_of(posted)) == (1, "New")


async def test_a_file_arrives_with_what_is_said_of_it(telegram: Telegram, carrier: TelegramCarrier) -> None:
    assert await carrier.send(message(private(), FILE)) == Sent()
    (posted,) = telegram.messages
    assert (posted.chat, posted.document, posted.data) == (ANN, "mine.json", FILE.body.encode())
    assert posted.text == FILE.text


async def test_an_answer_in_a_group_is_a_reply_and_its_buttons_open_the_private_chat(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    asked = (await Person(telegram, ANN).say("/ask a question", chat=GROUP)).posted
    assert asked is not None
    reply = Line(
        text="The law says",
        buttons=(
            Button(label="Play", data=data_for(Opened("play", "michael-1"))),
            Button(label="The rule", data=data_for(Looked("law.consent"))),
            Button(label="Laws", data=data_for(Opened("laws"))),
            Button(label="Go on", data=data_for(Resumed("run1"))),
        ),
    )
    await carrier.send(message(shared(hook=str(asked.id)), reply))
    (posted,) = telegram.messages
    assert (posted.chat, posted.reply_to) == (GROUP, asked.id)
    start = "https://t.me/mayshare_test_bot?start="
    assert keys(posted) == [
        ("Play", f"{start}play_michael-1"),
        ("The rule", f"{start}law_law__consent"),
        ("Laws", f"{start}laws"),
        ("Go on", f"{start}menu"),  # one's own place in a story is nobody else's
    ]


async def test_an_answer_to_a_message_that_was_deleted_meanwhile_still_comes(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    assert isinstance(await carrier.send(message(shared(hook="99"))), Sent)
    assert telegram.messages[0].reply_to is None


async def test_an_answer_in_a_topic_stands_in_it(telegram: Telegram, carrier: TelegramCarrier) -> None:
    topic = telegram.topic(FORUM)
    assert isinstance(await carrier.send(message(shared(FORUM, thread=topic))), Sent)
    assert telegram.messages[0].thread == topic


@pytest.mark.parametrize(
    "reply",
    [
        Line(text="Hello", buttons=HELLO.buttons, named=True),
        Answer(Quote("LAW", "A title", "It says.", (), (), "2026"), named=True, buttons=HELLO.buttons),
    ],
)
async def test_what_answers_a_name_has_a_button_that_deletes_it_in_private_only(
    telegram: Telegram, carrier: TelegramCarrier, reply: Reply
) -> None:
    for address in (private(hook="17"), private(), shared(hook="17")):
        await carrier.send(message(address, reply))
    first, *others = telegram.messages
    assert first.reply_to is None
    assert keys(first) == [(DELETE_LABEL, f"{DELETE}17"), ("Go on", "go")]
    assert [[label for label, _ in keys(other)] for other in others] == [["Go on"]] * 2


async def test_what_answers_no_name_has_no_button_that_deletes(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    await carrier.send(message(private(hook="17")))
    assert keys(telegram.messages[0]) == [("Go on", "go")]


# --- limits ----------------------------------------------------------------------------------


async def test_a_limit_holds_one_chat_only_and_nobody_asks_meanwhile(
    telegram: Telegram, carrier: TelegramCarrier, clock: Clock
) -> None:
    await carrier.send(message(private()))
    there = id_of(telegram.messages[0])
    telegram.calls.clear()
    telegram.limit("sendMessage", 30, chat=ANN)
    limited = message(private())
    assert await carrier.send(limited) == Later(30)
    clock.now += 10
    for again in (limited, message(private()), message(private(), FILE), message(private(), HELLO, there)):
        assert await carrier.send(again) == Later(20)
    assert len(telegram.calls) == 1, "nobody asked while Telegram had said to wait"
    assert isinstance(await carrier.send(message(private(BEN))), Sent)
    assert isinstance(await carrier.send(message(shared())), Sent)
    clock.now += 20
    assert isinstance(await carrier.send(limited), Sent)
    assert len(telegram.messages) == 4


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText", "sendDocument"])
async def test_every_kind_of_message_waits_for_a_limit(
    telegram: Telegram, carrier: TelegramCarrier, clock: Clock, method: str
) -> None:
    await carrier.send(message(private()))
    there = id_of(telegram.messages[0])
    one = {
        "sendMessage": message(private()),
        "editMessageText": message(private(), Line(text="New"), there),
        "sendDocument": message(private(), FILE),
    }[method]
    telegram.limit(method, 7)
    assert await carrier.send(one) == Later(7)
    clock.now += 7
    assert isinstance(await carrier.send(one), Sent)


# --- whoever cannot be reached ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "leave"),
    [
        (private(), lambda telegram: telegram.block(ANN)),
        (private(), lambda telegram: telegram.deactivate(ANN)),
        (private(STRANGER), lambda _: None),
        (private(999), lambda _: None),
        (shared(), lambda telegram: telegram.kick(GROUP)),
        (shared(), lambda telegram: setattr(telegram.groups[GROUP], "bot_in", False)),
    ],
    ids=["blocked", "deactivated", "never started", "nobody", "kicked", "no member"],
)
async def test_whoever_cannot_be_reached_is_let_go(
    telegram: Telegram, carrier: TelegramCarrier, address: Address, leave: Callable[[Telegram], None]
) -> None:
    leave(telegram)
    for reply in (HELLO, FILE):
        assert isinstance(await carrier.send(message(address, reply)), Gone)
    assert len(telegram.calls) == 2
    assert isinstance(await carrier.send(message(private(BEN))), Sent)


async def test_why_something_is_let_go_names_no_more_than_telegrams_own_words(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    telegram.fail("sendMessage", 400, "Bad Request: " + "wrong " * 40 + ": perhaps words of the message")
    outcome = await carrier.send(message(private()))
    assert isinstance(outcome, Gone)
    assert outcome.why.startswith("Wrong wrong")
    assert len(outcome.why) == REASON_MAX


async def test_a_group_that_was_upgraded_gets_it_there_and_all_that_follows(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    new = telegram.migrate(OLD_GROUP)
    outcomes = await handed_over(carrier, message(shared(OLD_GROUP)))
    (posted,) = telegram.messages
    assert (posted.chat, outcomes) == (new, [Later(0), Sent(id_of(posted))])
    telegram.calls.clear()
    assert isinstance(await carrier.send(message(shared(OLD_GROUP))), Sent)
    assert await carrier.send(message(shared(OLD_GROUP), FILE)) == Sent()
    assert {posted.chat for posted in telegram.messages} == {new}
    assert {args["chat_id"] for _, args, _ in telegram.calls} == {str(new)}


async def test_in_an_upgraded_group_an_answer_is_a_reply_to_no_other_message(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    asked = (await Person(telegram, ANN).say("/ask a question", chat=OLD_GROUP)).posted
    new = telegram.migrate(OLD_GROUP)
    other = (await Person(telegram, ANN).say("lunch?", chat=new)).posted
    assert asked is not None
    assert other is not None
    assert asked.id == other.id
    await sent(carrier, message(shared(OLD_GROUP, hook=str(asked.id))))
    assert telegram.messages[0].reply_to is None


async def test_an_upgraded_group_waits_for_the_limit_of_the_new_one(
    telegram: Telegram, carrier: TelegramCarrier, clock: Clock
) -> None:
    new = telegram.migrate(OLD_GROUP)
    telegram.limit("sendMessage", 9, chat=new)
    one = message(shared(OLD_GROUP))
    assert await handed_over(carrier, one) == [Later(0), Later(9)]
    assert await carrier.send(message(shared(new))) == Later(9)
    clock.now += 9
    assert isinstance(await carrier.send(one), Sent)


# --- a token that is refused -----------------------------------------------------------------


@pytest.mark.parametrize(("code", "words"), [(401, "Unauthorized"), (404, "Not Found")])
async def test_a_refused_token_keeps_everything_until_an_operator_has_acted(
    telegram: Telegram, carrier: TelegramCarrier, caplog: pytest.LogCaptureFixture, code: int, words: str
) -> None:
    telegram.fail("sendMessage", code, words, times=2)
    one = message(private())
    for _ in range(2):
        assert await carrier.send(one) == Later(DEAD_RETRY)
        assert carrier.refused == "unauthorized"
    assert isinstance(await carrier.send(one), Sent)
    assert carrier.refused is None
    said = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(said) == 1, "once, not every minute"
    assert telegram.token not in caplog.text


# --- edits -----------------------------------------------------------------------------------


async def test_an_edit_that_changes_nothing_is_through(telegram: Telegram, carrier: TelegramCarrier) -> None:
    await carrier.send(message(private()))
    (posted,) = telegram.messages
    assert isinstance(await carrier.send(message(private(), HELLO, id_of(posted))), Sent)
    assert (posted.edits, len(calls(telegram, "editMessageText"))) == (0, 1)


async def test_an_edit_of_a_message_that_is_gone_is_let_go(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    await carrier.send(message(private()))
    (posted,) = telegram.messages
    posted.deleted = True
    for id in (id_of(posted), f"{ANN}:999"):
        assert isinstance(await carrier.send(message(private(), Line(text="New"), id)), Gone)
    assert telegram.messages == [posted]


async def test_an_edit_that_telegram_cannot_read_goes_plain(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    await carrier.send(message(private(), Line(text="Old")))
    (posted,) = telegram.messages
    telegram.fail("editMessageText", 400, "Bad Request: can't parse entities: Unsupported start tag")
    outcomes = await handed_over(carrier, message(private(), HELLO, id_of(posted)))
    assert outcomes == [Later(0), Sent(id_of(posted))]
    assert text_of(posted) == "1 < 2 & <b>so on</b>\n[Go on]"
    assert "parse_mode" not in calls(telegram, "editMessageText")[-1]


# --- what Telegram cannot show ---------------------------------------------------------------


async def test_html_that_telegram_refuses_goes_again_plain(
    telegram: Telegram, carrier: TelegramCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.fail("sendMessage", 400, 'Bad Request: can\'t parse entities: Unsupported start tag "secret"')
    outcomes = await handed_over(carrier, message(private()))
    (posted,) = telegram.messages
    assert outcomes == [Later(0), Sent(id_of(posted))]
    assert text_of(posted) == "1 < 2 & <b>so on</b>\n[Go on]"
    assert [args.get("parse_mode") for args in calls(telegram)] == ["HTML", None]
    assert "secret" not in caplog.text


@pytest.mark.parametrize("words", ["message is too long", "MESSAGE_TOO_LONG"])
async def test_what_is_too_long_goes_plain_in_pieces(
    telegram: Telegram, carrier: TelegramCarrier, words: str
) -> None:
    telegram.fail("sendMessage", 400, f"Bad Request: {words}")
    reply = Line(text=WORDS, buttons=HELLO.buttons)
    outcomes = await handed_over(carrier, message(private(), reply))
    assert len(telegram.messages) > 2
    assert outcomes == [Later(0)] * len(telegram.messages) + [Sent(id_of(telegram.messages[-1]))]
    assert " ".join(posted.text for posted in telegram.messages) == WORDS
    assert max(units(posted.text) for posted in telegram.messages) <= TEXT_MAX // 2
    assert [len(posted.keyboard) for posted in telegram.messages] == [0] * (len(telegram.messages) - 1) + [1]


@pytest.mark.parametrize(
    "words",
    ["can't parse entities: what now", "message is too long", "chat not found", "BUTTON_DATA_INVALID"],
)
async def test_what_is_refused_even_when_plain_is_let_go(
    telegram: Telegram, carrier: TelegramCarrier, words: str
) -> None:
    telegram.fail("sendMessage", 400, f"Bad Request: {words}", times=2)
    assert isinstance(await sent(carrier, message(private())), Gone)
    assert telegram.messages == []


# --- topics ----------------------------------------------------------------------------------


async def test_where_a_topic_is_gone_the_answer_comes_in_the_group(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    outcomes = await handed_over(carrier, message(shared(FORUM, thread=999)))
    (posted,) = telegram.messages
    assert outcomes == [Later(0), Sent(id_of(posted))]
    assert (posted.chat, posted.thread) == (FORUM, None)


@pytest.mark.parametrize("words", ["TOPIC_CLOSED", "TOPIC_DELETED", "message thread not found"])
async def test_where_a_topic_is_closed_the_answer_comes_in_the_group(
    telegram: Telegram, carrier: TelegramCarrier, words: str
) -> None:
    topic = telegram.topic(FORUM)
    telegram.fail("sendMessage", 400, f"Bad Request: {words}")
    outcomes = await handed_over(carrier, message(shared(FORUM, thread=topic)))
    (posted,) = telegram.messages
    assert outcomes == [Later(0), Sent(id_of(posted))]
    assert posted.thread is None
    assert isinstance(await carrier.send(message(shared(FORUM, thread=topic))), Sent)
    assert telegram.messages[-1].thread == topic, "the next one tries its topic again"


async def test_where_the_group_too_is_closed_it_is_let_go(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    topic = telegram.topic(FORUM)
    telegram.fail("sendMessage", 400, "Bad Request: TOPIC_CLOSED", times=2)
    one = message(shared(FORUM, thread=topic))
    assert await handed_over(carrier, one) == [Later(0), Gone("Topic_closed")]


# --- connections -----------------------------------------------------------------------------


async def test_a_telegram_that_cannot_be_reached_gets_it_later() -> None:
    async with fake_telegram() as telegram:
        telegram.person(ANN, started=True)
        bot = bot_for(telegram.token, telegram.url)
        await bot.initialize()
    carrier = TelegramCarrier(bot)
    for reply in (HELLO, FILE):
        assert await carrier.send(message(private(), reply)) == Later(RETRY)
    await bot.shutdown()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["sendMessage", "editMessageText"])
async def test_a_connection_that_breaks_leaves_it_open_after_one_request(
    telegram: Telegram, carrier: TelegramCarrier, method: str, when: Literal["before", "after"]
) -> None:
    await carrier.send(message(private()))
    edits = id_of(telegram.messages[0]) if method == "editMessageText" else None
    telegram.calls.clear()
    telegram.break_(method, when)
    assert await carrier.send(message(private(), Line(text="New"), edits)) == Unknown()
    assert [name for name, _, _ in telegram.calls] == [method]


@pytest.mark.parametrize("code", [500, 502, 503])
async def test_a_telegram_that_fails_inside_leaves_it_open_after_one_request(
    telegram: Telegram, carrier: TelegramCarrier, code: int
) -> None:
    telegram.fail("sendMessage", code, "Internal Server Error: sent")
    telegram.fail("sendDocument", code, "Internal Server Error: sent")
    for reply in (HELLO, FILE):
        assert await carrier.send(message(private(), reply)) == Unknown()
    assert len(telegram.calls) == 2


async def test_a_telegram_that_does_not_answer_leaves_it_open_after_one_request(telegram: Telegram) -> None:
    quick = HTTPXRequest(read_timeout=0.2)
    async with Bot(telegram.token, base_url=telegram.api_url, request=quick) as bot:
        telegram.calls.clear()
        gate = telegram.hold("sendMessage")
        assert await TelegramCarrier(bot).send(message(private())) == Unknown()
        assert len(telegram.calls) == 1
        gate.set()
        await telegram.settled(1)


async def test_what_found_no_free_connection_was_not_sent(telegram: Telegram) -> None:
    narrow = HTTPXRequest(connection_pool_size=1, pool_timeout=0.1, read_timeout=5)
    async with Bot(telegram.token, base_url=telegram.api_url, request=narrow) as bot:
        carrier = TelegramCarrier(bot)
        gate = telegram.hold("sendMessage")
        first = asyncio.create_task(carrier.send(message(private(ANN))))
        await telegram.settled(calls)
        assert await carrier.send(message(private(BEN))) == Later(RETRY)
        assert len(calls(telegram)) == 1
        gate.set()
        assert isinstance(await first, Sent)


# --- replies of several messages -------------------------------------------------------------


def assert_whole(messages: list[Posted]) -> None:
    """All decisions in their order, none twice; what can be pressed stands on the last."""
    text = "\n".join(map(text_of, messages))
    places = [text.find(f"Choice-{n} ") for n in range(1, len(LONG.decisions) + 1)]
    assert places == sorted(places)
    assert places[0] >= 0
    assert text.count("Choice-") == len(LONG.decisions)
    assert ["[Play again]" in text_of(one) for one in messages] == [False] * (len(messages) - 1) + [True]


async def test_a_long_reply_goes_in_parts_and_the_last_ones_id_is_given(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    outcomes = await handed_over(carrier, message(private(), LONG))
    assert len(telegram.messages) > 2
    assert outcomes == [Later(0)] * (len(telegram.messages) - 1) + [Sent(id_of(telegram.messages[-1]))]
    assert_whole(telegram.messages)


async def test_a_limit_in_the_middle_of_a_long_reply_repeats_no_part(
    telegram: Telegram, carrier: TelegramCarrier, clock: Clock
) -> None:
    one = message(private(), LONG)
    assert await carrier.send(one) == Later(0)
    telegram.limit("sendMessage", 12)
    assert await carrier.send(one) == Later(12)
    assert len(telegram.messages) == 1
    clock.now += 12
    assert isinstance(await sent(carrier, one), Sent)
    assert_whole(telegram.messages)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_connection_that_breaks_in_a_long_reply_repeats_no_part_that_arrived(
    telegram: Telegram, carrier: TelegramCarrier, when: Literal["before", "after"]
) -> None:
    """The sender hands a private reply over once more; only the part in doubt may be there twice."""
    one = message(private(), LONG)
    assert await carrier.send(one) == Later(0)
    telegram.break_("sendMessage", when)
    assert await carrier.send(one) == Unknown()
    in_doubt = telegram.messages.pop() if when == "after" else None
    assert isinstance(await sent(carrier, one), Sent)
    assert_whole(telegram.messages)
    assert in_doubt is None or in_doubt.text == telegram.messages[1].text


async def test_a_group_that_is_upgraded_in_a_long_reply_gets_the_rest_there(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    one = message(shared(OLD_GROUP), LONG)
    assert await carrier.send(one) == Later(0)
    new = telegram.migrate(OLD_GROUP)
    assert isinstance(await sent(carrier, one), Sent)
    assert [posted.chat for posted in telegram.messages] == [OLD_GROUP, *[new] * (len(telegram.messages) - 1)]
    assert_whole(telegram.messages)


async def test_two_long_replies_are_counted_apart(telegram: Telegram, carrier: TelegramCarrier) -> None:
    first, second = message(private(ANN), LONG), message(private(BEN), LONG)
    outcomes: list[Outcome] = []
    while not outcomes or outcomes[-1] == Later(0):
        outcomes = [await carrier.send(first), await carrier.send(second)]
    for chat in (ANN, BEN):
        assert_whole([posted for posted in telegram.messages if posted.chat == chat])


async def test_a_long_reply_that_was_sent_is_forgotten(telegram: Telegram, carrier: TelegramCarrier) -> None:
    one = message(private(), LONG)
    await sent(carrier, one)
    parts = len(telegram.messages)
    await sent(carrier, one)
    assert len(telegram.messages) == 2 * parts


async def test_an_edit_of_a_long_reply_changes_its_last_part(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    outcome = await sent(carrier, message(private(), LONG))
    assert isinstance(outcome, Sent)
    posted = telegram.messages[-1]
    posted.markup = None  # else nothing would have changed
    assert await carrier.send(message(private(), LONG, outcome.id)) == outcome
    assert [one.edits for one in telegram.messages] == [0] * (len(telegram.messages) - 1) + [1]
    assert_whole(telegram.messages)


# --- pictures --------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def drawing(
    telegram: Telegram, drawn: Callable[[Chart], bytes | None]
) -> AsyncIterator[TelegramCarrier]:
    """A carrier that draws so."""
    async with bot_for(telegram.token, telegram.url) as bot:
        yield TelegramCarrier(bot, Clock(), drawn)


async def test_a_chart_is_a_picture_with_its_words_below(telegram: Telegram) -> None:
    async with drawing(telegram, lambda _: png(900, 600)) as carrier:
        assert (await handed_over(carrier, message(private(), CHART)))[-1] == Sent()
    (posted,) = telegram.messages
    assert (posted.photo, posted.text) == ((900, 600), "Signed consent: 4 of 6.")


@pytest.mark.parametrize("letter", ["x", "\N{GRINNING FACE}"])
async def test_words_too_long_for_a_caption_follow_whole(telegram: Telegram, letter: str) -> None:
    long = msgspec.structs.replace(CHART, text=f"{letter} " * CAPTION_MAX)
    async with drawing(telegram, lambda _: png(900, 600)) as carrier:
        assert isinstance((await handed_over(carrier, message(private(), long)))[-1], Sent)
    picture, said = telegram.messages
    assert picture.photo == (900, 600)
    assert picture.text.endswith("\N{HORIZONTAL ELLIPSIS}")
    assert units(picture.text) <= CAPTION_MAX
    assert "Signed consent: 4 of 6" in said.text


def broken(_: Chart) -> bytes | None:
    """A drawing library that meets something it cannot draw."""
    raise ZeroDivisionError


def missing(_: Chart) -> bytes | None:
    """No drawing library."""
    return None


@pytest.mark.parametrize("drawn", [missing, broken])
async def test_a_chart_that_cannot_be_drawn_is_words(
    telegram: Telegram, drawn: Callable[[Chart], bytes | None]
) -> None:
    async with drawing(telegram, drawn) as carrier:
        assert isinstance((await handed_over(carrier, message(private(), CHART)))[-1], Sent)
    (posted,) = telegram.messages
    assert posted.photo is None
    assert posted.text.startswith("North team: right the first time")
    assert "- Signed consent: 4 of 6" in posted.text


async def test_a_picture_that_telegram_cannot_read_is_words(telegram: Telegram) -> None:
    async with drawing(telegram, lambda _: b"no picture") as carrier:
        assert isinstance((await handed_over(carrier, message(private(), CHART)))[-1], Sent)
    (posted,) = telegram.messages
    assert "- Signed consent: 4 of 6" in posted.text


async def test_chats_that_are_closed_to_us_are_noted_until_they_are_open(
    telegram: Telegram, carrier: TelegramCarrier
) -> None:
    telegram.block(ANN)
    telegram.kick(GROUP)
    await carrier.send(message(private()))
    await carrier.send(message(Address(platform="telegram", chat=str(GROUP), shared=True)))
    assert carrier.closed_to_us == {str(ANN)}
    telegram.unblock(ANN)
    await carrier.send(message(private()))
    assert carrier.closed_to_us == set()
