"""
What a team did, in figures that tell of nobody: for the supervisor, frozen when a week closes.

Each figure is over five people or more who answered. Where nearly all or hardly any got it right, that
is said instead of the number, since "all" would tell of each one. What is left when two figures are
taken from one another is again five people or more, or nothing: a rule's decisions are told apart
only where all of them can be told, and a figure is not told of people who differ from those of
another drill's by fewer than five.

Who is asked again tells who missed it, and how many are asked again tells how many missed it. So where
that hangs on earlier answers no number is told, but one of four words, each of which any five people can
come to; and whether the word is told hangs on nothing but what the supervisor knows already.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from bot.engine.needs import REST
from bot.model import Cell, CellWord, Week, is_variant
from bot.store import Answered, Copy, Learner

PEOPLE_MIN = 5
NEVER_SENT = frozenset({"missed", "off", "had-one"})
UNTOLD = NEVER_SENT - {"missed"}  # a week of these alone is nothing to tell of
RESTED = timedelta(weeks=REST[1])  # after it those who knew a rule are asked again
MISSED_MIN: Mapping[CellWord, int] = {"hardly any": 4, "fewer than half": 3, "half or more": 2}  # of five
RIGHT_MIN: Mapping[CellWord, int] = {"fewer than half": 2, "half or more": 3, "nearly all": 4}


@dataclass(frozen=True, slots=True)
class Counted:
    """Whom a figure that was told counts, as far as that is kept still, and how many it counted then.

    Someone erased since is in the number and not in the people. It is 0 where no number was told.
    """

    people: frozenset[Learner]
    number: int = 0


Others = Mapping[str, Collection[Counted]]  # by rule, the figures that other drills tell of it


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier occurrence, of this drill or of another: its day, its answers, what was told of it."""

    day: date
    answers: Sequence[Answered]
    week: Week | None = None


def week_of_team(
    drill: str,
    day: date,
    copies: Iterable[Copy],
    answers: Sequence[Answered],
    *,
    others: Others | None = None,
    past: Sequence[Past] = (),
    what: str = "needs",
) -> Week:
    """
    Make a team's figures for one week of a drill.

    Args:
        drill: whose week it is.
        day: of the occurrence.
        copies: the assignments of that day.
        answers: the first answers given in them, each person's in their order.
        others: by rule, the figures of other drills.
        past: occurrences of all drills; those before the day count.
        what: the drill is about; who is asked a story that was ordered hangs on nothing.
    """
    sent = [copy for copy in copies if copy.day == day]
    before = _Before(day, [one for one in past if one.day < day], answers, what)
    by_rule: dict[str, list[Answered]] = defaultdict(list)
    for answer in answers:
        by_rule[answer.rule].append(answer)
    cells = (
        cell
        for rule, given in sorted(by_rule.items())
        for cell in _cells(rule, _one_each(given), (others or {}).get(rule, ()), before)
    )
    return Week(
        drill=drill,
        day=day,
        assigned=sum(copy.state not in NEVER_SENT for copy in sent),
        finished=sum(copy.state == "finished" for copy in sent),
        missed=sum(copy.state == "missed" for copy in sent),
        cells=tuple(cells),
    )


def people_of(answers: Iterable[Answered]) -> frozenset[Learner]:
    """Give who answered."""
    return frozenset(answer.learner for answer in answers)


def counted(week: Week, answers: Iterable[Answered]) -> Iterator[tuple[str, Counted]]:
    """Give, for each figure that a week tells, its rule and whom it counts."""
    kept = list(answers)
    for cell in week.cells:
        firsts = _one_each([answer for answer in kept if answer.rule == cell.rule])
        people = people_of(one for one in firsts if cell.decision in {"", one.decision})
        yield cell.rule, Counted(people, cell.people)


