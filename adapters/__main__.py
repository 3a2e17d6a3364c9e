"""The composition root: reads the settings once, builds everything, runs it; and the commands."""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.authoring import bring, check, graph, test, walk
from adapters.command_line import FAILED, INTERRUPTED, OK, USAGE, library_of, parser
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
    from bot.model import Library
    from bot.store.sqlite import SqliteStore

# Heavy imports stand inside the commands that need them, so that `mayshare --help` answers at once.


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

    library = library_of(settings)
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
    library = library_of(settings)
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


def ask(settings: Settings, args: argparse.Namespace) -> int:
    """Answer a question about the law, or one question a line from standard input (-)."""
    from adapters.answers import Answers  # noqa: PLC0415
    from bot.engine.texts import STATES  # noqa: PLC0415

    library = library_of(settings)
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

    shelf = Shelf(library_of(settings))
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
        lines = start_file(args.kind, args.id, folder, settings.content, library_of(settings))
    except StartingError as error:
        raise SettingError(str(error)) from error
    print("\n".join(lines))
    return OK


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


def report(settings: Settings, args: argparse.Namespace) -> int:
    """Say how a team did in its drill: who finished, and figures over five people or more."""
    from adapters.reporting import ReportError, reported, wrong_call  # noqa: PLC0415

    wrong = wrong_call(args)
    if wrong is not None:
        print(wrong, file=sys.stderr)
        return USAGE
    try:
        print(reported(settings, args, lambda: library_of(settings)))
    except ReportError as error:
        raise SettingError(str(error)) from error
    return OK


# --- the command line ------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    own = (run, chat, ask, laws, new, slack, telegram, report, export, erase)
    authors = (check, test, graph, walk)
    return parser({"import": bring, **{one.__name__: one for one in (*own, *authors)}})


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
