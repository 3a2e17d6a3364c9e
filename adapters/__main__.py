"""The composition root: reads the settings once, builds everything, runs it; and the commands."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.settings import (
    SettingError,
    Settings,
    SlackSettings,
    TelegramSettings,
    read_settings,
    slack_settings,
    telegram_settings,
)

if TYPE_CHECKING:
    from bot.model import Library, Scenario
    from bot.store.sqlite import SqliteStore

# Heavy imports stand inside the commands that need them, so that `mayshare --help` answers at once.

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def _environment() -> dict[str, str]:
    """Give the environment, with what `.env` in this folder adds to it."""
    from dotenv import dotenv_values  # noqa: PLC0415

    try:
        own = dotenv_values(".env")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"The file .env cannot be read ({type(error).__name__}). Save it as UTF-8."
        ) from None
    return {**{name: value for name, value in own.items() if value is not None}, **os.environ}


def _library(settings: Settings, content: Path | None = None) -> Library:
    from bot.content import load  # noqa: PLC0415

    return load(content or settings.content, settings.cache)


# --- commands --------------------------------------------------------------------------------


def chat(settings: Settings, args: argparse.Namespace) -> int:
    """Open the tutor in this terminal, or read lines where there is none."""
    watched: Path | None = getattr(args, "watch", None)  # `run` opens the tutor too, and has no such option
    asyncio.run(_watch(settings, watched) if watched else _chat(settings))
    return OK


async def _watch(settings: Settings, path: Path) -> None:
    """Play a scenario's file while its author writes it. Nothing is kept."""
    from adapters.terminal import piped_lines, prompted_lines  # noqa: PLC0415
    from adapters.watching import WatchError, content_of, watch  # noqa: PLC0415
    from bot.content import load  # noqa: PLC0415

    def show(text: str) -> None:
        print(f"{text}\n", flush=True)

    try:
        folder = content_of(path)
        if sys.stdin.isatty() and sys.stdout.isatty():
            from prompt_toolkit.patch_stdout import patch_stdout  # noqa: PLC0415

            with patch_stdout():
                await watch(path, lambda: load(folder, settings.cache), prompted_lines(), show)
        else:
            await watch(path, lambda: load(folder, settings.cache), piped_lines(sys.stdin), show)
    except (WatchError, OSError) as error:
        raise SettingError(str(error)) from error


async def _chat(settings: Settings) -> None:
    from adapters.terminal import PlainScreen, RichScreen, Terminal, piped_lines, prompted_lines  # noqa: PLC0415
    from bot.store.sqlite import open_store  # noqa: PLC0415

    library = _library(settings)
    store = await open_store(settings.database, tell=lambda line: print(line, file=sys.stderr))
    try:
        if sys.stdin.isatty() and sys.stdout.isatty():
            from rich.console import Console  # noqa: PLC0415

            terminal = Terminal(RichScreen(Console(highlight=False)), Path.cwd())
            lines = prompted_lines()
        else:
            terminal = Terminal(PlainScreen(sys.stdout), Path.cwd())
            lines = piped_lines(sys.stdin)
        await _serve(library, store, terminal, lines)
    finally:
        await store.close()


async def _serve(library: Library, store: SqliteStore, terminal: Any, lines: Any) -> None:
    """Run tutor and sender for as long as the person talks."""
    import secrets  # noqa: PLC0415
    import time  # noqa: PLC0415

    from bot.sender import Sender  # noqa: PLC0415
    from bot.tutor import Tutor  # noqa: PLC0415

    sender = Sender(store, {"terminal": terminal}, time.time, library)
    tutor = Tutor(library, store, sender.take, lambda: secrets.token_hex(3))
    await store.tidy(int(time.time()), tutor.today())
    await sender.load()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(tutor.run()), tasks.create_task(sender.run())]
        await terminal.run(tutor, sender, lines)
        for task in running:
            task.cancel()


def run(settings: Settings, args: argparse.Namespace) -> int:
    """Serve every platform whose tokens are set; with none, open the tutor in this terminal."""
    slack, telegram = slack_settings(settings), telegram_settings(settings)
    if slack is None and telegram is None:
        if not sys.stdin.isatty():
            raise SettingError(
                "There is nothing to serve: no token is set, and this is no terminal. For Slack set "
                "SLACK_BOT_TOKEN, and SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP); "
                "docs/slack.md says where to find them. For Telegram set TELEGRAM_BOT_TOKEN; "
                "docs/telegram.md says how to get one. Without a token, `mayshare chat` is the tutor in a "
                "terminal."
            )
        return chat(settings, args)
    if settings.loses_disk and _is_on_root_disk(settings.database):
        raise SettingError(
            f"This host forgets its disk at every restart, and the database {settings.database} lies on it: "
            "what people did would be lost. Name a path on a lasting disk in MAYSHARE_DATABASE, or take a "
            "host that has one."
        )
    asyncio.run(_run(settings, slack, telegram))
    return OK


