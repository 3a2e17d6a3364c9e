"""Things that go wrong on purpose: flood limits, errors and broken connections."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from tests.telegram.shapes import Json, Refused

Kind = Literal["refuse", "before", "after", "hold"]


@dataclass
class Fault:
    """One thing that goes wrong, so many times, with one method and perhaps in one chat only."""

    method: str
    kind: Kind
    chat: int | None
    times: int
    refusal: Refused | None = None
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def meets(self, method: str, args: Json) -> bool:
        """True where this call is the one."""
        here = self.chat is None or str(args.get("chat_id")) == str(self.chat)
        return self.times > 0 and method == self.method and here


class Faults:
    """What waits to go wrong."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def limit(self, method: str, seconds: int, chat: int | None = None, times: int = 1) -> None:
        """Answer 429 with retry_after."""
        words = f"Too Many Requests: retry after {seconds}"
        self.fail(method, 429, words, times, chat, parameters={"retry_after": seconds})

    def fail(
        self,
        method: str,
        code: int,
        description: str,
        times: int = 1,
        chat: int | None = None,
        *,
        parameters: Json | None = None,
    ) -> None:
        """Answer ok: false with this code and these words."""
        refusal = Refused("fault", "on purpose", code, description, parameters)
        self.waiting.append(Fault(method, "refuse", chat, times, refusal))

    def break_(
        self,
        method: str,
        when: Literal["before", "after"] = "before",
        times: int = 1,
        chat: int | None = None,
    ) -> None:
        """Close the connection before or after the call takes effect."""
        self.waiting.append(Fault(method, when, chat, times))

    def hold(self, method: str, times: int = 1, chat: int | None = None) -> asyncio.Event:
        """Let the call wait, and do what it does once the event is set."""
        fault = Fault(method, "hold", chat, times)
        self.waiting.append(fault)
        return fault.go

    def take(self, method: str, args: Json) -> Fault | None:
        """The first fault that meets this call, counted down."""
        for fault in self.waiting:
            if fault.meets(method, args):
                fault.times -= 1
                return fault
        return None
