"""One person on two platforms: two records become one, and two again."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot.buttons import button
from bot.engine import show, texts
from bot.events import (
    Fit,
    Linked,
    Resumed,
    Unlinked,
)
from bot.model import Assignment, Finished, Learned, Library, Session
from bot.replies import (
    Line,
    Turn,
)

_TROUBLE: Mapping[str, str] = {
    "wrong": texts.CODE_WRONG,
    "spent": texts.CODE_SPENT,
    "same": texts.CODE_SAME,
    "alone": texts.LINK_ALONE,
}


def linked(library: Library, session: Session, event: Linked) -> Turn:
    """Join two records, and show where the learner now is; or say why the code does nothing."""
    if event.fit is None:
        return Turn(session, (Line(text=_TROUBLE[event.trouble], personal=True),))
    one = joined(event.fit)
    said = Line(text=texts.LINKED, personal=True)
    if event.fit.home.run is not None and event.fit.guest.run is not None:
        other = button(texts.RESUME_OTHER, Resumed(one.paused[-1].id))
        said = Line(text=f"{texts.LINKED} {texts.PARKED}", buttons=(other,), personal=True)
    return Turn(one, (said, *show.where_now(library, one)))


def unlinked(session: Session, event: Unlinked) -> Turn:
    """Part what was joined; the record stays where it was made."""
    if not event.linked:
        return Turn(session, (Line(text=texts.NOT_LINKED, personal=True),))
    said = texts.UNLINKED_HERE if event.here else texts.UNLINKED
    return Turn(session, (Line(text=said, personal=True),))


def joined(fit: Fit) -> Session:
    """
    Make one record of two: the newer run goes on, the others can be resumed, home's settings win.

    The turn number is the greater, so that no button of either is taken for a later one's. Of drills, who
    paused on either has paused, and of two that are open the later one can be done.
    """
    newer, older = (fit.guest, fit.home) if fit.guest_is_newer else (fit.home, fit.guest)
    front = newer.run or older.run
    open_runs = (older.run, newer.run)  # last what was open last: it is the first to be resumed
    left = tuple(run for run in open_runs if run is not None and run is not front)
    return msgspec.structs.replace(
        fit.home,
        turn=max(fit.home.turn, fit.guest.turn),
        met=fit.home.met or fit.guest.met,
        role=fit.home.role or fit.guest.role,
        state=fit.home.state or fit.guest.state,
        run=front,
        paused=(*older.paused, *newer.paused, *left),
        finished=_finished(newer, older),
        kept={
            series: {**older.kept.get(series, {}), **newer.kept.get(series, {})}
            for series in {**older.kept, **newer.kept}
        },
        learned=_learned(fit.home, fit.guest),
        assignment=_assignment(fit.home, fit.guest),
        introduced=tuple(dict.fromkeys((*fit.home.introduced, *fit.guest.introduced))),
        drilled=max(fit.home.drilled, fit.guest.drilled),
        off_until=max(fit.home.off_until, fit.guest.off_until),
        zone=fit.home.zone or fit.guest.zone,
    )


def _learned(home: Session, guest: Session) -> Mapping[str, Learned]:
    """Take of each rule what was asked last; of the same week what was missed."""
    both = dict(home.learned)
    for rule, one in guest.learned.items():
        known = both.get(rule)
        if known is None or (one.week, -one.level) > (known.week, -known.level):
            both[rule] = one
    return both


def _assignment(home: Session, guest: Session) -> Assignment | None:
    given = [one for one in (home.assignment, guest.assignment) if one is not None]
    return max(given, key=lambda one: one.closes, default=None)


def _finished(newer: Session, older: Session) -> Mapping[str, Finished]:
    """Add up what was finished; how it ended last is the newer record's."""
    both = {**older.finished, **newer.finished}
    return {
        id: msgspec.structs.replace(
            done, times=sum(one.finished[id].times for one in (newer, older) if id in one.finished)
        )
        for id, done in both.items()
    }
