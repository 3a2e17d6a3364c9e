"""For every rule a raw request that breaks it, and calls that stay just within the limits."""

from __future__ import annotations

from typing import Any

from tests.telegram.platform import Telegram
from tests.telegram.records import Posted, Query
from tests.telegram.shapes import Json
from tests.telegram.updates import Hook

ANN, BEN, GROUP, FORUM = 5, 6, -100, -1001000000001
STRANGER, BLOCKER, GONE = 7, 8, 9
KICKED, LEFT, MOVED = -200, -300, -400
OLD, FILE, BENS = 900, 901, 902  # message ids
NEVER = "778899"
SECRET = "secret_token"  # noqa: S105 - a parameter's name


def arrange(telegram: Telegram) -> None:
    """The people and chats that the examples are about."""
    telegram.person(ANN, "Ann", "ann_at_work", started=True)
    telegram.person(BEN, "Ben", started=True)
    telegram.person(STRANGER, "Stranger")
    telegram.person(BLOCKER, started=True)
    telegram.block(BLOCKER)
    telegram.person(GONE, started=True)
    telegram.deactivate(GONE)
    telegram.group(GROUP, members=[ANN, BEN], admins=[BEN], supergroup=False)
    telegram.group(FORUM, members=[ANN], topics=True)
    for id in (KICKED, LEFT, MOVED):
        telegram.group(id, members=[ANN], supergroup=False)
    telegram.kick(KICKED)
    telegram.groups[LEFT].bot_in = False
    telegram.migrate(MOVED)
    telegram.file_limit = telegram.photo_limit = 1000


def arrange_past(telegram: Telegram) -> None:
    """Messages and queries from before."""
    now = telegram.now()
    bot = telegram.bot_id
    telegram.messages.append(Posted(ANN, OLD, bot, "Old", at=now - 49 * 3600))
    telegram.messages.append(Posted(ANN, FILE, bot, "", document="a.txt", data=b"a", at=now))
    telegram.said.append(Posted(GROUP, BENS, BEN, "Hello", at=now))
    telegram.queries["1"] = Query("1", "callback_query", ANN, now)
    telegram.queries["2"] = Query("2", "inline_query", ANN, now)
    telegram.queries["3"] = Query("3", "callback_query", ANN, now - 16)
    telegram.queries["4"] = Query("4", "inline_query", ANN, now, answered=True)


def sent(**more: Any) -> tuple[str, Json]:
    """A message."""
    return "sendMessage", {"chat_id": ANN, "text": "Hello"} | more


def marked(html: str) -> tuple[str, Json]:
    """A message in HTML."""
    return sent(text=html, parse_mode="HTML")


def button(text: str = "Go", **more: Any) -> Json:
    """A button."""
    return {"text": text} | (more or {"callback_data": "go"})


def pressed(*rows: list[Json]) -> tuple[str, Json]:
    """A message with buttons."""
    return sent(reply_markup={"inline_keyboard": list(rows)})


def edited(**more: Any) -> tuple[str, Json]:
    """An edit."""
    return "editMessageText", {"chat_id": ANN, "message_id": OLD, "text": "New"} | more


def png(width: int, height: int) -> bytes:
    """The beginning of a picture; nobody here reads further."""
    return b"\x89PNG\r\n\x1a\n" + bytes(4) + b"IHDR" + width.to_bytes(4) + height.to_bytes(4)


def photo(data: bytes, **more: Any) -> tuple[str, Json]:
    """A picture."""
    return "sendPhoto", {"chat_id": ANN, "photo": ("a.png", data)} | more


def deleted(chat: int, message: int) -> tuple[str, Json]:
    """A deletion."""
    return "deleteMessage", {"chat_id": chat, "message_id": message}


def article(id: str = "a", **more: Any) -> Json:
    """An inline result."""
    content = {"input_message_content": {"message_text": "Words"}}
    return {"type": "article", "id": id, "title": "Title"} | content | more


def found(*results: Json, **more: Any) -> tuple[str, Json]:
    """An answer to an inline query."""
    return "answerInlineQuery", {"inline_query_id": "2", "results": list(results)} | more


def commands(*pairs: tuple[str, str], **more: Any) -> tuple[str, Json]:
    """Commands to set."""
    return "setMyCommands", {"commands": [{"command": c, "description": d} for c, d in pairs]} | more


def hooked(url: str = "https://example.org/hook", **more: Any) -> tuple[str, Json]:
    """A webhook to set."""
    return "setWebhook", {"url": url} | more


MANY = "".join("<b>x</b>" for _ in range(101))

