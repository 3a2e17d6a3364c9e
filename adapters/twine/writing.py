"""A scenario as YAML that an author goes on with: block texts, and comments beside what is to be done."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence

import yaml

from bot.model import Bounds, Choice, ChoiceStep, Condition, EndingStep, SayStep, Scenario, Step, Variable

WIDTH = 96  # columns; texts are folded there

_FIRST = """\
# yaml-language-server: $schema=../schemas/scenario.schema.json
#
"""
_TO_FILL_IN = """\
#
# A choice without a rule is not judged. To teach with one, add under its text:
#   rule: ferpa.consent          # the one provision it tests (mayshare laws)
#   lawful: true                 # is it lawful?
#   helps: false                 # does it help the young person?
#   slip: under                  # unless it is lawful and helps: over, under, wrong-basis, too-late
#   feedback: >-                 # what came of it, what the rule is, what would have helped
#     ...
# Look for mistakes:  mayshare check

"""


def scenario_yaml(scenario: Scenario, top: Sequence[str], beside: Mapping[str, Sequence[str]]) -> str:
    """
    Write a scenario.

    Args:
        scenario: to write; its texts hold nothing that YAML cannot, and no line begins with a space.
        top: lines of comment for the head of the file.
        beside: lines of comment for each step, by its id, and for the keys `about`, `role`, `minutes`.
    """
    lines = [_FIRST + "".join(f"# {_one_line(line)}\n" for line in top) + _TO_FILL_IN.rstrip("\n"), ""]
    for key in ("id", "title", "about", "kind", "role", "minutes"):
        lines += _text(key, getattr(scenario, key), "")
        lines[-1] += "".join(f"  # {line}" for line in beside.get(key, ()))
    if scenario.variables:
        lines.append("variables:")
        lines += [f"  {scalar(name)}: {_variable(one)}" for name, one in scenario.variables.items()]
    lines += [f"start: {scalar(scenario.start)}", "steps:"]
    for step in scenario.steps.values():
        lines.append(f"  {scalar(step.id)}:")
        lines += [f"    # {_one_line(line)}" for line in beside.get(step.id, ())]
        lines += [*_step(step), ""]
    return "\n".join(lines)


def _step(step: Step) -> Iterator[str]:
    if step.when:
        yield f"    when: {_condition(step.when)}"
        yield f"    otherwise: {scalar(step.otherwise or '')}"
    if isinstance(step, EndingStep):
        yield f"    ending: {scalar(step.ending)}"
        yield from _text("title", step.title, "    ")
    if step.say:
        yield "    say: |"
        yield from ((f"      {line}" if line else "") for line in step.say.removesuffix("\n").split("\n"))
    match step:
        case SayStep(goto=goto):
            yield f"    goto: {scalar(goto)}"
        case ChoiceStep(choices=choices):
            yield "    choices:"
            for choice in choices:
                yield from _choice(choice)
        case _:
            pass


def _choice(choice: Choice) -> Iterator[str]:
    yield f"      - id: {scalar(choice.id)}"
    yield from _text("text", choice.text, "        ")
    yield "        # to fill in: rule, lawful, helps, slip, feedback"
    if choice.when:
        yield f"        when: {_condition(choice.when)}"
    for key, values in (("set", choice.set), ("add", choice.add)):
        if values:
            pairs = ", ".join(f"{scalar(name)}: {_value(value)}" for name, value in values.items())
            yield f"        {key}: {{{pairs}}}"
    yield f"        goto: {scalar(choice.goto)}"


def _text(key: str, text: str | int, indent: str) -> Iterator[str]:
    """Write a text of one paragraph: beside its key, or folded under it."""
    short = scalar(text) if isinstance(text, str) else str(text)
    if len(indent) + len(key) + 2 + len(short) <= WIDTH or not isinstance(text, str):
        yield f"{indent}{key}: {short}"
        return
    yield f"{indent}{key}: >-"
    folded = textwrap.TextWrapper(
        WIDTH - len(indent) - 2, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )
    yield from (f"{indent}  {line}" for line in folded.wrap(text))


def scalar(text: str) -> str:
    """Give a text of one line as it is where YAML reads it so, else in quotes."""
    try:
        plain = yaml.safe_load(text) == text and not set(text) & set("\n\t")
    except (yaml.YAMLError, ValueError):
        plain = False
    return text if plain else json.dumps(text, ensure_ascii=False)


def _variable(variable: Variable) -> str:
    if isinstance(variable.start, bool):
        return _value(variable.start)
    return f"{{min: {variable.min}, max: {variable.max}, start: {variable.start}}}"


def _condition(condition: Condition) -> str:
    return "{" + ", ".join(f"{scalar(name)}: {_value(value)}" for name, value in condition.items()) + "}"


def _value(value: bool | int | Bounds) -> str:
    if isinstance(value, Bounds):
        ends = (("min", value.min), ("max", value.max))
        return "{" + ", ".join(f"{key}: {end}" for key, end in ends if end is not None) + "}"
    return str(value).lower()


def _one_line(text: str) -> str:
    return " ".join(text.split())
