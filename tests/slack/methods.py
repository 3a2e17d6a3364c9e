"""The Web API's methods: what each needs and takes, and what it does to the world."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.slack.rules import Json, Refused, check_prompts
from tests.slack.views import open_view, publish_view, update_view
from tests.slack.world import Posted, Upload, User, World

STRUCTURED = ("blocks", "view", "prompts", "files", "metadata")

Run = Callable[[World, Json], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """One method: its scope, the arguments it needs and those it takes besides."""

    run: Run
    scope: str | None
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    app: bool = False


def call(world: World, name: str, token: str | None, args: Json) -> Json:
    """Do what the method does, or refuse."""
    method = METHODS.get(name)
    if method is None:
        raise Refused("unknown_method", name, "unknown_method", req_method=name)
    _authorize(world, method, token)
    if args.pop("team_id", world.team_id) != world.team_id:  # slack_bolt sends it with every call
        raise Refused("invalid_arguments", "team_id: another team's", "invalid_arguments")
    for arg in args:
        if arg not in method.needs + method.takes:
            raise Refused("invalid_arg_name", f"{arg}: not taken by {name}", "invalid_arg_name")
        if arg not in STRUCTURED and not isinstance(args[arg], str | int | float):
            raise Refused("invalid_arguments", f"{arg}: must be a plain value", "invalid_arguments")
    for arg in method.needs:
        if args.get(arg) in (None, ""):
            raise Refused("invalid_arguments", f"{arg}: must be there", "invalid_arguments")
    return method.run(world, args)


def _authorize(world: World, method: Method, token: str | None) -> None:
    if not token:
        raise Refused("not_authed", "no token", "not_authed")
    if token not in (world.bot_token, world.app_token):
        raise Refused("invalid_auth", "unknown token", "invalid_auth")
    if method.app != (token == world.app_token):
        raise Refused("not_allowed_token_type", "the other token belongs here", "not_allowed_token_type")
    if method.scope and not method.app:
        need_scope(world, method.scope)


def need_scope(world: World, scope: str) -> None:
    """Refuse where the bot's token lacks a scope."""
    if scope not in world.scopes:
        more = {"needed": scope, "provided": ",".join(world.scopes)}
        raise Refused("missing_scope", f"needs {scope}", "missing_scope", **more)


def _auth_test(world: World, _: Json) -> Json:
    return {
        "url": f"{world.url}/",
        "team": "Testers",
        "user": "tutor",
        "team_id": world.team_id,
        "user_id": world.bot_user,
        "bot_id": world.bot_id,
        "is_enterprise_install": False,
    }


def _connections_open(world: World, _: Json) -> Json:
    ticket = world.next_id("ticket")
    world.tickets.add(ticket)
    return {"url": f"{world.url.replace('http', 'ws', 1)}/link?ticket={ticket}&app_id={world.app_id}"}


def shown(world: World, posted: Posted) -> Json:
    """A message of the bot as Slack answers it."""
    message: Json = {
        "type": "message",
        "user": world.bot_user,
        "bot_id": world.bot_id,
        "app_id": world.app_id,
        "team": world.team_id,
        "ts": posted.ts,
        "text": posted.text,
    }
    if posted.blocks:
        message["blocks"] = posted.blocks
    if posted.thread_ts:
        message["thread_ts"] = posted.thread_ts
    return message


def _post_message(world: World, args: Json) -> Json:
    place = world.find_place(args["channel"])
    world.keep_pace(place.id)
    posted = world.post(place, args, "api")
    return {"channel": place.id, "ts": posted.ts, "message": shown(world, posted)}


def _post_ephemeral(world: World, args: Json) -> Json:
    place = world.find_place(args["channel"])
    if args["user"] not in world.people:
        raise Refused("user_not_found", f"user: {args['user']}", "user_not_found")
    if args["user"] not in place.members:
        raise Refused("user_not_in_channel", f"user: {args['user']}", "user_not_in_channel")
    return {"message_ts": world.post(place, args, "api", only_for=args["user"]).ts}


def _update(world: World, args: Json) -> Json:
    place = world.find_channel(args["channel"])
    posted = world.find_message(place.id, args["ts"], "cant_update_message")
    world.edit(posted, args)
    answer = {"channel": place.id, "ts": posted.ts, "text": posted.text}
    return answer | {"message": shown(world, posted)}


def _delete(world: World, args: Json) -> Json:
    place = world.find_channel(args["channel"])
    posted = world.find_message(place.id, args["ts"], "cant_delete_message")
    posted.deleted = True
    return {"channel": place.id, "ts": posted.ts}


