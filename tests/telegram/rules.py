"""What Telegram refuses in a call, and what this house refuses besides.

Written from Telegram's published numbers and error texts and from nothing of ours, so that a
mistake in the renderer cannot hide behind the same mistake here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.telegram.entities import parse_html, trimmed
from tests.telegram.shapes import Json, Refused, bad, fields, listed, units, worded

__all__ = ["RULES", "Json", "Refused"]

TEXT = 4096  # UTF-16 units, after parsing
CAPTION = 1024
ENTITIES = 100
BUTTONS = 100
ROW = 8
DATA = 64  # bytes

RULES: list[tuple[str, str]] = [
    ("malformed", "A path that is no /bot<token>/<method>."),
    ("token", "A token that is not known."),
    ("method", "A method that is not known."),
    ("json", "A body or an argument that should be JSON and is not."),
    ("parameter-unknown", "A parameter the method does not know (stricter than Telegram, which ignores it)."),
    ("parameter-missing", "A call without a parameter that it needs."),
    ("parameter-type", "A parameter of the wrong kind, such as a word where a number belongs."),
    ("field-unknown", "A field of an object that is not known (stricter than Telegram)."),
    ("field-missing", "An object without a field that it needs."),
    ("field-type", "A field of the wrong kind."),
    ("text-empty", "A message without text, or with white space only."),
    ("text-long", "A text above 4096 UTF-16 units after parsing."),
    ("caption-long", "A caption above 1024 UTF-16 units after parsing."),
    ("parse-mode", "A parse_mode other than HTML (this house sends no other)."),
    ("parse-twice", "parse_mode and entities together (stricter than Telegram)."),
    ("html-tag", "A tag that is not supported, or a bare <."),
    ("html-attribute", "An attribute that its tag does not have (stricter than Telegram)."),
    ("html-link", "A link to what is no web, mail, phone or tg address (stricter: Telegram drops it)."),
    ("html-nesting", "A tag inside code or pre, or a blockquote in another (stricter: Telegram drops it)."),
    ("html-ampersand", "An ampersand that begins no &amp; &lt; &gt; &quot; or number (stricter)."),
    ("html-unclosed", "A tag that is never closed."),
    ("html-end", "An end tag that closes nothing, or the wrong tag."),
    ("entities-many", "More than 100 entities (stricter: Telegram drops the rest)."),
    ("entity", "An entity of an unknown type, or outside the text."),
    ("reply-markup", "A reply_markup that is no inline keyboard, forced reply or keyboard removal."),
    ("buttons-many", "More than 100 buttons, or 8 in a row."),
    ("button-text", "A button without text."),
    ("button-kind", "A button with none or several of callback_data, url and the switches."),
    ("button-data", "callback_data outside 1 to 64 bytes."),
    ("button-url", "A button's URL that is no web or tg address."),
    ("chat-not-found", "A chat that is not there or the bot never was in."),
    ("user-not-found", "A person who is not there."),
    ("blocked", "Writing to someone who blocked the bot."),
    ("kicked", "Writing to a group that removed the bot."),
    ("not-member", "Asking about or writing to a group that the bot left."),
    ("deactivated", "Writing to someone whose account is gone."),
    ("initiate", "Writing to someone who never wrote to the bot."),
    ("migrated", "Writing to a group that became a supergroup."),
    ("thread", "A message_thread_id that is no topic of the chat; 1, the General one, is none."),
    ("reply", "Replying to a message that is not there."),
    ("edit-not-found", "Editing a message that is not there."),
    ("edit-others", "Editing what someone else wrote, or the text of a document."),
    ("not-modified", "An edit that changes nothing."),
    ("delete-not-found", "Deleting a message that is not there."),
    ("delete-not-allowed", "Deleting what is older than 48 hours, or another's message without being admin."),
    ("private-only", "Asking for administrators of, or leaving, a private chat."),
    ("document", "sendDocument without a file, or with an empty one."),
    ("document-large", "A file above 50 MB."),
    ("photo", "sendPhoto without a file."),
    ("photo-large", "A photo above 10 MB."),
    ("photo-unreadable", "A photo that is no PNG (this house sends no other)."),
    ("photo-dimensions", "A photo of more than 10,000 for both sides, or a side of 20 times the other."),
    ("action", "A chat action that is not known."),
    ("query-old", "Answering a query twice, after more than 15 seconds, or one that never was."),
    ("answer-long", "A callback's answer above 200 characters."),
    ("results-many", "More than 50 inline results."),
    ("result-kind", "An inline result other than an article (all this house sends)."),
    ("result-id", "An inline result's id outside 1 to 64 bytes."),
    ("result-id-unique", "Two inline results with one id."),
    ("result-title", "An inline article with an empty title."),
    ("next-offset", "A next_offset above 64 bytes."),
    ("inline-button", "An inline button without text, or with a start_parameter that is none."),
    ("commands-many", "More than 100 commands."),
    ("command", "A command that is not 1 to 32 small letters, digits and underscores."),
    ("command-description", "A command's description outside 1 to 256 characters."),
    ("command-scope", "A scope of commands that is not known or not whole."),
    ("language", "A language_code that is not two small letters."),
    ("description-long", "A description above 512, a short one above 120 or a name above 64 characters."),
    ("webhook-url", "A webhook that is neither https nor on loopback."),
    ("webhook-secret", "A secret_token that is not 1 to 256 of A-Z a-z 0-9 _ and -."),
    ("webhook-connections", "max_connections outside 1 to 100."),
    ("allowed-updates", "allowed_updates with a kind that is not known (stricter than Telegram)."),
    ("webhook-active", "getUpdates while a webhook is set."),
    ("two-pollers", "getUpdates that another getUpdates took the place of."),
    ("pace", "More than 1 message a second to a person, 20 a minute to a group, or 30 a second in all."),
]

ENTITY_TYPES = set(
    "mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough spoiler"
    " blockquote expandable_blockquote code pre text_link text_mention custom_emoji".split()
)
BUTTON_KINDS = (
    "callback_data url switch_inline_query switch_inline_query_current_chat"
    " switch_inline_query_chosen_chat copy_text"
).split()
BUTTON_URL = re.compile(r"(?:https?://[^\s/]+\.[^\s/]+(?:[/?#]\S*)?|tg://\S+)")
ACTIONS = set(
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document"
    " choose_sticker find_location record_video_note upload_video_note".split()
)


def check_text(args: Json) -> tuple[str, list[Json]]:
    """A message's text and entities after parsing, within its limits."""
    text, entities = _parsed(args, "text", "entities")
    if not text:
        raise bad("text-empty", "message text is empty")
    if units(text) > TEXT:
        raise bad("text-long", "message is too long", f"text: {units(text)} UTF-16 units")
    return text, entities


