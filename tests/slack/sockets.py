"""Socket Mode: the connections the bot opened, what is sent on them, and how they go deaf."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from tests.slack.rules import Json


@dataclass(eq=False)
class Link:
    """One connection."""

    ws: web.WebSocketResponse
    transport: asyncio.Transport | None
    deaf: bool = False


class Sockets:
    """Every connection; an envelope goes out on one of them, in turn."""

    def __init__(self, changed: Callable[[], Awaitable[None]]) -> None:
        self.links: list[Link] = []
        self.opened = 0
        self.strays: list[str] = []
        self._changed = changed
        self._turn = itertools.count()
        self._number = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Json]] = {}

    async def serve(self, request: web.Request, app_id: str) -> web.StreamResponse:
        """Hold one connection until it closes."""
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        transport = request.transport
        link = Link(ws, transport if isinstance(transport, asyncio.Transport) else None)
        self.links.append(link)
        self.opened += 1
        await ws.send_json(_hello(app_id, len(self.links)))
        await self._changed()
        try:
            async for message in ws:
                await self._hear(link, message.type, message.data)
        finally:
            self.links.remove(link)
            await self._changed()
        return ws

    async def _hear(self, link: Link, kind: WSMsgType, data: object) -> None:
        if link.deaf:
            return
        if kind is WSMsgType.PING and isinstance(data, (bytes, bytearray)):
            await link.ws.pong(bytes(data))
        elif kind is WSMsgType.TEXT and isinstance(data, str):
            self._acknowledged(json.loads(data))

    def _acknowledged(self, answer: Json) -> None:
        waiting = self._waiting.pop(str(answer.get("envelope_id")), None)
        if waiting is None:
            self.strays.append(str(answer.get("envelope_id")))
        elif not waiting.done():
            waiting.set_result(answer)

    async def send(self, kind: str, payload: Json, retry: Json, timeout_seconds: float) -> Json | None:
        """Send one envelope and wait for its acknowledgement; None when none comes."""
        link = self._choose()
        if link is None:
            return None
        envelope = {
            "envelope_id": f"envelope-{next(self._number)}",
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        answered: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[str(envelope["envelope_id"])] = answered
        try:
            if not link.deaf:
                await link.ws.send_json(envelope | retry)
            return await asyncio.wait_for(answered, timeout_seconds)
        except (TimeoutError, ConnectionError):
            return None
        finally:
            self._waiting.pop(str(envelope["envelope_id"]), None)

    def _choose(self) -> Link | None:
        """The next connection that hears, else one that does not."""
        open_ones = [link for link in self.links if not link.ws.closed]
        able = [link for link in open_ones if not link.deaf] or open_ones
        return able[next(self._turn) % len(able)] if able else None

    async def disconnect(self, reason: str) -> None:
        """Tell every client to leave, as Slack does every few hours."""
        for link in list(self.links):
            if not link.deaf:
                await link.ws.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})

    def deafen(self) -> None:
        """Neither send nor answer on the connections there are now; only a close is answered."""
        for link in self.links:
            link.deaf = True

    def abort(self) -> None:
        """Cut every connection."""
        for link in self.links:
            if link.transport is not None:
                link.transport.abort()


def _hello(app_id: str, number: int) -> Json:
    debug = {"host": "applink-test", "build_number": 1, "approximate_connection_time": 18060}
    info = {"app_id": app_id}
    return {"type": "hello", "num_connections": number, "debug_info": debug, "connection_info": info}
