"""
What a team did, in figures that tell of nobody: for the supervisor, frozen when a week closes.

Each figure is over five people or more who answered. Where nearly all or hardly any got it right, that
is said instead of the number, since "all" would tell of each one. What is left when two figures are
taken from one another is again five people or more, or nothing: a rule's decisions are told apart
only where all of them can be told, and a rule is not told for an audience that differs from another's
by fewer than five.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

from bot.model import Cell, Week
from bot.store import Answered, Copy, Learner

PEOPLE_MIN = 5
NEVER_SENT = frozenset({"missed", "off", "had-one"})

Others = Mapping[str, Collection[frozenset[Learner]]]  # by rule, who was counted for it in other drills


def week_of_team(
    drill: str, day: date, copies: Iterable[Copy], answers: Iterable[Answered], others: Others
) -> Week:
    """
    Make a team's figures for one week of a drill.

    Args:
        drill: whose week it is.
        day: of the occurrence.
        copies: the assignments of that day.
        answers: the first answers given in them.
        others: by rule, the people that figures of other drills count.
    """
    sent = [copy for copy in copies if copy.day == day]
    by_rule: dict[str, list[Answered]] = defaultdict(list)
    for answer in answers:
        by_rule[answer.rule].append(answer)
    cells: list[Cell] = []
    withheld = 0
    for rule, given in sorted(by_rule.items()):
        told = list(_cells(rule, given, others.get(rule, ())))
        cells += told
        withheld += not told
    return Week(
        drill=drill,
        day=day,
        assigned=sum(copy.state not in NEVER_SENT for copy in sent),
        finished=sum(copy.state == "finished" for copy in sent),
        missed=sum(copy.state == "missed" for copy in sent),
        cells=tuple(cells),
        withheld=withheld,
    )


def people_of(answers: Iterable[Answered]) -> frozenset[Learner]:
    """Give who answered."""
    return frozenset(answer.learner for answer in answers)


def _cells(rule: str, given: Sequence[Answered], others: Collection[frozenset[Learner]]) -> Iterable[Cell]:
    """Give a rule's figure and, where each of them can be told too, those of its decisions."""
    firsts = _one_each(given)
    people = people_of(firsts)
    if len(people) < PEOPLE_MIN or any(0 < len(people ^ other) < PEOPLE_MIN for other in others):
        return
    whole = _cell(rule, firsts)
    yield whole
    by_decision: dict[str, list[Answered]] = defaultdict(list)
    for answer in firsts:
        by_decision[answer.decision].append(answer)
    parts = [_cell(rule, one, decision) for decision, one in sorted(by_decision.items())]
    can_be_told = all(part.people >= PEOPLE_MIN and part.right is not None for part in parts)
    if len(parts) > 1 and whole.right is not None and can_be_told:
        yield from parts


def _one_each(given: Sequence[Answered]) -> list[Answered]:
    """Give each person's first answer to a rule: who was asked it twice counts once."""
    return list({answer.learner: answer for answer in reversed(given)}.values())


def _cell(rule: str, given: Sequence[Answered], decision: str = "") -> Cell:
    right, people = sum(answer.right for answer in given), len(given)
    end = _end(right, people)
    slips = Counter(answer.slip for answer in given if answer.slip and not answer.right)
    return Cell(
        rule=rule,
        people=people,
        right=None if end else right,
        end=end,
        slips={} if end else {slip: count for slip, count in sorted(slips.items()) if count > 1},
        decision=decision,
    )


def _end(right: int, people: int) -> Literal["", "nearly all", "hardly any"]:
    """Say "nearly all" or "hardly any" where the number would tell of each one, or of all but one."""
    if right >= people - 1:
        return "nearly all"
    return "hardly any" if right <= 1 else ""
