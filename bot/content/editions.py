"""Editions: a scenario with its hashes, and how far each of its steps is from an ending."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterator, Mapping
from hashlib import blake2b

import msgspec

from bot.content.checks import gotos_of
from bot.model import (
    SESSION_FORMAT,
    Choice,
    ChoiceStep,
    Edition,
    EndingStep,
    PickResult,
    PickStep,
    Scenario,
    Step,
    Variant,
    variant_id,
)

_encoder = msgspec.json.Encoder(order="sorted")


def edition_of(scenario: Scenario) -> Edition:
    """Make the edition of a scenario: its hashes, and how far each step is from an ending."""
    return Edition(
        scenario=scenario,
        content=_hash(scenario),
        shape=_hash(_without_words(scenario)),
        ahead=steps_ahead(scenario),
    )


DECISION, END = "decision", "end"  # the two steps of a variant played by itself


def variants_of(scenario: Scenario) -> Iterator[Edition]:
    """Give each variant of a scenario's decisions as a story of its own, with one step."""
    for step in scenario.steps.values():
        if isinstance(step, ChoiceStep | PickStep):
            for variant in step.variants:
                yield edition_of(_as_story(scenario, step.id, variant))


def _as_story(scenario: Scenario, step: str, variant: Variant) -> Scenario:
    decision: Step
    if variant.pick is not None:
        outcomes = {name: PickResult(feedback=said, goto=END) for name, said in variant.outcomes.items()}
        decision = PickStep(id=DECISION, say=variant.say, pick=variant.pick, outcomes=outcomes)
    else:
        choices = tuple(Choice(goto=END, **msgspec.structs.asdict(take)) for take in variant.choices)
        decision = ChoiceStep(id=DECISION, say=variant.say, choices=choices)
    return Scenario(
        id=variant_id(scenario.id, step, variant.id),
        title=scenario.title,
        about=scenario.about,
        kind=scenario.kind,
        role=scenario.role,
        minutes=1,
        start=DECISION,
        steps={DECISION: decision, END: EndingStep(id=END, ending=END, title=scenario.title)},
        reviewed=scenario.reviewed,
    )


def _hash(value: object) -> str:
    salted = str(SESSION_FORMAT).encode() + _encoder.encode(value)
    return blake2b(salted, digest_size=8).hexdigest()


_WORDS = frozenset(
    {"title", "about", "minutes", "say", "text", "feedback", "prompt", "why", "cites", "reviewed", "rule"}
    | {"order", "kept", "variants", "owed"}
)


def _without_words(value: object) -> object:
    """Give a scenario's skeleton: steps, choices, gotos, conditions and changes, without what is read."""
    match value:
        case msgspec.Struct():
            kept = {
                name: _without_words(part)
                for name, default in _shaping(type(value))
                if (part := getattr(value, name)) != default
            }  # a field that joins the model later, and is not set, changes no shape
            return {"is": type(value).__name__, **kept}
        case tuple():
            return [_without_words(part) for part in value]
        case Mapping():
            return {name: _without_words(part) for name, part in value.items()}
        case _:
            return value


@functools.cache
def _shaping(kind: type[msgspec.Struct]) -> tuple[tuple[str, object], ...]:
    """Give the fields of a struct that are no words, with their defaults."""
    fields = msgspec.structs.fields(kind)
    return tuple((field.name, field.default) for field in fields if field.name not in _WORDS)


def edition_to_bytes(edition: Edition) -> bytes:
    """Write an edition for the store, which keeps it as long as a run needs it."""
    return msgspec.json.encode(edition)


def edition_from_bytes(data: bytes) -> Edition:
    """
    Read an edition back from the store.

    Raises:
        msgspec.DecodeError, msgspec.ValidationError: the bytes are no edition of this format.
    """
    return msgspec.json.decode(data, type=Edition)


# --- how far a story still goes --------------------------------------------------------------


def steps_ahead(scenario: Scenario) -> Mapping[str, int]:
    """
    Estimate, for each step, how many more steps lie before an ending.

    Returns:
        Step id to the mean of its shortest and its longest way on (a way never passes a
        step twice, so circles end), rounded; 0 at an ending. Conditions are left aside.
    """
    ways = {id: _ways_on(step, scenario) for id, step in sorted(scenario.steps.items())}
    shortest = _shortest(ways, [id for id, step in scenario.steps.items() if isinstance(step, EndingStep)])
    longest = _longest(ways, shortest)
    return {
        id: round((shortest.get(id, 0) + longest.get(id, shortest.get(id, 0))) / 2) for id in scenario.steps
    }


def _shortest(ways: Mapping[str, tuple[str, ...]], endings: list[str]) -> Mapping[str, int]:
    """Give the fewest steps from each step to an ending, walking back from the endings."""
    back: dict[str, list[str]] = {}
    for id, gotos in ways.items():
        for goto in gotos:
            back.setdefault(goto, []).append(id)
    spans = dict.fromkeys(endings, 0)
    waiting = deque(endings)
    while waiting:
        here = waiting.popleft()
        for id in back.get(here, ()):
            if id not in spans:
                spans[id] = spans[here] + 1
                waiting.append(id)
    return spans


def _longest(ways: Mapping[str, tuple[str, ...]], ends: Mapping[str, int]) -> Mapping[str, int]:
    """Give the most steps to an ending, depth-first with a stack of its own; ways back are not counted."""
    spans: dict[str, int] = {}
    met: set[str] = set()
    for start in ways:
        stack = [] if start in met else [(start, iter(ways[start]))]
        met.add(start)
        while stack:
            id, waiting = stack[-1]
            deeper = next((goto for goto in waiting if goto not in met), None)
            if deeper is not None:
                met.add(deeper)
                stack.append((deeper, iter(ways[deeper])))
                continue
            stack.pop()
            ahead = [spans[goto] for goto in ways[id] if goto in spans]
            if ahead:
                spans[id] = 1 + max(ahead)
            elif ends.get(id) == 0:
                spans[id] = 0
    return spans


def _ways_on(step: Step, scenario: Scenario) -> tuple[str, ...]:
    """Give the steps that may come next: an `otherwise` stands in for the step that has it."""
    gotos = [goto for path, goto in gotos_of(step) if path[-1] != "otherwise"]
    landed: dict[str, None] = {}
    for goto in gotos:
        here: str | None = goto
        while here is not None and here in scenario.steps and here not in landed:
            landed[here] = None
            here = scenario.steps[here].otherwise
    return tuple(landed)
