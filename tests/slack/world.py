"""The workspace: people, channels, messages, views, and what was given out to the bot."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.slack.rules import Json, Refused, check_message

BURST = 0.95  # a second between posts, less the jitter of a busy machine
TRIGGER_SECONDS = 3.0
HOOK_SECONDS = 30 * 60.0
HOOK_USES = 5

SCOPES = (
    "app_mentions:read assistant:write channels:read chat:write commands files:write"
    " groups:read im:history im:read im:write usergroups:read users:read"
).split()


@dataclass
class User:
    """Someone in the workspace."""

    id: str
    name: str
    admin: bool
    tz: str
    locale: str
    bot: bool = False
    guest: bool = False
    deleted: bool = False
    team: str | None = None  # of another workspace, in a channel that both share


@dataclass
class Group:
    """A user group."""

    id: str
    name: str
    handle: str
    users: list[str]
    disabled: bool = False


@dataclass
class Channel:
    """A channel, or a direct message with the bot (`user` is set)."""

    id: str
    name: str
    members: set[str]
    bot_in: bool = True
    archived: bool = False
    private: bool = False
    user: str | None = None


@dataclass
class Posted:
    """A message of the bot."""

    channel: str
    ts: str
    thread_ts: str | None
    text: str
    blocks: list[Json]
    only_for: str | None
    via: Literal["api", "response_url", "ack"]
    at: float
    edits: int = 0
    deleted: bool = False
    files: list[str] = field(default_factory=list)
    sent: Json = field(default_factory=dict)


@dataclass
class Said:
    """A message of a person, with its text as Slack holds it: the three signs escaped."""

    channel: str
    ts: str
    thread_ts: str | None
    text: str
    user: str


@dataclass
class View:
    """A Home tab or a modal, as it was last sent."""

    id: str
    user: str
    view: Json
    hash: str
    open: bool = True
    updates: int = 0

    @property
    def blocks(self) -> list[Json]:
        """The view's blocks."""
        blocks: list[Json] = self.view["blocks"]
        return blocks


@dataclass
class Trigger:
    """A trigger_id: one view, within three seconds."""

    user: str
    at: float
    used: bool = False


@dataclass
class Hook:
    """A response_url: five answers within thirty minutes."""

    user: str
    channel: str
    original: Posted | Said | None
    at: float
    uses: int = 0


@dataclass
class Upload:
    """A file on its way, and where it was shared."""

    id: str
    filename: str
    length: int
    data: bytes | None = None
    title: str | None = None
    channel: str | None = None
    thread_ts: str | None = None
    comment: str | None = None
    alt: str | None = None
    done: bool = False


