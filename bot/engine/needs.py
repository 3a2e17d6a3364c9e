"""
What to ask again, and when: the rule of repetition.

A missed rule comes back the next week, a known one after 4 weeks, then after 12, then it rests; in
between come new ones. Each time the rule is asked in other words: a variant that was not met of late.
The intervals are fixed, since trials show no gain from cleverer ones (the design, "Drills").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import blake2b

from bot.model import ChoiceStep, Edition, Learned, Library, PickStep, Scenario, Session, Step, is_variant

REST = (1, 4, 12)  # weeks until a rule is asked again, by how often in a row it was known
RESTS = len(REST)  # the level at which it is not asked any more
QUESTIONS = 3  # about a minute each
CASE_MINUTES = 3  # a story that takes longer is no drill of three minutes
MET_KEPT = 4  # decisions of a rule that are remembered, so that the next one is another

Wanted = Callable[[str], bool]  # says of a rule whether a drill is about it


def week_of(at: date) -> int:
    """Number the week of a day or a moment: Mondays since the year 1."""
    return (at.toordinal() - 1) // 7


def monday_of(week: int) -> date:
    """Give the first day of a week by its number."""
    return date.fromordinal(week * 7 + 1)


def due_week(one: Learned) -> int | None:
    """Give the week in which a rule is to be asked again; None where it rests."""
    return one.week + REST[one.level] if one.level < RESTS else None


def learn(
    learned: Mapping[str, Learned], rule: str, decision: str, *, right: bool, week: int
) -> dict[str, Learned]:
    """
    Take in the first answer to a decision.

    Args:
        learned: what is known so far, by rule.
        rule: what the decision tests.
        decision: names it, so that the next one is another.
        right: it was the best answer.
        week: the week it was given.

    Returns:
        What is known afterwards. Answered well before it is due, a rule stays as it is: two plays of
        one story in a day are no proof that it will be known in a month.
    """
    before = learned.get(rule)
    met = (*(one for one in (before.met if before else ()) if one != decision), decision)[-MET_KEPT:]
    if not right:
        now = Learned(week=week, level=0, met=met)
    elif before is None:
        now = Learned(week=week, level=1, met=met)
    elif (due := due_week(before)) is not None and week >= due:
        now = Learned(week=week, level=before.level + 1, met=met)
    else:
        now = Learned(week=before.week, level=before.level, met=met)
    return {**learned, rule: now}


def choose(library: Library, session: Session, what: str, week: int) -> tuple[str, ...]:
    """
    Choose what a drill of three minutes asks.

    Args:
        library: with the variants.
        session: what is known of the learner.
        what: "needs", "topic.consent" (a heading), "law.ferpa" or "story.intake".
        week: the week it is for.

    Returns:
        Ids of variants, or of one story; empty where the library has nothing for it. First what was
        missed and is due, then what was known and is due, then what is new; where nothing is due, a
        story not played yet; where nothing is new either, what comes due next.
    """
    kind, _, name = what.partition(".")
    if kind == "story":
        return (name,) if name in library.editions else ()
    by_rule = questions(library, _wanted(library, kind, name))
    due = _due(session, by_rule, week)
    if not due and kind == "needs" and (story := _new_story(library, session)):
        return (story,)
    new = [] if len(due) >= QUESTIONS else _new(library, session, by_rule)
    rules = [*due, *new] or _soonest(session, by_rule)
    return tuple(_asked(session, rule, by_rule[rule]) for rule in rules[:QUESTIONS])


def questions(library: Library, wanted: Wanted = lambda _: True) -> Mapping[str, Sequence[str]]:
    """Give, for each rule that variants test, the ids of those."""
    by_rule: dict[str, list[str]] = defaultdict(list)
    for id, edition in library.variants.items():
        for rule in rules_tested(edition.scenario):
            if wanted(rule):
                by_rule[rule].append(id)
    return by_rule


def about(step: Step) -> str:
    """Give the rule that decides a step: its best choice's, or its pick's; empty where none does."""
    return next(_rules(step), "")


def rules_tested(scenario: Scenario) -> frozenset[str]:
    """Give the rules that a scenario's decisions test."""
    return frozenset(rule for step in scenario.steps.values() for rule in _rules(step))


def _rules(step: Step) -> Iterator[str]:
    match step:
        case ChoiceStep():
            yield from (choice.rule for choice in step.choices if choice.rule and _is_best(choice))
        case PickStep():
            yield step.pick.rule
        case _:
            pass


def _is_best(choice: object) -> bool:
    return bool(getattr(choice, "lawful", False) and getattr(choice, "helps", False))


def _wanted(library: Library, kind: str, name: str) -> Wanted:
    def about(rule: str) -> bool:
        match kind:
            case "law":
                return rule.partition(".")[0] == name
            case "topic":
                provision = library.provisions.get(rule)
                return provision is not None and provision.heading == name
            case _:
                return True

    return about


def _due(session: Session, by_rule: Mapping[str, Sequence[str]], week: int) -> list[str]:
    """Give the rules that are due: missed ones first, each kind with the longest overdue first."""
    due = [
        (one.level > 0, when, rule)
        for rule, one in session.learned.items()
        if rule in by_rule and (when := due_week(one)) is not None and when <= week
    ]
    return [rule for *_, rule in sorted(due)]


def _new(library: Library, session: Session, by_rule: Mapping[str, Sequence[str]]) -> list[str]:
    """Give the rules never asked: those of the learner's own role first, in an order of their own."""
    own = {
        rule
        for edition in library.editions.values()
        if edition.scenario.role == session.role
        for rule in rules_tested(edition.scenario)
    }
    fresh = [rule for rule in by_rule if rule not in session.learned]
    return sorted(fresh, key=lambda rule: (rule not in own, _shuffled(session, rule)))


def _new_story(library: Library, session: Session) -> str | None:
    """Give a case that was never finished, of their own role where there is one, short enough for a drill."""
    cases = [
        edition.scenario
        for edition in library.editions.values()
        if edition.scenario.kind == "case"
        and edition.scenario.minutes <= CASE_MINUTES
        and edition.scenario.id not in session.finished
    ]
    cases.sort(key=lambda one: (one.role != session.role, one.order, _shuffled(session, one.id)))
    return cases[0].id if cases else None


def _soonest(session: Session, by_rule: Mapping[str, Sequence[str]]) -> list[str]:
    """Give the rules in the order in which they were last asked: the oldest first."""
    known = [(one.week, rule) for rule, one in session.learned.items() if rule in by_rule]
    return [rule for _, rule in sorted(known)]


def _asked(session: Session, rule: str, variants: Sequence[str]) -> str:
    """Pick the variant of a rule that was met longest ago, or never."""
    met = session.learned[rule].met if rule in session.learned else ()

    def place(id: str) -> tuple[int, str]:
        return (met.index(id) + 1 if id in met else 0, _shuffled(session, id))

    return min(variants, key=place)


def _shuffled(session: Session, id: str) -> str:
    """Order things in a way of each learner's own, the same each time."""
    return blake2b(f"{session.seed} {id}".encode(), digest_size=8).hexdigest()


def decision_of(edition: Edition, step: str) -> str:
    """Name a decision: a variant by its id, a story's by the story and the step."""
    id = edition.scenario.id
    return id if is_variant(id) else f"{id}.{step}"
