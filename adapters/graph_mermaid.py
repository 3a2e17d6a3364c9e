"""A scenario in Mermaid, which many editors and mermaid.live draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from adapters.graph_places import (
    KIND_WORDS,
    MARKS,
    NEVER_CHOICE,
    NEVER_STEP,
    UNJUDGED,
    Kind,
    Place,
    Way,
    lines_of,
    places_of,
    verdict_of,
)
from bot.model import Scenario

_MERMAID_SHAPES: Mapping[Kind, tuple[str, str]] = {
    "moment": ("(", ")"),
    "decision": ("[", "]"),
    "pick": ("[[", "]]"),
    "ending": ("([", "])"),
}


def mermaid_of(scenario: Scenario) -> str:
    """Write a scenario in Mermaid, which many editors and mermaid.live draw."""
    places = places_of(scenario)
    entries = {place.id: _mermaid_name(place.id, gate=bool(place.entry)) for place in places}
    lines = ["---", f"title: {_mermaid_title(scenario)}", *_MERMAID_CONFIG, "---", "flowchart TB"]
    lines += (f"  {line}" for line in _mermaid_legend())
    lines += ["  the_start(( )) --> " + entries[scenario.start]]
    for place in places:
        lines += (f"  {line}" for line in _mermaid_place(place, entries))
    return "\n".join((*lines, ""))


# our lines are cut already; at its own 200 pixels Mermaid would cut them once more
_MERMAID_CONFIG = ("config:", "  flowchart:", "    wrappingWidth: 320")


def _mermaid_title(scenario: Scenario) -> str:
    text = f"{scenario.title} ({scenario.id})".replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _mermaid_name(step: str, *, gate: bool = False) -> str:
    """Name a step, or the condition on it, by no word of Mermaid's own: "end" ends a subgraph there."""
    return ("c_" if gate else "s_") + step.replace("-", "_")  # an id has no underscore


def _mermaid_place(place: Place, entries: Mapping[str, str]) -> Iterator[str]:
    here = _mermaid_name(place.id)
    if place.entry and place.otherwise is not None:
        gate = entries[place.id]
        yield f"{gate}{{{_mermaid_label(lines_of(f'{place.entry}?'))}}}"
        yield f"{gate} -->|yes| {here}"
        yield f"{gate} -->|no| {entries[place.otherwise]}"
    opening, closing = _MERMAID_SHAPES[place.kind]
    yield f"{here}{opening}{_mermaid_label(_mermaid_words(place))}{closing}"
    if place.goto is not None:
        yield f"{here} --> {entries[place.goto]}"
    for way in place.ways:
        yield f"{here} {way.mark.arrow}|{_mermaid_label(_mermaid_way(way))}| {entries[way.goto]}"


def _mermaid_words(place: Place) -> Iterator[str]:
    if place.never:
        yield NEVER_STEP
    yield place.id + KIND_WORDS.get(place.kind, "")
    yield from lines_of(place.text)
    for note in place.notes:
        yield from lines_of(note)


def _mermaid_way(way: Way) -> Iterator[str]:
    if way.never:
        yield NEVER_CHOICE
    yield way.id
    yield from lines_of(way.text)
    yield from lines_of(f"[{verdict_of(way)}]")
    yield from lines_of("; ".join(way.notes))


def _mermaid_label(lines: Iterable[str]) -> str:
    """Write a label; what Mermaid would read as its own is written as an entity."""
    return '"' + "<br/>".join(map(_mermaid_text, lines)) + '"'


def _mermaid_text(text: str) -> str:
    return "".join(f"#{ord(letter)};" if letter in _MERMAID_OWN else letter for letter in text)


_MERMAID_OWN = frozenset('"#&;<>`*_|\\')


def _mermaid_legend() -> Iterator[str]:
    """Write what shapes and lines mean, as a small picture of its own."""
    yield "subgraph legend[What shapes and lines mean]"
    yield "  direction LR"
    yield '  k_moment("a moment") ~~~ k_decision["a decision"] ~~~ k_pick[["a pick, with its outcomes"]]'
    yield '  k_condition{"a condition"} ~~~ k_ending(["an ending"])'
    for number, mark in enumerate((*MARKS.values(), UNJUDGED)):
        yield f'  k_{number}["answer"] {mark.arrow}|"{mark.words}"| k_{number}_on["next"]'
    yield "end"
