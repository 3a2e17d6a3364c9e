"""Settings: what the environment says, read once, and each with what to mend where it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class SettingError(Exception):
    """A setting cannot be used; the text names it and the mend."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment (and `.env`) says."""

    database: Path
    content: Path
    cache: Path
    port: int | None = None
    public_url: str | None = None
    slack_bot_token: str = field(default="", repr=False)
    slack_app_token: str = field(default="", repr=False)
    slack_signing_secret: str = field(default="", repr=False)
    slack_api_url: str | None = None
    telegram_token: str = field(default="", repr=False)
    telegram_secret: str = field(default="", repr=False)
    telegram_api_url: str | None = None
    loses_disk: bool = False  # a host that begins each run with an empty disk


def read_settings(environment: Mapping[str, str]) -> Settings:
    """
    Read the settings.

    Raises:
        SettingError: one of them cannot be used.
    """
    import platformdirs  # noqa: PLC0415

    database = environment.get("MAYSHARE_DATABASE", "").removeprefix("sqlite:///")
    if "://" in database:
        kind = database.partition("://")[0]
        raise SettingError(
            f"MAYSHARE_DATABASE begins with '{kind}://'. Give the path of an SQLite file instead."
        )
    if database and not Path(database).name:
        raise SettingError(f"MAYSHARE_DATABASE names {database!r}, which is no file. Give the path of one.")
    content = environment.get("MAYSHARE_CONTENT", "")
    if content and not Path(content).expanduser().is_dir():
        raise SettingError(
            f"MAYSHARE_CONTENT names {content!r}, which is no folder. Name one that holds scenarios/ "
            "and laws/, or leave it unset for what Mayshare ships."
        )
    return Settings(
        database=Path(database).expanduser()
        if database
        else platformdirs.user_data_path("mayshare") / "mayshare.db",
        content=Path(content).expanduser() if content else _shipped(),
        cache=platformdirs.user_cache_path("mayshare"),
        port=_port(environment.get("PORT", "")),
        public_url=_address(environment, "MAYSHARE_PUBLIC_URL"),
        slack_bot_token=environment.get("SLACK_BOT_TOKEN", "").strip(),
        slack_app_token=environment.get("SLACK_APP_TOKEN", "").strip(),
        slack_signing_secret=environment.get("SLACK_SIGNING_SECRET", "").strip(),
        slack_api_url=_address(environment, "SLACK_API_URL"),
        telegram_token=environment.get("TELEGRAM_BOT_TOKEN", "").strip(),
        telegram_secret=environment.get("TELEGRAM_WEBHOOK_SECRET", "").strip(),
        telegram_api_url=_address(environment, "TELEGRAM_API_URL"),
        loses_disk=bool(environment.get("DYNO")),  # Heroku sets it
    )


def _port(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise SettingError(f"PORT is {text!r}. Give a number below 65536, or leave it unset.")
    return int(text)


def _address(environment: Mapping[str, str], name: str) -> str | None:
    """Read an address of the web; None where it is not set."""
    text = environment.get(name, "").strip()
    if text and not text.startswith(("https://", "http://")):
        raise SettingError(f"{name} is {text!r}. Give the whole address, which begins with https://")
    return text.rstrip("/") or None


def _shipped() -> Path:
    """Give the content inside the installed package, or beside it in a checkout."""
    import bot  # noqa: PLC0415

    package = Path(bot.__file__).parent
    return package / "shipped" if (package / "shipped").is_dir() else package.parent


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """How to reach Slack: by a socket where there is an app token, else by requests with a secret."""

    bot_token: str = field(repr=False)
    app_token: str | None = field(repr=False, default=None)
    signing_secret: str | None = field(repr=False, default=None)
    api_url: str | None = None


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """How to reach Telegram: by a webhook where both are given, else by asking for updates."""

    token: str = field(repr=False)
    webhook_secret: str | None = field(repr=False, default=None)
    public_url: str | None = None
    api_url: str | None = None


def slack_settings(settings: Settings) -> SlackSettings | None:
    """
    Give how Slack is reached; None where nothing of it is set.

    Raises:
        SettingError: what is set is not enough, or is something else.
    """
    bot, app, secret = settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret
    if not (bot or app or secret):
        return None
    if not bot:
        raise SettingError(
            "SLACK_BOT_TOKEN is missing. It begins with xoxb-; docs/slack.md says where it is."
        )
    if not bot.startswith("xoxb-"):
        raise SettingError(
            "SLACK_BOT_TOKEN is no bot token: one begins with xoxb-. docs/slack.md says where."
        )
    if app and not app.startswith("xapp-"):
        raise SettingError(
            "SLACK_APP_TOKEN is no app token: one begins with xapp-. docs/slack.md says where."
        )
    if not (app or secret):
        raise SettingError(
            "SLACK_BOT_TOKEN is set, but no way in: set SLACK_APP_TOKEN for Socket Mode, which needs no "
            "public address, or SLACK_SIGNING_SECRET for HTTP. docs/slack.md says where they are."
        )
    return SlackSettings(bot, app or None, secret or None, settings.slack_api_url)


def telegram_settings(settings: Settings) -> TelegramSettings | None:
    """
    Give how Telegram is reached; None where it is not set.

    Raises:
        SettingError: what is set is not enough, or is something else.
    """
    token, secret = settings.telegram_token, settings.telegram_secret
    if not token:
        if secret:
            raise SettingError("TELEGRAM_WEBHOOK_SECRET is set, but TELEGRAM_BOT_TOKEN is missing.")
        return None
    if not re.fullmatch(r"\d+:[\w-]{30,}", token):
        raise SettingError(
            "TELEGRAM_BOT_TOKEN is no token of a bot: one looks like 123456789:AAE... docs/telegram.md says "
            "how to get one from @BotFather."
        )
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", secret):
        raise SettingError(
            "TELEGRAM_WEBHOOK_SECRET must have 16 to 256 letters, digits, _ or -. Make one up that nobody "
            "can guess."
        )
    return TelegramSettings(token, secret or None, settings.public_url, settings.telegram_api_url)
