"""Reports, from what is kept: for authors where the content falls short, for supervisors how a team does."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import msgspec

from bot.engine import drill_texts as texts
from bot.engine.needs import rules_tested
from bot.engine.quotes import UNANSWERED, WRONG
from bot.engine.texts import heading
from bot.figures import NEVER_SENT
from bot.model import HEADINGS, Cell, CellWord, Drill, Library, Scenario, Week
from bot.replies import (
    Bar,
    Chart,
)
from bot.store import Copy, Place

NEAR_NOTHING = "near no rule at all"


def content_report(
    library: Library, counted: Sequence[tuple[str, str, int]], *, as_json: bool = False
) -> str:
    """
    Rank provisions by how often they were called a wrong answer, and topics by unanswered questions.

    Args:
        library: names the provisions and the topics.
        counted: kind, name and number, as the store gives them.
        as_json: one JSON object instead of text.
    """
    wrong = [(name, number) for kind, name, number in counted if kind == WRONG]
    unanswered = [(name, number) for kind, name, number in counted if kind == UNANSWERED]
    if as_json:
        ranked = {
            "wrong": [{"provision": name, "times": number} for name, number in wrong],
            "unanswered": [{"topic": name, "times": number} for name, number in unanswered],
        }
        return msgspec.json.format(msgspec.json.encode(ranked), indent=2).decode()
    lines = ["Called a wrong answer, by rule:"]
    lines += [f"{number:6}  {name}  {_title(library, name)}" for name, number in wrong] or ["        none"]
    lines += ["", "Unanswered, by what they came nearest to:"]
    lines += [f"{number:6}  {_topic(library, name)}" for name, number in unanswered] or ["        none"]
    return "\n".join(lines)


def _title(library: Library, id: str) -> str:
    provision = library.provisions.get(id)
    return provision.title if provision is not None else "(no longer here)"


def _topic(library: Library, name: str) -> str:
    id, _, chapter = name.partition(".")
    law = library.laws.get(id)
    if law is None:
        return f"{name} (no longer here)" if chapter else NEAR_NOTHING
    return next(
        (f"{law.short}: {heading(title)}" for key, title in HEADINGS.items() if key == chapter), law.short
    )


# --- a team's drills -------------------------------------------------------------------------

# A spreadsheet would take what begins so for a formula; some take the wide forms of the signs too.
CSV_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CHART_BARS = 10  # rules that a picture can show on a phone
NAMES_MAX = 40  # people named in one message
SHARES: Mapping[CellWord, tuple[float, float]] = {  # the same whatever the number of people
    "hardly any": (0.0, 0.2),
    "fewer than half": (0.0, 0.5),
    "half or more": (0.5, 1.0),
    "nearly all": (0.8, 1.0),
}
FIGURES_NAME, PEOPLE_NAME = "mayshare-team.csv", "mayshare-completions.csv"


@dataclass(frozen=True, slots=True)
class TeamBook:
    """
    What is kept of a drill, as a supervisor may see it.

    Attributes:
        drill: what was ordered.
        weeks: the weeks that have closed, the oldest first.
        places: who is, and was, in the audience.
        copies: the assignments.
    """

    drill: Drill
    weeks: Sequence[Week]
    places: Sequence[Place]
    copies: Sequence[Copy]


def team_text(library: Library, book: TeamBook, day: date | None = None) -> str:
    """
    Say in words how a team does: who finished, what was right first, what slipped, one suggestion.

    Args:
        library: names the rules.
        book: what is kept of the drill.
        day: of the week it is about; None: the last that closed.
    """
    week = week_of(book, day)
    if week is None:
        return texts.NO_RESULTS
    lines = [
        texts.WEEK_HEAD.format(name=texts.drill_name(book.drill), day=texts.day(week.day)),
        texts.WEEK_DONE.format(finished=week.finished, assigned=week.assigned)
        if week.assigned
        else texts.WEEK_NOBODY,
    ]
    if week.missed:
        lines.append(texts.WEEK_MISSED.format(missed=week.missed))
    names = [name for name, copy in _named(book) if copy.day == week.day and copy.state == "finished"]
    if names:
        lines.append(texts.WEEK_WHO.format(names=", ".join(names[:NAMES_MAX])))
    if len(names) > NAMES_MAX:
        lines[-1] += texts.AND_OTHERS.format(number=len(names) - NAMES_MAX)
    rules = [cell for cell in week.cells if not cell.decision]
    if rules:
        lines += ["", texts.WEEK_RIGHT]
        lines += [_rule_line(library, book, week, cell) for cell in _hardest_first(rules)]
    if week.assigned:  # said always: where it is not, nobody missed a thing
        lines += ["", texts.WEEK_NOT_TOLD]
    advice = _advice(library, rules)
    if advice:
        lines += ["", advice]
    return "\n".join(lines)


def week_of(book: TeamBook, day: date | None = None) -> Week | None:
    """Give the week of a day, or the last one; None where that has not closed, or there is none."""
    return next((one for one in reversed(book.weeks) if day in {None, one.day}), None)


def team_chart(library: Library, book: TeamBook, day: date | None = None) -> Chart | None:
    """Give the picture of a week, or of the last in which something can be told; None where there is none."""
    week = next((one for one in reversed(book.weeks) if one.cells and day in {None, one.day}), None)
    if week is None:
        return None
    rules = _hardest_first([cell for cell in week.cells if not cell.decision])[:CHART_BARS]
    bars = tuple(_bar(library, book, week, cell) for cell in rules)
    return Chart(
        title=texts.CHART_TITLE.format(name=texts.drill_name(book.drill)),
        subtitle=texts.CHART_SUBTITLE.format(
            day=texts.day(week.day), finished=week.finished, assigned=week.assigned
        ),
        bars=bars,
        text=" ".join(texts.CHART_BAR.format(label=bar.label, said=bar.said) for bar in bars),
        name=f"mayshare-{week.day:%Y-%m-%d}.png",
    )


def _bar(library: Library, book: TeamBook, week: Week, cell: Cell) -> Bar:
    first = _first(book, week, cell)
    return Bar(
        label=_title(library, cell.rule),
        people=cell.people,
        right=cell.right,
        said=_said(cell),
        was=_was(first),
        slips=tuple((texts.SLIPS.get(slip, slip), count) for slip, count in cell.slips.items()),
        share=_share(cell),
        was_share=_share(first[1])[0] if first is not None and first[1].right is not None else None,
    )


def _share(cell: Cell) -> tuple[float, float]:
    """Give between what and what the share lies, of what is told: no nearer than its word."""
    if cell.right is None:
        return SHARES[cell.end or "hardly any"]
    return (cell.right / cell.people,) * 2


def team_table(library: Library, book: TeamBook) -> str:
    """Give the team's figures of all weeks as comma-separated values."""
    head = ("week", "assigned", "finished", "rule", "title", "decision", "answered", "right first", "slips")
    rows = [
        (
            week.day.isoformat(),
            week.assigned,
            week.finished,
            cell.rule,
            _title(library, cell.rule),
            cell.decision,
            cell.people or "asked again",
            cell.end if cell.right is None else cell.right,
            _slips(cell, "; "),
        )
        for week in book.weeks
        for cell in week.cells
    ]
    bare = [
        (week.day.isoformat(), week.assigned, week.finished, *("",) * 6)
        for week in book.weeks
        if not week.cells
    ]
    return _csv([head, *sorted([*rows, *bare], key=lambda row: row[0])])


