"""The one web server: what platforms send, whether we are well, and what we count."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import TypeVar

import uvicorn
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)

BODY_MAX = 1_000_000  # bytes of a request: Slack's largest, a view with its state, has under 300,000
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

T = TypeVar("T")
R = TypeVar("R")
Ready = Mapping[str, Callable[[], str | None]]  # part -> None when it is ready, else what it lacks


class Counts(Collector):
    """
    What the parts count, read when someone asks.

    Args:
        counters: by the metric's name, with what its label means.
        waiting: how many replies wait to be delivered.
    """

    def __init__(self, counters: Mapping[str, tuple[str, Counter[str]]], waiting: Callable[[], int]) -> None:
        self._counters = counters
        self._waiting = waiting

    def collect(self) -> Iterator[Metric]:
        """Give the metrics."""
        for name, (what, counter) in self._counters.items():
            family = CounterMetricFamily(name, what, labels=["kind"])
            for kind, number in counter.items():
                family.add_metric([kind], number)
            yield family
        yield GaugeMetricFamily(
            "mayshare_replies_waiting", "replies not yet delivered", value=self._waiting()
        )


def timed(call: Callable[[T], Awaitable[R]], registry: CollectorRegistry) -> Callable[[T], Awaitable[R]]:
    """Measure how long each call takes, as the histogram `mayshare_turn_seconds`."""
    seconds = Histogram(
        "mayshare_turn_seconds",
        "from an event's arrival until it is committed",
        buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 3),
        registry=registry,
    )

    async def measured(item: T) -> R:
        start = perf_counter()
        try:
            return await call(item)
        finally:
            seconds.observe(perf_counter() - start)

    return measured


def web_app(routes: Sequence[BaseRoute], ready: Ready, registry: CollectorRegistry) -> Starlette:
    """
    Put the web server's pages together.

    Args:
        routes: the platforms'.
        ready: what /readyz asks; it answers 503 and names the parts that are not.
        registry: what /metrics shows.
    """

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_: Request) -> Response:
        lacking = {part: why for part, ask in ready.items() if (why := ask()) is not None}
        return JSONResponse({"ready": not lacking, **lacking}, status_code=503 if lacking else 200)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=METRICS_TYPE)

    own = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
    return Starlette(routes=[*own, *routes], middleware=[Middleware(SmallBodies)])


class SmallBodies:
    """Refuses a body that is larger than any platform's, or does not say how large it is, unread."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 or 411, or let the request through."""
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"}:
            size = dict(scope["headers"]).get(b"content-length", b"")
            if not size.isdigit():
                await PlainTextResponse("Length Required", 411)(scope, receive, send)
                return
            if int(size) > BODY_MAX:
                await PlainTextResponse("Payload Too Large", 413)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class WebServer(uvicorn.Server):
    """Uvicorn on a socket that is bound already; it leaves signals to the program."""

    def __init__(self, app: Starlette, bound: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=5,
            )
        )
        self._bound = bound

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield

    async def run_until_stopped(self) -> None:
        """Serve until `should_exit` is set; what was begun is finished."""
        log.info("listening", extra={"action": "web", "port": self._bound.getsockname()[1]})
        await self.serve(sockets=[self._bound])


def bind(port: int) -> socket.socket:
    """
    Take a port, on every interface: a host's router comes from outside.

    Raises:
        OSError: it is taken, or may not be.
    """
    return socket.create_server(("0.0.0.0", port))  # noqa: S104
