"""Sending to Slack: one reply handed over, and what became of it, for every answer Slack can give."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.pictures import draw
from adapters.slack.blocks import Rendered, escaped, home_view, rendered, spoken_text
from adapters.text import cut, split_text
from bot.engine import drill_texts
from bot.model import Address, private_of
from bot.replies import (
    Chart,
    Document,
    HomePage,
    Reply,
)
from bot.sender import Gone, Later, Message, Outcome, Sent, Unknown

log = logging.getLogger(__name__)

RETRY = 5.0  # seconds after a connection that could not be made
DEAD_RETRY = 60.0  # seconds after Slack refused our token: an operator has to act
PLAIN_MAX = 3000  # characters of a message without blocks
ALT_MAX = 1000  # characters that say what a picture shows
BEGUN_MAX = 10_000  # replies remembered as begun; most of those left over will never be handed over again

ELSEWHERE = (
    "I cannot answer in that channel, so here it is:"  # before an answer that comes as a direct message
)

# Errors by what they mean for us. Source: the method pages under https://docs.slack.dev/reference/methods
NO_PLACE = frozenset(
    {
        "channel_not_found", "not_in_channel", "is_archived", "user_not_in_channel", "restricted_action",
        "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel", "restricted_action_thread_locked",
        "cannot_reply_to_message", "no_permission",
    }
)  # fmt: skip
DEAD_TOKEN = frozenset(
    {
        "account_inactive", "invalid_auth", "not_authed", "token_revoked", "token_expired", "missing_scope",
        "not_allowed_token_type", "org_login_required", "team_access_not_granted", "ekm_access_denied",
    }
)  # fmt: skip
NOT_SHOWABLE = frozenset(
    {"msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format", "invalid_arguments"}
)
NOT_NOW = frozenset({"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org"})
PERHAPS = frozenset({"internal_error", "fatal_error", "request_timeout"})  # some of it may have happened
AGAIN = frozenset({"hash_conflict"})  # a page was drawn meanwhile: it is drawn anew
SPENT_HOOK = frozenset({404, 410})  # a response_url that is used up or too old


class _EndedError(Exception):
    """The end of a call to Slack that was not taken: what it means for the reply."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


class _NoPlaceError(Exception):
    """The reply can be shown, but not there."""


class _NotShowableError(Exception):
    """Slack takes no such message."""


class _SpentHookError(Exception):
    """That way to answer an event is closed by now."""


@dataclass(slots=True)
class _Progress:
    """How far a reply of several messages is; `plain`: Slack refused its blocks, so it goes without."""

    part: int = 0
    plain: bool = False
    apart: bool = False  # it goes as a direct message, since its channel is closed to us
    in_words: bool = False  # its picture cannot be drawn, or Slack did not take it

    @property
    def is_begun(self) -> bool:
        """Say whether there is anything to remember."""
        return self.part > 0 or self.plain or self.apart or self.in_words