def people_table(book: TeamBook) -> str:
    """Give who finished which week, and when, as comma-separated values: no answer and no score."""
    head = ("week", "name", "account", "finished", "on")
    rows = [
        (
            copy.day.isoformat(),
            name,
            copy.account,
            "yes" if copy.state == "finished" else "no",
            f"{datetime.fromtimestamp(copy.at, UTC):%Y-%m-%d}" if copy.state == "finished" else "",
        )
        for name, copy in _named(book)
        if copy.state not in NEVER_SENT
    ]
    return _csv([head, *rows])


def defused(value: object) -> object:
    """Give a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(CSV_FORMULA) else value


def _csv(rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([defused(value) for value in row] for row in rows)
    return out.getvalue()


def _named(book: TeamBook) -> list[tuple[str, Copy]]:
    """Give the assignments with their people's names, by day and then by name."""
    names = {place.member.learner: " ".join(place.member.name.split()) for place in book.places}
    named = [(names.get(copy.account) or copy.account, copy) for copy in book.copies]
    return sorted(named, key=lambda one: (one[1].day, one[0].casefold(), one[1].account))


def _hardest_first(cells: Sequence[Cell]) -> list[Cell]:
    """Order rules so that the one most people missed comes first."""
    return sorted(cells, key=lambda cell: (sum(_share(cell)), -cell.people, cell.rule))