def _is_on_root_disk(database: Path) -> bool:
    """Say whether a file is, or would be, on the disk that the system itself is on."""
    folder = next(one for one in (database.absolute(), *database.absolute().parents) if one.exists())
    return folder.stat().st_dev == Path(folder.anchor).stat().st_dev


WEB_PORT = 3000  # where Slack's requests come in over HTTP, unless PORT says another


async def _run(settings: Settings, slack: SlackSettings | None, telegram: TelegramSettings | None) -> None:
    from adapters.logs import log_to  # noqa: PLC0415
    from adapters.service import Serving, serve, stop_on_signals  # noqa: PLC0415
    from bot.store.sqlite import open_store  # noqa: PLC0415

    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"):
        os.environ.pop(name, None)  # slack-bolt reads them behind our back, and would begin an OAuth flow
    os.environ["PTB_TIMEDELTA"] = "true"  # python-telegram-bot's later form; it warns of the older
    log_to(sys.stderr)
    stop = asyncio.Event()
    library = _library(settings)
    store = await open_store(settings.database, tell=lambda line: print(line, file=sys.stderr))
    try:
        by_http = (slack is not None and not slack.app_token) or (
            telegram is not None and bool(telegram.webhook_secret and telegram.public_url)
        )
        port = settings.port if settings.port is not None or not by_http else WEB_PORT
        # until it serves there is nothing to finish: a signal ends it at once, by default
        await serve(library, store, Serving(slack, port, telegram), stop, lambda _: stop_on_signals(stop))
    finally:
        await store.close()


def slack(settings: Settings, _: argparse.Namespace) -> int:
    """Print the manifest from which Slack makes the app: its name, its ways in, and why it asks for what."""
    from adapters.slack.manifest import manifest  # noqa: PLC0415

    if settings.public_url is not None and not settings.public_url.startswith("https://"):
        raise SettingError("Slack sends to https only. Give MAYSHARE_PUBLIC_URL an address with https://")
    print(manifest(settings.public_url), end="")
    return OK


def telegram(settings: Settings, _: argparse.Namespace) -> int:
    """Set the bot's commands, descriptions and webhook, and say what was set."""
    reached = telegram_settings(settings)
    if reached is None:
        raise SettingError("TELEGRAM_BOT_TOKEN is missing; docs/telegram.md says how to get one.")
    for line in asyncio.run(_set_telegram_up(reached)):
        print(line)
    return OK


async def _set_telegram_up(reached: TelegramSettings) -> list[str]:
    from telegram.error import TelegramError  # noqa: PLC0415

    from adapters.telegram.app import initialized  # noqa: PLC0415
    from adapters.telegram.setup import bot_for, set_up, tell_how_updates_come  # noqa: PLC0415

    bot = await initialized(bot_for(reached.token, reached.api_url))
    try:
        told = [f"The bot is @{bot.username}.", *await set_up(bot)]
        return [*told, await tell_how_updates_come(bot, reached.public_url, reached.webhook_secret)]
    except TelegramError as error:
        raise SettingError(
            f"Telegram did not take all of it ({error.message}). Try again in a minute; "
            "TELEGRAM_API_URL, if set, must be right."
        ) from None
    finally:
        await bot.shutdown()


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


def ask(settings: Settings, args: argparse.Namespace) -> int:
    """Answer a question about the law, or one question a line from standard input (-)."""
    from adapters.answers import Answers  # noqa: PLC0415
    from bot.engine.texts import STATES  # noqa: PLC0415

    library = _library(settings)
    if args.role is not None and args.role not in library.terms.roles:
        raise SettingError(
            f"There is no role {args.role!r}. The roles are: {', '.join(library.terms.roles)}."
        )
    if args.state is not None and args.state.upper() not in STATES:
        raise SettingError(f"There is no state {args.state!r}. Give its two letters, like OH.")
    answers = Answers(library, args.role, args.state.upper() if args.state else None)
    write = answers.as_json if args.json else answers.as_text
    if args.question == "-":
        for line in sys.stdin:
            print(write(line.rstrip("\n")), flush=True)
    else:
        print(write(args.question))
    return OK


def laws(settings: Settings, args: argparse.Namespace) -> int:
    """Browse the laws: all of them, one law's headings, one heading's provisions, or one provision."""
    from adapters.answers import Shelf  # noqa: PLC0415

    shelf = Shelf(_library(settings))
    text = shelf.as_json(args.name, args.heading) if args.json else shelf.as_text(args.name, args.heading)
    if text is None:
        raise SettingError(f"There is no law, heading or provision of that name. {shelf.known(args.name)}")
    print(text)
    return OK


