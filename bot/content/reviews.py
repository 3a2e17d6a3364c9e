"""`laws/reviews.csv`: who held which provision's words against which text, and what they found."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import msgspec

from bot.content.problems import problem
from bot.model import Problem, Provision

NAME = "laws/reviews.csv"
COLUMNS = ("provision", "source", "checked", "reviewer", "verdict", "note", "words")
VERDICTS = ("yes", "corrected")

_encoder = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class Review:
    """One row: a reader held the words with this fingerprint against a source."""

    line: int
    provision: str
    reviewer: str
    words: str


def fingerprint(provision: Provision) -> str:
    """Give 8 letters that change when what a provision states, or where it stands, changes."""
    stated = (provision.title, provision.says, provision.conditions, provision.cites)
    facts = (provision.turns_on, provision.myth)
    return blake2b(_encoder.encode((stated, facts)), digest_size=4).hexdigest()


def review_problems(data: bytes, provisions: Mapping[str, Provision]) -> Iterator[Problem]:
    """
    Check the table of reviews.

    Args:
        data: of the file.
        provisions: all there are, by id.

    Returns:
        Problems: a table that cannot be read, a row for a provision that is not there, and a
        provision whose words are newer than its last row.
    """
    rows = []
    for row in read_reviews(data):
        if isinstance(row, Problem):
            yield row
        else:
            rows.append(row)
    newest = {row.provision: row for row in rows}
    for row in newest.values():
        provision = provisions.get(row.provision)
        if provision is None:
            message = f"There is no provision {row.provision!r}."
            yield problem("unknown-provision", NAME, row.line, message)
        elif row.words != (words := fingerprint(provision)):
            message = f"The words of {row.provision!r} are newer than its last review (they are now {words})."
            yield problem("review-outdated", NAME, row.line, message)


def read_reviews(data: bytes) -> Iterator[Review | Problem]:
    """Read the table's rows; what cannot be read is given as problems."""
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            message = f"The first line must be: {','.join(COLUMNS)}."
            yield problem("bad-table", NAME, 1, message)
            return
        for row in reader:
            line = reader.line_num
            if None in row or None in row.values():
                yield problem(
                    "bad-table", NAME, line, f"This row has not the {len(COLUMNS)} columns of the first."
                )
            elif row["verdict"] not in VERDICTS:
                message = f"{row['verdict']!r} is not one of: {', '.join(VERDICTS)}."
                yield problem("not-in-list", NAME, line, message)
            else:
                yield Review(line, row["provision"], row["reviewer"], row["words"])
    except (UnicodeDecodeError, csv.Error) as error:
        yield problem("bad-table", NAME, 1, f"This is no table in UTF-8: {type(error).__name__}.")
