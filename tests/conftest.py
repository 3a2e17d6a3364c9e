"""Tests are never timed: a busy machine must not fail a property."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

os.environ["PTB_TIMEDELTA"] = (
    "true"  # python-telegram-bot's later form of `retry_after`; it warns of the older
)