# The rule, the raw request that breaks it, and the beginning of Telegram's words.
EXAMPLES: list[tuple[str, tuple[str, Json], str]] = [
    ("method", ("sendTelegram", {}), "Not Found: method not found"),
    ("json", sent(reply_markup="{"), "Bad Request: can't parse reply_markup JSON object"),
    ("parameter-unknown", sent(colour="red"), "Bad Request"),
    ("parameter-missing", ("sendMessage", {"text": "Hello"}), "Bad Request: chat_id is empty"),
    ("parameter-missing", ("editMessageText", {"text": "Hello"}), "Bad Request: message identifier"),
    ("parameter-type", ("deleteMessage", {"chat_id": ANN, "message_id": "one"}), "Bad Request"),
    ("parameter-type", sent(protect_content="perhaps"), "Bad Request"),
    ("parameter-type", sent(text=5), "Bad Request"),
    ("field-unknown", pressed([button(callback_data="go", colour="red")]), "Bad Request"),
    ("field-unknown", sent(link_preview_options={"off": True}), "Bad Request"),
    ("field-missing", pressed([{"callback_data": "go"}]), "Bad Request"),
    ("field-missing", found({"type": "article", "id": "a", "title": "A"}), "Bad Request"),
    ("field-type", pressed([button(callback_data=5)]), "Bad Request"),
    ("field-type", ("setMyCommands", {"commands": {}}), "Bad Request"),
    ("text-empty", sent(text=""), "Bad Request: message text is empty"),
    ("text-empty", sent(text=" \n"), "Bad Request: message text is empty"),
    ("text-empty", marked("<b></b>"), "Bad Request: message text is empty"),
    ("text-long", sent(text="x" * 4097), "Bad Request: message is too long"),
    ("text-long", sent(text="😀" * 2049), "Bad Request: message is too long"),
    ("caption-long", ("sendDocument", {"chat_id": ANN, "caption": "x" * 1025}), "Bad Request: message cap"),
    ("parse-mode", sent(parse_mode="MarkdownV2"), "Bad Request: unsupported parse_mode"),
    (
        "parse-twice",
        sent(parse_mode="HTML", entities=[{"type": "bold", "offset": 0, "length": 1}]),
        "Bad Request",
    ),
    ("html-tag", marked("<h1>x</h1>"), "Bad Request: can't parse entities: Unsupported start tag"),
    (
        "html-tag",
        marked("é 1 < 2"),
        'Bad Request: can\'t parse entities: Unsupported start tag "" at byte off',
    ),
    ("html-attribute", marked('<b id="x">x</b>'), "Bad Request: can't parse entities"),
    ("html-link", marked("<a>x</a>"), "Bad Request: can't parse entities"),
    ("html-link", marked('<a href="javascript:x">x</a>'), "Bad Request: can't parse entities"),
    ("html-nesting", marked("<code><b>x</b></code>"), "Bad Request: can't parse entities"),
    (
        "html-nesting",
        marked("<blockquote><blockquote>x</blockquote></blockquote>"),
        "Bad Request: can't parse",
    ),
    ("html-ampersand", marked("you & me"), "Bad Request: can't parse entities"),
    ("html-ampersand", marked("&nbsp;x"), "Bad Request: can't parse entities"),
    ("html-unclosed", marked("<b>x"), "Bad Request: can't parse entities: Can't find end tag"),
    ("html-end", marked("x</b>"), "Bad Request: can't parse entities: Unexpected end tag"),
    ("html-end", marked("<b><i>x</b></i>"), "Bad Request: can't parse entities: Unmatched end tag"),
    ("entities-many", marked(MANY), "Bad Request: ENTITIES_TOO_LONG"),
    ("entity", sent(entities=[{"type": "bold", "offset": 3, "length": 5}]), "Bad Request"),
    ("entity", sent(entities=[{"type": "loud", "offset": 0, "length": 5}]), "Bad Request"),
    ("reply-markup", sent(reply_markup={"keyboard": [["Go"]]}), "Bad Request: object expected"),
    ("reply-markup", edited(reply_markup={"force_reply": True}), "Bad Request: inline keyboard expected"),
    ("buttons-many", pressed([button()] * 9), "Bad Request: reply markup is too long"),
    ("buttons-many", pressed(*[[button()]] * 101), "Bad Request: reply markup is too long"),
    ("button-text", pressed([button(" ")]), "Bad Request"),
    ("button-kind", pressed([{"text": "Go"}]), "Bad Request: Text buttons are unallowed"),
    ("button-kind", pressed([button(callback_data="a", url="https://x.org")]), "Bad Request"),
    ("button-data", pressed([button(callback_data="")]), "Bad Request: BUTTON_DATA_INVALID"),
    ("button-data", pressed([button(callback_data="é" * 33)]), "Bad Request: BUTTON_DATA_INVALID"),
    ("button-url", pressed([button(url="over there")]), "Bad Request: inline keyboard button URL"),
    ("button-url", pressed([button(url="http://localhost/x")]), "Bad Request: inline keyboard button URL"),
    ("chat-not-found", sent(chat_id=12345), "Bad Request: chat not found"),
    ("chat-not-found", sent(chat_id="@nowhere"), "Bad Request: chat not found"),
    ("chat-not-found", ("getChat", {"chat_id": STRANGER}), "Bad Request: chat not found"),
    (
        "user-not-found",
        ("getChatMember", {"chat_id": GROUP, "user_id": 12345}),
        "Bad Request: user not found",
    ),
    ("blocked", sent(chat_id=BLOCKER), "Forbidden: bot was blocked by the user"),
    ("blocked", deleted(BLOCKER, 1), "Forbidden: bot was blocked by the user"),
    ("kicked", sent(chat_id=KICKED), "Forbidden: bot was kicked from the group chat"),
    ("not-member", sent(chat_id=LEFT), "Forbidden: bot is not a member of the group chat"),
    ("deactivated", sent(chat_id=GONE), "Forbidden: user is deactivated"),
    ("initiate", sent(chat_id=STRANGER), "Forbidden: bot can't initiate conversation with a user"),
    ("migrated", sent(chat_id=MOVED), "Bad Request: group chat was upgraded to a supergroup chat"),
    ("thread", sent(message_thread_id=3), "Bad Request: message thread not found"),
    ("thread", sent(chat_id=FORUM, message_thread_id=1), "Bad Request: message thread not found"),
    ("reply", sent(reply_parameters={"message_id": 3}), "Bad Request: message to be replied not found"),
    ("edit-not-found", edited(message_id=3), "Bad Request: message to edit not found"),
    (
        "edit-not-found",
        ("editMessageText", {"inline_message_id": "x", "text": "x"}),
        "Bad Request: MESSAGE_ID",
    ),
    ("edit-others", edited(chat_id=GROUP, message_id=BENS), "Bad Request: message can't be edited"),
    ("edit-others", edited(message_id=FILE), "Bad Request: there is no text in the message to edit"),
    ("not-modified", edited(text="Old"), "Bad Request: message is not modified"),
    (
        "not-modified",
        ("editMessageReplyMarkup", {"chat_id": ANN, "message_id": OLD}),
        "Bad Request: message is not modified",
    ),
    ("delete-not-found", deleted(ANN, 3), "Bad Request: message to delete not found"),
    ("delete-not-allowed", deleted(ANN, OLD), "Bad Request: message can't be deleted for everyone"),
    ("delete-not-allowed", deleted(GROUP, BENS), "Bad Request: message can't be deleted for everyone"),
    ("private-only", ("getChatAdministrators", {"chat_id": ANN}), "Bad Request: there are no administrators"),
    (
        "private-only",
        ("getChatMember", {"chat_id": ANN, "user_id": ANN}),
        "Bad Request: there are no members",
    ),
    ("private-only", ("leaveChat", {"chat_id": ANN}), "Bad Request"),
    ("document", ("sendDocument", {"chat_id": ANN}), "Bad Request: there is no document in the request"),
    ("document", ("sendDocument", {"chat_id": ANN, "document": ("a.txt", b"")}), "Bad Request: file must be"),
    (
        "document-large",
        ("sendDocument", {"chat_id": ANN, "document": ("a.txt", bytes(1001))}),
        "Request Entity Too Large",
    ),
    ("photo", ("sendPhoto", {"chat_id": ANN}), "Bad Request: there is no photo in the request"),
    ("photo-large", photo(bytes(1001)), "Request Entity Too Large"),
    ("photo-unreadable", photo(b"GIF89a"), "Bad Request: IMAGE_PROCESS_FAILED"),
    ("photo-dimensions", photo(png(9000, 1001)), "Bad Request: PHOTO_INVALID_DIMENSIONS"),
    ("photo-dimensions", photo(png(2100, 100)), "Bad Request: PHOTO_INVALID_DIMENSIONS"),
    (
        "action",
        ("sendChatAction", {"chat_id": ANN, "action": "dancing"}),
        "Bad Request: wrong parameter action",
    ),
    ("query-old", ("answerCallbackQuery", {"callback_query_id": "3"}), "Bad Request: query is too old"),
    ("query-old", ("answerCallbackQuery", {"callback_query_id": NEVER}), "Bad Request: query is too old"),
    ("query-old", found(inline_query_id="4"), "Bad Request: query is too old"),
    (
        "answer-long",
        ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}),
        "Bad Request: MESS",
    ),
    ("results-many", found(*[article(f"{i}") for i in range(51)]), "Bad Request: RESULTS_TOO_MUCH"),
    ("result-kind", found({"type": "photo", "id": "a"}), "Bad Request"),
    ("result-id", found(article("x" * 65)), "Bad Request: RESULT_ID_INVALID"),
    ("result-id", found(article("")), "Bad Request: RESULT_ID_INVALID"),
    ("result-id-unique", found(article(), article()), "Bad Request: RESULT_ID_DUPLICATE"),
    ("result-title", found(article(title="")), "Bad Request: ARTICLE_TITLE_EMPTY"),
    ("next-offset", found(next_offset="x" * 65), "Bad Request: NEXT_OFFSET_INVALID"),
    ("inline-button", found(button={"text": "Go", "start_parameter": "a b"}), "Bad Request"),
    ("commands-many", commands(*[("help", "Help")] * 101), "Bad Request: BOT_COMMANDS_TOO_MUCH"),
    ("command", commands(("Help", "Help")), "Bad Request: BOT_COMMAND_INVALID"),
    ("command", commands(("x" * 33, "Help")), "Bad Request: BOT_COMMAND_INVALID"),
    ("command-description", commands(("help", "x" * 257)), "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"),
    ("command-description", commands(("help", "")), "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"),
    ("command-scope", commands(scope={"type": "everywhere"}), "Bad Request: can't parse BotCommandScope"),
    ("command-scope", commands(scope={"type": "chat"}), "Bad Request: can't parse BotCommandScope"),
    ("language", commands(language_code="en-GB"), "Bad Request: invalid language code"),
    ("description-long", ("setMyDescription", {"description": "x" * 513}), "Bad Request"),
    ("description-long", ("setMyShortDescription", {"short_description": "x" * 121}), "Bad Request"),
    ("description-long", ("setMyName", {"name": "x" * 65}), "Bad Request"),
    ("webhook-url", hooked("http://example.org/hook"), "Bad Request: bad webhook: An HTTPS URL"),
    ("webhook-secret", hooked(**{SECRET: "a b"}), "Bad Request: secret token contains unallowed characters"),
    ("webhook-secret", hooked(**{SECRET: "x" * 257}), "Bad Request: secret token is too long"),
    ("webhook-connections", hooked(max_connections=101), "Bad Request"),
    ("allowed-updates", hooked(allowed_updates=["messages"]), "Bad Request"),
]

