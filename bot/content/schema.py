"""JSON Schemas of the content files, made from the model, so that an editor completes and underlines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from bot.content.checks import ID
from bot.model import (
    ChoiceStep,
    Condition,
    EndingStep,
    Law,
    Library,
    PickStep,
    SayStep,
    Scenario,
    Step,
    StepBase,
    Variable,
)

Schema = dict[str, Any]

_ID = {"type": "string", "pattern": f"^{ID.pattern.removesuffix(chr(92) + 'Z')}$"}

# What an author reads when the cursor rests on a key.
HINTS: Mapping[str, str] = {
    "Scenario.id": "Its name in play and in the results. Never changed, never used again.",
    "Scenario.title": "What learners read. 55 characters at most.",
    "Scenario.about": "One or two sentences for the list of stories.",
    "Scenario.kind": "activity: one of a series; case: short, one dilemma; learn: a piece to read.",
    "Scenario.role": "Who the learner is in the story.",
    "Scenario.minutes": "How long it takes to play.",
    "Scenario.start": "The id of the first step.",
    "Scenario.steps": "The steps, each under its id.",
    "Scenario.series": "The series it belongs to, if any.",
    "Scenario.variables": "What the story remembers: true or false, or {min: 0, max: 3, start: 2}.",
    "Scenario.reviewed": "When its law was last read against the provisions.",
    "StepBase.say": "What happens, in plain words. A phone screen is 700 characters.",
    "StepBase.when": "The step applies only when this holds; else the story goes to `otherwise`.",
    "StepBase.otherwise": "The step to show when `when` does not hold.",
    "SayStep.goto": "The step that follows.",
    "ChoiceStep.choices": "The answers; one of them lawful and helpful.",
    "PickStep.pick": "Several answers at once: what belongs, and what does not.",
    "PickStep.outcomes": "What follows when the pick is exact, over, under or mixed (both at once).",
    "EndingStep.ending": "The name of this ending in the results.",
    "EndingStep.title": "What learners read over the ending.",
    "ChoiceStep.variants": "The same decision with other names and facts, for drills.",
    "PickStep.variants": "The same decision with other names and facts, for drills.",
    "Variant.id": "Its name in buttons and results. Never changed, never used again.",
    "Variant.say": "What happens. It stands by itself: who reads it has not read the story.",
    "Variant.choices": "The answers, as in a step, without goto; one of them lawful and helpful.",
    "Variant.pick": "Instead of choices: several answers at once.",
    "Variant.outcomes": "For a pick: what is said when it is exact, over, under or mixed.",
    "Variant.turn": "The changed fact, in a few words, where it changes the answer.",
    "Take.id": "Its name in buttons and results. Never changed, never used again.",
    "Take.text": "The answer as the learner reads it.",
    "Choice.goto": "The step it leads to.",
    "Take.feedback": "What the rule is, why, and what would have helped. No blame.",
    "Take.rule": "The one provision this choice tests.",
    "Take.lawful": "Is it lawful?",
    "Take.helps": "Does it help the young person?",
    "Take.slip": "What kind of slip it is: over- or under-sharing, the wrong rule, too late.",
    "Take.cites": "Provisions to name under the feedback.",
    "Choice.set": "Variables to set.",
    "Choice.add": "Numbers to add to variables; they stay within min and max.",
    "Choice.when": "The choice is seen only when this holds.",
    "Pick.prompt": "What is asked.",
    "Pick.items": "Ten at most, 75 characters each.",
    "Pick.rule": "The one provision this pick tests.",
    "Pick.cites": "Provisions to name under the feedback.",
    "Pick.owed": "true: what belongs must be given by law, so that too little is not lawful either.",
    "Item.id": "Its name in buttons and results. Never changed, never used again.",
    "Item.text": "The item as the learner reads it. 75 characters at most.",
    "Item.include": "Does it belong?",
    "Item.why": "Why it belongs or does not; shown when it was got wrong.",
    "PickResult.feedback": "What the rule is, why, and what would have helped. No blame.",
    "PickResult.goto": "The step it leads to.",
    "PickResult.set": "Variables to set.",
    "PickResult.add": "Numbers to add to variables; they stay within min and max.",
    "Variable.start": "Its value as the story begins.",
    "Variable.min": "The least it can be.",
    "Variable.max": "The most it can be.",
    "Variable.kept": "true: the later stories of the series begin with the value it has at the end.",
    "Bounds.min": "At least this.",
    "Bounds.max": "At most this.",
    "Law.id": "The first part of its provisions' ids.",
    "Law.short": "What people call it: FERPA.",
    "Law.name": "Its full name.",
    "Scenario.order": "Its place among the stories of its kind; small numbers first, 100 where it has none.",
    "Law.order": "Its place among the laws; small numbers first, 100 where it has none.",
    "Law.about": "Two or three plain sentences.",
    "Law.cites": 'The statute and its regulations: "20 USC 1232g".',
    "Law.provisions": "Its rules, in the order of the ten headings.",
    "Provision.id": "The law's id, a point, and a name. Retired, never removed or used again.",
    "Provision.heading": "Which of the ten headings it stands under.",
    "Provision.title": "A few words. 75 characters at most.",
    "Provision.says": "The rule in plain words: who must or may do what.",
    "Provision.cites": 'Pinpoints, the most telling first: "34 CFR 99.36(c)".',
    "Provision.checked": "When its words were held against the official text.",
    "Provision.conditions": "Every condition the rule really has, a line each.",
    "Provision.facets": "Whom and what it is about, from laws/facets.yaml.",
    "Provision.turns_on": "Facts the answer hangs on, as questions with buttons.",
    "Provision.asked_as": "Ways people really ask it.",
    "Provision.unchecked": "What of it could not be held against a text, in a sentence for the learner.",
    "Provision.see": "Neighbours: ids of other provisions.",
    "Provision.myth": "What people wrongly believe, and why it is wrong.",
    "Fact.ask": "The question of fact.",
    "Fact.options": "Its answers.",
    "Option.text": "The answer, as it stands on a button.",
    "Option.then": "The provision it leads to.",
    "Myth.says": "What people believe.",
    "Myth.why": "Why it is wrong.",
}


def scenario_schema(library: Library) -> Schema:
    """Give the JSON Schema (2020-12) of a scenario file; the library's roles and provisions complete it."""
    return _Writer(library).file(Scenario, "A Mayshare scenario")


