"""The fake of Slack refuses what Slack refuses: every rule, with a raw request that breaks it."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.slack import RULES, Person, Posted, Slack, text_of
from tests.slack.examples import (
    AT_THE_LIMIT,
    EXAMPLES,
    actions,
    arrange,
    arrange_past,
    asked,
    blocks,
    button,
    message,
    modal,
    opened,
    option,
    plain,
    section,
    ticks,
    typed,
)
from tests.slack.rules import Json


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as slack:
        arrange(slack)
        yield slack


# Raw requests, without slack_sdk between


async def raw(slack: Slack, method: str, args: Any, token: str | None = "xoxb-test") -> Json:  # noqa: S107
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as client,
        client.post(slack.api_url + method, json=args, headers=headers) as got,
    ):
        answer: Json = await got.json()
        return answer


async def raw_hook(slack: Slack, url: str, body: Any) -> tuple[int, str]:
    async with aiohttp.ClientSession() as client, client.post(url, json=body) as answer:
        return answer.status, await answer.text()


def test_every_rule_has_its_example() -> None:
    names = [name for name, _ in RULES]
    assert len(names) == len(set(names))
    assert {rule for rule, _, _ in EXAMPLES} == set(names)


@pytest.mark.parametrize(
    ("rule", "request_", "error"), EXAMPLES, ids=[f"{i}-{rule}" for i, (rule, _, _) in enumerate(EXAMPLES)]
)
async def test_slack_refuses(slack: Slack, rule: str, request_: tuple[Any, ...], error: str) -> None:
    arrange_past(slack)
    before = copy.deepcopy((slack.messages, slack.views, slack.homes, slack.files))
    method, args, *token = request_
    if method.startswith("response_url/"):
        name = method.removeprefix("response_url/")
        status, body = await raw_hook(slack, f"{slack.url}/hooks/{name}", args)
        assert status in (400, 404)
        answer = json.loads(body)
    else:
        answer = await raw(slack, method, args, *token)
    assert (answer["ok"], answer["error"]) == (False, "ratelimited" if rule == "pace" else error)
    refused = [(each[0], each[1], each[2].split(":")[0]) for each in slack.refused]
    assert refused == [(method.split("/")[0], error, rule)]
    assert (slack.messages, slack.views, slack.homes, slack.files) == before


@pytest.mark.parametrize("given", AT_THE_LIMIT)
async def test_slack_takes_what_is_just_within_its_limits(slack: Slack, given: list[Json]) -> None:
    answer = await raw(slack, "chat.postMessage", {"channel": "C1", "text": "x" * 40_000, "blocks": given})
    assert answer["ok"], answer
    assert slack.messages[0].blocks == given


async def test_a_mention_that_was_asked_for_passes(slack: Slack) -> None:
    slack.allowed_mentions.add("<@U1>")
    assert (await raw(slack, *message(text="Hello <@U1>")))["ok"]


async def test_slack_takes_views_just_within_its_limits(slack: Slack, client: AsyncWebClient) -> None:
    many = [section(block_id=f"{i}") for i in range(100)]
    home = {"type": "home", "blocks": many, "private_metadata": "x" * 3000, "callback_id": "x" * 255}
    await client.views_publish(user_id="U1", view=home)
    full = modal(title=plain("x" * 24), submit=plain("x" * 24), close=plain("x" * 24), blocks=many)
    await client.views_open(trigger_id=slack.give_trigger("U1"), view=full)
    assert len(slack.homes["U1"].blocks) == 100


# Tokens and scopes


async def test_a_missing_scope_is_named(slack: Slack) -> None:
    slack.scopes = ["commands"]
    answer = await raw(slack, *message())
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "chat:write",
        "commands",
    )


# The real client


@pytest.fixture
def client(slack: Slack) -> AsyncWebClient:
    return AsyncWebClient(slack.bot_token, base_url=slack.api_url)


async def test_the_client_learns_who_it_is(slack: Slack, client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == ("UBOT", "B1", "T1")
    assert answer.headers["x-oauth-scopes"].split(",") == slack.scopes


async def test_messages_are_posted_edited_and_deleted(slack: Slack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C1", text="One", blocks=[section()])
    slack.clock += 1
    reply = await client.chat_postMessage(channel="C1", text="Two", thread_ts=posted["ts"])
    assert reply["ts"] > posted["ts"]
    await client.chat_update(channel="C1", ts=posted["ts"], text="Uno")
    await client.chat_delete(channel="C1", ts=reply["ts"])
    first, second = slack.messages
    assert (first.text, first.blocks, first.edits, first.deleted) == ("Uno", [], 1, False)
    assert (second.thread_ts, second.deleted) == (first.ts, True)
    with pytest.raises(SlackApiError, match="message_not_found"):
        await client.chat_update(channel="C1", ts=reply["ts"], text="again")
    with pytest.raises(SlackApiError, match="thread_not_found"):
        await client.chat_postMessage(channel="U1", text="elsewhere", thread_ts=posted["ts"])


async def test_an_ephemeral_message_cannot_be_edited(slack: Slack, client: AsyncWebClient) -> None:
    answer = await client.chat_postEphemeral(channel="C1", user="U1", text="Psst")
    assert slack.messages[0].only_for == "U1"
    with pytest.raises(SlackApiError, match="message_not_found"):
        await client.chat_update(channel="C1", ts=answer["message_ts"], text="Loud")


@pytest.mark.parametrize("verb", ["update", "delete"])
async def test_another_s_message_is_not_the_bot_s(slack: Slack, client: AsyncWebClient, verb: str) -> None:
    await Person(slack, "U1").mention("C1", "hello")
    args = {"channel": "C1", "ts": slack.said[0].ts} | ({"text": "x"} if verb == "update" else {})
    with pytest.raises(SlackApiError, match=f"cant_{verb}_message"):
        await client.api_call(f"chat.{verb}", json=args)


async def test_a_direct_message_is_made_on_demand(slack: Slack, client: AsyncWebClient) -> None:
    assert "D2" not in slack.channels
    assert (await client.conversations_open(users="U2"))["channel"]["id"] == "D2"
    assert (await client.chat_postMessage(channel="U2", text="Hello"))["channel"] == "D2"
    info = await client.conversations_info(channel="D2")
    assert (info["channel"]["is_im"], info["channel"]["user"]) == (True, "U2")
    assert (await client.conversations_info(channel="C1"))["channel"]["is_member"]


async def test_a_person_has_a_clock_and_a_locale(slack: Slack, client: AsyncWebClient) -> None:
    user = (await client.users_info(user="U2", include_locale=True))["user"]
    assert (user["tz"], user["is_admin"], user["locale"]) == ("Europe/Paris", True, "en-US")
    assert user["tz_offset"] in (3600, 7200)
    assert "locale" not in (await client.users_info(user="U2"))["user"]


async def test_a_file_goes_up_in_three_steps(slack: Slack, client: AsyncWebClient) -> None:
    await client.files_upload_v2(
        channel="C1", filename="report.csv", content="a,b", title="Report", initial_comment="Here"
    )
    (file,) = slack.files.values()
    assert (file.filename, file.data, file.title, file.channel) == ("report.csv", b"a,b", "Report", "C1")
    assert [(m.text, m.files) for m in slack.messages] == [("Here", [file.id])]


async def test_suggested_prompts_are_kept_by_channel(slack: Slack, client: AsyncWebClient) -> None:
    prompts = [{"title": "Ask", "message": "May I share this?"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id="D1", prompts=prompts)
    assert slack.prompts == {"D1": prompts}
    with pytest.raises(SlackApiError, match="agent app"):
        await client.assistant_threads_setSuggestedPrompts(
            channel_id="D1", thread_ts="1.000001", prompts=prompts
        )


# Views


async def test_a_trigger_opens_one_view_within_three_seconds(slack: Slack, client: AsyncWebClient) -> None:
    used, old = slack.give_trigger("U1"), slack.give_trigger("U1")
    view = (await client.views_open(trigger_id=used, view=modal(external_id="one")))["view"]
    assert slack.views[view["id"]].user == "U1"
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await client.views_open(trigger_id=used, view=modal())
    with pytest.raises(SlackApiError, match="duplicate_external_id"):
        await client.views_open(trigger_id=old, view=modal(external_id="one"))
    slack.clock += 3.1
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await client.views_open(trigger_id=old, view=modal())


async def test_a_stale_hash_conflicts(slack: Slack, client: AsyncWebClient) -> None:
    home = {"type": "home", "blocks": [section()]}
    first = (await client.views_publish(user_id="U1", view=home))["view"]["hash"]
    await client.views_publish(user_id="U1", view=home, hash=first)
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_publish(user_id="U1", view=home, hash=first)
    assert slack.homes["U1"].updates == 2
    opened_ = await client.views_open(trigger_id=slack.give_trigger("U1"), view=modal(external_id="x"))
    await client.views_update(external_id="x", hash=opened_["view"]["hash"], view=modal(external_id="x"))
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_update(view_id=opened_["view"]["id"], hash=opened_["view"]["hash"], view=modal())


# What goes wrong on purpose


async def test_faults_come_as_often_as_asked(slack: Slack) -> None:
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    slack.limit("chat.postMessage", 7, channel="C1")
    slack.fail("chat.postMessage", "fatal_error")
    slack.status("chat.postMessage", 503)
    slack.break_("chat.postMessage", "before")
    slack.break_("chat.postMessage", "after")
    with pytest.raises(SlackApiError) as limited:
        await client.chat_postMessage(channel="C1", text="x")
    assert limited.value.response.headers["Retry-After"] == "7"
    with pytest.raises(SlackApiError, match="fatal_error"):
        await client.chat_postMessage(channel="C1", text="x")
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C1", text="x")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.chat_postMessage(channel="C1", text="lost")
    assert not slack.messages
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.chat_postMessage(channel="C1", text="there all the same")
    assert [posted.text for posted in slack.messages] == ["there all the same"]
    assert len(slack.calls) == 5


async def test_a_channel_takes_one_post_a_second(slack: Slack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C1", text="One")
    await client.chat_postMessage(channel="U1", text="Elsewhere")
    with pytest.raises(SlackApiError) as limited:
        await client.chat_postMessage(channel="C1", text="Two")
    assert (limited.value.response.status_code, limited.value.response.headers["Retry-After"]) == (429, "1")
    assert [(method, error) for method, error, _ in slack.refused] == [("chat.postMessage", "pace")]
    slack.clock += 1
    await client.chat_postMessage(channel="C1", text="Two")
    slack.strict_pace = False
    await client.chat_postMessage(channel="C1", text="Three")


# response_url


async def test_a_response_url_works_five_times(slack: Slack) -> None:
    url = slack.give_hook("U1", "COUT")
    hook = AsyncWebhookClient(url)
    for _ in range(4):
        assert (await hook.send(text="Only you see this")).body == "ok"
    assert (await raw_hook(slack, url, {"text": "x", "tone": "warm"}))[0] == 400
    assert (await hook.send(text="All see this", response_type="in_channel")).status_code == 200
    assert [m.only_for for m in slack.messages] == ["U1", "U1", "U1", "U1", None]
    answer = await hook.send(text="Once more")
    assert (answer.status_code, json.loads(answer.body)["error"]) == (404, "used_url")


async def test_a_response_url_works_thirty_minutes(slack: Slack) -> None:
    url = slack.give_hook("U1", "C1")
    slack.clock += 30 * 60 + 1
    status, body = await raw_hook(slack, url, {"text": "Late"})
    assert (status, json.loads(body)["error"]) == (404, "expired_url")
    assert (await raw_hook(slack, slack.url + "/hooks/never", {"text": "x"}))[0] == 404
    assert slack.refused[-1][1] == "no_service"


async def test_a_response_url_replaces_and_deletes_the_message_pressed(slack: Slack) -> None:
    await raw(slack, "chat.postEphemeral", {"channel": "C1", "user": "U1", "text": "Psst"})
    url = slack.give_hook("U1", "C1", slack.messages[0])
    assert (await raw_hook(slack, url, {"replace_original": True, "text": "New"}))[0] == 200
    assert (slack.messages[0].text, slack.messages[0].edits) == ("New", 1)
    assert (await raw_hook(slack, url, {"replace_original": True, "text": ""}))[0] == 400
    assert (await raw_hook(slack, url, {"delete_original": True}))[0] == 200
    assert slack.messages[0].deleted
    bare = slack.give_hook("U1", "C1")
    assert (await raw_hook(slack, bare, {"replace_original": True, "text": "x"}))[0] == 400
    assert slack.refused[-1][2].startswith("nothing_to_replace")


async def test_a_response_url_can_fail_too(slack: Slack) -> None:
    url = slack.give_hook("U1", "C1")
    slack.status("response_url", 500)
    assert (await raw_hook(slack, url, {"text": "x"}))[0] == 500
    slack.break_("response_url", "after")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await raw_hook(slack, url, {"text": "x"})
    assert len(slack.messages) == 1


# People over HTTP, with the real slack_bolt


class Bot:
    """A bot of slack_bolt that keeps what it hears."""

    def __init__(self, slack: Slack) -> None:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        self.app = AsyncApp(client=client, signing_secret=slack.signing_secret)
        self.heard: list[Json] = []
        self.said = ""

    async def listen(self) -> web.AppRunner:
        self.app.event("message")(self._event)
        self.app.event("app_mention")(self._event)
        self.app.event("app_home_opened")(self._event)
        self.app.command("/mayshare")(self._command)
        self.app.action("go")(self._event)
        self.app.action("pick")(self._event)
        self.app.shortcut("save")(self._event)
        self.app.view("ask")(self._event)
        runner = web.AppRunner(self.app.web_app("/slack/events"), shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    async def _event(self, body: Json, ack: Any) -> None:
        self.heard.append(body)
        await ack()

    async def _command(self, body: Json, ack: Any) -> None:
        self.heard.append(body)
        await ack(self.said)


@pytest.fixture
async def bot(slack: Slack) -> AsyncIterator[Bot]:
    bot = Bot(slack)
    runner = await bot.listen()
    slack.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield bot
    await runner.cleanup()


def test_the_signature_is_slack_s() -> None:
    slack = Slack()
    verifier = SignatureVerifier(slack.signing_secret)
    assert verifier.is_valid_request("{}", slack.sign("{}"))
    assert not verifier.is_valid_request("{ }", slack.sign("{}"))
    assert not verifier.is_valid_request("{}", slack.sign("{}", at=1_000_000))


async def test_a_wrong_signature_is_turned_away_by_the_bot(slack: Slack, bot: Bot) -> None:
    body = json.dumps(slack.wrapped({"type": "message", "user": "U1", "text": "x"}))
    headers = {"Content-Type": "application/json"}
    assert (await slack.deliver_raw(body, headers)).status == 401
    assert (await slack.deliver_raw(body, headers | slack.sign(body + " "))).status == 401
    assert (await slack.deliver_raw(body, headers | slack.sign(body))).status == 200


async def test_words_reach_the_bot(slack: Slack, bot: Bot) -> None:
    ann = Person(slack, "U1")
    assert (await ann.dm("you & <me>")).status == 200
    twin = await ann.mention("C1", "help", twice=True)
    again = await slack.again(twin, retry_num=2)
    await ann.open_home()
    await ann.open_home("messages")
    heard = [body["event"] for body in bot.heard]
    assert [each["type"] for each in heard[:4]] == ["message", "app_mention", "message", "app_mention"]
    assert (heard[0]["channel_type"], heard[0]["text"]) == ("im", "you &amp; &lt;me&gt;")
    assert heard[1]["text"] == "<@UBOT> help"
    assert heard[1]["ts"] == heard[2]["ts"] == heard[3]["ts"] == twin.ts
    ids = [body["event_id"] for body in bot.heard]
    assert ids[1] != ids[2]
    assert ids[1] == ids[3]
    assert again.tries == 3
    assert [each.get("tab") for each in heard[4:]] == ["home", "messages"]
    assert (await slack.event({"type": "nobody_listens"})).status == 404


async def test_a_command_s_answer_is_seen_by_one(slack: Slack, bot: Bot) -> None:
    bot.said = "Come into a direct message"
    await Person(slack, "U1").command("play x", channel="C1")
    assert [(m.text, m.only_for, m.via) for m in slack.messages] == [(bot.said, "U1", "ack")]
    form = bot.heard[0]
    assert (form["text"], form["channel_id"], form["command"]) == ("play x", "C1", "/mayshare")
    assert (await AsyncWebhookClient(form["response_url"]).send(text="And this")).status_code == 200


async def test_buttons_are_found_as_people_find_them(slack: Slack, bot: Bot) -> None:
    ann = Person(slack, "U1")
    picks = asked(ticks(option("One", "1"), option("Two", "2"), action_id="pick"), block_id="in")
    row = actions(button("a", action_id="go", value="v:a"), button("Done", action_id="end"))
    await raw(slack, *blocks(section("What & who".replace("&", "&amp;")), picks, row))
    posted = slack.messages[0]
    assert text_of(posted) == "What & who\nL\nOne\nTwo\n[a] [Done]"
    assert await ann.tick(posted, "Two") is None
    assert (await ann.press(posted, "A")).status == 200
    body = bot.heard[0]
    assert body["state"]["values"]["in"]["pick"]["selected_options"][0]["value"] == "2"
    assert (body["actions"][0]["value"], body["actions"][0]["block_id"]) == ("v:a", "made2")
    assert (body["container"]["message_ts"], body["message"]["ts"]) == (posted.ts, posted.ts)
    assert (await AsyncWebhookClient(body["response_url"]).send(text="N", replace_original=True)).body == "ok"
    assert posted.text == "N"
    with pytest.raises(AssertionError, match="no button 'Go'"):
        await ann.press(posted, "Go")
    with pytest.raises(AssertionError, match="not in C1"):
        await Person(slack, "U2").press(posted, "a")


async def test_a_tick_outside_an_input_block_is_told_at_once(slack: Slack, bot: Bot) -> None:
    await raw(slack, *blocks(actions(ticks(option(), action_id="pick"), block_id="row")))
    delivery = await Person(slack, "U1").tick(slack.messages[0], "One")
    assert delivery is not None
    assert delivery.status == 200
    assert bot.heard[0]["actions"][0]["selected_options"] == [
        {"text": plain("One") | {"emoji": True}, "value": "1"}
    ]


async def test_shortcuts_home_and_modals_reach_the_bot(slack: Slack, bot: Bot) -> None:
    ann = Person(slack, "U1")
    await ann.mention("C1", "keep this")
    assert (await ann.shortcut("save", slack.said[0])).status == 200
    home = {"type": "home", "blocks": [actions(button("Go on", action_id="go"))]}
    await raw(slack, "views.publish", {"user_id": "U1", "view": home})
    assert text_of(slack.homes["U1"]) == "[Go on]"
    assert (await ann.press_home("Go on")).status == 200
    view = modal(callback_id="ask", submit=plain("Ask"), blocks=[asked(typed(action_id="q"), block_id="b")])
    await raw(slack, *opened(view, bot.heard[-1]["trigger_id"]))
    (view_id,) = slack.views
    with pytest.raises(AssertionError, match="filled in"):
        await ann.submit(view_id)
    assert (await ann.submit(view_id, {"q": "May I?"})).answer == {}
    shortcut, pressed, submitted = bot.heard[1:]
    assert (shortcut["type"], shortcut["message"]["text"]) == ("message_action", "<@UBOT> keep this")
    assert pressed["container"] == {"type": "view", "view_id": slack.homes["U1"].id}
    assert submitted["view"]["state"]["values"] == {
        "b": {"q": {"type": "plain_text_input", "value": "May I?"}}
    }
    assert not slack.views[view_id].open


async def test_a_bot_that_does_not_answer_in_time_is_told_so(slack: Slack) -> None:
    slack.ack_timeout = 0.05
    slack.request_url = "http://127.0.0.1:9/nobody"
    assert (await Person(slack, "U1").dm("hello")).status is None
    slack.request_url = None
    assert (await Person(slack, "U1").dm("hello")).status is None


# Socket Mode, with the real client of slack_sdk


class Ear:
    """A Socket Mode client that acknowledges what it hears."""

    def __init__(self, slack: Slack, ping_interval: float = 5) -> None:
        web_client = AsyncWebClient(base_url=slack.api_url)
        self.client = SocketModeClient(slack.app_token, web_client=web_client, ping_interval=ping_interval)
        self.client.socket_mode_request_listeners.append(self._hear)
        self.heard: list[SocketModeRequest] = []
        self.payload: Json | None = None
        self.silent = False

    async def open(self) -> None:
        await self.client.connect()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        await self.client.close()  # type: ignore[no-untyped-call]

    async def _hear(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.heard.append(request)
        if not self.silent:
            answer = SocketModeResponse(request.envelope_id, payload=self.payload)
            await client.send_socket_mode_response(answer)


async def test_events_commands_and_presses_come_over_the_socket(slack: Slack) -> None:
    ear, ann = Ear(slack), Person(slack, "U1")
    await ear.open()
    await slack.settled(lambda s: s.connected == 1)
    delivery = await ann.dm("hello")
    await slack.again(delivery, reason="timeout")
    ear.payload = {"text": "At your command"}
    await ann.command("play")
    ear.silent, slack.ack_timeout = True, 0.05
    assert (await ann.dm("anyone?")).status is None
    await ear.close()
    assert delivery.status == 200
    assert [request.type for request in ear.heard] == ["events_api"] * 2 + ["slash_commands", "events_api"]
    assert (ear.heard[1].retry_attempt, ear.heard[1].retry_reason) == (1, "timeout")
    assert ear.heard[0].payload["event_id"] == ear.heard[1].payload["event_id"]
    assert ear.heard[0].envelope_id != ear.heard[1].envelope_id
    assert [m.text for m in slack.messages] == ["At your command"]
    assert not slack.strays


async def test_any_of_several_sockets_gets_the_envelope(slack: Slack) -> None:
    ears, ann = [Ear(slack), Ear(slack)], Person(slack, "U1")
    for ear in ears:
        await ear.open()
    await slack.settled(lambda s: s.connected == 2)
    await ann.dm("one")
    await ann.dm("two")
    assert [len(ear.heard) for ear in ears] == [1, 1]
    for ear in ears:
        await ear.close()


async def test_a_client_told_to_leave_connects_anew(slack: Slack) -> None:
    ear = Ear(slack)
    await ear.open()
    await slack.settled(lambda s: s.connected == 1)
    await slack.disconnect("refresh_requested")
    await slack.settled(lambda s: s.connections == 2 and s.connected == 1)
    assert (await Person(slack, "U1").dm("still there?")).status == 200
    await ear.close()


async def test_a_deaf_socket_stays_open_and_silent(slack: Slack) -> None:
    ear, ann = Ear(slack, ping_interval=0.05), Person(slack, "U1")
    await ear.open()
    await slack.settled(lambda s: s.connected == 1)
    slack.deafen()
    slack.ack_timeout = 0.05
    assert (await ann.dm("do you hear me?")).status is None
    assert slack.connected == 1
    await slack.settled(lambda s: s.connections == 2)
    slack.ack_timeout = 3
    assert (await ann.dm("and now?")).status == 200
    await ear.close()


async def test_a_ticket_opens_one_socket(slack: Slack) -> None:
    url = (await raw(slack, "apps.connections.open", {}, "xapp-test"))["url"]
    async with aiohttp.ClientSession() as client:
        async with client.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.ws_connect(url)


# The rest of what Slack and people do


async def test_a_held_call_takes_effect_when_let_go(slack: Slack, client: AsyncWebClient) -> None:
    go = slack.hold("chat.postMessage", channel="D1")
    call = asyncio.create_task(client.chat_postMessage(channel="U1", text="In a while"))
    await client.auth_test()
    assert not slack.messages
    go.set()
    await call
    assert [posted.channel for posted in slack.messages] == ["D1"]


async def test_the_bot_is_told_of_its_own_words(slack: Slack, bot: Bot) -> None:
    await raw(slack, *message(channel="U1"))
    assert (await slack.echo(slack.messages[0])).status == 200
    assert (await slack.echo(slack.messages[0], changed=True)).status == 200
    assert not bot.heard  # slack_bolt leaves out what the bot did itself
    subtypes = [delivery.payload["event"].get("subtype") for delivery in slack.deliveries]
    assert subtypes == [None, "message_changed"]


async def test_a_request_url_proves_itself(slack: Slack, bot: Bot) -> None:
    assert (await slack.challenge("say this")).answer == {"challenge": "say this"}


@pytest.mark.parametrize(
    ("answer", "open_", "there"),
    [
        ({}, False, 1),
        ({"response_action": "clear"}, False, 1),
        ({"response_action": "errors", "errors": {"b": "Say more"}}, True, 1),
        ({"response_action": "update", "view": modal(callback_id="ask", notify_on_close=True)}, True, 1),
        ({"response_action": "push", "view": modal()}, True, 2),
    ],
)
async def test_a_submission_is_answered(slack: Slack, answer: Json, open_: bool, there: int) -> None:
    async with asyncio.timeout(5):
        ear, ann = Ear(slack), Person(slack, "U1")
        ear.payload = answer
        await ear.open()
        await slack.settled(lambda s: s.connected == 1)
        view = modal(
            callback_id="ask", submit=plain("Ask"), blocks=[asked(typed(action_id="q"), block_id="b")]
        )
        await raw(slack, *opened(view, slack.give_trigger("U1")))
        (view_id,) = slack.views
        assert (await ann.submit(view_id, {"q": "May I?"})).answer == answer
        assert (slack.views[view_id].open, len(slack.views)) == (open_, there)
        if answer.get("response_action") == "update":
            ear.payload = None
            assert await ann.close(view_id)
            assert ear.heard[-1].payload["type"] == "view_closed"
        await ear.close()


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "Say more"}},
        {"response_action": "dance"},
        {"text": "Slack cannot show this"},
    ],
)
async def test_a_wrong_answer_to_a_submission_is_no_answer(slack: Slack, answer: Json) -> None:
    ear = Ear(slack)
    ear.payload = answer
    await ear.open()
    await slack.settled(lambda s: s.connected == 1)
    await raw(slack, *opened(modal(), slack.give_trigger("U1")))
    with pytest.raises(AssertionError):
        await Person(slack, "U1").submit(next(iter(slack.views)))
    await ear.close()


async def test_a_modal_s_button_is_pressed_by_its_owner(slack: Slack, bot: Bot) -> None:
    await raw(slack, *opened(modal(blocks=[actions(button(action_id="go"))]), slack.give_trigger("U1")))
    (view_id,) = slack.views
    assert (await Person(slack, "U1").press_view(view_id, "Go")).status == 200
    assert bot.heard[0]["view"]["id"] == view_id
    with pytest.raises(AssertionError, match="U1's"):
        await Person(slack, "U2").press_view(view_id, "Go")


async def test_what_an_edit_took_away_is_no_longer_ticked(slack: Slack, bot: Bot) -> None:
    ann = Person(slack, "U1")
    go = actions(button(action_id="go"))
    await raw(slack, *blocks(asked(ticks(option("One", "1"), option("Two", "2"))), asked(typed()), go))
    posted = slack.messages[0]
    await ann.tick(posted, "Two", "One")
    ann.write(posted, "Because")
    await ann.press(posted, "Go")
    posted.blocks = [asked(ticks(option("Three", "3"))), go]
    await ann.press(posted, "Go")
    first, second = (list(body["state"]["values"].values()) for body in bot.heard)
    assert [each["value"] for each in first[0]["made0"]["selected_options"]] == ["1", "2"]
    assert first[1]["made1"] == {"type": "plain_text_input", "value": "Because"}
    assert second[0]["made0"]["selected_options"] == []
    with pytest.raises(AssertionError, match="Three"):
        await ann.tick(posted, "Three", "Four")


async def test_only_the_one_it_is_for_can_press_an_ephemeral_message(slack: Slack, bot: Bot) -> None:
    slack.channels["C1"].members.add("U2")
    row = [actions(button(action_id="go"))]
    await raw(slack, "chat.postEphemeral", {"channel": "C1", "user": "U1", "text": "Psst", "blocks": row})
    await Person(slack, "U1").press(slack.messages[0], "Go")
    assert bot.heard[0]["container"]["is_ephemeral"]
    assert "message" not in bot.heard[0]
    with pytest.raises(AssertionError, match="only U1"):
        await Person(slack, "U2").press(slack.messages[0], "Go")


# Waiting


async def test_waiting_ends_with_the_post_or_says_what_there_is(slack: Slack, client: AsyncWebClient) -> None:
    waiting = asyncio.create_task(slack.settled(1))
    await client.chat_postMessage(channel="C1", text="Here I am")
    await waiting
    with pytest.raises(AssertionError, match="Here I am"):
        await slack.settled(lambda s: len(s.messages) == 2, timeout=0.01)
    assert isinstance(slack.messages[0], Posted)