def _cells(
    rule: str, firsts: Sequence[Answered], others: Collection[Counted], before: _Before
) -> Iterator[Cell]:
    """Give a rule's figure and, where each of them can be told too, those of its decisions."""
    people = people_of(firsts)
    if len(people) < PEOPLE_MIN or _is_near_one(people, others):
        return
    if before.hangs_on_answers(firsts):
        if before.can_be_told(rule, firsts):
            yield _word_cell(rule, firsts)
        return
    whole = _cell(rule, firsts)
    yield whole
    by_decision: dict[str, list[Answered]] = defaultdict(list)
    for answer in firsts:
        by_decision[answer.decision].append(answer)
    parts = [_cell(rule, one, decision) for decision, one in sorted(by_decision.items())]
    can_be_told = all(
        part.people >= PEOPLE_MIN
        and part.right is not None
        and not _is_near_one(people_of(by_decision[part.decision]), others)
        for part in parts
    )
    if len(parts) > 1 and whole.right is not None and can_be_told:
        yield from _without_lone_slips(parts, by_decision)


def _is_near_one(people: frozenset[Learner], others: Collection[Counted]) -> bool:
    """Say whether people differ from those of another figure by fewer than five, or could."""
    for other in others:
        apart = len(people ^ other.people)
        unknown = abs(other.number - len(other.people)) if other.number else 0
        if (unknown or apart) and apart - unknown < PEOPLE_MIN:
            return True
    return False


def _one_each(given: Sequence[Answered]) -> list[Answered]:
    """Give each person's first answer to a rule: who was asked it twice counts once."""
    return list({answer.learner: answer for answer in reversed(given)}.values())


def _cell(rule: str, given: Sequence[Answered], decision: str = "") -> Cell:
    right, people = sum(answer.right for answer in given), len(given)
    end = _end(right, people)
    slips = {} if end else {slip: count for slip, count in sorted(_slips(given).items()) if count > 1}
    return Cell(
        rule=rule, people=people, right=None if end else right, end=end, slips=slips, decision=decision
    )


def _word_cell(rule: str, given: Sequence[Answered]) -> Cell:
    """Give a figure without numbers: a word, and the slip that most made, if some did."""
    right, people = sum(answer.right for answer in given), len(given)
    end = _end(right, people)
    most = _slips(given).most_common(1)
    return Cell(
        rule=rule,
        people=0,
        right=None,
        end=end or ("half or more" if right * 2 >= people else "fewer than half"),
        slips={slip: 0 for slip, count in most if count > 1 and not end},
    )


def _slips(given: Iterable[Answered]) -> Counter[str]:
    return Counter(answer.slip for answer in given if answer.slip and not answer.right)


def _without_lone_slips(parts: Iterable[Cell], answers: Mapping[str, Sequence[Answered]]) -> Iterator[Cell]:
    """Leave out of decisions each slip that one person made at one of them: the whole would tell of it."""
    lone = {slip for given in answers.values() for slip, count in _slips(given).items() if count == 1}
    for part in parts:
        slips = {slip: count for slip, count in part.slips.items() if slip not in lone}
        yield Cell(rule=part.rule, people=part.people, right=part.right, slips=slips, decision=part.decision)


def _end(right: int, people: int) -> CellWord | Literal[""]:
    """Say "nearly all" or "hardly any" where the number would tell of each one, or of all but one."""
    if right >= people - 1:
        return "nearly all"
    return "hardly any" if right <= 1 else ""


# --- what hangs on earlier answers -----------------------------------------------------------


