"""Answers by response_url: what they may hold, how often, and what they do."""

from __future__ import annotations

from typing import Any

from tests.slack.rules import Json, Refused
from tests.slack.world import HOOK_SECONDS, HOOK_USES, Hook, Posted, World

FIELDS = (
    "text blocks response_type replace_original delete_original thread_ts unfurl_links unfurl_media mrkdwn"
    " metadata"
).split()


def respond(world: World, name: str, body: Any) -> None:
    """Post, replace or delete, or refuse; only an accepted answer counts as a use."""
    hook = _find(world, name)
    if not isinstance(body, dict):
        raise Refused("invalid_json", "the body must be a JSON object", "invalid_payload")
    for field in body:
        if field not in FIELDS:
            raise Refused("field-unknown", f"{field}: no such field", "invalid_payload")
    if body.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
        raise Refused("invalid_arguments", f"response_type: {body['response_type']}", "invalid_payload")
    _take_effect(world, hook, body)
    hook.uses += 1


def _find(world: World, name: str) -> Hook:
    hook = world.hooks.get(name)
    if hook is None:
        raise Refused("no_service", "never given", "no_service", status=404)
    if world.now() - hook.at > HOOK_SECONDS:
        raise Refused("expired_url", "above 30 minutes", "expired_url", status=404)
    if hook.uses >= HOOK_USES:
        raise Refused("used_url", f"used {hook.uses} times", "used_url", status=404)
    return hook


def _take_effect(world: World, hook: Hook, body: Json) -> None:
    if body.get("delete_original"):
        _original(hook).deleted = True
        return
    if body.get("replace_original"):
        world.edit(_original(hook), body)
        return
    place = world.channels[hook.channel]
    if place.archived:
        raise Refused("is_archived", place.id, "channel_is_archived")
    only_for = None if body.get("response_type") == "in_channel" else hook.user
    world.post(place, body, "response_url", only_for)


def _original(hook: Hook) -> Posted:
    """The message pressed; a command has none, and a person's own is not the bot's to change."""
    if not isinstance(hook.original, Posted) or hook.original.deleted:
        raise Refused("nothing_to_replace", "no message of the bot to change", "message_not_found")
    return hook.original
