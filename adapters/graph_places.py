"""What is drawn of a scenario: its steps and answers, what each is in words, and what nobody comes to."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.content.proofs import proof_findings
from bot.engine.story import PICKED_LAWFUL
from bot.engine.texts import prose
from bot.model import (
    Bounds,
    Choice,
    ChoiceStep,
    Condition,
    EndingStep,
    PickResult,
    PickStep,
    SayStep,
    Scenario,
    Step,
    Value,
)

WIDE = 30  # characters in a line of a label
SHORT = 75  # characters of a step's own words; whoever wrote it knows it by then
LONG = 120  # characters of an answer

Kind = Literal["moment", "decision", "pick", "ending"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What an answer is: in words, as the line that leaves it, and as the border of its box (pixels)."""

    words: str
    line: str  # a style of DOT
    border: int
    arrow: str  # a link of Mermaid


MARKS: Mapping[tuple[bool, bool], Mark] = {
    # lawful, helps
    (True, True): Mark("lawful and helps", "bold", 3, "==>"),
    (True, False): Mark("lawful, no help", "solid", 1, "-->"),
    (False, True): Mark("helps, not lawful", "dashed", 1, "-.->"),
    (False, False): Mark("neither lawful nor helps", "dotted", 1, "--x"),
}
UNJUDGED = Mark("not judged", "solid", 0, "--o")


@dataclass(frozen=True, slots=True)
class Way:
    """One answer of a step, and where it leads. `notes`: when it is seen, and what it changes."""

    id: str
    text: str
    mark: Mark
    slip: str | None
    notes: tuple[str, ...]
    goto: str
    never: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """One step. `entry` is the condition on it, in words, and `otherwise` the step shown if it fails."""

    id: str
    kind: Kind
    text: str
    notes: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    goto: str | None = None
    entry: str = ""
    otherwise: str | None = None
    never: bool = False


def places_of(scenario: Scenario) -> tuple[Place, ...]:
    """
    Lay a scenario out for drawing.

    Args:
        scenario: one that can be played: each goto meets a step, each variable is declared.

    Returns:
        Its steps in the order of the file; `never` marks what nobody comes to, as far as
        `bot.content.proofs` can prove it.
    """
    never = _never_met(scenario)
    return tuple(_place(step, never) for step in scenario.steps.values())


def _never_met(scenario: Scenario) -> frozenset[tuple[str, str]]:
    """Give the steps (step, "") and choices (step, choice) that nobody comes to, however it is played."""
    met = set()
    for finding in proof_findings(scenario):
        if finding.code in {"never-reached", "never-true"}:
            step, *rest = map(str, finding.path[1:4])
            of_choice = rest[:1] == ["choices"]
            met.add((step, _choice_id(scenario.steps[step], int(rest[1])) if of_choice else ""))
    return frozenset(met)


def _choice_id(step: Step, place: int) -> str:
    assert isinstance(step, ChoiceStep)
    return step.choices[place].id


def _place(step: Step, never: frozenset[tuple[str, str]]) -> Place:
    kind, text = _kind_and_text(step)
    is_conditional = bool(step.when) and step.otherwise is not None
    return Place(
        id=step.id,
        kind=kind,
        text=_short(text, SHORT),
        notes=_item_notes(step),
        ways=tuple(_ways(step, never)),
        goto=step.goto if isinstance(step, SayStep) else None,
        entry=condition_in_words(step.when) if is_conditional else "",
        otherwise=step.otherwise if is_conditional else None,
        never=(step.id, "") in never,
    )


def _kind_and_text(step: Step) -> tuple[Kind, str]:
    match step:
        case SayStep():
            return "moment", step.say
        case ChoiceStep():
            return "decision", step.say
        case PickStep():
            return "pick", step.pick.prompt
        case EndingStep():
            return "ending", step.title


def _item_notes(step: Step) -> tuple[str, ...]:
    """Say which items of a pick belong in, and which do not."""
    if not isinstance(step, PickStep):
        return ()
    halves = (
        ("in", [item.id for item in step.pick.items if item.include]),
        ("out", [item.id for item in step.pick.items if not item.include]),
    )
    return tuple(f"{name}: {', '.join(ids)}" for name, ids in halves if ids)


def _ways(step: Step, never: frozenset[tuple[str, str]]) -> Iterator[Way]:
    match step:
        case ChoiceStep():
            for choice in step.choices:
                seen = (f"only if {condition_in_words(choice.when)}",) if choice.when else ()
                yield Way(
                    id=choice.id,
                    text=_short(choice.text, LONG),
                    mark=MARKS[choice.lawful, choice.helps] if choice.rule else UNJUDGED,
                    slip=choice.slip if choice.rule else None,
                    notes=(*seen, *_changes(choice)),
                    goto=choice.goto,
                    never=(step.id, choice.id) in never,
                )
        case PickStep():
            for outcome, result in step.outcomes.items():
                lawful, helps, slip = PICKED_LAWFUL[outcome]
                said = None if slip == outcome else slip  # the outcome's name has said it
                yield Way(outcome, "", MARKS[lawful, helps], said, tuple(_changes(result)), result.goto)
        case _:
            return


def _changes(change: Choice | PickResult) -> Iterator[str]:
    """Say what an answer does to the variables: `told: yes`, `trust +1`."""
    yield from (f"{name}: {_value(value)}" for name, value in change.set.items())
    yield from (f"{name} {amount:+}" for name, amount in change.add.items())


def condition_in_words(condition: Condition) -> str:
    """Say a condition: `not told and trust 2 or more`."""
    return " and ".join(_part(name, wanted) for name, wanted in condition.items())


def _part(name: str, wanted: bool | int | Bounds) -> str:
    match wanted:
        case bool():
            return name if wanted else f"not {name}"
        case int():
            return f"{name} {wanted}"
        case Bounds(min=None, max=most):
            return f"{name} {most} or less"
        case Bounds(min=least, max=None):
            return f"{name} {least} or more"
        case Bounds(min=least, max=most):
            return f"{name} {least} to {most}"


def _value(value: Value) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def lines_of(text: str, wide: int = WIDE) -> list[str]:
    """Cut a text into short lines."""
    return textwrap.wrap(text, wide, break_on_hyphens=False)


def _short(text: str, most: int) -> str:
    """Give an author's words; those past `most` characters make way for an ellipsis."""
    return textwrap.shorten(prose(text), most, placeholder=" …")


def verdict_of(way: Way) -> str:
    """Say what an answer is, and in brackets the slip."""
    return f"{way.mark.words} ({way.slip})" if way.slip else way.mark.words


KIND_WORDS: Mapping[Kind, str] = {"pick": " (pick)", "ending": " (ending)"}
NEVER_STEP, NEVER_CHOICE = "NEVER REACHED", "NEVER SEEN"
