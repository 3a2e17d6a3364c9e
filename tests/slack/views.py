"""Home tabs and modals: opened, published, updated, and shown."""

from __future__ import annotations

from typing import Any

from tests.slack.rules import Json, Refused, check_view
from tests.slack.world import TRIGGER_SECONDS, View, World


def show_view(world: World, kept: View) -> Json:
    """A view as Slack answers and sends it."""
    empty = {"private_metadata": "", "callback_id": "", "external_id": "", "state": {"values": {}}}
    made = {
        "id": kept.id,
        "team_id": world.team_id,
        "app_id": world.app_id,
        "bot_id": world.bot_id,
        "hash": kept.hash,
        "root_view_id": kept.id,
        "previous_view_id": None,
    }
    return empty | kept.view | made


def keep_view(world: World, kept: View, view: Json) -> Json:
    """Replace what a view shows, and give it a new hash."""
    mine = view.get("external_id")
    others = [each for each in (*world.homes.values(), *world.views.values()) if each is not kept]
    if mine and any(each.view.get("external_id") == mine for each in others):
        raise Refused("duplicate_external_id", f"external_id: {mine}", "duplicate_external_id")
    kept.view, kept.hash = view, f"{world.next_ts()}.h"
    return {"view": show_view(world, kept)}


def check_the_view(world: World, view: Any, kind: str) -> None:
    """Slack's rules for a view, with the mentions this test asked for."""
    check_view(view, kind, frozenset(world.allowed_mentions))
    try:
        world.check_files(view["blocks"])
    except Refused as refused:
        raise Refused(refused.rule, refused.detail, "invalid_arguments") from None


def _check_hash(kept: View | None, args: Json) -> None:
    if "hash" in args and kept is not None and kept.hash != args["hash"]:
        raise Refused("hash_conflict", f"hash: {args['hash']} is stale", "hash_conflict")


def open_view(world: World, args: Json) -> Json:
    """Open a modal with a trigger_id."""
    check_the_view(world, args["view"], "modal")
    trigger = world.triggers.get(args["trigger_id"])
    if trigger is None:
        raise Refused("invalid_trigger_id", "trigger_id: never given", "invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id", "trigger_id: used", "exchanged_trigger_id")
    if world.now() - trigger.at > TRIGGER_SECONDS:
        raise Refused("expired_trigger_id", "trigger_id: above 3 s", "expired_trigger_id")
    kept = View(world.next_id("V"), trigger.user, {"blocks": []}, "")
    answer = keep_view(world, kept, args["view"])
    trigger.used = True
    world.views[kept.id] = kept
    return answer


def publish_view(world: World, args: Json) -> Json:
    """Show someone's Home tab."""
    check_the_view(world, args["view"], "home")
    if args["user_id"] not in world.people:
        raise Refused("user_not_found", f"user_id: {args['user_id']}", "user_not_found")
    kept = world.homes.get(args["user_id"])
    _check_hash(kept, args)
    kept = kept or View(world.next_id("V"), args["user_id"], {"blocks": []}, "")
    answer = keep_view(world, kept, args["view"])
    kept.updates += 1
    world.homes[kept.user] = kept
    return answer


def update_view(world: World, args: Json) -> Json:
    """Change an open modal."""
    asked = args.get("view_id"), args.get("external_id")
    for kept in world.views.values():
        if kept.open and (kept.id == asked[0] or (asked[1] and kept.view.get("external_id") == asked[1])):
            break
    else:
        raise Refused("not_found", f"view: {asked}", "not_found")
    check_the_view(world, args["view"], "modal")
    _check_hash(kept, args)
    answer = keep_view(world, kept, args["view"])
    kept.updates += 1
    return answer
