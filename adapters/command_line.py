"""The command line: which commands there are, what each takes, and what their exit codes mean."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.settings import Settings

if TYPE_CHECKING:
    from bot.model import Library

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

Command = Callable[[Settings, argparse.Namespace], int]


def library_of(settings: Settings, content: Path | None = None) -> Library:
    """Load what authors wrote."""
    from bot.content import load  # noqa: PLC0415  heavy: `mayshare --help` answers without it

    return load(content or settings.content, settings.cache)


def parser(runs: Mapping[str, Command]) -> argparse.ArgumentParser:
    """
    Describe the commands.

    Args:
        runs: by its name, what a command does; the first line of its docstring says so to who asks.
    """
    top = argparse.ArgumentParser(
        prog="mayshare",
        description="A tutor in chat that teaches one question: may I share this? "
        "Training, not legal advice.",
        epilog="Settings are read from the environment and from .env in this folder; the README lists them.",
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    one = commands.add_parser(
        "run", help="serve every platform whose tokens are set", description=runs["run"].__doc__
    )
    one.set_defaults(run=runs["run"])

    one = commands.add_parser(
        "chat", help="open the tutor in this terminal", description=runs["chat"].__doc__
    )
    one.add_argument(
        "--watch",
        type=Path,
        metavar="FILE",
        help="for authors: play this scenario's file, again at each save",
    )
    one.set_defaults(run=runs["chat"])

    one = commands.add_parser(
        "check", help="look for every problem in scenarios and laws", description=runs["check"].__doc__
    )
    one.add_argument(
        "folder", nargs="?", type=Path, help="a content folder (default: MAYSHARE_CONTENT, else ours)"
    )
    one.add_argument("--json", action="store_true", help="a list of problems, then of advice, as JSON")
    one.add_argument("--strict", action="store_true", help="fail (exit code 1) where there is advice alone")
    one.set_defaults(run=runs["check"])

    one = commands.add_parser("ask", help="ask the law in plain words", description=runs["ask"].__doc__)
    one.add_argument("question", help="the question in quotes, or - for one a line from standard input")
    one.add_argument("--role", help="whose agency you work for: school, probation, ...")
    one.add_argument("--state", help="the two letters of your state: OH")
    one.add_argument("--json", action="store_true", help="one JSON object a question")
    one.set_defaults(run=runs["ask"])

    one = commands.add_parser("laws", help="browse the laws", description=runs["laws"].__doc__)
    one.add_argument("name", nargs="?", help="a law (ferpa) or a provision (ferpa.consent)")
    one.add_argument("heading", nargs="?", help="one of its headings (exceptions)")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(run=runs["laws"])

    one = commands.add_parser("new", help="begin a scenario or a law", description=runs["new"].__doc__)
    one.add_argument("kind", choices=("scenario", "law"))
    one.add_argument("id", help="small letters, digits and hyphens, 20 at most: may-i")
    one.set_defaults(run=runs["new"])

    _add_author_commands(commands, runs)

    one = commands.add_parser("slack", help="set Slack up: slack manifest", description="Set Slack up.")
    own = one.add_subparsers(metavar="WHAT", required=True)
    one = own.add_parser("manifest", help="print the app manifest", description=runs["slack"].__doc__)
    one.set_defaults(run=runs["slack"])

    one = commands.add_parser(
        "telegram", help="set Telegram up: telegram setup", description="Set Telegram up."
    )
    own = one.add_subparsers(metavar="WHAT", required=True)
    one = own.add_parser(
        "setup", help="set commands, descriptions and webhook", description=runs["telegram"].__doc__
    )
    one.set_defaults(run=runs["telegram"])

    _add_report(commands, runs)

    for name, what in (
        ("export", "print all that is kept about a learner, as JSON"),
        ("erase", "erase all that is kept about a learner"),
    ):
        one = commands.add_parser(
            name, help=what, description=f"{runs[name].__doc__} Works beside a running tutor."
        )
        one.add_argument("--tenant", default="terminal", help="the workspace (default: this terminal)")
        one.add_argument(
            "--learner", default="you", help="the person's id in it (default: whoever sits here)"
        )
        one.set_defaults(run=runs[name])
        if name == "erase":
            one.add_argument("--yes", action="store_true", help="do it")
        else:
            one.add_argument("--json", action="store_true", help="the same: it is always JSON")
    return top


def _add_report(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], runs: Mapping[str, Command]
) -> None:
    one = commands.add_parser(
        "report",
        help="how teams do in their drills, or where the content falls short",
        description=runs["report"].__doc__,
        epilog="Works beside a running tutor. It tells nobody's answers, and nobody's words are kept.",
    )
    one.add_argument("drill", nargs="?", metavar="DRILL", help="a drill's id (default: list the drills)")
    one.add_argument("--tenant", help="whose drills; where two workspaces have one of the same id")
    one.add_argument(
        "--day", type=_day, metavar="YYYY-MM-DD", help="the week of that day (default: the last that closed)"
    )
    one.add_argument("--csv", type=Path, metavar="FILE", help="write the team's figures of all weeks")
    one.add_argument("--completions", type=Path, metavar="FILE", help="write who finished which week, as CSV")
    one.add_argument("--png", type=Path, metavar="FILE", help="write the week as a picture")
    one.add_argument("--content", action="store_true", help="on laws and questions, for authors")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(run=runs["report"])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it like 2026-11-30") from None


def _add_author_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], runs: Mapping[str, Command]
) -> None:
    one = commands.add_parser(
        "import", help="make a scenario of a Twine story", description=runs["import"].__doc__
    )
    one.add_argument("file", type=Path, metavar="FILE.twee", help="the story in Twee 3")
    one.add_argument(
        "-o", dest="output", type=Path, metavar="FILE.yaml", help="the scenario to write (default: print it)"
    )
    one.set_defaults(run=runs["import"])

    one = commands.add_parser("test", help="replay authors' transcripts", description=runs["test"].__doc__)
    one.add_argument(
        "paths", nargs="*", help="transcripts, or folders of them (default: transcripts/ of the content)"
    )
    one.set_defaults(run=runs["test"])

    one = commands.add_parser("graph", help="draw a scenario", description=runs["graph"].__doc__)
    one.add_argument("scenario", help=_SCENARIO)
    one.add_argument(
        "-o",
        "--output",
        type=_picture,
        required=True,
        metavar="FILE",
        help="its ending says what is written: .svg or .png by Graphviz; .mmd (Mermaid) or .dot as text",
    )
    one.set_defaults(run=runs["graph"])

    one = commands.add_parser("walk", help="play a scenario at random", description=runs["walk"].__doc__)
    one.add_argument("scenario", help=f"{_SCENARIO}; a variant's id is story.step.variant")
    one.add_argument("--runs", type=_runs, default=1000, help="how many plays (default: 1000)")
    one.add_argument(
        "--seed", type=int, default=0, help="of the chance: the same gives the same (default: 0)"
    )
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(run=runs["walk"])


_SCENARIO = "its id, or the path of its file, which may be unfinished"
_PICTURES = (".svg", ".png", ".mmd", ".dot")


def _picture(text: str) -> Path:
    if Path(text).suffix.lower() not in _PICTURES:
        raise argparse.ArgumentTypeError(f"{text!r} ends in none of {', '.join(_PICTURES)}")
    return Path(text)


def _runs(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of plays; give 1 or more")
    return int(text)
