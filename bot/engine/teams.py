"""What holds for one of a tenant's several teams: shown in its place, typed by its administrators."""

from __future__ import annotations

import msgspec

from bot.buttons import data_for
from bot.engine import home, texts
from bot.events import Button, Line, TeamChanged, TeamMoved, TeamPicked, TeamShown, Turn
from bot.model import Library, Session, Team

FIELDS = ("state", "role", "counsel", "hours", "policy")
_NONE = frozenset({"none", "no", "-", "nothing"})


def in_group(
    library: Library,
    session: Session,
    event: TeamShown | TeamChanged | TeamPicked | TeamMoved,
    team: Team,
) -> Turn:
    """Show, change or pick a team's settings; `team` is what is set now for the event's place."""
    match event:
        case TeamShown(""):
            return Turn(session, (Line(text=texts.TEAM_ALONE),))
        case TeamShown(place):
            return Turn(session, (_shown(library, team, place),))
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


def _shown(library: Library, team: Team, place: str) -> Line:
    set_now = texts.team_in_group(team, library.terms.roles.get(team.role or "", ""))
    use = Button(label=texts.TEAM_USE, data=data_for(TeamPicked(place)))
    return Line(text=f"{set_now}\n\n{texts.TEAM_HOW}", buttons=(use,))


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
