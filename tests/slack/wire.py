"""Calls as they come over HTTP, and answers that are no answer."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.slack.faults import Fault
from tests.slack.methods import STRUCTURED
from tests.slack.rules import Json, Refused


async def arguments(request: web.Request) -> tuple[Json, str | None]:
    """The arguments of a call, from wherever slack_sdk put them, and its token."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        args |= _object(await request.read())
    elif request.can_read_body:
        args |= dict(await request.post())
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = args.pop("token", None) or (bearer if scheme == "Bearer" else None)
    for name in STRUCTURED:
        if isinstance(args.get(name), str):
            args[name] = _decoded(name, args[name])
    return {name: value for name, value in args.items() if value is not None}, token


def _object(body: bytes) -> Json:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        raise Refused("invalid_json", "the body is no JSON", "invalid_json") from None
    if not isinstance(value, dict):
        raise Refused("invalid_json", "the body is no JSON object", "json_not_object")
    return value


def _decoded(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise Refused("invalid_json", f"{name}: no JSON", "invalid_arguments") from None


def limited(seconds: int) -> web.Response:
    headers = {"Retry-After": str(seconds)}
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)


def go_wrong(request: web.Request, fault: Fault) -> web.Response:
    match fault.kind:
        case "limit":
            return limited(int(fault.value))
        case "fail":
            return web.json_response({"ok": False, "error": fault.value})
        case "status":
            return web.Response(status=int(fault.value), text="<html>Something went wrong</html>")
        case _:
            return cut(request)


def cut(request: web.Request) -> web.Response:
    """Close the connection; the answer is lost."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()
