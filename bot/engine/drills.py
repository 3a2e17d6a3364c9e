"""Drills as a learner meets them: asked, begun, put off, done; three minutes by oneself; pause."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from bot.buttons import button
from bot.engine import drill_texts as texts
from bot.engine import play, show
from bot.engine.needs import choose, week_of
from bot.engine.texts import WELCOME
from bot.events import (
    Assigned,
    Began,
    Declined,
    DrillsPaused,
    Nudged,
    Practised,
    PutOff,
    Resumed,
)
from bot.model import Assignment, Library, Run, Session, is_variant, runs_of
from bot.replies import (
    AssignmentState,
    Button,
    Line,
    Marked,
    PageChanged,
    Turn,
)
from bot.timing import WINDOW

WEEKS_MAX = 26  # a pause that is longer is better an end


def assigned(library: Library, session: Session, event: Assigned, now: datetime) -> Turn:
    """
    Hand a learner their copy of an occurrence, if it is for them now.

    One drill a week; none while they paused; what was left open before is closed, so that nothing
    piles up. Each outcome is marked, so that no occurrence is looked at twice.
    """
    week = week_of(event.day)
    marked = _as(missed(event), "sent")
    if event.missed:
        return Turn(session, marked=missed(event))
    if session.off_until > now.timestamp():
        return Turn(session, marked=_as(marked, "off"))
    if session.drilled == week:
        return Turn(session, marked=_as(marked, "had-one"))
    drill = event.drill
    given = Assignment(
        drill=drill.id,
        day=event.day,
        tenant=event.tenant,
        account=event.account,
        what=drill.what,
        closes=event.closes,
    )
    is_first = drill.id not in session.introduced
    after = msgspec.structs.replace(
        _without_old_runs(session),
        met=True,
        assignment=given,
        drilled=week,
        introduced=(*session.introduced, drill.id) if is_first else session.introduced,
    )
    ask = (texts.ASKED_LATE if event.late else texts.ASKED).format(
        title=texts.TITLE, what=texts.what(library, drill.what), until=texts.day(event.until)
    )
    first = f"{texts.FIRST.format(by=drill.by_name or texts.SUPERVISOR)}\n\n" if is_first else ""
    if not session.met:  # nobody told them yet what this is
        first = f"{WELCOME}\n\n{first}"
    said = Line(text=first + ask, buttons=_ways(given.key), personal=True)
    return Turn(after, (said,), marked=marked, push=True, expires=event.expires)


def missed(event: Assigned) -> Marked:
    """Mark an occurrence as one that did not come."""
    return Marked(
        event.drill.id, event.day, event.tenant, event.account, "missed", due=event.due, closes=event.closes
    )


def _as(marked: Marked, state: AssignmentState) -> Marked:
    return replace(marked, state=state)


def _without_old_runs(session: Session) -> Session:
    """Drop the questions of drills that were left open; the one in front stays until it is left."""
    return msgspec.structs.replace(session, paused=tuple(run for run in session.paused if not run.drill))


def _ways(key: str) -> tuple[Button, ...]:
    return (
        button(texts.BEGIN, Began(key)),
        button(texts.LATER, PutOff(key)),
        button(texts.NOT_NOW, Declined(key)),
    )


def nudged(session: Session, event: Nudged, now: datetime) -> Turn:
    """Remind a learner of what is open; where it is not, or where they paused, only note that it was time."""
    given = _open(session, event.key, now)
    if given is None or session.off_until > now.timestamp():
        return Turn(session, marked=event.mark)
    text = texts.ASKED_LATER if event.later else texts.NUDGE_LAST if event.last else texts.NUDGE
    said = Line(text=text.format(until=texts.day(event.until)), buttons=_ways(given.key), personal=True)
    state: AssignmentState = "again" if event.later else "last" if event.last else "nudged"
    return Turn(session, (said,), marked=_mark(given, state), push=True, expires=event.expires)


def answered(library: Library, session: Session, event: Began | PutOff | Declined, now: datetime) -> Turn:
    """Begin an assignment, put it off until later today, or decline it."""
    given = _open(session, event.key, now)
    if given is None:
        return Turn(session, (Line(text=texts.OVER, buttons=(_practise(), show.menu_button())),))
    match event:
        case Began():
            return _begun(library, session, given)
        case PutOff():
            marked = _mark(given, "later")
            return Turn(session, (Line(text=texts.PUT_OFF),), marked=marked, receipt=PageChanged())
        case Declined():
            closed = msgspec.structs.replace(_without_old_runs(session), assignment=None)
            marked = _mark(given, "declined")
            return Turn(closed, (Line(text=texts.DECLINED),), marked=marked, receipt=PageChanged())


def _begun(library: Library, session: Session, given: Assignment) -> Turn:
    running = next((run for run in runs_of(session) if run.drill == given.key), None)
    if running is not None:
        return play.resume(library, session, Resumed(running.id))
    begun_before = tuple(story for story in given.stories if library.today(story))
    stories = begun_before or choose(library, session, given.what, week_of(given.day))
    if not stories:
        return Turn(session, (Line(text=texts.NOTHING, buttons=(show.menu_button(),)),))
    begun = msgspec.structs.replace(session, assignment=msgspec.structs.replace(given, stories=stories))
    turn = play.begin_set(library, begun, stories, drill=given.key)
    return Turn(turn.session, turn.replies, marked=_mark(given, "begun"), receipt=PageChanged())


def practised(library: Library, session: Session, event: Practised, now: datetime) -> Turn:
    """Ask three minutes of what a learner needs most, whenever they want."""
    stories = choose(library, session, event.what, week_of(now))
    if not stories:
        return Turn(session, (Line(text=texts.NOTHING, buttons=(show.menu_button(),)),))
    going = next((run for run in runs_of(session) if _is_practice(run) and run.scenario == stories[0]), None)
    if going is not None:
        return play.resume(library, session, Resumed(going.id))
    return play.begin_set(library, _without_old_practice(session), stories)


def _is_practice(run: Run) -> bool:
    return run.of > 0 and not run.drill


def _without_old_practice(session: Session) -> Session:
    """Drop questions that were left: the rule of each is asked again anyway, and a record must not grow."""
    left = (run for run in session.paused if not (_is_practice(run) and is_variant(run.scenario)))
    return msgspec.structs.replace(session, paused=tuple(left))


def paused(session: Session, event: DrillsPaused, now: datetime) -> Turn:
    """Pause all drills for some weeks, or have them again."""
    if event.weeks <= 0:
        on = Line(text=texts.ON, personal=True)
        return Turn(msgspec.structs.replace(session, off_until=0), (on,))
    until = now + timedelta(weeks=min(event.weeks, WEEKS_MAX))
    off = msgspec.structs.replace(session, off_until=int(until.timestamp()))
    again = button(texts.UNPAUSE, DrillsPaused(0))
    said = texts.OFF.format(until=texts.day(until.date()))
    return Turn(off, (Line(text=said, buttons=(again,), personal=True),))


def pause_ways(session: Session, now: datetime) -> tuple[Button, ...]:
    """Give the buttons with which a learner pauses drills, or has them again."""
    if session.off_until > now.timestamp():
        return (button(texts.UNPAUSE, DrillsPaused(0)),)
    return button(texts.PAUSE_2, DrillsPaused(2)), button(texts.PAUSE_4, DrillsPaused(4))


def open_drill(session: Session, now: datetime) -> Assignment | None:
    """Give the assignment that a learner can do now."""
    given = session.assignment
    return given if given is not None and given.closes > now.timestamp() else None


def _open(session: Session, key: str, now: datetime) -> Assignment | None:
    given = open_drill(session, now)
    return given if given is not None and given.key == key else None


def _mark(given: Assignment, state: AssignmentState) -> Marked:
    return Marked(given.drill, given.day, given.tenant, given.account, state)


def ways_to_practise(session: Session, now: datetime) -> tuple[Button, ...]:
    """Give the button of the drill that is open, or of three minutes by oneself."""
    given = open_drill(session, now)
    if given is None:
        return (_practise(),)
    label = texts.GO_ON if given.stories else texts.BEGIN
    return (button(f"{texts.TITLE}: {label.lower()}", Began(given.key)),)


def open_in_words(session: Session, now: datetime) -> str:
    """Say which drill is open, and until when."""
    given = open_drill(session, now)
    if given is None:
        return texts.NONE_OPEN
    return texts.OPEN_UNTIL.format(until=texts.day(given.day + timedelta(days=WINDOW)))


def ways_of_open(session: Session, now: datetime) -> tuple[Button, ...]:
    """Give what can be done with the drill that is open, else three minutes by oneself."""
    given = open_drill(session, now)
    if given is None:
        return (_practise(),)
    begin, *others = _ways(given.key)
    first = begin if not given.stories else Button(label=texts.GO_ON, data=begin.data)
    return first, *others


def _practise() -> Button:
    return button(texts.PRACTISE, Practised())
