"""A Twine passage with branches as a row of steps without: the first whose condition holds is shown."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.twee import Note, shortened
from adapters.twine.logic import Change, Wanted, joined, negation
from adapters.twine.nodes import SOFT, Arm, Branch, Jump, Link, Node, Words
from bot.model import Bounds

WAYS_MAX = 8  # steps of one passage; past that its conditions are noted
ROWS_MAX = 64  # before those are left out that nobody can come to
TRIED_MAX = 4096  # values of variables tried to see whether a way can be come to

When = Mapping[str, Wanted]
BULLETS = f" \t\n{SOFT}*-•>|.,;0123456789"


@dataclass(slots=True)
class Way:
    """A link as a choice will have it; `before` and `after` are changes that its passages make."""

    link: Link
    when: When = field(default_factory=dict)
    before: list[Change] = field(default_factory=list)
    after: list[Change] = field(default_factory=list)


@dataclass(slots=True)
class Shown:
    """One step to be: when it is shown, its nodes without branches, and its ways on."""

    when: When
    nodes: list[Node]
    ways: list[Way]

    @property
    def jump(self) -> Jump | None:
        """Give the way on that nobody chooses."""
        return next((node for node in self.nodes if isinstance(node, Jump)), None)

    @property
    def changes(self) -> list[Change]:
        """Give what coming here changes."""
        return [node for node in self.nodes if isinstance(node, Change)]

    @property
    def decides(self) -> bool:
        """Say whether there is something to choose."""
        return self.jump is None and len(self.ways) > 1


class _TooManyError(Exception):
    """More ways than a passage should have."""


def shown_of(nodes: Sequence[Node], dropped: frozenset[str], notes: list[Note]) -> list[Shown]:
    """
    Spread a passage out.

    Args:
        nodes: of the passage.
        dropped: variables that cannot be kept; conditions on them are noted.
        notes: where to say what could not be kept.

    Returns:
        One step or several, in the order in which they are tried; only the last has no condition.
    """
    nodes = _without_unsaid(nodes, dropped, notes)
    rows = _few_rows(nodes)
    if rows is None:
        rows = _rows_of_the_first(nodes, notes)
    return [Shown(when, flat, list(_ways(flat))) for when, flat in rows]


def reads_and_changes(nodes: Sequence[Node]) -> Iterator[tuple[str, str]]:
    """Give, in order, the variables that a passage reads ("read") and changes ("change")."""
    for node in nodes:
        match node:
            case Change(name=name):
                yield "change", name
            case Branch(arms=arms):
                yield from (("read", name) for arm in arms for name in arm.wanted or ())
                for arm in arms:
                    yield from reads_and_changes(arm.nodes)
            case _:
                pass


def _without_unsaid(nodes: Sequence[Node], dropped: frozenset[str], notes: list[Note]) -> list[Node]:
    """Show always what stands under a condition that ours cannot say, and note it."""
    kept: list[Node] = []
    for node in nodes:
        if not isinstance(node, Branch):
            kept.append(node)
            continue
        said = [arm.source is None or _is_said(arm.wanted, dropped) for arm in node.arms]
        many = said.index(False) if False in said else len(said)
        arms = [
            Arm(arm.source, arm.wanted, tuple(_without_unsaid(arm.nodes, dropped, notes)))
            for arm in node.arms[:many]
        ]
        rest: list[Node] = []
        if many < len(said):  # those before it stay as they are, it and the others are what remains
            why = "our conditions cannot say this; what stands under it is shown always"
            rest = _flattened(
                [Branch(node.line, node.arms[many:])],
                why if not arms else f"{why}, if none before held",
                notes,
            )
        if arms:
            kept.append(Branch(node.line, (*arms, Arm(None, None, tuple(rest))) if rest else tuple(arms)))
        else:
            kept += rest
    return kept


def _is_said(wanted: When | None, dropped: frozenset[str]) -> bool:
    return wanted is not None and not set(wanted) & dropped


def _flattened(nodes: Sequence[Node], why: str, notes: list[Note]) -> list[Node]:
    """Take branches away; a jump under a condition becomes a choice, a change under one is noted."""
    flat: list[Node] = []
    for node in nodes:
        if not isinstance(node, Branch):
            flat.append(node)
            continue
        for arm in node.arms:
            notes.append(
                Note(node.line, "else" if arm.source is None else f"if {shortened(arm.source)}", why)
            )
            for inner in _flattened(arm.nodes, why, notes):
                match inner:
                    case Change():
                        told = "it was changed under a condition that was not carried over"
                        notes.append(Note(inner.line, inner.source, told))
                    case Jump(target=target, line=line):
                        told = "a jump under a condition that was not carried over; it is a choice now"
                        notes.append(Note(line, target, told))
                        flat.append(Link(target, target, line))
                    case _:
                        flat.append(inner)
            flat.append(Words("\n"))
    return flat


def _few_rows(nodes: list[Node]) -> list[tuple[When, list[Node]]] | None:
    """Give the ways through the branches; None where they are too many."""
    try:
        rows = list(itertools.islice(_rows(nodes, {}, {}, 0), ROWS_MAX + 1))
        rows = _reachable(rows) if len(rows) <= ROWS_MAX else rows
    except _TooManyError:
        return None
    return rows if len(rows) <= WAYS_MAX else None


def _rows_of_the_first(nodes: list[Node], notes: list[Note]) -> list[tuple[When, list[Node]]]:
    """Spread as many of the first branches as make few steps; show always what stands under the rest."""
    why = f"it makes more than {WAYS_MAX} steps of this passage; what stands under it is shown always"
    places = [place for place, node in enumerate(nodes) if isinstance(node, Branch)]
    for place in reversed(places[:WAYS_MAX]):
        told: list[Note] = []
        rows = _few_rows([*nodes[:place], *_flattened(nodes[place:], why, told)])
        if rows is not None:
            notes += told
            return rows
    raise AssertionError("nothing is left to spread before the first branch")


def _rows(nodes: list[Node], when: When, known: When, deep: int) -> Iterator[tuple[When, list[Node]]]:
    """Give every way through the branches, in the order in which they are tried.

    `when` must hold for it; `known` holds besides, since what was tried before did not.
    """
    place = _to_spread(nodes)
    if place is None:
        yield when, nodes
        return
    if deep > 2 * WAYS_MAX:
        raise _TooManyError
    branch = nodes[place]
    assert isinstance(branch, Branch)
    arms = [(arm.wanted, list(arm.nodes)) for arm in branch.arms]
    if branch.arms[-1].source is not None:
        arms.append(({}, []))
    for wanted, held in arms:
        here = joined(when, wanted or {})
        if here is not None and joined(known, here) is not None:  # else it can never be
            yield from _rows([*nodes[:place], *held, *nodes[place + 1 :]], here, known, deep + 1)
        opposite = joined(known, _opposite(wanted or {}))
        if opposite is None:
            return  # the arms so far leave nothing over
        known = opposite


def _opposite(wanted: When) -> When:
    """Give what holds if this does not, as far as ours can say it."""
    if len(wanted) != 1:
        return {}
    ((name, one),) = wanted.items()
    other = negation(one)
    return {} if other is None else {name: other}


def _to_spread(nodes: Sequence[Node]) -> int | None:
    """Give the place of a branch that makes steps; one of links alone can be conditions on choices."""
    branches = [place for place, node in enumerate(nodes) if isinstance(node, Branch)]
    for place in branches:
        branch = nodes[place]
        assert isinstance(branch, Branch)
        if _whens(branch) is None:
            return place
    always = sum(isinstance(node, Link) for node in nodes)
    return branches[0] if branches and always < 2 else None


def _whens(branch: Branch) -> list[When] | None:
    """Give the condition of each arm on its own, where it holds only links and ours can say it."""
    whens: list[When] = []
    so_far: When | None = {}  # that no arm before held
    for arm in branch.arms:
        if not all(
            isinstance(node, Link) or (isinstance(node, Words) and not node.text.strip(BULLETS))
            for node in arm.nodes
        ):
            return None
        here = joined(so_far, arm.wanted or {}) if so_far is not None else None
        if here is None:
            return None
        whens.append(here)
        opposite = negation(next(iter(arm.wanted.values()))) if arm.wanted and len(arm.wanted) == 1 else None
        so_far = (
            joined(so_far or {}, {next(iter(arm.wanted or {})): opposite}) if opposite is not None else None
        )
    return whens


def _ways(nodes: Sequence[Node]) -> Iterator[Way]:
    for node in nodes:
        match node:
            case Link():
                yield Way(node)
            case Branch(arms=arms):
                for when, arm in zip(_whens(node) or (), arms, strict=True):
                    yield from (Way(one, when) for one in arm.nodes if isinstance(one, Link))
            case _:
                pass


def _reachable(rows: list[tuple[When, list[Node]]]) -> list[tuple[When, list[Node]]]:
    """Leave out ways that an earlier one always hides; the last that is left needs no condition."""
    points: dict[str, set[int]] = {}
    for when, _ in rows:
        for name, wanted in when.items():
            ends = (wanted.min, wanted.max) if isinstance(wanted, Bounds) else (wanted,)
            near = {end + by for end in ends if end is not None for by in (-1, 0, 1)}
            points.setdefault(name, set()).update({0, 1} if isinstance(wanted, bool) else near)
    tried = 1
    for values in points.values():
        tried *= len(values)
    if tried > TRIED_MAX:
        raise _TooManyError
    seen: set[int] = set()
    for chosen in itertools.product(*points.values()):
        at = dict(zip(points, chosen, strict=True))
        seen.add(next(place for place, (when, _) in enumerate(rows) if _holds(when, at)))
    kept = [row for place, row in enumerate(rows) if place in seen]
    return [*kept[:-1], ({}, kept[-1][1])]


def _holds(when: When, at: Mapping[str, int]) -> bool:
    for name, wanted in when.items():
        if isinstance(wanted, Bounds):
            if not (wanted.min is None or at[name] >= wanted.min) or not (
                wanted.max is None or at[name] <= wanted.max
            ):
                return False
        elif at[name] != wanted:
            return False
    return True
