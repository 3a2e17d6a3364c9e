"""
Telegram's updates as arrivals: what happened, to whom, and where the answer goes.

Pure. The id is the `update_id`, the same when an update is delivered again. In a group the tutor
answers a question, and nothing else: whatever is about one person opens in their private chat.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import get_args

from telegram import CallbackQuery, ChatMember, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType, MessageEntityType

from bot.buttons import event_from_button
from bot.events import (
    Arrival,
    Chose,
    Departed,
    DrillsShown,
    Event,
    InPrivate,
    Joined,
    Looked,
    Opened,
    Page,
    Started,
    SupervisorNamed,
    TeamChanged,
    TeamMoved,
    TeamPicked,
    TeamShown,
    TeamWeekShown,
    Typed,
    Unlinked,
)
from bot.model import Address

PLATFORM = "telegram"
PAGES: tuple[Page, ...] = get_args(Page)
GROUPS = frozenset({ChatType.GROUP, ChatType.SUPERGROUP})
DRILLS = frozenset({"drill", "drills"})
# Words of the tutor's list that are no page: in a group they lead to the page where they are at home.
ELSEWHERE: dict[str, Page] = {"start": "menu", "practice": "menu", "practise": "menu", "pause": "settings"}


def tenant_for(bot: int) -> str:
    """Give the tenant: all users of one bot."""
    return f"telegram:{bot}"


def is_guest(tenant: str) -> bool:
    """Say whether a tenant's accounts can become addresses of learners in another: a bot's users can."""
    return tenant.startswith(f"{PLATFORM}:")


def arrival_from(update: Update, bot: int, username: str, now: datetime) -> Arrival | None:
    """
    Read an update.

    Args:
        update: as Telegram sent it.
        bot: the bot's own id.
        username: the bot's own name, by which a group mentions it.
        now: when it came.

    Returns:
        None for what asks nothing of the tutor (edits, what others say to each other).
    """
    found: tuple[int, Address, Event | Typed] | None = None
    if update.callback_query is not None:
        found = _pressed(update.callback_query)
    elif update.message is not None:
        message = update.message
        found = _migrated(message) or _left(message, bot) or _written(message, bot, username)
    elif update.chat_member is not None:
        found = _away(update.chat_member)
    elif update.my_chat_member is not None:
        found = _blocked(update.my_chat_member)
    if found is None:
        return None
    person, address, event = found
    team = address.chat if address.shared else ""
    return Arrival(str(update.update_id), tenant_for(bot), str(person), address, now, event, team)


def _migrated(message: Message) -> tuple[int, Address, Event] | None:
    """Read that a group became a supergroup; the message stands in the new one."""
    old = message.migrate_from_chat_id
    if old is None or message.from_user is None:
        return None
    new = Address(platform=PLATFORM, chat=str(message.chat.id), shared=True)
    return message.from_user.id, new, TeamMoved(str(old))


def _left(message: Message, bot: int) -> tuple[int, Address, Event] | None:
    """Read that someone left a group, from the message that says so there."""
    person = message.left_chat_member
    if person is None or person.id == bot or message.chat.type not in GROUPS:
        return None
    return _departed(message.chat.id, person.id)


def _away(change: ChatMemberUpdated) -> tuple[int, Address, Event] | None:
    """Read that someone left a group, as its administrators are told."""
    after = change.new_chat_member
    return None if is_inside(after) else _departed(change.chat.id, after.user.id)


def _departed(group: int, person: int) -> tuple[int, Address, Event]:
    place = Address(platform=PLATFORM, chat=str(group), private=str(person), shared=True)
    return person, place, Departed(str(group), str(person))


def _blocked(change: ChatMemberUpdated) -> tuple[int, Address, Event] | None:
    """Read that someone blocked the bot."""
    if change.chat.type != ChatType.PRIVATE or is_inside(change.new_chat_member):
        return None
    person = change.chat.id
    return person, Address(platform=PLATFORM, chat=str(person)), Departed("", str(person))


def place_left(update: Update) -> str | None:
    """Give the group from which an update says that the bot was removed."""
    change = update.my_chat_member
    if change is None or change.chat.type not in GROUPS or is_inside(change.new_chat_member):
        return None
    return str(change.chat.id)


def is_inside(member: ChatMember) -> bool:
    """Say whether someone is in the chat whose member they are, or were."""
    if member.status == ChatMemberStatus.RESTRICTED:
        return bool(getattr(member, "is_member", False))
    return member.status not in {ChatMemberStatus.LEFT, ChatMemberStatus.BANNED}


def _pressed(query: CallbackQuery) -> tuple[int, Address, Event] | None:
    message = query.message
    if message is None:
        return None
    event = event_from_button(query.data or "")
    thread = getattr(message, "message_thread_id", None)
    address = Address(
        platform=PLATFORM,
        chat=str(message.chat.id),
        thread=str(thread) if thread and getattr(message, "is_topic_message", False) else None,
        pressed=f"{message.chat.id}:{message.message_id}",
    )
    return query.from_user.id, address, event or Chose("?", 0, "?")


def _written(message: Message, bot: int, username: str) -> tuple[int, Address, Event | Typed] | None:
    person = message.from_user
    text = message.text or message.caption or ""
    if person is not None and writes_as_group(message):
        command, _ = command_in(text, username)
        if command in DRILLS:  # whose private chat it is nobody knows: what is set has the way there
            return person.id, _group_address(message), TeamShown(str(message.chat.id))
        if command in {"team", "supervisor"}:
            return person.id, _group_address(message), _of_team(message, text)
    if person is None or person.is_bot or message.sender_chat is not None or message.via_bot is not None:
        return None
    if message.chat.type == ChatType.PRIVATE:
        if not text and message.effective_attachment is None:
            return None  # a service message
        address = Address(platform=PLATFORM, chat=str(message.chat.id), hook=str(message.message_id))
        return person.id, address, _private(text)
    if message.chat.type not in GROUPS:
        return None
    heard = _in_group(message, text, bot, username)
    if heard is None:
        return None
    return person.id, _group_address(message), heard


def writes_as_group(message: Message) -> bool:
    """
    Say whether a message is an anonymous administrator's: only they write in their group's name.

    Source: https://core.telegram.org/bots/api#message (sender_chat)
    """
    return message.sender_chat is not None and message.sender_chat.id == message.chat.id


def _of_team(message: Message, text: str) -> Event:
    """
    Read `/team`, alone or with a setting and its value, or `/supervisor`, as an answer to someone.

    Who may change it is looked up before the turn.
    """
    place = str(message.chat.id)
    command, argument = command_in(text)
    if command == "supervisor":
        adds = argument.lower() not in {"remove", "no", "none"}
        return SupervisorNamed(_person_meant(message), adds, place)
    name, _, value = argument.partition(" ")
    return TeamChanged(name.lower(), value.strip(), place) if name else TeamShown(place)


def _person_meant(message: Message) -> str | None:
    """Give whose message this one answers; "" where it answers none, None where that is no person's."""
    answered = message.reply_to_message
    if answered is None or answered.forum_topic_created is not None:
        return ""  # in a topic each message answers the one that opened it
    person = answered.from_user
    if person is None or person.is_bot or answered.sender_chat is not None:
        return None
    return str(person.id)


