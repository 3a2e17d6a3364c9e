"""Buttons: events as short data, and back. An old, foreign or garbled one is for the engine to answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from bot.events import (
    Began,
    Chose,
    Continued,
    Declined,
    Draft,
    DrillAsked,
    DrillInvited,
    DrillsPaused,
    DrillsShown,
    DrillSwitched,
    EraseAsked,
    Erased,
    Event,
    Exported,
    Joined,
    Left,
    Looked,
    Misled,
    Opened,
    Page,
    PostedForAll,
    Practised,
    PutOff,
    Restarted,
    Resumed,
    Settled,
    Started,
    Submitted,
    TeamAsked,
    TeamPicked,
    TeamWeekShown,
    Toggled,
    WentBack,
    ZoneSet,
)
from bot.replies import Button

BUTTON_DATA_MAX = 64  # bytes of UTF-8. Bot API: InlineKeyboardButton.callback_data


def button(label: str, event: Event) -> Button:
    """Make the button that does something; raises as `data_for` does."""
    return Button(label=label, data=data_for(event))


def data_for(event: Event) -> str:
    """
    Write an event as the data of a button.

    Returns:
        Plain ASCII without spaces, BUTTON_DATA_MAX bytes at most, given ids within the
        content's limits (20 characters a part, two parts) and a run id of 16 at most.

    Raises:
        ValueError: the event does not travel in buttons, or is too long for one.
    """
    match event:
        case Started():
            parts: Sequence[str] = ("start",)
        case Opened(page, arg):
            parts = ("open", page, arg) if arg else ("open", page)
        case Chose(run, turn, choice):
            parts = ("c", run, str(turn), choice)
        case Toggled(run, turn, item, on):
            parts = ("t", run, str(turn), item, "1" if on else "0")
        case Submitted(run, turn):
            parts = ("d", run, str(turn))
        case Continued(run, turn):
            parts = ("g", run, str(turn))
        case WentBack(run, turn):
            parts = ("b", run, str(turn))
        case Restarted(run, turn):
            parts = ("s", run, str(turn))
        case Left(run, turn):
            parts = ("l", run, str(turn))
        case Resumed(resumed):
            parts = ("r", resumed) if resumed else ("r",)
        case Looked(provision):
            parts = ("law", provision)
        case Misled(provision):
            parts = ("no", provision)
        case Settled(name, value):
            parts = ("set", name, value) if value else ("set", name)
        case Exported():
            parts = ("export",)
        case EraseAsked():
            parts = ("erase",)
        case Erased(seed):
            parts = ("erased", seed)
        case TeamAsked():
            parts = ("team",)
        case TeamPicked(place):
            parts = ("use", place)
        case PostedForAll(provision):
            parts = ("post", provision)
        case _ if (of_drills := _drill_parts(event)) is not None:
            parts = of_drills
        case _:
            raise ValueError(f"{type(event).__name__} does not travel in a button")
    data = ":".join(parts)
    if len(data.encode()) > BUTTON_DATA_MAX:
        raise ValueError(f"a button carries {BUTTON_DATA_MAX} bytes at most, this needs {len(data.encode())}")
    return data


_PAGES: dict[str, Page] = {page: page for page in get_args(Page)}


def event_from_button(data: str) -> Event | None:
    """Read a button's data back; None for data that no button of ours carries."""
    match data.split(":"):
        case ["start"]:
            return Started()
        case ["open", page] if page in _PAGES:
            return Opened(_PAGES[page])
        case ["open", page, arg] if page in _PAGES:
            return Opened(_PAGES[page], arg)
        case ["t", run, turn, item, ("0" | "1") as on] if _is_turn(turn):
            return Toggled(run, int(turn), item, on == "1")
        case ["c", run, turn, choice] if _is_turn(turn):
            return Chose(run, int(turn), choice)
        case [("d" | "g" | "b" | "s" | "l") as verb, run, turn] if _is_turn(turn):
            return _ON_A_RUN[verb](run, int(turn))
        case ["r"]:
            return Resumed()
        case ["r", run]:
            return Resumed(run)
        case ["law", provision]:
            return Looked(provision)
        case ["no", provision]:
            return Misled(provision)
        case ["set", ("role" | "state") as name]:
            return Settled(name, None)
        case ["set", ("role" | "state") as name, value]:
            return Settled(name, value)
        case ["export"]:
            return Exported()
        case ["erase"]:
            return EraseAsked()
        case ["erased", seed]:
            return Erased(seed)
        case ["team"]:
            return TeamAsked()
        case ["use", place]:
            return TeamPicked(place)
        case ["post", provision]:
            return PostedForAll(provision)
        case _:
            return _of_drills(data)


