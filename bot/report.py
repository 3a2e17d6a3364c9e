"""Reports, from what is kept: for authors where the content falls short, for supervisors how a team does."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import msgspec

from bot.engine import drill_texts as texts
from bot.engine.needs import rules_tested
from bot.engine.quotes import UNANSWERED, WRONG
from bot.engine.texts import heading
from bot.events import Bar, Chart
from bot.figures import NEVER_SENT
from bot.model import HEADINGS, Cell, Drill, Library, Scenario, Week
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

CSV_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take what begins so for a formula
CHART_BARS = 10  # rules that a picture can show on a phone
NAMES_MAX = 40  # people named in one message
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
    week = next((one for one in reversed(book.weeks) if day in {None, one.day}), None)
    if week is None:
        return texts.NO_RESULTS
    lines = [
        texts.WEEK_HEAD.format(name=texts.drill_name(book.drill), day=texts.day(week.day)),
        texts.WEEK_DONE.format(finished=week.finished, assigned=week.assigned),
    ]
    if week.missed:
        lines.append(texts.WEEK_MISSED.format(missed=week.missed))
    names = [name for name, copy in _finished(book) if copy.day == week.day]
    if names:
        lines.append(texts.WEEK_WHO.format(names=", ".join(names[:NAMES_MAX])))
    if len(names) > NAMES_MAX:
        lines[-1] += texts.AND_OTHERS.format(number=len(names) - NAMES_MAX)
    rules = [cell for cell in week.cells if not cell.decision]
    if rules:
        lines += ["", texts.WEEK_RIGHT]
        lines += [_rule_line(library, book, week, cell) for cell in _hardest_first(rules)]
    if week.withheld:
        lines.append(texts.WEEK_WITHHELD.format(number=week.withheld))
    advice = _advice(library, rules)
    if advice:
        lines += ["", advice]
    return "\n".join(lines)


def team_chart(library: Library, book: TeamBook) -> Chart | None:
    """Give the picture of the last week in which something can be told; None where there is none."""
    week = next((one for one in reversed(book.weeks) if one.cells), None)
    if week is None:
        return None
    rules = _hardest_first([cell for cell in week.cells if not cell.decision])[:CHART_BARS]
    bars = tuple(
        Bar(
            label=_title(library, cell.rule),
            people=cell.people,
            right=cell.right,
            said=_said(cell),
            was=_was(book, week, cell),
            slips=tuple((texts.SLIPS.get(slip, slip), count) for slip, count in cell.slips.items()),
        )
        for cell in rules
    )
    return Chart(
        title=texts.CHART_TITLE.format(name=texts.drill_name(book.drill)),
        subtitle=texts.CHART_SUBTITLE.format(
            day=texts.day(week.day), finished=week.finished, assigned=week.assigned
        ),
        bars=bars,
        text=" ".join(f"{bar.label}: {bar.said}." for bar in bars),
        name=f"mayshare-{week.day:%Y-%m-%d}.png",
    )


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
            cell.people,
            cell.end if cell.right is None else cell.right,
            "; ".join(f"{count} {texts.SLIPS.get(slip, slip)}" for slip, count in cell.slips.items()),
        )
        for week in book.weeks
        for cell in week.cells
    ]
    return _csv([head, *rows])


def people_table(book: TeamBook) -> str:
    """Give who finished which week, and when, as comma-separated values: no answer and no score."""
    head = ("week", "name", "account", "finished", "on")
    names = {place.member.learner: place.member.name for place in book.places}
    rows = [
        (
            copy.day.isoformat(),
            names.get(copy.account, ""),
            copy.account,
            "yes" if copy.state == "finished" else "no",
            f"{datetime.fromtimestamp(copy.at, UTC):%Y-%m-%d}" if copy.state == "finished" else "",
        )
        for copy in book.copies
        if copy.state not in NEVER_SENT
    ]
    return _csv([head, *rows])


def defused(value: object) -> object:
    """Give a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(CSV_FORMULA) else value


def _csv(rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([defused(value) for value in row] for row in rows)
    return out.getvalue()


def _finished(book: TeamBook) -> Iterator[tuple[str, Copy]]:
    names = {place.member.learner: place.member.name or place.member.learner for place in book.places}
    for copy in book.copies:
        if copy.state == "finished":
            yield names.get(copy.account, copy.account), copy


def _hardest_first(cells: Sequence[Cell]) -> list[Cell]:
    """Order rules so that the one most people missed comes first."""
    share = {"hardly any": 0.0, "nearly all": 1.0}
    return sorted(
        cells,
        key=lambda cell: (
            share[cell.end] if cell.right is None else cell.right / cell.people,
            -cell.people,
            cell.rule,
        ),
    )


def _said(cell: Cell) -> str:
    if cell.right is None:
        return texts.CELL_END.format(end=cell.end, people=cell.people)
    return texts.CELL.format(right=cell.right, people=cell.people)


def _was(book: TeamBook, week: Week, cell: Cell) -> str:
    """Say how the team did with a rule the first time that could be told, if that was before."""
    before = (
        (one, known)
        for one in book.weeks
        if one.day < week.day
        for known in one.cells
        if known.rule == cell.rule and not known.decision
    )
    first = next(before, None)
    return texts.WAS.format(said=_said(first[1]), day=texts.day(first[0].day)) if first else ""


def _rule_line(library: Library, book: TeamBook, week: Week, cell: Cell) -> str:
    line = f"- {_title(library, cell.rule)}: {_said(cell)}"
    was = _was(book, week, cell)
    slips = ", ".join(f"{count} {texts.SLIPS.get(slip, slip)}" for slip, count in cell.slips.items())
    return f"{line}{f' ({was})' if was else ''}{f'; {slips}' if slips else ''}"


def _advice(library: Library, cells: Sequence[Cell]) -> str:
    """Suggest one thing to talk about: the slip most people made, with a short case on its rule."""
    slipped = [
        (count / cell.people, count, slip, cell) for cell in cells for slip, count in cell.slips.items()
    ]
    if not slipped:
        return ""
    _, count, slip, cell = max(slipped, key=lambda one: (one[0], one[1], one[3].rule))
    said = texts.ADVICE_LINE.format(
        count=count,
        people=cell.people,
        slipped=texts.SLIPS.get(slip, slip),
        title=_title(library, cell.rule),
        advice=texts.ADVICE.get(slip, texts.ADVICE["over"]),
    )
    case = _case_on(library, cell.rule)
    return (
        f"{said} {texts.ADVICE_CASE.format(title=case.title, minutes=case.minutes, id=case.id)}"
        if case
        else said
    )


def _case_on(library: Library, rule: str) -> Scenario | None:
    """Give the shortest story that tests a rule, for a team's meeting."""
    stories = [
        edition.scenario
        for edition in library.editions.values()
        if edition.scenario.kind == "case" and rule in rules_tested(edition.scenario)
    ]
    return min(stories, key=lambda one: (one.minutes, one.id), default=None)
