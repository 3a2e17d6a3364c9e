"""Our Slack adapter, with the real slack_bolt and slack_sdk, on a Slack that others wrote (npm `emulate`).

Where their Slack shows what it holds, it is compared with what our own fake holds after the same steps. What
their Slack does not do, the test does, signed: presses, commands, mentions, Home, forms.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from adapters.slack.carrier import DEAD_RETRY, ELSEWHERE, SlackCarrier
from adapters.slack.starting import SlackSettingError, client_for, workspace_of
from bot.content import load
from bot.engine import texts
from bot.model import Address, Library
from bot.replies import (
    Line,
)
from bot.sender import Later, Message
from tests.memory_store import MemoryStore
from tests.peers.their_slack import (
    BOT,
    BOT_USER,
    HOOK,
    POOR,
    TEAM,
    Json,
    Missing,
    Server,
    Someone,
    TheirSlack,
    bot_on_theirs,
    installed,
    running,
)
from tests.slack import Person, Posted, Slack
from tests.slack.reading import buttons, elements, label_of
from tests.slack_bot import Bot, bot_on, fake_slack

QUESTION = "Can I tell the police about a student's grades?"
KEPT = "go on|done: b d f|a|b|c|go on|a|go on|go on|b|done: a c d f".split("|")  # as in transcripts/michael-1

EDITABLE = "messages that may still be edited"


try:
    NODE = installed()
except Missing as missing:
    pytest.skip(str(missing), allow_module_level=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running(NODE) as server:
        yield server


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(Path(__file__).parents[2], tmp_path_factory.mktemp("cache"))


@pytest.fixture
async def theirs(server: Server, library: Library) -> AsyncIterator[TheirSlack]:
    async with bot_on_theirs(server, MemoryStore(), library) as slack:
        yield slack


@pytest.fixture
async def lee(theirs: TheirSlack) -> Someone:
    return await Someone.named(theirs, "lee")


@pytest.fixture
async def dana(theirs: TheirSlack) -> Someone:
    return await Someone.named(theirs, "dana")


# --- the same steps on both ------------------------------------------------------------------------


class Table(Protocol):
    """Someone's direct messages with the bot, on either Slack."""

    async def say(self, text: str) -> None: ...

    async def choose(self, wanted: str, ticked: Sequence[str] = ()) -> None:
        """Press the newest button of that name or letter, with the boxes of these letters ticked."""

    async def shown(self) -> list[Json]:
        """What the bot said, as it is held."""


@dataclass
class Theirs:
    person: Someone

    async def say(self, text: str) -> None:
        await self.person.say(text)

    async def choose(self, wanted: str, ticked: Sequence[str] = ()) -> None:
        for message in reversed(await self.person.shown()):
            there = _button(message["blocks"], wanted)
            if there is not None:
                await self.person.press(message, *there, _options(message["blocks"], ticked))
                return
        raise AssertionError(f"nowhere a button {wanted}")

    async def shown(self) -> list[Json]:
        return await self.person.shown()


@dataclass
class Ours:
    """The same person on our own fake."""

    slack: Slack
    bot: Bot
    id: str

    async def say(self, text: str) -> None:
        await Person(self.slack, self.id).dm(text)
        await self.bot.rest()

    async def choose(self, wanted: str, ticked: Sequence[str] = ()) -> None:
        person = Person(self.slack, self.id)
        for posted in reversed(self.slack.messages):
            there = _button(posted.blocks, wanted)
            if there is not None:
                if ticked:
                    await person.tick(posted, *(each["value"] for each in _options(posted.blocks, ticked)))
                await person.press(posted, there[1]["value"])
                await self.bot.rest()
                return
        raise AssertionError(f"nowhere a button {wanted}")

    async def shown(self) -> list[Json]:
        return [_as_shown(posted) for posted in self.slack.messages if not posted.deleted]


