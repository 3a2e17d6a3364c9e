"""What holds for one of a tenant's several teams: shown in its place, typed by its administrators."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.buttons import button
from bot.engine import drill_texts, home, texts
from bot.events import (
    Departed,
    DrillsShown,
    SupervisorNamed,
    TeamChanged,
    TeamMoved,
    TeamPicked,
    TeamShown,
    TeamWeekShown,
)
from bot.model import Drill, Library, Session, Team
from bot.replies import (
    Line,
    Turn,
)

FIELDS = ("state", "role", "counsel", "hours", "policy")
SUPERVISORS_MAX = 50  # more than a team has; the settings are read with each event
_NONE = frozenset({"none", "no", "-", "nothing"})

Happened = TeamShown | TeamChanged | TeamPicked | TeamMoved | SupervisorNamed | Departed


def in_group(library: Library, session: Session, event: Happened, team: Team) -> Turn:
    """Show, change or pick a team's settings; `team` is what is set now for the event's place."""
    match event:
        case TeamShown(""):
            return Turn(session, (Line(text=texts.TEAM_ALONE),))
        case TeamShown(place, drills=drills):
            return Turn(session, (_shown(library, team, place, drills),))
        case TeamChanged():
            return _changed(library, session, event, team)
        case TeamPicked(linked=True):  # a team of another tenant's is none of theirs
            return Turn(session, (Line(text=texts.TEAM_LINKED),))
        case TeamPicked(place, member):
            if not member:
                said = texts.NOT_SURE_MEMBER if member is None else texts.TEAM_NOT_YOURS
                return Turn(session, (Line(text=said),))
            picked = msgspec.structs.replace(session, team=place)
            return Turn(picked, (Line(text=texts.TEAM_PICKED),))
        case TeamMoved():  # the store does it; nobody is told what they see already
            return Turn(session)
        case SupervisorNamed():
            return _supervisor(session, event, team)
        case Departed(place, person):
            without = _without(team, person) if place else team
            return Turn(session, team=without if without != team else None, away=place)


def _shown(library: Library, team: Team, place: str, drills: Sequence[Drill] = ()) -> Line:
    set_now = texts.team_in_group(team, library.terms.roles.get(team.role or "", ""))
    use = button(texts.TEAM_USE, TeamPicked(place))
    listed = button(drill_texts.DRILLS, DrillsShown(place))
    results = (button(drill_texts.LAST_WEEK, TeamWeekShown(drill.id)) for drill in drills[:1])
    ways = (use, listed, *(results if len(drills) == 1 else ()))
    return Line(text=f"{set_now}\n\n{texts.TEAM_HOW}", buttons=ways)


def _supervisor(session: Session, event: SupervisorNamed, team: Team) -> Turn:
    if not event.admin:
        said = texts.ONLY_GROUP_ADMINS if event.admin is False else texts.NOT_SURE_ADMIN
        return Turn(session, (Line(text=said),))
    if not event.person:
        said = texts.SUPERVISOR_NOBODY if event.person is None else texts.SUPERVISOR_HOW
        return Turn(session, (Line(text=said),))
    after = _without(team, event.person)
    if not event.adds:
        return Turn(session, (Line(text=texts.SUPERVISOR_REMOVED),), team=after)
    if len(after.supervisors) >= SUPERVISORS_MAX:
        return Turn(session, (Line(text=texts.SUPERVISORS_FULL.format(most=SUPERVISORS_MAX)),))
    after = msgspec.structs.replace(after, supervisors=(*after.supervisors, event.person))
    return Turn(session, (Line(text=texts.SUPERVISOR_ADDED),), team=after)


def _without(team: Team, person: str) -> Team:
    return msgspec.structs.replace(team, supervisors=tuple(one for one in team.supervisors if one != person))


def _changed(library: Library, session: Session, event: TeamChanged, team: Team) -> Turn:
    if not event.admin:
        said = texts.ONLY_GROUP_ADMINS if event.admin is False else texts.NOT_SURE_ADMIN
        return Turn(session, (Line(text=said),))
    if event.name not in FIELDS:
        return Turn(session, (Line(text=f"{texts.TEAM_NO_FIELD}\n\n{texts.TEAM_HOW}"),))
    value = "" if event.value.strip().lower() in _NONE else event.value
    if event.name == "role":
        value = _role(library, value)
    after = home.cleaned(msgspec.structs.replace(team, **{event.name: value}))
    wrong = home.mistakes_in(library, after)
    if wrong:
        ((_, why), *_) = wrong
        if event.name == "role":
            why = texts.TEAM_ROLES.format(roles=", ".join(library.terms.roles))
        return Turn(session, (Line(text=texts.TEAM_BAD.format(why=why)),))
    return Turn(session, (_shown(library, after, event.place),), team=after)


def _role(library: Library, value: str) -> str:
    """Read a role by its id or by its name."""
    typed = " ".join(value.lower().split())
    return next((id for id, name in library.terms.roles.items() if typed in {id, name.lower()}), typed)
