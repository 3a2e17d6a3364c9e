"""The form in which administrators set what holds for the whole team."""

from __future__ import annotations

from typing import Any

import msgspec

from adapters.slack.arrivals import TEAM_FORM
from adapters.text import cut
from bot.engine.home import HOURS_MAX, LINK_MAX, NAME_MAX
from bot.engine.texts import STATES
from bot.replies import (
    Refused,
    TeamForm,
)

LABEL_MAX = 75  # characters of an option
SUPERVISORS_MAX = 100  # so that what the form was filled with has room in it

Block = dict[str, Any]


def team_form(form: TeamForm) -> Block:
    """Render the form, filled with what is set. Block and action have the name of their field."""
    team = form.team
    roles = [_option(id, name) for id, name in form.roles]
    chosen = next((option for option in roles if option["value"] == team.role), None)
    return {
        "type": "modal",
        "callback_id": TEAM_FORM,
        "private_metadata": msgspec.json.encode(team).decode(),  # to see what the person changes
        "title": _plain("Team settings"),
        "submit": _plain("Save"),
        "close": _plain("Cancel"),
        "blocks": [
            {
                "type": "section",
                "text": _plain(
                    "These hold for everybody in this workspace who set nothing of their own. "
                    "Leave a field empty to set nothing."
                ),
            },
            _typed("state", "Home state", STATES.get(team.state or "", ""), 30, "Its name or two letters"),
            _input(
                "role", "Role of your agency", _select(roles, chosen), "Whose rules come first in answers"
            ),
            _typed("counsel", "Counsel: name, and how to reach them", team.counsel, NAME_MAX, ""),
            _typed("hours", "Counsel's hours", team.hours, HOURS_MAX, "Like: Monday to Friday, 9 to 5"),
            _typed("policy", "Link to your local policy", team.policy, LINK_MAX, "It begins with https://"),
            _input(
                "supervisors",
                "Supervisors: may order drills",
                {
                    "type": "multi_users_select",
                    "max_selected_items": SUPERVISORS_MAX,
                    **({"initial_users": list(team.supervisors)} if team.supervisors else {}),
                },
                "They order weekly practice, and see how their team does. Administrators may too",
            ),
        ],
    }


def errors_of(refused: Refused) -> dict[str, str]:
    """Give what is wrong, by block, as Slack shows it beside each field."""
    return dict(refused.fields)


def _typed(name: str, label: str, value: str, most: int, hint: str) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": name, "max_length": most}
    if value:
        element["initial_value"] = value
    return _input(name, label, element, hint)


def _input(name: str, label: str, element: Block, hint: str) -> Block:
    element = {**element, "action_id": name}
    block: Block = {
        "type": "input",
        "block_id": name,
        "optional": True,
        "label": _plain(label),
        "element": element,
    }
    if hint:
        block["hint"] = _plain(hint)
    return block


def _select(options: list[Block], chosen: Block | None) -> Block:
    select: Block = {"type": "static_select", "options": options}
    if chosen is not None:
        select["initial_option"] = chosen
    return select


def _option(value: str, text: str) -> Block:
    return {"text": _plain(cut(text, LABEL_MAX)), "value": value}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
