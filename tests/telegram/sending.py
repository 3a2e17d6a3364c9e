"""Methods that write: messages, edits, and answers to presses and inline queries."""

from __future__ import annotations

from typing import Any

from tests.telegram.records import Answer, InlineAnswer, Posted
from tests.telegram.rules import (
    ACTIONS,
    check_caption,
    check_inline_button,
    check_inline_markup,
    check_markup,
    check_results,
    check_text,
)
from tests.telegram.shapes import Json, Refused, bad, fields, units
from tests.telegram.shown import shown_message
from tests.telegram.updates import Updates
from tests.telegram.world import DELETE_SECONDS


def send_message(world: Updates, args: Json) -> Json:
    """sendMessage."""
    chat = world.check_chat(args["chat_id"])
    text, entities = check_text(args)
    return _send(world, args, Posted(chat, 0, world.bot_id, text, args["text"], entities))


def send_document(world: Updates, args: Json) -> Json:
    """sendDocument."""
    chat = world.check_chat(args["chat_id"])
    text, entities = check_caption(args)
    match args.get("document"):
        case (str(name), bytes(data)):
            pass
        case _:
            raise bad("document", "there is no document in the request")
    if not data:
        raise bad("document", "file must be non-empty")
    if len(data) > world.file_limit:
        raise Refused("document-large", f"{len(data)} bytes", 413, "Request Entity Too Large")
    posted = Posted(chat, 0, world.bot_id, text, args.get("caption", ""), entities, document=name, data=data)
    return _send(world, args, posted)


PNG = b"\x89PNG\r\n\x1a\n"


def send_photo(world: Updates, args: Json) -> Json:
    """sendPhoto: a PNG, as this house sends no other."""
    chat = world.check_chat(args["chat_id"])
    text, entities = check_caption(args)
    match args.get("photo"):
        case (str(_), bytes(data)):
            pass
        case _:
            raise bad("photo", "there is no photo in the request")
    if len(data) > world.photo_limit:
        raise Refused("photo-large", f"{len(data)} bytes", 413, "Request Entity Too Large")
    if not data.startswith(PNG) or data[12:16] != b"IHDR":
        raise bad("photo-unreadable", "IMAGE_PROCESS_FAILED")
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad("photo-dimensions", "PHOTO_INVALID_DIMENSIONS", f"{width} x {height}")
    posted = Posted(chat, 0, world.bot_id, text, args.get("caption", ""), entities, photo=(width, height))
    posted.data = data
    return _send(world, args, posted)


def _send(world: Updates, args: Json, posted: Posted) -> Json:
    posted.markup = check_markup(args.get("reply_markup"))
    _check_preview(args)
    posted.thread = args.get("message_thread_id")
    world.check_thread(posted.chat, posted.thread)
    posted.reply_to = _reply(world, posted.chat, args.get("reply_parameters"))
    world.keep_pace(posted.chat)
    posted.id, posted.at, posted.sent = world.next_message_id(posted.chat), world.now(), args
    world.messages.append(posted)
    if posted.chat < 0:
        world.groups[posted.chat].other_bot_spoke = False
    return shown_message(world, posted)


PREVIEW = ["is_disabled", "url", "prefer_small_media", "prefer_large_media", "show_above_text"]
QUOTE = ["chat_id", "allow_sending_without_reply", "quote", "quote_parse_mode", "quote_position"]


def _check_preview(args: Json) -> None:
    if "link_preview_options" in args:
        fields(args["link_preview_options"], "LinkPreviewOptions", PREVIEW)


def _reply(world: Updates, chat: int, reply: Any) -> int | None:
    if not reply:
        return None
    fields(reply, "ReplyParameters", QUOTE, ["message_id"])
    elsewhere = str(reply.get("chat_id", chat)) != str(chat)
    if not elsewhere and world.find(chat, reply["message_id"]):
        return int(reply["message_id"])
    if reply.get("allow_sending_without_reply"):
        return None
    raise bad("reply", "message to be replied not found", f"message {reply['message_id']} in {chat}")


# Editing


def edit_text(world: Updates, args: Json) -> Json | bool:
    """editMessageText; without a reply_markup the buttons go."""
    posted = _editable(world, args)
    if posted.document is not None or posted.photo is not None:
        raise bad("edit-others", "there is no text in the message to edit")
    text, entities = check_text(args)
    _check_preview(args)
    posted_markup = check_inline_markup(args.get("reply_markup"))
    _change(posted, text, entities, posted_markup)
    posted.html, posted.sent = args["text"], args
    return _edited(world, posted)


