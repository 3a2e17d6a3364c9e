"""
Measure what each part of finding adds: `python -m bot.content.measuring`. It takes some minutes.

It is measured on `tests/questions/held-*.jsonl` and `declined-*.jsonl`, whose writers saw none of the
questions that were learned from. Nothing is written: every row of the table learns its own weights, and
the whole table learns from one reading of the files, whatever is edited meanwhile.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec

from bot.content import load
from bot.content.learning import OF_HEADING, OF_LAW, OF_MIDDLE, WHOLE, Parts, figures, learn
from bot.content.questions import Asked, danger_in, declined_in, fingerprint, questions_in
from bot.laws.finding import Finder
from bot.laws.language import Language
from bot.model import Library, Ranker, Words

HELD = "tests/questions"
LAWS = "laws"  # the writer of the ways of asking that stand in the laws' own files
JOBS = 2  # rows learned at a time, each in a process of its own
_SHARES = ("hit@1", "hit@3", "silent", "refused")
_NO_WORDS = Words({}, {}, {}, {})


class Unmended(Language):
    """A language that takes every word as it is spelled."""

    def __init__(self, words: Words, known: Iterable[str]) -> None:
        super().__init__(words, known)
        self._spelled = ()


class _Reader(Finder):
    """A finder that reads questions in the language its weights were learned in."""

    def __init__(self, library: Library, ranker: Ranker, language: type[Language]) -> None:
        super().__init__(library.provisions.values(), library.words, ranker)
        self._language = language(library.words, ranker.words)


@dataclass(frozen=True, slots=True)
class Material:
    """All that is learned from."""

    library: Library
    asked: Sequence[Asked]
    declined: Sequence[str]
    danger: Sequence[tuple[str, str]]

    def writers(self) -> list[str]:
        """Give who wrote the ways of asking, the laws' own authors left out."""
        return sorted({one.writer for one in self.asked} - {LAWS})


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One writer's questions to measure on, and others to decline."""

    name: str
    questions: list[dict[str, Any]]
    others: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Way:
    """
    One way to find provisions.

    `writers` are those learned from, beside the ways of asking in the laws' own files; None learns nothing.
    """

    writers: frozenset[str] | None
    asked_as: bool = True
    concepts: bool = True
    parts: Parts = WHOLE


def finder_of(material: Material, way: Way) -> Finder:
    """Make the finder that finds in this way."""
    library = material.library
    if not way.concepts:
        library = msgspec.structs.replace(library, words=_NO_WORDS)
    if way.writers is None:
        rules = library.provisions.values()
        own = [one if way.asked_as else msgspec.structs.replace(one, asked_as=()) for one in rules]
        return Finder(own, library.words)
    asked = [one for one in material.asked if one.writer in {LAWS, *way.writers}]
    ranker = learn(library, asked, material.declined, material.danger, way.parts)
    return _Reader(library, ranker, way.parts.language)


def rows(writers: Sequence[str]) -> dict[str, list[Way]]:
    """Give the table's rows: a name, and the ways whose mean it tells. The last is the full one."""
    full = Way(frozenset(writers))
    table = {
        "own words of the rules": [Way(None, asked_as=False)],
        "and the laws' ways of asking": [Way(None)],
        "full, without concepts": [replace(full, concepts=False)],
        "full, without spelling": [replace(full, parts=Parts(language=Unmended))],
        "full, without law and heading": [replace(full, parts=Parts(law=0, heading=0))],
        "full, without the middle": [replace(full, parts=Parts(middle=0))],
    }
    for count in range(1, len(writers)):
        table[f"{count} of {len(writers)} writers, mean"] = [Way(one) for one in _choices(writers, count)]
    return table | {f"full, {len(writers)} writers": [full]}


def _choices(writers: Sequence[str], count: int) -> list[frozenset[str]]:
    """Choose some writers, as often as there are writers, so that each is chosen as often."""
    around = [*writers, *writers]
    return [frozenset(around[start : start + count]) for start in range(len(writers))]


def held_out(folder: Path) -> list[HeldOut]:
    """Read what is measured on."""
    names = sorted(path.stem.partition("-")[2] for path in (folder / HELD).glob("held-*.jsonl"))
    return [
        HeldOut(name, *(_lines(folder / HELD / f"{part}-{name}.jsonl") for part in ("held", "declined")))
        for name in names
    ]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def measured(finder: Finder, held: HeldOut) -> dict[str, float]:
    """Measure a finder on one writer's questions."""
    return figures(finder, held.questions, [one["question"] for one in held.others])


