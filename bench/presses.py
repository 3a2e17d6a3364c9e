"""Presses as Slack sends them: signed form bodies, and what each must lead to by the pure engine."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.slack.app import Workspace
from adapters.slack.blocks import PICK, rendered
from bench import pressing
from bench.learners import BEGAN, Learner
from bench.place import Place, WrongResultError
from bench.pressing import Move, Pressed
from bot.buttons import data_for
from bot.events import (
    Arrival,
    Event,
    Picked,
    Submitted,
    Toggled,
)
from bot.model import Address
from bot.replies import (
    Reply,
)

TEAM, APP, BOT, BOT_USER = "T07BENCH0", "A07BENCH0", "B07BENCH0", "U07BENCH0"
WORKSPACE = Workspace(team=TEAM, enterprise=None, bot=BOT, bot_user=BOT_USER)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105  # the one of Slack's own example
HOOK = "https://hooks.slack.com/actions/T07BENCH0"  # how a press's response_url begins


@dataclass(frozen=True, slots=True)
class Press:
    """One press: its request, and what it must lead to."""

    body: str = field(repr=False)
    headers: Mapping[str, Sequence[str]] = field(repr=False)
    arrival: Arrival
    replies: Sequence[Reply] = field(repr=False)

    def request(self) -> AsyncBoltRequest:
        """Give the request as slack-bolt's handler makes it."""
        return AsyncBoltRequest(body=self.body, headers=dict(self.headers))


def prepared(place: Place, in_flight: int) -> Pressed[Press]:
    """Prepare the presses that the learners on Slack go on with, one of each in turn."""
    return pressing.prepared(place, in_flight, 0, _press)


def _press(who: Learner, move: Move, number: int) -> Press:
    """Write a press as Slack does, and sign it."""
    if move.receipt is not None:
        raise WrongResultError(f"this press of {who.id} has a receipt: {move.event}")
    plain = who.arrival(move.event, number)
    ts, hook = f"{1_764_061_200 + number}.000100", f"{HOOK}/{number}/{number:024x}"
    chat, thread = plain.address.chat, plain.address.thread
    message = rendered(move.shown)[-1]
    payload = {
        "type": "block_actions",
        "user": {"id": who.id, "username": who.id.lower(), "name": who.id.lower(), "team_id": TEAM},
        "api_app_id": APP,
        "token": "bench",
        "container": {
            "type": "message",
            "message_ts": ts,
            "channel_id": chat,
            "is_ephemeral": False,
            "thread_ts": thread,
        },
        "trigger_id": plain.id,
        "team": {"id": TEAM, "domain": "bench"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": chat, "name": "directmessage"},
        "message": {
            "type": "message",
            "user": BOT_USER,
            "bot_id": BOT,
            "app_id": APP,
            "team": TEAM,
            "ts": ts,
            "thread_ts": thread,
            "text": message.text,
            "blocks": message.blocks,
        },
        "state": {"values": _ticked(move.event)},
        "response_url": hook,
        "actions": [_action(move.event)],
    }
    body = urlencode({"payload": json.dumps(payload, ensure_ascii=False)})
    address = Address(platform="slack", chat=chat, thread=thread, hook=hook, pressed=f"{chat}:{ts}")
    arrival = replace(plain, address=address, at=BEGAN)
    return Press(body, _signed(body), arrival, move.replies)


def _action(event: Event) -> dict[str, Any]:
    button = Submitted(event.run, event.turn) if isinstance(event, Picked) else event
    return {
        "type": "button",
        "action_id": "do:0",
        "block_id": ":0",
        "text": {"type": "plain_text", "text": "A", "emoji": False},
        "value": data_for(button),
        "action_ts": "1764061200.000200",
    }


def _ticked(event: Event) -> dict[str, Any]:
    """Give the state of the message's checkboxes at a press."""
    if not isinstance(event, Picked):
        return {}
    options = [
        {
            "text": {"type": "plain_text", "text": item, "emoji": False},
            "value": data_for(Toggled(event.run, event.turn, item, on=True)),
        }
        for item in event.items
    ]
    return {":pick": {PICK: {"type": "checkboxes", "selected_options": options}}}


def _signed(body: str) -> dict[str, Sequence[str]]:
    """Give the headers that Slack sends."""
    now = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"v0:{now}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "host": ["bench.example"],
        "user-agent": ["Slackbot 1.0 (+https://api.slack.com/robots)"],
        "accept-encoding": ["gzip,deflate"],
        "accept": ["application/json,*/*"],
        "content-type": ["application/x-www-form-urlencoded"],
        "content-length": [str(len(body))],
        "x-slack-request-timestamp": [now],
        "x-slack-signature": [f"v0={signature}"],
    }
