"""The wiring between slack-bolt and the tutor: what comes in is committed, and only then acknowledged."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from yarl import URL

from adapters.slack import arrivals, drill_form
from adapters.slack.admins import Admins
from adapters.slack.audiences import Audiences
from adapters.slack.blocks import cleared_home
from adapters.slack.forms import errors_of, team_form
from bot.events import (
    Arrival,
    DrillSaved,
    HomeOpened,
)
from bot.model import Address, private_of
from bot.replies import (
    DrillForm,
    Forgotten,
    PageChanged,
    Receipt,
    Refused,
    Suggested,
    TeamForm,
    Toast,
)
from bot.store import TRIES
from bot.tutor import NotHandledError

log = logging.getLogger(__name__)

Take = Callable[[Arrival], Awaitable[Receipt | None]]

COMMAND = "/mayshare"
PROMPTS_TITLE = "May I share this?"
FORM_PATIENCE = 1.2  # seconds: with the look-up before it, the press is acknowledged within three
AFTERWARDS = 10.0  # seconds for what follows an acknowledgement


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace (or organization) whose token we have."""

    team: str | None
    enterprise: str | None
    bot: str
    bot_user: str

    @property
    def tenant(self) -> str:
        """Its tenant."""
        return self.team or self.enterprise or ""


