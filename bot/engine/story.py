"""How a story moves: which edition a run plays, which step comes next, what the variables then are."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot.model import (
    Bounds,
    Choice,
    ChoiceStep,
    Condition,
    Edition,
    Library,
    Outcome,
    Pick,
    PickResult,
    PickStep,
    Run,
    SayStep,
    Scenario,
    Step,
    Value,
    Variable,
    Visit,
)

PICKED_LAWFUL: Mapping[Outcome, tuple[bool, bool, str | None]] = {
    # outcome -> lawful, helps, slip ("mixed" is over and under at once)
    "exact": (True, True, None),
    "over": (False, False, "over"),
    "under": (True, False, "under"),
    "mixed": (False, False, "mixed"),
}


def edition_of_run(library: Library, run: Run) -> Edition | None:
    """
    Give the edition a run plays: today's where only words changed, else the one it began with.

    Returns:
        None when the old edition is not at hand and today's has other steps.
    """
    today = library.today(run.scenario)
    if today is not None and today.shape == run.shape:
        return today
    return library.pinned.get(run.content)


def holds(condition: Condition, variables: Mapping[str, Value]) -> bool:
    """Say whether every part of a condition is true of the variables."""
    return all(_meets(variables[name], wanted) for name, wanted in condition.items())


def _meets(value: Value, wanted: bool | int | Bounds) -> bool:
    if isinstance(wanted, Bounds):
        return (wanted.min is None or value >= wanted.min) and (wanted.max is None or value <= wanted.max)
    return value == wanted


def starting_values(scenario: Scenario, kept: Mapping[str, Value] | None = None) -> dict[str, Value]:
    """
    Give the variables as a story begins.

    Args:
        scenario: with its variables.
        kept: what earlier stories of its series handed on.
    """
    handed = kept or {}
    return {
        name: _handed_on(variable, handed[name]) if variable.kept and name in handed else variable.start
        for name, variable in scenario.variables.items()
    }


def _handed_on(variable: Variable, value: Value) -> Value:
    """Give a value that another story left, as this one declares it: what is of another kind is no value."""
    if isinstance(variable.start, bool) or isinstance(value, bool):
        return value if isinstance(variable.start, bool) and isinstance(value, bool) else variable.start
    return max(variable.min, min(variable.max, value))


def handed_on(scenario: Scenario, variables: Mapping[str, Value]) -> dict[str, Value]:
    """Give what a story hands on to the later ones of its series."""
    return {name: variables[name] for name, variable in scenario.variables.items() if variable.kept}


def after(
    scenario: Scenario, variables: Mapping[str, Value], change: Choice | PickResult
) -> dict[str, Value]:
    """Give the variables after an answer: `set` assigns, `add` adds and stays within the bounds."""
    values = {**variables, **change.set}
    for name, amount in change.add.items():
        bounds = scenario.variables[name]
        values[name] = max(bounds.min, min(bounds.max, values[name] + amount))
    return values


def arrive(scenario: Scenario, step: str, variables: Mapping[str, Value]) -> Step:
    """
    Give the step one really comes to: where a step's `when` fails, its `otherwise`, and so on.

    Raises:
        ValueError: the steps send each other round in a circle (the check refuses such content).
    """
    seen: set[str] = set()
    here = scenario.steps[step]
    while here.otherwise is not None and not holds(here.when, variables):
        if here.id in seen:
            raise ValueError(f"{scenario.id}: the steps after {step!r} send each other round in a circle")
        seen.add(here.id)
        here = scenario.steps[here.otherwise]
    return here


def visible_choices(step: ChoiceStep, run: Run) -> tuple[Choice, ...]:
    """Give the choices a learner sees: those without a condition, or whose condition holds."""
    return tuple(choice for choice in step.choices if holds(choice.when, run.variables))


def outcome_of(step: PickStep, chosen: tuple[str, ...]) -> Outcome:
    """Judge a pick: exact, over (something too much), under (something missing) or mixed."""
    wanted = {item.id for item in step.pick.items if item.include}
    over, under = set(chosen) - wanted, wanted - set(chosen)
    if over and under:
        return "mixed"
    return "over" if over else "under" if under else "exact"


def judged_pick(pick: Pick, outcome: Outcome) -> tuple[bool, bool, str | None]:
    """Give lawful, helps and slip of how a pick came out."""
    lawful, helps, slip = PICKED_LAWFUL[outcome]
    return lawful and not (pick.owed and outcome == "under"), helps, slip


def change_of(step: Step, chose: tuple[str, ...]) -> Choice | PickResult | None:
    """Give what an answer changes and where it leads; None for a step that asks nothing."""
    match step:
        case ChoiceStep():
            return next(choice for choice in step.choices if choice.id == chose[0])
        case PickStep():
            return step.outcomes[outcome_of(step, chose)]
        case _:
            return None


def moved(scenario: Scenario, run: Run, chose: tuple[str, ...] = ()) -> Run:
    """Answer the step in front and give the run at the next one."""
    here = scenario.steps[run.step]
    change = change_of(here, chose)
    if change is not None:
        variables = after(scenario, run.variables, change)
        goto = change.goto
    else:
        assert isinstance(here, SayStep)  # an ending is never in front of a running story
        variables, goto = dict(run.variables), here.goto
    return msgspec.structs.replace(
        run,
        step=arrive(scenario, goto, variables).id,
        variables=variables,
        trail=(*run.trail, Visit(step=here.id, chose=chose)),
        picked=(),
    )


def moved_back(scenario: Scenario, run: Run) -> Run:
    """Give the run at the step before, with the variables as they then were (replayed from the start)."""
    *kept, last = run.trail
    variables = starting_values(scenario)
    for visit in kept:
        change = change_of(scenario.steps[visit.step], visit.chose)
        if change is not None:
            variables = after(scenario, variables, change)
    return msgspec.structs.replace(run, step=last.step, variables=variables, trail=tuple(kept), picked=())
