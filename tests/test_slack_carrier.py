"""Sending to Slack: every answer that Slack can give has a defined end, and nothing is sent twice."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator
from itertools import count

import aiohttp
import pytest

from adapters.slack.carrier import (
    AGAIN,
    DEAD_RETRY,
    DEAD_TOKEN,
    ELSEWHERE,
    NO_PLACE,
    NOT_NOW,
    NOT_SHOWABLE,
    PERHAPS,
    PLAIN_MAX,
    RETRY,
    SlackCarrier,
)
from adapters.slack.manifest import SCOPES
from adapters.slack.starting import client_for
from bot.model import Address
from bot.replies import (
    Button,
    Debrief,
    Decided,
    Document,
    HomePage,
    Line,
    Reply,
    Shelf,
    Source,
)
from bot.sender import Gone, Later, Message, Outcome, Sent, Unknown
from tests.slack import Posted, Said, Slack, text_of
from tests.slack.rules import Json
from tests.slack.world import HOOK_SECONDS, HOOK_USES

_NUMBERS = count(1)  # of rows: one after another over all tests

HELLO = Line(text="Hello", buttons=(Button(label="Go on", data="go"),))
HOME = HomePage(
    hello="Hello.",
    going="You are in no story.",
    ways=(Button(label="Ask", data="o:ask"),),
    stories=(Shelf(title="A story", about="Short.", button=Button(label="Play", data="o:play:story")),),
)
FILE = Document(name="mine.json", body='{"kept": "nothing"}', text="Yours & <all> of it.")


def debrief(decisions: int) -> Debrief:
    """A debrief of so many decisions, each of about 700 characters."""
    return Debrief(
        title="A long story",
        text="You came to its end.",
        summary=f"You made {decisions} decisions.",
        decisions=tuple(
            Decided((f"Choice-{n} " + "x" * 300,), "Lawful.", "y" * 300, (Source("34 CFR 99.31"),))
            for n in range(1, decisions + 1)
        ),
        buttons=(Button(label="Play again", data="again"),),
    )


LONG = debrief(60)


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """U1 is in three channels: in C3 and C4, which is archived, they meet no bot."""
    async with Slack() as slack:
        slack.scopes = list(SCOPES)
        slack.strict_pace = False
        slack.allowed_mentions = {"<@U1>"}
        slack.person("U1")
        slack.channel("C1", members=["U1"])
        slack.channel("C2", members=["U1"])
        slack.channel("C3", members=["U1"], bot_in=False)
        slack.channel("C4", members=["U1"], archived=True)
        yield slack


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def carrier(slack: Slack, clock: Clock) -> AsyncIterator[SlackCarrier]:
    async with aiohttp.ClientSession() as session:
        yield SlackCarrier(client_for(slack.bot_token, slack.api_url, session), clock)


def at(
    chat: str,
    *,
    private: str | None = None,
    shared: bool = False,
    hook: str | None = None,
    pressed: str | None = None,
    thread: str | None = None,
) -> Address:
    """An address in Slack."""
    return Address("slack", chat, thread, private, shared, hook, pressed)


DIRECT = at("U1")
SHARED = at("C1", private="U1", shared=True)


def message(address: Address, reply: Reply = HELLO, edits: str | None = None) -> Message:
    """A row that was never handed over before, as U1's."""
    return Message("T1", "U1", address, reply, edits, next(_NUMBERS))


async def handed_over(carrier: SlackCarrier, one: Message) -> list[Outcome]:
    """Hand a message over as the sender does, at once again where that is asked for: each outcome."""
    outcomes = [await carrier.send(one)]
    while outcomes[-1] == Later(0):
        outcomes.append(await carrier.send(one))
    return outcomes


async def sent(carrier: SlackCarrier, one: Message) -> Outcome:
    """What became of a message in the end."""
    return (await handed_over(carrier, one))[-1]


def calls(slack: Slack, *methods: str) -> list[Json]:
    """The arguments of every call of these methods; `response_url` stands for hooks."""
    return [args for method, args, _ in slack.calls if method in methods]


def id_of(posted: Posted) -> str:
    """The id by which a message is known outside of Slack."""
    return f"{posted.channel}:{posted.ts}"


