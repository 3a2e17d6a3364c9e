"""What the crash test (it plays the platform) and the tutor (its child process) say to each other.

Each is a JSON line in a pipe. A pipe outlives its writer: what the child said before it was
killed is still heard, as bytes on a network would be.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from bot.buttons import event_from_button
from bot.events import (
    Event,
    Typed,
)
from bot.model import Address

PLATFORM = "crash"
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # the child's clock stands here; events come a second apart
SEED = "crash1"  # of every session, so that the ids of runs are known before they are made


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of all that travels in the pipes."""


class Handed(Said, frozen=True, tag="handed"):
    """To the child: a learner did something. `pressed` is a button's data; else they `typed`."""

    id: str
    tenant: str
    learner: str
    at: datetime
    pressed: str = ""
    typed: str = ""


class Answered(Said, frozen=True, tag="answered"):
    """To the child: go on after the question of this number; for a message, what became of it."""

    ask: int
    fate: Literal["go", "sent", "unknown", "later"] = "go"
    message: str = ""


class Finish(Said, frozen=True, tag="finish"):
    """To the child: nothing more comes; deliver what waits, then leave."""


Stage = Literal["up", "ready", "before commit", "in the commit", "after commit", "before mark"]


class Reached(Said, frozen=True, tag="reached"):
    """From the child: it stands at a stage, and waits there if it asks. `events`: what it will commit."""

    stage: Stage
    ask: int = 0
    events: tuple[tuple[str, str], ...] = ()  # tenant, id


class Sending(Said, frozen=True, tag="sending"):
    """From the child: a message for the platform; it waits to hear what became of it."""

    ask: int
    chat: str
    reply: str
    edits: str | None


class Marked(Said, frozen=True, tag="marked"):
    """From the child: the messages last sent in these chats are noted as sent, durably."""

    chats: tuple[str, ...]


class Taken(Said, frozen=True, tag="taken"):
    """From the child: the acknowledgement of an event."""

    tenant: str
    id: str


to_child = msgspec.json.Decoder(Handed | Answered | Finish)
from_child = msgspec.json.Decoder(Reached | Sending | Marked | Taken)


def line_for(said: Said) -> bytes:
    """Write one as a line."""
    return msgspec.json.encode(said) + b"\n"


def event_of(handed: Handed) -> Event | Typed:
    """Read what the learner did."""
    pressed = event_from_button(handed.pressed) if handed.pressed else None
    assert pressed is not None or not handed.pressed, handed
    return pressed or Typed(handed.typed)


def address_of(tenant: str, learner: str) -> Address:
    """Give the chat of a learner: one of that name sits in each tenant."""
    return Address(platform=PLATFORM, chat=f"{tenant}/{learner}")
