"""The pages around the stories: welcome, menu, lists, progress, settings, my data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import assert_never

import msgspec

from bot.buttons import button
from bot.engine import drill_texts, drills, play, show, texts
from bot.engine.needs import monday_of
from bot.events import (
    EraseAsked,
    Erased,
    Exported,
    Looked,
    Opened,
    Page,
    Resumed,
    Settled,
)
from bot.model import HEADINGS, Edition, Kind, Law, Library, Provision, Session, Team
from bot.replies import (
    Button,
    Line,
    LinkCode,
    MyData,
    Reply,
    Turn,
)


def welcome(library: Library, session: Session) -> Turn:
    """Greet: the first time with what this is and is not, later with where they were."""
    if session.met and session.run is not None:
        return Turn(session, (Line(text=texts.HELLO_AGAIN), *show.where_now(library, session)))
    met = msgspec.structs.replace(session, met=True)
    hello = texts.HELLO_KNOWN if session.met else texts.WELCOME
    return Turn(met, (Line(text=hello, buttons=_first_ways(library, session)),))


def opened(library: Library, session: Session, event: Opened, team: Team, now: datetime) -> Turn:
    """Show a page, or start what is named on it."""
    match event.page, event.arg:
        case "menu", _:
            return Turn(session, (Line(text=texts.MENU, buttons=_all_ways(session, now)),))
        case "help", _:
            return Turn(session, (Line(text=texts.HELP, buttons=_to_story(session)),))
        case (("play" | "learn"), str(id)) if library.today(id):
            return play.begin(library, session, id)
        case "play", arg:
            own = session.role or team.role
            return Turn(
                session, (_list(library, session, ("activity", "case"), texts.PLAY, arg=arg, role=own),)
            )
        case "learn", arg:
            return Turn(session, (_list(library, session, ("learn",), texts.LEARN, arg=arg),))
        case "ask", _:
            return Turn(session, (Line(text=texts.ASK, buttons=_to_story(session)),))
        case "laws", arg:
            return Turn(session, (browse(library, session, arg),))
        case "progress", _:
            return Turn(session, (_progress(library, session, now),))
        case "settings", arg:
            return Turn(session, (_settings(library, session, team, now, missed=arg is not None),))
        case "link", _:
            return Turn(session, (LinkCode(),))
        case "mydata", _:
            return Turn(session, (_my_data(session),))
        case page, _:
            assert_never(page)


def in_private(library: Library, page: Page, arg: str | None) -> Line:
    """Point to the learner's private chat, for what is not for others to read."""
    edition = library.editions.get(arg or "")
    law, _, heading = (arg or "").partition(".")
    is_known = edition is not None or (law in library.laws and (not heading or heading in HEADINGS))
    arg = arg if is_known else None  # what someone typed is not said again, nor kept
    label = edition.scenario.title if edition is not None else texts.OPEN_PRIVATE
    return Line(text=texts.IN_PRIVATE, buttons=(button(label, Opened(page, arg)),))


def settled(library: Library, session: Session, event: Settled, team: Team, now: datetime) -> Turn:
    """Change a setting and show them all; an unknown role or state changes nothing."""
    known = library.terms.roles if event.name == "role" else texts.STATES
    if event.value is not None and event.value not in known:
        return Turn(session, (_settings(library, session, team, now, missed=True),))
    changed = (
        msgspec.structs.replace(session, role=event.value)
        if event.name == "role"
        else msgspec.structs.replace(session, state=event.value)
    )
    return Turn(changed, (_settings(library, changed, team, now, missed=False),))


def erase_question(session: Session) -> Line:
    """Say what erasing means, and ask whether it is meant."""
    yes = button(texts.ERASE_YES, Erased(session.seed))
    return Line(text=texts.ERASE_ASK, buttons=(yes, button(texts.KEEP, Opened("menu"))), personal=True)


LAWS_A_PAGE = 9  # with their names, as much as a phone shows
REVISITED_MAX = 8  # rules to revisit that a phone shows beside the rest
RULES_A_PAGE = 8  # buttons that a phone shows without scrolling


def browse(library: Library, session: Session, place: str | None) -> Line:
    """
    Show the laws, one law's headings, or one heading's provisions.

    Args:
        library: with the laws.
        session: for the way back.
        place: None, "2" for the second page of laws, "ferpa", "ferpa.exceptions", or
            "ferpa.exceptions.2" for its second page.
    """
    id, _, rest = (place or "").partition(".")
    heading, _, page = rest.partition(".")
    law = library.laws.get(id)
    if law is not None and not heading:
        return _law_page(session, law)
    if law is not None:
        listed = [provision for provision in law.provisions if provision.heading == heading]
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 4 else 1
        if listed and 0 < number <= (len(listed) - 1) // RULES_A_PAGE + 1:
            return _heading_page(session, law, listed, number)
    return _laws_page(library, session, place)