@pytest.fixture
async def ours(lee: Someone, library: Library) -> AsyncIterator[Ours]:
    async with fake_slack() as slack:
        slack.team_id = TEAM
        Person(slack, lee.id)
        slack.channel(lee.channel, members=[lee.id])
        slack.allowed_mentions.add(f"<@{lee.id}>")
        async with bot_on(slack, MemoryStore(), library) as bot:
            yield Ours(slack, bot, lee.id)
        assert slack.refused == []


def _as_shown(posted: Posted) -> Json:
    return {"text": posted.text, "blocks": posted.blocks, "thread_ts": posted.thread_ts}


def _letter(part: Json) -> str:
    """A choice's letter stands before its text, or below it where there is no room; else its label."""
    below = part.get("description", {}).get("text")
    return str(below or label_of(part).partition(". ")[0]).casefold()


def _button(blocks: list[Json], wanted: str) -> tuple[Json, Json] | None:
    return next((each for each in buttons(blocks) if _letter(each[1]) == wanted.casefold()), None)


def _options(blocks: list[Json], letters: Sequence[str]) -> list[Json]:
    options = [each for _, element in elements(blocks) for each in element.get("options", [])]
    return [each for each in options if _letter(each) in letters]


def _same(held: Sequence[Json], meant: Sequence[Json]) -> None:
    """Text and blocks are the same, message for message."""
    assert held
    for theirs, ours in zip(held, meant, strict=True):
        assert theirs["text"] == ours["text"]
        assert theirs.get("blocks", []) == ours["blocks"]


async def _play(table: Table, steps: Sequence[str]) -> None:
    for step in steps:
        wanted, _, letters = step.partition(": ")
        await table.choose(wanted, letters.split())


def _texts(value: object) -> list[str]:
    """Every text in blocks, in order."""
    match value:
        case dict():
            own = [value["text"]] if isinstance(value.get("text"), str) else []
            return own + [text for each in value.values() for text in _texts(each)]
        case list():
            return [text for each in value for text in _texts(each)]
        case _:
            return []


# --- at start --------------------------------------------------------------------------------------


async def test_their_slack_says_whose_token_it_is(theirs: TheirSlack) -> None:
    workspace = await workspace_of(theirs.client)
    assert (workspace.team, workspace.enterprise) == (TEAM, None)
    assert (workspace.bot, workspace.bot_user) == (BOT, BOT_USER)


async def test_a_token_nobody_knows_is_refused_at_start(theirs: TheirSlack) -> None:
    """Their Slack takes it for its administrator's; no scopes come with it, and there we stop."""
    client = client_for("xoxb-unknown", theirs.server.api_url, theirs.session)
    with pytest.raises(SlackSettingError, match="lacks the scopes app_mentions:read"):
        await workspace_of(client)


async def test_where_a_scope_is_missing_a_reply_waits_for_an_operator(
    theirs: TheirSlack, lee: Someone
) -> None:
    carrier = SlackCarrier(client_for(POOR, theirs.server.api_url, theirs.session))
    address = Address(platform="slack", chat=lee.dm)
    assert await carrier.send(Message(TEAM, lee.id, address, Line(text="Hello"))) == Later(DEAD_RETRY)
    assert carrier.refused == "missing_scope"


async def test_what_their_slack_did_not_sign_changes_nothing(theirs: TheirSlack, lee: Someone) -> None:
    event = {"type": "message", "channel": lee.dm, "user": lee.id, "text": "menu", "ts": "1.000001"}
    assert await theirs.event(event, "Ev1", "another secret") == 401
    assert await lee.shown() == []


# --- direct messages -------------------------------------------------------------------------------


async def test_a_story_with_a_question_in_the_middle_leaves_the_same_messages_on_both(
    theirs: TheirSlack, lee: Someone, ours: Ours
) -> None:
    for table in (Theirs(lee), ours):
        await table.say("play michael-1")
        await _play(table, KEPT[:4])
        await table.say(QUESTION)
        await _play(table, KEPT[4:])
    held, meant = await lee.shown(), await ours.shown()
    assert "A chair that is his" in held[-1]["text"]
    _same(held, meant)
    sent = await theirs.events()
    assert {one["status_code"] for one in sent} == {200}