async def posted_by(slack: Slack, carrier: SlackCarrier, address: Address = SHARED) -> Posted:
    """A message that was posted without trouble; what led to it is forgotten."""
    assert isinstance(await sent(carrier, message(address)), Sent)
    slack.calls.clear()
    return slack.messages[-1]


# --- posting ---------------------------------------------------------------------------------


async def test_a_message_is_posted_and_its_id_given(slack: Slack, carrier: SlackCarrier) -> None:
    outcome = await carrier.send(message(at("C1")))
    (posted,) = slack.messages
    assert outcome == Sent(id_of(posted))
    assert text_of(posted) == "Hello\n[Go on]"
    assert carrier.refused is None


async def test_an_answer_stands_in_its_thread_and_names_its_reader(
    slack: Slack, carrier: SlackCarrier
) -> None:
    slack.said.append(Said("C1", "1.000001", None, "May I share this?", "U1"))
    await carrier.send(message(at("C1", private="U1", shared=True, thread="1.000001")))
    (posted,) = slack.messages
    assert posted.thread_ts == "1.000001"
    assert text_of(posted).startswith("<@U1>")


async def test_a_person_s_chat_is_their_direct_messages_opened_once(
    slack: Slack, carrier: SlackCarrier
) -> None:
    outcomes = [await sent(carrier, message(DIRECT)) for _ in range(3)]
    assert outcomes == [Sent(id_of(posted)) for posted in slack.messages]
    assert {posted.channel for posted in slack.messages} == {"D1"}
    assert len(calls(slack, "conversations.open")) == 1


async def test_a_page_is_published(slack: Slack, carrier: SlackCarrier) -> None:
    assert await carrier.send(message(DIRECT, HOME)) == Sent()
    assert "A story" in text_of(slack.homes["U1"])
    assert slack.messages == []


async def test_a_file_arrives_in_the_direct_messages(slack: Slack, carrier: SlackCarrier) -> None:
    assert await carrier.send(message(DIRECT, FILE)) == Sent()
    (file,) = slack.files.values()
    assert (file.filename, file.data, file.channel) == ("mine.json", FILE.body.encode(), "D1")
    assert text_of(slack.messages[0]) == FILE.text


async def test_a_file_that_slack_does_not_take_now_is_uploaded_later(
    slack: Slack, carrier: SlackCarrier, clock: Clock
) -> None:
    slack.limit("files.completeUploadExternal", 7)
    one = message(DIRECT, FILE)
    assert await carrier.send(one) == Later(7)
    clock.now += 7
    assert await carrier.send(one) == Sent()
    assert len(slack.messages) == 1


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_file_whose_sharing_broke_off_may_have_arrived(
    slack: Slack, carrier: SlackCarrier, when: str
) -> None:
    slack.break_("files.completeUploadExternal", "before" if when == "before" else "after")
    assert await carrier.send(message(DIRECT, FILE)) == Unknown()
    assert len(calls(slack, "files.completeUploadExternal")) == 1


# --- a channel that is closed to us ----------------------------------------------------------


def assert_came_as_a_direct_message(posted: Posted) -> None:
    """It says why it is here, and nothing of it is lost."""
    assert posted.channel == "D1"
    assert text_of(posted) == f"{ELSEWHERE}\nHello\n[Go on]"
    assert posted.text.startswith(ELSEWHERE)
    assert posted.thread_ts is None


@pytest.mark.parametrize("error", sorted(NO_PLACE))
async def test_what_cannot_stand_in_a_channel_comes_as_a_direct_message(
    slack: Slack, carrier: SlackCarrier, error: str
) -> None:
    slack.fail("chat.postMessage", error, channel="C1")
    outcomes = await handed_over(carrier, message(SHARED))
    (posted,) = slack.messages
    assert outcomes == [Later(0), Sent(id_of(posted))]
    assert_came_as_a_direct_message(posted)


@pytest.mark.parametrize("chat", ["C3", "C4", "C-nowhere"])
async def test_a_channel_we_are_not_in_or_that_is_closed_or_gone_loses_nothing(
    slack: Slack, carrier: SlackCarrier, chat: str
) -> None:
    assert isinstance(await sent(carrier, message(at(chat, private="U1", shared=True))), Sent)
    assert_came_as_a_direct_message(slack.messages[0])


