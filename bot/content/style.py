"""Advice on style: what can be served as it is, and would teach better if it were written anew.

Only `mayshare check` looks for it; serving never does. Like the checks it yields findings, whose
paths of keys are turned into lines by whoever reads the file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rapidfuzz import fuzz

from bot.content.checks import Finding, Path, rules_named, variants_in
from bot.content.grade import longest_sentence, names_in, reading_grade, words_in
from bot.model import (
    ChoiceStep,
    EndingStep,
    Law,
    PickStep,
    Provision,
    Scenario,
    Step,
    Take,
    Variant,
)

GRADE_MAX = 9  # of school: what one reads with ease on a phone, between two visits
LAW_GRADE_MAX = 12  # a rule keeps its conditions in one sentence, and the law's own long words
GRADE_TOLERANCE = 0.5  # the measure itself is no finer
GRADED_WORDS = 40  # below that one long word decides
SCREEN_MAX = 700  # characters of a message that a phone shows without scrolling
PATTERN_DECISIONS = 4  # with fewer decisions a pattern is chance
PATTERN_SHARE = 0.6  # of the decisions
FEEDBACK_WORDS = 8  # besides the verdict; a rule and its reason take more
ALIKE = 80  # per cent of the words that two questions share; another case shares half at most

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
        yield from _only_wrong(("steps", step.id), _told(step))
    for at, _, variant in variants_in(scenario):
        yield from _long(at, "This variant", variant.say, _parts(variant))
        yield from _only_wrong(at, _told(variant))
    yield from _alike(scenario)
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
    for at, _, variant in variants_in(scenario):
        for i, take in enumerate(variant.choices):
            yield (*at, "choices", i, "feedback"), f"{take.text}\n\n{take.feedback}"
        for name, said in variant.outcomes.items():
            yield (*at, "outcomes", name), said
        yield (*at, "say"), variant.say


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
            what, parts = "This step with its choices", _parts(step)
        case PickStep():
            what, parts = "This step with its items", _parts(step)
        case EndingStep():
            what, parts = "This ending", [step.title]
        case _:
            what, parts = "This step", []
    yield from _long(("steps", step.id), what, step.say, parts)


def _parts(decision: ChoiceStep | PickStep | Variant) -> list[str]:
    """Give what stands under a decision's story: its choices, or its question with the items."""
    choices = decision.choices if isinstance(decision, ChoiceStep | Variant) else ()
    pick = decision.pick if isinstance(decision, PickStep | Variant) else None
    asked = [pick.prompt, *(item.text for item in pick.items)] if pick is not None else []
    return [*(choice.text for choice in choices), *asked]


def _long(at: Path, what: str, say: str, parts: Iterable[str]) -> Iterator[Finding]:
    length = len(say.strip()) + sum(map(len, parts))
    if length > SCREEN_MAX:
        message = f"{what} has {length} characters; a phone shows about {SCREEN_MAX} at once."
        yield Finding("long-message", at, message)


def _told(decision: Step | Variant) -> list[tuple[Path, str]]:
    """Give what is said to each answer that is judged, with its place within the decision."""
    told: list[tuple[Path, str]] = []
    if isinstance(decision, ChoiceStep | Variant):
        told = [
            (("choices", i, "feedback"), choice.feedback)
            for i, choice in enumerate(decision.choices)
            if choice.rule
        ]
    if isinstance(decision, PickStep):
        told += [
            (("outcomes", name, "feedback"), outcome.feedback) for name, outcome in decision.outcomes.items()
        ]
    if isinstance(decision, Variant):
        told += [(("outcomes", name), said) for name, said in decision.outcomes.items()]
    return told


def _only_wrong(at: Path, told: Iterable[tuple[Path, str]]) -> Iterator[Finding]:
    for path, text in told:
        left = len(words_in(_VERDICT.sub(" ", text)))
        if left < FEEDBACK_WORDS:
            words = "one word" if left == 1 else f"{left or 'no'} words"
            message = f"Besides right or wrong, this feedback has {words}."
            yield Finding("only-wrong", (*at, *path), message)


def _alike(scenario: Scenario) -> Iterator[Finding]:
    """Find variants that tell what the step, or a variant before, tells: who played it knows the answer."""
    before: dict[str, list[tuple[str, str]]] = {}
    for at, step, variant in variants_in(scenario):
        told = before.setdefault(step.id, [("the step itself", " ".join((step.say, *_parts(step))))])
        own = " ".join((variant.say, *_parts(variant)))
        for name, other in told:
            share = fuzz.token_sort_ratio(own, other)
            if share > ALIKE:
                message = f"The variant {variant.id!r} has {share:.0f} % of its words in common with {name}."
                yield Finding("variant-alike", at, message)
        told.append((f"the variant {variant.id!r}", own))


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
            decision
            for scenario in group
            for decision in _decisions(scenario)
            if len(decision[3]) > 1 and any(map(_is_best, decision[3]))
        ]
        if len(decisions) < PATTERN_DECISIONS:
            continue
        for code, (what, holds) in _PATTERNS.items():
            found = [decision for decision in decisions if holds(decision[3])]
            if len(found) > PATTERN_SHARE * len(decisions):
                first, at, *_ = found[0]
                several = len(group) > 1
                names = ", ".join(f"{one}: {name}" if several else name for one, _, name, _ in found)
                message = (
                    f"The best choice is the {what} in {len(found)} of {len(decisions)} decisions ({names})."
                )
                yield first, Finding(code, at, message)


def _decisions(scenario: Scenario) -> Iterator[tuple[str, Path, str, Sequence[Take]]]:
    """Give the decisions with one answer: the scenario's id, the place, a name, the answers."""
    for step in scenario.steps.values():
        if isinstance(step, ChoiceStep):
            yield scenario.id, ("steps", step.id), step.id, step.choices
    for at, step, variant in variants_in(scenario):
        yield scenario.id, at, f"{step.id}, variant {variant.id}", variant.choices


def _is_best(choice: Take) -> bool:
    return choice.rule is not None and choice.lawful and choice.helps


def _is_longest(choices: Sequence[Take]) -> bool:
    """Say whether a best choice is longer than every other."""
    best = max(len(choice.text) for choice in choices if _is_best(choice))
    return all(len(choice.text) < best for choice in choices if not _is_best(choice))


def _is_first(choices: Sequence[Take]) -> bool:
    return _is_best(choices[0])


_PATTERNS: Mapping[str, tuple[str, Callable[[Sequence[Take]], bool]]] = {
    "best-is-longest": ("longest", _is_longest),
    "best-is-first": ("first", _is_first),
}