def check_caption(args: Json) -> tuple[str, list[Json]]:
    """A caption and its entities after parsing, within its limits."""
    text, entities = _parsed(args, "caption", "caption_entities")
    if units(text) > CAPTION:
        raise bad("caption-long", "message caption is too long", f"caption: {units(text)} UTF-16 units")
    return text, entities


def _parsed(args: Json, name: str, other: str) -> tuple[str, list[Json]]:
    text, mode, entities = worded(args.get(name, ""), name), args.get("parse_mode"), args.get(other)
    if mode is not None and mode != "HTML":
        raise bad("parse-mode", "unsupported parse_mode")
    if mode and entities:
        raise bad("parse-twice", f"parse_mode and {other} together")
    if mode:
        text, entities = parse_html(text)
    else:
        entities = [_entity(each, text) for each in listed(entities or [], other)]
    if len(entities) > ENTITIES:
        raise bad("entities-many", "ENTITIES_TOO_LONG", f"{len(entities)} entities")
    return trimmed(text, entities)


def _entity(entity: Any, text: str) -> Json:
    fields(
        entity, "MessageEntity", ["url", "language", "user", "custom_emoji_id"], ["type", "offset", "length"]
    )
    start, length = entity["offset"], entity["length"]
    if not isinstance(start, int) or not isinstance(length, int):
        raise bad("field-type", "MessageEntity: offset and length must be of type Number")
    if entity["type"] not in ENTITY_TYPES or start < 0 or length < 1 or start + length > units(text):
        raise bad("entity", "can't parse entities: entity is wrong", f"{entity}")
    return dict(entity)


def check_markup(markup: Any) -> Json | None:
    """A reply_markup; None where it is empty."""
    if markup is None or markup == {}:
        return None
    match markup:
        case {"inline_keyboard": rows}:
            fields(markup, "InlineKeyboardMarkup", [], ["inline_keyboard"])
            return _check_keyboard(listed(rows, "inline keyboard"))
        case {"force_reply": True}:
            return fields(markup, "ForceReply", ["force_reply", "input_field_placeholder", "selective"])
        case {"remove_keyboard": True}:
            return fields(markup, "ReplyKeyboardRemove", ["remove_keyboard", "selective"])
    raise bad("reply-markup", "object expected as reply markup")


def check_inline_markup(markup: Any) -> Json | None:
    """A reply_markup where only an inline keyboard can stand."""
    if markup and "inline_keyboard" not in fields(markup, "reply_markup", list(markup)):
        raise bad("reply-markup", "inline keyboard expected")
    return check_markup(markup)


def _check_keyboard(rows: list[Any]) -> Json | None:
    for row in rows:
        for button in listed(row, "inline keyboard row"):
            _check_button(button)
        if len(row) > ROW:
            raise bad("buttons-many", "reply markup is too long", f"{len(row)} buttons in a row")
    count = sum(len(row) for row in rows)
    if count > BUTTONS:
        raise bad("buttons-many", "reply markup is too long", f"{count} buttons")
    kept = [row for row in rows if row]
    return {"inline_keyboard": kept} if kept else None


