"""Things that go wrong on purpose: rate limits, errors, statuses and broken connections."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from tests.slack.rules import Json

Kind = Literal["limit", "fail", "status", "before", "after", "hold"]


@dataclass
class Fault:
    """One thing that goes wrong, so many times, with one method and perhaps in one channel only."""

    method: str
    kind: Kind
    value: str | int
    channel: str | None
    times: int
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def meets(self, method: str, args: Json) -> bool:
        """True where this call is the one."""
        asked = str(args.get("channel", args.get("channel_id", "")))
        places = (None, asked, f"D{asked[1:]}" if asked.startswith("U") else asked)
        return self.times > 0 and method == self.method and self.channel in places


class Faults:
    """What waits to go wrong. The method `response_url` stands for answers by response_url."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def limit(self, method: str, seconds: int, channel: str | None = None, times: int = 1) -> None:
        """Answer 429 with Retry-After."""
        self.waiting.append(Fault(method, "limit", seconds, channel, times))

    def fail(self, method: str, error: str, times: int = 1, channel: str | None = None) -> None:
        """Answer ok: false."""
        self.waiting.append(Fault(method, "fail", error, channel, times))

    def status(self, method: str, code: int, times: int = 1, channel: str | None = None) -> None:
        """Answer an HTTP status, and nothing that is JSON."""
        self.waiting.append(Fault(method, "status", code, channel, times))

    def break_(
        self,
        method: str,
        when: Literal["before", "after"] = "before",
        times: int = 1,
        channel: str | None = None,
    ) -> None:
        """Close the connection before or after the call takes effect."""
        self.waiting.append(Fault(method, when, 0, channel, times))

    def hold(self, method: str, times: int = 1, channel: str | None = None) -> asyncio.Event:
        """Let the call wait, and do what it does once the event is set."""
        fault = Fault(method, "hold", 0, channel, times)
        self.waiting.append(fault)
        return fault.go

    def take(self, method: str, args: Json) -> Fault | None:
        """The first fault that meets this call, counted down."""
        for fault in self.waiting:
            if fault.meets(method, args):
                fault.times -= 1
                return fault
        return None