class World:
    """One workspace T1 with the bot in it."""

    def __init__(self) -> None:
        self.team_id, self.app_id, self.bot_user, self.bot_id = "T1", "A1", "UBOT", "B1"
        self.bot_token, self.app_token = "xoxb-test", "xapp-test"
        self.signing_secret, self.verification_token = "shhh", "old-token"
        self.scopes: list[str] = list(SCOPES)
        self.allowed_mentions: set[str] = set()
        self.strict_pace = True
        self.agent = True
        self.clock = 0.0
        self.url = ""
        self.people: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, Group] = {}
        self.messages: list[Posted] = []
        self.said: list[Said] = []
        self.homes: dict[str, View] = {}
        self.views: dict[str, View] = {}
        self.files: dict[str, Upload] = {}
        self.prompts: dict[str, list[Json]] = {}
        self.hooks: dict[str, Hook] = {}
        self.triggers: dict[str, Trigger] = {}
        self.tickets: set[str] = set()
        self.calls: list[tuple[str, Json, float]] = []
        self.refused: list[tuple[str, str, str]] = []
        self.changed = asyncio.Condition()
        self._count = itertools.count(1)
        self._micros = 0
        self._last_post: dict[str, float] = {}

    # The world's own hands

    def now(self) -> float:
        """Monotonic seconds, moved by `clock`."""
        return time.monotonic() + self.clock

    def next_ts(self) -> str:
        """A ts above every one before."""
        self._micros = max(self._micros + 1, int((time.time() + self.clock) * 1_000_000))
        return f"{self._micros // 1_000_000}.{self._micros % 1_000_000:06d}"

    def next_id(self, letter: str) -> str:
        """An id of that kind, never given before."""
        return f"{letter}{next(self._count):06d}"

    def person(
        self,
        id: str,
        *,
        name: str | None = None,
        admin: bool = False,
        tz: str = "America/New_York",
        locale: str = "en-US",
        bot: bool = False,
        guest: bool = False,
        deleted: bool = False,
        team: str | None = None,
    ) -> User:
        """Add someone to the workspace."""
        user = User(id, name or id.lower(), admin, tz, locale, bot, guest, deleted, team)
        self.people[id] = user
        return user

    def group(self, id: str, handle: str, users: Iterable[str] = (), *, disabled: bool = False) -> Group:
        """Add a user group to the workspace."""
        made = Group(id, handle.title(), handle, list(users), disabled)
        self.groups[id] = made
        return made

    def channel(
        self,
        id: str,
        *,
        members: Iterable[str] = (),
        name: str | None = None,
        bot_in: bool = True,
        archived: bool = False,
        private: bool = False,
    ) -> Channel:
        """Add a channel to the workspace."""
        made = Channel(id, name or id.lower(), set(members), bot_in, archived, private)
        self.channels[id] = made
        return made

    def dm_of(self, user: str) -> Channel:
        """The direct message with someone, made when first asked for."""
        if user not in self.people:
            raise Refused("user_not_found", f"{user}: nobody", "user_not_found")
        id = f"D{user[1:]}"
        return self.channels.setdefault(id, Channel(id, "directmessage", {user}, user=user))

    # What may be reached

    def find_channel(self, id: Any) -> Channel:
        """The channel of that id, if the bot can know of it."""
        found = self.channels.get(id) if isinstance(id, str) else None
        if found is None or (found.private and not found.bot_in):
            raise Refused("channel_not_found", f"channel: {id!r}", "channel_not_found")
        return found

    def find_place(self, id: Any) -> Channel:
        """Where the bot may post: a channel it is in, or someone's DM by their id."""
        place = self.dm_of(id) if id in self.people else self.find_channel(id)
        if place.archived:
            raise Refused("is_archived", f"channel: {id}", "is_archived")
        if not place.bot_in:
            raise Refused("not_in_channel", f"channel: {id}", "not_in_channel")
        return place

    def find_message(self, channel: str, ts: Any, rule: str) -> Posted:
        """A message that the bot may edit or delete."""
        for posted in self.messages:
            if (posted.channel, posted.ts) == (channel, ts) and not posted.deleted and not posted.only_for:
                return posted
        if any((said.channel, said.ts) == (channel, ts) for said in self.said):
            raise Refused(rule, f"ts: {ts} is another's", rule)
        raise Refused("message_not_found", f"ts: {ts!r} in {channel}", "message_not_found")

    def check_thread(self, channel: str, thread_ts: Any) -> None:
        """A thread begins at a message that is not itself in a thread."""
        roots = {m.ts for m in self.messages if m.channel == channel and not m.only_for and not m.thread_ts}
        roots |= {s.ts for s in self.said if s.channel == channel and s.thread_ts in (None, s.ts)}
        if thread_ts not in roots:
            raise Refused("thread_not_found", f"thread_ts: {thread_ts!r} in {channel}", "thread_not_found")

    def check_files(self, blocks: Any) -> None:
        """Refuse an image block whose file is not there, or whose bytes never came."""
        for block in blocks if isinstance(blocks, list) else ():
            id = (block.get("slack_file") or {}).get("id") if isinstance(block, dict) else None
            file = self.files.get(str(id))
            if id is not None and (file is None or not file.done):
                raise Refused("slack-file", f"slack_file: {id}: invalid slack file", "invalid_blocks")

    # Posting and editing

    def check(self, message: Json) -> None:
        """Slack's rules for a message, with the mentions this test asked for."""
        check_message(message, frozenset(self.allowed_mentions))
        self.check_files(message.get("blocks"))

    def keep_pace(self, channel: str) -> None:
        """At most one post a second in one channel."""
        last, now = self._last_post.get(channel), self.now()
        if self.strict_pace and last is not None and now - last < BURST:
            detail = f"{channel}: {now - last:.3f} s after the last post"
            raise Refused("pace", detail, "ratelimited", retry_after=1)

    def post(
        self,
        channel: Channel,
        message: Json,
        via: Literal["api", "response_url", "ack"],
        only_for: str | None = None,
    ) -> Posted:
        """Put a message of the bot into a channel."""
        self.check(message)
        thread_ts = message.get("thread_ts")
        if thread_ts is not None:
            self.check_thread(channel.id, thread_ts)
        blocks = message.get("blocks") or []
        at = time.monotonic()
        posted = Posted(
            channel.id, self.next_ts(), thread_ts, message["text"], blocks, only_for, via, at, sent=message
        )
        self.messages.append(posted)
        if via == "api" and only_for is None:
            self._last_post[channel.id] = self.now()
        return posted

    def edit(self, posted: Posted, message: Json) -> None:
        """Replace text and blocks; text alone takes the blocks away, as in Slack."""
        self.check(message)
        posted.text = message["text"]
        posted.blocks = message.get("blocks") or []
        posted.sent = message
        posted.edits += 1

    # What is given out

    def give_trigger(self, user: str) -> str:
        """A new trigger_id."""
        trigger = f"{self.next_id('')}.{self.team_id}.trigger"
        self.triggers[trigger] = Trigger(user, self.now())
        return trigger

    def give_hook(self, user: str, channel: str, original: Posted | Said | None = None) -> str:
        """A new response_url."""
        name = self.next_id("hook")
        self.hooks[name] = Hook(user, channel, original, self.now())
        return f"{self.url}/hooks/{name}"