@pytest.mark.parametrize("error", sorted(NO_PLACE))
async def test_what_has_no_other_place_is_let_go(slack: Slack, carrier: SlackCarrier, error: str) -> None:
    slack.fail("chat.postMessage", error)
    assert await carrier.send(message(at("C1", shared=True))) == Gone(error)
    assert len(calls(slack, "chat.postMessage")) == 1


async def test_where_not_even_a_direct_message_can_stand_it_is_let_go(
    slack: Slack, carrier: SlackCarrier
) -> None:
    slack.fail("chat.postMessage", "is_archived", times=2)
    assert await handed_over(carrier, message(SHARED)) == [Later(0), Gone("is_archived")]


async def test_a_direct_message_that_comes_instead_waits_for_its_own_limit(
    slack: Slack, carrier: SlackCarrier, clock: Clock
) -> None:
    slack.fail("chat.postMessage", "not_in_channel", channel="C1")
    slack.limit("chat.postMessage", 9, channel="D1")
    one = message(SHARED)
    assert await handed_over(carrier, one) == [Later(0), Later(9)]
    clock.now += 9
    assert isinstance(await carrier.send(one), Sent)
    assert_came_as_a_direct_message(slack.messages[0])


# --- a token that is refused -----------------------------------------------------------------


@pytest.mark.parametrize("error", sorted(DEAD_TOKEN))
async def test_a_refused_token_keeps_everything_until_an_operator_has_acted(
    slack: Slack, carrier: SlackCarrier, caplog: pytest.LogCaptureFixture, error: str
) -> None:
    slack.fail("chat.postMessage", error, times=2)
    one = message(at("C1"))
    for _ in range(2):
        assert await carrier.send(one) == Later(DEAD_RETRY)
        assert carrier.refused == error
    assert isinstance(await carrier.send(one), Sent)
    assert carrier.refused is None
    said = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [getattr(record, "error", None) for record in said] == [error]  # once, not every minute


# --- what Slack cannot show ------------------------------------------------------------------


@pytest.mark.parametrize("error", sorted(NOT_SHOWABLE))
async def test_what_slack_cannot_show_goes_as_plain_text(
    slack: Slack, carrier: SlackCarrier, error: str
) -> None:
    slack.fail("chat.postMessage", error)
    outcomes = await handed_over(carrier, message(at("C1")))
    (posted,) = slack.messages
    assert outcomes == [Later(0), Sent(id_of(posted))]
    assert (posted.blocks, text_of(posted)) == ([], "Hello\n\n[Go on]")


@pytest.mark.parametrize("error", ["msg_too_long", "msg_blocks_too_long", "invalid_blocks"])
async def test_a_long_text_that_slack_cannot_show_goes_in_pieces(
    slack: Slack, carrier: SlackCarrier, error: str
) -> None:
    words = " ".join(f"word-{n}" for n in range(1000))
    slack.fail("chat.postMessage", error)
    outcomes = await handed_over(carrier, message(at("C1"), Line(text=words)))
    assert outcomes == [Later(0)] * len(slack.messages) + [Sent(id_of(slack.messages[-1]))]
    assert "".join(posted.text for posted in slack.messages) == words
    assert max(len(posted.text) for posted in slack.messages) <= PLAIN_MAX


async def test_a_text_that_is_refused_even_when_plain_is_let_go(slack: Slack, carrier: SlackCarrier) -> None:
    slack.fail("chat.postMessage", "msg_too_long", times=2)
    assert await handed_over(carrier, message(at("C1"))) == [Later(0), Gone("msg_too_long")]
    assert slack.messages == []


async def test_plain_text_can_still_come_as_a_direct_message(slack: Slack, carrier: SlackCarrier) -> None:
    slack.fail("chat.postMessage", "invalid_blocks", channel="C1")
    slack.fail("chat.postMessage", "not_in_channel", channel="C1")
    outcomes = await handed_over(carrier, message(SHARED))
    (posted,) = slack.messages
    assert outcomes == [Later(0), Later(0), Sent(id_of(posted))]
    assert (posted.channel, posted.text) == ("D1", f"{ELSEWHERE}\n\nHello\n\n[Go on]")