def _open_dm(world: World, args: Json) -> Json:
    if "users" in args:
        return {"channel": {"id": world.dm_of(args["users"]).id}}
    if "channel" in args:
        return {"channel": {"id": world.find_channel(args["channel"]).id}}
    raise Refused("invalid_arguments", "users: must be there", "invalid_arguments")


def _channel_info(world: World, args: Json) -> Json:
    found = world.find_channel(args["channel"])
    kind = "im" if found.user else "groups" if found.private else "channels"
    need_scope(world, f"{kind}:read")
    info: Json = {"id": found.id, "is_im": found.user is not None, "is_archived": found.archived}
    if found.user:
        return {"channel": info | {"user": found.user}}
    info |= {"name": found.name, "is_channel": not found.private, "is_group": found.private}
    return {"channel": info | {"is_private": found.private, "is_mpim": False, "is_member": found.bot_in}}


def _page(world: World, args: Json, of: list[Any], most: int) -> tuple[list[Any], Json]:
    """One page of a list, and where the next begins."""
    limit, cursor = str(args.get("limit", 100)), str(args.get("cursor", "0") or "0")
    if not limit.isdigit() or not 1 <= int(limit) <= most:
        raise Refused("invalid_limit", f"limit: {limit}", "invalid_limit")
    if not cursor.isdigit() or int(cursor) >= max(len(of), 1):
        raise Refused("invalid_cursor", f"cursor: {cursor}", "invalid_cursor")
    after = int(cursor) + int(limit)
    following = str(after) if after < len(of) else ""
    return of[int(cursor) : after], {"response_metadata": {"next_cursor": following}}


def _channel_members(world: World, args: Json) -> Json:
    found = world.find_channel(args["channel"])
    need_scope(world, f"{'im' if found.user else 'groups' if found.private else 'channels'}:read")
    there = sorted(found.members | ({world.bot_user} if found.bot_in else set()))
    members, more = _page(world, args, there, 1000)
    return {"members": members} | more


def _user_list(world: World, args: Json) -> Json:
    own = User(world.bot_user, "tutor", False, "America/Los_Angeles", "en-US", bot=True)
    slackbot = User("USLACKBOT", "slackbot", False, "America/Los_Angeles", "en-US")
    ours = [user for user in world.people.values() if user.team is None]
    members, more = _page(world, args, [slackbot, own, *ours], 1000)
    with_locale = args.get("include_locale") in (True, "1", "true")
    return {"members": [_profile(world, user, with_locale) for user in members]} | more


def _group_list(world: World, args: Json) -> Json:
    disabled = args.get("include_disabled") in (True, "1", "true")
    return {
        "usergroups": [
            {
                "id": group.id,
                "team_id": world.team_id,
                "is_usergroup": True,
                "name": group.name,
                "handle": group.handle,
                "date_delete": 1 if group.disabled else 0,
            }
            for group in world.groups.values()
            if disabled or not group.disabled
        ]
    }


def _group_users(world: World, args: Json) -> Json:
    group = world.groups.get(str(args["usergroup"]))
    if group is None:
        raise Refused("no_such_subteam", f"usergroup: {args['usergroup']}", "no_such_subteam")
    return {"users": group.users}


def _user_info(world: World, args: Json) -> Json:
    user = world.people.get(args["user"])
    if user is None:
        raise Refused("user_not_found", f"user: {args['user']}", "user_not_found")
    return {"user": _profile(world, user, args.get("include_locale") in (True, "1", "true"))}


def _profile(world: World, user: User, with_locale: bool) -> Json:
    moment = datetime.datetime.now(zoneinfo.ZoneInfo(user.tz))
    offset = moment.utcoffset()
    assert offset is not None
    team = user.team or world.team_id
    profile = {"real_name": user.name.title(), "display_name": user.name, "team": team}
    info = {
        "id": user.id,
        "team_id": team,
        "name": user.name,
        "real_name": user.name.title(),
        "deleted": user.deleted,
        "tz": user.tz,
        "tz_label": moment.tzname(),
        "tz_offset": int(offset.total_seconds()),
        "profile": profile,
        "is_admin": user.admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.guest,
        "is_ultra_restricted": False,
        "is_bot": user.bot,
        "is_app_user": False,
        "updated": 0,
    }
    return info | ({"locale": user.locale} if with_locale else {})


# Files and prompts


