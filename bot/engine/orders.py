"""Drills as their supervisors order them: list, order, change, pause, end, results; and who joins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import assert_never

import msgspec

from bot.buttons import button
from bot.engine import drill_texts as texts
from bot.engine import pages, show
from bot.engine.needs import questions
from bot.engine.texts import WELCOME
from bot.engine.zones import NAMES, zone_by_state, zones_of
from bot.events import (
    AudienceFound,
    Draft,
    DrillAsked,
    DrillInvited,
    DrillSaved,
    DrillsShown,
    DrillSwitched,
    Going,
    Joined,
    PlaceLost,
    Practised,
    TeamWeekShown,
    WeekClosed,
    ZoneSet,
)
from bot.model import HEADINGS, Address, Audience, Drill, Library, Session
from bot.replies import (
    Button,
    DrillForm,
    Line,
    PageChanged,
    Refused,
    Reply,
    TeamChart,
    TeamTable,
    TeamWeek,
    Turn,
)
from bot.timing import ZONE, is_today, is_zone, next_day, occurrence_on, zone_of

CHOICES_A_PAGE = 8  # buttons that a phone shows without scrolling
LISTED_MAX = 6  # drills listed, each with its buttons; of those that are not ended all
DAY_MINUTES = 24 * 60

Ordering = DrillsShown | DrillAsked | DrillSaved | DrillSwitched | DrillInvited | TeamWeekShown | WeekClosed


def ordered(library: Library, session: Session, event: Ordering, now: datetime) -> Turn:
    """Do what a supervisor wants with drills; anyone else gets a clear no."""
    if isinstance(event, WeekClosed):
        return _closed(session, event)
    if not event.allowed:
        said = texts.NOT_SURE if event.allowed is None else texts.NOT_ALLOWED
        practise = button(texts.PRACTISE, Practised())
        return Turn(session, (Line(text=said, buttons=(practise, show.menu_button()), personal=True),))
    match event:
        case DrillsShown():
            return Turn(session, tuple(_listed(library, session, event, now)))
        case DrillAsked() | DrillSaved() | DrillSwitched() | DrillInvited() if (
            event.found and event.found.state == "ended"
        ):
            return _over(session, event.found)
        case DrillAsked(draft=Draft() as draft):
            return _draft(library, session, draft, event, now)
        case DrillAsked(drill, found=found) if drill and found is None:
            return _no_such(session)
        case DrillAsked(found=found):
            form = DrillForm(found, found.place if found else "", tuple(choices(library)))
            return Turn(session, receipt=form)
        case DrillSaved():
            return _saved(library, session, event, now)
        case DrillSwitched(found=None) | DrillInvited(found=None) | TeamWeekShown(found=None):
            return _no_such(session)
        case DrillSwitched(state=state, found=Drill() as found):
            switched = msgspec.structs.replace(found, state=state, since=int(now.timestamp()))
            return _switched(library, session, switched, now)
        case DrillInvited(found=Drill() as found):
            return Turn(
                session, (Line(text=texts.JOIN_POSTED, personal=True),), drill=found, post=_invited(found)
            )
        case TeamWeekShown(found=Drill() as found):
            return Turn(session, _results(found, None, event.last))
        case _:
            assert_never(event)  # type: ignore[arg-type]  # the type checker does not follow `found`


def _over(session: Session, drill: Drill) -> Turn:
    """Answer an old button: a drill is ended for good."""
    said = texts.ENDED_FOR_GOOD.format(name=texts.drill_name(drill))
    buttons = (button(texts.ALL, DrillsShown(drill.place)),)
    return Turn(session, (Line(text=said, buttons=buttons, personal=True),))


def _no_such(session: Session) -> Turn:
    return Turn(session, (Line(text=texts.NO_SUCH_DRILL, personal=True),))


# --- the list --------------------------------------------------------------------------------


def _listed(library: Library, session: Session, event: DrillsShown, now: datetime) -> Iterator[Reply]:
    going = [drill for drill in event.drills if drill.state != "ended"]
    ended = [drill for drill in event.drills if drill.state == "ended"]
    newest = sorted(ended, key=lambda drill: drill.since, reverse=True)
    shown = [*going, *newest[: max(0, LISTED_MAX - len(going))]]
    new = _new(event)
    if not shown:
        practise = button(texts.TRY, Practised())
        how = "" if new else f" {texts.ALONE_HERE}"
        yield Line(text=texts.NONE_YET + how, buttons=(*new, practise), personal=True)
        return
    progress = {one.drill: one for one in event.going}
    for drill in shown:
        lines = [
            texts.described(library, drill),
            *_so_far(progress.get(drill.id)),
            *_next(session, drill, now),
        ]
        yield Line(text="\n".join(lines), buttons=_ways(drill), personal=True)
    how = "" if new else f" {texts.ALONE_HERE}"
    yield Line(text=texts.LISTED + how, buttons=(*new, button(texts.TRY, Practised())), personal=True)


def _new(event: DrillsShown) -> tuple[Button, ...]:
    if event.form:
        return (button(texts.NEW, DrillAsked()),)
    return (button(texts.NEW, DrillAsked(draft=Draft(event.place))),) if event.place else ()


def _ways(drill: Drill) -> tuple[Button, ...]:
    results = button(texts.RESULTS.format(name=texts.drill_name(drill)), TeamWeekShown(drill.id))
    if drill.state == "ended":
        return (results,)
    name = texts.drill_name(drill)
    switch = (
        button(texts.PAUSE.format(name=name), DrillSwitched(drill.id, "paused"))
        if drill.state == "on"
        else button(texts.GO_ON_DRILL.format(name=name), DrillSwitched(drill.id, "on"))
    )
    end = button(texts.END.format(name=name), DrillSwitched(drill.id, "ended"))
    edit = (
        button(texts.EDIT.format(name=name), DrillAsked(drill.id))
        if drill.audience.kind != "group"
        else button(texts.EDIT.format(name=name), DrillAsked(draft=Draft(drill.id)))
    )
    invite = (
        (button(texts.INVITE.format(name=name), DrillInvited(drill.id)),)
        if drill.audience.kind == "group"
        else ()
    )
    return edit, *invite, switch, end, results


def _so_far(going: Going | None) -> list[str]:
    """Say how far the last occurrence is."""
    if going is None:
        return []
    said = texts.GOING.format(day=texts.day(going.day), made=going.made, finished=going.finished)
    return [said + (texts.NOT_SENT.format(number=going.not_sent) if going.not_sent else "")]


def _next(session: Session, drill: Drill, now: datetime) -> list[str]:
    """Say what happens next, and when, as it is where the supervisor is."""
    if drill.state != "on":
        return []
    zone = _zone(session)
    if is_today(drill, zone, int(now.timestamp())):
        return [texts.NEXT_TODAY.format(at=texts.time(drill.at))]
    day = next_day(drill, now.astimezone(zone_of(zone)).date())  # in the evening it is tomorrow by UTC
    if day is None:
        return [texts.NO_NEXT]
    return [texts.NEXT.format(day=texts.day(day), at=texts.time(drill.at))]


def _zone(session: Session) -> str:
    return session.zone or zone_by_state(session.state or "") or ZONE


# --- ordering --------------------------------------------------------------------------------


def choices(library: Library) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """Give what a drill can be about, in groups: only what there are questions for."""
    asked = questions(library)
    laws = {rule.partition(".")[0] for rule in asked}
    topics = {provision.heading for rule in asked if (provision := library.provisions.get(rule))}
    yield "", (("needs", texts.NEEDS_BUTTON),)
    yield (
        texts.TOPICS,
        tuple((f"topic.{id}", texts.what(library, f"topic.{id}")) for id in HEADINGS if id in topics),
    )
    yield texts.LAWS, tuple((f"law.{id}", law.short) for id, law in library.laws.items() if id in laws)
    yield (
        texts.STORIES,
        tuple(
            (f"story.{edition.scenario.id}", edition.scenario.title)
            for edition in pages.stories(library, ("case", "activity", "learn"))
        ),
    )


def mistakes_in(library: Library, drill: Drill, today: date) -> list[tuple[str, str]]:
    """Give what of a drill cannot be used: the field, and what to do."""
    wrong = []
    first, last = drill.hours
    known = {id for _, group in choices(library) for id, _ in group}
    if not drill.audience.ids:
        wrong.append(("audience", texts.BAD_AUDIENCE))
    if drill.what not in known:
        wrong.append(("what", texts.BAD_WHAT))
    is_day = 0 <= drill.weekday < len(texts.WEEKDAYS)
    if not is_day:
        wrong.append(("weekday", texts.BAD_DAY))
    if not 0 <= first < last <= DAY_MINUTES or not first <= drill.at < last:
        wrong.append(("at", texts.BAD_TIME.format(first=texts.time(first), last=texts.time(last))))
    elif is_day and next_day(drill, today) is None:
        wrong.append(("until", texts.BAD_UNTIL))
    return wrong


def _saved(library: Library, session: Session, event: DrillSaved, now: datetime) -> Turn:
    today = event.today or now.date()
    drill, found = event.drill, event.found
    if drill.id and found is None:
        return _no_such(session)
    if found is None:
        drill = msgspec.structs.replace(drill, id=event.fresh, first=today)
    else:  # who ordered it, since when and where they are told stays
        drill = msgspec.structs.replace(
            found,
            audience=drill.audience,
            what=drill.what,
            weekday=drill.weekday,
            at=drill.at,
            until=drill.until,
            reminders=drill.reminders,
            hours=drill.hours,
            since=int(now.timestamp()),
        )
    wrong = tuple(mistakes_in(library, drill, today))
    if wrong and drill.audience.kind == "group":  # ordered by buttons: there is no form to show it beside
        again = button(texts.AGAIN, DrillAsked(draft=Draft(drill.id or drill.place)))
        said = "\n".join(why for _, why in wrong)
        return Turn(session, (Line(text=said, buttons=(again,), personal=True),))
    if wrong:
        return Turn(session, receipt=Refused(wrong))
    if found is not None:
        return _kept(library, session, drill, texts.CHANGED, now)
    if drill.audience.kind != "group":
        return _kept(library, session, drill, texts.SAVED, now)
    said = f"{texts.SAVED} {texts.JOIN_POSTED}"
    return replace(_kept(library, session, drill, said, now), post=_invited(drill))


def _invited(drill: Drill) -> Line:
    """Give what a group reads: who ordered a drill, what it is, how to join."""
    by = drill.by_name or texts.SOMEONE
    return Line(text=texts.JOIN_HERE.format(by=by), buttons=(button(texts.JOIN, Joined(drill.id)),))


def _kept(library: Library, session: Session, drill: Drill, said: str, now: datetime) -> Turn:
    """Keep a drill; say what happens next, and when."""
    lines = [said, texts.described(library, drill), *_next(session, drill, now)]
    listed = button(texts.ALL, DrillsShown(drill.place))
    replies: list[Reply] = [
        Line(text="\n".join(lines), buttons=(button(texts.TRY, Practised(drill.what)), listed), personal=True)
    ]
    return Turn(session, tuple(replies), drill=drill, receipt=PageChanged())


def _switched(library: Library, session: Session, drill: Drill, now: datetime) -> Turn:
    said = {"paused": texts.PAUSED, "ended": texts.ENDED, "on": texts.WENT_ON}[drill.state]
    return _kept(library, session, drill, said, now)


# --- by buttons ------------------------------------------------------------------------------


def _draft(library: Library, session: Session, draft: Draft, event: DrillAsked, now: datetime) -> Turn:
    """Ask the next thing of a drill that is ordered by buttons; each button carries all that was said."""
    if not draft.what or draft.what in {"law", "topic", "story"}:
        return Turn(session, (_ask_what(library, draft),))
    if draft.weekday is None:
        days = ((name, replace(draft, weekday=n)) for n, name in enumerate(texts.WEEKDAYS[:5]))
        return Turn(session, (_asks(texts.ASK_DAY, days),))
    if draft.at is None:
        hours = ((texts.time(hour * 60), replace(draft, at=hour * 60)) for hour in texts.HOURS_OFFERED)
        return Turn(session, (_asks(texts.ASK_HOUR, hours),))
    if draft.weeks is None:
        weeks = (
            (texts.FOR_WEEKS.format(weeks=n) if n else texts.NO_END, replace(draft, weeks=n))
            for n in texts.WEEKS
        )
        return Turn(session, (_asks(texts.ASK_WEEKS, weeks),))
    drill = drafted(draft, now.date(), group_name(event))
    text = f"{texts.ASK_CONFIRM}\n{texts.described(library, drill)}\n{texts.FOLLOWED}"
    reminders = replace(draft, reminders=not draft.reminders)
    buttons = (
        button(texts.SAVE, DrillAsked(draft=replace(draft, page=2))),
        button(texts.NO_REMINDERS if draft.reminders else texts.REMINDERS, DrillAsked(draft=reminders)),
        button(texts.TRY, Practised(draft.what)),
        button(texts.AGAIN, DrillAsked(draft=Draft(draft.target))),
    )
    return Turn(session, (Line(text=text, buttons=buttons, personal=True),))


def group_name(event: DrillAsked) -> str:
    """Give what the group of a drill is called, as it was found out now or before."""
    return event.title or (event.found.audience.name if event.found else "")


def drafted(draft: Draft, today: date, name: str = "") -> Drill:
    """Make the drill that a finished draft describes; whoever saves it knows its supervisor and group."""
    weeks = draft.weeks or 0
    return Drill(
        id="",
        tenant="",
        platform="",
        by="",
        audience=Audience(kind="group", ids=(draft.target,), name=name),
        what=draft.what,
        weekday=draft.weekday or 0,
        at=draft.at or 0,
        first=today,
        until=today + timedelta(weeks=weeks) if weeks else None,
        reminders=draft.reminders,
        home=Address(platform="", chat=""),
    )


def _ask_what(library: Library, draft: Draft) -> Line:
    if not draft.what:
        kinds = (
            (texts.NEEDS_BUTTON, replace(draft, what="needs")),
            (texts.TOPICS, replace(draft, what="topic")),
            (texts.LAWS, replace(draft, what="law")),
            (texts.STORIES, replace(draft, what="story")),
        )
        return _asks(texts.ASK_WHAT, kinds)
    listed = [one for _, group in choices(library) for one in group if one[0].startswith(f"{draft.what}.")]
    first = (draft.page - 1) * CHOICES_A_PAGE
    shown = listed[first : first + CHOICES_A_PAGE]
    asks = [(name, replace(draft, what=id, page=1)) for id, name in shown]
    if first + CHOICES_A_PAGE < len(listed):
        asks.append((texts.MORE, replace(draft, page=draft.page + 1)))
    return _asks(texts.ASK_WHAT, asks)


def _asks(ask: str, ways: Iterable[tuple[str, Draft]]) -> Line:
    buttons = tuple(button(name, DrillAsked(draft=draft)) for name, draft in ways)
    return Line(text=ask, buttons=buttons, personal=True)


# --- who is in it ----------------------------------------------------------------------------


def joined(session: Session, event: Joined, now: datetime) -> Turn:
    """Take someone into a drill they asked to join, or out of it."""
    drill = event.found
    if not event.joins:
        said = texts.LEFT if event.drill else texts.LEFT_ALL
        return Turn(session, (Line(text=said, personal=True),), joined=(event.drill, False, ""))
    if drill is None or drill.state == "ended":
        return Turn(session, (Line(text=texts.NO_SUCH_DRILL),))
    if not event.member:
        said = texts.NOT_SURE_MEMBER if event.member is None else texts.NOT_A_MEMBER
        return Turn(session, (Line(text=said),))
    day = _first_day(session, drill, now)
    said = texts.JOINED.format(day=texts.day(day)) if day else texts.JOINED_OVER
    if drill.state == "paused":
        said = texts.JOINED_PAUSED
    met = msgspec.structs.replace(session, met=True)
    hello = "" if session.met else f"{WELCOME}\n\n"
    leave = button(texts.LEAVE, Joined(drill.id, joins=False))
    replies: list[Reply] = [Line(text=hello + said, buttons=(leave,), personal=True)]
    if not session.zone and not zone_by_state(session.state or ""):
        replies.append(ask_zone(session))
    return Turn(met, tuple(replies), joined=(drill.id, True, event.name))


def _first_day(session: Session, drill: Drill, now: datetime) -> date | None:
    """Give the day on which someone who joins now gets their first: today, if it is still to fall due."""
    zone = _zone(session)
    today = now.astimezone(zone_of(zone)).date()
    is_to_come = occurrence_on(drill, zone, today).due > now.timestamp()
    return next_day(drill, today - timedelta(days=1) if is_to_come else today)


def place_lost(session: Session, event: PlaceLost) -> Turn:
    """Pause a drill that can reach nobody any more, and tell its supervisor."""
    drill = event.found
    if drill is None or drill.state != "on":
        return Turn(session)
    said = texts.PLACE_LOST.format(name=texts.drill_name(drill))
    buttons = (button(texts.GO_ON_DRILL.format(name=texts.drill_name(drill)), DrillSwitched(drill.id, "on")),)
    paused = msgspec.structs.replace(drill, state="paused")
    return Turn(session, (Line(text=said, buttons=buttons, personal=True),), drill=paused, push=True)


def ask_zone(session: Session) -> Line:
    """Ask in which time zone someone is, those of their state first."""
    zones = zones_of(session.state or "") or tuple(NAMES)
    buttons = tuple(button(NAMES[zone], ZoneSet(zone)) for zone in zones if zone in NAMES)
    return Line(text=texts.ZONE_ASK, buttons=(*buttons, button(texts.ZONE_OTHER, ZoneSet(""))), personal=True)


def zone_set(session: Session, event: ZoneSet) -> Turn:
    """Keep in which time zone someone is."""
    if not event.zone:
        return Turn(session, (Line(text=texts.ZONE_TYPE),))
    if not is_zone(event.zone):
        return Turn(session, (Line(text=texts.ZONE_WRONG),))
    kept = msgspec.structs.replace(session, zone=event.zone)
    return Turn(kept, (Line(text=texts.ZONE_SET.format(zone=event.zone), personal=True),))


# --- results ---------------------------------------------------------------------------------


def audience_found(session: Session, event: AudienceFound) -> Turn:
    """Tell a supervisor for how many a drill is."""
    said = texts.AUDIENCE.format(name=texts.drill_name(event.drill), people=texts.people(event.people))
    return Turn(session, (Line(text=said, personal=True),), push=True)


def _closed(session: Session, event: WeekClosed) -> Turn:
    """Tell a supervisor that a week is over: the team's results in words, as a picture, as a table."""
    results = _results(event.drill, event.day, event.day) if event.allowed else ()
    return Turn(session, results, told=(event.drill.id, event.day), push=True)


def _results(drill: Drill, day: date | None, last: date | None) -> tuple[Reply, ...]:
    listed = (button(texts.ALL, DrillsShown(drill.place)),)
    return (
        TeamWeek(tenant=drill.tenant, drill=drill.id, day=day, buttons=listed),
        TeamChart(tenant=drill.tenant, drill=drill.id, day=last),
        TeamTable(tenant=drill.tenant, drill=drill.id),
        *((TeamTable(tenant=drill.tenant, drill=drill.id, people=True),) if day is None else ()),
    )