@pytest.mark.parametrize(
    ("method", "reply"), [("views.publish", HOME), ("files.completeUploadExternal", FILE)]
)
async def test_a_page_or_a_file_that_slack_cannot_take_is_let_go(
    slack: Slack, carrier: SlackCarrier, method: str, reply: Reply
) -> None:
    slack.fail(method, "invalid_arguments")
    assert await carrier.send(message(DIRECT, reply)) == Gone("invalid_arguments")


@pytest.mark.parametrize("error", sorted(AGAIN))
async def test_a_page_that_was_drawn_meanwhile_is_drawn_again(
    slack: Slack, carrier: SlackCarrier, error: str
) -> None:
    slack.fail("views.publish", error)
    one = message(DIRECT, HOME)
    assert await carrier.send(one) == Later(1)
    assert await carrier.send(one) == Sent()
    assert slack.homes["U1"].updates == 1


# --- limits ----------------------------------------------------------------------------------


async def test_a_limit_holds_for_one_method_in_one_channel(
    slack: Slack, carrier: SlackCarrier, clock: Clock
) -> None:
    there = await posted_by(slack, carrier, at("C1"))
    slack.limit("chat.postMessage", 30, channel="C1")
    limited = message(at("C1"))
    assert await carrier.send(limited) == Later(30)
    clock.now += 10
    assert await carrier.send(limited) == Later(20)
    assert await carrier.send(message(at("C1"))) == Later(20)
    assert len(calls(slack, "chat.postMessage")) == 1, "nobody asked while Slack had said to wait"
    assert isinstance(await carrier.send(message(at("C2"))), Sent)
    assert await carrier.send(message(at("C1"), Line(text="New"), id_of(there))) == Sent(id_of(there))
    assert await carrier.send(message(DIRECT, HOME)) == Sent()
    clock.now += 20
    assert isinstance(await carrier.send(limited), Sent)


async def test_a_limit_on_pages_holds_for_one_person(
    slack: Slack, carrier: SlackCarrier, clock: Clock
) -> None:
    slack.person("U2")
    slack.limit("views.publish", 30)
    assert await carrier.send(message(DIRECT, HOME)) == Later(30)
    assert await carrier.send(message(DIRECT, HOME)) == Later(30)
    assert await carrier.send(Message("T1", "U2", at("U2"), HOME, None, next(_NUMBERS))) == Sent()
    assert len(calls(slack, "views.publish")) == 2


async def test_a_limit_met_while_a_chat_is_opened_holds_too(
    slack: Slack, carrier: SlackCarrier, clock: Clock
) -> None:
    slack.limit("conversations.open", 3)
    one = message(DIRECT)
    assert await carrier.send(one) == Later(3)
    clock.now += 3
    assert isinstance(await carrier.send(one), Sent)


async def test_of_many_to_whom_a_chat_is_opened_none_is_tried_before_slack_said_to(
    slack: Slack, carrier: SlackCarrier, clock: Clock
) -> None:
    slack.limit("conversations.open", 30)
    many = [message(at(slack.person(f"U{n}").id)) for n in range(10, 20)]
    assert [await carrier.send(one) for one in many] == [Later(30)] * 10
    assert len(calls(slack, "conversations.open")) == 1
    clock.now += 30
    assert all([isinstance(await carrier.send(one), Sent) for one in many])


@pytest.mark.parametrize("error", sorted(NOT_NOW))
async def test_what_slack_cannot_do_now_goes_later(slack: Slack, carrier: SlackCarrier, error: str) -> None:
    slack.fail("chat.postMessage", error)
    assert await carrier.send(message(at("C1"))) == Later(RETRY)


async def test_a_slack_that_is_down_gets_it_later(slack: Slack, carrier: SlackCarrier, clock: Clock) -> None:
    slack.status("chat.postMessage", 503)
    one = message(at("C1"))
    assert await carrier.send(one) == Later(RETRY)
    clock.now += RETRY
    assert isinstance(await carrier.send(one), Sent)


# --- what may have happened ------------------------------------------------------------------


