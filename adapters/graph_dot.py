"""A scenario in DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from adapters.graph_places import (
    KIND_WORDS,
    MARKS,
    NEVER_CHOICE,
    NEVER_STEP,
    UNJUDGED,
    WIDE,
    Mark,
    Place,
    Way,
    lines_of,
    places_of,
    verdict_of,
)
from bot.model import Scenario

_DOT_HEAD = """\
digraph story {
  graph [rankdir=TB, ranksep=0.45, nodesep=0.35, labelloc=t, labeljust=l, fontsize=12,
    fontname="Helvetica,Arial,sans-serif"]
  node [shape=box, style=rounded, fontname="Helvetica,Arial,sans-serif", fontsize=12, margin="0.12,0.07"]
  edge [fontname="Helvetica,Arial,sans-serif", fontsize=11]"""


def dot_of(scenario: Scenario) -> str:
    """Write a scenario in DOT, the language of Graphviz."""
    places = places_of(scenario)
    entries = {place.id: _entry(place) for place in places}
    lines = [_DOT_HEAD, f"  label=<{_dot_legend(scenario)}>"]
    lines += ['  "the start" [shape=circle, style=filled, fillcolor=black, label="", width=0.2]']
    lines += [f"  {_quoted('the start')} -> {_quoted(entries[scenario.start])}"]
    for place in places:
        lines += (f"  {line}" for line in _dot_place(place, entries))
    return "\n".join((*lines, "}", ""))


def _entry(place: Place) -> str:
    """Give the name of what one meets who is sent to a step: the condition on it, where it has one."""
    return f"if {place.id}" if place.entry else place.id


def _dot_place(place: Place, entries: Mapping[str, str]) -> Iterator[str]:
    here = _quoted(place.id)
    if place.entry and place.otherwise is not None:
        gate = _quoted(_entry(place))
        label = _rows(lines_of(f"{place.entry}?", 24))
        yield f"{gate} [shape=diamond, style=solid, margin=0, label=<{label}>]"
        yield f'{gate} -> {here} [label=" yes"]'
        yield f'{gate} -> {_quoted(entries[place.otherwise])} [label=" no"]'
    match place.kind:
        case "moment":
            yield f"{here} [label=<{_dot_words(place)}>]"
        case "ending":
            yield f"{here} [shape=doubleoctagon, style=solid, label=<{_dot_words(place)}>]"
        case "decision" | "pick":
            yield f"{here} [shape=plain, style=solid, label=<{_dot_table(place)}>]"
    if place.goto is not None:
        yield f"{here} -> {_quoted(entries[place.goto])}"
    for number, way in enumerate(place.ways):
        head = ", arrowhead=empty" if way.mark is UNJUDGED else ""
        yield f"{here}:w{number}:s -> {_quoted(entries[way.goto])} [style={way.mark.line}{head}]"


def _dot_words(place: Place, wide: int = WIDE) -> str:
    """Write a step's id and its own words, shortened."""
    never = [f"<B>{NEVER_STEP}</B>"] if place.never else []
    name = f"<B>{escape(place.id)}</B>{KIND_WORDS.get(place.kind, '')}"
    notes = [f"<I>{escape(line)}</I>" for note in place.notes for line in lines_of(note, wide)]
    return "<BR/>".join((*never, name, *map(escape, lines_of(place.text, wide)), *notes))


def _dot_table(place: Place) -> str:
    """Write a step that asks: its words above, and below them its answers side by side."""
    count = len(place.ways)
    cells = "".join(_dot_cell(number, way) for number, way in enumerate(place.ways))
    answers = f"<TR>{cells}</TR>" if cells else ""
    words = _dot_words(place, WIDE * max(1, count))
    return (
        '<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="5" CELLPADDING="5">'
        f'<TR><TD COLSPAN="{max(1, count)}">{words}</TD></TR>{answers}</TABLE>'
    )


def _dot_cell(number: int, way: Way) -> str:
    lines = [
        *([f"<B>{NEVER_CHOICE}</B>"] if way.never else []),
        f"<B>{escape(way.id)}</B>",
        *map(escape, lines_of(way.text, WIDE - 4)),
        *(f"<U>{escape(line)}</U>" for line in lines_of(verdict_of(way), WIDE - 4)),
        *(f"<I>{escape(line)}</I>" for line in lines_of("; ".join(way.notes), WIDE - 4)),
    ]
    return f'<TD PORT="w{number}"{_border(way.mark)}>{"<BR/>".join(lines)}</TD>'


def _border(mark: Mark) -> str:
    style = "" if mark.line in {"bold", "solid"} else f' STYLE="{mark.line}"'
    return f' BORDER="{mark.border}"{style}'


def _dot_legend(scenario: Scenario) -> str:
    """Write the title, and what shapes and lines mean."""
    cells = "".join(
        f"<TD{_border(mark)}><U>{escape(mark.words)}</U></TD>" for mark in (*MARKS.values(), UNJUDGED)
    )
    title = f'<FONT POINT-SIZE="18"><B>{escape(scenario.title)}</B></FONT> ({escape(scenario.id)})'
    return (
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="5" CELLPADDING="4">'
        f'<TR><TD COLSPAN="5" ALIGN="LEFT">{title}</TD></TR>'
        f"<TR>{cells}</TR>"
        f'<TR><TD COLSPAN="5" ALIGN="LEFT" BALIGN="LEFT">{_rows(_LEGEND)}</TD></TR></TABLE>'
    )


_LEGEND = (
    "The line that leaves an answer is drawn like its border; with no border, its arrow is hollow.",
    "In brackets: the slip it was.",
    "Rounded box: a moment. Box of boxes: a decision, or a pick with its outcomes. Diamond: a condition.",
    f"Octagon with two lines: an ending. {NEVER_STEP}, {NEVER_CHOICE}: however the story is played.",
)


def _rows(lines: Iterable[str]) -> str:
    return "<BR/>".join(map(escape, lines))


def _quoted(name: str) -> str:
    return f'"{name}"'
