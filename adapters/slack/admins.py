"""Who may set what holds for the whole team: the workspace's administrators, as Slack knows them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

REMEMBERED = 300.0  # seconds an answer holds
PATIENCE = 1.5  # seconds: an event must be acknowledged, and a form opened, within three
PEOPLE = 5_000  # whose answers are remembered


class Admins:
    """
    Looks administrators up, and remembers for a while.

    Args:
        client: with the bot's token.
        clock: gives seconds that only grow.
    """

    def __init__(self, client: AsyncWebClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[float, bool]] = {}

    async def is_admin(self, user: str) -> bool | None:
        """
        Say whether someone is an administrator or owner of the workspace.

        Returns:
            None where Slack does not tell in time.
        """
        until, known = self._known.get(user, (0.0, False))
        if self._clock() < until:
            return known
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._client.users_info(user=user)
        except (SlackClientError, aiohttp.ClientError, TimeoutError, ConnectionError, AttributeError):
            return None  # AttributeError: slack_sdk met plain text
        person = answer["user"]
        is_one = bool(person.get("is_admin") or person.get("is_owner") or person.get("is_primary_owner"))
        if len(self._known) >= PEOPLE:
            self._known.clear()
        self._known[user] = (self._clock() + REMEMBERED, is_one)
        return is_one
