"""Variables of a Twine story as ours: which can be kept, on which choice a change goes, which bounds hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from adapters.twee import Note, Passage
from adapters.twine.logic import Change, Wanted
from adapters.twine.naming import Ids
from adapters.twine.nodes import Branch, Link, Node
from adapters.twine.ways import Shown, Way, reads_and_changes
from bot.model import Bounds, ChoiceStep, Scenario, Value, Variable


@dataclass(slots=True)
class Taken:
    """A passage that becomes steps."""

    passage: Passage
    nodes: tuple[Node, ...]
    shown: list[Shown] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


HOPS_MAX = 20  # steps without a choice that a change is carried back over


class Variables:
    """What a story remembers; `first` is what is set before it begins."""

    def __init__(self, first: Sequence[Change], taken: Sequence[Taken], notes: list[Note]) -> None:
        self._notes = notes
        kinds: dict[str, set[bool]] = {}
        self._lines: dict[str, int] = {}
        for name, value, line in _uses([*first, *(node for one in taken for node in one.nodes)]):
            kinds.setdefault(name, set()).add(isinstance(value, bool))
            self._lines.setdefault(name, line)
        self.dropped = frozenset(name for name, both in kinds.items() if len(both) > 1)
        for name in self.dropped:
            why = "it is used as yes or no and as a number; ours is one of the two, so it is left out"
            notes.append(Note(self._lines[name], f"${name}", why))
        ids = Ids("variable")
        self._ids = {name: ids.give(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)) for name in kinds}
        self._first = self._kept(first)

    def condition(self, when: Mapping[str, Wanted]) -> dict[str, Wanted]:
        """Give a condition under our names."""
        return {self._ids[name]: wanted for name, wanted in when.items()}

    def changes(self, way: Way) -> tuple[dict[str, Value], dict[str, int]]:
        """Give what a choice changes, one after the other, as what is set and what is added."""
        sets: dict[str, Value] = {}
        adds: dict[str, int] = {}
        for change in (*way.before, *self._kept(way.link.changes), *way.after):
            name = self._ids[change.name]
            if change.way == "set":
                sets[name] = change.value
                adds.pop(name, None)
            elif name in sets:
                sets[name] = int(sets[name]) + int(change.value)
            else:
                adds[name] = adds.get(name, 0) + int(change.value)
        return sets, {name: by for name, by in adds.items() if by}

    def _kept(self, changes: Iterable[Change]) -> list[Change]:
        kept = []
        for change in changes:
            if change.name in self.dropped:
                self._notes.append(Note(change.line, change.source, f"${change.name} is left out"))
            else:
                kept.append(change)
        return kept

    # --- where changes go

    def place(self, taken: Mapping[str, Taken], start: str) -> None:
        """Put what passages change on choices out of them or into them, where that comes to the same."""
        placed: dict[int, set[str]] = {}  # choices, and what was put behind them
        into = _into(taken.values())
        for one in taken.values():
            lone = [shown for shown in one.shown if not shown.decides and shown.jump is None]
            of_links = [c for shown in lone for way in shown.ways for c in self._kept(way.link.changes)]
            own = {id(c): c for shown in one.shown for c in self._kept(shown.changes)}
            changes = [*own.values(), *of_links]
            if not of_links and self._put_on_ways_out(one):
                continue
            if changes and not self._put_on_ways_in(one, changes, into, start, placed):
                why = "our steps set nothing, only choices do; no choice before or after it comes to the same"
                self._notes += [Note(change.line, change.source, why) for change in changes]

    def _put_on_ways_out(self, one: Taken) -> bool:
        """Put them on the choices out of it, if it reads none of them later and each of its steps decides."""
        if any(shown.changes and not shown.decides for shown in one.shown):
            return False
        changed: set[str] = set()
        for what, name in reads_and_changes(one.nodes):
            if what == "read" and name in changed:
                return False
            if what == "change":
                changed.add(name)
        for shown in one.shown:
            for way in shown.ways:
                way.before += [change for change in shown.changes if change.name not in self.dropped]
        return True

    def _put_on_ways_in(
        self,
        one: Taken,
        changes: Sequence[Change],
        into: _Into,
        start: str,
        placed: dict[int, set[str]],
    ) -> bool:
        """Put them on the choices into it, if there are only choices, and it reads none of them earlier."""
        if len(one.shown) > 1 and not all(
            any(change is other for other in shown.changes) for shown in one.shown for change in changes
        ):
            return False  # some are made under a condition only
        names = {change.name for change in changes}
        read: set[str] = set()
        for what, name in (*reads_and_changes(one.nodes), *(("change", name) for name in names)):
            if what == "change" and name in read:
                return False
            if what == "read":
                read.add(name)
        ways = _ways_into(one.passage.name, into, start)
        if not ways or any(placed.get(id(way), set()) & names for way in ways):
            return False
        for way in ways:
            placed.setdefault(id(way), set()).update(names)
            if way is None:
                self._first += changes
            else:
                way.after += changes
        return True

    # --- what is declared

    def declared(self, scenario: Scenario) -> Scenario:
        """Declare what the steps use: the first value, and bounds that hold every value that can come."""
        start: dict[str, Value] = {}
        for change in self._first:
            name, add = self._ids[change.name], change.way == "add"
            start[name] = int(start.get(name, 0)) + int(change.value) if add else change.value
        used: dict[str, list[Wanted]] = {}
        added: dict[str, list[int]] = {}
        for step in scenario.steps.values():
            pairs = [*step.when.items()]
            for choice in step.choices if isinstance(step, ChoiceStep) else ():
                pairs += [*choice.when.items(), *choice.set.items()]
                for name, by in choice.add.items():
                    added.setdefault(name, []).append(by)
            for name, wanted in pairs:
                used.setdefault(name, []).append(wanted)
        variables = {}
        for original, name in self._ids.items():
            if name not in start and name not in used and name not in added:
                continue
            line, what = self._lines[original], f"${original}"
            values = (*used.get(name, ()), start.get(name, 0))
            if name not in start:
                first = "false" if isinstance(values[0], bool) else "0"
                why = f"the file gives it no first value before the story; it begins as {first}"
                self._notes.append(Note(line, what, why))
            variables[name] = one = _variable(values, added.get(name, ()), start.get(name))
            if name in added:
                why = (
                    "Twine's numbers have no bounds; ours stay within these, enough if no choice comes twice"
                )
                self._notes.append(Note(line, f"{what} ({one.min} to {one.max})", why))
        return msgspec.structs.replace(scenario, variables=variables)


def _variable(values: Sequence[Wanted], added: Sequence[int], start: Value | None) -> Variable:
    if isinstance(values[0], bool):
        return Variable(start=start if start is not None else False)
    numbers = [int(start or 0)]
    for value in values:
        if isinstance(value, Bounds):
            numbers += [end for end in (value.min, value.max) if end is not None]
        else:
            numbers.append(value)
    low = min(numbers) + sum(by for by in added if by < 0)
    return Variable(start=int(start or 0), min=low, max=max(numbers) + sum(by for by in added if by > 0))


def _uses(nodes: Iterable[Node]) -> Iterable[tuple[str, Wanted, int]]:
    """Give every change of a variable and every condition on one: its name, a value, a line."""
    for node in nodes:
        match node:
            case Change(name=name, value=value, line=line):
                yield name, value, line
            case Link(changes=changes):
                yield from _uses(changes)
            case Branch(arms=arms, line=line):
                for arm in arms:
                    yield from ((name, wanted, line) for name, wanted in (arm.wanted or {}).items())
                    yield from _uses(arm.nodes)
            case _:
                pass


_Into = Mapping[str, list[tuple[Taken, Shown]]]


def _into(taken: Iterable[Taken]) -> _Into:
    """Give, for each passage, the steps that lead to it."""
    into: dict[str, list[tuple[Taken, Shown]]] = {}
    for one in taken:
        for shown in one.shown:
            lone = [shown.jump.target] if shown.jump is not None else [way.link.target for way in shown.ways]
            for name in dict.fromkeys(lone):
                into.setdefault(name, []).append((one, shown))
    return into


def _ways_into(name: str, into: _Into, start: str, seen: tuple[str, ...] = ()) -> list[Way | None] | None:
    """Give the choices into a passage, None among them for the story's beginning; None where others lead."""
    if name in seen or len(seen) > HOPS_MAX:
        return None
    ways: list[Way | None] = [None] if name == start else []
    for one, shown in into.get(name, ()):
        if shown.decides:
            ways += [way for way in shown.ways if way.link.target == name]
        else:
            reads = any(what == "read" for what, _ in reads_and_changes(one.nodes))
            before = None if reads else _ways_into(one.passage.name, into, start, (*seen, name))
            if before is None:
                return None
            ways += before
    return ways
