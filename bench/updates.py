"""Presses as Telegram sends them: updates in JSON, and what each must lead to by the pure engine."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zlib import crc32

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update

from adapters.telegram.messages import Keyboard, Shown, shown, units
from bench import pressing
from bench.learners import BEGAN, Learner
from bench.place import Place
from bench.pressing import Move, Pressed
from bot.buttons import data_for
from bot.events import (
    Arrival,
)
from bot.model import Address
from bot.replies import (
    Prompt,
    Redrawn,
    Reply,
    Toast,
)

BOT = {"id": 7012345678, "is_bot": True, "first_name": "Mayshare", "username": "mayshare_bench_bot"}
TOKEN = "7012345678:AAE-bench"  # noqa: S105  # nothing takes it
SENT = 1_764_061_200  # when the messages were sent, in seconds since 1970
ENTITIES = {"b": "bold", "a": "text_link"}  # Telegram's names of the tags that are used


@dataclass(frozen=True, slots=True)
class Press:
    """One press: the body of its update, and what it must lead to."""

    body: bytes = field(repr=False)
    query: str  # the id by which it is answered
    data: str  # of its button
    arrival: Arrival
    replies: Sequence[Reply] = field(repr=False)
    toast: str  # what the answer says; mostly nothing

    def update(self, bot: Bot) -> Update:
        """Read the update as a webhook does."""
        return Update.de_json(json.loads(self.body), bot)


def prepared(place: Place, in_flight: int) -> Pressed[Press]:
    """Prepare the presses that the learners on Telegram go on with, one of each in turn."""
    return pressing.prepared(place, in_flight, 1, _press)


def _press(who: Learner, move: Move, number: int) -> Press:
    """Write a press as Telegram does."""
    plain = who.arrival(move.event, number)
    data = data_for(move.event)
    chat, query = plain.address.chat, f"{4_100_000_000_000_000_000 + number}"
    id = _id_of(move.shown) or number
    update = {
        "update_id": int(plain.id),
        "callback_query": {
            "id": query,
            "from": {"id": int(who.id), "is_bot": False, "first_name": "Ada", "language_code": "en"},
            "message": message_json(shown(move.shown)[-1]) | {"message_id": id, "chat": chat_json(chat)},
            "chat_instance": f"{who.number - 5_500_000_000_000_000_000}",
            "data": data,
        },
    }
    address = Address(platform="telegram", chat=chat, pressed=f"{chat}:{id}")
    arrival = replace(plain, address=address, at=BEGAN)
    toast = move.receipt.text if isinstance(move.receipt, Toast) else ""
    body = json.dumps(update, ensure_ascii=False).encode()
    return Press(body, query, data, arrival, move.replies, toast)


def _id_of(reply: Reply) -> int | None:
    """Give the id of a step's message, which it keeps when it is ticked."""
    step = reply.prompt if isinstance(reply, Redrawn) else reply
    return crc32(step.key.encode()) if isinstance(step, Prompt) else None


def chat_json(id: str) -> dict[str, Any]:
    """Give a private chat as Telegram does."""
    return {"id": int(id), "first_name": "Ada", "type": "private"}


def message_json(message: Shown) -> dict[str, Any]:
    """Give a message of ours as Telegram does, but for its id and its chat."""
    text, entities = _read(message.html)
    given = {"from": BOT, "date": SENT, "text": text, "entities": entities}
    keyboard = keyboard_of(message.keyboard)
    return given if keyboard is None else given | {"reply_markup": keyboard.to_dict()}


def keyboard_of(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    """Give a keyboard as the library's own."""
    if not keyboard:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(key.label, callback_data=key.data) for key in row] for row in keyboard]
    )


def _read(written: str) -> tuple[str, list[dict[str, Any]]]:
    """Read HTML as Telegram does: the text, and what in it is bold or a link."""
    text, entities, open_ = "", [], ("", 0)
    for part in re.split(r"(<[^>]+>)", written):
        if part.startswith("</"):
            tag, start = open_
            link = {"url": html.unescape(tag.partition('"')[2].rstrip('">'))} if tag.startswith("<a") else {}
            entity = {"type": ENTITIES[part[2:-1]], "offset": start, "length": units(text) - start}
            entities.append(entity | link)
        elif part.startswith("<"):
            open_ = part, units(text)
        else:
            text += html.unescape(part)
    return text, entities
