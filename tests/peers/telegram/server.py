"""
The Telegram of PyPI's `telemelya` on a free port, behind a small front door; prints its address.

    .venv/bin/python server.py

It ends when its standard input is closed, so it never outlives the tests that started it.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import aiohttp
import fakeredis  # type: ignore[import-not-found]
import uvicorn
from moto.server import ThreadedMotoServer  # type: ignore[import-not-found]
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

# It keeps its world in a Redis and an S3; it reads where they are when it is imported.
storage = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
storage.start()
os.environ["MINIO_ENDPOINT"] = "{}:{}".format(*storage.get_host_and_port())
os.environ["STRICT_EDIT"] = "true"  # what it never sent cannot be edited, as at Telegram

from telemelya.server import state, webhook  # type: ignore[import-not-found]  # noqa: E402
from telemelya.server.app import app  # type: ignore[import-not-found]  # noqa: E402

state.redis.from_url = fakeredis.FakeAsyncRedis.from_url

# It forgets the secret it is told with a webhook; Telegram sends that with every update. So we note it, and
# hand its sender a session that has it. Pinned to one version, so it cannot move.
proof: dict[str, str] = {}
webhook.aiohttp = SimpleNamespace(
    ClientSession=lambda: aiohttp.ClientSession(headers=proof), ClientTimeout=aiohttp.ClientTimeout
)


@app.middleware("http")  # type: ignore[untyped-decorator]
async def door(request: Request, pass_on: Callable[[Request], Awaitable[StreamingResponse]]) -> Response:
    if request.url.path.endswith("/setWebhook"):
        await request.body()  # kept, so that it can be read once more
        secret = (await request.form()).get("secret_token")
        proof.clear()
        proof.update({"X-Telegram-Bot-Api-Secret-Token": str(secret)} if secret else {})
    answer = await pass_on(request)
    body = b"".join([part if isinstance(part, bytes) else b"" async for part in answer.body_iterator])
    status = answer.status_code
    if request.url.path.startswith("/bot") and status == 200:
        # What it refuses it answers with status 200; Telegram with the error's own, which the library reads.
        status = json.loads(body).get("error_code") or status
    return Response(body, status, dict(answer.headers))


def end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


bound = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{bound.getsockname()[1]}", flush=True)
threading.Thread(target=end_with_input, daemon=True).start()
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[bound])
