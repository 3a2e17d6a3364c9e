"""YAML to the model's own values, or every mistake in the file with its line.

One reader is made from each type of the model, so the model is the only description of
what a file may hold.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.content.problems import problem
from bot.model import (
    ChoiceStep,
    EndingStep,
    PickStep,
    Problem,
    SayStep,
    Step,
    StepBase,
    Variable,
)

FILE_MAX = 512 * 1024  # bytes; the largest law needs a fifth of it
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader where it is there, ten times as fast

_TAG = "tag:yaml.org,2002:"
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_NO_LINE_ENDS = {0x85: " ", 0x2028: " ", 0x2029: " "}  # YAML ends a line there, editors do not
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,8})\Z")
_WHAT = {
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number with a point",
    "null": "nothing",
    "timestamp": "a date",
    "seq": "a list",
    "map": "keys with values",
}

T = TypeVar("T")


class _Bad:
    """Stands where a value could not be read; its problem has been noted."""


_BAD = _Bad()


@dataclass(slots=True)
class Reading:
    """One file being read: its problems so far, and the ids of steps that could not be read."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)

    def note(self, code: str, node: Node, message: str) -> _Bad:
        """Add a problem at a node's line."""
        self.problems.append(problem(code, self.file, node.start_mark.line + 1, message))
        return _BAD


_Reader = Callable[[Node, Reading], Any]  # the one place where YAML's shapelessness comes in


def parse(data: bytes, reading: Reading) -> Node | None:
    """Turn a file's bytes into YAML nodes, or note why not."""
    if len(data) > FILE_MAX:
        size = f"{len(data) // 1024} KiB, and {FILE_MAX // 1024} are read at most"
        reading.problems.append(problem("too-large", reading.file, 1, f"The file has {size}."))
        return None
    try:
        text = data.decode("utf-8-sig").translate(_NO_LINE_ENDS)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        reading.problems.append(problem("not-utf8", reading.file, line, "This line is not UTF-8 text."))
        return None
    try:
        root: Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"This is not YAML: {error.problem or error.context}."
        line = min(mark.line + 1 if mark else 1, max(1, len(text.splitlines())))
        reading.problems.append(problem("yaml-unreadable", reading.file, line, message))
        return None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = (
            "it is nested too deeply" if isinstance(error, RecursionError) else "a character is not allowed"
        )
        line = _line_of_bad_character(text)
        reading.problems.append(
            problem("yaml-unreadable", reading.file, line, f"This is not YAML: {reason}.")
        )
        return None
    if root is None or root.tag == f"{_TAG}null":
        reading.problems.append(problem("empty-file", reading.file, 1, "There is nothing in this file."))
        return None
    if "*" in text and (alias := _first_alias(root)) is not None:
        reading.note("yaml-alias", alias, "This text is used again elsewhere by an alias.")
        return None
    return root


def _line_of_bad_character(text: str) -> int:
    found = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    return text[: found.start()].count("\n") + 1 if found else 1