class SlackCarrier:
    """
    Hands replies to Slack.

    Args:
        client: with the bot's token, and no retries of its own: a message repeated unasked is a second one.
        clock: gives seconds that only grow.
        drawn: draws a chart as PNG; None where nothing can draw.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        clock: Callable[[], float] = time.monotonic,
        drawn: Callable[[Chart], bytes | None] = draw,
    ) -> None:
        self._client = client
        self._clock = clock
        self._drawn = drawn
        self._closed: dict[tuple[str, str], float] = {}  # method and channel: when Slack takes the next
        self._progress: dict[int, _Progress] = {}
        self._direct: dict[str, str] = {}  # direct messages by person
        self.refused: str | None = None  # the error by which Slack refuses our token, while it does

    async def send(self, message: Message) -> Outcome:
        """Hand one message to Slack."""
        progress = self._progress.pop(message.number, None) or _Progress()
        outcome = await self._outcome(message, progress)
        if progress.is_begun and isinstance(outcome, Later | Unknown):  # perhaps it is handed over again
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
            if progress.plain or message.edits is not None or isinstance(message.reply, HomePage | Document):
                return Gone(str(error))
            log.error("blocks refused", extra={"action": "send", "error": str(error)})  # noqa: TRY400  # it holds the text
            progress.plain, progress.part = True, 0
            return Later(0)
        except _NoPlaceError as error:
            person = message.address.private
            if progress.apart or message.edits is not None or person is None:
                return Gone(str(error))
            progress.apart, progress.part = True, 0  # whole: there it may be cut into other parts
            return Later(0)

    async def _hand_over(self, message: Message, progress: _Progress) -> Outcome:
        address = message.address
        if progress.apart:
            address = Address(platform=address.platform, chat=address.private or address.chat)
        match message.reply:
            case HomePage() as page:
                return await self._publish(message.learner, page)
            case Document() as document:
                return await self._upload(private_of(address), document)  # wherever it was asked for
            case Chart() as chart:
                return await self._picture(message, address, chart, progress)
            case reply if message.edits is not None:
                return await self._edit(message, reply, message.edits)
            case reply:
                return await self._post(message, address, reply, progress)

    # --- new messages -----------------------------------------------------------------------

    async def _post(self, message: Message, address: Address, reply: Reply, progress: _Progress) -> Outcome:
        """Post the next part of a reply; the last one's id is the message's."""
        parts = _parts(message, address, reply, progress)
        id = await self._show(address, parts[progress.part])
        progress.part += 1
        return Sent(id) if progress.part == len(parts) else Later(0)

    async def _show(self, address: Address, part: Rendered) -> str:
        """Show one message where its address says; give its id, empty where Slack tells none."""
        if _is_whisper(address):
            return await self._whisper(address, part)
        if _is_for_all(address):
            try:
                await self._by_hook(address, part, response_type="in_channel", replace_original=False)
            except _SpentHookError:
                pass
            else:
                return ""
        return await self._say(address, part)

    async def _say(self, address: Address, part: Rendered) -> str:
        channel = await self._channel(address.chat)
        said = await self._call(
            "chat_postMessage",
            channel,
            channel=channel,
            thread_ts=address.thread,
            text=part.text,
            blocks=part.blocks or None,
            unfurl_links=False,
            unfurl_media=False,
        )
        return f"{said['channel']}:{said['ts']}"

    async def _whisper(self, address: Address, part: Rendered) -> str:
        """
        Show a message to one person alone.

        In the app's own direct messages that is an ordinary message, which stays; elsewhere it is
        an ephemeral one, by the event's own hook, or where we are a member of the channel.
        """
        if address.chat.startswith("D"):
            try:
                return await self._say(address, part)
            except _NoPlaceError:  # two other people's direct messages
                pass
        try:
            await self._by_hook(address, part, response_type="ephemeral", replace_original=False)
        except _SpentHookError:
            await self._call(
                "chat_postEphemeral",
                address.chat,
                channel=address.chat,
                user=address.private or "",
                thread_ts=address.thread,
                text=part.text,
                blocks=part.blocks or None,
            )
        return ""

    async def _channel(self, chat: str) -> str:
        """Give the channel of a chat: a person's is their direct messages with us."""
        if not chat.startswith(("U", "W")):
            return chat
        if chat not in self._direct:
            opened = await self._call("conversations_open", "", users=chat)  # its limit is about no person
            self._direct[chat] = opened["channel"]["id"]
        return self._direct[chat]

    async def _upload(self, address: Address, document: Document) -> Outcome:
        """Give someone a file, in their direct messages."""
        channel = await self._channel(address.chat)
        await self._call(
            "files_upload_v2",
            channel,
            channel=channel,
            thread_ts=address.thread,
            filename=document.name,
            title=document.name,
            content=document.body,
            initial_comment=escaped(document.text),
        )
        return Sent()

    async def _picture(
        self, message: Message, address: Address, chart: Chart, progress: _Progress
    ) -> Outcome:
        """Give someone a picture, in their direct messages; the id is the file's. Else say what it shows."""
        png = None if progress.in_words else await self._png(chart)
        if png is not None:
            try:
                return await self._upload_picture(private_of(address), chart, png)
            except _EndedError as ended:
                if isinstance(ended.outcome, Later):
                    raise
            except (_NoPlaceError, _NotShowableError):
                pass
            log.warning("picture not taken", extra={"action": "send"})
        progress.in_words = True
        outcome = await self._post(message, address, chart, progress)
        return Sent() if isinstance(outcome, Sent) else outcome  # words have no file's id

    async def _png(self, chart: Chart) -> bytes | None:
        """Draw a chart beside the loop: it takes a while."""
        try:
            return await asyncio.to_thread(self._drawn, chart)
        except Exception as error:  # whatever it is, the words are there
            name = type(error).__name__
            log.error("picture not drawn", extra={"action": "send", "error": name})  # noqa: TRY400
            return None

    async def _upload_picture(self, address: Address, chart: Chart, png: bytes) -> Outcome:
        channel = await self._channel(address.chat)
        answer = await self._call(
            "files_upload_v2",
            channel,
            channel=channel,
            thread_ts=address.thread,
            filename=chart.name,
            title=chart.title,
            content=png,
            alt_txt=cut(chart.text, ALT_MAX),
            initial_comment=escaped(cut(drill_texts.CHART_FILE.format(text=chart.text), PLAIN_MAX)),
        )
        return Sent(str(answer["files"][0]["id"]))

    async def _publish(self, learner: str, page: HomePage) -> Outcome:
        """Show someone's Home tab; without the picture where Slack does not find the file any more."""
        try:
            await self._call("views_publish", learner, user_id=learner, view=home_view(page))
        except _NotShowableError:
            if not page.picture:
                raise
            bare = msgspec.structs.replace(page, picture="")
            await self._call("views_publish", learner, user_id=learner, view=home_view(bare))
        return Sent()

    # --- edits ------------------------------------------------------------------------------

    async def _edit(self, message: Message, reply: Reply, edits: str) -> Outcome:
        """Change a message: by the hook of the press on it while that lives, else by its id."""
        address = message.address
        is_among_others = address.shared and not edits.startswith("D")  # it may have gone to them alone
        reader = message.learner if is_among_others else None
        part = rendered(reply, reader=reader)[-1]  # of several messages the last has the buttons, and the id
        if address.hook and address.pressed:
            try:
                await self._by_hook(address, part, replace_original=True)
            except _SpentHookError:
                pass
            else:
                return Sent(edits)
        channel, _, ts = edits.partition(":")
        if not ts:  # it was whispered: Slack gave no id by which to change it
            return Sent(edits)
        await self._call("chat_update", channel, channel=channel, ts=ts, text=part.text, blocks=part.blocks)
        return Sent(edits)

    # --- calls ------------------------------------------------------------------------------

    async def _by_hook(self, address: Address, part: Rendered, **how: Any) -> None:
        """
        Answer an event by its response_url: five times in thirty minutes.

        Raises:
            _SpentHookError: there is none, or it is spent.
            _EndedError: it was not taken now.

        Source: https://docs.slack.dev/interactivity/handling-user-interaction (message responses).
        """
        if address.hook is None:
            raise _SpentHookError
        body = {"text": part.text, "blocks": part.blocks or None, **how}
        if address.thread and not how.get("replace_original"):
            body["thread_ts"] = address.thread
        hook = AsyncWebhookClient(
            address.hook, timeout=self._client.timeout, session=self._client.session, retry_handlers=[]
        )
        answer = await _taken(hook.send_dict({name: one for name, one in body.items() if one is not None}))
        if answer.status_code in SPENT_HOOK:
            raise _SpentHookError
        if answer.status_code in {429, 503}:
            raise _EndedError(Later(_seconds(answer.headers)))
        if answer.status_code >= 500:
            raise _EndedError(Unknown())
        if answer.status_code != 200:
            log.error("hook refused", extra={"action": "send", "status": answer.status_code})
            raise _SpentHookError

    async def _call(self, method: str, about: str, /, **arguments: Any) -> AsyncSlackResponse:
        """
        Call a method of the Web API, unless Slack said to wait with it.

        Raises:
            _EndedError, _NoPlaceError, _NotShowableError: it was not taken, and why.

        `about` is the channel or person that a limit can be about.
        """
        gate = (method, about)
        rest = self._closed.get(gate, 0.0) - self._clock()
        if rest > 0:
            raise _EndedError(Later(rest))
        self._closed.pop(gate, None)
        call: Callable[..., Awaitable[AsyncSlackResponse]] = getattr(self._client, method)
        try:
            answer: AsyncSlackResponse = await _taken(
                call(**{name: one for name, one in arguments.items() if one is not None})
            )
        except SlackApiError as error:
            raise self._end(error, gate) from None
        except (SlackClientError, AttributeError):  # an upload that broke off; or slack_sdk met plain text
            raise _EndedError(Unknown()) from None
        self.refused = None
        return answer

    def _end(self, error: SlackApiError, gate: tuple[str, str]) -> Exception:
        """Say what an error of Slack's means."""
        answer = error.response
        status = getattr(answer, "status_code", 0)
        code = str(answer.get("error", "")) if isinstance(getattr(answer, "data", None), dict) else ""
        if status == 429 or code in NOT_NOW or status == 503:
            seconds = _seconds(answer.headers)
            self._closed[gate] = self._clock() + seconds
            return _EndedError(Later(seconds))
        if code in DEAD_TOKEN:
            if self.refused != code:
                log.error("Slack refuses our token", extra={"action": "send", "error": code})
            self.refused = code
            return _EndedError(Later(DEAD_RETRY))
        if code in NO_PLACE:
            return _NoPlaceError(code)
        if code in NOT_SHOWABLE:
            return _NotShowableError(code)
        if code in AGAIN:
            return _EndedError(Later(1))
        if code in PERHAPS or status >= 500 or not code:
            return _EndedError(Unknown())
        return _EndedError(Gone(code))


