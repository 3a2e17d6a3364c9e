"""Telegram's world: people, chats, messages, and what was given out to the bot."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import Iterable
from typing import Any

from tests.telegram.records import Answer, Group, InlineAnswer, Posted, Query, User
from tests.telegram.shapes import Json, Refused, bad

BURST = 0.95  # a second, less the jitter of a busy machine
DELETE_SECONDS = 48 * 3600
QUERY_SECONDS = 15.0
GENERAL = 1  # a forum's first topic: messages there carry no thread


class World:
    """What there is, and what happened. `clock` is seconds that Telegram's clock is ahead of ours."""

    def __init__(self) -> None:
        self.token = "7000000001:TESTTESTTESTTESTTESTTESTTESTTESTTES"  # noqa: S105 - it opens nothing
        self.bot_id = 7000000001
        self.bot_username = "mayshare_test_bot"
        self.bot_name = "Mayshare"
        self.url = ""
        self.clock = 0.0
        self.strict_pace = True
        self.file_limit = 50 * 1024 * 1024  # bytes
        self.photo_limit = 10 * 1024 * 1024  # bytes
        self.privacy = True
        self.inline_feedback = True  # as set with BotFather: chosen_inline_result is sent
        self.people: dict[int, User] = {}
        self.groups: dict[int, Group] = {}
        self.messages: list[Posted] = []
        self.said: list[Posted] = []
        self.answers: list[Answer] = []
        self.inline_answers: list[InlineAnswer] = []
        self.actions: list[tuple[int, str]] = []
        self.commands: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.descriptions: dict[tuple[str, str], str] = {}
        self.queries: dict[str, Query] = {}
        self.calls: list[tuple[str, Json, float]] = []
        self.refused: list[tuple[str, str, str]] = []
        self.changed = asyncio.Condition()
        self._ids = itertools.count(1)
        self._message_ids: dict[int, int] = {}
        self._frozen: float | None = None
        self._sends: list[tuple[float, int]] = []

    def now(self) -> float:
        """Telegram's clock, in seconds since 1970."""
        return (time.time() if self._frozen is None else self._frozen) + self.clock

    def freeze(self) -> None:
        """Stop Telegram's clock; from now on only `clock` moves it."""
        self._frozen = time.time()

    def next_id(self, prefix: str = "") -> str:
        """An id that was never given before."""
        return f"{prefix}{next(self._ids):06}"

    def next_message_id(self, chat: int) -> int:
        """The next number of a chat's messages."""
        self._message_ids[chat] = self._message_ids.get(chat, 0) + 1
        return self._message_ids[chat]

    # Making the world: nothing of this is told to the bot

    def person(
        self, id: int, first_name: str = "Ann", username: str | None = None, started: bool = False
    ) -> User:
        """Add someone; the bot may write to them once they `started`."""
        assert id > 0, "a person's id is positive"
        self.people[id] = User(id, first_name, username, started=started)
        return self.people[id]

    def group(
        self,
        id: int,
        title: str = "The team",
        members: Iterable[int] = (),
        admins: Iterable[int] = (),
        bot_admin: bool = False,
        *,
        topics: bool = False,
        supergroup: bool = True,
        bot_in: bool = True,
    ) -> Group:
        """Add a group with the bot in it; `topics` makes it a forum."""
        assert id < 0, "a group's id is negative"
        assert supergroup or not topics, "only a supergroup has topics"
        inside, leading = set(members) | set(admins), set(admins)
        for each in inside - set(self.people):
            self.person(each)
        there = Group(id, title, inside, leading, supergroup, {} if topics else None, bot_in, bot_admin)
        self.groups[id] = there
        return there

    def topic(self, group: int, name: str = "A topic") -> int:
        """Open a topic of a forum: its message_thread_id."""
        topics = self.groups[group].topics
        assert topics is not None, f"{group} is no forum"
        thread = self.next_message_id(group)
        thread = thread if thread != GENERAL else self.next_message_id(group)
        topics[thread] = name
        return thread

    def block(self, person: int) -> None:
        """Let someone block the bot, which is not told."""
        self.people[person].blocked = True

    def unblock(self, person: int) -> None:
        """Let someone unblock the bot, which is not told."""
        self.people[person].blocked = False

    def deactivate(self, person: int) -> None:
        """Delete someone's account."""
        self.people[person].gone = True

    def kick(self, group: int) -> None:
        """Remove the bot from a group; it is not told."""
        there = self.groups[group]
        there.bot_in, there.bot_admin, there.kicked = False, False, True

    def migrate(self, group: int) -> int:
        """Make a supergroup of a group: its new id. The bot is not told."""
        old = self.groups[group]
        assert not old.supergroup, f"{group} is a supergroup already"
        new = -1_000_000_000_000 + group
        made = self.group(new, old.title, old.members, old.admins, old.bot_admin, bot_in=old.bot_in)
        made.other_bot_spoke = old.other_bot_spoke
        old.moved_to = new
        return new

    # Finding

    def check_chat(self, chat: Any, write: bool = True) -> int:
        """The id of a chat that is there; that the bot may write to."""
        try:
            id = int(chat)
        except (TypeError, ValueError):
            raise bad("chat-not-found", "chat not found", f"chat_id {chat!r}") from None
        if id > 0:
            self._check_person(id, write)
        else:
            self._check_group(id)
        return id

    def _check_person(self, id: int, write: bool) -> None:
        user = self.people.get(id)
        if user is None or (not user.started and not write):
            raise bad("chat-not-found", "chat not found", f"no person {id}")
        if not write:
            return
        if user.gone:
            raise Refused("deactivated", f"{id}", 403, "Forbidden: user is deactivated")
        if user.blocked:
            raise Refused("blocked", f"{id}", 403, "Forbidden: bot was blocked by the user")
        if not user.started:
            words = "Forbidden: bot can't initiate conversation with a user"
            raise Refused("initiate", f"{id}", 403, words)

    def _check_group(self, id: int) -> None:
        group = self.groups.get(id)
        if group is None:
            raise bad("chat-not-found", "chat not found", f"no group {id}")
        if group.moved_to is not None:
            words = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refused("migrated", f"{id}", 400, words, {"migrate_to_chat_id": group.moved_to})
        if group.kicked:
            raise Refused("kicked", f"{id}", 403, f"Forbidden: bot was kicked from the {group.kind} chat")
        if not group.bot_in:
            raise Refused(
                "not-member", f"{id}", 403, f"Forbidden: bot is not a member of the {group.kind} chat"
            )

    def find(self, chat: int, id: Any) -> Posted | None:
        """A message that is still there: the bot's, a card or a person's."""
        for posted in (*self.messages, *self.said):
            if (posted.chat, posted.id, posted.deleted) == (chat, id, False):
                return posted
        return None

    def check_thread(self, chat: int, thread: int | None) -> None:
        """A thread is a topic of a forum, other than the General one."""
        topics = self.groups[chat].topics if chat < 0 else None
        if thread is not None and thread not in (topics or {}):
            raise bad("thread", "message thread not found", f"message_thread_id {thread} in {chat}")

    # Pace

    def keep_pace(self, chat: int) -> None:
        """Telegram's published pace; counts this message where it keeps it."""
        now = self.now()
        self._sends = [each for each in self._sends if now - each[0] < 60]
        if self.strict_pace:
            here = [at for at, where in self._sends if where == chat]
            self._within(here, *((1, BURST) if chat > 0 else (20, 60 * BURST)))
            self._within([at for at, _ in self._sends], 30, BURST)
        self._sends.append((now, chat))

    def _within(self, sends: list[float], most: int, seconds: float) -> None:
        recent = [at for at in sends if self.now() - at < seconds]
        if len(recent) < most:
            return
        wait = max(1, math.ceil(recent[-most] + seconds - self.now()))
        words = f"Too Many Requests: retry after {wait}"
        raise Refused("pace", f"{len(recent)} in {seconds:g} s", 429, words, {"retry_after": wait})

    # What is given out

    def give_query(self, kind: str, user: int, text: str = "", offset: str = "") -> Query:
        """A new callback_query or inline_query to answer."""
        query = Query(self.next_id("77"), kind, user, self.now(), text, offset)
        self.queries[query.id] = query
        return query

    def use_query(self, kind: str, id: Any) -> Query:
        """A query that still waits for its answer."""
        query = self.queries.get(str(id))
        if query is None or query.kind != kind or query.answered or self.now() - query.at > QUERY_SECONDS:
            words = "query is too old and response timeout expired or query ID is invalid"
            raise bad("query-old", words, f"{kind} {id}")
        query.answered = True
        return query
