"""People, chats and messages as Telegram shows them to a bot."""

from __future__ import annotations

import copy

from tests.telegram.records import Posted
from tests.telegram.shapes import Json
from tests.telegram.world import World


def shown_bot(world: World) -> Json:
    """The bot as a User."""
    return {
        "id": world.bot_id,
        "is_bot": True,
        "first_name": world.bot_name,
        "username": world.bot_username,
    }


def shown_user(world: World, id: int) -> Json:
    """Someone as a User."""
    if id == world.bot_id:
        return shown_bot(world)
    user = world.people[id]
    shown = {"id": id, "is_bot": False, "first_name": user.first_name, "language_code": user.language}
    return shown | ({"username": user.username} if user.username else {})


def shown_chat(world: World, id: int) -> Json:
    """A chat as a Chat."""
    if id < 0:
        group = world.groups[id]
        shown: Json = {"id": id, "type": group.kind, "title": group.title}
        return shown | ({"is_forum": True} if group.topics is not None else {})
    user = world.people[id]
    shown = {"id": id, "type": "private", "first_name": user.first_name}
    return shown | ({"username": user.username} if user.username else {})


def shown_message(world: World, posted: Posted, nested: bool = False) -> Json:
    """A message; the one it replies to is shown without a further one in it."""
    shown: Json = {
        "message_id": posted.id,
        "from": shown_user(world, posted.by),
        "chat": shown_chat(world, posted.chat),
        "date": int(posted.at),
    }
    shown |= _content(posted) | copy.deepcopy(posted.service)
    if posted.edits:
        shown["edit_date"] = int(world.now())
    if posted.via_bot:
        shown["via_bot"] = shown_bot(world)
    if posted.markup and "inline_keyboard" in posted.markup:
        shown["reply_markup"] = copy.deepcopy(posted.markup)
    original = world.find(posted.chat, posted.reply_to) if posted.reply_to and not nested else None
    if original:
        shown["reply_to_message"] = shown_message(world, original, nested=True)
    return shown | _thread(world, posted)


def _content(posted: Posted) -> Json:
    has_file = posted.document is not None or posted.photo is not None
    text, entities = ("caption", "caption_entities") if has_file else ("text", "entities")
    shown: Json = {text: posted.text} if posted.text else {}
    if posted.entities:
        shown[entities] = copy.deepcopy(posted.entities)
    if posted.document is not None:
        id = f"{posted.chat}-{posted.id}"
        shown["document"] = {
            "file_id": f"file-{id}",
            "file_unique_id": f"unique-{id}",
            "file_name": posted.document,
            "file_size": len(posted.data or b""),
        }
    if posted.photo is not None:
        id, (width, height) = f"{posted.chat}-{posted.id}", posted.photo
        size = {"file_id": f"file-{id}", "file_unique_id": f"unique-{id}", "width": width, "height": height}
        shown["photo"] = [size]
    return shown


def _thread(world: World, posted: Posted) -> Json:
    """A topic is marked as one; in other supergroups a reply carries a thread that is no topic."""
    if posted.thread is not None:
        return {"message_thread_id": posted.thread, "is_topic_message": True}
    group = world.groups.get(posted.chat)
    if group and group.supergroup and group.topics is None and posted.reply_to:
        return {"message_thread_id": posted.reply_to}
    return {}


def shown_member(world: World, chat: int, id: int) -> Json:
    """Someone's place in a group as a ChatMember."""
    group, user = world.groups[chat], {"user": shown_user(world, id)}
    if id == world.bot_id:
        if not group.bot_in:
            return user | ({"status": "kicked", "until_date": 0} if group.kicked else {"status": "left"})
        return user | (_administrator() if group.bot_admin else {"status": "member"})
    if id in group.admins:
        return user | _administrator()
    return user | {"status": "member" if id in group.members else "left"}


def _administrator() -> Json:
    rights = (
        "can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members can_change_info"
        " can_invite_users can_post_stories can_edit_stories can_delete_stories can_pin_messages"
    ).split()
    no = {"can_be_edited": False, "is_anonymous": False, "can_promote_members": False}
    return {"status": "administrator"} | no | dict.fromkeys(rights, True)
