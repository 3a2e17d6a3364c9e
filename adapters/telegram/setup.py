"""
Setting a bot up: its client, how updates come, its commands and descriptions.

Source: https://core.telegram.org/bots/api (setWebhook, setMyCommands, setMyDescription).
"""

from __future__ import annotations

from collections.abc import Sequence

from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.request import HTTPXRequest

from adapters.telegram.app import KINDS, PATH

PRIVATE = (
    ("start", "where everything is"),
    ("play", "short stories: decide what to share"),
    ("ask", "ask what the privacy laws say"),
    ("learn", "short pieces: why sharing matters"),
    ("laws", "browse the laws"),
    ("resume", "go on where you were"),
    ("practice", "three minutes of what you need most"),
    ("progress", "what you have played, what to revisit"),
    ("pause", "no weekly drills for four weeks"),
    ("drill", "the drills you ordered"),
    ("settings", "your role and your state"),
    ("link", "be one person on Slack and Telegram"),
    ("unlink", "be two again"),
    ("mydata", "see, take away or erase what is kept"),
    ("help", "all I can do"),
)
IN_GROUPS = (
    ("ask", "ask what the privacy laws say"),
    ("practice", "three minutes of what you need most, in private"),
    ("team", "what is set for this group"),
    ("help", "all I can do, in private"),
)
FOR_ADMINS = (
    ("ask", "ask what the privacy laws say"),
    ("drill", "order three minutes of practice each week"),
    ("team", "see or change what is set for this group"),
    ("supervisor", "as a reply: let someone order drills"),
    ("help", "all I can do, in private"),
)

ABOUT = "Short stories and plain answers about one question: may I share this? Nothing typed is kept."
DESCRIPTION = (
    "Mayshare trains one question: may I share this? Play short stories about a young person whom several "
    "agencies know, or ask in plain words what the privacy laws say.\n\n"
    "It is training, not legal advice. Nothing you type is kept. Please leave real names out."
)
CONNECTIONS = 20  # requests at a time that Telegram may deliver to the webhook


def bot_for(token: str, api_url: str | None) -> Bot:
    """Make a client of the Bot API; requests for updates have connections of their own."""
    calls, polls = HTTPXRequest(connection_pool_size=64), HTTPXRequest(connection_pool_size=2)
    if api_url is None:
        return Bot(token, request=calls, get_updates_request=polls)
    return Bot(token, base_url=f"{api_url.rstrip('/')}/bot", request=calls, get_updates_request=polls)


async def tell_how_updates_come(bot: Bot, public_url: str | None, secret: str | None) -> str:
    """
    Set the webhook where there is an address, else take it away, so that updates can be asked for.

    Returns:
        What was set, in words. Updates that wait at Telegram are kept.
    """
    if public_url and secret:
        address = public_url.rstrip("/") + PATH
        await bot.set_webhook(
            address, secret_token=secret, allowed_updates=list(KINDS), max_connections=CONNECTIONS
        )
        return f"The webhook is {address}."
    await bot.delete_webhook()
    return "There is no webhook: mayshare run asks Telegram for updates."


async def set_up(bot: Bot) -> Sequence[str]:
    """Set commands and descriptions; give what was set, a line each."""
    await bot.set_my_commands(_commands(PRIVATE), scope=BotCommandScopeAllPrivateChats())
    await bot.set_my_commands(_commands(IN_GROUPS), scope=BotCommandScopeAllGroupChats())
    await bot.set_my_commands(_commands(FOR_ADMINS), scope=BotCommandScopeAllChatAdministrators())
    await bot.set_my_short_description(ABOUT)
    await bot.set_my_description(DESCRIPTION)
    return (
        f"Commands in private chats: {_named(PRIVATE)}.",
        f"Commands in groups: {_named(IN_GROUPS)}; their administrators read what they may change.",
        "The description and the short description.",
    )


def _commands(listed: Sequence[tuple[str, str]]) -> list[BotCommand]:
    return [BotCommand(name, what) for name, what in listed]


def _named(listed: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"/{name}" for name, _ in listed)
