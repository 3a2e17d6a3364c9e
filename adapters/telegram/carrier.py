"""Sending to Telegram: one reply handed over, and what became of it, for every answer Telegram can give."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx
from telegram import Bot
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from adapters.pictures import draw
from adapters.telegram.arrivals import payload_for
from adapters.telegram.calls import NO_PREVIEW, call
from adapters.telegram.messages import Key, Keyboard, Shown, captioned, plainly, shown
from bot.model import Address
from bot.replies import (
    Chart,
    Document,
    Reply,
)
from bot.sender import Gone, Later, Message, Outcome, Sent, Unknown

log = logging.getLogger(__name__)

RETRY = 5.0  # seconds after a connection that could not be made
DEAD_RETRY = 60.0  # seconds after Telegram refused our token: an operator has to act
DELETE = "del:"  # begins the data of a button that deletes the message it names

# What Telegram says of a request it refuses, by what it means for us. It gives words, not codes.
UNCHANGED = "message is not modified"
NOT_PARSED = "can't parse entities"
TOO_LONG = ("message is too long", "message_too_long")
NO_PICTURE = ("image_process_failed", "photo_invalid_dimensions", "photo_save_file_invalid")
NO_TOPIC = ("message thread not found", "topic_closed", "topic_deleted")

# What ended a call before anything of it left us.
NOT_MADE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
BEGUN_MAX = 10_000  # replies remembered as begun; most of those left over will never be handed over again

T = TypeVar("T")


class _EndedError(Exception):
    """The end of a call to Telegram that was not taken: what it means for the reply."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


class _NotShowableError(Exception):
    """Telegram takes no such message."""


class _NoTopicError(Exception):
    """The topic is gone or closed; the group is still there."""


@dataclass(slots=True)
class _Progress:
    """How far a reply of several messages is; `plain`: Telegram refused its HTML, so it goes without.

    `pictured`: its picture was taken, and its words are still to follow.
    """

    part: int = 0
    plain: bool = False
    topic: bool = True
    pictured: bool = False


