"""The learner's page, what to write first, and what administrators set for the whole team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.buttons import button
from bot.engine import drill_texts, drills, pages, texts
from bot.engine.story import edition_of_run
from bot.events import (
    DrillAsked,
    DrillsShown,
    Opened,
    Page,
    Resumed,
    TeamAsked,
    TeamSettled,
    TeamWeekShown,
)
from bot.model import Edition, Library, Run, Session, Team
from bot.replies import (
    Button,
    Home,
    HomePage,
    Line,
    Refused,
    Shelf,
    Suggested,
    TeamForm,
    Turn,
)

SUGGESTIONS_MAX = 4  # Slack, assistant.threads.setSuggestedPrompts: four prompts at most
NAME_MAX = 150  # characters of counsel's name and number: it stands within a sentence
HOURS_MAX = 80
LINK_MAX = 300


@dataclass(frozen=True, slots=True)
class TeamSeen:
    """
    What someone who may order drills sees of their team.

    Attributes:
        words: the last week in words.
        drill: whose week it is; empty where there is none yet.
        picture: the platform's id of the picture they were sent; empty where there is none.
        pictured: what the picture shows, for those who cannot see it.
    """

    words: str
    drill: str = ""
    picture: str = ""
    pictured: str = ""


def home_page(
    library: Library,
    session: Session,
    team: Team,
    now: datetime,
    *,
    admin: bool,
    seen: TeamSeen | None = None,
) -> HomePage:
    """
    Make a learner's page: their drill, where they were, every story with its progress, ask, their data.

    Args:
        library: everything authors wrote.
        session: the learner's place.
        team: what administrators set.
        now: when, with its time zone.
        admin: show it, with the way to change it.
        seen: of the team, for those who may order drills.
    """
    run = session.run
    pages_: tuple[tuple[str, Page], ...] = (
        (texts.ASK_BUTTON, "ask"),
        (texts.LAWS_BUTTON, "laws"),
        (texts.PROGRESS_BUTTON, "progress"),
        (texts.SETTINGS_BUTTON, "settings"),
        (texts.MY_DATA_BUTTON, "mydata"),
        (texts.HELP_BUTTON, "help"),
    )
    ways = (
        *((button(texts.BACK_TO_STORY, Resumed(run.id)),) if run else ()),
        *(button(label, Opened(page)) for label, page in pages_),
    )
    return HomePage(
        hello=texts.HOME_HELLO,
        going=_going(library, run) if run else "",
        ways=ways,
        stories=tuple(
            _shelf(session, edition) for edition in pages.stories(library, ("learn", "activity", "case"))
        ),
        drill=drills.open_in_words(session, now),
        drill_ways=drills.ways_of_open(session, now),
        progress=pages.known_rules(library, session),
        week=seen.words if seen else "",
        week_ways=_week_ways(seen) if seen else (),
        picture=seen.picture if seen else "",
        pictured=seen.pictured if seen else "",
        team=texts.team_settings(team, library.terms.roles.get(team.role or "", "")) if admin else "",
        change=button(texts.TEAM_BUTTON, TeamAsked()) if admin else None,
    )


def _week_ways(seen: TeamSeen) -> tuple[Button, ...]:
    label = drill_texts.SHOW_RESULTS if seen.picture else drill_texts.SHOW_PICTURE
    results = (button(label, TeamWeekShown(seen.drill)),) if seen.drill else ()
    return (
        *results,
        button(drill_texts.ALL, DrillsShown()),
        button(drill_texts.NEW, DrillAsked()),
    )


def _going(library: Library, run: Run) -> str:
    edition = edition_of_run(library, run)
    today = library.today(run.scenario)
    if edition is None:
        return texts.HOME_GOING_OLD.format(title=today.scenario.title) if today else ""
    at, about = len(run.trail) + 1, edition.ahead[edition.scenario.start] + 1
    return texts.HOME_GOING.format(title=edition.scenario.title, place=texts.place(at, about))


def _shelf(session: Session, edition: Edition) -> Shelf:
    scenario = edition.scenario
    done = session.finished.get(scenario.id)
    state = (
        texts.finished(scenario.title, done.times, done.best, done.decisions)
        if done
        else f"{scenario.title}: {texts.HOME_NOT_BEGUN.format(minutes=scenario.minutes)}"
    )
    page: Page = "learn" if scenario.kind == "learn" else "play"
    return Shelf(title=state, about=scenario.about, button=pages.story_button(session, edition, page))


def chat_opened(library: Library, session: Session) -> Turn:
    """Greet someone new; offer everyone what to write first."""
    offered = Suggested(_suggestions(library, session))
    if session.met:
        return Turn(session, receipt=offered)
    hello = pages.welcome(library, session)
    return Turn(hello.session, hello.replies, receipt=offered)


def _suggestions(library: Library, session: Session) -> tuple[tuple[str, str], ...]:
    going = ((texts.PROMPT_RESUME, "resume"),) if session.run or session.paused else ()
    first = pages.stories(library, ("activity", "case"))[:1]
    why = pages.stories(library, ("learn",))[:1]
    listed = (
        *going,
        *((texts.PROMPT_PLAY, f"play {edition.scenario.id}") for edition in first),
        (texts.PROMPT_ASK, texts.ASK_EXAMPLE),
        *((texts.PROMPT_LEARN, f"learn {edition.scenario.id}") for edition in why),
        (texts.HELP_BUTTON, "help"),
    )
    return listed[:SUGGESTIONS_MAX]


def team_asked(library: Library, session: Session, event: TeamAsked, team: Team) -> Turn:
    """Hand an administrator the form; tell anyone else who may change it."""
    if not event.admin:
        return _not_admin(session, event.admin)
    return Turn(session, receipt=TeamForm(team, tuple(library.terms.roles.items())))


def team_settled(library: Library, session: Session, event: TeamSettled, now: Team) -> Turn:
    """Keep what an administrator changed, if every field can be used; `now` is what is set."""
    if not event.admin:
        return _not_admin(session, event.admin)
    team = _changed(cleaned(event.team), event.before, now)
    mistakes = tuple(mistakes_in(library, team))
    if mistakes:
        return Turn(session, receipt=Refused(mistakes))
    return Turn(session, (Line(text=texts.TEAM_SAVED, personal=True), Home(admin=True)), team=team)


def _changed(team: Team, before: Team | None, now: Team) -> Team:
    """Leave what the person did not change as it is now: another administrator may have set it meanwhile."""
    if before is None:
        return team
    names = ("state", "role", "counsel", "hours", "policy", "supervisors")
    return Team(
        **{
            name: getattr(now if getattr(team, name) == getattr(before, name) else team, name)
            for name in names
        }
    )


def _not_admin(session: Session, admin: bool | None) -> Turn:
    said = texts.ONLY_ADMINS if admin is False else texts.NOT_SURE_ADMIN
    return Turn(session, (Line(text=said, personal=True),))


def cleaned(team: Team) -> Team:
    """Tidy what was typed, and read a state by its name too."""
    typed = (team.state or "").strip()
    named = next((letters for letters, name in texts.STATES.items() if name.lower() == typed.lower()), None)
    return Team(
        state=named or typed.upper() or None,
        role=team.role or None,
        counsel=" ".join(team.counsel.split()),
        hours=" ".join(team.hours.split()),
        policy=team.policy.strip(),
        supervisors=tuple(dict.fromkeys(team.supervisors)),
    )


def mistakes_in(library: Library, team: Team) -> list[tuple[str, str]]:
    """Give what of a team's settings cannot be used: the field, and what to do."""
    wrong = []
    if team.state is not None and team.state not in texts.STATES:
        wrong.append(("state", texts.NO_SUCH_STATE))
    if team.role is not None and team.role not in library.terms.roles:
        wrong.append(("role", texts.NO_SUCH_ROLE))
    for name, value, most in (
        ("counsel", team.counsel, NAME_MAX),
        ("hours", team.hours, HOURS_MAX),
        ("policy", team.policy, LINK_MAX),
    ):
        if len(value) > most:
            wrong.append((name, texts.TOO_LONG.format(most=most)))
    link = team.policy
    if link and not (link.startswith("https://") and len(link.split()) == 1 and not set(link) & set('<>|"')):
        wrong.append(("policy", texts.BAD_POLICY))
    return wrong
