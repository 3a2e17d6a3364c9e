"""
Socket Mode, watched: a socket that hears nothing any more is closed and made anew.

The client of slack_sdk reconnects by itself in most cases; it is known to stay deaf in some while it
calls itself connected (python-slack-sdk issues 1110 and 1446). Slack and the client ping each other,
so a socket on which nothing at all was heard for a while is deaf.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger(__name__)

PING = 10.0  # seconds between two pings of ours
DEAF = 45.0  # seconds of silence: four pings went unanswered
FINISHING = 2.0  # seconds for what is under way to be acknowledged, when it ends
CLOSING = 5.0  # seconds a deaf socket has to close


class Socket:
    """
    One socket to Slack, for as long as the program runs.

    Args:
        app: gets what comes in; what it does not acknowledge, Slack delivers again.
        client: with no retries of its own.
        app_token: opens sockets.
        address: of the first socket, where it was asked for already.
        ping, deaf: seconds between pings, and of silence that is too long.
    """

    def __init__(
        self,
        app: AsyncApp,
        client: AsyncWebClient,
        app_token: str,
        address: str | None = None,
        *,
        ping: float = PING,
        deaf: float = DEAF,
    ) -> None:
        self._app = app
        self._client = client
        self._token = app_token
        self._address = address
        self._ping = ping
        self._deaf = deaf
        self._opened = 0.0
        self._heard = 0.0
        self._handler: AsyncSocketModeHandler | None = None
        self._under_way = 0  # what came in and is not acknowledged yet
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.rebuilt = 0

    @property
    def hears(self) -> bool:
        """Say whether something was heard lately."""
        return self._handler is not None and time.time() - self._last_heard() < self._deaf

    async def run(self) -> None:
        """Listen until cancelled."""
        try:
            while True:
                await self._open()
                await self._watch()
                log.error("the socket is deaf", extra={"action": "socket"})
                self.rebuilt += 1
                await self.close()
        finally:
            await self._finish()
            await self.close()

    async def _finish(self) -> None:
        """Hear nothing new, and acknowledge what was heard: Slack delivers a press only once."""
        if self._handler is not None and self._handler.client.message_receiver is not None:
            self._handler.client.message_receiver.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._quiet.wait(), FINISHING)

    async def close(self) -> None:
        """Stop listening: what Slack sends from now on is for the next socket."""
        handler, self._handler = self._handler, None
        if handler is not None:
            with contextlib.suppress(Exception):  # it may be broken in any way; it is left behind
                await asyncio.wait_for(handler.close_async(), CLOSING)  # type: ignore[no-untyped-call]

    async def _open(self) -> None:
        handler = AsyncSocketModeHandler(
            self._app, self._token, web_client=self._client, ping_interval=self._ping
        )
        handler.client.wss_uri, self._address = self._address, None
        handler.client.on_message_listeners.append(self._note)

        async def heard(client: SocketModeClient, request: SocketModeRequest) -> None:
            self._under_way += 1
            self._quiet.clear()
            try:
                await handler.handle(client, request)
            finally:
                self._under_way -= 1
                if not self._under_way:
                    self._quiet.set()

        handler.client.socket_mode_request_listeners[:] = [heard]  # type: ignore[list-item]  # it is that client
        self._opened = time.time()
        self._handler = handler
        opening = asyncio.ensure_future(handler.connect_async())  # type: ignore[no-untyped-call]
        try:
            await asyncio.wait({opening}, timeout=self._deaf)
        finally:
            if not opening.done():  # it tries for ever by itself; a new one is asked for in its place
                opening.cancel()

    async def _watch(self) -> None:
        """Come back when the socket is deaf: silence is no event, so it is looked for."""
        while time.time() - max(self._opened, self._last_heard()) < self._deaf:  # noqa: ASYNC110
            await asyncio.sleep(self._ping / 2)

    async def _note(self, _: WSMessage) -> None:
        self._heard = time.time()

    def _last_heard(self) -> float:
        """Give when the last message or the answer to our last ping came, in seconds since 1970."""
        assert self._handler is not None
        return max(self._heard, self._handler.client.last_ping_pong_time or 0.0)