def _mean(each: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: fmean(one[name] for one in each) for name in each[0]}


def report(material: Material, sets: Sequence[HeldOut]) -> Iterator[str]:
    """Write the table, a row as soon as it is measured, then the full one by law, style and kind."""
    yield "Percent of held-out questions: a right rule first, among the first three; silent; others refused."
    yield _head("", [f"{one.name}: {len(one.questions)} and {len(one.others)}" for one in sets], _SHARES)
    table = rows(material.writers())
    ways = [way for each in table.values() for way in each]
    with ProcessPoolExecutor(JOBS) as pool:
        made = pool.map(partial(finder_of, material), ways)
        for name, each in table.items():
            finders = [next(made) for _ in each]
            shares = [_mean([measured(one, held) for one in finders]) for held in sets]
            yield _line(name, shares, _SHARES)
    full = finders[0]
    yield ""
    yield from _by_law(full, sets)
    yield ""
    yield from _by(full, sets, "style")
    yield ""
    yield from _refused_by_kind(full, sets)


def _by_law(finder: Finder, sets: Sequence[HeldOut]) -> Iterator[str]:
    """Write how well questions for each law are answered, all writers' together; most asked for first."""
    every = [one for held in sets for one in held.questions]
    laws: dict[str, list[dict[str, Any]]] = {}
    for one in every:
        laws.setdefault(one.get("law") or one["gold"][0].partition(".")[0], []).append(one)
    yield _head("full, by law", ["all"], ("n", *_SHARES[:3]))
    for law, asked in sorted(laws.items(), key=lambda item: -len(item[1])):
        yield _line(law, [{**figures(finder, asked, ()), "n": len(asked)}], ("n", *_SHARES[:3]))


def _by(finder: Finder, sets: Sequence[HeldOut], what: str) -> Iterator[str]:
    """Write how well questions of each style are answered, writer by writer."""
    yield _head(f"full, by {what}", [held.name for held in sets], ("n", *_SHARES[:3]))
    for value in sorted({one[what] for held in sets for one in held.questions}):
        asked = [[one for one in held.questions if one[what] == value] for held in sets]
        shares = [{**figures(finder, each, ()), "n": len(each)} for each in asked]
        yield _line(value, shares, ("n", *_SHARES[:3]))


def _refused_by_kind(finder: Finder, sets: Sequence[HeldOut]) -> Iterator[str]:
    """Write how many of the questions to decline are declined, by what they are about."""
    yield _head("full, by kind of others", [held.name for held in sets], ("n", "refused"))
    for kind in sorted({one["kind"] for held in sets for one in held.others}):
        texts = [[one["question"] for one in held.others if one["kind"] == kind] for held in sets]
        shares = [{**figures(finder, (), each), "n": len(each)} for each in texts]
        yield _line(kind, shares, ("n", "refused"))


_WIDTH = 8  # of a column


def _head(name: str, over: Sequence[str], columns: Sequence[str]) -> str:
    """Write two lines: whose the columns are, and what they tell."""
    width = _WIDTH * len(columns)
    above = " " * 32 + "".join(f"{one:>{width}}" for one in over)
    return above + f"\n{name:<32}" + "".join(f"{one:>{_WIDTH}}" for one in columns) * len(over)


def _line(name: str, each: Sequence[dict[str, float]], columns: Sequence[str]) -> str:
    cells = (_cell(shares, column) for shares in each for column in columns)
    return f"{name:<32}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)


def _cell(shares: dict[str, float], column: str) -> str:
    if column == "n":
        return f"{shares['n']:.0f}"
    return "" if shares.get("n") == 0 else f"{100 * shares[column]:.1f}"


def main(folder: Path) -> None:
    """Measure everything and print it."""
    library = load(folder)
    material = Material(library, questions_in(folder, library), declined_in(folder), danger_in(folder))
    learned = (material.library, material.asked, material.declined, material.danger)
    if library.ranker is None or library.ranker.made_of != fingerprint(*learned):
        print("The shipped ranker is of other laws or questions than these. (make ranker)", flush=True)
    print(f"Middle {OF_MIDDLE}, law {OF_LAW}, heading {OF_HEADING}; {len(material.asked)} ways of asking.")
    for line in report(material, held_out(folder)):
        print(line, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2])