def _first_alias(root: Node) -> Node | None:
    """Find a node that stands in two places: in YAML that is an alias, and a way to make bombs."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            return node
        seen.add(id(node))
        match node:
            case MappingNode():
                waiting.extend(part for pair in node.value for part in pair)
            case SequenceNode():
                waiting.extend(node.value)
    return None


def read(kind: type[T], root: Node, reading: Reading) -> T | None:
    """Read YAML nodes as a value of the model; None when too little of it could be read."""
    value = _reader_for(kind)(root, reading)
    return None if value is _BAD else value


def line_of(root: Node | None, path: tuple[str | int, ...]) -> int:
    """Give the line (from 1) of the deepest part of a path that is there: keys, and places in lists."""
    node, line = root, 1
    for part in path:
        match node:
            case MappingNode():
                found = next(((key, value) for key, value in node.value if key.value == part), None)
                if found is None:
                    return line
                line, node = found[0].start_mark.line + 1, found[1]
            case SequenceNode() if isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
            case _:
                return line
    return line


# --- a reader for each type ------------------------------------------------------------------

_READERS: dict[Any, _Reader] = {}


def _reader_for(kind: Any) -> _Reader:
    if kind not in _READERS:
        _READERS[kind] = _make_reader(kind)
    return _READERS[kind]


def _make_reader(kind: Any) -> _Reader:
    if kind in _SPECIAL:
        return _SPECIAL[kind]
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _union(tuple(arg for arg in args if arg is not NoneType), optional=NoneType in args)
    if origin is Literal:
        return _one_of(args)
    if origin is tuple:
        return _list(_reader_for(args[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(args[0], _reader_for(args[1]))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind)
    raise TypeError(f"no reader for {kind!r}: teach bot.content.reading to read it")


def _kind_of(node: Node) -> str:
    return str(node.tag).removeprefix(_TAG)


def _wrong(node: Node, reading: Reading, wanted: str) -> _Bad:
    got = _WHAT.get(_kind_of(node), "something else")
    if got in wanted and isinstance(node, ScalarNode):
        got = repr(node.value)
    hint = " Put it in quotes." if wanted == "text" and isinstance(node, ScalarNode) and node.value else ""
    return reading.note("wrong-type", node, f"Here must stand {wanted}, and there is {got}.{hint}")


def _text(node: Node, reading: Reading) -> Any:
    if node.tag == "tag:yaml.org,2002:str" and isinstance(node, ScalarNode):
        return node.value
    return _wrong(node, reading, "text")


def _flag(node: Node, reading: Reading) -> Any:
    if node.tag == "tag:yaml.org,2002:bool" and isinstance(node, ScalarNode):
        value = _FLAGS.get(node.value.lower())
        if value is not None:
            return value
    return _wrong(node, reading, "true or false")


def _whole(node: Node, reading: Reading) -> Any:
    if node.tag == "tag:yaml.org,2002:int" and isinstance(node, ScalarNode) and _NUMBER.match(node.value):
        return int(node.value)
    return _wrong(node, reading, "a whole number")


def _day(node: Node, reading: Reading) -> Any:
    if isinstance(node, ScalarNode):
        try:
            return date.fromisoformat(node.value)
        except ValueError:
            pass
    return _wrong(node, reading, "a date like 2026-11-25")


def _one_of(words: tuple[str, ...]) -> _Reader:
    def read_word(node: Node, reading: Reading) -> Any:
        value = _text(node, reading)
        if value is _BAD or value in words:
            return value
        return reading.note(
            "not-in-list", node, f"{value!r} is not one of: {', '.join(words)}.{_nearest(value, words)}"
        )

    return read_word


def _nearest(word: str, words: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


def _list(item: _Reader) -> _Reader:
    def read_list(node: Node, reading: Reading) -> Any:
        if not isinstance(node, SequenceNode):
            return _wrong(node, reading, "a list (lines that begin with '- ', or [a, b])")
        read = [(part, item(part, reading)) for part in node.value]
        node.value[:] = [part for part, value in read if value is not _BAD]  # so that places stay the same
        return tuple(value for _, value in read if value is not _BAD)

    return read_list


def _keys(node: MappingNode, reading: Reading) -> dict[str, tuple[Node, Node]]:
    """Give a mapping's keys with key and value nodes; a repeated key is noted, its first value kept."""
    keys: dict[str, tuple[Node, Node]] = {}
    for key, value in node.value:
        name = _text(key, reading)
        if name is _BAD:
            continue
        if name in keys:
            reading.note("yaml-repeated-key", key, f"{name!r} stands twice here.")
            continue
        keys[name] = (key, value)
    return keys


def _mapping(name: Any, item: _Reader) -> _Reader:
    names: tuple[str, ...] = get_args(name)  # a closed list of keys, else empty

    def read_mapping(node: Node, reading: Reading) -> Any:
        if not isinstance(node, MappingNode):
            return _wrong(node, reading, "keys with values")
        values = {}
        for key, (where, part) in _keys(node, reading).items():
            if names and key not in names:
                reading.note(
                    "unknown-key", where, f"{key!r} is not one of: {', '.join(names)}.{_nearest(key, names)}"
                )
                continue
            value = item(part, reading)
            if value is not _BAD:
                values[key] = value
        return values

    return read_mapping


