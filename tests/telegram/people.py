"""What people do in Telegram: write, press, choose a card, block, join and leave."""

from __future__ import annotations

import copy
from typing import Any

from tests.telegram.entities import cut_out, found_entities
from tests.telegram.platform import Delivery, Telegram
from tests.telegram.reading import find_button
from tests.telegram.records import Group, Posted
from tests.telegram.rules import check_inline_markup, check_text
from tests.telegram.shapes import Json, units
from tests.telegram.shown import shown_bot, shown_chat, shown_member, shown_message, shown_user

__all__ = ["Delivery", "Person"]

ELSEWHERE = 0  # a chat between people that the bot is not in


class Person:
    """Someone with an account; added to the world if they are not there."""

    def __init__(self, telegram: Telegram, id: int) -> None:
        self.telegram = telegram
        self.id = id
        self.user = telegram.people.get(id) or telegram.person(id)

    # Writing

    async def say(
        self,
        text: str,
        chat: int | None = None,
        thread: int | None = None,
        reply_to: Posted | int | None = None,
    ) -> Delivery:
        """Write to the bot, or in a group."""
        assert 1 <= units(text.strip()) <= 4096, "Telegram's client sends 1 to 4096 units"
        return await self._write(text.strip(), {}, chat, thread, reply_to)

    async def send(self, content: Json, chat: int | None = None, thread: int | None = None) -> Delivery:
        """Send what is no text: `content` has the message's fields, such as a sticker or a photo."""
        return await self._write("", content, chat, thread, None)

    async def start(self, payload: str = "") -> Delivery:
        """Press Start, or open the bot by a link with a payload."""
        return await self.say(f"/start {payload}".strip())

    async def edit(self, said: Posted, text: str) -> Delivery:
        """Change one's own words."""
        assert said.by == self.id, f"{said.by} wrote that"
        assert not said.deleted, "the message was deleted"
        said.text, said.entities = text, found_entities(text)
        said.edits += 1
        return await self._tell({"edited_message": shown_message(self.telegram, said)}, said)

    async def _write(
        self,
        text: str,
        content: Json,
        chat: int | None,
        thread: int | None,
        reply_to: Posted | int | None,
    ) -> Delivery:
        place = self._place(chat)
        said = Posted(place, 0, self.id, text, text, found_entities(text), service=content)
        said.reply_to = reply_to.id if isinstance(reply_to, Posted) else reply_to
        original = self.telegram.find(place, said.reply_to) if said.reply_to else None
        assert original or not said.reply_to, f"no message {said.reply_to} in {place}"
        said.thread = original.thread if original and thread is None else thread
        if said.thread is not None:
            topics = self.telegram.groups[place].topics or {} if place < 0 else {}
            assert said.thread in topics, f"{place} has no topic {said.thread}; it has {topics}"
        self._put(said)
        return await self._tell({"message": shown_message(self.telegram, said)}, said)

    def _place(self, chat: int | None) -> int:
        if chat is None or chat == self.id:
            assert not self.user.blocked, "someone who blocked the bot cannot write to it: unblock first"
            self.user.started = True
            return self.id
        return self._inside(chat).id

    def _inside(self, chat: int) -> Group:
        group = self.telegram.groups[chat]
        assert self.id in group.members, f"{self.id} is not in {chat}: it has {sorted(group.members)}"
        assert group.moved_to is None, f"{chat} is {group.moved_to} now"
        return group

    def _put(self, said: Posted) -> None:
        said.id, said.at = self.telegram.next_message_id(said.chat), self.telegram.now()
        said.told = self._heard(said)
        self.telegram.said.append(said)

    def _heard(self, said: Posted) -> bool:
        """True where the bot is told. https://core.telegram.org/bots/features#privacy-mode"""
        if said.chat > 0:
            return True
        group = self.telegram.groups[said.chat]
        if not group.bot_in:
            return False
        if said.service.keys() & SERVICE or not self.telegram.privacy or group.bot_admin:
            return True
        original = self.telegram.find(said.chat, said.reply_to) if said.reply_to else None
        return said.via_bot or self._commands(said, group) or (original is not None and original.told)

    def _commands(self, said: Posted, group: Group) -> bool:
        """True for /command@this_bot, and for /command unless another bot spoke last."""
        if not said.entities or said.entities[0]["type"] != "bot_command" or said.entities[0]["offset"]:
            return False
        _, at, whose = cut_out(said.text, said.entities[0]).partition("@")
        return whose.lower() == self.telegram.bot_username.lower() if at else not group.other_bot_spoke

    async def _tell(self, update: Json, said: Posted) -> Delivery:
        if said.told:
            return await self.telegram.deliver(update, said)
        return Delivery(None, "", update, said, told=False)

    # Pressing

    async def press(self, posted: Posted, wanted: str) -> Delivery:
        """Press the button with this label, callback_data or letter."""
        assert not posted.deleted, "the message was deleted"
        assert posted.chat in (self.id, ELSEWHERE) or self._inside(posted.chat)
        label, data = find_button(posted, wanted)
        kinds = [b for row in (posted.markup or {})["inline_keyboard"] for b in row if b["text"] == label]
        assert any(b.get("callback_data") == data for b in kinds), f"{label!r} only opens {data!r}"
        world = self.telegram
        query = {
            "id": world.give_query("callback_query", self.id).id,
            "from": shown_user(world, self.id),
            "chat_instance": f"88{abs(posted.chat)}",
            "data": data,
        }
        where: Json = {"inline_message_id": posted.inline_id}
        if posted.inline_id is None:
            where = {"message": shown_message(world, posted)}
            reached = not self.user.blocked if posted.chat > 0 else world.groups[posted.chat].bot_in
            if not reached:
                return Delivery(None, "", {"callback_query": query | where}, told=False)
        return await world.deliver({"callback_query": query | where})

    # Inline

    async def inline(self, query: str, offset: str = "", chat_type: str = "group") -> Delivery:
        """Type @bot and a query in any chat. What an earlier answer's cache_time covers is not asked."""
        assert len(query) <= 256, "Telegram's client sends 256 characters"
        world = self.telegram
        shown: Json = {"from": shown_user(world, self.id), "query": query, "offset": offset}
        shown["chat_type"] = chat_type
        for answer in world.inline_answers:
            if answer.covers(self.id, query, offset, world.now()):
                return Delivery(None, "cached", {"inline_query": shown}, told=False)
        asked = world.give_query("inline_query", self.id, query, offset)
        return await world.deliver({"inline_query": {"id": asked.id} | shown})

    async def choose(self, result: Json, chat: int | None = None) -> Delivery:
        """Send an inline answer's card into a group, or with no `chat` to where the bot is not."""
        world = self.telegram
        answers = [a for a in world.inline_answers if result in a.results and a.may_see(self.id)]
        assert answers, f"{self.id} was shown no such card"
        posted = self._card(result, chat)
        if posted.told and posted.chat != ELSEWHERE:
            await world.deliver({"message": shown_message(world, posted)}, posted)
        await world.notify()
        chosen: Json = {"result_id": result["id"], "from": shown_user(world, self.id)}
        chosen["query"] = answers[-1].query
        if posted.markup:
            chosen["inline_message_id"] = posted.inline_id
        if not world.inline_feedback:
            return Delivery(None, "", {"chosen_inline_result": chosen}, posted, told=False)
        return await world.deliver({"chosen_inline_result": chosen}, posted)

    def _card(self, result: Json, chat: int | None) -> Posted:
        content = result["input_message_content"]
        text, entities = check_text(content | {"text": content["message_text"]})
        markup = check_inline_markup(copy.deepcopy(result.get("reply_markup")))
        place = ELSEWHERE if chat is None else self._place(chat)
        posted = Posted(place, 0, self.id, text, content["message_text"], entities, markup, via_bot=True)
        posted.id, posted.at = self.telegram.next_message_id(place), self.telegram.now()
        posted.inline_id, posted.sent = self.telegram.next_id("inline"), result
        posted.told = place != ELSEWHERE and self._heard(posted)
        self.telegram.messages.append(posted)
        return posted

    # Coming and going

    async def block(self) -> Delivery:
        """Stop the bot."""
        self.user.blocked = True
        return await self._standing(self.id, "member", "kicked")

    async def unblock(self) -> Delivery:
        """Let the bot write again."""
        self.user.blocked = False
        return await self._standing(self.id, "kicked", "member")

    async def join(self, group: int) -> Delivery:
        """Come into a group."""
        self.telegram.groups[group].members.add(self.id)
        await self._change(group, self.id, "left", "member")
        return await self._service(group, {"new_chat_members": [shown_user(self.telegram, self.id)]})

    async def leave(self, group: int) -> Delivery:
        """Leave a group."""
        there = self._inside(group)
        delivery = await self._service(group, {"left_chat_member": shown_user(self.telegram, self.id)})
        there.members.discard(self.id)
        there.admins.discard(self.id)
        await self._change(group, self.id, "member", "left")
        return delivery

    async def remove(self, other: Person, group: int) -> Delivery:
        """Remove someone from a group, as its administrator."""
        there = self._inside(group)
        assert self.id in there.admins, f"{self.id} is no administrator of {group}"
        said = await self._service(group, {"left_chat_member": shown_user(self.telegram, other.id)})
        there.members.discard(other.id)
        there.admins.discard(other.id)
        await self._change(group, other.id, "member", "kicked")
        return said

    async def add_bot(self, group: int) -> Delivery:
        """Bring the bot into a group."""
        there = self._inside(group)
        there.bot_in, there.kicked = True, False
        await self._standing(group, "left", "member")
        return await self._service(group, {"new_chat_members": [shown_bot(self.telegram)]})

    async def promote_bot(self, group: int) -> Delivery:
        """Make the bot an administrator."""
        self._inside(group).bot_admin = True
        return await self._standing(group, "member", "administrator")

    async def remove_bot(self, group: int) -> Delivery:
        """Remove the bot from a group."""
        self._inside(group)
        self.telegram.kick(group)
        return await self._standing(group, "member", "kicked")

    async def upgrade(self, group: int) -> int:
        """Make a supergroup of a group, and tell the bot in both; its new id."""
        self._inside(group)
        said = Posted(group, 0, self.id, "")
        new = self.telegram.migrate(group)
        said.service = {"migrate_to_chat_id": new}
        self._put(said)
        await self._tell({"message": shown_message(self.telegram, said)}, said)
        await self._service(new, {"migrate_from_chat_id": group})
        return new

    async def _change(self, group: int, who: int, old: str, new: str) -> None:
        """Tell the bot that someone's place in a group changed, where it is an administrator."""
        world = self.telegram
        if not (world.groups[group].bot_in and world.groups[group].bot_admin):
            return
        change: Json = {
            "chat": shown_chat(world, group),
            "from": shown_user(world, self.id),
            "date": int(world.now()),
            "old_chat_member": _member(shown_user(world, who), old),
            "new_chat_member": _member(shown_user(world, who), new),
        }
        await world.deliver({"chat_member": change})

    async def _service(self, group: int, content: Json) -> Delivery:
        said = Posted(self._inside(group).id, 0, self.id, "", service=content)
        self._put(said)
        return await self._tell({"message": shown_message(self.telegram, said)}, said)

    async def _standing(self, chat: int, old: str, new: str) -> Delivery:
        world = self.telegram
        change: dict[str, Any] = {
            "chat": shown_chat(world, chat),
            "from": shown_user(world, self.id),
            "date": int(world.now()),
            "old_chat_member": _member(shown_bot(world), old),
            "new_chat_member": _member(shown_bot(world), new),
        }
        if new == "administrator":
            change["new_chat_member"] = shown_member(world, chat, world.bot_id)
        return await world.deliver({"my_chat_member": change})


SERVICE = {"new_chat_members", "left_chat_member", "migrate_to_chat_id", "migrate_from_chat_id"} | {
    "group_chat_created",
    "forum_topic_created",
    "forum_topic_closed",
    "new_chat_title",
    "pinned_message",
}


def _member(user: Json, status: str) -> Json:
    return {"user": user, "status": status} | ({"until_date": 0} if status == "kicked" else {})
