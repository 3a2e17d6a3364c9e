"""
Calls of the Bot API that are made for every press, without the library's objects around them.

The library's client does the rest: its connections, its reading of refusals, its errors. Measured: its
keyboards, its checks and above all reading whole messages back are half of what a turn takes
(`make bench`, "telegram parts"), and of a message that was sent only its number is wanted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from telegram import Bot
from telegram.request import RequestData

NO_PREVIEW = {"is_disabled": True}
HELD = ("message_id", "date", "chat", "message_thread_id", "is_topic_message")  # wanted of a pressed message


class _Values:
    """Parameters that are plain JSON already, with what a client of the library reads of its own."""

    contains_files = False
    multipart_data: Mapping[str, Any] = {}

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.parameters = {name: value for name, value in values.items() if value is not None}

    @property
    def json_parameters(self) -> dict[str, str]:
        """Each value as text, as a form carries it."""
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in self.parameters.items()
        }


async def call(bot: Bot, method: str, **values: Any) -> Any:
    """
    Call a method.

    Args:
        bot: initialized.
        method: its name in the Bot API.
        values: its parameters, as JSON has them; None for one that is left out.

    Returns:
        What Telegram answers, as JSON has it.

    Raises:
        TelegramError: as the library's own methods do.
    """
    return await bot.request.post(f"{bot.base_url}/{method}", cast("RequestData", _Values(values)))


def without_words(update: dict[str, Any]) -> dict[str, Any]:
    """Leave of a pressed message what says which it is; its text and its keyboard are ours already."""
    pressed = update.get("callback_query")
    if not isinstance(pressed, dict) or not isinstance(message := pressed.get("message"), dict):
        return update
    held = {name: message[name] for name in HELD if name in message}
    return {**update, "callback_query": {**pressed, "message": held}}