class TelegramCarrier:
    """
    Hands replies to Telegram.

    Args:
        bot: initialized: it knows its own name.
        clock: gives seconds that only grow.
        drawn: draws a picture; None where it cannot.
    """

    def __init__(
        self,
        bot: Bot,
        clock: Callable[[], float] = time.monotonic,
        drawn: Callable[[Chart], bytes | None] = draw,
    ) -> None:
        self._bot = bot
        self._drawn = drawn
        self._clock = clock
        self._closed: dict[str, float] = {}  # chat: when Telegram takes the next
        self._moved: dict[str, str] = {}  # a group that became a supergroup: its new id
        self._progress: dict[int, _Progress] = {}
        self.refused: str | None = None  # why Telegram refuses our token, while it does
        self.closed_to_us: set[str] = set()  # private chats that Telegram lets us write to no more

    async def send(self, message: Message) -> Outcome:
        """Hand one message to Telegram."""
        progress = self._progress.pop(message.number, None) or _Progress()
        outcome = await self._outcome(message, progress)
        if progress != _Progress() and isinstance(
            outcome, Later | Unknown
        ):  # perhaps it is handed over again
            self._progress[message.number] = progress
            if len(self._progress) > BEGUN_MAX:
                del self._progress[next(iter(self._progress))]
        return outcome

    async def _outcome(self, message: Message, progress: _Progress) -> Outcome:
        try:
            return await self._hand_over(message, progress)
        except _EndedError as ended:
            return ended.outcome
        except _NotShowableError as error:
            if progress.plain:
                return Gone(str(error))
            log.error("HTML refused", extra={"action": "send", "error": str(error)})  # noqa: TRY400  # it holds the text
            progress.plain, progress.part = True, 0
            return Later(0)
        except _NoTopicError as error:
            if not progress.topic:
                return Gone(str(error))
            progress.topic = False
            return Later(0)

    async def _hand_over(self, message: Message, progress: _Progress) -> Outcome:
        match message.reply:
            case Document() as document:
                return await self._upload(message.address, document)
            case Chart() as chart if not (progress.plain or progress.pictured or progress.part):
                return await self._picture(message, chart, progress)
            case reply if message.edits is not None:
                return await self._edit(message, reply, message.edits, progress)
            case reply:
                return await self._post(message, reply, progress)

    async def _post(self, message: Message, reply: Reply, progress: _Progress) -> Outcome:
        """Post the next part of a reply; the last one's id is the message's."""
        address = message.address
        parts = self._parts(address, reply, progress)
        part = parts[min(progress.part, len(parts) - 1)]
        chat = self._moved.get(address.chat, address.chat)
        moved = chat != address.chat  # its messages have other numbers there
        answered = int(address.hook) if address.hook and address.shared and not moved else None
        said = await self._call(
            chat,
            lambda: call(
                self._bot,
                "sendMessage",
                chat_id=int(chat),
                text=part.html,
                parse_mode=None if progress.plain else ParseMode.HTML,
                message_thread_id=int(address.thread) if address.thread and progress.topic else None,
                reply_markup=_markup(part.keyboard),
                link_preview_options=NO_PREVIEW,
                reply_parameters={"message_id": answered, "allow_sending_without_reply": True}
                if answered
                else None,
            ),
        )
        progress.part += 1
        return Sent(f"{chat}:{said['message_id']}") if progress.part >= len(parts) else Later(0)

    async def _edit(self, message: Message, reply: Reply, edits: str, progress: _Progress) -> Outcome:
        """Change a message; of several the last has the keyboard, and the id."""
        chat, _, id = edits.partition(":")
        chat = self._moved.get(chat, chat)
        part = self._parts(message.address, reply, progress)[-1]
        await self._call(
            chat,
            lambda: call(
                self._bot,
                "editMessageText",
                chat_id=int(chat),
                message_id=int(id),
                text=part.html,
                parse_mode=None if progress.plain else ParseMode.HTML,
                reply_markup=_markup(part.keyboard),
                link_preview_options=NO_PREVIEW,
            ),
        )
        return Sent(edits)

    async def _upload(self, address: Address, document: Document) -> Outcome:
        """Give someone a file."""
        chat = self._moved.get(address.chat, address.chat)
        await self._call(
            chat,
            lambda: self._bot.send_document(
                chat_id=int(chat),
                document=document.body.encode(),
                filename=document.name,
                caption=document.text,
            ),
        )
        return Sent()

    async def _picture(self, message: Message, chart: Chart, progress: _Progress) -> Outcome:
        """
        Post a picture, with its words as caption; those that are too long for one follow whole.

        Where none can be drawn, the words are the message.
        """
        picture = await asyncio.to_thread(self._draw, chart)
        if picture is None:
            return await self._post(message, chart, progress)
        chat = self._moved.get(message.address.chat, message.address.chat)
        caption, is_whole = captioned(chart)
        await self._call(
            chat,
            lambda: self._bot.send_photo(
                chat_id=int(chat), photo=picture, filename=chart.name, caption=caption
            ),
        )
        progress.pictured = True
        return Sent() if is_whole else Later(0)

    def _draw(self, chart: Chart) -> bytes | None:
        try:
            return self._drawn(chart)
        except Exception as error:  # whatever a drawing library meets, the supervisor gets the words
            name = type(error).__name__
            log.error("picture not drawn", extra={"action": "send", "error": name})  # noqa: TRY400
            return None

    def _parts(self, address: Address, reply: Reply, progress: _Progress) -> tuple[Shown, ...]:
        link = self._link if address.shared else None
        delete = None if address.shared or not address.hook else f"{DELETE}{address.hook}"
        if progress.plain:
            return plainly(reply, link=link, delete=delete)
        return shown(reply, link=link, delete=delete)

    def _link(self, data: str) -> str:
        """Give the address that opens a button's page in the private chat."""
        return f"https://t.me/{self._bot.username}?start={payload_for(data)}"

    async def _call(self, chat: str, call: Callable[[], Awaitable[T]]) -> T:
        """
        Call a method, unless Telegram said to wait with this chat.

        Raises:
            _EndedError, _NotShowableError, _NoTopicError: it was not taken, and why.
        """
        rest = self._closed.get(chat, 0.0) - self._clock()
        if rest > 0:
            raise _EndedError(Later(rest))
        self._closed.pop(chat, None)
        try:
            taken = await call()
        except TelegramError as error:
            raise self._end(error, chat) from None
        self.refused = None
        self.closed_to_us.discard(chat)
        return taken

    def _end(self, error: TelegramError, chat: str) -> Exception:
        """Say what an error of Telegram's means."""
        match error:
            case RetryAfter():
                seconds = _seconds(error)
                self._closed[chat] = self._clock() + seconds
                return _EndedError(Later(seconds))
            case ChatMigrated(new_chat_id=new):
                self._moved[chat] = str(new)
                return _EndedError(Later(0))
            case InvalidToken():
                if self.refused is None:
                    log.error("Telegram refuses our token", extra={"action": "send"})
                self.refused = "unauthorized"
                return _EndedError(Later(DEAD_RETRY))
            case Forbidden():  # blocked, kicked, deactivated, or never started: only they can change it
                if not chat.startswith("-"):
                    self.closed_to_us.add(chat)
                return _EndedError(Gone(_reason(error)))
            case BadRequest():
                return _bad_request(error)
            case NetworkError():  # timeouts too
                not_made = isinstance(error.__cause__, NOT_MADE)
                return _EndedError(Later(RETRY) if not_made else Unknown())
            case _:
                return _EndedError(Unknown())


def _bad_request(error: BadRequest) -> Exception:
    said = error.message.lower()
    if UNCHANGED in said:
        return _EndedError(Sent())
    if NOT_PARSED in said or any(words in said for words in (*TOO_LONG, *NO_PICTURE)):
        return _NotShowableError(_reason(error))
    if any(words in said for words in NO_TOPIC):
        return _NoTopicError(_reason(error))
    return _EndedError(Gone(_reason(error)))


REASON_MAX = 60  # characters of what Telegram says; more could be a part of the message


def _reason(error: TelegramError) -> str:
    return error.message.partition(":")[0][:REASON_MAX]


def _seconds(error: RetryAfter) -> float:
    given = error.retry_after
    return given.total_seconds() if hasattr(given, "total_seconds") else float(given)


def _markup(keyboard: Keyboard) -> dict[str, object] | None:
    return {"inline_keyboard": [[_button(key) for key in row] for row in keyboard]} if keyboard else None


def _button(key: Key) -> dict[str, str]:
    way = {"url": key.url} if key.url is not None else {"callback_data": key.data or ""}
    return {"text": key.label, **way}
