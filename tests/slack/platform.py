"""Slack on loopback: the Web API, response_urls, Socket Mode, and what goes out to the bot."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from tests.slack.faults import Fault, Faults
from tests.slack.hooks import respond
from tests.slack.methods import call, shown
from tests.slack.rules import Json, Refused
from tests.slack.sockets import Sockets
from tests.slack.wire import arguments, cut, go_wrong, limited
from tests.slack.world import Posted, World


@dataclass
class Delivery:
    """What became of one thing sent to the bot. `status` is None where no answer came in time."""

    status: int | None
    body: str
    tries: int
    seconds: float
    kind: str = "raw"
    payload: Json = field(default_factory=dict)
    ts: str | None = None
    also: Delivery | None = None

    @property
    def answer(self) -> Json:
        """The answer's JSON object, or nothing."""
        try:
            answer = json.loads(self.body or "{}")
        except ValueError:
            return {}
        return answer if isinstance(answer, dict) else {}


class Slack(World, Faults):
    """The platform. Faults come from `limit`, `fail`, `status` and `break_`."""

    def __init__(self, request_url: str | None = None) -> None:
        World.__init__(self)
        Faults.__init__(self)
        self.request_url = request_url
        self.command = "/mayshare"
        self.ack_timeout = 3.0
        self.deliveries: list[Delivery] = []
        self._sockets = Sockets(self.notify)

    @property
    def api_url(self) -> str:
        """The base for `AsyncWebClient(base_url=...)`."""
        return f"{self.url}/api/"

    @property
    def connections(self) -> int:
        """How many sockets were ever opened."""
        return self._sockets.opened

    @property
    def connected(self) -> int:
        """How many sockets are open now."""
        return len(self._sockets.links)

    @property
    def strays(self) -> list[str]:
        """Acknowledgements nobody waited for: unknown, late or repeated."""
        return self._sockets.strays

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/hooks/{name}", self._hook)
        app.router.add_post("/upload/{id}", self._upload)
        app.router.add_get("/link", self._link)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._client = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sockets.abort()
        await self._client.close()
        await self._runner.cleanup()

    # What the bot asks for

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            args, token = await arguments(request)
        except Refused as refused:
            return self._refusal(method, refused)
        self.calls.append((method, args, time.monotonic()))
        fault = await self._fault(method, args)
        if fault is not None and fault.kind != "after":
            return go_wrong(request, fault)
        try:
            answer = web.json_response({"ok": True} | call(self, method, token, args))
        except Refused as refused:
            answer = self._refusal(method, refused)
        answer.headers["x-oauth-scopes"] = ",".join(self.scopes)
        await self.notify()
        return answer if fault is None else cut(request)

    async def _fault(self, method: str, args: Json) -> Fault | None:
        """What goes wrong with this call; where it is only held, nothing does in the end."""
        fault = self.take(method, args)
        while fault is not None and fault.kind == "hold":
            await fault.go.wait()
            fault = self.take(method, args)
        return fault

    def _refusal(self, method: str, refused: Refused) -> web.Response:
        error = "pace" if refused.rule == "pace" else refused.error
        self.refused.append((method, error, f"{refused.rule}: {refused.detail}"))
        if refused.rule == "pace":
            return limited(int(refused.more["retry_after"]))
        told = {"response_metadata": {"messages": [f"[ERROR] {refused.detail}"]}}
        return web.json_response({"ok": False, "error": refused.error} | refused.more | told)

    async def _hook(self, request: web.Request) -> web.StreamResponse:
        try:
            body = json.loads(await request.read())
        except ValueError:
            body = None
        args = body if isinstance(body, dict) else {}
        self.calls.append(("response_url", args, time.monotonic()))
        fault = await self._fault("response_url", args)
        if fault is not None and fault.kind != "after":
            return go_wrong(request, fault)
        try:
            respond(self, request.match_info["name"], body)
            answer = web.Response(text="ok")
        except Refused as refused:
            self.refused.append(("response_url", refused.error, f"{refused.rule}: {refused.detail}"))
            status = int(refused.more.get("status", 400))
            answer = web.json_response({"ok": False, "error": refused.error}, status=status)
        await self.notify()
        return answer if fault is None else cut(request)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        file = self.files.get(request.match_info["id"])
        data = await request.read()
        if file is None or file.done or len(data) != file.length:
            self.refused.append(("upload", "file_not_found", f"file_not_found: {len(data)} bytes"))
            return web.Response(status=400, text="unknown file, or not as long as was said")
        file.data = data
        return web.Response(text=f"OK - {len(data)}")

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=403, text="unknown or used ticket")
        self.tickets.remove(ticket)
        return await self._sockets.serve(request, self.app_id)

    # What goes out to the bot

    def sign(self, body: str, at: float | None = None) -> dict[str, str]:
        """The two headers of a request from Slack."""
        stamp = str(int(time.time() if at is None else at))
        base = f"v0:{stamp}:{body}".encode()
        digest = hmac.new(self.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

    async def deliver(self, kind: str, payload: Json, retry: tuple[int, str] | None = None) -> Delivery:
        """Send one event, command or interaction over HTTP or the socket."""
        began = time.monotonic()
        if self.request_url is None:
            delivery = await self._by_socket(kind, payload, retry)
        else:
            delivery = await self._by_http(kind, payload, retry)
        delivery.seconds, delivery.tries = time.monotonic() - began, 1 + (retry[0] if retry else 0)
        delivery.kind, delivery.payload = kind, payload
        self.deliveries.append(delivery)
        return delivery

    async def _by_http(self, kind: str, payload: Json, retry: tuple[int, str] | None) -> Delivery:
        form = "application/x-www-form-urlencoded"
        match kind:
            case "events_api":
                body, content = json.dumps(payload), "application/json"
            case "interactive":
                body, content = urlencode({"payload": json.dumps(payload)}), form
            case _:
                body, content = urlencode(payload), form
        headers = {"Content-Type": content} | self.sign(body)
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry[0]), "X-Slack-Retry-Reason": retry[1]}
        return await self.deliver_raw(body, headers)

    async def _by_socket(self, kind: str, payload: Json, retry: tuple[int, str] | None) -> Delivery:
        again: Json = {}
        if kind == "events_api":
            again = {"retry_attempt": retry[0] if retry else 0, "retry_reason": retry[1] if retry else ""}
        answer = await self._sockets.send(kind, payload, again, self.ack_timeout)
        if answer is None:
            return Delivery(None, "", 1, 0.0)
        words = answer.get("payload")
        body = words if isinstance(words, str) else json.dumps(words) if words else ""
        return Delivery(200, body, 1, 0.0)

    async def deliver_raw(self, body: str | bytes, headers: dict[str, str]) -> Delivery:
        """Send exactly this to `request_url`."""
        assert self.request_url is not None, "raw requests need request_url"
        limit = aiohttp.ClientTimeout(total=self.ack_timeout)
        began = time.monotonic()
        try:
            async with self._client.post(
                self.request_url, data=body, headers=headers, timeout=limit
            ) as answer:
                words = await answer.text()
                return Delivery(answer.status, words, 1, time.monotonic() - began)
        except (aiohttp.ClientError, TimeoutError) as error:
            return Delivery(None, type(error).__name__, 1, time.monotonic() - began)

    async def event(self, event: Json, event_id: str | None = None) -> Delivery:
        """Send any event at all, in its wrapper."""
        return await self.deliver("events_api", self.wrapped(event, event_id))

    def wrapped(self, event: Json, event_id: str | None = None) -> Json:
        """An event_callback around an event."""
        who = {
            "enterprise_id": None,
            "team_id": self.team_id,
            "user_id": self.bot_user,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": self.verification_token,
            "team_id": self.team_id,
            "context_team_id": self.team_id,
            "context_enterprise_id": None,
            "api_app_id": self.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": event_id or self.next_id("Ev"),
            "event_time": int(time.time() + self.clock),
            "authorizations": [who],
            "is_ext_shared_channel": False,
            "event_context": self.next_id("context"),
        }

    async def echo(self, posted: Posted, changed: bool = False) -> Delivery:
        """Tell the bot of its own message, as Slack does with every message it listens to."""
        place = self.channels[posted.channel]
        about = {"channel": place.id, "event_ts": self.next_ts()}
        about["channel_type"] = "im" if place.user else "group" if place.private else "channel"
        if not changed:
            return await self.event(shown(self, posted) | about)
        edited = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": about["event_ts"]}
        return await self.event(edited | {"message": shown(self, posted)} | about)

    async def challenge(self, words: str = "prove it") -> Delivery:
        """Ask the request URL to prove itself, as Slack does when it is set."""
        body = {"token": self.verification_token, "challenge": words, "type": "url_verification"}
        return await self.deliver("events_api", body)

    async def again(self, delivery: Delivery, retry_num: int = 1, reason: str = "http_timeout") -> Delivery:
        """Send the same thing once more, as Slack does where no answer came."""
        repeated = await self.deliver(delivery.kind, delivery.payload, (retry_num, reason))
        return replace(repeated, ts=delivery.ts)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every socket's client to connect anew (`refresh_requested` or `warning`)."""
        await self._sockets.disconnect(reason)

    def deafen(self) -> None:
        """Let the sockets there are stay open and do nothing."""
        self._sockets.deafen()

    def cut(self) -> None:
        """Cut every socket without a word."""
        self._sockets.abort()

    # Waiting

    async def notify(self) -> None:
        """Wake whoever waits in `settled`."""
        async with self.changed:
            self.changed.notify_all()

    async def settled(self, wanted: int | Callable[[Slack], Any], timeout: float = 5) -> None:  # noqa: ASYNC109
        """Wait until so many messages were posted, or until the predicate holds."""
        count = wanted if isinstance(wanted, int) else 0
        holds = (lambda _: len(self.messages) >= count) if isinstance(wanted, int) else wanted
        try:
            async with asyncio.timeout(timeout), self.changed:
                await self.changed.wait_for(lambda: holds(self))
        except TimeoutError:
            raise AssertionError(f"not within {timeout} s; {self.told()}") from None

    def told(self) -> str:
        """All that happened, for a failing test's reader."""
        lines = [_line(posted) for posted in self.messages]
        refused = [f"  refused {method}: {error} ({detail})" for method, error, detail in self.refused]
        return "\n".join(["messages:", *lines, *refused])


def _line(posted: Posted) -> str:
    marks = f" for {posted.only_for}" if posted.only_for else ""
    marks += f" edited {posted.edits}x" if posted.edits else ""
    marks += " deleted" if posted.deleted else ""
    return f"  {posted.channel} {posted.ts} ({posted.via}{marks}) {posted.text!r}"