def _said(cell: Cell) -> str:
    if cell.right is not None:
        return texts.CELL.format(right=cell.right, people=cell.people)
    said = texts.CELL_END if cell.people else texts.CELL_AGAIN
    return said.format(end=cell.end, people=cell.people)


def _first(book: TeamBook, week: Week, cell: Cell) -> tuple[Week, Cell] | None:
    """Give the first week in which a rule's figure was told, if that was before, and the figure."""
    before = (
        (one, known)
        for one in sorted(book.weeks, key=lambda one: one.day)
        if one.day < week.day
        for known in one.cells
        if known.rule == cell.rule and not known.decision
    )
    return next(before, None)


def _was(first: tuple[Week, Cell] | None) -> str:
    """Say how the team did with a rule the first time that could be told."""
    return texts.WAS.format(said=_said(first[1]), day=texts.day(first[0].day)) if first is not None else ""


def _slips(cell: Cell, between: str) -> str:
    told = ((count or texts.SOME, texts.SLIPS.get(slip, slip)) for slip, count in cell.slips.items())
    return between.join(f"{count} {slipped}" for count, slipped in told)


def _rule_line(library: Library, book: TeamBook, week: Week, cell: Cell) -> str:
    line = f"- {_title(library, cell.rule)}: {_said(cell)}"
    was, slips = _was(_first(book, week, cell)), _slips(cell, ", ")
    return f"{line}{f' ({was})' if was else ''}{f'; {slips}' if slips else ''}"


def _advice(library: Library, cells: Sequence[Cell]) -> str:
    """Suggest one thing to talk about: the slip most people made, with a short case on its rule."""
    slipped = [
        (count / cell.people if count else 0.0, count, cell.rule, slip, cell)
        for cell in cells
        for slip, count in cell.slips.items()
    ]
    if not slipped:
        return ""
    _, count, rule, slip, cell = max(slipped, key=lambda one: one[:4])
    said = (texts.ADVICE_LINE if count else texts.ADVICE_AGAIN).format(
        count=count,
        people=cell.people,
        slipped=texts.SLIPS.get(slip, slip),
        title=_title(library, rule),
        advice=texts.ADVICE.get(slip, texts.ADVICE["over"]),
    )
    case = _case_on(library, rule)
    if case is None:
        return said
    minutes = texts.MINUTE if case.minutes == 1 else texts.MINUTES.format(number=case.minutes)
    return f"{said} {texts.ADVICE_CASE.format(title=case.title, minutes=minutes, id=case.id)}"


def _case_on(library: Library, rule: str) -> Scenario | None:
    """Give the shortest story that tests a rule, for a team's meeting."""
    stories = [
        edition.scenario
        for edition in library.editions.values()
        if edition.scenario.kind == "case" and rule in rules_tested(edition.scenario)
    ]
    return min(stories, key=lambda one: (one.minutes, one.id), default=None)
