"""
Slack's payloads as arrivals: what happened, to whom, and where the answer goes.

Pure: a payload comes in as Slack sent it, already proven to be Slack's. Ids are such that the
same thing delivered twice has the same one: channel and `ts` for what was written (a mention
comes as `app_mention` and as `message`), `trigger_id` for presses and commands, `event_id` else.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from bot.buttons import event_from_button
from bot.events import (
    Arrival,
    Asked,
    ChatOpened,
    Chose,
    DrillAsked,
    DrillSaved,
    DrillsShown,
    DrillSwitched,
    Event,
    HomeOpened,
    Opened,
    Picked,
    PostedForAll,
    Submitted,
    TeamAsked,
    TeamSettled,
    TeamWeekShown,
    Toggled,
    Typed,
)
from bot.model import Address, Team

from .blocks import PICK

PLATFORM = "slack"
ASK_SHORTCUT = "ask-the-law"  # callback_id of the message shortcut
TEAM_FORM = "team"  # callback_id of the form of the team's settings
WRITTEN = frozenset({None, "file_share", "thread_broadcast"})  # subtypes of a person's own new message

Payload = Mapping[str, Any]


def tenant_of(payload: Payload) -> str:
    """
    Give the tenant: the workspace, or the organization where the app is installed for all of it.

    Raises:
        KeyError: the payload names none.
    """
    authorized = payload.get("authorizations") or [{}]
    on_org = payload.get("is_enterprise_install", authorized[0].get("is_enterprise_install"))
    enterprise = payload.get("enterprise") or {}
    enterprise_id = enterprise.get("id") or payload.get("enterprise_id") or authorized[0].get("enterprise_id")
    if on_org in {True, "true"} and enterprise_id:
        return str(enterprise_id)
    # where workspaces share a channel it is the one whose app was told, as in bolt's authorization
    installed = (payload.get("view") or {}).get("app_installed_team_id") or authorized[0].get("team_id")
    team = payload.get("team") or {}
    return str(installed or payload.get("team_id") or team.get("id") or payload["user"]["team_id"])


def written(payload: Payload, now: datetime) -> Arrival | None:
    """Read a direct message or a mention; None for what no person wrote just now (edits, bots, joins)."""
    event = payload["event"]
    is_mention = event["type"] == "app_mention"
    if event.get("bot_id") or event.get("subtype") not in WRITTEN or "user" not in event:
        return None
    channel, user, ts = event["channel"], event["user"], event["ts"]
    is_direct = event.get("channel_type") == "im" or channel.startswith("D")
    if not (is_direct or is_mention):
        return None  # talk in a channel that is not meant for us
    text = words_of(event.get("text") or "")
    if is_direct:
        address = Address(platform=PLATFORM, chat=channel, thread=event.get("thread_ts"))
    else:
        thread = event.get("thread_ts") or ts
        address = Address(platform=PLATFORM, chat=channel, thread=thread, private=user, shared=True)
    heard = _heard(text)
    return Arrival(f"{channel}:{ts}", tenant_of(payload), user, address, now, heard)


_DRILLS = re.compile(r"\W*drills?\W*", re.IGNORECASE)


def _heard(text: str) -> Event | Typed:
    """Read words: of drills, what can be done here is known; none at all ask for the menu."""
    if _DRILLS.fullmatch(text):
        return DrillsShown(form=True)
    return Typed(text) if text else Opened("menu")


_MENTIONS = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")
_LINKS = re.compile(r"<[^<>|]*\|([^<>]*)>|<(?:mailto:|tel:)?([^<>|]*)>")


def words_of(text: str) -> str:
    """
    Give what a person typed: links as their words, signs as they were; who is mentioned is left out.

    Source: https://docs.slack.dev/messaging/formatting-message-text (retrieving messages).
    """
    text = _MENTIONS.sub(" ", text)
    text = _LINKS.sub(lambda link: link[1] if link[1] is not None else link[2], text)
    return html.unescape(text).strip()


def commanded(payload: Payload, now: datetime) -> Arrival:
    """Read `/mayshare`: alone it is the menu. The answer is for the person who asked, wherever it was."""
    user, text = payload["user_id"], words_of(payload.get("text") or "")
    address = Address(
        platform=PLATFORM,
        chat=payload["channel_id"],
        private=user,
        hook=payload.get("response_url"),
    )
    heard = _heard(text)
    return Arrival(payload["trigger_id"], tenant_of(payload), user, address, now, heard)


def asked_about(payload: Payload, now: datetime) -> Arrival:
    """Read the message shortcut: the chosen message's text is the question, and goes nowhere else."""
    user = payload["user"]["id"]
    address = Address(
        platform=PLATFORM,
        chat=payload["channel"]["id"],
        private=user,
        hook=payload.get("response_url"),
    )
    question = Asked(words_of(payload["message"].get("text") or ""))
    return Arrival(payload["trigger_id"], tenant_of(payload), user, address, now, question)