@pytest.mark.parametrize("error", sorted(PERHAPS))
async def test_an_error_inside_slack_leaves_it_open(slack: Slack, carrier: SlackCarrier, error: str) -> None:
    slack.fail("chat.postMessage", error)
    assert await carrier.send(message(at("C1"))) == Unknown()
    assert len(calls(slack, "chat.postMessage")) == 1


@pytest.mark.parametrize("status", [500, 502, 504, 200])
async def test_an_answer_that_is_none_leaves_it_open(
    slack: Slack, carrier: SlackCarrier, status: int
) -> None:
    slack.status("chat.postMessage", status)
    assert await carrier.send(message(at("C1"))) == Unknown()
    assert len(calls(slack, "chat.postMessage")) == 1


async def test_what_nobody_took_goes_later() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and nobody listens
        async with aiohttp.ClientSession() as session:
            base = f"http://127.0.0.1:{closed.getsockname()[1]}"
            carrier = SlackCarrier(client_for("xoxb-test", f"{base}/api", session))
            for one in (
                message(at("C1")),
                message(DIRECT),
                message(DIRECT, HOME),
                message(DIRECT, FILE),
                message(at("C1"), edits="C1:1.000001"),
                message(at("C1", private="U1", hook=f"{base}/hooks/1")),
            ):
                assert await carrier.send(one) == Later(RETRY)


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update", "chat.postEphemeral", "response_url"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_connection_that_breaks_leaves_it_open_and_is_asked_only_once(
    slack: Slack, carrier: SlackCarrier, method: str, when: str
) -> None:
    there = await posted_by(slack, carrier, at("C1"))
    hook = slack.give_hook("U1", "C1")
    tried = {
        "chat.postMessage": message(at("C1")),
        "chat.update": message(at("C1"), Line(text="New"), id_of(there)),
        "chat.postEphemeral": message(at("C1", private="U1")),
        "response_url": message(at("C1", private="U1", hook=hook)),
    }[method]
    slack.break_(method, "before" if when == "before" else "after")
    assert await carrier.send(tried) == Unknown()
    assert [name for name, *_ in slack.calls] == [method]
    effects = len(slack.messages) - 1 + there.edits
    assert effects == (when == "after")


@pytest.mark.parametrize("method", ["chat.postMessage", "response_url"])
async def test_a_slack_that_never_answers_leaves_it_open(slack: Slack, method: str) -> None:
    hook = slack.give_hook("U1", "C1") if method == "response_url" else None
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.2)) as session:
        carrier = SlackCarrier(client_for(slack.bot_token, slack.api_url, session))
        go = slack.hold(method)
        address = at("C1", private="U1", shared=hook is None, hook=hook)
        assert await carrier.send(message(address)) == Unknown()
        assert [name for name, *_ in slack.calls] == [method]
        go.set()


async def test_what_slack_says_and_nobody_knows_is_let_go(slack: Slack, carrier: SlackCarrier) -> None:
    slack.fail("chat.postMessage", "something_new")
    assert await carrier.send(message(SHARED)) == Gone("something_new")


# --- edits -----------------------------------------------------------------------------------


async def test_an_edit_changes_the_message_and_keeps_its_id(slack: Slack, carrier: SlackCarrier) -> None:
    there = await posted_by(slack, carrier)
    assert await carrier.send(message(SHARED, Line(text="New"), id_of(there))) == Sent(id_of(there))
    assert text_of(there) == "<@U1>\nNew"
    assert len(slack.messages) == 1


async def test_an_edit_of_what_came_as_a_direct_message_names_nobody(
    slack: Slack, carrier: SlackCarrier
) -> None:
    there = await posted_by(slack, carrier, at("C3", private="U1", shared=True))
    address = at("C3", private="U1", shared=True)
    assert await carrier.send(message(address, Line(text="New"), id_of(there))) == Sent(id_of(there))
    assert text_of(there) == "New"


async def test_an_edit_of_a_message_that_is_not_there_is_let_go(slack: Slack, carrier: SlackCarrier) -> None:
    assert await carrier.send(message(SHARED, edits="C1:1.000001")) == Gone("message_not_found")


async def test_an_edit_of_what_someone_else_wrote_is_let_go(slack: Slack, carrier: SlackCarrier) -> None:
    slack.said.append(Said("C1", "1.000001", None, "Mine", "U1"))
    assert await carrier.send(message(SHARED, edits="C1:1.000001")) == Gone("cant_update_message")