def new(settings: Settings, args: argparse.Namespace) -> int:
    """Write a commented starting file that passes the check."""
    from adapters.starting import StartingError, start_file  # noqa: PLC0415

    folder = Path(_environment().get("MAYSHARE_CONTENT") or Path.cwd())
    try:
        lines = start_file(args.kind, args.id, folder, settings.content, _library(settings))
    except StartingError as error:
        raise SettingError(str(error)) from error
    print("\n".join(lines))
    return OK


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

    library = _library(settings)
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

    return find_scenario(name, lambda: _library(settings))


def _called_wrongly(error: Exception) -> int:
    print(error, file=sys.stderr)
    return USAGE


def export(settings: Settings, args: argparse.Namespace) -> int:
    """Print all that is kept about a learner."""
    print(asyncio.run(_export(settings, args.tenant, args.learner)))
    return OK


async def _export(settings: Settings, tenant: str, learner: str) -> str:
    from bot.records import export_of  # noqa: PLC0415
    from bot.store.sqlite import open_store  # noqa: PLC0415

    store = await open_store(settings.database, lease=False)
    try:
        return export_of(tenant, learner, await store.kept(tenant, learner))
    finally:
        await store.close()


def report(settings: Settings, args: argparse.Namespace) -> int:
    """Tell authors where the content falls short: wrong answers by rule, unanswered questions by topic."""
    from bot.report import content_report  # noqa: PLC0415

    counted = asyncio.run(_counts(settings))
    print(content_report(_library(settings), counted, as_json=args.json))
    return OK


async def _counts(settings: Settings) -> Sequence[tuple[str, str, int]]:
    from bot.store.sqlite import open_store  # noqa: PLC0415

    store = await open_store(settings.database, lease=False)
    try:
        return await store.counts()
    finally:
        await store.close()


def erase(settings: Settings, args: argparse.Namespace) -> int:
    """Erase all that is kept about a learner."""
    if not args.yes:
        print(
            f"This erases everything kept about the learner {args.learner!r} of the tenant {args.tenant!r}; "
            "it cannot be undone. To do it, add --yes.",
            file=sys.stderr,
        )
        return USAGE
    if asyncio.run(_erase(settings, args.tenant, args.learner)):
        print("Erased.")
    else:
        print("There was nothing to erase.")
    return OK


async def _erase(settings: Settings, tenant: str, learner: str) -> bool:
    from bot.store.sqlite import open_store  # noqa: PLC0415

    store = await open_store(settings.database, lease=False)
    try:
        return await store.erase(tenant, learner)
    finally:
        await store.close()


# --- the command line ------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mayshare",
        description="A tutor in chat that teaches one question: may I share this? "
        "Training, not legal advice.",
        epilog="Settings are read from the environment and from .env in this folder; the README lists them.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    one = commands.add_parser(
        "run", help="serve every platform whose tokens are set", description=run.__doc__
    )
    one.set_defaults(run=run)

    one = commands.add_parser("chat", help="open the tutor in this terminal", description=chat.__doc__)
    one.add_argument(
        "--watch",
        type=Path,
        metavar="FILE",
        help="for authors: play this scenario's file, again at each save",
    )
    one.set_defaults(run=chat)

    one = commands.add_parser(
        "check", help="look for every problem in scenarios and laws", description=check.__doc__
    )
    one.add_argument(
        "folder", nargs="?", type=Path, help="a content folder (default: MAYSHARE_CONTENT, else ours)"
    )
    one.add_argument("--json", action="store_true", help="a list of problems, then of advice, as JSON")
    one.add_argument("--strict", action="store_true", help="fail (exit code 1) where there is advice alone")
    one.set_defaults(run=check)

    one = commands.add_parser("ask", help="ask the law in plain words", description=ask.__doc__)
    one.add_argument("question", help="the question in quotes, or - for one a line from standard input")
    one.add_argument("--role", help="whose agency you work for: school, probation, ...")
    one.add_argument("--state", help="the two letters of your state: OH")
    one.add_argument("--json", action="store_true", help="one JSON object a question")
    one.set_defaults(run=ask)

    one = commands.add_parser("laws", help="browse the laws", description=laws.__doc__)
    one.add_argument("name", nargs="?", help="a law (ferpa) or a provision (ferpa.consent)")
    one.add_argument("heading", nargs="?", help="one of its headings (exceptions)")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(run=laws)

    one = commands.add_parser("new", help="begin a scenario or a law", description=new.__doc__)
    one.add_argument("kind", choices=("scenario", "law"))
    one.add_argument("id", help="small letters, digits and hyphens, 20 at most: may-i")
    one.set_defaults(run=new)

    _add_author_commands(commands)

    one = commands.add_parser("slack", help="set Slack up: slack manifest", description="Set Slack up.")
    own = one.add_subparsers(metavar="WHAT", required=True)
    one = own.add_parser("manifest", help="print the app manifest", description=slack.__doc__)
    one.set_defaults(run=slack)

    one = commands.add_parser(
        "telegram", help="set Telegram up: telegram setup", description="Set Telegram up."
    )
    own = one.add_subparsers(metavar="WHAT", required=True)
    one = own.add_parser("setup", help="set commands, descriptions and webhook", description=telegram.__doc__)
    one.set_defaults(run=telegram)

    one = commands.add_parser(
        "report",
        help="where the content falls short",
        description=f"{report.__doc__} No one's words are kept.",
    )
    one.add_argument("--content", action="store_true", required=True, help="on laws and questions")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(run=report)

    for name, command, what in (
        ("export", export, "print all that is kept about a learner, as JSON"),
        ("erase", erase, "erase all that is kept about a learner"),
    ):
        one = commands.add_parser(
            name, help=what, description=f"{command.__doc__} Works beside a running tutor."
        )
        one.add_argument("--tenant", default="terminal", help="the workspace (default: this terminal)")
        one.add_argument(
            "--learner", default="you", help="the person's id in it (default: whoever sits here)"
        )
        one.set_defaults(run=command)
        if name == "erase":
            one.add_argument("--yes", action="store_true", help="do it")
        else:
            one.add_argument("--json", action="store_true", help="the same: it is always JSON")
    return parser


