"""`python -m bench`: all rows, interleaved, then a report. It fails only where something broke."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from bench.authors import write_hundred
from bench.database import make_start
from bench.machine import facts
from bench.place import ROOT, Place, WrongResultError
from bench.report import Results, report, targets
from bench.rows import ROWS, run_here, run_round
from bot.content import load


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench, or the one row that a process of its own was started for."""
    args = _parser().parse_args(arguments)
    if args.row:
        print(run_here(args.row, Place(args.folder, args.quick)))
        return 0
    with tempfile.TemporaryDirectory(prefix="mayshare-bench-", dir=args.folder) as folder:
        try:
            return _run(Place(Path(folder), args.quick), 1 if args.quick else args.rounds, args.json)
        except WrongResultError as error:
            print(f"The bench broke: {error}", file=sys.stderr)
            return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Speed and size of the tutor, as ratios."
    )
    parser.add_argument(
        "--rounds", type=_count, default=5, metavar="N", help="rounds of all rows (default: 5)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="one small round: does it run? Its figures say little"
    )
    parser.add_argument(
        "--folder", type=Path, help="on the disk to measure (default: the system's temporary folder)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures of all rounds there too")
    parser.add_argument("--row", choices=ROWS, help=argparse.SUPPRESS)
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError(text)
    return count


def _run(place: Place, rounds: int, out: Path | None) -> int:
    known = facts(place.folder)
    _tell("preparing")
    _prepare(place)
    done = []
    for i in range(rounds):
        tell = partial(_tell, f"round {i + 1} of {rounds}:")
        done.append(run_round(place, backwards=i % 2 == 1, tell=tell))
    _tell()
    results = Results(done)
    print(report(results, known, place))
    if out is not None:
        everything = {
            "machine": known,
            "rounds": [{name: row.figures for name, row in one.items()} for one in done],
            "targets": [asdict(target) for target in targets(results)],
        }
        out.write_text(json.dumps(everything, indent=2) + "\n", "utf-8")
    return 0


def _tell(*what: str) -> None:
    """Show what is going on, where someone looks."""
    if sys.stderr.isatty():
        print("\r\033[K", *what, end="", file=sys.stderr, flush=True)


def _prepare(place: Place) -> None:
    """Make what the rows read: a copy of the content, the hundred scenarios, the database to start from."""
    for part in ("scenarios", "laws"):
        shutil.copytree(ROOT / part, place.content / part)
    shutil.copytree(ROOT / "laws", place.hundred / "laws")
    shutil.copytree(ROOT / "tests/questions", place.questions)
    write_hundred(place.hundred / "scenarios", sorted(load(place.content, place.cache).provisions))
    asyncio.run(make_start(place))


if __name__ == "__main__":
    sys.exit(main())