@pytest.mark.parametrize("error", sorted(NO_PLACE | NOT_SHOWABLE))
async def test_an_edit_that_cannot_be_shown_there_is_let_go_and_posted_nowhere_else(
    slack: Slack, carrier: SlackCarrier, error: str
) -> None:
    there = await posted_by(slack, carrier)
    slack.fail("chat.update", error)
    assert await carrier.send(message(SHARED, Line(text="New"), id_of(there))) == Gone(error)
    assert len(slack.messages) == 1


async def test_an_edit_goes_by_the_hook_of_the_press_and_later_by_its_id(
    slack: Slack, carrier: SlackCarrier
) -> None:
    there = await posted_by(slack, carrier)
    id = id_of(there)
    hook = slack.give_hook("U1", "C1", there)
    address = at("C1", private="U1", shared=True, hook=hook, pressed=id)
    assert await carrier.send(message(address, Line(text="First"), id)) == Sent(id)
    (asked,) = calls(slack, "response_url")
    assert asked["replace_original"] is True
    assert calls(slack, "chat.update") == []
    slack.clock += HOOK_SECONDS + 1
    assert await carrier.send(message(address, Line(text="Second"), id)) == Sent(id)
    assert len(calls(slack, "chat.update")) == 1
    assert (there.edits, text_of(there)) == (2, "<@U1>\nSecond")


async def test_a_whispered_message_is_edited_by_the_hook_of_the_press_while_that_lives(
    slack: Slack, carrier: SlackCarrier
) -> None:
    there = await posted_by(slack, carrier, at("C1", private="U1"))
    hook = slack.give_hook("U1", "C1", there)
    address = at("C1", private="U1", hook=hook, pressed=id_of(there))
    assert await carrier.send(message(address, Line(text="New"), id_of(there))) == Sent(id_of(there))
    assert (text_of(there), there.only_for) == ("New", "U1")
    slack.clock += HOOK_SECONDS + 1
    assert await carrier.send(message(address, Line(text="Late"), id_of(there))) == Gone("message_not_found")
    assert text_of(there) == "New"


async def test_an_edit_of_a_whispered_message_without_a_hook_does_nothing(
    slack: Slack, carrier: SlackCarrier
) -> None:
    await posted_by(slack, carrier, at("C1", private="U1"))
    assert await carrier.send(message(at("C1", private="U1"), Line(text="New"), "")) == Sent("")
    assert slack.calls == []


# --- hooks -----------------------------------------------------------------------------------


async def test_a_whisper_by_hook_is_seen_by_the_person_alone(slack: Slack, carrier: SlackCarrier) -> None:
    hook = slack.give_hook("U1", "C1")
    assert await carrier.send(message(at("C1", private="U1", hook=hook))) == Sent("")
    (posted,) = slack.messages
    assert (posted.only_for, posted.via, posted.channel) == ("U1", "response_url", "C1")
    assert text_of(posted) == "Hello\n[Go on]"


async def test_a_whisper_needs_no_bot_in_the_channel_while_its_hook_lives(
    slack: Slack, carrier: SlackCarrier
) -> None:
    hook = slack.give_hook("U1", "C3")
    assert await carrier.send(message(at("C3", private="U1", hook=hook))) == Sent("")
    assert slack.messages[0].only_for == "U1"


async def test_a_whisper_whose_hook_is_used_up_goes_another_way(slack: Slack, carrier: SlackCarrier) -> None:
    address = at("C1", private="U1", hook=slack.give_hook("U1", "C1"))
    for _ in range(HOOK_USES + 1):
        assert await carrier.send(message(address)) == Sent("")
    assert [posted.via for posted in slack.messages] == ["response_url"] * HOOK_USES + ["api"]
    assert {posted.only_for for posted in slack.messages} == {"U1"}


async def test_a_whisper_whose_hook_is_too_old_goes_another_way(slack: Slack, carrier: SlackCarrier) -> None:
    address = at("C1", private="U1", hook=slack.give_hook("U1", "C1"))
    slack.clock += HOOK_SECONDS + 1
    assert await carrier.send(message(address)) == Sent("")
    (posted,) = slack.messages
    assert (posted.via, posted.only_for) == ("api", "U1")


