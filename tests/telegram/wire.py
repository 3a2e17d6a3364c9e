"""Calls as they come over HTTP, and answers that are no answer."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.telegram.methods import STRUCTURED
from tests.telegram.shapes import Json, Refused, bad


async def arguments(request: web.Request) -> Json:
    """The arguments of a call, from the query, a form or JSON; a file as its name and bytes."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        args |= _object(await request.read())
    elif request.can_read_body:
        for name, value in (await request.post()).items():
            file = isinstance(value, web.FileField)
            args[name] = (value.filename, value.file.read()) if isinstance(value, web.FileField) else value
            if file and name not in ("document", "photo"):
                raise bad("parameter-unknown", f"no file named {name!r} is taken")
    for name in STRUCTURED:
        if isinstance(args.get(name), str):
            args[name] = _decoded(name, args[name])
    return {name: value for name, value in args.items() if value is not None}


def _object(body: bytes) -> Json:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        raise bad("json", "can't parse the request: it is no JSON") from None
    if not isinstance(value, dict):
        raise bad("json", "can't parse the request: it is no JSON object")
    return value


def _decoded(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise bad("json", f"can't parse {name} JSON object") from None


def refusal(refused: Refused) -> web.Response:
    """The answer to a call that Telegram refuses."""
    body: Json = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return web.json_response(body, status=refused.code)


def cut(request: web.Request) -> web.Response:
    """Close the connection; the answer is lost."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()