def _laws_page(library: Library, session: Session, place: str | None) -> Line:
    laws = list(library.laws.values())
    is_number = place is not None and place.isascii() and place.isdigit() and len(place) < 4
    number = int(place or 1) if is_number else 1
    first = (number - 1) * LAWS_A_PAGE
    if not 0 <= first < len(laws):
        first, is_number = 0, False
    shown = laws[first : first + LAWS_A_PAGE]
    head = texts.LAWS.format(first=first + 1, last=first + len(shown), all=len(laws))
    lines = [texts.NO_SUCH_LAW if place and not is_number else head]
    lines += [f"{law.short}: {law.name}" for law in shown]
    more = first + LAWS_A_PAGE < len(laws)
    next_page = Opened("laws", str(first // LAWS_A_PAGE + 2))
    buttons = (
        *(button(law.short, Opened("laws", law.id)) for law in shown),
        *((button(texts.MORE_LAWS, next_page),) if more else ()),
    )
    return Line(text="\n".join(lines), buttons=(*buttons, *_to_story(session)))


def _law_page(session: Session, law: Law) -> Line:
    counts = Counter(provision.heading for provision in law.provisions)
    buttons = tuple(
        button(f"{texts.heading(name)} ({counts[heading]})", Opened("laws", f"{law.id}.{heading}"))
        for heading, name in HEADINGS.items()
        if counts[heading]
    )
    text = f"{law.name} ({law.short}). {texts.prose(law.about)}\n{'; '.join(law.cites)}"
    return Line(text=text, buttons=(*buttons, *_to_story(session)))


def _heading_page(session: Session, law: Law, listed: list[Provision], number: int) -> Line:
    first = (number - 1) * RULES_A_PAGE
    shown = listed[first : first + RULES_A_PAGE]
    heading = listed[0].heading
    text = texts.HEADING_PAGE.format(
        law=law.short,
        heading=HEADINGS[heading],
        first=first + 1,
        last=first + len(shown),
        all=len(listed),
    )
    more = (
        (button(texts.MORE_RULES, Opened("laws", f"{law.id}.{heading}.{number + 1}")),)
        if first + len(shown) < len(listed)
        else ()
    )
    rules = tuple(button(provision.title, Looked(provision.id)) for provision in shown)
    up = button(law.short, Opened("laws", law.id))
    return Line(text=text, buttons=(*rules, *more, up, *_to_story(session)))


def _first_ways(library: Library, session: Session) -> tuple[Button, ...]:
    """The three ways in: play the first story, ask the law, read why sharing matters."""
    first = stories(library, ("activity", "case"))[:1]
    why = stories(library, ("learn",))[:1]
    return (
        *(story_button(session, edition, "play") for edition in first),
        button(texts.ASK_BUTTON, Opened("ask")),
        *(story_button(session, edition, "learn") for edition in why),
        button(texts.HELP_BUTTON, Opened("help")),
    )


def _all_ways(session: Session, now: datetime) -> tuple[Button, ...]:
    """The menu: go on where a story is open, and every page."""
    pages = (
        button(texts.PLAY_BUTTON, Opened("play")),
        *drills.ways_to_practise(session, now),
        button(texts.ASK_BUTTON, Opened("ask")),
        button(texts.LAWS_BUTTON, Opened("laws")),
        button(texts.LEARN_BUTTON, Opened("learn")),
        button(texts.PROGRESS_BUTTON, Opened("progress")),
        button(texts.SETTINGS_BUTTON, Opened("settings")),
        button(texts.MY_DATA_BUTTON, Opened("mydata")),
        button(texts.HELP_BUTTON, Opened("help")),
    )
    return (*_to_story(session, menu=False), *pages)


def _to_story(session: Session, *, menu: bool = True) -> tuple[Button, ...]:
    if session.run is not None:
        return (button(texts.BACK_TO_STORY, Resumed(session.run.id)),)
    return (show.menu_button(),) if menu else ()


def stories(library: Library, kinds: tuple[Kind, ...], role: str | None = None) -> list[Edition]:
    """The stories of some kinds: series first; among cases those of a role first; then in their order."""
    listed = [edition.scenario for edition in library.editions.values() if edition.scenario.kind in kinds]
    listed.sort(
        key=lambda one: (
            kinds.index(one.kind),
            one.kind == "case" and role is not None and one.role != role,
            one.order,
            one.id,
        )
    )
    return [library.editions[one.id] for one in listed]


STORIES_A_PAGE = 7  # with what each is about, as much as a phone shows


def _list(
    library: Library,
    session: Session,
    kinds: tuple[Kind, ...],
    head: str,
    *,
    arg: str | None,
    role: str | None = None,
) -> Line:
    """Show a page of stories; what is no page and no story is said to be none."""
    listed = stories(library, kinds, role)
    if not listed:
        return Line(text=texts.NOTHING_TO_PLAY, buttons=_to_story(session))
    page: Page = "learn" if kinds == ("learn",) else "play"
    number = int(arg) if arg and arg.isascii() and arg.isdigit() and len(arg) < 4 else 1
    first = (number - 1) * STORIES_A_PAGE
    missed = bool(arg) and (not (arg or "").isdigit() or not 0 <= first < len(listed))
    first = 0 if missed else first
    shown = listed[first : first + STORIES_A_PAGE]
    lines = [texts.NO_SUCH_STORY if missed else head]
    if len(listed) > STORIES_A_PAGE:
        lines[0] += texts.PART_OF.format(first=first + 1, last=first + len(shown), all=len(listed))
    lines[0] += ":"
    lines += [f"{edition.scenario.title}: {edition.scenario.about}" for edition in shown]
    more = Opened(page, str(first // STORIES_A_PAGE + 2))
    buttons = (
        *(story_button(session, edition, page) for edition in shown),
        *((button(texts.MORE_STORIES, more),) if first + STORIES_A_PAGE < len(listed) else ()),
    )
    return Line(text="\n".join(lines), buttons=(*buttons, *_to_story(session)), personal=True)


def story_button(session: Session, edition: Edition, page: Page) -> Button:
    """Make the button of a story in a list; it says whether it was begun or finished."""
    id = edition.scenario.id
    begun = {run.scenario for run in session.paused} | ({session.run.scenario} if session.run else set())
    label = texts.play_button(
        edition.scenario.title, edition.scenario.minutes, going=id in begun, done=id in session.finished
    )
    return button(label, Opened(page, id))


def _progress(library: Library, session: Session, now: datetime) -> Line:
    lines = [
        texts.finished(library.editions[id].scenario.title, done.times, done.best, done.decisions)
        for id, done in session.finished.items()
        if id in library.editions
    ]
    lines = [*(lines or [texts.NOTHING_PLAYED]), *_rules(library, session)]
    ways = (*drills.ways_to_practise(session, now), *_to_story(session))
    return Line(text="\n".join(lines), buttons=ways, personal=True)


def known_rules(library: Library, session: Session) -> str:
    """Say in one line how many rules someone was asked about and knew; empty where there were none."""
    levels = [one.level for rule, one in session.learned.items() if rule in library.provisions]
    right = sum(level > 0 for level in levels)
    return drill_texts.KNOWN.format(right=right, asked=len(levels)) if levels else ""


def _rules(library: Library, session: Session) -> list[str]:
    """Say which rules are known and which are to be revisited, and since when."""
    known = known_rules(library, session)
    if not known:
        return []
    missed = sorted(
        (one.week, library.provisions[rule].title)
        for rule, one in session.learned.items()
        if rule in library.provisions and not one.level
    )
    lines = ["", known]
    if missed:
        lines.append(drill_texts.REVISIT)
        lines += [
            drill_texts.SINCE.format(title=title, day=drill_texts.day(monday_of(week)))
            for week, title in missed[:REVISITED_MAX]
        ]
    if len(missed) > REVISITED_MAX:
        lines.append(drill_texts.AND_MORE.format(number=len(missed) - REVISITED_MAX))
    return lines


def _settings(library: Library, session: Session, team: Team, now: datetime, *, missed: bool) -> Line:
    role = _or_teams(library.terms.roles, session.role, team.role)
    state = _or_teams(texts.STATES, session.state, team.state)
    lines = [texts.NO_SUCH_SETTING] if missed else []
    lines.append(texts.SETTINGS.format(role=role, state=state))
    roles = tuple(button(name, Settled("role", id)) for id, name in library.terms.roles.items())
    forget = (
        *((button(texts.FORGET_ROLE, Settled("role", None)),) if session.role else ()),
        *((button(texts.FORGET_STATE, Settled("state", None)),) if session.state else ()),
    )
    if session.off_until > now.timestamp():
        until = datetime.fromtimestamp(session.off_until, UTC).date()
        lines.append(drill_texts.OFF.format(until=drill_texts.day(until)))
    of_drills = drills.pause_ways(session, now) if session.introduced else ()
    ways = (*roles, *forget, *of_drills, *_to_story(session))
    return Line(text="\n".join(lines), buttons=ways, personal=True)


def _or_teams(names: Mapping[str, str], own: str | None, teams: str | None) -> str:
    """Name a setting: the learner's own, else the team's, else that it is not set."""
    if own is not None and own in names:
        return names[own]
    if teams is not None and teams in names:
        return texts.TEAM_SET.format(value=names[teams])
    return texts.UNSET


def _my_data(session: Session) -> Reply:
    take = button(texts.TAKE_AWAY, Exported())
    erase = button(texts.ERASE, EraseAsked())
    return MyData(buttons=(take, erase, *_to_story(session)))