def law_schema(library: Library) -> Schema:
    """Give the JSON Schema (2020-12) of a law file; the library's facets and provisions complete it."""
    return _Writer(library).file(Law, "A Mayshare law")


class _Writer:
    """Writes types as schemas; each struct once, under $defs."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._defs: dict[str, Schema] = {}

    def file(self, kind: type[msgspec.Struct], title: str) -> Schema:
        body = self._struct(kind)
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": title,
            **body,
            "$defs": dict(sorted(self._defs.items())),
        }

    def _ref(self, kind: type[msgspec.Struct]) -> Schema:
        name = kind.__name__
        if name not in self._defs:
            self._defs[name] = {}  # a struct may hold itself
            self._defs[name] = self._struct(kind)
        return {"$ref": f"#/$defs/{name}"}

    def _struct(self, kind: type[msgspec.Struct]) -> Schema:
        hints = get_type_hints(kind)
        given = {"id"} if issubclass(kind, StepBase) else set()  # a step's id is the key it stands under
        fields = [info for info in msgspec.structs.fields(kind) if info.name not in given]
        return {
            "type": "object",
            "description": (kind.__doc__ or "").strip().partition("\n")[0],
            "properties": {info.name: self._field(kind, info.name, hints[info.name]) for info in fields},
            "required": [info.name for info in fields if info.required],
            "additionalProperties": False,
        }

    def _field(self, kind: type[msgspec.Struct], name: str, hint: Any) -> Schema:
        return {**(self._special(kind, name) or self._type(hint)), "description": hint_of(kind, name)}

    def _special(self, kind: type[msgspec.Struct], name: str) -> Schema | None:
        """Give what the type alone does not say: closed lists, and ids that exist."""
        terms = self._library.terms
        provisions = {"anyOf": [{"enum": sorted(self._library.provisions)}, {"type": "string"}]}
        match kind.__name__, name:
            case "Scenario", "role":
                return {"enum": list(terms.roles)}
            case (("Choice" | "Take" | "Pick"), "rule"):
                return provisions
            case (("Choice" | "Take" | "Pick"), "cites"):
                return {"type": "array", "items": provisions}
            case "Provision", "see":
                return {"type": "array", "items": provisions}
            case "Option", "then":
                return provisions
            case "Provision", "facets":
                values = {
                    facet: {"type": "array", "items": {"enum": list(known)}}
                    for facet, known in terms.facets.items()
                }
                return {"type": "object", "properties": values, "additionalProperties": False}
            case (("Scenario" | "Law" | "Choice" | "Take" | "Item" | "Variant"), "id"):
                return dict(_ID)
            case _:
                return None

    def _type(self, hint: Any) -> Schema:
        if hint == Mapping[str, Step]:
            return {"type": "object", "propertyNames": dict(_ID), "additionalProperties": self._step()}
        if hint == Variable:
            return {"anyOf": [{"type": "boolean"}, self._ref(Variable)]}
        if hint == Condition:
            return {"type": "object", "additionalProperties": self._type(get_args(hint)[1])}
        simple = {str: "string", bool: "boolean", int: "integer"}
        if hint in simple:
            return {"type": simple[hint]}
        if hint is date:
            return {"type": "string", "format": "date"}
        return self._composed(hint, get_origin(hint), get_args(hint))

    def _composed(self, hint: Any, origin: Any, args: tuple[Any, ...]) -> Schema:
        if origin is Literal:
            return {"enum": list(args)}
        if origin in (Union, UnionType):
            kinds = [self._type(arg) for arg in args if arg is not NoneType]
            return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        if origin is tuple:
            return {"type": "array", "items": self._type(args[0])}
        if origin is not None and issubclass(origin, Mapping):
            names = {"propertyNames": {"enum": list(get_args(args[0]))}} if get_args(args[0]) else {}
            return {"type": "object", **names, "additionalProperties": self._type(args[1])}
        return self._ref(hint)

    def _step(self) -> Schema:
        """Let what a step holds say what it is, so that an editor underlines the one wrong key only."""
        schema = self._ref(SayStep)
        for key, kind in (("ending", EndingStep), ("pick", PickStep), ("choices", ChoiceStep)):
            schema = {"if": {"required": [key]}, "then": self._ref(kind), "else": schema}
        return schema


def hint_of(kind: type[msgspec.Struct], name: str) -> str:
    """Give the hint of a field, its own or its base's."""
    owners = [base.__name__ for base in kind.__mro__ if issubclass(base, msgspec.Struct)]
    return next(HINTS[f"{owner}.{name}"] for owner in owners if f"{owner}.{name}" in HINTS)