def _add_author_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one = commands.add_parser("import", help="make a scenario of a Twine story", description=bring.__doc__)
    one.add_argument("file", type=Path, metavar="FILE.twee", help="the story in Twee 3")
    one.add_argument(
        "-o", dest="output", type=Path, metavar="FILE.yaml", help="the scenario to write (default: print it)"
    )
    one.set_defaults(run=bring)

    one = commands.add_parser("test", help="replay authors' transcripts", description=test.__doc__)
    one.add_argument(
        "paths", nargs="*", help="transcripts, or folders of them (default: transcripts/ of the content)"
    )
    one.set_defaults(run=test)

    one = commands.add_parser("graph", help="draw a scenario", description=graph.__doc__)
    one.add_argument("scenario", help=_SCENARIO)
    one.add_argument(
        "-o",
        "--output",
        type=_picture,
        required=True,
        metavar="FILE",
        help="its ending says what is written: .svg or .png by Graphviz; .mmd (Mermaid) or .dot as text",
    )
    one.set_defaults(run=graph)

    one = commands.add_parser("walk", help="play a scenario at random", description=walk.__doc__)
    one.add_argument("scenario", help=_SCENARIO)
    one.add_argument("--runs", type=_runs, default=1000, help="how many plays (default: 1000)")
    one.add_argument(
        "--seed", type=int, default=0, help="of the chance: the same gives the same (default: 0)"
    )
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(run=walk)


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code is 0, 1 where it failed, 2 where it was called wrongly."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a code page lacks characters that authors use
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # a byte that is no text must not end a conversation
    args = _parser().parse_args(arguments)
    try:
        return int(args.run(read_settings(_environment()), args))
    except KeyboardInterrupt:
        return OK if args.run is chat else INTERRUPTED
    except BaseException as error:
        if _is_broken_pipe(error):  # whoever read our output has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return OK
        told = _told(error)
        if told is None:
            raise
        print("\n".join(told), file=sys.stderr)
        return FAILED


def _is_broken_pipe(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_broken_pipe, error.exceptions))
    return isinstance(error, BrokenPipeError)


def _told(error: BaseException) -> list[str] | None:
    """Give the texts of errors that are written for the operator; None if another one is among them."""
    from bot.content import ContentError  # noqa: PLC0415
    from bot.store import StoreError  # noqa: PLC0415

    if isinstance(error, BaseExceptionGroup):
        parts = [_told(one) for one in error.exceptions]
        known = [part for part in parts if part is not None]
        return (
            list(dict.fromkeys(text for part in known for text in part)) if len(known) == len(parts) else None
        )
    ours: tuple[type[BaseException], ...] = (SettingError, StoreError, ContentError)
    if "adapters.service" in sys.modules:  # only then can one of its errors have been raised
        from adapters.service import PortError  # noqa: PLC0415
        from adapters.slack.starting import SlackSettingError  # noqa: PLC0415
        from adapters.telegram.app import TelegramSettingError  # noqa: PLC0415

        ours = (*ours, PortError, SlackSettingError, TelegramSettingError)
    return [str(error)] if isinstance(error, ours) else None


if __name__ == "__main__":
    sys.exit(main())
