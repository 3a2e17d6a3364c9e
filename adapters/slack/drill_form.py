"""
The form in which supervisors order a drill: who, what, when, and what that means in words.

Block Kit's numbers: https://docs.slack.dev/reference/block-kit/block-elements and the pages under it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from adapters.slack.admins import Someone
from adapters.slack.arrivals import PLATFORM, tenant_of
from adapters.slack.blocks import marked
from adapters.text import cut
from bot.buttons import data_for
from bot.engine import drill_texts as texts
from bot.events import (
    Arrival,
    DrillSaved,
    Practised,
)
from bot.model import Address, Audience, Drill
from bot.replies import (
    DrillForm,
    Refused,
)
from bot.timing import zone_of

DRILL_FORM = "drill"  # callback_id
GROUPS = "usergroup"  # action_id of the select whose options Slack asks us for
LABEL_MAX = 75  # characters of an option, and of the title over some
OPTIONS_MAX = 100  # options of a select, and of a group of them
PEOPLE_MAX = 100  # people one can name: more are better a channel or a user group
HOURS = (9 * 60, 17 * 60)

Kind = Literal["channel", "usergroup", "people"]
KINDS: Mapping[Kind, str] = {
    "channel": texts.FORM_CHANNEL,
    "usergroup": texts.FORM_GROUP,
    "people": texts.FORM_PEOPLE,
}
AUDIENCE = "audience-"  # begins the block_id of the field that names it; its kind follows

Block = dict[str, Any]
Payload = Mapping[str, Any]


# --- the form --------------------------------------------------------------------------------


def drill_form(form: DrillForm) -> Block:
    """Render the form, filled with what the drill is, or with what most will want."""
    drill = form.drill
    audience = drill.audience if drill else None
    kind: Kind = "channel" if audience is None or audience.kind == "group" else audience.kind
    shown = drill or _usual()
    groups = [group for title, choices in form.choices for group in _groups(title, choices)]
    options = [option for group in groups for option in group["options"]]
    about = next((option for option in options if option["value"] == shown.what), options[0])
    weekdays = [_option(str(n), name) for n, name in enumerate(texts.WEEKDAYS)]
    remind = _option("yes", texts.FORM_REMIND)
    kinds = [_option(id, name) for id, name in KINDS.items()]
    first_kind = next(option for option in kinds if option["value"] == kind)
    return {
        "type": "modal",
        "callback_id": DRILL_FORM,
        "private_metadata": drill.id if drill else "",
        "title": _plain(texts.FORM_EDIT if drill else texts.NEW),
        "submit": _plain(texts.FORM_SAVE),
        "close": _plain(texts.FORM_CANCEL),
        "blocks": [
            _input(
                "kind",
                texts.FORM_WHO,
                {"type": "radio_buttons", "options": kinds, "initial_option": first_kind},
            ),
            _audience(kind, audience),
            _input(
                "what",
                texts.FORM_WHAT,
                {"type": "static_select", "option_groups": groups, "initial_option": about},
            ),
            _input(
                "weekday",
                texts.FORM_DAY,
                {
                    "type": "static_select",
                    "options": weekdays,
                    "initial_option": weekdays[shown.weekday],
                },
            ),
            _input("at", texts.FORM_AT, _clock(shown.at), hint=texts.FORM_AT_HINT),
            _input("from", texts.FORM_FROM, _clock(shown.hours[0])),
            _input("to", texts.FORM_TO, _clock(shown.hours[1]), hint=texts.FORM_HOURS_HINT),
            _input(
                "until",
                texts.FORM_UNTIL,
                {
                    "type": "datepicker",
                    **({"initial_date": shown.until.isoformat()} if shown.until else {}),
                },
                optional=True,
            ),
            _input(
                "reminders",
                texts.FORM_REMINDERS,
                {
                    "type": "checkboxes",
                    "options": [remind],
                    **({"initial_options": [remind]} if shown.reminders else {}),
                },
                optional=True,
            ),
            _preview(_who(kind, audience), shown, about["text"]["text"]),
            _try(shown.what),
            {"type": "context", "elements": [_plain(texts.FORM_SEEN)]},
        ],
    }


def refreshed(view: Payload) -> Block:
    """Give the form as it is to look now: the field of the chosen kind of audience, and the preview."""
    given = _given(view)
    drill = _drill(view, given)
    kind = _kind(given)
    who = _who(kind, drill.audience)
    about = ((given.get("what") or {}).get("selected_option") or {}).get("text", {}).get("text", "")
    blocks = []
    for block in view["blocks"]:
        id = str(block.get("block_id", ""))
        if id.startswith(AUDIENCE) and id != AUDIENCE + kind:
            blocks.append(_audience(kind, None))
        elif id == "preview":
            blocks.append(_preview(who, drill, about))
        elif id == "try":
            blocks.append(_try(drill.what))
        else:
            blocks.append(dict(block))
    kept = ("type", "callback_id", "private_metadata", "title", "submit", "close")
    return {**{name: view[name] for name in kept}, "blocks": blocks}


def drill_errors(refused: Refused, view: Payload) -> dict[str, str]:
    """Give what is wrong, by block, as Slack shows it beside each field."""
    ids = [str(block.get("block_id", "")) for block in view["blocks"]]
    audience = next((id for id in ids if id.startswith(AUDIENCE)), "kind")  # as it is shown now
    return {audience if name == "audience" else name: said for name, said in refused.fields}


def group_options(groups: Sequence[tuple[str, str]]) -> list[Block]:
    """Give the user groups to choose from."""
    return [_option(id, name) for id, name in groups[:OPTIONS_MAX]]


def _usual() -> Drill:
    """Give what a new drill begins with; the form names who it is for."""
    return Drill(
        id="",
        tenant="",
        platform=PLATFORM,
        by="",
        audience=Audience(kind="channel", ids=()),
        weekday=0,
        at=HOURS[0],
        first=date.min,
        home=Address(platform=PLATFORM, chat=""),
    )


def _groups(title: str, choices: Sequence[tuple[str, str]]) -> list[Block]:
    """Give a group of options, or several where there are more than one may hold."""
    label = _plain(cut(title or texts.FORM_USUAL, LABEL_MAX))
    parts = [choices[first : first + OPTIONS_MAX] for first in range(0, len(choices), OPTIONS_MAX)]
    return [{"label": label, "options": [_option(id, name) for id, name in part]} for part in parts]


def _audience(kind: Kind, audience: Audience | None) -> Block:
    """Make the field that names an audience of a kind."""
    ids = audience.ids if audience is not None and audience.kind == kind else ()
    match kind:
        case "channel":
            element: Block = {
                "type": "conversations_select",
                "filter": {"include": ["public", "private"]},
                **({"initial_conversation": ids[0]} if ids else {}),
            }
        case "usergroup":
            chosen = _option(ids[0], audience.name) if audience is not None and ids else None
            element = {
                "type": "external_select",
                "min_query_length": 0,
                **({"initial_option": chosen} if chosen else {}),
            }
        case "people":
            element = {
                "type": "multi_users_select",
                "max_selected_items": PEOPLE_MAX,
                **({"initial_users": list(ids)} if ids else {}),
            }
    hint = texts.FORM_INVITE if kind == "channel" else ""
    return _input(kind, KINDS[kind], element, block_id=AUDIENCE + kind, hint=hint)


def _who(kind: Kind, audience: Audience | None) -> str:
    """Name an audience in mrkdwn; Slack writes a channel's name in."""
    if audience is None or not audience.ids or audience.kind != kind:
        return texts.FORM_NOBODY
    match kind:
        case "channel":
            return f"<#{audience.ids[0]}>"
        case "usergroup":
            return marked(audience.name)
        case "people":
            return texts.people(len(audience.ids))