def _check_button(button: Any) -> None:
    fields(button, "inline keyboard button", [*BUTTON_KINDS, "style", "icon_custom_emoji_id"], ["text"])
    if not worded(button["text"], "inline keyboard button text").strip():
        raise bad("button-text", "inline keyboard button text must be non-empty")
    kinds = [kind for kind in BUTTON_KINDS if kind in button]
    if not kinds:
        raise bad("button-kind", "Text buttons are unallowed in the inline keyboard")
    if len(kinds) > 1:
        raise bad("button-kind", f"a button is one of {', '.join(kinds)}")
    if kinds == ["callback_data"]:
        data = worded(button["callback_data"], "callback_data")
        if not 1 <= len(data.encode()) <= DATA:
            raise bad("button-data", "BUTTON_DATA_INVALID", f"callback_data: {len(data.encode())} bytes")
    if kinds == ["url"] and not BUTTON_URL.fullmatch(worded(button["url"], "url")):
        raise bad("button-url", f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")


def check_results(results: Any) -> list[Json]:
    """The results of an inline query: articles, each whole; with what they would send, parsed."""
    if len(listed(results, "inline query results")) > 50:
        raise bad("results-many", "RESULTS_TOO_MUCH", f"{len(results)} results")
    for result in results:
        _check_result(result)
    ids = [result["id"] for result in results]
    if len(set(ids)) < len(ids):
        raise bad("result-id-unique", "RESULT_ID_DUPLICATE")
    return list(results)


RESULT = ["reply_markup", "url", "description", "thumbnail_url", "thumbnail_width", "thumbnail_height"]
CONTENT = ["parse_mode", "entities", "link_preview_options"]


def _check_result(result: Any) -> None:
    if isinstance(result, dict) and result.get("type") != "article":
        raise bad("result-kind", f"inline query result type {result.get('type')!r} is not played here")
    needs = ["type", "id", "title", "input_message_content"]
    fields(result, "inline query result", RESULT, needs)
    if not 1 <= len(worded(result["id"], "id").encode()) <= DATA:
        raise bad("result-id", "RESULT_ID_INVALID", f"id: {len(result['id'].encode())} bytes")
    if not worded(result["title"], "title").strip():
        raise bad("result-title", "ARTICLE_TITLE_EMPTY")
    check_text(
        fields(result["input_message_content"], "input message content", CONTENT, ["message_text"])
        | {"text": result["input_message_content"]["message_text"]}
    )
    check_inline_markup(result.get("reply_markup"))


def check_inline_button(button: Any) -> None:
    """The button above inline results: it opens the bot with a payload."""
    fields(button, "inline query results button", [], ["text", "start_parameter"])
    start = worded(button["start_parameter"], "start_parameter")
    if not worded(button["text"], "text").strip() or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", start):
        raise bad("inline-button", "START_PARAM_INVALID")


def check_commands(commands: Any) -> list[tuple[str, str]]:
    """The commands of one scope and language."""
    if len(listed(commands, "commands")) > 100:
        raise bad("commands-many", "BOT_COMMANDS_TOO_MUCH", f"{len(commands)} commands")
    pairs = []
    for each in commands:
        fields(each, "BotCommand", [], ["command", "description"])
        command, description = worded(each["command"], "command"), worded(each["description"], "description")
        command = command.removeprefix("/")
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command):
            raise bad("command", "BOT_COMMAND_INVALID", f"command {command!r}")
        if not 1 <= len(description.strip()) <= 256:
            raise bad("command-description", "BOT_COMMAND_DESCRIPTION_INVALID", f"{len(description)}")
        pairs.append((command, description))
    return pairs


SCOPES: Mapping[str, list[str]] = {
    "default": [],
    "all_private_chats": [],
    "all_group_chats": [],
    "all_chat_administrators": [],
    "chat": ["chat_id"],
    "chat_administrators": ["chat_id"],
    "chat_member": ["chat_id", "user_id"],
}


def check_scope(scope: Any) -> str:
    """A scope of commands as one word, such as `default` or `chat:5`."""
    given = fields(scope or {"type": "default"}, "BotCommandScope", ["chat_id", "user_id"], ["type"])
    kind = given["type"]
    if kind not in SCOPES:
        raise bad("command-scope", "can't parse BotCommandScope: unsupported type specified")
    if set(given) != {"type", *SCOPES[kind]}:
        raise bad("command-scope", f"can't parse BotCommandScope: {kind} has {SCOPES[kind]}")
    return ":".join([kind, *(str(given[name]) for name in SCOPES[kind])])


def check_language(code: str) -> str:
    """A language_code: two letters, or none for everyone."""
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad("language", "invalid language code specified", f"language_code {code!r}")
    return code
