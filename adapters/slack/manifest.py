"""
The app manifest: what Slack must be told to make the app. `mayshare slack manifest` prints it.

Source: https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

from typing import Any

import yaml

from adapters.slack.app import COMMAND
from adapters.slack.arrivals import ASK_SHORTCUT
from bot.engine import texts

PATH = "/slack/events"  # where Slack's requests come in, over HTTP

SCOPES = {
    "app_mentions:read": "hears its own name in a channel it was invited to",
    "assistant:write": "offers what to ask first, in its Messages tab",
    "channels:read": "knows who is in a channel that a drill is for, and whether it was invited there",
    "chat:write": "answers",
    "commands": f"has {COMMAND} and the message shortcut",
    "files:write": "gives people their own data as a file, and supervisors their team's picture and table",
    "groups:read": "knows the same of a private channel that it was invited to",
    "im:history": "reads direct messages that are written to it, and no others",
    "im:write": "opens a direct message to someone who asked elsewhere, or pressed on its Home tab",
    "usergroups:read": "lists the user groups a drill can be for, and who is in one",
    "users:read": "knows who is an administrator, who a guest or a bot, and in which time zone a drill comes",
}
APP_SCOPE = "connections:write"  # of the app token, for Socket Mode

EVENTS = {
    "app_home_opened": "app_home_opened",
    "app_mention": "app_mention",
    "message.im": "message",
}  # what the manifest subscribes to, and the type of event that then comes

_ABOUT = (
    "Mayshare trains one question: may I share this? Play short stories about a young person whom several "
    "agencies know, ask in plain words what the privacy laws say and get a short, cited answer, and feel "
    "what sharing too little and too much does. It is training, not legal advice. Nothing typed is kept."
)


def manifest(public_url: str | None) -> str:
    """
    Write the manifest as YAML, with the reason of each scope beside it.

    Args:
        public_url: where Slack reaches this app; None for Socket Mode, which needs no address.
    """
    address = {"request_url": public_url.rstrip("/") + PATH} if public_url else {}
    suggestions = {"message_menu_options_url": address["request_url"]} if address else {}
    made: dict[str, Any] = {
        "display_information": {
            "name": "Mayshare",
            "description": "Trains one question: may I share this?",
            "long_description": _ABOUT,
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Mayshare", "always_online": True},
            "agent_view": {
                "agent_description": "Short stories and plain answers about one question: may I share this?",
                "suggested_prompts": [
                    {"title": texts.PROMPT_PLAY, "message": "play"},
                    {"title": texts.PROMPT_ASK, "message": texts.ASK_EXAMPLE},
                    {"title": texts.PROMPT_LEARN, "message": "learn"},
                ],
            },
            "shortcuts": [
                {
                    "name": "What does the law say?",
                    "type": "message",
                    "callback_id": ASK_SHORTCUT,
                    "description": "What the privacy laws say about this message; only you see the answer",
                }
            ],
            "slash_commands": [
                {
                    "command": COMMAND,
                    "description": "Play, learn, or ask what the law says",
                    "usage_hint": "[a question, or: play, learn, laws, drill, help]",
                    "should_escape": False,
                    **({"url": address["request_url"]} if address else {}),
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**address, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **address, **suggestions},
            "org_deploy_enabled": False,
            "socket_mode_enabled": public_url is None,
            "token_rotation_enabled": False,
        },
    }
    text = yaml.safe_dump(made, sort_keys=False, width=100)
    for scope, reason in SCOPES.items():
        text = text.replace(f"    - {scope}\n", f"    - {scope}  # {reason}\n")
    return text