async def test_a_message_is_sent_to_us_once_and_our_own_are_not_answered(
    theirs: TheirSlack, lee: Someone
) -> None:
    """Their Slack sends our own messages without a bot_id; that they are ours is told by the user alone."""
    await lee.say("help")
    sent = [one["payload"]["event"] for one in await theirs.events()]
    assert [event["user"] for event in sent] == [lee.id, *[BOT_USER] * (len(sent) - 1)]
    assert len(sent) > 1
    assert not any("bot_id" in event for event in sent)
    assert theirs.bot.app.counts["message"] == 1


async def test_an_answered_message_is_changed_where_a_press_brings_no_hook(
    theirs: TheirSlack, lee: Someone
) -> None:
    table = Theirs(lee)
    await table.say("play michael-1")
    await table.choose("go on")
    asked = (await lee.shown())[-1]
    await table.choose("done", ["b", "d", "f"])
    now = next(one for one in await lee.shown() if one["ts"] == asked["ts"])
    assert "edited" not in asked
    assert now["edited"]["user"] == BOT_USER
    assert _options(asked["blocks"], ["a"])
    assert not _options(now["blocks"], ["a"])
    assert "(your answer)" in json.dumps(now["blocks"])


async def test_a_story_goes_on_where_the_message_pressed_was_deleted(
    theirs: TheirSlack, lee: Someone
) -> None:
    table = Theirs(lee)
    await table.say("play michael-1")
    (*before, asked) = await lee.shown()
    await theirs.client.chat_delete(channel=lee.dm, ts=asked["ts"])
    there = _button(asked["blocks"], "go on")
    assert there is not None
    await lee.press(asked, *there)
    assert len(await lee.shown()) > len(before)
    assert theirs.bot.sender.counts["gone"] == 1


async def test_a_command_in_the_direct_message_is_answered_there(
    theirs: TheirSlack, lee: Someone, ours: Ours
) -> None:
    assert await lee.command(QUESTION, lee.dm) == 200
    await Person(ours.slack, lee.id).command(QUESTION)
    await ours.bot.rest()
    _same(await lee.shown(), await ours.shown())


async def test_people_get_their_data_as_a_file(theirs: TheirSlack, lee: Someone, ours: Ours) -> None:
    for table in (Theirs(lee), ours):
        await table.say("play michael-1")
        await table.say("export my data")
    message = (await lee.shown())[-1]
    (file,) = message["files"]
    (meant,) = ours.slack.files.values()
    headers = {"Authorization": f"Bearer {lee.client.token}"}
    async with theirs.session.get(file["url_private"], headers=headers) as answer:
        assert answer.status == 200
        held = await answer.json(content_type=None)
    assert meant.data is not None
    told = json.loads(meant.data)
    for one in (*held[EDITABLE], *told[EDITABLE]):
        del one["message"], one["sent"]  # the platform's own id, and the second it was sent in
    assert held == told
    assert held["session"]["run"]["scenario"] == "michael-1"
    assert (file["name"], message["text"]) == (meant.filename, meant.comment)
    assert message["subtype"] == "file_share"


async def test_the_messages_tab_opens_where_no_prompts_can_be_suggested(
    theirs: TheirSlack, lee: Someone
) -> None:
    """Their Slack answers 404 to assistant.threads.setSuggestedPrompts."""
    assert await lee.open_app("messages") == 200
    assert "[Ask the law]" in (await lee.shown())[-1]["text"]
    assert theirs.bot.app.counts["lost receipt"] == 1


# --- channels --------------------------------------------------------------------------------------


async def test_a_mention_is_answered_once_in_its_thread(theirs: TheirSlack, lee: Someone, ours: Ours) -> None:
    mention = await lee.mention(QUESTION)
    assert await theirs.event(mention, "Ev1") == 200
    assert await theirs.event(mention, "Ev1", **{"X-Slack-Retry-Num": "1"}) == 200
    assert await theirs.event(mention | {"type": "message"}, "Ev2") == 200
    asked, *held = await lee.thread(mention["ts"])
    assert (asked["user"], asked["reply_count"], asked["reply_users"]) == (lee.id, len(held), [BOT_USER])
    await Person(ours.slack, lee.id).mention(lee.channel, QUESTION)
    await ours.bot.rest()
    _same(held, await ours.shown())


