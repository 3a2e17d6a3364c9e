"""Before serving: a token that cannot be used is told with its mend. And who is an administrator."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.admins import REMEMBERED, Admins
from adapters.slack.app import Workspace
from adapters.slack.manifest import APP_SCOPE, SCOPES
from adapters.slack.starting import (
    PATIENCE,
    TRIES,
    TROUBLE,
    SlackSettingError,
    client_for,
    session_for,
    socket_address,
    workspace_of,
)
from tests.slack import Slack
from tests.slack_bot import fake_slack


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with fake_slack() as slack:
        slack.person("U1")
        slack.person("U2", admin=True)
        yield slack


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(slack: Slack, session: aiohttp.ClientSession) -> AsyncWebClient:
    return client_for(slack.bot_token, slack.api_url, session)


@dataclass(slots=True)
class Pauses:
    """Pauses that are written down, not waited."""

    taken: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


async def trouble_with(client: AsyncWebClient, pauses: Pauses, app_token: str | None = None) -> str:
    """What an operator is told of the bot's token, or of the app's where one is given."""
    with pytest.raises(SlackSettingError) as told:
        if app_token is None:
            await workspace_of(client, pauses)
        else:
            await socket_address(client, app_token, pauses)
    shows_no_other = told.value.__suppress_context__ or told.value.__context__ is None
    assert shows_no_other, "what went wrong in the client can hold the token"
    text = str(told.value)
    for token in ("xoxb-", "xapp-"):
        assert f"{token}test" not in text
        assert f"{token}wrong" not in text
    return text


def calls(slack: Slack) -> list[str]:
    """The methods that were called."""
    return [method for method, *_ in slack.calls]


# --- the bot's token -------------------------------------------------------------------------


async def test_the_bot_s_token_tells_whose_it_is(client: AsyncWebClient, pauses: Pauses) -> None:
    workspace = await workspace_of(client, pauses)
    assert workspace == Workspace(team="T1", enterprise=None, bot="B1", bot_user="UBOT")
    assert workspace.tenant == "T1"
    assert pauses.taken == []


@pytest.mark.parametrize("address", ["/api", "/api/"])
async def test_the_address_of_the_api_may_end_as_it_likes(
    slack: Slack, session: aiohttp.ClientSession, pauses: Pauses, address: str
) -> None:
    client = client_for(slack.bot_token, slack.url + address, session)
    assert (await workspace_of(client, pauses)).team == "T1"


async def test_without_an_address_it_is_slack_s_own(session: aiohttp.ClientSession) -> None:
    assert client_for("xoxb-test", None, session).base_url == "https://slack.com/api/"


async def test_a_wrong_token_is_told_with_where_the_right_one_stands(
    slack: Slack, session: aiohttp.ClientSession, pauses: Pauses
) -> None:
    text = await trouble_with(client_for("xoxb-wrong", slack.api_url, session), pauses)
    assert "does not know the token in SLACK_BOT_TOKEN (invalid_auth)" in text
    assert "xoxb-" in text
    assert "OAuth & Permissions" in text
    assert pauses.taken == []


async def test_the_app_s_token_in_the_bot_s_place_is_told(
    slack: Slack, session: aiohttp.ClientSession, pauses: Pauses
) -> None:
    text = await trouble_with(client_for(slack.app_token, slack.api_url, session), pauses)
    assert "SLACK_BOT_TOKEN (not_allowed_token_type)" in text
    assert "It begins with xoxb-" in text


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive", "token_expired"])
async def test_a_revoked_token_is_told_with_its_mend(
    slack: Slack, client: AsyncWebClient, pauses: Pauses, error: str
) -> None:
    slack.fail("auth.test", error)
    text = await trouble_with(client, pauses)
    assert f"SLACK_BOT_TOKEN is no longer valid ({error})" in text
    assert "Install the app again" in text
    assert calls(slack) == ["auth.test"]


@pytest.mark.parametrize("scope", sorted(SCOPES))
async def test_a_missing_scope_is_named_with_its_mend(
    slack: Slack, client: AsyncWebClient, pauses: Pauses, scope: str
) -> None:
    slack.scopes.remove(scope)
    text = await trouble_with(client, pauses)
    assert f"SLACK_BOT_TOKEN lacks the scope {scope}." in text
    assert "mayshare slack manifest" in text
    assert "reinstall the app" in text


async def test_several_missing_scopes_are_all_named(
    slack: Slack, client: AsyncWebClient, pauses: Pauses
) -> None:
    slack.scopes = ["users:read"]
    text = await trouble_with(client, pauses)
    assert f"lacks the scopes {', '.join(scope for scope in SCOPES if scope != 'users:read')}." in text


async def test_more_scopes_than_needed_do_no_harm(
    slack: Slack, client: AsyncWebClient, pauses: Pauses
) -> None:
    slack.scopes.insert(0, "channels:read")
    assert (await workspace_of(client, pauses)).team == "T1"


async def test_what_slack_says_of_a_token_and_nobody_knows_is_told_as_it_is(
    slack: Slack, client: AsyncWebClient, pauses: Pauses
) -> None:
    slack.fail("auth.test", "something_new")
    assert "refused the token in SLACK_BOT_TOKEN (something_new)" in await trouble_with(client, pauses)


# --- the app's token -------------------------------------------------------------------------


async def test_the_app_s_token_opens_a_socket_once(
    slack: Slack, client: AsyncWebClient, session: aiohttp.ClientSession, pauses: Pauses
) -> None:
    address = await socket_address(client, slack.app_token, pauses)
    async with session.ws_connect(address) as ws:
        assert (await ws.receive_json())["type"] == "hello"
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await session.ws_connect(address)


async def test_a_wrong_app_token_is_told_with_how_to_make_one(client: AsyncWebClient, pauses: Pauses) -> None:
    text = await trouble_with(client, pauses, "xapp-wrong")
    assert "does not know the token in SLACK_APP_TOKEN (invalid_auth)" in text
    assert "xapp-" in text
    assert "Basic Information" in text


async def test_the_bot_s_token_in_the_app_s_place_is_told(
    slack: Slack, client: AsyncWebClient, pauses: Pauses
) -> None:
    text = await trouble_with(client, pauses, slack.bot_token)
    assert "SLACK_APP_TOKEN (not_allowed_token_type)" in text
    assert "It begins with xapp-" in text


@pytest.mark.parametrize("error", ["missing_scope", "no_permission"])
async def test_an_app_token_that_may_open_no_socket_is_told_with_its_scope(
    slack: Slack, client: AsyncWebClient, pauses: Pauses, error: str
) -> None:
    slack.fail("apps.connections.open", error)
    text = await trouble_with(client, pauses, slack.app_token)
    assert f"SLACK_APP_TOKEN lacks a scope ({error})" in text
    assert APP_SCOPE in text


# --- a Slack that does not answer ------------------------------------------------------------


@pytest.mark.parametrize("app_token", [None, "xapp-test"])
async def test_a_slack_that_cannot_be_reached_is_named_after_longer_and_longer_pauses(
    session: aiohttp.ClientSession, pauses: Pauses, app_token: str | None
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/api/"
        text = await trouble_with(client_for("xoxb-test", address, session), pauses, app_token)
    assert address in text
    assert "SLACK_API_URL" in text
    assert pauses.taken == [1, 2, 4, 8]


async def test_a_slack_that_comes_back_is_asked_again(
    slack: Slack, client: AsyncWebClient, pauses: Pauses
) -> None:
    slack.break_("auth.test", times=2)
    assert (await workspace_of(client, pauses)).team == "T1"
    assert pauses.taken == [1, 2]


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_slack_that_is_down_is_asked_again(
    slack: Slack, client: AsyncWebClient, pauses: Pauses, status: int
) -> None:
    slack.status("auth.test", status, times=2)
    assert (await workspace_of(client, pauses)).team == "T1"
    assert pauses.taken == [5, 5]


async def test_a_slack_that_stays_down_is_asked_so_often_and_no_more(
    slack: Slack, client: AsyncWebClient, pauses: Pauses
) -> None:
    slack.status("auth.test", 503, times=100)
    assert slack.api_url in await trouble_with(client, pauses)
    assert len(calls(slack)) == TRIES
    assert len(pauses.taken) == TRIES - 1


@pytest.mark.parametrize("error", sorted(TROUBLE))
async def test_trouble_inside_slack_is_not_the_token_s(
    slack: Slack, client: AsyncWebClient, pauses: Pauses, error: str
) -> None:
    slack.fail("auth.test", error)
    assert (await workspace_of(client, pauses)).team == "T1"
    assert pauses.taken == [5]


@pytest.mark.parametrize("status", [200, 403, 404])
async def test_a_server_that_is_not_slack_is_told_by_its_address(
    slack: Slack, client: AsyncWebClient, pauses: Pauses, status: int
) -> None:
    slack.status("auth.test", status, times=100)
    text = await trouble_with(client, pauses)
    assert slack.api_url in text
    assert "SLACK_API_URL" in text
    assert "SLACK_BOT_TOKEN" not in text


async def test_a_page_that_is_no_json_is_told_by_its_address(
    session: aiohttp.ClientSession, pauses: Pauses
) -> None:
    """Another server's front page, as a proxy or a wrong SLACK_API_URL gives it."""

    async def front_page(_: web.Request) -> web.Response:
        return web.Response(text="<html>Welcome</html>", content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", front_page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    text = await trouble_with(client_for("xoxb-test", address, session), pauses)
    assert address in text
    assert pauses.taken == [1, 2, 4, 8]
    await runner.cleanup()


async def test_a_call_ends_also_where_slack_never_answers(slack: Slack) -> None:
    """slack_sdk's own timeout is not kept by a client that is given a session, so ours keeps it."""
    async with session_for() as session:
        assert session.timeout.total == PATIENCE


async def test_a_limit_at_the_start_is_waited_for(
    slack: Slack, client: AsyncWebClient, pauses: Pauses
) -> None:
    slack.limit("auth.test", 17)
    slack.limit("apps.connections.open", 23)
    assert (await workspace_of(client, pauses)).team == "T1"
    assert (await socket_address(client, slack.app_token, pauses)).startswith("ws://")
    assert pauses.taken == [17, 23]


# --- administrators --------------------------------------------------------------------------


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def admins(client: AsyncWebClient, clock: Clock) -> Admins:
    return Admins(client, clock)


async def test_slack_says_who_is_an_administrator(admins: Admins) -> None:
    assert await admins.is_admin("U1") is False
    assert await admins.is_admin("U2") is True


async def test_an_answer_is_remembered_for_a_while_and_then_asked_anew(
    slack: Slack, admins: Admins, clock: Clock
) -> None:
    for _ in range(3):
        assert await admins.is_admin("U2") is True
    slack.people["U2"].admin = False
    clock.now += REMEMBERED - 1
    assert await admins.is_admin("U2") is True
    assert calls(slack) == ["users.info"]
    clock.now += 1
    assert await admins.is_admin("U2") is False
    assert calls(slack) == ["users.info"] * 2


@pytest.mark.parametrize("error", ["internal_error", "user_not_found", "missing_scope", "ratelimited"])
async def test_where_slack_refuses_to_tell_it_is_not_known_and_asked_again(
    slack: Slack, admins: Admins, error: str
) -> None:
    slack.fail("users.info", error)
    assert await admins.is_admin("U2") is None
    assert await admins.is_admin("U2") is True


@pytest.mark.parametrize("how", ["limited", "down", "no JSON", "broken"])
async def test_where_slack_cannot_tell_it_is_not_known(slack: Slack, admins: Admins, how: str) -> None:
    match how:
        case "limited":
            slack.limit("users.info", 60)
        case "down":
            slack.status("users.info", 503)
        case "no JSON":
            slack.status("users.info", 200)
        case _:
            slack.break_("users.info", times=2)  # what only asks may be repeated, and aiohttp does
    assert await admins.is_admin("U2") is None
    assert await admins.is_admin("U2") is True


async def test_where_slack_does_not_tell_in_time_it_is_not_known(slack: Slack, admins: Admins) -> None:
    go = slack.hold("users.info")
    assert await admins.is_admin("U2") is None
    go.set()
    assert await admins.is_admin("U2") is True


async def test_people_are_asked_about_side_by_side(slack: Slack, admins: Admins) -> None:
    slack.person("U3", admin=True)
    asked = [admins.is_admin(user) for user in ("U1", "U2", "U3")]
    assert await asyncio.gather(*asked) == [False, True, True]
