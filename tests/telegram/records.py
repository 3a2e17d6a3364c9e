"""What Telegram's world is made of: people, groups, messages, queries and answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.telegram.shapes import Json


@dataclass
class User:
    """Someone with an account."""

    id: int
    first_name: str
    username: str | None = None
    language: str = "en"
    started: bool = False  # wrote to the bot at some time
    blocked: bool = False  # blocked the bot
    gone: bool = False  # deleted the account


@dataclass
class Group:
    """A group or supergroup."""

    id: int
    title: str
    members: set[int]
    admins: set[int]
    supergroup: bool = True
    topics: dict[int, str] | None = None  # None where the group is no forum
    bot_in: bool = True
    bot_admin: bool = False
    kicked: bool = False
    moved_to: int | None = None
    other_bot_spoke: bool = False  # after ours: then /command without @ is not for ours

    @property
    def kind(self) -> str:
        """The chat's type in Telegram's word."""
        return "supergroup" if self.supergroup else "group"


@dataclass
class Posted:
    """A message of the bot, a card that a person sent through it, or (in `said`) a person's words."""

    chat: int
    id: int
    by: int  # the bot's id, or the person's
    text: str  # plain: what a person reads
    html: str = ""  # raw, as sent
    entities: list[Json] = field(default_factory=list)
    markup: Json | None = None
    reply_to: int | None = None
    thread: int | None = None
    edits: int = 0
    deleted: bool = False
    document: str | None = None  # the file's name
    data: bytes | None = None
    photo: tuple[int, int] | None = None  # a picture's width and height
    at: float = 0.0  # on Telegram's clock
    sent: Json = field(default_factory=dict)  # the call's arguments
    inline_id: str | None = None  # a card's id for the bot
    via_bot: bool = False
    told: bool = True  # the bot was told of it, or wrote it
    service: Json = field(default_factory=dict)

    @property
    def keyboard(self) -> list[list[tuple[str, str]]]:
        """The rows of buttons: each its label, and its callback_data, url or other value."""
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [[(button["text"], _value(button)) for button in row] for row in rows]


def _value(button: Json) -> str:
    kinds = [key for key in button if key not in ("text", "style", "icon_custom_emoji_id")]
    return str(button[kinds[0]])


@dataclass
class Query:
    """A callback_query or inline_query: one answer within 15 seconds."""

    id: str
    kind: str
    user: int
    at: float
    text: str = ""
    offset: str = ""
    answered: bool = False


@dataclass
class Answer:
    """The answer to a press."""

    id: str
    text: str
    alert: bool
    user: int
    url: str | None = None
    cache_time: int = 0


@dataclass
class InlineAnswer:
    """The answer to an inline query; `results` as the bot sent them."""

    id: str
    user: int
    query: str
    results: list[Json]
    next_offset: str = ""
    is_personal: bool = False
    cache_time: int = 300
    button: Json | None = None
    offset: str = ""
    at: float = 0.0

    def may_see(self, user: int) -> bool:
        """True where Telegram may show this answer to someone."""
        return user == self.user or not self.is_personal

    def covers(self, user: int, query: str, offset: str, now: float) -> bool:
        """True where Telegram shows this answer instead of asking the bot again."""
        same = (query, offset) == (self.query, self.offset)
        return same and self.may_see(user) and now - self.at < self.cache_time