async def test_a_mention_in_a_channel_that_was_archived_is_answered_in_the_direct_message(
    theirs: TheirSlack, lee: Someone, dana: Someone
) -> None:
    mention = await lee.mention(QUESTION)
    await dana.client.conversations_archive(channel=dana.channel)
    assert await theirs.event(mention, "Ev1") == 200
    assert len(await lee.thread(mention["ts"])) == 1
    assert (await lee.shown())[0]["text"].startswith(ELSEWHERE)


async def test_a_command_in_a_channel_is_answered_for_one_person(theirs: TheirSlack, lee: Someone) -> None:
    """Without a hook: chat.postEphemeral. What only Lee sees, their Slack shows in its inspector alone."""
    assert await lee.command(QUESTION, lee.channel) == 200
    assert (await lee.client.conversations_history(channel=lee.channel))["messages"] == []
    assert await lee.shown() == []
    cells = await theirs.page("messages", channel=lee.channel)
    assert "lee ephemeral" in cells
    assert theirs.bot.sender.counts["sent"] > 0


async def test_what_we_say_by_a_hook_is_what_their_incoming_webhook_takes(
    theirs: TheirSlack, lee: Someone, ours: Ours
) -> None:
    """Their Slack has no response_url; a webhook takes the same body, and knows of no ephemeral answer."""
    await lee.command(QUESTION, lee.channel, hook=theirs.server.url + HOOK)
    channels = (await lee.client.conversations_list())["channels"]
    general = next(one["id"] for one in channels if one["name"] == "general")
    held = (await lee.client.conversations_history(channel=general))["messages"]
    await Person(ours.slack, lee.id).command(QUESTION, channel=lee.channel)
    await ours.bot.rest()
    _same(list(reversed(held)), await ours.shown())


# --- the Home tab ----------------------------------------------------------------------------------


async def test_the_home_tab_is_drawn_and_its_buttons_answer_in_the_direct_message(
    theirs: TheirSlack, lee: Someone, ours: Ours
) -> None:
    assert await lee.open_app("home") == 200
    person = Person(ours.slack, lee.id)
    await person.open_home()
    await ours.bot.rest()
    home = ours.slack.homes[lee.id]
    (drawn,) = [cell for cell in await theirs.page("views") if cell.startswith(_texts(home.blocks)[0])]
    assert drawn == " ".join(_texts(home.blocks))
    there = _button(home.blocks, texts.MY_DATA_BUTTON)
    assert there is not None
    await lee.press_in_view(*there)
    await person.press_home(texts.MY_DATA_BUTTON)
    await ours.bot.rest()
    _same(await lee.shown(), await ours.shown())


async def test_an_administrator_opens_the_team_s_form_and_sets_it(theirs: TheirSlack, dana: Someone) -> None:
    assert await dana.open_app("home") == 200
    button = {"type": "button", "action_id": "do:0", "text": {}, "value": "team"}
    await dana.press_in_view({"block_id": ":0"}, button)
    cells = await theirs.page("views")
    assert cells.count("modal") == 1
    assert cells.count("used") == 1  # its trigger
    counsel = {"counsel": {"counsel": {"type": "plain_text_input", "value": "Ms. Reyes, extension 12"}}}
    await dana.submit({"type": "modal", "callback_id": "team", "blocks": []}, counsel)
    assert texts.TEAM_SAVED in (await dana.shown())[-1]["text"]
    assert any("Ms. Reyes, extension 12" in cell for cell in await theirs.page("views"))


async def test_someone_else_is_told_who_may_set_it(theirs: TheirSlack, lee: Someone) -> None:
    button = {"type": "button", "action_id": "do:0", "text": {}, "value": "team"}
    await lee.press_in_view({"block_id": ":0"}, button)
    assert (await lee.shown())[-1]["text"] == texts.ONLY_ADMINS
    assert "modal" not in await theirs.page("views")
