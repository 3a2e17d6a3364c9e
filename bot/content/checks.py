"""What must be true of content beyond its shape: names that meet, law that is cited, stories that teach.

A check yields findings: a code, the path of keys to the place, and what is wrong. Whoever
reads the file turns the path into a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.model import (
    Bounds,
    Choice,
    ChoiceStep,
    Condition,
    EndingStep,
    Outcome,
    Pick,
    PickResult,
    PickStep,
    SayStep,
    Scenario,
    Step,
    Take,
    Variable,
    Variant,
)

Path = tuple[str | int, ...]

ID = re.compile(r"[a-z][a-z0-9-]{0,19}\Z")

# What a message may hold. Slack: a section's text has 3000 characters; Telegram: a message 4096.
# The title, the place and the letters take up to 200 of them.
PROMPT_MAX = 2800
LABEL_MAX = 75  # Slack: a button's text, and a checkbox's
ITEMS_MAX = 10  # Slack: options in a group of checkboxes
TITLE_MAX = 55  # a button holds the title and "(12 min, finished)"
LINE_MAX = 300  # a label or a help line that must be taken in at once
ABOUT_MAX = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake, before its file and line are known."""

    code: str
    path: Path
    message: str


# --- scenarios -------------------------------------------------------------------------------


def scenario_findings(scenario: Scenario, lost: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """
    Check a scenario on its own.

    Args:
        scenario: as far as it could be read.
        lost: ids of steps that could not be read; what leads to them is not blamed.
    """
    yield from _ids(scenario)
    yield from _empty_texts(scenario)
    yield from _lengths(scenario)
    yield from _dangling_gotos(scenario, lost)
    if not lost:
        yield from _circles(scenario)
        yield from _unreachable(scenario)
    yield from _variables(scenario)
    for step in scenario.steps.values():
        yield from _step_findings(step)
    yield from _variant_findings(scenario)
    if not lost and not any(isinstance(step, EndingStep) for step in scenario.steps.values()):
        yield Finding("no-ending", ("steps",), "This story never ends: no step has an ending.")


def variants_in(scenario: Scenario) -> Iterator[tuple[Path, ChoiceStep | PickStep, Variant]]:
    """Give every variant with the path of keys to it and the step whose decision it varies."""
    for step in scenario.steps.values():
        if isinstance(step, ChoiceStep | PickStep):
            for i, variant in enumerate(step.variants):
                yield ("steps", step.id, "variants", i), step, variant


def _ids(scenario: Scenario) -> Iterator[Finding]:
    named: list[tuple[Path, str]] = [(("id",), scenario.id)]
    named += [(("variables", name), name) for name in scenario.variables]
    for step in scenario.steps.values():
        at: Path = ("steps", step.id)
        named.append((at, step.id))
        match step:
            case ChoiceStep():
                listed = [((*at, "choices", i, "id"), c.id) for i, c in enumerate(step.choices)]
            case PickStep():
                listed = [
                    ((*at, "pick", "items", i, "id"), item.id) for i, item in enumerate(step.pick.items)
                ]
            case EndingStep():
                listed = [((*at, "ending"), step.ending)]
            case _:
                listed = []
        yield from repeated(listed)
        named += listed
        if isinstance(step, ChoiceStep | PickStep):
            listed = [((*at, "variants", i, "id"), one.id) for i, one in enumerate(step.variants)]
            yield from repeated(listed)
            named += listed
    for at, _, variant in variants_in(scenario):
        listed = [((*at, "choices", i, "id"), take.id) for i, take in enumerate(variant.choices)]
        if variant.pick is not None:
            listed += [
                ((*at, "pick", "items", i, "id"), item.id) for i, item in enumerate(variant.pick.items)
            ]
        yield from repeated(listed)
        named += listed
    for path, id in named:
        if not ID.match(id):
            yield Finding("bad-id", path, f"{id!r} cannot be an id.")


def repeated(named: Iterable[tuple[Path, str]]) -> Iterator[Finding]:
    """Find ids that name two things in the same list."""
    seen: set[str] = set()
    for path, id in named:
        if id in seen:
            yield Finding("duplicate-id", path, f"{id!r} names two things in the same list.")
        seen.add(id)


def _empty_texts(scenario: Scenario) -> Iterator[Finding]:
    if not 1 <= scenario.minutes <= 120:
        yield Finding("wrong-value", ("minutes",), "A story takes 1 to 120 minutes.")
    read: list[tuple[Path, str]] = [(("title",), scenario.title), (("about",), scenario.about)]
    for step in scenario.steps.values():
        at: Path = ("steps", step.id)
        match step:
            case SayStep():
                read.append((at, step.say))
            case ChoiceStep():
                read += [((*at, "choices", i, "text"), choice.text) for i, choice in enumerate(step.choices)]
            case PickStep():
                read.append(((*at, "pick", "prompt"), step.pick.prompt))
                read += [
                    ((*at, "pick", "items", i, "text"), item.text) for i, item in enumerate(step.pick.items)
                ]
            case EndingStep():
                read.append(((*at, "title"), step.title))
    for at, _, variant in variants_in(scenario):
        read.append(((*at, "say"), variant.say))
        read += [((*at, "choices", i, "text"), take.text) for i, take in enumerate(variant.choices)]
        if variant.pick is not None:
            read.append(((*at, "pick", "prompt"), variant.pick.prompt))
            items = enumerate(variant.pick.items)
            read += [((*at, "pick", "items", i, "text"), item.text) for i, item in items]
    for path, text in read:
        if not text.strip():
            yield Finding("empty-text", path, "Here is nothing to read.")


def _lengths(scenario: Scenario) -> Iterator[Finding]:
    yield from too_long(("title",), scenario.title, TITLE_MAX)
    yield from too_long(("about",), scenario.about, ABOUT_MAX)
    for step in scenario.steps.values():
        at: Path = ("steps", step.id)
        match step:
            case ChoiceStep():
                yield from _long_decision(at, step.say, step.choices)
            case PickStep():
                told = {name: outcome.feedback for name, outcome in step.outcomes.items()}
                yield from _long_pick(at, step.say, step.pick, told)
            case EndingStep():
                yield from too_long((*at, "title"), step.title, LINE_MAX)
                yield from too_long((*at, "say"), step.say, PROMPT_MAX)
            case SayStep():
                yield from too_long((*at, "say"), step.say, PROMPT_MAX)
    for at, _, variant in variants_in(scenario):
        yield from too_long((*at, "turn"), variant.turn, LINE_MAX)
        yield from _long_decision(at, variant.say, variant.choices)
        if variant.pick is not None:
            yield from _long_pick(at, variant.say, variant.pick, variant.outcomes)


def _long_decision(at: Path, say: str, choices: Sequence[Take]) -> Iterator[Finding]:
    shown = say + "".join(choice.text for choice in choices)
    yield from too_long(at, shown, PROMPT_MAX, "The step with its choices")
    for i, choice in enumerate(choices):
        yield from too_long((*at, "choices", i, "text"), choice.text, LINE_MAX)
        yield from too_long((*at, "choices", i, "feedback"), choice.feedback, PROMPT_MAX)


def _long_pick(at: Path, say: str, pick: Pick, told: Mapping[Outcome, str]) -> Iterator[Finding]:
    shown = say + pick.prompt + "".join(item.text for item in pick.items)
    yield from too_long(at, shown, PROMPT_MAX, "The step with its items")
    notes = "".join(item.text + item.why for item in pick.items)
    for i, item in enumerate(pick.items):
        yield from too_long((*at, "pick", "items", i, "text"), item.text, LABEL_MAX)
    for name, said in told.items():
        what = "The feedback with what explains each item"
        yield from too_long((*at, "outcomes", name), said + notes, PROMPT_MAX, what)


def too_long(path: Path, text: str, most: int, what: str = "This text") -> Iterator[Finding]:
    """Find a text that has more characters than can be shown."""
    if len(text) > most:
        yield Finding("text-too-long", path, f"{what} has {len(text)} characters; {most} can be shown.")


def gotos_of(step: Step) -> Iterator[tuple[Path, str]]:
    """Give every way on from a step: the path of keys to its name, and the step it leads to."""
    at: Path = ("steps", step.id)
    match step:
        case SayStep():
            yield (*at, "goto"), step.goto
        case ChoiceStep():
            for i, choice in enumerate(step.choices):
                yield (*at, "choices", i, "goto"), choice.goto
        case PickStep():
            for name, outcome in step.outcomes.items():
                yield (*at, "outcomes", name, "goto"), outcome.goto
        case EndingStep():
            pass
    if step.otherwise is not None:
        yield (*at, "otherwise"), step.otherwise


def _dangling_gotos(scenario: Scenario, lost: frozenset[str]) -> Iterator[Finding]:
    known = {*scenario.steps, *lost}
    if scenario.start not in known:
        yield Finding("dangling-goto", ("start",), f"There is no step {scenario.start!r} to start with.")
    for step in scenario.steps.values():
        for path, goto in gotos_of(step):
            if goto not in known:
                yield Finding("dangling-goto", path, f"There is no step {goto!r}.")


def _unreachable(scenario: Scenario) -> Iterator[Finding]:
    if scenario.start not in scenario.steps:
        return
    reached: set[str] = set()
    waiting = [scenario.start]
    while waiting:
        id = waiting.pop()
        if id in reached or id not in scenario.steps:
            continue
        reached.add(id)
        waiting.extend(goto for _, goto in gotos_of(scenario.steps[id]))
    for id in scenario.steps:
        if id not in reached:
            yield Finding("unreachable-step", ("steps", id), f"Nothing leads to the step {id!r}.")


def _circles(scenario: Scenario) -> Iterator[Finding]:
    """Find steps whose `otherwise` lead round: a learner for whom each `when` fails would never land."""
    done: set[str] = set()
    for id in scenario.steps:
        here: str | None = id
        trail: list[str] = []
        while here is not None and here in scenario.steps and here not in done:
            if here in trail:
                names = " -> ".join((*trail[trail.index(here) :], here))
                yield Finding("otherwise-circle", ("steps", here, "otherwise"), f"These lead round: {names}.")
                break
            trail.append(here)
            here = scenario.steps[here].otherwise
        done.update(trail)


def _variables(scenario: Scenario) -> Iterator[Finding]:
    for name, variable in scenario.variables.items():
        if not isinstance(variable.start, bool) and not variable.min <= variable.start <= variable.max:
            message = f"{name!r} starts at {variable.start}, outside {variable.min} to {variable.max}."
            yield Finding("wrong-value", ("variables", name), message)
        if variable.kept and scenario.series is None:
            yield Finding(
                "kept-alone", ("variables", name), f"{name!r} is kept, and this story has no series."
            )
    declared = scenario.variables
    for step in scenario.steps.values():
        at: Path = ("steps", step.id)
        yield from _condition_findings(declared, (*at, "when"), step.when)
        if bool(step.when) != (step.otherwise is not None):
            missing = "otherwise" if step.when else "when"
            yield Finding("one-way-condition", at, f"This step has no {missing!r} to go with its condition.")
        match step:
            case ChoiceStep():
                for i, choice in enumerate(step.choices):
                    place: Path = (*at, "choices", i)
                    yield from _condition_findings(declared, (*place, "when"), choice.when)
                    yield from _change_findings(declared, place, choice)
            case PickStep():
                for name, outcome in step.outcomes.items():
                    yield from _change_findings(declared, (*at, "outcomes", name), outcome)
            case _:
                pass


def _condition_findings(
    declared: Mapping[str, Variable], path: Path, condition: Condition
) -> Iterator[Finding]:
    for name, wanted in condition.items():
        if name not in declared:
            yield Finding("unknown-variable", (*path, name), f"No variable {name!r} is declared.")
            continue
        variable = declared[name]
        is_flag = isinstance(variable.start, bool)
        if is_flag != isinstance(wanted, bool):
            kinds = "true or false" if is_flag else "a number, or {min: ...} and {max: ...}"
            yield Finding("wrong-value", (*path, name), f"{name!r} can only be {kinds}.")
        elif isinstance(wanted, Bounds) and wanted.min is None and wanted.max is None:
            yield Finding("wrong-value", (*path, name), f"{name!r} needs a min, a max or both here.")


def _change_findings(
    declared: Mapping[str, Variable], path: Path, change: Choice | PickResult
) -> Iterator[Finding]:
    for name, value in change.set.items():
        here = (*path, "set", name)
        if name not in declared:
            yield Finding("unknown-variable", here, f"No variable {name!r} is declared.")
        elif isinstance(declared[name].start, bool) != isinstance(value, bool):
            yield Finding("wrong-value", here, f"{name!r} cannot be {str(value).lower()}.")
        elif not isinstance(value, bool) and not declared[name].min <= value <= declared[name].max:
            yield Finding(
                "wrong-value", here, f"{name!r} cannot be {value}: it stays within its min and max."
            )
    for name in change.add:
        here = (*path, "add", name)
        if name not in declared:
            yield Finding("unknown-variable", here, f"No variable {name!r} is declared.")
        elif isinstance(declared[name].start, bool):
            yield Finding("wrong-value", here, f"{name!r} is true or false: nothing can be added to it.")


_POSSIBLE: Mapping[tuple[bool, bool], frozenset[Outcome]] = {
    # some item belongs, some does not -> how a pick can come out
    (True, True): frozenset({"exact", "over", "under", "mixed"}),
    (True, False): frozenset({"exact", "under"}),
    (False, True): frozenset({"exact", "over"}),
    (False, False): frozenset({"exact"}),
}


def _step_findings(step: Step) -> Iterator[Finding]:
    at: Path = ("steps", step.id)
    match step:
        case ChoiceStep():
            yield from _decision_findings(at, step.choices)
        case PickStep():
            told = {name: outcome.feedback for name, outcome in step.outcomes.items()}
            yield from _pick_findings(at, step.pick, told)
        case _:
            pass


def _variant_findings(scenario: Scenario) -> Iterator[Finding]:
    for at, step, variant in variants_in(scenario):
        if bool(variant.choices) == (variant.pick is not None):
            message = f"The variant {variant.id!r} needs choices, or a pick with outcomes: one of the two."
            yield Finding("variant-no-question", at, message)
            continue
        if variant.pick is not None:
            yield from _pick_findings(at, variant.pick, variant.outcomes)
        else:
            yield from _decision_findings(at, variant.choices)
            if not any(take.rule for take in variant.choices):
                message = f"No choice of the variant {variant.id!r} names the rule that it tests."
                yield Finding("variant-other-rule", at, message)
                continue
        if not variant.turn and not decided_by(variant) & decided_by(step):
            message = (
                f"The variant {variant.id!r} is decided by {', '.join(sorted(decided_by(variant)))}, "
                f"and its step by {', '.join(sorted(decided_by(step))) or 'no rule'}."
            )
            yield Finding("variant-other-rule", at, message)


def decided_by(decision: ChoiceStep | PickStep | Variant) -> frozenset[str]:
    """Give the rules that a decision tests."""
    if isinstance(decision, ChoiceStep) or (isinstance(decision, Variant) and decision.pick is None):
        return frozenset(choice.rule for choice in decision.choices if choice.rule)
    return frozenset({decision.pick.rule}) if decision.pick is not None else frozenset()


def _decision_findings(at: Path, choices: Sequence[Take]) -> Iterator[Finding]:
    here = (*at, "choices")
    if len(choices) < 2:
        yield Finding("too-few-choices", here, "A decision needs two choices or more.")
    if len(choices) > ITEMS_MAX:
        yield Finding("too-many-choices", here, f"There are {len(choices)} choices; {ITEMS_MAX} fit.")
    judged = [choice for choice in choices if choice.rule]
    if judged and not any(choice.lawful and choice.helps for choice in judged):
        yield Finding("no-good-choice", here, "No choice here is both lawful and helpful.")
    for i, choice in enumerate(choices):
        if choice.rule and not choice.feedback.strip():
            yield Finding("missing-feedback", (*here, i), f"The choice {choice.id!r} has no feedback.")
        if choice.rule and not (choice.lawful and choice.helps) and choice.slip is None:
            yield Finding(
                "missing-slip", (*here, i), f"The choice {choice.id!r} does not say what slip it is."
            )


def _pick_findings(at: Path, pick: Pick, told: Mapping[Outcome, str]) -> Iterator[Finding]:
    items = pick.items
    if len(items) < 2:
        yield Finding("too-few-choices", (*at, "pick", "items"), "A pick needs two items or more.")
    if len(items) > ITEMS_MAX:
        yield Finding(
            "pick-too-large", (*at, "pick", "items"), f"There are {len(items)} items; {ITEMS_MAX} fit."
        )
    kinds = any(item.include for item in items), any(not item.include for item in items)
    for name in sorted(_POSSIBLE[kinds] - set(told)):
        yield Finding(
            "missing-outcome", (*at, "outcomes"), f"The outcome {name!r} can happen and is not there."
        )
    for outcome, said in told.items():
        if not said.strip():
            here = (*at, "outcomes", outcome)
            yield Finding("missing-feedback", here, f"The outcome {outcome!r} has no feedback.")


def rules_named(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    """Give every provision a scenario names, with the path of keys to it."""
    for step in scenario.steps.values():
        at: Path = ("steps", step.id)
        if isinstance(step, ChoiceStep):
            yield from _rules_of(at, step.choices, None)
        elif isinstance(step, PickStep):
            yield from _rules_of(at, (), step.pick)
    for at, _, variant in variants_in(scenario):
        yield from _rules_of(at, variant.choices, variant.pick)


def _rules_of(at: Path, choices: Sequence[Take], pick: Pick | None) -> Iterator[tuple[Path, str]]:
    for i, choice in enumerate(choices):
        place = (*at, "choices", i)
        if choice.rule:
            yield (*place, "rule"), choice.rule
        yield from (((*place, "cites", n), id) for n, id in enumerate(choice.cites))
    if pick is not None:
        yield (*at, "pick", "rule"), pick.rule
        yield from (((*at, "pick", "cites", n), id) for n, id in enumerate(pick.cites))
