"""Reading blocks as a person does, and as Slack sends them back."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.slack.blocks import all_options
from tests.slack.rules import Json
from tests.slack.world import Posted, View

LINK = re.compile(r"<[^<>|\s]+\|([^<>|]+)>")
BARE_LINK = re.compile(r"<((?:https://|mailto:|tel:)[^<>|\s]+)>")


def escaped(text: str) -> str:
    """What someone typed, as Slack hands it on."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(text: str) -> str:
    """What someone reads: a link is its label, the three signs are themselves."""
    text = BARE_LINK.sub(r"\1", LINK.sub(r"\1", text))
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def text_of(posted: Posted | View) -> str:
    """All the text of the blocks in order, buttons as [label]; without blocks, the text."""
    if isinstance(posted, Posted) and not posted.blocks:
        return unescaped(posted.text)
    return "\n".join(line for block in posted.blocks for line in _lines(block) if line)


def _lines(block: Json) -> Iterator[str]:
    for name in ("title", "label", "text"):
        if name in block:
            yield _words(block[name])
    yield from (_words(each) for each in block.get("fields", ()))
    if block["type"] == "rich_text":
        yield "".join(_leaves(block["elements"]))
        return
    if "alt_text" in block:
        yield block["alt_text"]
    inside = [block[name] for name in ("accessory", "element") if name in block]
    shown = [_element(each) for each in (*inside, *block.get("elements", ()))]
    yield (" " if block["type"] in ("actions", "context") else "\n").join(shown)
    if "hint" in block:
        yield _words(block["hint"])


def _words(value: Json) -> str:
    return unescaped(str(value["text"]))


def _element(element: Json) -> str:
    match element["type"]:
        case "button":
            return f"[{_words(element['text'])}]"
        case "mrkdwn" | "plain_text":
            return _words(element)
        case "image":
            return str(element["alt_text"])
        case "plain_text_input":
            return str(element.get("initial_value", ""))
        case "timepicker" | "datepicker" | "conversations_select" | "multi_users_select" | "external_select":
            held = _initial(element)
            return str(next((held[name] for name in held if name != "type"), "") or "")
        case _:
            return "\n".join(_option(each) for each in all_options(element))


def _option(option: Json) -> str:
    about = f": {_words(option['description'])}" if "description" in option else ""
    return f"{_words(option['text'])}{about}"


def _leaves(parts: list[Json]) -> Iterator[str]:
    for part in parts:
        if part.get("type") == "rich_text_list":
            yield from ("".join(_leaves([each])) + "\n" for each in part["elements"])
        elif "elements" in part:
            yield from _leaves(part["elements"])
        else:
            yield str(part.get("text") or part.get("url") or "")


def label_of(part: Json) -> str:
    """A button's or option's visible label."""
    return _words(part["text"])


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every block with each interactive element in it."""
    for block in blocks:
        inside = [block[name] for name in ("accessory", "element") if name in block]
        if block["type"] == "actions":
            inside += block["elements"]
        for element in inside:
            if element["type"] != "image":
                yield block, element


def buttons(blocks: list[Json]) -> list[tuple[Json, Json]]:
    """Every block with each button in it."""
    return [(block, element) for block, element in elements(blocks) if element["type"] == "button"]


def find(blocks: list[Json], wanted: str) -> tuple[Json, Json]:
    """The one button with this label, value or letter."""
    there = buttons(blocks)
    for fits in (
        [each for each in there if label_of(each[1]) == wanted],
        [each for each in there if each[1].get("value") == wanted],
        [each for each in there if _letter(label_of(each[1])) == _letter(wanted)],
    ):
        if len(fits) == 1:
            return fits[0]
        assert not fits, f"{len(fits)} buttons are {wanted!r}: {[label_of(each[1]) for each in there]}"
    raise AssertionError(f"no button {wanted!r}; there are {[label_of(each[1]) for each in there]}")


def _letter(label: str) -> str:
    """`a`, `A`, `a.` and `A)` are one letter; anything longer is itself, without regard to case."""
    return label.strip().rstrip(".)").casefold()


def filled(blocks: list[Json]) -> list[Json]:
    """Blocks as Slack sends them back: with the ids and flags that were left out."""
    made: list[Json] = copy.deepcopy(blocks)
    for i, block in enumerate(made):
        block.setdefault("block_id", f"made{i}")
    for i, (_, element) in enumerate(elements(made)):
        element.setdefault("action_id", f"made{i}")
    _flag(made)
    return made


def _flag(value: Any) -> None:
    if isinstance(value, list):
        for each in value:
            _flag(each)
    elif isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        elif value.get("type") == "mrkdwn":
            value.setdefault("verbatim", False)
        for each in list(value.values()):
            _flag(each)


def values(blocks: list[Json], chosen: Mapping[tuple[str, str], Json]) -> Json:
    """The `state.values` of blocks: what was chosen, else what they began with."""
    state: Json = {}
    for block, element in elements(blocks):
        if element["type"] != "button":
            key = block["block_id"], element["action_id"]
            held = chosen.get(key)
            fits = held is not None and _still_there(element, held)
            state.setdefault(key[0], {})[key[1]] = held if fits else _initial(element)
    return state


def _still_there(element: Json, held: Json) -> bool:
    """False where an edit took away what had been chosen."""
    if element["type"] == "external_select":
        return True
    chosen = [*held.get("selected_options", ()), *filter(None, [held.get("selected_option")])]
    return all(each in all_options(element) for each in chosen)


def _initial(element: Json) -> Json:
    match element["type"]:
        case "plain_text_input":
            return {"type": "plain_text_input", "value": element.get("initial_value")}
        case "checkboxes":
            return {"type": "checkboxes", "selected_options": element.get("initial_options", [])}
        case "timepicker":
            return {"type": "timepicker", "selected_time": element.get("initial_time")}
        case "datepicker":
            return {"type": "datepicker", "selected_date": element.get("initial_date")}
        case "conversations_select" as kind:
            return {"type": kind, "selected_conversation": element.get("initial_conversation")}
        case "multi_users_select" as kind:
            return {"type": kind, "selected_users": element.get("initial_users", [])}
        case kind:
            return {"type": kind, "selected_option": element.get("initial_option")}