def _preview(who: str, drill: Drill, about: str) -> Block:
    said = f"*{texts.FORM_PREVIEW}*\n{who}: {marked(texts.order(drill, about))}"
    return {"type": "section", "block_id": "preview", "text": {"type": "mrkdwn", "text": said}}


def _try(what: str) -> Block:
    button = {
        "type": "button",
        "action_id": "do:0",
        "text": _plain(texts.TRY),
        "value": data_for(Practised(what)),
    }
    return {"type": "actions", "block_id": "try", "elements": [button]}


def _clock(minutes: int) -> Block:
    return {"type": "timepicker", "initial_time": f"{minutes // 60:02d}:{minutes % 60:02d}"}


def _input(
    name: str, label: str, element: Block, *, block_id: str = "", hint: str = "", optional: bool = False
) -> Block:
    """Make a field. Each tells at once when it is changed, so that the preview is right."""
    block: Block = {
        "type": "input",
        "block_id": block_id or name,
        "optional": optional,
        "dispatch_action": True,
        "label": _plain(label),
        "element": {**element, "action_id": name},
    }
    if hint:
        block["hint"] = _plain(hint)
    return block


def _option(value: str, text: str) -> Block:
    return {"text": _plain(cut(text, LABEL_MAX)), "value": value}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


# --- what was filled in ----------------------------------------------------------------------


