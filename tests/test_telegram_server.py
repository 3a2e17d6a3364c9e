"""The fake of Telegram refuses what Telegram refuses: every rule, with a raw request that breaks it."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    ReplyParameters,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.ext import Application, MessageHandler, filters

from tests.telegram import RULES, Person, Telegram, text_of
from tests.telegram.entities import found_entities, parse_html
from tests.telegram.examples import (
    ANN,
    APART,
    AT_THE_LIMIT,
    BEN,
    BENS,
    EXAMPLES,
    FORUM,
    GROUP,
    MOVED,
    arrange,
    arrange_past,
    sent,
    set_hook,
)
from tests.telegram.shapes import Json


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    async with Telegram() as telegram:
        arrange(telegram)
        yield telegram


@pytest.fixture
async def bot(telegram: Telegram, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # else every RetryAfter warns, and warnings are errors here
    made = Bot(telegram.token, base_url=telegram.api_url, base_file_url=telegram.file_url)
    async with made:
        telegram.calls.clear()
        yield made


# Raw requests, without python-telegram-bot between


async def raw(telegram: Telegram, method: str, args: Json, token: str | None = None) -> Json:
    url = f"{telegram.api_url}{token or telegram.token}/{method}"
    sending: dict[str, Any] = {"json": args}
    if args.keys() & {"document", "photo"}:
        form = aiohttp.FormData()
        for name, value in args.items():
            if name in {"document", "photo"}:
                form.add_field(name, value[1], filename=value[0])
            else:
                form.add_field(name, str(value))
        sending = {"data": form}
    async with aiohttp.ClientSession() as client, client.post(url, **sending) as got:
        answer: Json = await got.json()
        assert answer["ok"] == (got.status == 200)
        assert answer.get("error_code", 200) == got.status
        return answer


def test_every_rule_has_its_example() -> None:
    names = [name for name, _ in RULES]
    assert len(names) == len(set(names))
    assert {rule for rule, _, _ in EXAMPLES} | APART == set(names)
    assert not {rule for rule, _, _ in EXAMPLES} & APART


@pytest.mark.parametrize(
    ("rule", "request_", "words"), EXAMPLES, ids=[f"{i}-{rule}" for i, (rule, _, _) in enumerate(EXAMPLES)]
)
async def test_telegram_refuses(
    telegram: Telegram, rule: str, request_: tuple[str, Json], words: str
) -> None:
    arrange_past(telegram)
    before = copy.deepcopy(
        (telegram.messages, telegram.said, telegram.answers, telegram.commands, telegram.hook)
    )
    answer = await raw(telegram, *request_)
    assert answer["description"].startswith(words)
    assert [(each[0], each[2].split(":")[0]) for each in telegram.refused] == [(request_[0], rule)]
    after = (telegram.messages, telegram.said, telegram.answers, telegram.commands, telegram.hook)
    assert after == before


@pytest.mark.parametrize("request_", AT_THE_LIMIT)
async def test_telegram_takes_what_is_just_within_its_limits(
    telegram: Telegram, request_: tuple[str, Json]
) -> None:
    arrange_past(telegram)
    assert (await raw(telegram, *request_))["ok"]
    assert not telegram.refused


async def test_a_wrong_token_is_unauthorized_and_a_malformed_path_not_found(telegram: Telegram) -> None:
    wrong = await raw(telegram, "getMe", {}, "7000000001:" + "X" * 35)
    assert wrong == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    malformed = await raw(telegram, "getMe", {}, "word")
    assert malformed == {"ok": False, "error_code": 404, "description": "Not Found"}
    assert [detail.split(":")[0] for _, _, detail in telegram.refused] == ["token", "malformed"]


async def test_a_poll_and_a_webhook_exclude_each_other(telegram: Telegram) -> None:
    set_hook(telegram)
    answer = await raw(telegram, "getUpdates", {})
    assert answer["error_code"] == 409
    assert answer["description"].startswith("Conflict: can't use getUpdates method while webhook is active")
    assert telegram.refused[0][2].startswith("webhook-active")


async def test_a_later_poll_ends_the_earlier(telegram: Telegram) -> None:
    first = asyncio.create_task(raw(telegram, "getUpdates", {"timeout": 30}))
    await telegram.settled(lambda t: t.polling == 1)
    second = asyncio.create_task(raw(telegram, "getUpdates", {"timeout": 30}))
    answer = await first
    assert (answer["error_code"], answer["description"][:41]) == (
        409,
        "Conflict: terminated by other getUpdates ",
    )
    assert telegram.refused[0][2].startswith("two-pollers")
    await Person(telegram, ANN).say("hello")
    assert [each["message"]["text"] for each in (await second)["result"]] == ["hello"]


@pytest.mark.parametrize(("chat", "most"), [(ANN, 1), (GROUP, 20)])
async def test_a_chat_takes_messages_at_its_pace(telegram: Telegram, chat: int, most: int) -> None:
    telegram.freeze()
    for _ in range(most):
        assert (await raw(telegram, *sent(chat_id=chat)))["ok"]
    answer = await raw(telegram, *sent(chat_id=chat))
    wait = answer["parameters"]["retry_after"]
    assert (answer["error_code"], answer["description"]) == (429, f"Too Many Requests: retry after {wait}")
    assert telegram.refused[0][:2] == ("sendMessage", "pace")
    telegram.clock += wait
    assert (await raw(telegram, *sent(chat_id=chat)))["ok"]


async def test_all_chats_together_take_thirty_messages_a_second(telegram: Telegram) -> None:
    telegram.freeze()
    for id in range(100, 131):
        telegram.person(id, started=True)
        answer = await raw(telegram, *sent(chat_id=id))
        assert answer["ok"] == (id < 130)
    assert telegram.refused[0][1] == "pace"


# The real client


async def test_the_client_learns_who_it_is(telegram: Telegram, bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.username, me.is_bot) == (telegram.bot_id, telegram.bot_username, True)
    wrong = Bot("7000000001:" + "X" * 35, base_url=telegram.api_url)
    with pytest.raises(InvalidToken):
        await wrong.initialize()
    await wrong.shutdown()


async def test_messages_are_sent_edited_and_deleted(telegram: Telegram, bot: Bot) -> None:
    keyboard = InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton("a", callback_data="r:1:a"),
                InlineKeyboardButton("b", callback_data="r:1:b"),
            ],
            [InlineKeyboardButton("Read it", url="https://example.org/law")],
        ]
    )
    message = await bot.send_message(ANN, "  <b>Stop</b> &amp; think", ParseMode.HTML, reply_markup=keyboard)
    posted = telegram.messages[0]
    assert (posted.text, posted.html) == ("Stop & think", "  <b>Stop</b> &amp; think")
    assert (message.text, message.message_id, message.reply_markup) == (posted.text, posted.id, keyboard)
    assert posted.entities == [{"type": "bold", "offset": 0, "length": 4}]
    assert posted.keyboard == [[("a", "r:1:a"), ("b", "r:1:b")], [("Read it", "https://example.org/law")]]
    assert text_of(posted) == "Stop & think\n[a] [b]\n[Read it]"
    await bot.edit_message_text("Thought", ANN, message.message_id)
    assert (text_of(posted), posted.edits) == ("Thought", 1)
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("Thought", ANN, message.message_id)
    await bot.edit_message_reply_markup(ANN, message.message_id, reply_markup=keyboard)
    await bot.delete_message(ANN, message.message_id)
    assert posted.deleted
    assert [method for method, _, _ in telegram.calls][:2] == ["sendMessage", "editMessageText"]


async def test_a_document_comes_with_its_bytes_and_caption(telegram: Telegram, bot: Bot) -> None:
    message = await bot.send_document(
        ANN, b"a,b\n", caption="<i>All</i>", parse_mode="HTML", filename="a.csv"
    )
    posted = telegram.messages[0]
    assert (posted.document, posted.data, posted.text) == ("a.csv", b"a,b\n", "All")
    assert message.document
    assert (message.document.file_name, message.caption) == ("a.csv", "All")
    assert text_of(posted) == "(a.csv)\nAll"


async def test_a_reply_and_a_topic_are_kept(telegram: Telegram, bot: Bot) -> None:
    thread = telegram.topic(FORUM)
    said = (await Person(telegram, ANN).say("/law", FORUM, thread)).posted
    assert said
    await bot.send_message(
        FORUM, "Hello", message_thread_id=thread, reply_parameters=ReplyParameters(message_id=said.id)
    )
    posted = telegram.messages[0]
    assert (posted.thread, posted.reply_to) == (thread, said.id)


async def test_a_press_is_answered_once_within_15_seconds(telegram: Telegram, bot: Bot) -> None:
    keyboard = InlineKeyboardMarkup.from_button(InlineKeyboardButton("Go", callback_data="go"))
    await bot.send_message(ANN, "Ready?", reply_markup=keyboard)
    await Person(telegram, ANN).press(telegram.messages[0], "Go")
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert query
    assert query.message
    assert (query.data, query.from_user.id, query.message.message_id) == ("go", ANN, 1)
    await bot.answer_callback_query(query.id, "Gone", show_alert=True)
    assert [(a.text, a.alert, a.user) for a in telegram.answers] == [("Gone", True, ANN)]
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(query.id)
    await Person(telegram, ANN).press(telegram.messages[0], "Go")
    telegram.clock += 16
    (late,) = await bot.get_updates(offset=update.update_id + 1)
    assert late.callback_query
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(late.callback_query.id)


async def test_updates_come_until_they_are_confirmed(telegram: Telegram, bot: Bot) -> None:
    ann = Person(telegram, ANN)
    await ann.say("one")
    await ann.say("two")
    first, second = await bot.get_updates()
    assert [u.update_id for u in await bot.get_updates(limit=1)] == [first.update_id]
    assert [u.update_id for u in await bot.get_updates(offset=second.update_id)] == [second.update_id]
    assert telegram.confirmed == first.update_id
    waiting = asyncio.create_task(bot.get_updates(offset=second.update_id + 1, timeout=10))
    await telegram.settled(lambda t: t.polling == 1)
    said = await ann.say("three")
    assert said.status is None
    (third,) = await waiting
    assert third.message
    assert (third.message.text, third.update_id) == ("three", second.update_id + 1)


async def test_only_the_kinds_that_were_asked_for_come(telegram: Telegram, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=[Update.CALLBACK_QUERY])
    assert not (await Person(telegram, ANN).say("hello")).told
    await bot.get_updates(allowed_updates=[])
    assert (await Person(telegram, ANN).say("hello")).told
    assert len(await bot.get_updates()) == 1


async def test_a_stranger_has_to_begin(telegram: Telegram, bot: Bot) -> None:
    cat = Person(telegram, 77)
    with pytest.raises(Forbidden, match="can't initiate"):
        await bot.send_message(77, "Hello")
    await cat.start("code")
    (update,) = await bot.get_updates()
    assert update.message
    assert (update.message.text, update.message.entities[0].type) == ("/start code", "bot_command")
    await bot.send_message(77, "Hello")
    await cat.block()
    with pytest.raises(Forbidden, match="blocked"):
        await bot.send_message(77, "Hello")
    await cat.unblock()
    changes = [u.my_chat_member for u in await bot.get_updates(offset=update.update_id + 1)]
    assert [c and c.new_chat_member.status for c in changes] == ["kicked", "member"]


async def test_a_group_that_moved_says_where(telegram: Telegram, bot: Bot) -> None:
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(MOVED, "Hello")
    await bot.send_message(moved.value.new_chat_id, "Hello")
    new = await Person(telegram, ANN).upgrade(GROUP)
    old, fresh = await bot.get_updates()
    assert old.message
    assert fresh.message
    assert (old.message.chat.id, old.message.migrate_to_chat_id) == (GROUP, new)
    assert (fresh.message.chat.id, fresh.message.migrate_from_chat_id) == (new, GROUP)


async def test_a_group_says_who_is_in_it(telegram: Telegram, bot: Bot) -> None:
    statuses = [(await bot.get_chat_member(GROUP, id)).status for id in (ANN, BEN, 7, telegram.bot_id)]
    assert statuses == ["member", "administrator", "left", "member"]
    assert [a.user.id for a in await bot.get_chat_administrators(GROUP)] == [BEN]
    assert (await bot.get_chat(GROUP)).title == "The team"
    await bot.send_chat_action(GROUP, "typing")
    await bot.leave_chat(GROUP)
    with pytest.raises(Forbidden, match="not a member"):
        await bot.send_message(GROUP, "Hello")
    assert not (await Person(telegram, ANN).say("/law", GROUP)).told


async def test_privacy_mode_hides_what_is_not_for_the_bot(telegram: Telegram, bot: Bot) -> None:
    ann, ben = Person(telegram, ANN), Person(telegram, BEN)
    await bot.send_message(GROUP, "Hello all")
    hello = telegram.messages[0]
    told = {
        "words": await ann.say("hello", GROUP),
        "mention": await ann.say("@mayshare_test_bot hello", GROUP),
        "command": await ann.say("/law", GROUP),
        "ours": await ann.say("/law@MayShare_test_bot schools", GROUP),
        "another's": await ann.say("/law@other_bot", GROUP),
        "reply": await ben.say("I think so", GROUP, reply_to=hello),
        "joined": await Person(telegram, 70).join(GROUP),
    }
    assert [name for name, each in told.items() if each.told] == ["command", "ours", "reply", "joined"]
    telegram.groups[GROUP].other_bot_spoke = True
    assert not (await ann.say("/law", GROUP)).told
    telegram.privacy = False
    assert (await ann.say("hello", GROUP)).told
    telegram.privacy = True
    await ben.promote_bot(GROUP)
    assert (await ann.say("hello", GROUP)).told


async def test_a_bot_deletes_others_words_in_a_group_as_admin_only(telegram: Telegram, bot: Bot) -> None:
    arrange_past(telegram)
    with pytest.raises(BadRequest, match="can't be deleted"):
        await bot.delete_message(GROUP, BENS)
    telegram.groups[GROUP].bot_admin = True
    await bot.delete_message(GROUP, BENS)
    said = (await Person(telegram, ANN).say("my secret")).posted
    assert said
    await bot.delete_message(ANN, said.id)
    assert said.deleted


async def test_a_card_is_found_chosen_pressed_and_edited(telegram: Telegram, bot: Bot) -> None:
    ann, ben = Person(telegram, ANN), Person(telegram, BEN)
    await ann.inline("school")
    (update,) = await bot.get_updates()
    assert update.inline_query
    keyboard = InlineKeyboardMarkup.from_button(InlineKeyboardButton("More", callback_data="more"))
    content = InputTextMessageContent("<b>May</b> share", parse_mode="HTML")
    card = InlineQueryResultArticle("1", "Schools", content, reply_markup=keyboard, description="What may be")
    await bot.answer_inline_query(update.inline_query.id, [card], cache_time=300)
    answer = telegram.inline_answers[0]
    assert (answer.user, answer.query, answer.is_personal) == (ANN, "school", False)
    assert not (await ben.inline("school")).told  # Telegram has the answer still
    await ann.choose(answer.results[0])
    posted = telegram.messages[0]
    assert (posted.by, posted.via_bot, text_of(posted)) == (ANN, True, "May share\n[More]")
    await ben.press(posted, "More")
    chosen, pressed = await bot.get_updates(offset=update.update_id + 1)
    assert chosen.chosen_inline_result
    assert pressed.callback_query
    assert chosen.chosen_inline_result.inline_message_id == pressed.callback_query.inline_message_id
    await bot.edit_message_text("More", inline_message_id=pressed.callback_query.inline_message_id)
    assert text_of(posted) == "More"
    await ann.choose(answer.results[0], GROUP)
    updates = await bot.get_updates(offset=pressed.update_id + 1)
    assert updates[0].message
    assert updates[0].message.via_bot


async def test_a_personal_answer_is_for_one_person(telegram: Telegram, bot: Bot) -> None:
    delivery = await Person(telegram, ANN).inline("mine")
    id = delivery.update["inline_query"]["id"]
    card = InlineQueryResultArticle("1", "Mine", InputTextMessageContent("Mine"))
    await bot.answer_inline_query(id, [card], is_personal=True)
    assert (await Person(telegram, BEN).inline("mine")).told
    with pytest.raises(AssertionError, match="no such card"):
        await Person(telegram, BEN).choose(telegram.inline_answers[0].results[0])


async def test_commands_and_descriptions_are_kept_by_scope_and_language(telegram: Telegram, bot: Bot) -> None:
    private = BotCommandScopeAllPrivateChats()
    await bot.set_my_commands([BotCommand("law", "Ask")], scope=private, language_code="es")
    assert telegram.commands == {("all_private_chats", "es"): [("law", "Ask")]}
    assert [c.command for c in await bot.get_my_commands(private, "es")] == ["law"]
    assert not await bot.get_my_commands()
    await bot.delete_my_commands(private, "es")
    await bot.set_my_description("May I share this?")
    await bot.set_my_short_description("A tutor")
    await bot.set_my_name("Tutor", "es")
    assert telegram.descriptions[("description", "")] == "May I share this?"
    assert (await bot.get_my_description()).description == "May I share this?"
    assert (await bot.get_my_short_description()).short_description == "A tutor"
    assert (await bot.get_my_name("es")).name == "Tutor"
    assert (await bot.get_my_name()).name == telegram.bot_name


# Things that go wrong


async def test_faults_come_as_often_as_was_said(telegram: Telegram, bot: Bot) -> None:
    telegram.limit("sendMessage", 7, chat=ANN)
    with pytest.raises(RetryAfter):
        await bot.send_message(ANN, "Hello")
    telegram.fail("sendMessage", 502, "Bad Gateway")
    with pytest.raises(NetworkError):
        await bot.send_message(ANN, "Hello")
    telegram.break_("sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(ANN, "Hello")
    assert not telegram.messages
    telegram.break_("sendMessage", when="after")
    with pytest.raises(NetworkError):
        await bot.send_message(ANN, "Hello")
    assert len(telegram.messages) == 1


async def test_a_held_call_takes_effect_when_let_go(telegram: Telegram, bot: Bot) -> None:
    go = telegram.hold("sendMessage")
    call = asyncio.create_task(bot.send_message(ANN, "In a while"))
    await telegram.settled(lambda t: t.calls)
    assert not telegram.messages
    go.set()
    await call
    await telegram.settled(1)


async def test_a_call_takes_effect_though_its_client_went_away(telegram: Telegram, bot: Bot) -> None:
    go = telegram.hold("sendMessage")
    with pytest.raises(TimedOut):
        await bot.send_message(ANN, "Too late", read_timeout=0.05)
    go.set()
    await telegram.settled(1)
    assert telegram.messages[0].text == "Too late"


async def test_a_poll_ends_with_its_client_and_with_a_webhook(telegram: Telegram, bot: Bot) -> None:
    with pytest.raises(TimedOut):
        await bot.get_updates(timeout=10, read_timeout=-9.95)
    await telegram.settled(lambda t: t.polling == 0)
    poll = asyncio.create_task(bot.get_updates(timeout=10))
    await telegram.settled(lambda t: t.polling == 1)
    assert not telegram.refused
    await bot.set_webhook("https://example.org/hook")
    with pytest.raises(Conflict, match="setWebhook"):
        await poll


async def test_an_application_polls_answers_and_stops(telegram: Telegram, bot: Bot) -> None:
    async def answer(update: Update, _: object) -> None:
        assert update.effective_message
        await update.effective_message.reply_text("Hello to you")

    application = Application.builder().bot(bot).job_queue(None).build()
    application.add_handler(MessageHandler(filters.TEXT, answer))
    async with application:
        await application.start()
        assert application.updater
        await application.updater.start_polling(allowed_updates=Update.ALL_TYPES)
        await Person(telegram, ANN).say("hello")
        await telegram.settled(1)
        await application.updater.stop()
        await application.stop()
    assert [posted.text for posted in telegram.messages] == ["Hello to you"]
    assert (telegram.refused, telegram.queue, telegram.confirmed) == ([], [], 1001)


async def test_two_polls_are_a_conflict_for_the_client(telegram: Telegram, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=10))
    await telegram.settled(lambda t: t.polling == 1)
    await raw(telegram, "getUpdates", {})
    with pytest.raises(Conflict):
        await first


# A webhook


class Ear:
    """A bot's webhook that answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.heard: list[tuple[str | None, Json]] = []

    async def hear(self, request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        self.heard.append((secret, json.loads(await request.read())))
        return web.Response(status=self.status)


@pytest.fixture
async def ear() -> AsyncIterator[tuple[Ear, str]]:
    ear, app = Ear(), web.Application()
    app.router.add_post("/hook", ear.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield ear, f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await runner.cleanup()


async def test_updates_are_brought_to_the_webhook(telegram: Telegram, bot: Bot, ear: tuple[Ear, str]) -> None:
    there, url = ear
    await Person(telegram, BEN).say("before")
    await bot.set_webhook(url, secret_token="s3cret", allowed_updates=["message"])  # noqa: S106
    assert [d.status for d in await telegram.flush()] == [200]
    delivery = await Person(telegram, ANN).say("hello")
    assert (delivery.status, telegram.queue) == (200, [])
    assert there.heard[1] == ("s3cret", delivery.update)
    there.status = 503
    missed = await Person(telegram, ANN).say("again")
    info = await bot.get_webhook_info()
    assert (missed.status, info.pending_update_count) == (503, 1)
    assert info.last_error_message
    there.status = 200
    assert (await telegram.again(missed)).status == 200
    assert there.heard[-1] == there.heard[-2]
    assert not telegram.queue
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


# Reading


def test_html_is_read_in_utf_16_units() -> None:
    text, entities = parse_html(
        '😀 <b>bold <i>both</i></b> <a href="https://x.org/?a=1&amp;b=2">law</a> &#39;'
    )
    assert text == "😀 bold both law '"
    assert entities == [
        {"type": "bold", "offset": 3, "length": 9},
        {"type": "italic", "offset": 8, "length": 4},
        {"type": "text_link", "offset": 13, "length": 3, "url": "https://x.org/?a=1&b=2"},
    ]


def test_commands_mentions_and_links_are_found() -> None:
    found = found_entities("/law@a_bot ask @ann_b at https://x.org/a/b, not a/b or me@x.org")
    assert [(e["type"], e["offset"], e["length"]) for e in found] == [
        ("bot_command", 0, 10),
        ("mention", 15, 6),
        ("url", 25, 17),
    ]


async def test_people_edit_their_words(telegram: Telegram, bot: Bot) -> None:
    ann = Person(telegram, ANN)
    said = (await ann.say("helo")).posted
    assert said
    await ann.edit(said, "hello")
    updates = await bot.get_updates()
    assert updates[1].edited_message
    assert (updates[1].edited_message.text, updates[1].edited_message.message_id) == ("hello", said.id)


async def test_waiting_ends_or_says_what_there_is(telegram: Telegram, bot: Bot) -> None:
    waiting = asyncio.create_task(telegram.settled(1))
    await bot.send_message(ANN, "Here I am")
    await waiting
    with pytest.raises(AssertionError, match="Here I am"):
        await telegram.settled(2, timeout=0.01)
