"""Who is in the audience of a group's drill: those who joined it, and are still in the group."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from telegram import Bot, ChatMember
from telegram.error import BadRequest, TelegramError

from adapters.telegram.app import ADMINS, NAME_MAX, UNREADABLE
from adapters.telegram.arrivals import is_inside
from adapters.text import cut
from bot.model import Drill, Member
from bot.store import Place

UNKNOWN = "user not found"  # what Telegram answers about someone whose account is gone


class TelegramRoster:
    """
    Finds out who is still in an audience.

    A bot may write only to those who wrote to it, so nobody is in one who did not join. Who is in a group
    Telegram tells for certain only to its administrators: where the bot is none, all who joined stay.

    Args:
        bot: initialized.
        closed: private chats that Telegram lets us write to no more (the carrier's).
    """

    def __init__(self, bot: Bot, closed: Collection[str]) -> None:
        self._bot = bot
        self._closed = closed

    async def members(
        self,
        tenant: str,  # noqa: ARG002  # one bot, one tenant
        drill: Drill,
        known: Sequence[Place],
    ) -> Sequence[Member] | None:
        """Give those who joined a drill, without those who left its group or blocked the bot."""
        there = [
            place.member
            for place in known
            if place.gone is None and place.member.address.chat not in self._closed
        ]
        if not await self._sees_members(drill.place):
            return there
        found = []
        for number, member in enumerate(there):
            try:
                seen = await self._bot.get_chat_member(int(drill.place), int(member.learner))
            except BadRequest as error:
                if UNKNOWN not in error.message.lower():
                    found.append(member)
            except (TelegramError, *UNREADABLE):  # it is enough for now: the rest is asked about next time
                return [*found, *there[number:]]
            else:
                found += _still(member, seen)
        return found

    async def may_order(self, tenant: str, drill: Drill) -> bool | None:  # noqa: ARG002
        """Say whether who ordered a drill is an administrator of its group still."""
        try:
            seen = await self._bot.get_chat_member(int(drill.place), int(drill.by))
        except BadRequest as error:
            return False if UNKNOWN in error.message.lower() else None
        except (TelegramError, *UNREADABLE):
            return None
        return seen.status in ADMINS

    async def _sees_members(self, group: str) -> bool:
        """Say whether the bot is an administrator of a group."""
        try:
            own = await self._bot.get_chat_member(int(group), self._bot.id)
        except (TelegramError, *UNREADABLE):
            return False
        return own.status in ADMINS


def _still(member: Member, seen: ChatMember) -> Sequence[Member]:
    """Give a member as they are called now; nobody, where they left or are a bot."""
    if not is_inside(seen) or seen.user.is_bot:
        return ()
    return (msgspec.structs.replace(member, name=cut(seen.user.full_name, NAME_MAX)),)