def _group_address(message: Message) -> Address:
    """Address a group: the answer is a reply to the message, in its topic."""
    assert message.from_user is not None
    topic = message.message_thread_id if message.is_topic_message else None
    return Address(
        platform=PLATFORM,
        chat=str(message.chat.id),
        thread=str(topic) if topic else None,
        private=str(message.from_user.id),
        shared=True,
        hook=str(message.message_id),
    )


def _private(text: str) -> Event | Typed:
    if not text.strip():
        return Opened("menu")  # a picture or a file: it is not read, and answers nothing
    command, argument = command_in(text)
    if command == "start":
        return _from_link(argument) if argument else Started()
    if command in DRILLS or text.strip().lower() in DRILLS:
        return DrillsShown()
    if command is None:
        return Typed(text)
    return _command(command, argument)


def _command(command: str, argument: str) -> Event | Typed:
    if command == "mydata":
        return Typed(f"my data {argument}".strip())
    if command == "team":
        return TeamShown()
    if command == "unlink":
        return Unlinked()
    return Typed(f"{command} {argument}".strip())


_COMMAND = re.compile(r"/([a-z0-9_]{1,32})(?:@(\w+))?(?:\s+|$)(.*)\Z", re.DOTALL | re.IGNORECASE)


def command_in(text: str, username: str | None = None) -> tuple[str | None, str]:
    """
    Read a command and what follows it; no command where there is none, or it is for another bot.

    Source: https://core.telegram.org/bots/features#commands
    """
    match = _COMMAND.match(text)
    if match is None or (username and match[2] and match[2].lower() != username.lower()):
        return None, text
    return match[1].lower(), match[3].strip()


