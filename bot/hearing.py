"""Hearing: what arrived becomes the event the engine applies, with what a question finds."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from bot.engine.story import edition_of_run
from bot.engine.words import names_a_person, understand
from bot.events import (
    Asked,
    Event,
    Searched,
    Typed,
)
from bot.laws.danger import danger_pattern, find_danger
from bot.laws.finding import Finder, Match
from bot.model import Library, Session, Team

QUESTION_MAX = 4000  # characters of a question that are looked up: a longer one is a paste
MESSAGE_MAX = 40_000  # characters searched for harm and names; no platform's message is longer


def _role_in_story(library: Library, session: Session) -> str | None:
    """Give the role that someone plays, where a story is open."""
    edition = edition_of_run(library, session.run) if session.run is not None else None
    return edition.scenario.role if edition is not None else None


class Hearing:
    """
    Understands typed text and looks up what questions ask, in memory.

    Args:
        library: its provisions are weighed and its phrases of harm compiled, once, when first needed.
    """

    def __init__(self, library: Library) -> None:
        self._library = library

    def prepare(self) -> None:
        """Get ready for questions now, so that the first one waits for nothing."""
        _ = self._finder, self._dangers

    @functools.cached_property
    def _finder(self) -> Finder:
        library = self._library
        return Finder(library.provisions.values(), library.words, library.ranker)

    @functools.cached_property
    def _dangers(self) -> Mapping[str, re.Pattern[str]]:
        return {danger.id: danger_pattern(danger) for danger in self._library.dangers}

    def event(
        self, library: Library, session: Session, event: Event | Typed, team: Team | None = None
    ) -> Event:
        """Give the event to apply; a question comes with provisions found, harm and names noticed."""
        if isinstance(event, Typed):
            event = understand(library, session, event)
        if isinstance(event, Searched):
            return Searched(event.query, tuple(match.id for match in self.found(event.query, session.role)))
        if isinstance(event, Asked):
            role = session.role or (team.role if team else None) or _role_in_story(library, session)
            found = tuple(match.id for match in self.found(event.question, role))
            return Asked(
                event.question,
                found=found,
                danger=self.danger(event.question[:MESSAGE_MAX]),
                named=names_a_person(event.question[:MESSAGE_MAX]),
                nearest=None if found else self._finder.nearest(event.question[:QUESTION_MAX]),
            )
        return event

    def danger(self, message: str) -> str | None:
        """Notice harm that cannot wait: by its words, or by what was learned from many ways of saying it."""
        return find_danger(self._dangers, message) or self._finder.alarm(message[:QUESTION_MAX])

    def found(self, question: str, role: str | None = None) -> tuple[Match, ...]:
        """Find the provisions for a question, best first."""
        return self._finder.find(question[:QUESTION_MAX], role=role)