def is_drill_form(payload: Payload) -> bool:
    """Say whether something was done in this form."""
    return (payload.get("view") or {}).get("callback_id") == DRILL_FORM


def ordered(payload: Payload, now: datetime) -> Arrival:
    """Read the form. Whether who sent it may order drills, and what they are called, is not known yet."""
    view, user, tenant = payload["view"], payload["user"]["id"], tenant_of(payload)
    home = Address(platform=PLATFORM, chat=user)
    drill = msgspec.structs.replace(
        _drill(view, _given(view)), tenant=tenant, by=user, home=home, first=now.date()
    )
    id = f"{DRILL_FORM}:{view['id']}"  # saved again, where Slack had no answer in time, it is the same order
    return Arrival(id, tenant, user, home, now, DrillSaved(drill, None))


def with_someone(arrival: Arrival, someone: Someone) -> Arrival:
    """Say of an order who gave it, and which day it is where they are."""
    event = arrival.event
    assert isinstance(event, DrillSaved)
    drill = msgspec.structs.replace(event.drill, by_name=someone.name)
    today = arrival.at.astimezone(zone_of(someone.zone)).date()
    return replace(arrival, event=replace(event, drill=drill, today=today))


def with_name(arrival: Arrival, name: str) -> Arrival:
    """Say of an order what its channel is called."""
    event = arrival.event
    assert isinstance(event, DrillSaved)
    audience = msgspec.structs.replace(event.drill.audience, name=name)
    return replace(
        arrival, event=replace(event, drill=msgspec.structs.replace(event.drill, audience=audience))
    )


def _given(view: Payload) -> Mapping[str, Payload]:
    """Give what each field holds, by its name."""
    values = (view.get("state") or {}).get("values") or {}
    return {name: one for block in values.values() for name, one in block.items()}


def _kind(given: Mapping[str, Payload]) -> Kind:
    chosen = _chosen(given, "kind")
    return next((kind for kind in KINDS if kind == chosen), "channel")


def _drill(view: Payload, given: Mapping[str, Payload]) -> Drill:
    kind, usual = _kind(given), _usual()
    until = (given.get("until") or {}).get("selected_date")
    weekday = _chosen(given, "weekday")
    return msgspec.structs.replace(
        usual,
        id=str(view.get("private_metadata") or ""),
        audience=_chosen_audience(kind, given.get(kind) or {}),
        what=_chosen(given, "what") or usual.what,
        weekday=int(weekday) if weekday.isdigit() else usual.weekday,
        at=_minutes(given, "at", usual.at),
        hours=(_minutes(given, "from", HOURS[0]), _minutes(given, "to", HOURS[1])),
        until=date.fromisoformat(until) if until else None,
        reminders=bool((given.get("reminders") or {}).get("selected_options")),
    )


def _chosen_audience(kind: Kind, field: Payload) -> Audience:
    match kind:
        case "channel":
            id = field.get("selected_conversation")
            return Audience(kind=kind, ids=(str(id),) if id else ())
        case "usergroup":
            option = field.get("selected_option") or {}
            ids = (str(option["value"]),) if option else ()
            return Audience(kind=kind, ids=ids, name=str((option.get("text") or {}).get("text", "")))
        case "people":
            return Audience(kind=kind, ids=tuple(map(str, field.get("selected_users") or ())))


def _chosen(given: Mapping[str, Payload], name: str) -> str:
    return str(((given.get(name) or {}).get("selected_option") or {}).get("value") or "")


def _minutes(given: Mapping[str, Payload], name: str, otherwise: int) -> int:
    """Read a time of day as minutes since midnight."""
    hour, _, minute = str((given.get(name) or {}).get("selected_time") or "").partition(":")
    return int(hour) * 60 + int(minute) if hour.isdigit() and minute.isdigit() else otherwise
