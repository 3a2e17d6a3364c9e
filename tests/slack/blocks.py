"""Blocks and their elements, with Slack's published numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.slack.shapes import (
    Check,
    Refused,
    anything,
    by_type,
    fields,
    flag,
    many,
    one_of,
    plain,
    shape,
    text,
    text_object,
    whole,
)

ACTION_ID = text("action-id-length", 255)
BLOCK_ID = text("block-id-length", 255)
URL = text("url-length", 3000)

CONFIRM = shape(
    {
        "title": plain("confirm-title", 100),
        "text": text_object("confirm-text", 300),
        "confirm": plain("confirm-label", 30),
        "deny": plain("confirm-label", 30),
        "style": one_of("style", "primary", "danger"),
    },
    ["title", "text", "confirm", "deny"],
)

BUTTON = shape(
    {
        "type": anything,
        "text": plain("button-text", 75),
        "action_id": ACTION_ID,
        "url": URL,
        "value": text("button-value", 2000),
        "style": one_of("style", "primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": text("accessibility-label", 75),
    },
    ["text"],
)


def _option(described: bool, marked: bool) -> Check:
    """An option; only checkboxes and radio buttons take mrkdwn in it."""
    known: dict[str, Check] = {
        "text": text_object("option-text", 75, plain=not marked),
        "value": text("option-value", 150),
    }
    if described:
        known["description"] = text_object("option-description", 75, plain=not marked)
    return shape(known, ["text", "value"])


def _distinct(options: list[Any], at: str) -> None:
    values = [option["value"] for option in options]
    if len(values) != len(set(values)):
        raise Refused("option-value-unique", f"{at}: two options have the same value")


def _checkboxes(value: Any, at: str) -> None:
    option = _option(described=True, marked=True)
    known = {
        "type": anything,
        "action_id": ACTION_ID,
        "options": many("checkboxes-count", 1, 10, option),
        "initial_options": many("initial-options", 1, 10, option),
        "confirm": CONFIRM,
        "focus_on_load": flag,
    }
    fields(value, at, known, ["options"])
    _distinct(value["options"], at)
    for i, chosen in enumerate(value.get("initial_options", ())):
        if chosen not in value["options"]:
            raise Refused("initial-options", f"{at}/initial_options/{i}: equals none of the options")


def _choosing(rule: str, most: int, described: bool, marked: bool, placeholder: bool) -> Check:
    """Radio buttons and the static select: one option of several."""
    option = _option(described, marked)

    def check(value: Any, at: str) -> None:
        known: dict[str, Check] = {
            "type": anything,
            "action_id": ACTION_ID,
            "options": many(rule, 1, most, option),
            "initial_option": option,
            "confirm": CONFIRM,
            "focus_on_load": flag,
        }
        if placeholder:
            known["placeholder"] = plain("placeholder", 150)
            label = plain("option-groups", 75)
            group = shape({"label": label, "options": many(rule, 1, most, option)}, ["label", "options"])
            known["option_groups"] = many("option-groups", 1, 100, group)
        fields(value, at, known)
        if ("options" in value) == ("option_groups" in value):
            raise Refused("option-groups", f"{at}: either options or option_groups")
        there = all_options(value)
        _distinct(there, at)
        if "initial_option" in value and value["initial_option"] not in there:
            raise Refused("initial-options", f"{at}/initial_option: equals none of the options")

    return check


def all_options(element: dict[str, Any]) -> list[Any]:
    """The options of a select, those of its groups too."""
    groups = element.get("option_groups", ())
    return [*element.get("options", ()), *(option for group in groups for option in group["options"])]


PICKS: dict[str, Check] = {
    "type": anything,
    "action_id": ACTION_ID,
    "confirm": CONFIRM,
    "focus_on_load": flag,
    "placeholder": plain("placeholder", 150),
}


def _written(pattern: str) -> Check:
    """A text that is written just so."""

    def check(value: Any, at: str) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise Refused("picker-format", f"{at}: {value!r} is not written like {pattern}")

    return check


TIME = shape(
    PICKS | {"initial_time": _written(r"([01]\d|2[0-3]):[0-5]\d"), "timezone": anything},
)
DATE = shape(PICKS | {"initial_date": _written(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")})
CHANNELS = shape(
    PICKS
    | {
        "initial_conversation": _written(r"[CDG][A-Z0-9]+"),
        "default_to_current_conversation": flag,
        "response_url_enabled": flag,
        "filter": shape(
            {
                "include": many("filter", 1, 4, one_of("filter", "im", "mpim", "private", "public")),
                "exclude_external_shared_channels": flag,
                "exclude_bot_users": flag,
            }
        ),
    }
)
EXTERNAL = shape(
    PICKS
    | {
        "initial_option": _option(described=True, marked=False),
        "min_query_length": whole("min-query", 0, 1000),
    }
)
USERS = shape(
    PICKS
    | {
        "initial_users": many("initial-users", 1, 1000, _written(r"[UW][A-Z0-9]+")),
        "max_selected_items": whole("max-selected", 1, 1000),
    }
)


def _plain_text_input(value: Any, at: str) -> None:
    known = {
        "type": anything,
        "action_id": ACTION_ID,
        "initial_value": text("input-range", 3000, least=0),
        "multiline": flag,
        "min_length": whole("input-range", 0, 3000),
        "max_length": whole("input-range", 1, 3000),
        "dispatch_action_config": anything,
        "focus_on_load": flag,
        "placeholder": plain("placeholder", 150),
    }
    fields(value, at, known)
    least, most = value.get("min_length", 0), value.get("max_length", 3000)
    if least > most:
        raise Refused("input-range", f"{at}: min_length {least} is above max_length {most}")
    if len(value.get("initial_value", "")) > most:
        raise Refused("input-range", f"{at}/initial_value: longer than max_length {most}")


IMAGE_FIELDS: dict[str, Check] = {
    "type": anything,
    "image_url": text("url-length", 3000),
    "slack_file": shape({"id": text("field-type", 255), "url": text("url-length", 3000)}),
    "alt_text": text("alt-text", 2000),
}


def _pictured(known: dict[str, Check]) -> Check:
    """An image: of an address, or of a file in Slack, that is named by its id or its address."""

    def check(value: Any, at: str) -> None:
        fields(value, at, known, ["alt_text"])
        if ("image_url" in value) == ("slack_file" in value) or len(value.get("slack_file", "x")) != 1:
            raise Refused("image-source", f"{at}: either image_url or slack_file, by id or url")

    return check


IMAGE_ELEMENT = _pictured(IMAGE_FIELDS)

RADIO = _choosing("radio-count", 10, described=True, marked=True, placeholder=False)
SELECT = _choosing("select-count", 100, described=True, marked=False, placeholder=True)

IN_ACTIONS: dict[str, Check] = {
    "button": BUTTON,
    "checkboxes": _checkboxes,
    "radio_buttons": RADIO,
    "static_select": SELECT,
    "external_select": EXTERNAL,
    "conversations_select": CHANNELS,
    "timepicker": TIME,
    "datepicker": DATE,
}
IN_SECTION = IN_ACTIONS | {"image": IMAGE_ELEMENT, "multi_users_select": USERS}
IN_INPUT: dict[str, Check] = {
    "checkboxes": _checkboxes,
    "radio_buttons": RADIO,
    "static_select": SELECT,
    "external_select": EXTERNAL,
    "conversations_select": CHANNELS,
    "multi_users_select": USERS,
    "timepicker": TIME,
    "datepicker": DATE,
    "plain_text_input": _plain_text_input,
}
IN_CONTEXT: dict[str, Check] = {
    "mrkdwn": text_object("text-length-object", 3000),
    "plain_text": text_object("text-length-object", 3000),
    "image": IMAGE_ELEMENT,
}


def _rich_text(value: Any, at: str) -> None:
    """A part of rich text: looked at only as far as its outer fields."""
    known = dict.fromkeys(("type", "style", "indent", "offset", "border", "language"), anything)
    fields(value, at, known | {"elements": many("rich-text", 1, 1000, _leaf)}, ["elements"])


def _leaf(value: Any, at: str) -> None:
    """A leaf of rich text, or a section inside a list."""
    leaves = ("text", "link", "emoji", "rich_text_section")
    if not isinstance(value, dict) or value.get("type") not in leaves:
        raise Refused("rich-text", f"{at}: must be one of {', '.join(leaves)}")


IN_RICH_TEXT: dict[str, Check] = dict.fromkeys(
    ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"), _rich_text
)


def _section(value: Any, at: str) -> None:
    known = {
        "type": anything,
        "block_id": BLOCK_ID,
        "text": text_object("text-length-object", 3000),
        "fields": many("section-fields", 1, 10, text_object("section-field-length", 2000)),
        "accessory": by_type("accessory", IN_SECTION),
        "expand": flag,
    }
    fields(value, at, known)
    if "text" not in value and "fields" not in value:
        raise Refused("section-empty", f"{at}: needs text or fields")


def _actions(value: Any, at: str) -> None:
    elements = many("actions-count", 1, 25, by_type("actions-element", IN_ACTIONS))
    fields(value, at, {"type": anything, "block_id": BLOCK_ID, "elements": elements}, ["elements"])
    ids = [each["action_id"] for each in value["elements"] if "action_id" in each]
    if len(ids) != len(set(ids)):
        raise Refused("action-id-unique", f"{at}/elements: an action_id stands twice")


CONTEXT = shape(
    {
        "type": anything,
        "block_id": BLOCK_ID,
        "elements": many("context-count", 1, 10, by_type("context-element", IN_CONTEXT)),
    },
    ["elements"],
)
DIVIDER = shape({"type": anything, "block_id": BLOCK_ID})
HEADER = shape({"type": anything, "block_id": BLOCK_ID, "text": plain("header-length", 150)}, ["text"])
IMAGE = _pictured(IMAGE_FIELDS | {"block_id": BLOCK_ID, "title": plain("image-title", 2000)})
INPUT = shape(
    {
        "type": anything,
        "block_id": BLOCK_ID,
        "label": plain("input-label", 2000),
        "element": by_type("input-element", IN_INPUT),
        "hint": plain("input-hint", 2000),
        "optional": flag,
        "dispatch_action": flag,
    },
    ["label", "element"],
)
RICH_TEXT = shape(
    {
        "type": anything,
        "block_id": BLOCK_ID,
        "elements": many("rich-text", 1, 1000, by_type("rich-text", IN_RICH_TEXT)),
    },
    ["elements"],
)

BLOCKS: dict[str, Check] = {
    "section": _section,
    "actions": _actions,
    "context": CONTEXT,
    "divider": DIVIDER,
    "header": HEADER,
    "input": INPUT,
    "image": IMAGE,
    "rich_text": RICH_TEXT,
}


def check_options(options: Any) -> None:
    """What a bot answers where Slack asks for the options of a select."""
    many("select-count", 0, 100, _option(described=True, marked=False))(options, "options")
    _distinct(options, "options")


def check_blocks(blocks: Any, most: int, at: str) -> None:
    """Every block of one surface, and that no block_id stands twice."""
    if not isinstance(blocks, list):
        raise Refused("blocks-format", f"{at}: must be a list", "invalid_blocks_format")
    many("blocks-count", 0, most, by_type("block-type", BLOCKS))(blocks, at)
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        raise Refused("block-id-unique", f"{at}: a block_id stands twice")


def texts(value: Any, at: str) -> Iterator[tuple[str, str, str]]:
    """Every text anywhere inside: its type, the text, and where it stands."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from texts(item, f"{at}/{i}")
    elif isinstance(value, dict):
        inner = value.get("text")
        if isinstance(inner, str):
            yield str(value.get("type")), inner, f"{at}/text"
        for name, item in value.items():
            yield from texts(item, f"{at}/{name}")
