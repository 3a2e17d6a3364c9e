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
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from adapters.telegram.arrivals import (
    arrival_from,
    is_inside,
    place_left,
    tenant_for,
    writes_as_group,
)
from adapters.telegram.calls import call, without_words
from adapters.telegram.carrier import DELETE
from adapters.telegram.messages import shown
from adapters.text import cut
from bot.events import (
    Arrival,
    Draft,
    DrillAsked,
    DrillInvited,
    DrillsShown,
    DrillSwitched,
    Event,
    Joined,
    PlaceLost,
    Searched,
    SupervisorNamed,
    TeamChanged,
    TeamPicked,
    TeamWeekShown,
    Typed,
)
from bot.model import Address, Drill
from bot.replies import (
    Cards,
    Receipt,
    Toast,
)
from bot.store import TRIES, StoreError
from bot.tutor import NotHandledError

log = logging.getLogger(__name__)

Take = Callable[[Arrival], Awaitable[Receipt | None]]
Drills = Callable[[str], Awaitable[Sequence[Drill]]]  # from a tenant to the drills that were ordered there

PATH = "/telegram/webhook"
KINDS = (  # what we ask for; all else never comes
    "message",
    "callback_query",
    "inline_query",
    "chat_member",  # only where the bot is an administrator
    "my_chat_member",
)
POLL = 30  # seconds that one request for updates waits
ANSWER = 5  # seconds more for its answer to come
AT_ONCE = 100  # updates in one answer; the most there can be
CONFLICTS = 6  # times in a row that another poller may be there: a deploy overlaps for a while
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError)  # what reading raises
PAUSE = 5.0  # seconds before asking again, after something went wrong
ADMINS = frozenset({ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR})
MEMBERS = ADMINS | {ChatMemberStatus.MEMBER, ChatMemberStatus.RESTRICTED}
NOT_TOLD = "member list is inaccessible"  # so Telegram answers some bots that are no administrators
NAME_MAX, TITLE_MAX = 60, 40  # characters of what people and groups call themselves; they stand on buttons
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
        drills: gives the drills of a tenant: in which group someone must be an administrator or a member
            is known only from them.
    """

    def __init__(
        self,
        take: Take,
        bot: Bot,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        drills: Drills | None = None,
    ) -> None:
        self._take = take
        self._bot = bot
        self._drills = drills or _no_drills
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
        place = place_left(update)
        if place is not None:
            self.counts["removed"] += 1
            await self._lost(update.update_id, place)
            return
        arrival = arrival_from(update, self._bot.id, self._bot.username, self._clock())
        if arrival is None:
            self.counts["left alone"] += 1
            return
        kind = "press" if query is not None else "message" if update.message is not None else "gone"
        self.counts[kind] += 1
        receipt = await self._press(await self._with_standing(arrival, update))
        if query is not None:
            text = receipt.text if isinstance(receipt, Toast) else None
            self._after(call(self._bot, "answerCallbackQuery", callback_query_id=query.id, text=text))

    async def _with_standing(self, arrival: Arrival, update: Update) -> Arrival:
        """Look up what someone is in a group, where the event depends on it."""
        message = update.message
        is_group = message is not None and writes_as_group(message)
        user = update.effective_user
        name = cut(user.full_name, NAME_MAX) if user is not None else ""
        return replace(arrival, event=await self._looked_up(arrival, name, is_group=is_group))

    async def _looked_up(self, arrival: Arrival, name: str, *, is_group: bool) -> Event | Typed:
        """Give an arrival's event with what someone is; `name` is what they call themselves."""
        event, person = arrival.event, arrival.learner
        match event:
            case TeamChanged(place=place) | SupervisorNamed(place=place):
                admin = True if is_group else await self._is_in(place, person, ADMINS)
                return replace(event, admin=admin)
            case TeamPicked(place):
                return replace(event, member=await self._is_in(place, person, MEMBERS))
            case DrillsShown(""):  # in private, what they ordered themselves is theirs to see
                mine = {one.place for one in await self._drills(arrival.tenant) if one.by == person}
                lost = [one for one in sorted(mine) if await self._is_in(one, person, ADMINS) is False]
                return replace(event, allowed=True, lost=tuple(lost))
            case DrillsShown(place):
                return replace(event, allowed=await self._is_in(place, person, ADMINS))
            case DrillAsked(draft=Draft() as draft):
                place = await self._place_of(arrival.tenant, draft.target) or draft.target
                allowed = await self._is_in(place, person, ADMINS)
                title = await self._title(place) if draft.is_whole else ""
                return replace(event, allowed=allowed, name=name, title=title)
            case DrillSwitched(drill) | DrillInvited(drill) | TeamWeekShown(drill):
                place = await self._place_of(arrival.tenant, drill)
                return replace(event, allowed=await self._is_in(place, person, ADMINS))
            case Joined(drill, joins=True):
                place = await self._place_of(arrival.tenant, drill)
                return replace(event, member=await self._is_in(place, person, MEMBERS), name=name)
            case _:
                return event

    async def _place_of(self, tenant: str, drill: str) -> str:
        """Give the group of a drill; empty where there is no such drill."""
        return next((one.place for one in await self._drills(tenant) if one.id == drill), "")

    async def _title(self, group: str) -> str:
        """Give what a group is called; empty where Telegram does not say."""
        try:
            return cut((await self._bot.get_chat(int(group))).title or "", TITLE_MAX)
        except (TelegramError, *UNREADABLE):
            return ""

    async def _lost(self, id: int, place: str) -> None:
        """Pause the drills of a group that removed the bot; each supervisor is told."""
        try:
            if is_inside(await self._bot.get_chat_member(int(place), self._bot.id)):
                return  # it was brought back meanwhile
        except ChatMigrated:  # it became a supergroup, where the bot is still
            return
        except (TelegramError, *UNREADABLE):
            pass
        tenant = tenant_for(self._bot.id)
        for drill in await self._drills(tenant):
            if drill.place == place and drill.state == "on":
                lost = PlaceLost(drill.id)
                key = f"{id}:{drill.id}"
                await self._press(Arrival(key, tenant, drill.by, drill.home, self._clock(), lost))

    async def _is_in(self, group: str, person: str, standing: frozenset[str]) -> bool | None:
        """Ask Telegram whether someone has a standing in a group; None where it does not say."""
        try:
            found = await self._bot.get_chat_member(int(group), int(person))
        except BadRequest as error:  # no such group, or no such person
            return None if NOT_TOLD in error.message.lower() else False
        except (Forbidden, ValueError):  # we are not in it
            return False
        except (TelegramError, *UNREADABLE):
            return None
        return found.status in standing and is_inside(found)

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


async def _no_drills(_: str) -> Sequence[Drill]:
    return ()


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