async def test_a_whisper_without_hook_in_a_channel_without_us_comes_as_a_direct_message(
    slack: Slack, carrier: SlackCarrier
) -> None:
    address = at("C3", private="U1", hook=slack.give_hook("U1", "C3"))
    slack.clock += HOOK_SECONDS + 1
    outcomes = await handed_over(carrier, message(address))
    (posted,) = slack.messages
    assert outcomes == [Later(0), Sent(id_of(posted))]
    assert_came_as_a_direct_message(posted)


async def test_a_whisper_in_our_direct_messages_is_an_ordinary_message(
    slack: Slack, carrier: SlackCarrier
) -> None:
    slack.dm_of("U1")
    address = at("D1", private="U1", hook=slack.give_hook("U1", "D1"))
    outcome = await carrier.send(message(address))
    (posted,) = slack.messages
    assert (outcome, posted.only_for) == (Sent(id_of(posted)), None)


async def test_a_whisper_in_other_people_s_direct_messages_goes_by_hook(
    slack: Slack, carrier: SlackCarrier
) -> None:
    slack.channel("D9", members=["U1", "U2"], bot_in=False)
    address = at("D9", private="U1", hook=slack.give_hook("U1", "D9"))
    assert await carrier.send(message(address)) == Sent("")
    assert slack.messages[0].only_for == "U1"


@pytest.mark.parametrize("chat", ["C1", "C3"])
async def test_what_is_posted_for_all_by_hook_is_seen_by_all_also_where_we_are_no_member(
    slack: Slack, carrier: SlackCarrier, chat: str
) -> None:
    address = at(chat, private="U1", shared=True, hook=slack.give_hook("U1", chat))
    assert await carrier.send(message(address, Line(text="The law says"))) == Sent("")
    (posted,) = slack.messages
    assert (posted.channel, posted.only_for, posted.via) == (chat, None, "response_url")
    assert text_of(posted) == "The law says"


async def test_what_is_posted_for_all_without_its_hook_is_posted_where_we_may(
    slack: Slack, carrier: SlackCarrier
) -> None:
    hooks = {chat: slack.give_hook("U1", chat) for chat in ("C1", "C3")}
    slack.clock += HOOK_SECONDS + 1
    for chat, hook in hooks.items():
        await sent(carrier, message(at(chat, private="U1", shared=True, hook=hook)))
    first, second = slack.messages
    assert (first.channel, first.only_for, first.via) == ("C1", None, "api")
    assert_came_as_a_direct_message(second)


async def test_a_hook_in_a_closed_channel_loses_nothing(slack: Slack, carrier: SlackCarrier) -> None:
    address = at("C4", private="U1", hook=slack.give_hook("U1", "C4"))
    assert isinstance(await sent(carrier, message(address)), Sent)
    assert_came_as_a_direct_message(slack.messages[0])


async def test_a_hook_that_is_limited_waits(slack: Slack, carrier: SlackCarrier) -> None:
    slack.limit("response_url", 4)
    one = message(at("C1", private="U1", hook=slack.give_hook("U1", "C1")))
    assert await carrier.send(one) == Later(4)
    assert await carrier.send(one) == Sent("")


async def test_a_hook_of_a_slack_that_is_down_is_tried_later(slack: Slack, carrier: SlackCarrier) -> None:
    slack.status("response_url", 503)
    one = message(at("C1", private="U1", hook=slack.give_hook("U1", "C1")))
    assert await carrier.send(one) == Later(RETRY)
    assert await carrier.send(one) == Sent("")


async def test_a_hook_that_fails_inside_slack_leaves_it_open(slack: Slack, carrier: SlackCarrier) -> None:
    slack.status("response_url", 500)
    assert await carrier.send(message(at("C1", private="U1", hook=slack.give_hook("U1", "C1")))) == Unknown()
    assert len(slack.calls) == 1


# --- replies of several messages -------------------------------------------------------------


def assert_whole(messages: list[Posted]) -> None:
    """All decisions in their order, none twice; what can be pressed stands on the last."""
    text = "\n".join(map(text_of, messages))
    places = [text.find(f"Choice-{n} ") for n in range(1, 61)]
    assert places == sorted(places)
    assert places[0] >= 0
    assert text.count("Choice-") == 60
    assert ["[Play again]" in text_of(one) for one in messages] == [False] * (len(messages) - 1) + [True]