def _union(kinds: tuple[Any, ...], *, optional: bool) -> _Reader:
    """Read what may be of several types by what the node looks like."""
    readers = {
        name: _reader_for(kind)
        for kind in kinds
        for name in ({str: "str", bool: "bool", int: "int"}.get(kind, "map"),)
    }
    wanted = " or ".join(_WHAT[name] for name in readers)
    only = _reader_for(kinds[0]) if len(kinds) == 1 else None

    def read_union(node: Node, reading: Reading) -> Any:
        kind = _kind_of(node)
        if optional and kind == "null":
            return None
        if only is not None:
            return only(node, reading)
        reader = readers.get(kind)
        return reader(node, reading) if reader else _wrong(node, reading, wanted)

    return read_union


@functools.cache
def _struct(kind: type[msgspec.Struct], given: tuple[str, ...] = ()) -> Callable[..., Any]:
    """Make a reader for a struct; the fields in `given` come from elsewhere (a step's id is its key)."""
    hints = get_type_hints(kind)
    fields = {
        info.name: (_reader_for(hints[info.name]), info.required)
        for info in msgspec.structs.fields(kind)
        if info.name not in given
    }
    required = tuple(name for name, (_, needed) in fields.items() if needed)
    known = tuple(fields)

    def read_struct(node: Node, reading: Reading, **more: Any) -> Any:
        if not isinstance(node, MappingNode):
            return _wrong(node, reading, f"keys with values ({', '.join(required) or known[0]}, ...)")
        values: dict[str, Any] = dict(more)
        whole = True
        keys = _keys(node, reading)
        for name, (key, part) in keys.items():
            if name not in fields:
                hint = _nearest(name, known) or f" Known here: {', '.join(known)}."
                reading.note("unknown-key", key, f"There is no key {name!r} here.{hint}")
                continue
            reader, needed = fields[name]
            value = reader(part, reading)
            if value is not _BAD:
                values[name] = value
            elif needed:
                whole = False
        for name in required:
            if name not in keys:
                reading.note("missing-key", node, f"{name!r} is missing here.")
                whole = False
        return kind(**values) if whole else _BAD

    return read_struct


def _variable(node: Node, reading: Reading) -> Any:
    if _kind_of(node) == "bool":
        return Variable(start=_flag(node, reading))
    if not isinstance(node, MappingNode):
        return _wrong(node, reading, "true, false or {min: 0, max: 3, start: 2}")
    return _struct(Variable)(node, reading)


_STEP_KEYS: Mapping[str, type[StepBase]] = {"choices": ChoiceStep, "pick": PickStep, "ending": EndingStep}


def _step(node: Node, reading: Reading, **more: Any) -> Any:
    """Read a step: what it holds (choices, pick, ending, or else a goto) says what it is."""
    kind: type[StepBase] = SayStep
    if isinstance(node, MappingNode):
        keys = [key.value for key, _ in node.value if isinstance(key, ScalarNode)]
        kind = next((_STEP_KEYS[key] for key in keys if key in _STEP_KEYS), SayStep)
    return _struct(kind, given=("id",))(node, reading, **more)


def _steps(node: Node, reading: Reading) -> Any:
    """Read steps: a mapping from each step's id to the step."""
    if not isinstance(node, MappingNode):
        return _wrong(node, reading, "steps, each under its id")
    steps = {}
    for name, (_, part) in _keys(node, reading).items():
        step = _step(part, reading, id=name)
        if step is _BAD:
            reading.lost.add(name)
        else:
            steps[name] = step
    return steps


_SPECIAL: dict[Any, _Reader] = {
    str: _text,
    bool: _flag,
    int: _whole,
    date: _day,
    Variable: _variable,
    Mapping[str, Step]: _steps,
}
