"""Before serving: whose tokens these are, and whether they can do what we need; else what to mend."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.app import Workspace
from adapters.slack.manifest import APP_SCOPE, SCOPES

TRIES = 5  # how often Slack is asked at start, before the host is left to start us again
PATIENCE = 10  # seconds for one call; a person waits for the answer
TROUBLE = frozenset(  # of Slack's own, told with status 200
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "ratelimited"}
)


class SlackSettingError(Exception):
    """A token cannot be used; the text names the setting and the mend."""


def session_for() -> aiohttp.ClientSession:
    """Make a session whose calls end: a client of slack_sdk that is given a session leaves that to it."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE))


def client_for(token: str, api_url: str | None, session: aiohttp.ClientSession) -> AsyncWebClient:
    """
    Make a client of the Web API.

    It never repeats a call by itself: slack_sdk's own retry, after a connection that broke, would
    post a message twice where the first had arrived.
    """
    base = api_url.rstrip("/") + "/" if api_url else AsyncWebClient.BASE_URL
    return AsyncWebClient(token=token, base_url=base, session=session, timeout=PATIENCE, retry_handlers=[])


async def workspace_of(
    client: AsyncWebClient, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> Workspace:
    """
    Ask once whose token it is, and whether it has every scope.

    Raises:
        SlackSettingError: the token is wrong, or lacks a scope, or Slack cannot be reached.
    """
    answer = await _asked(client.auth_test, "SLACK_BOT_TOKEN", client.base_url, pause)
    has = {scope.strip() for scope in str(answer.headers.get("x-oauth-scopes", "")).split(",")}
    missing = [scope for scope in SCOPES if scope not in has]
    if missing:
        raise SlackSettingError(
            f"The token in SLACK_BOT_TOKEN lacks {_named(missing)}. Put the manifest that `mayshare slack "
            "manifest` prints into the app's settings (App Manifest), then reinstall the app (Install App)."
        )
    on_org = bool(answer.get("is_enterprise_install"))
    return Workspace(
        team=None if on_org else answer["team_id"],
        enterprise=answer.get("enterprise_id"),
        bot=answer.get("bot_id") or "",
        bot_user=answer["user_id"],
    )


async def socket_address(
    client: AsyncWebClient, app_token: str, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> str:
    """
    Ask for the address of a socket.

    Raises:
        SlackSettingError: the app token is wrong, or lacks its scope, or Slack cannot be reached.
    """

    def ask() -> Awaitable[Any]:
        return client.apps_connections_open(app_token=app_token)

    return str((await _asked(ask, "SLACK_APP_TOKEN", client.base_url, pause))["url"])


async def _asked(
    call: Callable[[], Awaitable[Any]], setting: str, base: str, pause: Callable[[float], Awaitable[None]]
) -> Any:
    for attempt in range(TRIES):
        try:
            return await call()
        except SlackApiError as error:
            code = _code(error)
            wait = _wait(error, code)
            if wait is None and code:
                raise SlackSettingError(_mend(setting, code)) from None
            wait = wait or 2.0**attempt  # an answer that is not Slack's: some other server's
        except (aiohttp.ClientError, TimeoutError, ConnectionError, AttributeError):
            wait = 2.0**attempt  # AttributeError: slack_sdk met plain text
        if attempt < TRIES - 1:
            await pause(wait)
    raise SlackSettingError(
        f"Slack cannot be reached at {base}. Is the network there? SLACK_API_URL, if set, must be right."
    )


def _code(error: SlackApiError) -> str:
    """Give Slack's code; empty where the answer is not Slack's."""
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def _wait(error: SlackApiError, code: str) -> float | None:
    """Give the seconds after which asking again makes sense; None where it makes none."""
    answer = error.response
    status = getattr(answer, "status_code", 0)
    if status == 429:
        return float(answer.headers.get("Retry-After", 30))
    return 5.0 if status >= 500 or code in TROUBLE else None


_BOT_TOKEN = "It begins with xoxb- and stands in the app's settings under OAuth & Permissions."  # noqa: S105
_APP_TOKEN = (
    f"It begins with xapp-; make one in the app's settings, under Basic Information, with the scope "
    f"{APP_SCOPE}."
)


def _mend(setting: str, code: str) -> str:
    where = _BOT_TOKEN if setting == "SLACK_BOT_TOKEN" else _APP_TOKEN
    match code:
        case "invalid_auth" | "not_authed" | "not_allowed_token_type":
            return f"Slack does not know the token in {setting} ({code}). {where}"
        case "account_inactive" | "token_revoked" | "token_expired":
            return (
                f"The token in {setting} is no longer valid ({code}): the app was removed from the "
                f"workspace, or its token was revoked. Install the app again, and copy the new token. {where}"
            )
        case "missing_scope" | "no_permission":
            return f"The token in {setting} lacks a scope ({code}). {where}"
        case _:
            return f"Slack refused the token in {setting} ({code}). {where}"


def _named(scopes: list[str]) -> str:
    word = "the scope" if len(scopes) == 1 else "the scopes"
    return f"{word} {', '.join(scopes)}"