class _Before:
    """What came before a week: whether who was asked what hangs on it, and what can be told then."""

    def __init__(self, day: date, past: Sequence[Past], answers: Sequence[Answered], what: str) -> None:
        self._day = day
        self._present = people_of(answers)
        self._known = people_of(answer for one in past for answer in one.answers)
        self._ordered = what.partition(".")[2] if what.startswith("story.") else None
        self._asked: dict[str, set[Learner]] = defaultdict(set)  # by rule, who was asked it before
        self._times: dict[str, list[tuple[Past, set[Learner]]]] = defaultdict(list)  # and who each time
        for one in past:
            by_rule: dict[str, set[Learner]] = defaultdict(set)
            for answer in one.answers:
                by_rule[answer.rule].add(answer.learner)
            for rule, people in by_rule.items():
                self._asked[rule] |= people
                self._times[rule].append((one, people))
        self._began, self._later = _stories(answers)

    def hangs_on_answers(self, firsts: Sequence[Answered]) -> bool:
        """Say whether someone may have been asked this, or not, because of an earlier answer."""
        return any(map(self._hangs, firsts))

    def _hangs(self, answer: Answered) -> bool:
        story = _story_of(answer)
        if story is None:  # that none of those who were asked before is asked again tells as much
            return not self._present.isdisjoint(self._asked[answer.rule])
        if answer.decision in self._later:
            return True
        # a story comes where nothing is due: that it came tells that all was known
        return story != self._ordered and not self._present.isdisjoint(self._known)

    def can_be_told(self, rule: str, firsts: Sequence[Answered]) -> bool:
        """
        Say whether a word can be told of those who were asked, whoever missed what.

        Were it told where five came and not where four did, it would tell of the one who was away. So
        of those asked before, only as many count as must be there by what the supervisor knows.
        """
        of_stories = [answer for answer in firsts if _story_of(answer) and self._hangs(answer)]
        if of_stories:
            return all(map(self._is_some_of_many, of_stories))
        new = len(people_of(firsts) - self._asked[rule])
        return new + max(self._must_be_there(rule), default=0) >= PEOPLE_MIN

    def _is_some_of_many(self, answer: Answered) -> bool:
        """Say whether that people came to a decision of a story tells nothing of each who could."""
        story = _story_of(answer) or ""
        if answer.decision in self._later:
            return len(self._began[story]) > PEOPLE_MIN
        could = self._present & self._known
        return 2 <= len(self._began[story] & could) <= len(could) - 2

    def _must_be_there(self, rule: str) -> Iterator[int]:
        """Give how many asked before are there at least: who missed it last, who knew it a month ago."""
        times = self._times[rule]
        last = max((one.day for one, _ in times), default=self._day)
        for one, people in times:
            rested = self._day - one.day >= RESTED
            if rested or one.day == last:
                yield _at_least(rule, one, missed=not rested) - len(people - self._present)


def _at_least(rule: str, past: Past, *, missed: bool) -> int:
    """Give how many missed a rule, or knew it, at least: by what was told of it."""
    cells = past.week.cells if past.week is not None else ()
    cell = next((one for one in cells if one.rule == rule and not one.decision), None)
    if cell is None:
        return 0
    if cell.right is not None:
        return cell.people - cell.right if missed else cell.right
    if cell.people == 0:
        return (MISSED_MIN if missed else RIGHT_MIN).get(cell.end or "hardly any", 0)
    return cell.people - 1 if (cell.end == "hardly any") == missed else 0


def _stories(answers: Sequence[Answered]) -> tuple[Mapping[str, frozenset[Learner]], frozenset[str]]:
    """
    Give by story who began it, and the decisions at which who came there may hang on an earlier one.

    It does not where all who began came there, and some were right and some wrong at each one before.
    """
    began: dict[str, set[Learner]] = defaultdict(set)
    at: dict[str, list[Answered]] = defaultdict(list)  # by decision, in the order they were met
    first: dict[str, set[str]] = defaultdict(set)  # by story, what someone began with
    for answer in answers:
        story = _story_of(answer)
        if story is not None:
            if answer.learner not in began[story]:
                first[story].add(answer.decision)
            began[story].add(answer.learner)
            at[answer.decision].append(answer)
    later = set()
    for decision, given in at.items():
        story = decision.partition(".")[0]
        earlier = [one for one in at if one != decision and one.partition(".")[0] == story]
        mixed = all(_end(sum(one.right for one in at[other]), len(at[other])) == "" for other in earlier)
        if first[story] != {decision} and not (len(people_of(given)) == len(began[story]) and mixed):
            later.add(decision)
    return {story: frozenset(who) for story, who in began.items()}, frozenset(later)


def _story_of(answer: Answered) -> str | None:
    """Give the story a decision is in; None of a variant, which stands by itself."""
    story, _, _ = answer.decision.rpartition(".")
    return None if is_variant(story) else story