# Rules that need more than one request, or another path: tests of their own show them.
APART = {"malformed", "token", "webhook-active", "two-pollers", "pace"}

AT_THE_LIMIT: list[tuple[str, Json]] = [
    sent(text="x" * 4096),
    sent(text="😀" * 2048),
    marked("<b>" + "x" * 4096 + "</b>"),
    marked("&lt;" * 4096),
    marked("".join("<b>x</b>" for _ in range(100))),
    marked('<a href="https://example.org/?a=1&amp;b=2">law</a> <tg-spoiler>x</tg-spoiler> &#8217;'),
    marked('<pre><code class="language-python">x</code></pre><blockquote expandable>y</blockquote>'),
    pressed(*[[button(callback_data="x" * 64)] * 8] * 12, [button()] * 4),
    pressed([button(url="https://example.org/a"), button(switch_inline_query="")]),
    found(*[article(f"{i}", title="T") for i in range(50)], next_offset="x" * 64, is_personal=True),
    ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 200}),
    commands(*[("x" * 32, "y" * 256)] * 100, language_code="de", scope={"type": "chat", "chat_id": ANN}),
    ("setMyDescription", {"description": "x" * 512}),
    hooked(secret_token="x" * 256, max_connections=100, allowed_updates=["message"]),
    ("sendDocument", {"chat_id": ANN, "caption": "x" * 1024, "document": ("a.txt", b"a")}),
    photo(png(9000, 1000), caption="x" * 1024),
    sent(reply_parameters={"message_id": 3, "allow_sending_without_reply": True}),
    deleted(ANN, FILE),
]


def set_hook(telegram: Telegram, url: str = "https://example.org/hook") -> None:
    """A webhook, without a call."""
    telegram.hook = Hook(url)
