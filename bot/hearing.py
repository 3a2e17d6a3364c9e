"""Hearing: what arrived becomes the event the engine applies, with what a question finds."""

from __future__ import annotations

from bot.engine.words import names_a_person, understand
from bot.events import Asked, Event, Searched, Typed
from bot.laws import Match, danger_pattern, find_danger, find_provisions, index_of
from bot.model import Library, Session, Team

QUESTION_MAX = 4000  # characters of a question that are looked up: a longer one is a paste
MESSAGE_MAX = 40_000  # characters searched for harm and names; no platform's message is longer


class Hearing:
    """
    Understands typed text and looks up what questions ask, in memory.

    Args:
        library: its provisions are indexed and its phrases of harm compiled, once.
    """

    def __init__(self, library: Library) -> None:
        self._index = index_of(library.provisions.values(), library.words)
        self._dangers = {danger.id: danger_pattern(danger) for danger in library.dangers}

    def event(
        self, library: Library, session: Session, event: Event | Typed, team: Team | None = None
    ) -> Event:
        """Give the event to apply; a question comes with provisions found, harm and names noticed."""
        if isinstance(event, Typed):
            event = understand(library, session, event)
        if isinstance(event, Searched):
            return Searched(event.query, tuple(match.id for match in self.found(event.query, session.role)))
        if isinstance(event, Asked):
            role = session.role or (team.role if team else None)
            return Asked(
                event.question,
                found=tuple(match.id for match in self.found(event.question, role)),
                danger=find_danger(self._dangers, event.question[:MESSAGE_MAX]),
                named=names_a_person(event.question[:MESSAGE_MAX]),
            )
        return event

    def found(self, question: str, role: str | None = None) -> tuple[Match, ...]:
        """Find the provisions for a question, best first."""
        return find_provisions(self._index, question[:QUESTION_MAX], role=role)
