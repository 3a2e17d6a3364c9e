"""Telegram on loopback: the Bot API, and what goes out to the bot."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.telegram.faults import Fault, Faults
from tests.telegram.methods import checked
from tests.telegram.records import Posted
from tests.telegram.shapes import Json, Refused
from tests.telegram.updates import Delivery, Updates
from tests.telegram.wire import arguments, cut, refusal

__all__ = ["Delivery", "Telegram"]

PATH = re.compile(r"/bot(\d+:[A-Za-z0-9_-]{20,})/(\w+)")


class Telegram(Updates, Faults):
    """The platform. Faults come from `limit`, `fail`, `break_` and `hold`."""

    def __init__(self) -> None:
        Updates.__init__(self)
        Faults.__init__(self)
        self._begun: set[asyncio.Task[web.StreamResponse]] = set()

    @property
    def api_url(self) -> str:
        """The base for `Bot(token, base_url=...)`."""
        return f"{self.url}/bot"

    @property
    def file_url(self) -> str:
        """The base for `Bot(token, base_file_url=...)`; there are no files to fetch."""
        return f"{self.url}/file/bot"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._api)
        # A poll whose client is gone ends with it; what else was begun is done (`_api`).
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._client = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing = True
        await self.notify()
        for task in self._begun:
            task.cancel()
        await self._client.close()
        await self._runner.cleanup()

    # What the bot asks for

    async def _api(self, request: web.Request) -> web.StreamResponse:
        """Answer a call. Where the client does not wait for that, the call takes effect all the same."""
        method = request.path.rpartition("/")[2]
        try:
            self._authorize(request.path)
            args = await arguments(request)
        except Refused as refused:
            return await self._refuse(method, refused)
        self.calls.append((method, args, time.monotonic()))
        await self.notify()
        if method == "getUpdates":
            return await self._answer(request, method, args)
        task = asyncio.create_task(self._answer(request, method, args))
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        return await asyncio.shield(task)

    async def _answer(self, request: web.Request, method: str, args: Json) -> web.StreamResponse:
        fault = await self._fault(method, args)
        if fault is not None and fault.kind == "before":
            return cut(request)
        try:
            if fault is not None and fault.refusal is not None:
                raise fault.refusal
            result = await self._run(method, args)
        except Refused as refused:
            answer = await self._refuse(method, refused)
        else:
            answer = web.json_response({"ok": True, "result": result})
        await self.notify()
        return answer if fault is None or fault.kind != "after" else cut(request)

    def _authorize(self, path: str) -> None:
        found = PATH.fullmatch(path)
        if found is None:
            raise Refused("malformed", "no /bot<token>/<method>", 404, "Not Found")
        if found.group(1) != self.token:
            raise Refused("token", "unknown token", 401, "Unauthorized")

    async def _fault(self, method: str, args: Json) -> Fault | None:
        """What goes wrong with this call; where it is only held, nothing does in the end."""
        fault = self.take(method, args)
        while fault is not None and fault.kind == "hold":
            await fault.go.wait()
            fault = self.take(method, args)
        return fault

    async def _run(self, method: str, given: Json) -> Any:
        known, args = checked(method, given)
        if method == "getUpdates":
            return await self.fetch(args)
        return known.run(self, args)

    async def _refuse(self, method: str, refused: Refused) -> web.Response:
        description = "pace" if refused.rule == "pace" else refused.description
        self.refused.append((method, description, f"{refused.rule}: {refused.detail}"))
        await self.notify()
        return refusal(refused)

    # Waiting

    async def settled(self, wanted: int | Callable[[Telegram], Any], timeout: float = 5) -> None:  # noqa: ASYNC109
        """Wait until so many messages were sent, or until the predicate holds."""
        count = wanted if isinstance(wanted, int) else 0
        holds = (lambda _: len(self.messages) >= count) if isinstance(wanted, int) else wanted
        try:
            async with asyncio.timeout(timeout), self.changed:
                await self.changed.wait_for(lambda: holds(self))
        except TimeoutError:
            raise AssertionError(f"not within {timeout} s; {self.story()}") from None

    def story(self) -> str:
        """All that happened, for a failing test's reader."""
        lines = [_line(posted) for posted in self.messages]
        refused = [f"  refused {method}: {error} ({detail})" for method, error, detail in self.refused]
        return "\n".join(["messages:", *lines, *refused])


def _line(posted: Posted) -> str:
    marks = f" edited {posted.edits}x" if posted.edits else ""
    marks += " deleted" if posted.deleted else ""
    return f"  {posted.chat} {posted.id} (by {posted.by}{marks}) {posted.text!r} {posted.keyboard}"
