"""
What people ask, as it was written down to learn from.

Each writer's questions are a file `laws/questions/<name>.csv` (provision, style, question); what the tutor
must decline is `laws/questions/declined.csv` (kind, style, question), and messages of harm that cannot
wait are `laws/questions/danger.csv` (kind, message).
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bot.laws.finding import texts_of
from bot.model import Library

QUESTIONS = "laws/questions"
DECLINED, DANGER = "declined", "danger"  # files that hold no ways of asking for a provision


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, the provision it asks for, and who wrote it."""

    provision: str
    text: str
    writer: str


def questions_in(folder: Path, library: Library) -> list[Asked]:
    """
    Read all ways of asking, those in the laws' own files included.

    Raises:
        ValueError: a row names no provision.
    """
    own = [Asked(one.id, text, "laws") for one in library.provisions.values() for text in one.asked_as]
    for path in sorted((folder / QUESTIONS).glob("*.csv")):
        if path.stem in {DECLINED, DANGER}:
            continue
        for number, row in enumerate(_rows(path), 2):
            if row["provision"] not in library.provisions:
                raise ValueError(f"{path.name}:{number}: there is no provision {row['provision']!r}")
            own.append(Asked(row["provision"], row["question"], path.stem))
    return own


def declined_in(folder: Path) -> list[str]:
    """Read what is to be declined."""
    return [row["question"] for row in _rows(folder / QUESTIONS / f"{DECLINED}.csv")]


def danger_in(folder: Path) -> list[tuple[str, str]]:
    """Read messages of harm that cannot wait, each with its kind, and others that only sound so."""
    return [(row["kind"], row["message"]) for row in _rows(folder / QUESTIONS / f"{DANGER}.csv")]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fingerprint(
    library: Library, asked: Sequence[Asked], declined: Sequence[str], danger: Sequence[tuple[str, str]]
) -> str:
    """Give letters that change when what is learned from does."""
    rules = [(one.id, one.heading, texts_of(one)) for one in library.provisions.values()]
    ways = sorted((one.provision, one.text) for one in asked)
    made_of = msgspec.json.encode((library.words, rules, ways, list(declined), list(danger)), order="sorted")
    return hashlib.blake2b(made_of, digest_size=8).hexdigest()
