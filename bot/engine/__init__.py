"""The engine: one event applied to one learner's session. Pure: no I/O, no clock, no chance.

The same library, session, event and now always give the same turn.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

import msgspec

from bot.engine import drills, home, linking, orders, pages, play, show, teams, texts
from bot.engine.quotes import answer_question, cards, misled, post_provision, show_provision
from bot.events import (
    Asked,
    Assigned,
    AudienceFound,
    Began,
    ChatOpened,
    Chose,
    Continued,
    Declined,
    Departed,
    DrillAsked,
    DrillInvited,
    DrillSaved,
    DrillsPaused,
    DrillsShown,
    DrillSwitched,
    EraseAsked,
    Erased,
    Event,
    Exported,
    HomeOpened,
    InPrivate,
    Joined,
    Left,
    Linked,
    Looked,
    Misled,
    MissedLetter,
    Nudged,
    Opened,
    Picked,
    PlaceLost,
    PostedForAll,
    Practised,
    PutOff,
    Restarted,
    Resumed,
    Searched,
    Settled,
    Started,
    Submitted,
    SupervisorNamed,
    TeamAsked,
    TeamChanged,
    TeamMoved,
    TeamPicked,
    TeamSettled,
    TeamShown,
    TeamWeekShown,
    Toggled,
    Unlinked,
    WeekClosed,
    WentBack,
    ZoneSet,
)
from bot.model import Library, Session, Team
from bot.replies import (
    Export,
    Forgotten,
    Home,
    Line,
    Turn,
)

NO_TEAM = Team()


def advance(library: Library, session: Session, event: Event, now: datetime, team: Team = NO_TEAM) -> Turn:
    """
    Apply one event.

    Args:
        library: everything authors wrote, with the older editions that live runs need.
        session: the learner's place before.
        event: what they did; a question comes with what was found for it.
        now: when, with its time zone; it goes into the results.
        team: what the tenant's administrators set.

    Returns:
        The session afterwards (None once erased), and replies, a receipt or both.
    """
    match event:
        case Started():
            return pages.welcome(library, session)
        case Opened():
            return pages.opened(library, session, event, team, now)
        case Chose() | Toggled() | Submitted() | Picked() | Continued() | WentBack():
            if not _in_front(session, event.run, event.turn):
                return _not_in_front(library, session, event.run)
            return play.answer(library, session, event, now)
        case Restarted() | Left():
            if not _in_front(session, event.run, event.turn):
                return _not_in_front(library, session, event.run)
            return play.restart(library, session) if isinstance(event, Restarted) else play.leave(session)
        case MissedLetter(why):
            said = texts.NO_RUN if session.run is None and why != "no-number" else _MISSED[why]
            return Turn(session, (Line(text=said), *show.where_now(library, session)))
        case Resumed():
            return play.resume(library, session, event)
        case Asked():
            return answer_question(library, session, event, team)
        case Misled():
            return misled(library, session, event)
        case Looked():
            return Turn(session, show_provision(library, session, event, team))
        case Settled():
            return pages.settled(library, session, event, team, now)
        case Exported():
            return Turn(session, (Export(),))
        case EraseAsked():
            return Turn(session, (pages.erase_question(session),))
        case Erased(seed):
            if seed != session.seed:
                return Turn(session, (Line(text=texts.ERASE_OLD, buttons=(show.menu_button(),)),))
            return Turn(None, (Line(text=texts.ERASED),), receipt=Forgotten())
        case ChatOpened():
            return home.chat_opened(library, session)
        case HomeOpened(admin):
            return Turn(session, (Home(admin=admin),))
        case TeamAsked():
            return home.team_asked(library, session, event, team)
        case TeamSettled():
            return home.team_settled(library, session, event, team)
        case TeamShown() | TeamChanged() | TeamPicked() | TeamMoved() | SupervisorNamed() | Departed():
            return teams.in_group(library, session, event, team)
        case Linked():
            return linking.linked(library, session, event)
        case Unlinked():
            return linking.unlinked(session, event)
        case Searched(found=found):
            return Turn(session, receipt=cards(library, found, team))
        case InPrivate(page, arg):
            return Turn(session, (pages.in_private(library, page, arg),))
        case PostedForAll():
            return Turn(session, post_provision(library, event, team))
        case Practised():
            return drills.practised(library, session, event, now)
        case Assigned():
            return drills.assigned(library, session, event, now)
        case Nudged():
            return drills.nudged(session, event, now)
        case Began() | PutOff() | Declined():
            return drills.answered(library, session, event, now)
        case DrillsPaused():
            return drills.paused(session, event, now)
        case ZoneSet():
            return orders.zone_set(session, event)
        case Joined():
            return orders.joined(session, event, now)
        case AudienceFound():
            return orders.audience_found(session, event)
        case PlaceLost():
            return orders.place_lost(session, event)
        case (
            DrillsShown()
            | DrillAsked()
            | DrillSaved()
            | DrillSwitched()
            | DrillInvited()
            | TeamWeekShown()
            | WeekClosed()
        ):
            return orders.ordered(library, session, event, now)
        case _:
            assert_never(event)


_MISSED = {
    "none-such": texts.MISSED_LETTER,
    "one-only": texts.ONE_LETTER,
    "no-letters": texts.NO_LETTERS,
    "no-number": texts.NO_NUMBER,
}


def _in_front(session: Session, run: str, turn: int) -> bool:
    """Say whether a press belongs to the step in front of the learner."""
    return session.run is not None and session.run.id == run and session.turn == turn


def _not_in_front(library: Library, session: Session, run: str) -> Turn:
    """Answer a press on an old, foreign or repeated button, or a word that needs an open story."""
    if not run:  # typed, with no story open
        return Turn(session, (Line(text=texts.NO_RUN), *show.where_now(library, session)))
    return play.old_button(library, session)


def set_aside(session: Session, event: object = None) -> Turn:
    """
    Tell a learner that their last message could not be handled; nothing of it is kept.

    Of what fell due for them they are told nothing: it is marked, so that it is not tried for ever.
    """
    match event:
        case Assigned():
            return Turn(session, marked=drills.missed(event))
        case Nudged(mark=mark):
            return Turn(session, marked=mark)
        case WeekClosed(drill, day):
            return Turn(session, told=(drill.id, day))
    return Turn(session, (Line(text=texts.SET_ASIDE, buttons=(show.menu_button(),)),))


def new_session(seed: str) -> Session:
    """Give the session of someone never seen before. `seed`: a few random letters, made by the caller."""
    return msgspec.structs.replace(Session(), seed=seed)
