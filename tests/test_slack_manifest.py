"""The manifest: what Slack is told is what the app listens to and needs, no less and no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from slack_bolt.async_app import AsyncApp

from adapters.slack import manifest as module
from adapters.slack.app import SlackApp, Workspace
from adapters.slack.arrivals import TEAM_FORM
from adapters.slack.drill_form import DRILL_FORM, GROUPS
from adapters.slack.manifest import EVENTS, PATH, SCOPES, manifest
from adapters.slack.starting import client_for

ROOT = Path(__file__).parent.parent


def made(public_url: str | None = None) -> dict[str, Any]:
    """The manifest, read back."""
    read = yaml.safe_load(manifest(public_url))
    assert isinstance(read, dict)
    return read


class Listed:
    """Takes listeners as an app does, and writes down what they listen to."""

    def __init__(self) -> None:
        self.listeners: list[tuple[str, Any]] = []

    def __getattr__(self, kind: str) -> Callable[..., Callable[[object], object]]:
        def listen(to: Any) -> Callable[[object], object]:
            self.listeners.append((kind, to))
            return lambda listener: listener

        return listen

    def of(self, kind: str) -> list[Any]:
        """What listeners of a kind listen to."""
        return [to for one, to in self.listeners if one == kind]


async def listeners() -> Listed:
    """Everything the app listens to."""
    client = client_for("xoxb-test", None, cast(Any, None))

    async def take(_: object) -> None: ...

    app = SlackApp(take, client, Workspace("T1", None, "B1", "U1"), "secret")
    listed = Listed()
    app.listen_on(cast(AsyncApp, listed))
    return listed


async def test_slack_is_asked_for_just_the_events_that_are_listened_to() -> None:
    subscribed = made()["settings"]["event_subscriptions"]["bot_events"]
    assert subscribed == list(EVENTS)
    assert set((await listeners()).of("event")) == set(EVENTS.values())


async def test_commands_and_shortcuts_are_those_that_are_listened_to() -> None:
    listed, features = await listeners(), made()["features"]
    assert [one["command"] for one in features["slash_commands"]] == listed.of("command")
    assert [
        {"type": f"{one['type']}_action", "callback_id": one["callback_id"]} for one in features["shortcuts"]
    ] == listed.of("shortcut")
    assert listed.of("view") == [TEAM_FORM, DRILL_FORM]
    assert listed.of("options") == [GROUPS]


def test_every_scope_has_its_reason_beside_it() -> None:
    assert made()["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    for scope, reason in SCOPES.items():
        assert re.search(rf"^ *- {scope}  # {re.escape(reason)}$", manifest(None), re.MULTILINE)


METHODS = {
    "chat_postMessage": "chat:write",
    "chat_update": "chat:write",
    "chat_postEphemeral": "chat:write",
    "conversations_open": "im:write",
    "files_upload_v2": "files:write",
    "users_info": "users:read",
    "users_list": "users:read",
    "conversations_info": "channels:read groups:read",
    "conversations_members": "channels:read groups:read",
    "usergroups_list": "usergroups:read",
    "usergroups_users_list": "usergroups:read",
    "assistant_threads_setSuggestedPrompts": "assistant:write",
    "views_publish": None,
    "views_open": None,
    "views_update": None,
    "auth_test": None,
    "apps_connections_open": None,  # the app token's own scope
}  # the methods we call, and the scope that each needs. https://docs.slack.dev/reference/methods
FOR_EVENTS = {"app_mention": "app_mentions:read", "message.im": "im:history", "app_home_opened": None}


def test_every_scope_is_needed_and_no_scope_is_missing() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "adapters/slack").glob("*.py"))
    called = set(re.findall(r"client\.(\w+_\w+)\(", code)) | set(re.findall(r'_call\(\s*"(\w+)"', code))
    called |= set(re.findall(r"_call\(\s*self\._client\.(\w+)", code))
    called |= set(re.findall(r"client\.(auth_test)\b", code))
    assert called == set(METHODS)
    scopes = " ".join(scope for scope in (*METHODS.values(), *FOR_EVENTS.values()) if scope)
    needed = {*scopes.split(), "commands"}
    assert set(EVENTS) == set(FOR_EVENTS)
    assert set(SCOPES) == needed


def test_without_an_address_it_is_for_socket_mode_and_with_one_for_http() -> None:
    settings = made()["settings"]
    assert settings["socket_mode_enabled"] is True
    assert "request_url" not in settings["event_subscriptions"]
    at = "https://tutor.example" + PATH
    over_http = made("https://tutor.example/")
    assert over_http["settings"]["socket_mode_enabled"] is False
    assert over_http["settings"]["event_subscriptions"]["request_url"] == at
    assert over_http["settings"]["interactivity"]["request_url"] == at
    assert over_http["settings"]["interactivity"]["message_menu_options_url"] == at
    assert "message_menu_options_url" not in settings["interactivity"]
    assert over_http["features"]["slash_commands"][0]["url"] == at


LIMITS = {
    ("display_information", "name"): 35,
    ("display_information", "description"): 140,
    ("display_information", "long_description"): 4000,
    ("features", "bot_user", "display_name"): 80,
}  # characters. https://docs.slack.dev/reference/app-manifest


@pytest.mark.parametrize("path", LIMITS)
def test_no_text_is_longer_than_slack_takes(path: tuple[str, ...]) -> None:
    value: Any = made()
    for key in path:
        value = value[key]
    assert 0 < len(value) <= LIMITS[path]


def test_the_long_description_is_long_enough_and_the_shortcuts_name_short_enough() -> None:
    assert len(made()["display_information"]["long_description"]) >= 174
    assert all(len(one["name"]) <= 24 for one in made()["features"]["shortcuts"])
    assert len(made()["features"]["agent_view"]["suggested_prompts"]) <= 4
    assert module.APP_SCOPE == "connections:write"