async def test_a_long_reply_goes_in_parts_and_the_last_one_s_id_is_given(
    slack: Slack, carrier: SlackCarrier
) -> None:
    outcomes = await handed_over(carrier, message(DIRECT, LONG))
    assert len(slack.messages) > 2
    assert outcomes == [Later(0)] * (len(slack.messages) - 1) + [Sent(id_of(slack.messages[-1]))]
    assert_whole(slack.messages)


async def test_a_limit_in_the_middle_of_a_long_reply_repeats_no_part(
    slack: Slack, carrier: SlackCarrier, clock: Clock
) -> None:
    one = message(DIRECT, LONG)
    assert await carrier.send(one) == Later(0)
    slack.limit("chat.postMessage", 12)
    assert await carrier.send(one) == Later(12)
    assert len(slack.messages) == 1
    clock.now += 12
    assert isinstance(await sent(carrier, one), Sent)
    assert_whole(slack.messages)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_connection_that_breaks_in_a_long_reply_repeats_no_part_that_arrived(
    slack: Slack, carrier: SlackCarrier, when: str
) -> None:
    """The sender hands a private reply over once more; only the part in doubt may be there twice."""
    one = message(DIRECT, LONG)
    assert await carrier.send(one) == Later(0)
    slack.break_("chat.postMessage", "before" if when == "before" else "after")
    assert await carrier.send(one) == Unknown()
    in_doubt = slack.messages.pop() if when == "after" else None
    assert isinstance(await sent(carrier, one), Sent)
    assert_whole(slack.messages)
    assert in_doubt is None or in_doubt.text == slack.messages[1].text


async def test_a_channel_that_closes_in_a_long_reply_loses_nothing(
    slack: Slack, carrier: SlackCarrier
) -> None:
    one = message(SHARED, LONG)
    assert await carrier.send(one) == Later(0)
    slack.channels["C1"].bot_in = False
    assert isinstance(await sent(carrier, one), Sent)
    came = [posted for posted in slack.messages if posted.channel == "D1"]
    assert text_of(came[0]).startswith(ELSEWHERE)
    assert_whole(came)


async def test_a_reply_may_have_fewer_parts_as_a_direct_message(slack: Slack, carrier: SlackCarrier) -> None:
    """In a channel the line that names its reader takes one block, and here one message, more."""
    lines = "\n\n".join("z" * 2900 for _ in range(3)) + "\n\n" + "z" * 1050
    one = message(SHARED, Line(text=lines))
    assert await carrier.send(one) == Later(0)
    slack.channels["C1"].bot_in = False
    assert isinstance(await sent(carrier, one), Sent)
    assert [posted.channel for posted in slack.messages] == ["C1", "D1"]
    assert text_of(slack.messages[1]).count("z") == lines.count("z")


async def test_two_long_replies_are_counted_apart(slack: Slack, carrier: SlackCarrier) -> None:
    first, second = message(at("C1"), LONG), message(at("C2"), LONG)
    outcomes: list[Outcome] = []
    while not outcomes or outcomes[-1] == Later(0):
        outcomes = [await carrier.send(first), await carrier.send(second)]
    for chat in ("C1", "C2"):
        assert_whole([posted for posted in slack.messages if posted.channel == chat])


async def test_a_long_reply_that_was_sent_is_forgotten(slack: Slack, carrier: SlackCarrier) -> None:
    one = message(DIRECT, LONG)
    await sent(carrier, one)
    parts = len(slack.messages)
    await sent(carrier, one)
    assert len(slack.messages) == 2 * parts


async def test_an_edit_of_a_long_reply_changes_its_last_part(slack: Slack, carrier: SlackCarrier) -> None:
    outcome = await sent(carrier, message(DIRECT, LONG))
    assert isinstance(outcome, Sent)
    assert await carrier.send(message(DIRECT, LONG, outcome.id)) == outcome
    assert [posted.edits for posted in slack.messages] == [0] * (len(slack.messages) - 1) + [1]
    assert_whole(slack.messages)