async def _taken(call: Awaitable[Any]) -> Any:
    """Await a call; say of a broken connection whether the message may have gone over it."""
    try:
        return await call
    except aiohttp.ClientConnectorError:
        raise _EndedError(Later(RETRY)) from None
    except (TimeoutError, aiohttp.ClientError, ConnectionError):
        raise _EndedError(Unknown()) from None


def _parts(message: Message, address: Address, reply: Reply, progress: _Progress) -> tuple[Rendered, ...]:
    reader = message.learner if address.shared and not _is_for_all(address) else None
    lead = f"{ELSEWHERE}\n\n" if progress.apart else ""
    if progress.plain:
        text = lead + spoken_text(reply)
        return tuple(Rendered(escaped(part), []) for part in split_text(text, PLAIN_MAX))
    among_others = _is_whisper(address) and not address.chat.startswith("D")
    parts = rendered(reply, whisper=among_others, reader=reader)
    if not lead:
        return parts
    first = {"type": "section", "text": {"type": "mrkdwn", "text": ELSEWHERE}}
    return (Rendered(lead + parts[0].text, [first, *parts[0].blocks]), *parts[1:])


def _is_whisper(address: Address) -> bool:
    """Say whether only one of those in a channel is to see it."""
    return address.private is not None and not address.shared


def _is_for_all(address: Address) -> bool:
    """Say whether someone had it posted for everybody; by their hook, where we need not be a member."""
    return address.shared and address.hook is not None and address.pressed is None


def _seconds(headers: Any) -> float:
    """Give the seconds Slack asks to wait; it names them in Retry-After."""
    given = str((headers or {}).get("Retry-After", ""))
    return float(given) if given.isdigit() else RETRY