def _upload_url(world: World, args: Json) -> Json:
    if not str(args["length"]).isdigit() or int(args["length"]) == 0:
        raise Refused("invalid_arguments", "length: must be above 0", "invalid_arguments")
    file = Upload(world.next_id("F"), str(args["filename"]), int(args["length"]), alt=args.get("alt_txt"))
    world.files[file.id] = file
    return {"upload_url": f"{world.url}/upload/{file.id}", "file_id": file.id}


def _complete_upload(world: World, args: Json) -> Json:
    if not isinstance(args["files"], list) or not all(isinstance(each, dict) for each in args["files"]):
        raise Refused("invalid_arguments", "files: must be a list of objects", "invalid_arguments")
    found = [_finished(world, each) for each in args["files"]]
    place = world.find_place(args["channel_id"]) if "channel_id" in args else None
    if place and "thread_ts" in args:
        world.check_thread(place.id, args["thread_ts"])
    for file, each in zip(found, args["files"], strict=True):
        file.title, file.done = each.get("title"), True
        file.thread_ts, file.comment = args.get("thread_ts"), args.get("initial_comment")
        file.channel = place.id if place else None
    if place:
        comment = args.get("initial_comment") or ", ".join(file.filename for file in found)
        message = {"text": comment} | {k: v for k, v in args.items() if k == "thread_ts"}
        world.post(place, message, "api").files = [file.id for file in found]
    return {"files": [{"id": file.id, "title": file.title} for file in found]}


def _finished(world: World, each: Json) -> Upload:
    file = world.files.get(str(each.get("id")))
    if file is None or file.data is None or file.done:
        raise Refused("file_not_found", f"files: {each.get('id')}", "file_not_found")
    return file


def _set_prompts(world: World, args: Json) -> Json:
    place = world.find_channel(args["channel_id"])
    if place.user is None:
        raise Refused("channel_not_found", f"channel_id: {place.id} is no DM", "channel_not_found")
    if world.agent and "thread_ts" in args:
        raise Refused("invalid_arguments", "thread_ts: an agent app leaves it out", "invalid_arguments")
    check_prompts(args["prompts"])
    world.prompts[place.id] = args["prompts"]
    return {}


POSTING = ("blocks", "thread_ts", "unfurl_links", "unfurl_media", "mrkdwn", "parse", "metadata", "link_names")

METHODS: dict[str, Method] = {
    "auth.test": Method(_auth_test, None),
    "apps.connections.open": Method(_connections_open, "connections:write", app=True),
    "chat.postMessage": Method(
        _post_message, "chat:write", ("channel",), ("text", *POSTING, "reply_broadcast")
    ),
    "chat.postEphemeral": Method(
        _post_ephemeral,
        "chat:write",
        ("channel", "user"),
        ("text", "blocks", "thread_ts", "parse", "link_names"),
    ),
    "chat.update": Method(
        _update,
        "chat:write",
        ("channel", "ts"),
        ("text", "blocks", "parse", "metadata", "link_names", "reply_broadcast"),
    ),
    "chat.delete": Method(_delete, "chat:write", ("channel", "ts")),
    "conversations.open": Method(
        _open_dm, "im:write", (), ("users", "channel", "return_im", "prevent_creation")
    ),
    "conversations.info": Method(
        _channel_info, None, ("channel",), ("include_locale", "include_num_members")
    ),
    "conversations.members": Method(_channel_members, None, ("channel",), ("cursor", "limit")),
    "views.open": Method(open_view, None, ("trigger_id", "view")),
    "views.publish": Method(publish_view, None, ("user_id", "view"), ("hash",)),
    "views.update": Method(update_view, None, ("view",), ("view_id", "external_id", "hash")),
    "users.info": Method(_user_info, "users:read", ("user",), ("include_locale",)),
    "users.list": Method(_user_list, "users:read", (), ("cursor", "limit", "include_locale")),
    "usergroups.list": Method(
        _group_list, "usergroups:read", (), ("include_count", "include_disabled", "include_users")
    ),
    "usergroups.users.list": Method(_group_users, "usergroups:read", ("usergroup",), ("include_disabled",)),
    "files.getUploadURLExternal": Method(
        _upload_url, "files:write", ("filename", "length"), ("alt_txt", "snippet_type")
    ),
    "files.completeUploadExternal": Method(
        _complete_upload, "files:write", ("files",), ("channel_id", "thread_ts", "initial_comment")
    ),
    "assistant.threads.setSuggestedPrompts": Method(
        _set_prompts, "assistant:write", ("channel_id", "prompts"), ("thread_ts", "title")
    ),
}
