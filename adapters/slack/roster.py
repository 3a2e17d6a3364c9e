"""Who a drill is for, as Slack knows it: a channel's members, a user group's, people by name."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.admins import Someone, someone_from
from adapters.slack.app import Workspace
from bot.model import Address, Audience, Drill, Member
from bot.store import Place

log = logging.getLogger(__name__)

PAGE = 200  # people on a page; Slack recommends no more. https://docs.slack.dev/apis/web-api/pagination
REMEMBERED = 3600.0  # seconds it holds what someone is called, and whether they are a guest
# https://docs.slack.dev/apis/web-api/rate-limits: users.list may be called 20 times a minute, users.info 100.
# An audience is asked for twice a minute at most, and what was learned by then is remembered.
PAGES_AT_ONCE = 8
PEOPLE_AT_ONCE = 40
WAIT = 30.0  # seconds where Slack says to wait, but not how long
NOBODY = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


class _NotNowError(Exception):
    """Slack does not tell, or has not told all of it yet."""


class SlackRoster:
    """
    Finds out who is in an audience, without bots and guests.

    What was learned about people is remembered for an hour. Of many, all of the workspace is read, page by
    page; of few, each one. Where that takes more calls than Slack likes in a minute, it is gone on with when
    asked the next time.

    Args:
        client: with the bot's token, and no retries of its own.
        workspace: whose people they are.
        clock: gives seconds that only grow.
    """

    def __init__(
        self, client: AsyncWebClient, workspace: Workspace, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._workspace = workspace
        self._clock = clock
        self._people: dict[str, tuple[float, Someone | None]] = {}  # None: a bot, a guest, not of here
        self._cursor = ""  # where the list of all people is gone on with
        self._listed_until = 0.0
        self._closed_until = 0.0

    async def members(
        self,
        tenant: str,
        drill: Drill,
        known: Sequence[Place],  # noqa: ARG002  # Slack tells all; other platforms build on it
    ) -> Sequence[Member] | None:
        """Give a drill's members; None where Slack does not tell now."""
        if tenant != self._workspace.tenant:  # it was ordered in a workspace that is not served now
            return None
        try:
            ids = await self._ids(drill.audience)
            people = await self._known(ids)
        except _NotNowError as error:
            log.info("audience not told", extra={"action": "drills", "error": str(error)})
            return None
        return [
            Member(learner=id, address=Address(platform="slack", chat=id), name=one.name, zone=one.zone)
            for id, one in people.items()
            if one is not None
        ]

    async def may_order(self, tenant: str, drill: Drill) -> bool | None:
        """Say whether who ordered a drill is an administrator still; None where Slack does not tell now."""
        if tenant != self._workspace.tenant:
            return None
        try:
            someone = await self._one(drill.by)
        except _NotNowError:
            return None
        return someone is not None and someone.admin

    async def _ids(self, audience: Audience) -> Sequence[str]:
        match audience.kind:
            case "channel":
                return await self._in_channel(audience.ids[0])
            case "usergroup":
                answer = await self._call(self._client.usergroups_users_list, usergroup=audience.ids[0])
                return [str(id) for id in answer["users"]]
            case _:
                return audience.ids

    async def _in_channel(self, channel: str) -> Sequence[str]:
        ids: list[str] = []
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            answer = await self._call(self._client.conversations_members, channel=channel, limit=PAGE, **more)
            ids += answer["members"]
            cursor = _next(answer)
            if not cursor:
                return ids

    # --- who they are -----------------------------------------------------------------------

    async def _known(self, ids: Sequence[str]) -> Mapping[str, Someone | None]:
        if len(self._unknown(ids)) > PEOPLE_AT_ONCE and self._workspace.team is not None:
            await self._list_all()
        unknown = self._unknown(ids)
        if len(unknown) > PEOPLE_AT_ONCE and self._listed_until > self._clock():
            for id in unknown:  # all of the workspace was read: they are guests of other workspaces
                self._remember(id, None)
            unknown = []
        for id in unknown[:PEOPLE_AT_ONCE]:
            self._remember(id, await self._one(id))
        if len(unknown) > PEOPLE_AT_ONCE:
            raise _NotNowError("more to come")
        return {id: self._people[id][1] for id in dict.fromkeys(ids)}

    def _unknown(self, ids: Sequence[str]) -> list[str]:
        now = self._clock()
        return [id for id in dict.fromkeys(ids) if self._people.get(id, (0.0, None))[0] <= now]

    def _remember(self, id: str, someone: Someone | None) -> None:
        self._people[id] = (self._clock() + REMEMBERED, someone)

    async def _one(self, id: str) -> Someone | None:
        try:
            answer = await self._call(self._client.users_info, user=id)
        except _NotNowError as error:
            if str(error) in NOBODY:
                return None
            raise
        return self._read(answer["user"])

    async def _list_all(self) -> None:
        """Read on in the list of all people, unless it was read within the hour."""
        if self._listed_until > self._clock():
            return
        for _ in range(PAGES_AT_ONCE):
            more = {"cursor": self._cursor} if self._cursor else {}
            try:
                answer = await self._call(self._client.users_list, limit=PAGE, **more)
            except _NotNowError as error:
                if str(error) == "invalid_cursor":  # it is too old: from the start, the next time
                    self._cursor = ""
                raise
            for user in answer["members"]:
                self._remember(str(user["id"]), self._read(user))
            self._cursor = _next(answer)
            if not self._cursor:
                self._listed_until = self._clock() + REMEMBERED
                return
        raise _NotNowError("more to come")

    def _read(self, user: Mapping[str, Any]) -> Someone | None:
        """Give a person; None for a bot, a guest, someone who left, or is of another workspace."""
        ours = self._workspace
        away = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger", "is_invited_user")
        if any(user.get(one) for one in away) or user["id"] in {"USLACKBOT", ours.bot_user}:
            return None
        teams = (user.get("enterprise_user") or {}).get("teams") or ()
        is_ours = ours.team is None or user.get("team_id", ours.team) == ours.team or ours.team in teams
        return someone_from(user) if is_ours else None

    # --- calls ------------------------------------------------------------------------------

    async def _call(self, call: Callable[..., Any], **arguments: Any) -> AsyncSlackResponse:
        """
        Ask Slack, unless it said to wait.

        Raises:
            _NotNowError: it does not tell; the text is Slack's code.
        """
        if self._closed_until > self._clock():
            raise _NotNowError("ratelimited")
        try:
            answer: AsyncSlackResponse = await call(**arguments)
        except SlackApiError as error:
            response = error.response
            if getattr(response, "status_code", 0) == 429:
                given = str((response.headers or {}).get("Retry-After", ""))
                self._closed_until = self._clock() + (float(given) if given.isdigit() else WAIT)
            data = getattr(response, "data", None)
            code = str(data.get("error", "")) if isinstance(data, dict) else "no answer"
            raise _NotNowError(code) from None
        except (
            SlackClientError,
            aiohttp.ClientError,
            TimeoutError,
            ConnectionError,
            AttributeError,
        ) as error:
            raise _NotNowError(type(error).__name__) from None  # AttributeError: slack_sdk met plain text
        return answer


def _next(answer: AsyncSlackResponse) -> str:
    """Give where the next page begins; empty where there is none."""
    return str((answer.get("response_metadata") or {}).get("next_cursor") or "")
