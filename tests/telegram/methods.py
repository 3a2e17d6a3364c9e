"""The Bot API's methods: what each needs and takes, and what it does to the world."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.telegram import sending
from tests.telegram.rules import check_commands, check_language, check_scope
from tests.telegram.shapes import Json, Refused, bad
from tests.telegram.shown import shown_bot, shown_chat, shown_member
from tests.telegram.updates import Updates

Run = Callable[[Updates, Json], Any]

STRUCTURED = (
    "allowed_updates reply_markup reply_parameters link_preview_options entities caption_entities results"
    " commands scope button"
).split()
NUMBERS = ("offset limit timeout message_id message_thread_id max_connections cache_time user_id").split()
FLAGS = (
    "drop_pending_updates disable_notification protect_content disable_content_type_detection show_alert"
    " is_personal"
).split()


@dataclass(frozen=True, slots=True)
class Method:
    """One method: the parameters it needs and those it takes besides."""

    run: Run
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


def checked(name: str, args: Json) -> tuple[Method, Json]:
    """The method, and its arguments as values of the right kinds."""
    method = METHODS.get(name)
    if method is None:
        raise Refused("method", name, 404, "Not Found: method not found")
    for arg in args:
        if arg not in method.needs + method.takes:
            raise bad("parameter-unknown", f"{name} takes no parameter {arg!r}")
    made = {arg: _value(arg, value) for arg, value in args.items()}
    for arg in method.needs:
        if arg in ("text", "url"):
            made.setdefault(arg, "")  # each has words of its own for that
        if arg not in made or (made[arg] == "" and arg not in ("text", "url")):
            raise bad("parameter-missing", f"{arg} is empty")
    return method, made


def _value(arg: str, value: Any) -> Any:
    if arg in ("document", "photo"):
        return value
    if arg in STRUCTURED:
        return value
    if arg in NUMBERS:
        return _number(arg, value)
    if arg in FLAGS:
        if str(value).lower() not in ("true", "false"):
            raise bad("parameter-type", f"{arg} must be a Boolean")
        return str(value).lower() == "true"
    if not isinstance(value, str) and (arg != "chat_id" or isinstance(value, bool | list | dict)):
        raise bad("parameter-type", f"{arg} must be a String")
    return value


def _number(arg: str, value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,18}", str(value)):
        raise bad("parameter-type", f"{arg} must be an Integer")
    return int(value)


# Commands and descriptions


def _key(args: Json) -> tuple[str, str]:
    return check_scope(args.get("scope")), check_language(args.get("language_code", ""))


def _set_commands(world: Updates, args: Json) -> bool:
    world.commands[_key(args)] = check_commands(args["commands"])
    return True


def _get_commands(world: Updates, args: Json) -> list[Json]:
    kept = world.commands.get(_key(args), [])
    return [{"command": command, "description": description} for command, description in kept]


def _delete_commands(world: Updates, args: Json) -> bool:
    world.commands.pop(_key(args), None)
    return True


def _setter(kind: str, most: int) -> Run:
    def run(world: Updates, args: Json) -> bool:
        words = args.get(kind, "")
        if len(words) > most:
            raise bad("description-long", f"{kind} is too long", f"{len(words)} characters")
        world.descriptions[kind, check_language(args.get("language_code", ""))] = words
        return True

    return run


def _getter(kind: str) -> Run:
    def run(world: Updates, args: Json) -> Json:
        default = world.bot_name if kind == "name" else ""
        language = check_language(args.get("language_code", ""))
        everyone = world.descriptions.get((kind, ""), default)
        return {kind: world.descriptions.get((kind, language)) or everyone}

    return run


# Chats


def _get_me(world: Updates, _: Json) -> Json:
    abilities = {"can_join_groups": True, "supports_inline_queries": True}
    privacy = {"can_read_all_group_messages": not world.privacy}
    more = {"can_connect_to_business": False, "has_main_web_app": False}
    return shown_bot(world) | abilities | privacy | more


def _get_chat(world: Updates, args: Json) -> Json:
    chat = world.check_chat(args["chat_id"], write=False)
    gifts = dict.fromkeys(
        "unlimited_gifts limited_gifts unique_gifts premium_subscription gifts_from_channels".split(), False
    )
    more = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
    return shown_chat(world, chat) | more


def _get_member(world: Updates, args: Json) -> Json:
    chat = world.check_chat(args["chat_id"], write=False)
    id = args["user_id"]
    if (id != world.bot_id and id not in world.people) or (chat > 0 and id not in (chat, world.bot_id)):
        raise bad("user-not-found", "user not found", f"user {id}")
    if chat > 0:
        raise bad("private-only", "there are no members in the private chat")
    return shown_member(world, chat, id)


def _get_administrators(world: Updates, args: Json) -> list[Json]:
    chat = world.check_chat(args["chat_id"], write=False)
    if chat > 0:
        raise bad("private-only", "there are no administrators in the private chat")
    group = world.groups[chat]
    people = [shown_member(world, chat, id) for id in sorted(group.admins)]
    return people + ([shown_member(world, chat, world.bot_id)] if group.bot_admin else [])


def _leave(world: Updates, args: Json) -> bool:
    chat = world.check_chat(args["chat_id"], write=False)
    if chat > 0:
        raise bad("private-only", "chat member status can't be changed in private chats")
    group = world.groups[chat]
    group.bot_in, group.bot_admin = False, False
    return True


def _waits(world: Updates, args: Json) -> None:
    """getUpdates waits, so the platform does it itself."""


SEND = (
    "parse_mode",
    "message_thread_id",
    "disable_notification",
    "protect_content",
    "reply_parameters",
    "reply_markup",
)
EDIT = ("chat_id", "message_id", "inline_message_id", "reply_markup")
LANGUAGE = ("language_code",)

METHODS: dict[str, Method] = {
    "getMe": Method(_get_me),
    "getUpdates": Method(_waits, (), ("offset", "limit", "timeout", "allowed_updates")),
    "setWebhook": Method(
        Updates.set_webhook,
        ("url",),
        ("secret_token", "allowed_updates", "max_connections", "drop_pending_updates"),
    ),
    "deleteWebhook": Method(Updates.delete_webhook, (), ("drop_pending_updates",)),
    "getWebhookInfo": Method(Updates.webhook_info),
    "sendMessage": Method(
        sending.send_message, ("chat_id", "text"), (*SEND, "entities", "link_preview_options")
    ),
    "sendDocument": Method(
        sending.send_document,
        ("chat_id",),
        (*SEND, "document", "caption", "caption_entities", "disable_content_type_detection"),
    ),
    "sendPhoto": Method(sending.send_photo, ("chat_id",), (*SEND, "photo", "caption", "caption_entities")),
    "editMessageText": Method(
        sending.edit_text, ("text",), (*EDIT, "parse_mode", "entities", "link_preview_options")
    ),
    "editMessageReplyMarkup": Method(sending.edit_markup, (), EDIT),
    "deleteMessage": Method(sending.delete_message, ("chat_id", "message_id")),
    "sendChatAction": Method(sending.chat_action, ("chat_id", "action"), ("message_thread_id",)),
    "answerCallbackQuery": Method(
        sending.answer_press, ("callback_query_id",), ("text", "show_alert", "url", "cache_time")
    ),
    "answerInlineQuery": Method(
        sending.answer_inline,
        ("inline_query_id", "results"),
        ("cache_time", "is_personal", "next_offset", "button"),
    ),
    "setMyCommands": Method(_set_commands, ("commands",), ("scope", *LANGUAGE)),
    "getMyCommands": Method(_get_commands, (), ("scope", *LANGUAGE)),
    "deleteMyCommands": Method(_delete_commands, (), ("scope", *LANGUAGE)),
    "setMyDescription": Method(_setter("description", 512), (), ("description", *LANGUAGE)),
    "getMyDescription": Method(_getter("description"), (), LANGUAGE),
    "setMyShortDescription": Method(_setter("short_description", 120), (), ("short_description", *LANGUAGE)),
    "getMyShortDescription": Method(_getter("short_description"), (), LANGUAGE),
    "setMyName": Method(_setter("name", 64), (), ("name", *LANGUAGE)),
    "getMyName": Method(_getter("name"), (), LANGUAGE),
    "getChat": Method(_get_chat, ("chat_id",)),
    "getChatMember": Method(_get_member, ("chat_id", "user_id")),
    "getChatAdministrators": Method(_get_administrators, ("chat_id",)),
    "leaveChat": Method(_leave, ("chat_id",)),
}
