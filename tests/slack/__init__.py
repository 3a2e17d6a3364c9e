"""A small, strict Slack on loopback, for tests with the real slack_bolt and slack_sdk in between.

`Slack` is the platform, `Person` someone who uses it, `RULES` what it refuses.
"""

from tests.slack.people import Person
from tests.slack.platform import Delivery, Slack
from tests.slack.reading import text_of
from tests.slack.rules import RULES, Refused
from tests.slack.world import Posted, Said, View

__all__ = ["RULES", "Delivery", "Person", "Posted", "Refused", "Said", "Slack", "View", "text_of"]