def _in_group(message: Message, text: str, bot: int, username: str) -> Event | Typed | None:
    """Read what a group says to us: a command, a mention, or an answer to a message of ours."""
    command, argument = command_in(text, username)
    if command in {"team", "supervisor"}:
        return _of_team(message, text)
    if command in DRILLS:
        return DrillsShown(str(message.chat.id))
    if command is not None:
        if command == "ask":
            return Typed(f"ask {argument}") if argument else Opened("ask")
        return _pointed(command, argument)
    if text.startswith("/"):
        return None  # another bot's
    rest = _without_mention(message, text, username)
    answered = message.reply_to_message
    to_us = answered is not None and answered.from_user is not None and answered.from_user.id == bot
    if rest is None and not to_us:
        return None
    question = (rest if rest is not None else text).strip()
    return Typed(f"ask {question}") if question else Opened("ask")


def _without_mention(message: Message, text: str, username: str) -> str | None:
    """Give a text without the mention of us; None where we are not mentioned."""
    entities = {**message.parse_entities([MessageEntityType.MENTION])} if message.text else {}
    if message.caption:
        entities |= message.parse_caption_entities([MessageEntityType.MENTION])
    name = f"@{username}".lower()
    if not any(mention.lower() == name for mention in entities.values()):
        return None
    return re.sub(re.escape(name), " ", text, flags=re.IGNORECASE)


def _pointed(command: str, argument: str) -> Event | None:
    """Point to the private chat, for a word of the tutor's list; other commands are not ours."""
    known: dict[str, Page] = {page: page for page in PAGES}
    page = ELSEWHERE.get(command) or known.get(command)
    if page is None:
        return None
    return InPrivate(page, argument if re.fullmatch(r"[a-z0-9.-]{1,41}", argument) else None)


# --- deep links ------------------------------------------------------------------------------

# Source: https://core.telegram.org/bots/features#deep-linking: 64 characters of A-Z a-z 0-9 _ -


def payload_for(data: str) -> str:
    """
    Write a button's data as the payload of a deep link; a dot travels as two underscores.

    Only pages, stories and provisions travel so: what is about a run is about one person's place.
    """
    match data.split(":"):
        case ["open", page]:
            return page
        case ["open", page, arg]:
            return f"{page}_{arg.replace('.', '__')}"
        case ["law", provision]:
            return f"law_{provision.replace('.', '__')}"
        case [("use" | "drills" | "week") as word, id]:
            return f"{word}_{id}"
        case ["join", drill]:
            return f"join-{drill}"
        case _:
            return "menu"


def _from_link(payload: str) -> Event:
    """Read a deep link's payload; an unknown one opens the menu."""
    word, _, rest = payload.partition("_")
    argument = rest.replace("__", ".")
    known: dict[str, Page] = {page: page for page in PAGES}
    if joins := re.fullmatch(r"join-([a-z0-9]{1,40})", payload):
        return Joined(joins[1])
    if word in {"use", "drills"} and re.fullmatch(r"-?\d{1,20}", rest):
        return TeamPicked(rest) if word == "use" else DrillsShown(rest)
    if word == "week" and re.fullmatch(r"[a-z0-9]{1,40}", rest):
        return TeamWeekShown(rest)
    if word == "law" and re.fullmatch(r"[a-z0-9.-]{3,41}", argument):
        return Looked(argument)
    if word in known:
        return Opened(known[word], argument or None)
    return Started()
