"""Where a run of the bench keeps its files, how much each row does, and what a row gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent  # of the checkout: what authors wrote lies there


@dataclass(frozen=True, slots=True)
class Place:
    """
    One temporary folder on the disk that is measured, and the amounts of work.

    Everything a row reads is made there once, so that all rows see the same content and
    the same database, whatever is edited meanwhile.
    """

    folder: Path
    quick: bool = False

    @property
    def content(self) -> Path:
        """The copy of the shipped content."""
        return self.folder / "content"

    @property
    def hundred(self) -> Path:
        """The content folder with the generated scenarios."""
        return self.folder / "hundred"

    @property
    def cache(self) -> Path:
        """Where that content lies parsed and checked, for rows that start as a tutor does again."""
        return self.folder / "cache"

    @property
    def questions(self) -> Path:
        """The copy of the questions that nothing was learned from."""
        return self.folder / "questions"

    @property
    def database(self) -> Path:
        """The database that the rows of turns start from, to be copied and left alone."""
        return self.folder / "start.db"

    @property
    def learners(self) -> int:
        """Learners in that database."""
        return 100 if self.quick else 1_000

    @property
    def alone(self) -> int:
        """Presses of each learner where one turn is in flight."""
        return 2 if self.quick else 3

    @property
    def crowded(self) -> int:
        """Presses of each learner where many are in flight."""
        return 4 if self.quick else 10

    @property
    def polled(self) -> int:
        """Presses where each waits for slack-bolt's clock, some ten milliseconds."""
        return 20 if self.quick else 200

    @property
    def pickled(self) -> int:
        """Presses where each writes a file of all learners."""
        return 100 if self.quick else 1_000

    @property
    def opened(self) -> int:
        """Conversations opened to see what one costs in memory."""
        return 500 if self.quick else 5_000

    @property
    def drilled(self) -> int:
        """People in a drill."""
        return 100 if self.quick else 1_000

    @property
    def looks(self) -> int:
        """Looks at a drill at which nothing is to do."""
        return 10 if self.quick else 100

    @property
    def floors(self) -> int:
        """Flushes and hops that are timed."""
        return 200 if self.quick else 2_000

    @property
    def starts(self) -> int:
        """Processes that are started for one figure."""
        return 1 if self.quick else 3


@dataclass(frozen=True, slots=True)
class Measured:
    """What a row gives: figures by name, and a digest where another row must have done the same."""

    figures: dict[str, float]
    digest: str = ""


def microseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Give the median and the slowest hundredth of some durations, in microseconds."""
    ordered = sorted(seconds)
    return {
        "p50": ordered[len(ordered) // 2] * 1e6,
        "p99": ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1e6,
    }


class WrongResultError(Exception):
    """A row was fast, and wrong. Nothing it measured counts."""


@dataclass(slots=True)
class Watch:
    """Durations of single turns, and how long all of them took."""

    each: list[float] = field(default_factory=list)
    whole: float = 0.0

    def figures(self) -> dict[str, float]:
        """Give turns a second and the durations of single turns."""
        return {"per_second": len(self.each) / self.whole, **microseconds(self.each)}