def pressed(payload: Payload, now: datetime) -> Arrival | None:
    """Read a press; None for one that only ticks a box, which is read when the answer is given."""
    action = payload["actions"][0]
    if "value" not in action:
        return None
    user = payload["user"]["id"]
    event = _pressed_event(payload, str(action["value"]))
    address = _pressed_address(payload, user, str(action.get("block_id", "")))
    if isinstance(event, PostedForAll):
        address = Address(
            platform=PLATFORM,
            chat=address.chat,
            thread=address.thread,
            private=user,
            shared=True,
            hook=address.hook,
        )
    id = str(payload["trigger_id"])
    if isinstance(event, PostedForAll):  # two quick taps are one wish, and others would see both
        message = (payload.get("container") or {}).get("message_ts")
        id = f"{address.chat}:{message}:{event.provision}:{int(now.timestamp()) // 60}"
    return Arrival(id, tenant_of(payload), user, address, now, event)


def _pressed_event(payload: Payload, data: str) -> Event:
    event = event_from_button(data)
    if event is None:  # no button of ours, or of a version long gone
        return Chose("?", 0, "?")
    if isinstance(event, Submitted):
        ticked = _ticked(payload)
        if ticked:
            return Picked(event.run, event.turn, ticked)
    return replace(event, form=True) if isinstance(event, DrillsShown) else event


def _ticked(payload: Payload) -> tuple[str, ...]:
    """Give the items whose boxes are ticked, by the message's state at the press."""
    values = (payload.get("state") or {}).get("values") or {}
    for block in values.values():
        chosen = (block.get(PICK) or {}).get("selected_options") or []
        events = [event_from_button(str(option.get("value", ""))) for option in chosen]
        if events:
            return tuple(event.item for event in events if isinstance(event, Toggled))
    return ()


def _pressed_address(payload: Payload, user: str, block_id: str) -> Address:
    container = payload.get("container") or {}
    channel = (payload.get("channel") or {}).get("id") or container.get("channel_id")
    if channel is None:  # on the Home tab: the answer comes as a direct message
        return Address(platform=PLATFORM, chat=user)
    message = payload.get("message") or {}
    ts = container.get("message_ts") or message.get("ts")
    thread = container.get("thread_ts") or message.get("thread_ts")
    hook, here = payload.get("response_url"), f"{channel}:{ts}"
    if container.get("is_ephemeral"):
        return Address(platform=PLATFORM, chat=channel, thread=thread, private=user, hook=hook, pressed=here)
    if channel.startswith("D"):
        return Address(platform=PLATFORM, chat=channel, thread=thread, hook=hook, pressed=here)
    owner = block_id.partition(":")[0]
    if owner != user:  # another person's button: they alone are answered, and that message stays
        return Address(platform=PLATFORM, chat=channel, thread=thread, private=user, hook=hook)
    return Address(
        platform=PLATFORM,
        chat=channel,
        thread=thread or ts,
        private=user,
        shared=True,
        hook=hook,
        pressed=here,
    )


def opened(payload: Payload, now: datetime) -> Arrival | None:
    """Read that the app was opened, on its Home or its Messages tab; None for a tab we have nothing for."""
    event = payload["event"]
    user, channel = event["user"], event.get("channel") or event["user"]
    happened: dict[str, Event] = {"home": HomeOpened(), "messages": ChatOpened()}
    heard = happened.get(event.get("tab", "home"))
    if heard is None:
        return None
    address = Address(platform=PLATFORM, chat=channel)
    return Arrival(payload["event_id"], tenant_of(payload), user, address, now, heard)


def settled(payload: Payload, now: datetime) -> Arrival:
    """Read the form of the team's settings. Whether an administrator sent it is not known yet."""
    values = payload["view"]["state"]["values"]
    given = {name: one for block in values.values() for name, one in block.items()}
    team = Team(
        state=_value(given, "state") or None,
        role=_value(given, "role") or None,
        counsel=_value(given, "counsel"),
        hours=_value(given, "hours"),
        policy=_value(given, "policy"),
        supervisors=tuple(map(str, (given.get("supervisors") or {}).get("selected_users") or ())),
    )
    user = payload["user"]["id"]
    address = Address(platform=PLATFORM, chat=user)
    id = payload.get("trigger_id") or f"{payload['view']['id']}.{payload['view'].get('hash', '')}"
    return Arrival(id, tenant_of(payload), user, address, now, TeamSettled(team, None, _before(payload)))


def _before(payload: Payload) -> Team | None:
    """Give what the form was filled with."""
    try:
        return msgspec.json.decode(payload["view"].get("private_metadata") or "", type=Team)
    except msgspec.MsgspecError:
        return None


def _value(given: Mapping[str, Payload], name: str) -> str:
    one = given.get(name) or {}
    option = one.get("selected_option") or {}
    return str(one.get("value") or option.get("value") or "")


def needs_admin(arrival: Arrival) -> bool:
    """Say whether it must be known if the person is an administrator."""
    of_drills = DrillsShown | DrillAsked | DrillSaved | DrillSwitched | TeamWeekShown
    return isinstance(arrival.event, HomeOpened | TeamAsked | TeamSettled | of_drills)


def with_admin(arrival: Arrival, admin: bool | None) -> Arrival:
    """Say of an arrival whether an administrator did it; None: it could not be found out."""
    match arrival.event:
        case HomeOpened():
            return replace(arrival, event=HomeOpened(admin=bool(admin)))
        case TeamAsked():
            return replace(arrival, event=TeamAsked(admin))
        case TeamSettled(team, _, before):
            return replace(arrival, event=TeamSettled(team, admin, before))
        case DrillsShown() | DrillAsked() | DrillSaved() | DrillSwitched() | TeamWeekShown() as event:
            return replace(arrival, event=replace(event, allowed=admin))
        case _:
            return arrival
