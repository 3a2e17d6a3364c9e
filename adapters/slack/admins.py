"""Who someone is, as Slack knows them: an administrator or not, what they are called, where they are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

REMEMBERED = 300.0  # seconds an answer holds
PATIENCE = 1.5  # seconds: an event must be acknowledged, and a form opened, within three
PEOPLE = 5_000  # whose answers are remembered


@dataclass(frozen=True, slots=True)
class Someone:
    """Whether someone administers the workspace, what they are called, the name of their time zone."""

    admin: bool
    name: str
    zone: str


class Admins:
    """
    Looks people up, and remembers for a while.

    Args:
        client: with the bot's token.
        clock: gives seconds that only grow.
    """

    def __init__(self, client: AsyncWebClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[float, Someone]] = {}

    async def is_admin(self, user: str) -> bool | None:
        """
        Say whether someone is an administrator or owner of the workspace.

        Returns:
            None where Slack does not tell in time.
        """
        someone = await self.look_up(user)
        return someone.admin if someone is not None else None

    async def look_up(self, user: str) -> Someone | None:
        """Give who someone is; None where Slack does not tell in time."""
        until, known = self._known.get(user, (0.0, None))
        if known is not None and self._clock() < until:
            return known
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._client.users_info(user=user)
        except (SlackClientError, aiohttp.ClientError, TimeoutError, ConnectionError, AttributeError):
            return None  # AttributeError: slack_sdk met plain text
        someone = someone_from(answer["user"])
        if len(self._known) >= PEOPLE:
            self._known.clear()
        self._known[user] = (self._clock() + REMEMBERED, someone)
        return someone


def someone_from(user: Mapping[str, Any]) -> Someone:
    """Read a person as Slack describes them."""
    profile = user.get("profile") or {}
    return Someone(
        admin=bool(user.get("is_admin") or user.get("is_owner") or user.get("is_primary_owner")),
        name=str(profile.get("display_name") or profile.get("real_name") or user.get("name") or ""),
        zone=str(user.get("tz") or ""),
    )