def edit_markup(world: Updates, args: Json) -> Json | bool:
    """editMessageReplyMarkup."""
    posted = _editable(world, args)
    _change(posted, posted.text, posted.entities, check_inline_markup(args.get("reply_markup")))
    return _edited(world, posted)


def _editable(world: Updates, args: Json) -> Posted:
    if "inline_message_id" in args:
        cards = [each for each in world.messages if each.inline_id == args["inline_message_id"]]
        if not cards or cards[0].deleted:
            raise bad("edit-not-found", "MESSAGE_ID_INVALID", f"inline {args['inline_message_id']}")
        return cards[0]
    for name in ("chat_id", "message_id"):
        if name not in args:
            raise bad("parameter-missing", "message identifier is not specified", name)
    chat = world.check_chat(args["chat_id"])
    posted = world.find(chat, args["message_id"])
    if posted is None:
        raise bad("edit-not-found", "message to edit not found", f"{args['message_id']} in {chat}")
    if posted.by != world.bot_id:
        raise bad("edit-others", "message can't be edited", f"{args['message_id']} in {chat}")
    return posted


def _change(posted: Posted, text: str, entities: list[Json], markup: Json | None) -> None:
    if (posted.text, posted.entities, posted.markup) == (text, entities, markup):
        words = (
            "message is not modified: specified new message content and reply markup are exactly the same"
            " as a current content and reply markup of the message"
        )
        raise bad("not-modified", words, f"{posted.id} in {posted.chat}")
    posted.text, posted.entities, posted.markup = text, entities, markup
    posted.edits += 1


def _edited(world: Updates, posted: Posted) -> Json | bool:
    return True if posted.inline_id else shown_message(world, posted)


def delete_message(world: Updates, args: Json) -> bool:
    """deleteMessage: within 48 hours; in a group others' messages only as admin."""
    chat = world.check_chat(args["chat_id"])
    posted = world.find(chat, args["message_id"])
    if posted is None:
        raise bad("delete-not-found", "message to delete not found", f"{args['message_id']} in {chat}")
    admin = chat < 0 and world.groups[chat].bot_admin
    old = world.now() - posted.at > DELETE_SECONDS and not admin
    others = posted.by != world.bot_id and chat < 0 and not admin
    if old or others:
        why = "older than 48 hours" if old else "another's, and the bot is no admin"
        raise bad("delete-not-allowed", "message can't be deleted for everyone", why)
    posted.deleted = True
    return True


# Answering


def answer_press(world: Updates, args: Json) -> bool:
    """answerCallbackQuery."""
    text = args.get("text", "")
    if units(text) > 200:
        raise bad("answer-long", "MESSAGE_TOO_LONG", f"text: {units(text)}")
    query = world.use_query("callback_query", args["callback_query_id"])
    alert, cache = args.get("show_alert", False), args.get("cache_time", 0)
    world.answers.append(Answer(query.id, text, alert, query.user, args.get("url"), cache))
    return True


def answer_inline(world: Updates, args: Json) -> bool:
    """answerInlineQuery."""
    results, offset = check_results(args["results"]), args.get("next_offset", "")
    if len(offset.encode()) > 64:
        raise bad("next-offset", "NEXT_OFFSET_INVALID", f"next_offset: {len(offset.encode())} bytes")
    button = args.get("button")
    if button is not None:
        check_inline_button(button)
    query = world.use_query("inline_query", args["inline_query_id"])
    personal, cache = args.get("is_personal", False), args.get("cache_time", 300)
    answer = InlineAnswer(query.id, query.user, query.text, results, offset, personal, cache, button)
    answer.offset, answer.at = query.offset, world.now()
    world.inline_answers.append(answer)
    return True


def chat_action(world: Updates, args: Json) -> bool:
    """sendChatAction."""
    chat = world.check_chat(args["chat_id"])
    if args["action"] not in ACTIONS:
        raise bad("action", "wrong parameter action in request", args["action"])
    world.check_thread(chat, args.get("message_thread_id"))
    world.actions.append((chat, args["action"]))
    return True
