"""
Telegram's half of the tutor that listens: an intake of ours around the library's types.

The library's own `Application` confirms updates that only wait in memory, and swallows what a
handler raises; so it is used as client and parser, and an update is confirmed after its commit.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram import (
    Bot,
    CallbackQuery,
    InlineQuery,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    Update,
)
from telegram.constants import ChatMemberStatus, ChatType, ParseMode
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.arrivals import arrival_from, tenant_for, writes_as_group
from adapters.telegram.calls import call, without_words
from adapters.telegram.carrier import DELETE
from adapters.telegram.messages import shown
from adapters.text import cut
from bot.events import Arrival, Cards, Receipt, Searched, TeamChanged, TeamPicked, Toast
from bot.model import Address
from bot.store import TRIES, StoreError
from bot.tutor import NotHandledError

log = logging.getLogger(__name__)

Take = Callable[[Arrival], Awaitable[Receipt | None]]

PATH = "/telegram/webhook"
KINDS = ("message", "callback_query", "inline_query")  # what we ask for; all else never comes
POLL = 30  # seconds that one request for updates waits
ANSWER = 5  # seconds more for its answer to come
AT_ONCE = 100  # updates in one answer; the most there can be
CONFLICTS = 6  # times in a row that another poller may be there: a deploy overlaps for a while
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError)  # what reading raises
PAUSE = 5.0  # seconds before asking again, after something went wrong
ADMINS = frozenset({ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR})
MEMBERS = ADMINS | {ChatMemberStatus.MEMBER, ChatMemberStatus.RESTRICTED}
CACHE = 10  # seconds that a person's own inline answers are remembered by Telegram
AFTERWARDS = 10.0  # seconds for what follows a commit
DELETED, NOT_DELETED = "Deleted.", "I may not delete it any more. Please delete it yourself."


class TelegramSettingError(Exception):
    """Telegram cannot be served as it is set; the text says what to mend."""


class TelegramApp:
    """
    Takes updates, by polling or from a webhook.

    Args:
        take: the tutor's: it returns once an arrival is committed.
        bot: initialized: it knows its own id and name.
        clock: gives the time now, with its zone.
        pause: waits some seconds.
    """

    def __init__(
        self,
        take: Take,
        bot: Bot,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._take = take
        self._bot = bot
        self._clock = clock
        self._pause = pause
        self._offset: int | None = None
        self._afterwards: set[asyncio.Task[None]] = set()
        self.polls = False  # the last request for updates was answered
        self.counts: Counter[str] = Counter()

    # --- polling ----------------------------------------------------------------------------

    async def poll(self) -> None:
        """
        Ask for updates until cancelled. What was not committed is not confirmed, and comes again.

        Raises:
            TelegramSettingError: another program polls with this token, or Telegram refuses it.
        """
        conflicts = 0
        while True:
            try:
                updates = await self._updates()
            except Conflict:
                self.polls = False
                conflicts += 1
                if conflicts >= CONFLICTS:
                    raise TelegramSettingError(_CONFLICT) from None
                await self._pause(PAUSE)
                continue
            except InvalidToken:
                raise TelegramSettingError(_REFUSED) from None
            except RetryAfter as error:
                given = error.retry_after
                await self._pause(given if isinstance(given, int) else given.total_seconds())
                continue
            except TelegramError:
                self.polls = False
                await self._pause(PAUSE)
                continue
            conflicts, self.polls = 0, True
            await self.take_all(updates)

    async def _updates(self) -> Sequence[Update]:
        """Ask once. The library's own `get_updates` gives none at all where it cannot read one of them."""
        asked: dict[str, object] = {"limit": AT_ONCE, "timeout": POLL, "allowed_updates": json.dumps(KINDS)}
        if self._offset is not None:
            asked["offset"] = self._offset
        url = f"{self._bot.base_url}/getUpdates?{urlencode(asked)}"
        given = await self._bot.request.post(url, read_timeout=POLL + ANSWER)
        assert isinstance(given, list)
        return [self.read(one) for one in given]

    def read(self, given: dict[str, Any] | bytes) -> Update:
        """Read one update; one that cannot be read is an empty one, or it would come again for ever."""
        try:
            known = json.loads(given) if isinstance(given, bytes) else given
            return Update.de_json(without_words(known), self._bot)
        except UNREADABLE:
            self.counts["unreadable"] += 1
            return Update(given["update_id"] if isinstance(given, dict) else 0)

    async def take_all(self, updates: Sequence[Update]) -> None:
        """Take updates, chats side by side and each in order; confirm those before the first that failed."""
        chats: dict[int | None, list[Update]] = {}
        for update in updates:
            chat = update.effective_chat
            user = update.effective_user
            chats.setdefault(chat.id if chat else user.id if user else None, []).append(update)
        done = await asyncio.gather(*(self._in_order(chat) for chat in chats.values()))
        failed = {id for ids in done for id in ids}
        for update in updates:
            if update.update_id in failed:
                await self._pause(PAUSE)  # the store cannot keep anything now: ask again in a moment
                return
            self._offset = update.update_id + 1

    async def _in_order(self, updates: Sequence[Update]) -> list[int]:
        """Take one chat's updates one after another; give the ids of those from the first that failed."""
        for number, update in enumerate(updates):
            try:
                await self.take(update)
            except StoreError:
                return [one.update_id for one in updates[number:]]
        return []

    # --- webhook ----------------------------------------------------------------------------

    def route(self, secret: str) -> Route:
        """Make the address at which Telegram delivers updates; `secret` proves that it is Telegram."""

        async def webhook(request: Request) -> Response:
            given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
            if not hmac.compare_digest(given.encode(), secret.encode()):
                return PlainTextResponse("Forbidden", 403)
            update = self.read(await request.body())
            try:
                await self.take(update)
            except StoreError as error:
                name = type(error).__name__
                log.error("not acknowledged", extra={"action": "intake", "error": name})  # noqa: TRY400
                return PlainTextResponse("Internal Server Error", 500)
            return PlainTextResponse("ok")

        return Route(PATH, webhook, methods=["POST"])

    # --- one update -------------------------------------------------------------------------

    async def take(self, update: Update) -> None:
        """
        Take one update; come back when its effect is committed.

        Raises:
            StoreError: nothing can be kept now; it must be delivered again.
        """
        if update.inline_query is not None:
            self.counts["inline"] += 1
            await self._search(update.update_id, update.inline_query)
            return
        query = update.callback_query
        if query is not None and (query.data or "").startswith(DELETE):
            self._after(self._delete(query))
            return
        arrival = arrival_from(update, self._bot.id, self._bot.username, self._clock())
        if arrival is None:
            self.counts["left alone"] += 1
            return
        self.counts["press" if query is not None else "message"] += 1
        receipt = await self._press(await self._with_standing(arrival, update))
        if query is not None:
            text = receipt.text if isinstance(receipt, Toast) else None
            self._after(call(self._bot, "answerCallbackQuery", callback_query_id=query.id, text=text))

    async def _with_standing(self, arrival: Arrival, update: Update) -> Arrival:
        """Look up what someone is in a group, where the event depends on it."""
        event = arrival.event
        message = update.message
        if isinstance(event, TeamChanged):
            is_group = message is not None and writes_as_group(message)
            admin = True if is_group else await self._is_in(event.place, arrival.learner, ADMINS)
            return replace(arrival, event=replace(event, admin=admin))
        if isinstance(event, TeamPicked):
            member = await self._is_in(event.place, arrival.learner, MEMBERS)
            return replace(arrival, event=replace(event, member=member))
        return arrival

    async def _is_in(self, group: str, person: str, standing: frozenset[str]) -> bool | None:
        """Ask Telegram whether someone has a standing in a group; None where it does not say."""
        try:
            found = await self._bot.get_chat_member(int(group), int(person))
        except (BadRequest, Forbidden, ValueError):  # no such group, or we are not in it
            return False
        except (TelegramError, *UNREADABLE):
            return None
        return found.status in standing or (
            found.status == ChatMemberStatus.RESTRICTED
            and ChatMemberStatus.RESTRICTED in standing
            and getattr(found, "is_member", False)
        )

    async def _press(self, arrival: Arrival) -> Receipt | None:
        """Hand in an arrival; what meets a bug of ours is tried again, until it is set aside."""
        for _ in range(TRIES):
            try:
                return await self._take(arrival)
            except NotHandledError:
                self.counts["failed"] += 1
        return None

    async def drain(self) -> None:
        """Wait for what follows the commits so far."""
        if self._afterwards:
            await asyncio.wait(self._afterwards, timeout=AFTERWARDS)

    def _after(self, what: Awaitable[object]) -> None:
        """Do what must not hold up a confirmation; it is lost if it fails, and nothing else is."""
        task = asyncio.create_task(self._quietly(what))
        self._afterwards.add(task)
        task.add_done_callback(self._afterwards.discard)

    async def _quietly(self, what: Awaitable[object]) -> None:
        try:
            async with asyncio.timeout(AFTERWARDS):
                await what
        except (TelegramError, TimeoutError) as error:
            self.counts["lost receipt"] += 1
            name = type(error).__name__
            log.warning("a receipt is lost", extra={"action": "receipt", "error": name})

    async def _delete(self, query: CallbackQuery) -> None:
        """
        Delete the message that a person wants gone. Bots may, in a private chat, for 48 hours.

        In a group, where an administrator may delete anything, a press can be made up: it is not heeded.
        """
        if query.message is None or query.message.chat.type != ChatType.PRIVATE:
            await query.answer(NOT_DELETED, show_alert=True)
            return
        id = (query.data or "").removeprefix(DELETE)
        try:
            await self._bot.delete_message(query.message.chat.id, int(id))
        except (TelegramError, ValueError):
            await query.answer(NOT_DELETED, show_alert=True)
        else:
            await query.answer(DELETED)

    async def _search(self, id: int, query: InlineQuery) -> None:
        """Offer provisions for what is typed; nothing of it is kept, nor of who typed it."""
        found = Arrival(
            str(id),
            tenant_for(self._bot.id),
            str(query.from_user.id),
            Address(platform="telegram", chat=str(query.from_user.id)),
            self._clock(),
            Searched(query.query),
        )
        cards = await self._press(found)
        answers = cards.answers if isinstance(cards, Cards) else ()
        results = [
            InlineQueryResultArticle(
                id=answer.provision,
                title=f"{answer.quote.law}: {answer.quote.title}",
                description=cut(answer.quote.says, DESCRIPTION_MAX),
                input_message_content=InputTextMessageContent(
                    shown(answer)[0].html,
                    parse_mode=ParseMode.HTML,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                ),
            )
            for answer in answers
        ]
        self._after(query.answer(results, cache_time=CACHE, is_personal=True))


DESCRIPTION_MAX = 120  # characters under a card's title

_CONFLICT = (
    "Another program asks Telegram for updates with this TELEGRAM_BOT_TOKEN. Only one may: stop the other, "
    "or give this one a bot of its own."
)
_REFUSED = (
    "Telegram does not know the token in TELEGRAM_BOT_TOKEN. Copy it again from @BotFather; it looks like "
    "123456789:AAE..., and a token that was revoked there has a new one in its place. TELEGRAM_API_URL, if "
    "set, must be right too."
)


async def initialized(bot: Bot, pause: Callable[[float], Awaitable[Any]] = asyncio.sleep) -> Bot:
    """
    Ask Telegram once whose token it is.

    Raises:
        TelegramSettingError: the token is wrong, or Telegram cannot be reached.
    """
    for attempt in range(5):
        try:
            await bot.initialize()
        except InvalidToken:
            raise TelegramSettingError(_REFUSED) from None
        except TelegramError:
            await pause(2.0**attempt)
        else:
            return bot
    raise TelegramSettingError(
        "Telegram cannot be reached. Is the network there? TELEGRAM_API_URL, if set, must be right."
    )