def _drill_parts(event: Event) -> Sequence[str] | None:
    """Give the parts of an event about drills; None for another."""
    match event:
        case Practised(what):
            return ("now",) if what == "needs" else ("now", what)
        case Began(key):
            return ("dg", key)
        case PutOff(key):
            return ("dl", key)
        case Declined(key):
            return ("dn", key)
        case DrillsPaused(weeks):
            return ("off", str(weeks))
        case ZoneSet(zone):
            return ("zone", zone)
        case Joined(drill, joins):
            return ("join" if joins else "unjoin", drill)
        case DrillsShown(place):
            return ("drills", place) if place else ("drills",)
        case DrillAsked(drill, None):
            return ("drill", drill) if drill else ("drill",)
        case DrillAsked(_, Draft() as draft):
            return ("draft", *_draft_parts(draft))
        case DrillInvited(drill):
            return ("invite", drill)
        case DrillSwitched(drill, state):
            return ("switch", drill, state)
        case TeamWeekShown(drill):
            return ("week", drill)
        case _:
            return None


def _of_drills(data: str) -> Event | None:
    """Read the data of a button about drills."""
    match data.split(":"):
        case ["now"]:
            return Practised()
        case ["now", what]:
            return Practised(what)
        case [("dg" | "dl" | "dn") as verb, key]:
            return _ON_AN_ASSIGNMENT[verb](key)
        case ["off", weeks] if _is_turn(weeks):
            return DrillsPaused(int(weeks))
        case ["zone", zone]:
            return ZoneSet(zone)
        case [("join" | "unjoin") as verb, drill]:
            return Joined(drill, verb == "join")
        case ["drills"]:
            return DrillsShown()
        case ["drills", place]:
            return DrillsShown(place)
        case ["drill"]:
            return DrillAsked()
        case ["drill", drill]:
            return DrillAsked(drill)
        case ["draft", *parts]:
            draft = _draft_from(parts)
            return DrillAsked(draft=draft) if draft is not None else None
        case ["switch", drill, ("on" | "paused" | "ended") as state]:
            return DrillSwitched(drill, state)
        case ["invite", drill]:
            return DrillInvited(drill)
        case ["week", drill]:
            return TeamWeekShown(drill)
        case _:
            return None


_ON_AN_ASSIGNMENT: dict[str, type[Began | PutOff | Declined]] = {"dg": Began, "dl": PutOff, "dn": Declined}


def _draft_parts(draft: Draft) -> tuple[str, ...]:
    numbers = (draft.weekday, draft.at, draft.weeks)
    said = ("" if one is None else str(one) for one in numbers)
    more = (str(draft.page),) if draft.page > 1 or not draft.reminders else ()
    return draft.target, draft.what, *said, *more, *(() if draft.reminders else ("0",))


def _draft_from(parts: Sequence[str]) -> Draft | None:
    match parts:
        case [target, what, *numbers] if len(numbers) in {3, 4, 5} and all(
            one == "" or _is_turn(one) for one in numbers
        ):
            weekday, at, weeks, page, remind = (int(one) if one else None for one in (*numbers, "", "")[:5])
            return Draft(target, what, weekday, at, weeks, page or 1, remind is None)
        case _:
            return None


_ON_A_RUN: dict[str, type[Submitted | Continued | WentBack | Restarted | Left]] = {
    "d": Submitted,
    "g": Continued,
    "b": WentBack,
    "s": Restarted,
    "l": Left,
}


def _is_turn(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
