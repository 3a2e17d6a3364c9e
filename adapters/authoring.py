"""What authors do on the command line: look for problems, replay, draw, play at random, bring in."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.command_line import FAILED, OK, USAGE, library_of
from adapters.settings import SettingError, Settings

if TYPE_CHECKING:
    from bot.model import Library, Scenario

# Heavy imports stand inside the commands that need them, so that `mayshare --help` answers at once.


def check(settings: Settings, args: argparse.Namespace) -> int:
    """Look for every problem in the content, and give advice on its style."""
    from bot.content import check as check_content  # noqa: PLC0415

    checked = check_content(args.folder or settings.content, settings.cache)
    if args.json:
        found = [_as_json(problem) for problem in (*checked.problems, *checked.advice)]
        print(json.dumps(found, indent=2) if found else "[]")
    else:
        if checked.library is None:
            print("\n".join(map(str, checked.problems)))
            print(f"\n{_count(len(checked.problems), 'problem')}.")
        else:
            counted = (
                _count(len(checked.library.editions), "scenario"),
                _count(len(checked.library.laws), "law"),
                _count(len(checked.library.provisions), "provision"),
            )
            print(f"No problems: {', '.join(counted)}.")
        if checked.advice:
            print("\nAdvice; all of this can be served as it is:\n")
            print("\n".join(map(str, checked.advice)))
            print(f"\n{_count(len(checked.advice), 'piece')} of advice.")
    return FAILED if checked.problems or (args.strict and checked.advice) else OK


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _as_json(value: Any) -> Any:
    import msgspec  # noqa: PLC0415

    return msgspec.to_builtins(value)


def bring(_: Settings, args: argparse.Namespace) -> int:
    """Make a scenario of a Twine story (Twee 3), and list all that could not be carried over."""
    from adapters.importing import import_twee  # noqa: PLC0415
    from adapters.twee import TweeError  # noqa: PLC0415

    try:
        made = import_twee(args.file.read_bytes(), args.file.name)
        if args.output is None:
            print(made.yaml, end="")
        else:
            with args.output.open("x", encoding="utf-8") as file:
                file.write(made.yaml)
    except TweeError as error:
        raise SettingError(f"{args.file}:{error}") from error
    except FileExistsError:
        raise SettingError(f"There is a file {args.output} already. Name another one after -o.") from None
    except OSError as error:
        raise SettingError(f"{error.filename}: {error.strerror}. Name another file.") from None
    for note in made.notes:
        print(f"{args.file}:{note.line}: {note.what}: {note.why}", file=sys.stderr)
    print(made.told(args.output), file=sys.stderr)
    return OK


def test(settings: Settings, args: argparse.Namespace) -> int:
    """Replay authors' transcripts."""
    from adapters.transcripts import replay  # noqa: PLC0415

    library = library_of(settings)
    named = [Path(path) for path in args.paths] or [settings.content / "transcripts"]
    missing = [path for path in named if not path.exists()]
    if missing:
        raise SettingError(f"There is no transcript at {missing[0]}.")
    paths = [path for one in named for path in (sorted(one.rglob("*.txt")) if one.is_dir() else [one])]
    mismatches = [mismatch for path in paths if (mismatch := replay(path, library)) is not None]
    for mismatch in mismatches:
        print(mismatch, end="\n\n")
    if not paths:
        print("There are no transcripts (files that end in .txt) to replay.")
        return FAILED
    good = len(paths) - len(mismatches)
    print(f"{good} of {len(paths)} transcripts hold, in memory and saved and reloaded after every turn.")
    return FAILED if mismatches else OK


def graph(settings: Settings, args: argparse.Namespace) -> int:
    """Draw a scenario: its steps, choices, conditions and endings, with a legend."""
    from adapters.graph import DrawingError, draw  # noqa: PLC0415
    from adapters.one_scenario import ScenarioError  # noqa: PLC0415

    try:
        _, scenario = _found(settings, args.scenario)
        draw(scenario, args.output)
    except ScenarioError as error:
        return _called_wrongly(error)
    except DrawingError as error:
        raise SettingError(str(error)) from error
    print(f"Drew {scenario.id} into {args.output}.")
    return OK


def walk(settings: Settings, args: argparse.Namespace) -> int:
    """Play a scenario many times at random; say what was never met, how it ends, how long it takes."""
    from adapters.one_scenario import ScenarioError  # noqa: PLC0415
    from adapters.walk import as_json, as_text  # noqa: PLC0415
    from adapters.walk import walk as walked  # noqa: PLC0415

    try:
        library, scenario = _found(settings, args.scenario)
    except ScenarioError as error:
        return _called_wrongly(error)
    seen = walked(library, scenario, args.runs, args.seed)
    print(as_json(seen) if args.json else as_text(seen, scenario))
    return OK if seen.met_all else FAILED


def _found(settings: Settings, name: str) -> tuple[Library, Scenario]:
    from adapters.one_scenario import find_scenario  # noqa: PLC0415

    return find_scenario(name, lambda: library_of(settings))


def _called_wrongly(error: Exception) -> int:
    print(error, file=sys.stderr)
    return USAGE