class SlackApp:
    """
    Slack's half of the tutor that listens.

    Args:
        take: the tutor's: it returns once an arrival is committed.
        client: with the bot's token.
        workspace: whose events are ours; all others are answered and have no effect.
        signing_secret: proves that a request is Slack's; not needed over a socket.
        clock: gives the time now, with its zone.
    """

    def __init__(
        self,
        take: Take,
        client: AsyncWebClient,
        workspace: Workspace,
        signing_secret: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._take = take
        self._client = client
        self._workspace = workspace
        self._clock = clock
        self._admins = Admins(client)
        self._audiences = Audiences(client)
        self._afterwards: set[asyncio.Task[None]] = set()
        self.counts: Counter[str] = Counter()  # taken by kind, redelivered, failed, unhandled

        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
            return self._authorized(enterprise_id, team_id)

        self.bolt = AsyncApp(
            signing_secret=signing_secret or "unused: a socket proves itself",
            client=_without_token(client),  # with one, bolt would ask the network whose it is
            authorize=authorize,  # type: ignore[arg-type]  # None means: not ours
            process_before_response=True,
            raise_error_for_unhandled_request=True,
            request_verification_enabled=signing_secret is not None,
            attaching_function_token_enabled=False,
        )
        self.listen_on(self.bolt)

    def listen_on(self, bolt: AsyncApp) -> None:
        """Say what is listened to: each has its place in the manifest. bolt tries them in this order."""
        bolt.action(re.compile(".*"))(self._pressed)  # most of what comes in is a press
        bolt.event("message")(self._written)
        bolt.event("app_mention")(self._written)
        bolt.event("app_home_opened")(self._opened)
        bolt.command(COMMAND)(self._commanded)
        bolt.shortcut({"type": "message_action", "callback_id": arrivals.ASK_SHORTCUT})(self._asked_about)
        bolt.view(arrivals.TEAM_FORM)(self._settled)
        bolt.view(drill_form.DRILL_FORM)(self._ordered)
        bolt.options(drill_form.GROUPS)(self._groups_asked)
        bolt.error(self._failed)

    async def drain(self) -> None:
        """Wait for what follows the acknowledgements given so far."""
        if self._afterwards:
            await asyncio.wait(self._afterwards, timeout=AFTERWARDS)

    # --- what bolt asks ---------------------------------------------------------------------

    def _authorized(self, enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        """
        Say whose token an event is for, from what is known: never from the network.

        Where bolt's own `auth.test` meets a 429, bolt answers 200 and the event is gone.
        """
        ours = self._workspace
        if ours.team != team_id if ours.team is not None else ours.enterprise != enterprise_id:
            self.counts["foreign"] += 1
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=self._client.token,
            bot_id=ours.bot,
            bot_user_id=ours.bot_user,
        )

    async def _failed(self, error: Exception) -> BoltResponse:
        """Answer what nobody listens to with 200, and what failed with 500: then an event comes again."""
        if isinstance(error, BoltUnhandledRequestError):
            self.counts["unhandled"] += 1
            return BoltResponse(status=200, body="")
        self.counts["failed"] += 1
        name = type(error).__name__  # never its text, nor the request: both can hold what was typed
        log.error("not acknowledged", extra={"action": "intake", "error": name})
        return BoltResponse(status=500, body="")

    # --- listeners --------------------------------------------------------------------------

    async def _written(self, body: dict[str, Any], request: AsyncBoltRequest) -> None:
        self._count(request, "message")
        arrival = arrivals.written(body, self._clock())
        if arrival is not None:
            await self._hand_in(await self._known(arrival))

    async def _opened(self, body: dict[str, Any], request: AsyncBoltRequest) -> None:
        self._count(request, "opened")
        arrival = arrivals.opened(body, self._clock())
        if arrival is None:
            return
        receipt = await self._take(await self._known(arrival))
        if isinstance(receipt, Suggested):
            self._after(self._suggest(arrival.address, receipt))

    async def _commanded(self, body: dict[str, Any], ack: AsyncAck, request: AsyncBoltRequest) -> None:
        self._count(request, "command")
        await self._press(await self._known(arrivals.commanded(body, self._clock())))
        await ack()

    async def _asked_about(self, body: dict[str, Any], ack: AsyncAck, request: AsyncBoltRequest) -> None:
        self._count(request, "shortcut")
        await self._press(arrivals.asked_about(body, self._clock()))
        await ack()

    async def _pressed(self, body: dict[str, Any], ack: AsyncAck, request: AsyncBoltRequest) -> None:
        self._count(request, "press")
        arrival = arrivals.pressed(body, self._clock())
        if arrival is not None:
            receipt = await self._press(await self._known(arrival))
            match receipt:
                case Toast(text):
                    self._after(self._toast(arrival.address, text))
                case TeamForm():
                    await self._open_form(body["trigger_id"], team_form(receipt), arrival)
                case DrillForm():
                    await self._open_form(body["trigger_id"], drill_form.drill_form(receipt), arrival)
        elif drill_form.is_drill_form(body):  # a field of it was changed
            self._after(self._refresh(body["view"]))
        await ack()

    async def _settled(self, body: dict[str, Any], ack: AsyncAck, request: AsyncBoltRequest) -> None:
        self._count(request, "form")
        receipt = await self._press(await self._known(arrivals.settled(body, self._clock())))
        if isinstance(receipt, Refused):
            await ack(response_action="errors", errors=errors_of(receipt))
        else:
            await ack()

    async def _ordered(self, body: dict[str, Any], ack: AsyncAck, request: AsyncBoltRequest) -> None:
        self._count(request, "form")
        arrival = await self._known(drill_form.ordered(body, self._clock()))
        assert isinstance(arrival.event, DrillSaved)
        audience = arrival.event.drill.audience
        wrong = ""
        if audience.kind == "channel" and audience.ids:
            name, wrong = await self._audiences.channel(audience.ids[0])
            arrival = drill_form.with_name(arrival, name)
        refused = Refused((("audience", wrong),)) if wrong else await self._press(arrival)
        if isinstance(refused, Refused):
            errors = drill_form.drill_errors(refused, body["view"])
            await ack(response_action="errors", errors=errors)
        else:
            await ack()

    async def _groups_asked(self, body: dict[str, Any], ack: AsyncAck, request: AsyncBoltRequest) -> None:
        self._count(request, "options")
        team = str((body.get("team") or {}).get("id") or self._workspace.team or "")
        groups = await self._audiences.usergroups(team, str(body.get("value") or ""))
        await ack(options=drill_form.group_options(groups))

    def _count(self, request: AsyncBoltRequest, kind: str) -> None:
        self.counts[kind] += 1
        if request.headers.get("x-slack-retry-num", ["0"])[0] != "0":  # a socket numbers the first one too
            self.counts["redelivered"] += 1

    async def _press(self, arrival: Arrival) -> Receipt | None:
        """Hand in what Slack delivers only once: it is tried again here, until it is set aside."""
        for _ in range(TRIES - 1):
            try:
                return await self._hand_in(arrival)
            except NotHandledError:
                continue
        return await self._hand_in(arrival)

    async def _hand_in(self, arrival: Arrival) -> Receipt | None:
        receipt = await self._take(arrival)
        match receipt:
            case Forgotten():
                self._after(self._clear_home(arrival.learner))
            case PageChanged():
                self._after(self._draw_home(arrival))
        return receipt

    async def _known(self, arrival: Arrival) -> Arrival:
        """Find out who did it, where that matters."""
        if not arrivals.needs_admin(arrival):
            return arrival
        someone = await self._admins.look_up(arrival.learner)
        if someone is not None and isinstance(arrival.event, DrillSaved):
            arrival = drill_form.with_someone(arrival, someone)
        return arrivals.with_admin(arrival, someone.admin if someone is not None else None)

    # --- receipts ---------------------------------------------------------------------------

    def _after(self, what: Awaitable[object]) -> None:
        """Do something once the event is acknowledged; it is lost if it fails, and nothing else is."""
        task = asyncio.create_task(self._quietly(what))
        self._afterwards.add(task)
        task.add_done_callback(self._afterwards.discard)

    async def _quietly(self, what: Awaitable[object]) -> None:
        try:
            async with asyncio.timeout(AFTERWARDS):
                await what
        except Exception as error:  # nobody waits for it
            name = _name_of(error)
            self.counts["lost receipt"] += 1
            log.warning("a receipt is lost", extra={"action": "receipt", "error": name})

    async def _toast(self, address: Address, text: str) -> None:
        """Say a word to whoever pressed, and to nobody else."""
        if address.hook is not None:
            hook = AsyncWebhookClient(address.hook, session=self._client.session, retry_handlers=[])
            await hook.send(text=text, response_type="ephemeral", replace_original=False)

    async def _clear_home(self, learner: str) -> None:
        """Take what was kept about someone off their Home tab, which Slack would show until it is opened."""
        await self._client.views_publish(user_id=learner, view=cleared_home())

    async def _draw_home(self, arrival: Arrival) -> None:
        """Draw someone's Home tab anew, as if they had opened it just now."""
        address = Address(platform=arrivals.PLATFORM, chat=arrival.learner)
        opened = Arrival(
            f"{arrival.id}.home", arrival.tenant, arrival.learner, address, arrival.at, HomeOpened()
        )
        await self._take(await self._known(opened))

    async def _refresh(self, view: Mapping[str, Any]) -> None:
        """
        Show in an open form what was just chosen.

        Without the view's hash: of two quick changes the later one tells of both, and must not be refused.
        """
        await self._client.views_update(view_id=view["id"], view=drill_form.refreshed(view))

    async def _suggest(self, address: Address, receipt: Suggested) -> None:
        """Offer what to write first, in the Messages tab. A plan without it refuses; nothing is lost."""
        await self._client.assistant_threads_setSuggestedPrompts(
            channel_id=address.chat,
            title=PROMPTS_TITLE,
            prompts=[{"title": title, "message": message} for title, message in receipt.prompts],
        )

    async def _open_form(self, trigger: str, view: dict[str, Any], arrival: Arrival) -> None:
        """Open the form within the three seconds that the press allows; else say to press again."""
        try:
            async with asyncio.timeout(FORM_PATIENCE):
                await self._client.views_open(trigger_id=trigger, view=view)
        except Exception as error:  # the press itself is done, and acknowledged
            name = _name_of(error)
            self.counts["lost receipt"] += 1
            log.warning("the form did not open", extra={"action": "receipt", "error": name})
            self._after(self._tell(private_of(arrival.address).chat, FORM_LOST))

    async def _tell(self, chat: str, text: str) -> None:
        await self._client.chat_postMessage(channel=chat, text=text)


FORM_LOST = "Slack did not open the form. Nothing is lost: please press the button again."


def bolt_request(body: str, headers: Mapping[str, str | Sequence[str]]) -> AsyncBoltRequest:
    """
    Make slack-bolt's request of what came in over HTTP.

    Slack sends a press as a form with one field: some kilobytes of JSON, percent-encoded. To decode that
    with urllib, as slack-bolt does, takes longer than all else it does with a press. So the JSON goes in
    decoded; the signature is still checked over the body as it came.
    """
    payload = _payload(body)
    request = AsyncBoltRequest(body=body if payload is None else payload, headers=dict(headers))
    request.raw_body = body
    return request


def _payload(body: str) -> str | None:
    """Give the JSON in a form's one field; None for any other body."""
    if not body.startswith("payload=") or "&" in body:
        return None
    payload = URL.build(query_string=body, encoded=True).query["payload"]
    return payload if payload.startswith("{") else None  # by that, slack-bolt knows JSON


def _without_token(client: AsyncWebClient) -> AsyncWebClient:
    return AsyncWebClient(
        base_url=client.base_url, timeout=client.timeout, session=client.session, retry_handlers=[]
    )


def _name_of(error: Exception) -> str:
    """Name an error by Slack's own code, else by its class: its text can hold a request."""
    data = getattr(getattr(error, "response", None), "data", None)
    if isinstance(error, SlackClientError) and isinstance(data, Mapping):
        return str(data.get("error", type(error).__name__))
    return type(error).__name__
