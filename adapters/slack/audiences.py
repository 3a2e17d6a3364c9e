"""What a supervisor may choose from: the channels we are in, and the workspace's user groups."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.engine import drill_texts as texts

REMEMBERED = 300.0  # seconds the list of user groups holds
PATIENCE = 1.2  # seconds: with who they are looked up before it, a form is answered within three
CLOSED = frozenset({"channel_not_found", "not_in_channel"})
_TROUBLE = (SlackClientError, aiohttp.ClientError, TimeoutError, ConnectionError, AttributeError)


class Audiences:
    """
    Looks channels and user groups up.

    Args:
        client: with the bot's token.
        clock: gives seconds that only grow.
    """

    def __init__(self, client: AsyncWebClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._groups: dict[str, tuple[float, Sequence[tuple[str, str]]]] = {}

    async def channel(self, id: str) -> tuple[str, str]:
        """Give what a channel is called, and what keeps it from being an audience (empty: nothing)."""
        try:
            async with asyncio.timeout(PATIENCE):
                channel = (await self._client.conversations_info(channel=id))["channel"]
        except SlackApiError as error:
            return "", texts.NOT_INVITED if _code(error) in CLOSED else texts.NOT_TOLD
        except _TROUBLE:
            return "", texts.NOT_TOLD
        if channel.get("is_archived"):
            return "", texts.ARCHIVED
        return f"#{channel['name']}", "" if channel.get("is_member") else texts.NOT_INVITED

    async def usergroups(self, team: str, typed: str) -> Sequence[tuple[str, str]]:
        """Give the user groups that a word fits, as ids with names; none where Slack does not tell."""
        word = typed.strip().lstrip("@").lower()
        return [one for one in await self._all_groups(team) if word in one[1].lower()]

    async def _all_groups(self, team: str) -> Sequence[tuple[str, str]]:
        until, known = self._groups.get(team, (0.0, ()))
        if self._clock() < until:
            return known
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._client.usergroups_list(team_id=team)
        except _TROUBLE:
            return known
        groups = sorted((_named(one), str(one["id"])) for one in answer["usergroups"] if not _is_gone(one))
        listed = [(id, name) for name, id in groups]
        self._groups[team] = (self._clock() + REMEMBERED, listed)
        return listed


def _named(group: Mapping[str, Any]) -> str:
    return f"{group.get('name', '')} (@{group.get('handle', '')})"


def _is_gone(group: Mapping[str, Any]) -> bool:
    return bool(group.get("date_delete"))


def _code(error: SlackApiError) -> str:
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, dict) else ""
