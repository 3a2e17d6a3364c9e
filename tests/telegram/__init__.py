"""A small, strict Telegram on loopback, for tests with the real python-telegram-bot in between.

`Telegram` is the platform, `Person` someone who uses it, `RULES` what it refuses.
"""

from tests.telegram.people import Person
from tests.telegram.platform import Delivery, Telegram
from tests.telegram.reading import text_of
from tests.telegram.records import Answer, InlineAnswer, Posted
from tests.telegram.rules import RULES, Refused

__all__ = [
    "RULES",
    "Answer",
    "Delivery",
    "InlineAnswer",
    "Person",
    "Posted",
    "Refused",
    "Telegram",
    "text_of",
]
