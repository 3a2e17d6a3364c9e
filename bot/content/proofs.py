"""What can be proved of a story by playing all of it: every choice, over every value of the variables.

A position is a step with the variables as they stand. From the start every position is
visited that any learner can come to, by the engine's own rules.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from bot.content.checks import Finding
from bot.engine.story import after, arrive, holds, starting_values
from bot.model import (
    ChoiceStep,
    Condition,
    EndingStep,
    Item,
    Outcome,
    PickStep,
    SayStep,
    Scenario,
    Step,
    Value,
)

HANDED_MAX = 4096  # ways in which earlier stories can have ended
POSITIONS_MAX = 20_000  # of one story; Michael's first activity has under 300

_Position = tuple[str, tuple[Value, ...]]


@dataclass(slots=True)
class _Played:
    """All positions of a story: how each was first come to, and where each leads."""

    came: dict[_Position, tuple[_Position, str] | None] = field(default_factory=dict)
    leads: dict[_Position, list[_Position]] = field(default_factory=dict)
    shown: set[tuple[str, str]] = field(default_factory=set)  # step, choice
    held: set[str] = field(default_factory=set)  # steps whose `when` was seen to hold
    few: dict[str, _Position] = field(default_factory=dict)  # decisions that showed fewer than two choices
    whole: bool = True


def proof_findings(scenario: Scenario, most: int = POSITIONS_MAX) -> Iterator[Finding]:
    """
    Play all of a story and yield what cannot be right.

    Args:
        scenario: one without problems of its own: every goto meets a step, every variable is declared.
        most: positions to visit; past that the story is reported as too large to be proved.
    """
    played = _play_all(scenario, most)
    if not played.whole:
        message = (
            f"This story has more than {most} positions (steps times what its variables can be), "
            "too many to be played through."
        )
        yield Finding("too-many-positions", ("variables",), message)
        return
    yield from _no_way_out(scenario, played)
    yield from _never(scenario, played)
    for id, position in played.few.items():
        message = f"Here fewer than two choices can be seen. To come here, type: {_way_to(played, position)}"
        yield Finding("one-choice-seen", ("steps", id, "choices"), message)


def _play_all(scenario: Scenario, most: int) -> _Played:
    names = tuple(scenario.variables)
    played = _Played()

    def land(goto: str, variables: Mapping[str, Value]) -> _Position:
        step = arrive(scenario, goto, variables)
        if step.when and holds(step.when, variables):
            played.held.add(step.id)
        return step.id, tuple(variables[name] for name in names)

    for handed in _handed(scenario):  # whatever earlier stories of the series can leave
        played.came.setdefault(land(scenario.start, starting_values(scenario, handed)), None)
    waiting = deque(played.came)
    while waiting:
        position = waiting.popleft()
        step = scenario.steps[position[0]]
        variables = dict(zip(names, position[1], strict=True))
        leads = played.leads[position] = []
        answers = list(_answers(scenario, step, variables, played))
        if isinstance(step, ChoiceStep) and len(answers) < 2:
            played.few.setdefault(step.id, position)
        for typed, goto, changed in answers:
            reached = land(goto, changed)
            leads.append(reached)
            if reached not in played.came:
                if len(played.came) >= most:
                    played.whole = False
                    return played
                played.came[reached] = (position, typed)
                waiting.append(reached)
    return played


def _handed(scenario: Scenario) -> Iterator[Mapping[str, Value]]:
    """Give all that earlier stories of a series can hand on, nothing first."""
    yield {}
    kept = {name: variable for name, variable in scenario.variables.items() if variable.kept}
    ways = [
        (False, True) if isinstance(variable.start, bool) else range(variable.min, variable.max + 1)
        for variable in kept.values()
    ]
    if kept:
        yield from (
            dict(zip(kept, values, strict=True)) for values in itertools.islice(product(*ways), HANDED_MAX)
        )


def _answers(
    scenario: Scenario, step: Step, variables: Mapping[str, Value], played: _Played
) -> Iterator[tuple[str, str, Mapping[str, Value]]]:
    """Give every answer a learner can give here: what they type, where it leads, the variables then."""
    match step:
        case SayStep():
            yield "go on", step.goto, variables
        case ChoiceStep():
            seen = [choice for choice in step.choices if holds(choice.when, variables)]
            for place, choice in enumerate(seen):
                played.shown.add((step.id, choice.id))
                yield _letter(place), choice.goto, after(scenario, variables, choice)
        case PickStep():
            for outcome, typed in _picks(step.pick.items).items():
                result = step.outcomes[outcome]
                yield typed, result.goto, after(scenario, variables, result)
        case EndingStep():
            return


def _picks(items: tuple[Item, ...]) -> Mapping[Outcome, str]:
    """Give, for each way a pick can come out, letters that bring it."""
    wanted = [place for place, item in enumerate(items) if item.include]
    others = [place for place, item in enumerate(items) if not item.include]
    ways: dict[Outcome, list[int]] = {"exact": wanted}
    if others:
        ways["over"] = [*wanted, others[0]]
    if wanted:
        ways["under"] = wanted[1:]
    if wanted and others:
        ways["mixed"] = [*wanted[1:], others[0]]
    return {
        outcome: " ".join(_letter(place) for place in sorted(places)) or "none"
        for outcome, places in ways.items()
    }


def _letter(place: int) -> str:
    return chr(ord("a") + place)


def _way_to(played: _Played, position: _Position) -> str:
    """Give what to type from the start to come to a position."""
    lines: list[str] = []
    here = played.came[position]
    while here is not None:
        before, typed = here
        lines.append(typed)
        here = played.came[before]
    return ", ".join(reversed(lines)) or "(it is the first step)"


def _no_way_out(scenario: Scenario, played: _Played) -> Iterator[Finding]:
    """Find positions from which no ending can be reached; the first of each step is the witness."""
    back: dict[_Position, list[_Position]] = {}
    for position, leads in played.leads.items():
        for reached in leads:
            back.setdefault(reached, []).append(position)
    waiting = [p for p in played.leads if isinstance(scenario.steps[p[0]], EndingStep)]
    ends = set(waiting)
    while waiting:
        for position in back.get(waiting.pop(), ()):
            if position not in ends:
                ends.add(position)
                waiting.append(position)
    stuck = next((position for position in played.came if position not in ends), None)
    if stuck is not None:
        message = f"From here no ending can be reached. To come here, type: {_way_to(played, stuck)}"
        yield Finding("no-way-out", ("steps", stuck[0]), message)


def _never(scenario: Scenario, played: _Played) -> Iterator[Finding]:
    """Find conditions that are always false, and steps and choices that nobody can come to."""
    reached = {step for step, _ in played.leads}
    for step in scenario.steps.values():
        if step.when and step.id not in played.held and step.id not in reached:
            yield _always_false(step.id, ("steps", step.id, "when"), step.when)
        elif step.id not in reached:
            message = f"However the story is played, nobody comes to the step {step.id!r}."
            yield Finding("never-reached", ("steps", step.id), message)
        elif isinstance(step, ChoiceStep):
            for place, choice in enumerate(step.choices):
                if (step.id, choice.id) not in played.shown:
                    path = ("steps", step.id, "choices", place, "when")
                    yield _always_false(choice.id, path, choice.when)


def _always_false(id: str, path: tuple[str | int, ...], condition: Condition) -> Finding:
    names = ", ".join(condition)
    return Finding(
        "never-true",
        path,
        f"However the story is played, this is never true ({names}): {id!r} is never seen.",
    )
