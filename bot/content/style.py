"""Advice on style: what can be served as it is, and would teach better if it were written anew.

Only `mayshare check` looks for it; serving never does. Like the checks it yields findings, whose
paths of keys are turned into lines by whoever reads the file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bot.content.checks import Finding, Path, rules_named
from bot.content.grade import longest_sentence, names_in, reading_grade, words_in
from bot.model import Choice, ChoiceStep, EndingStep, Law, PickStep, Provision, Scenario, Step

GRADE_MAX = 9  # of school: what one reads with ease on a phone, between two visits
LAW_GRADE_MAX = 12  # a rule keeps its conditions in one sentence, and the law's own long words
GRADE_TOLERANCE = 0.5  # the measure itself is no finer
GRADED_WORDS = 40  # below that one long word decides
SCREEN_MAX = 700  # characters of a message that a phone shows without scrolling
PATTERN_DECISIONS = 4  # with fewer decisions a pattern is chance
PATTERN_SHARE = 0.6  # of the decisions
FEEDBACK_WORDS = 8  # besides the verdict; a rule and its reason take more

_VERDICT = re.compile(
    r"\b(?:wrong|incorrect|correct|right|no|yes|not quite|try again|well done|good job|great|good|sorry"
    r"|that is|that's|this is|it is)\b",
    re.IGNORECASE,
)


def scenario_advice(scenario: Scenario, provisions: Iterable[Provision]) -> Iterator[Finding]:
    """
    Give advice on one scenario.

    Args:
        scenario: one without problems.
        provisions: all there are; of those that could be read, where the laws have problems.
    """
    yield from _grades(list(_texts(scenario)), GRADE_MAX)
    for step in scenario.steps.values():
        yield from _long_message(step)
        yield from _only_wrong(step)
    yield from _outdated(scenario, provisions)


def law_advice(law: Law) -> Iterator[Finding]:
    """Give advice on one law without problems."""
    graded: list[tuple[Path, str]] = [
        (("provisions", i, "says"), provision.says) for i, provision in enumerate(law.provisions)
    ]
    others = [law.about, *(one for provision in law.provisions for one in provision.conditions)]
    yield from _grades(graded, LAW_GRADE_MAX, others)


# --- how hard it is to read ------------------------------------------------------------------


def _texts(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    """Give what a learner reads in one go, with its place."""
    for step in scenario.steps.values():
        at: Path = ("steps", step.id)
        match step:
            case ChoiceStep():
                for i, choice in enumerate(step.choices):
                    yield (*at, "choices", i, "feedback"), f"{choice.text}\n\n{choice.feedback}"
            case PickStep():
                for name, outcome in step.outcomes.items():
                    yield (*at, "outcomes", name, "feedback"), outcome.feedback
            case _:
                pass
        yield (*at, "say"), step.say


def _grades(texts: Sequence[tuple[Path, str]], most: float, beside: Iterable[str] = ()) -> Iterator[Finding]:
    names = names_in([*(text for _, text in texts), *beside])
    for path, text in texts:
        if len(words_in(text)) < GRADED_WORDS:
            continue
        grade = reading_grade(text, names)
        if grade > most + GRADE_TOLERANCE:
            message = (
                f"This reads at grade {grade:.1f}, and {most} is meant; "
                f"its longest sentence has {longest_sentence(text)} words."
            )
            yield Finding("reading-grade", path, message)


# --- one step --------------------------------------------------------------------------------


def _long_message(step: Step) -> Iterator[Finding]:
    match step:
        case ChoiceStep():
            what, parts = "This step with its choices", [choice.text for choice in step.choices]
        case PickStep():
            what = "This step with its items"
            parts = [step.pick.prompt, *(item.text for item in step.pick.items)]
        case EndingStep():
            what, parts = "This ending", [step.title]
        case _:
            what, parts = "This step", []
    length = len(step.say.strip()) + sum(map(len, parts))
    if length > SCREEN_MAX:
        message = f"{what} has {length} characters; a phone shows about {SCREEN_MAX} at once."
        yield Finding("long-message", ("steps", step.id), message)


def _only_wrong(step: Step) -> Iterator[Finding]:
    at: Path = ("steps", step.id)
    told: list[tuple[Path, str]] = []
    match step:
        case ChoiceStep():
            told = [
                ((*at, "choices", i, "feedback"), choice.feedback)
                for i, choice in enumerate(step.choices)
                if choice.rule
            ]
        case PickStep():
            told = [
                ((*at, "outcomes", name, "feedback"), outcome.feedback)
                for name, outcome in step.outcomes.items()
            ]
        case _:
            pass
    for path, text in told:
        left = len(words_in(_VERDICT.sub(" ", text)))
        if left < FEEDBACK_WORDS:
            words = "one word" if left == 1 else f"{left or 'no'} words"
            yield Finding("only-wrong", path, f"Besides right or wrong, this feedback has {words}.")


def _outdated(scenario: Scenario, provisions: Iterable[Provision]) -> Iterator[Finding]:
    """Find steps that name a provision which was checked after the scenario was last reviewed."""
    reviewed = scenario.reviewed
    if reviewed is None:
        return
    newer = {provision.id: provision.checked for provision in provisions if provision.checked > reviewed}
    told: set[tuple[str, str]] = set()  # a step may name a provision many times
    for path, rule in rules_named(scenario):
        step = str(path[1])
        if rule in newer and (step, rule) not in told:
            told.add((step, rule))
            message = (
                f"The step {step!r} was reviewed on {reviewed}, "
                f"and {rule!r} was checked anew on {newer[rule]}."
            )
            yield Finding("step-outdated", path, message)


# --- patterns across decisions ---------------------------------------------------------------


def pattern_advice(scenarios: Iterable[Scenario]) -> Iterator[tuple[str, Finding]]:
    """Find series, and scenarios without one, in which the best choice gives itself away.

    Returns:
        Findings, each with the id of the scenario at whose first decision it stands.
    """
    groups: dict[str, list[Scenario]] = defaultdict(list)
    for scenario in scenarios:
        groups[f"series {scenario.series}" if scenario.series else f"scenario {scenario.id}"].append(scenario)
    for group in groups.values():
        decisions = [
            (scenario, step)
            for scenario in group
            for step in scenario.steps.values()
            if isinstance(step, ChoiceStep) and len(step.choices) > 1 and any(map(_is_best, step.choices))
        ]
        if len(decisions) < PATTERN_DECISIONS:
            continue
        for code, (what, holds) in _PATTERNS.items():
            found = [(scenario, step) for scenario, step in decisions if holds(step.choices)]
            if len(found) > PATTERN_SHARE * len(decisions):
                first, step = found[0]
                several = len(group) > 1
                names = ", ".join(f"{one.id}: {at.id}" if several else at.id for one, at in found)
                message = (
                    f"The best choice is the {what} in {len(found)} of {len(decisions)} decisions ({names})."
                )
                yield first.id, Finding(code, ("steps", step.id), message)


def _is_best(choice: Choice) -> bool:
    return choice.rule is not None and choice.lawful and choice.helps


def _is_longest(choices: Sequence[Choice]) -> bool:
    """Say whether a best choice is longer than every other."""
    best = max(len(choice.text) for choice in choices if _is_best(choice))
    return all(len(choice.text) < best for choice in choices if not _is_best(choice))


def _is_first(choices: Sequence[Choice]) -> bool:
    return _is_best(choices[0])


_PATTERNS: Mapping[str, tuple[str, Callable[[Sequence[Choice]], bool]]] = {
    "best-is-longest": ("longest", _is_longest),
    "best-is-first": ("first", _is_first),
}
