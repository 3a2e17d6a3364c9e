"""What the tutor can say: replies that wait in the outbox, receipts that ride on the request, the turn.

Replies are nouns and `msgspec` structs, since they are saved; receipts are given once or lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.model import Drill, Frozen, Result, Session, Team


class Button(Frozen, frozen=True):
    """Something to press: what it reads, and the data that comes back (64 bytes at most)."""

    label: str
    data: str


class Source(Frozen, frozen=True):
    """A citation with the address of the official text; empty where it has none."""

    cite: str
    url: str = ""


class Line(Frozen, frozen=True, tag="line"):
    """One thing the tutor says, with what to press next.

    `personal`: for the learner's eyes alone. `named`: it answers words that seem to name a person.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    personal: bool = False
    named: bool = False


class Letter(Frozen, frozen=True):
    """One answer of a step: its letter, its text, the data of its button, and whether it is ticked."""

    letter: str
    text: str
    data: str
    on: bool = False


class Prompt(Frozen, frozen=True, tag="prompt"):
    """A step of a scenario. `key` names this message, so that a later edit finds it.

    `letters` are the answers, `several` says that more than one may be ticked (then `done` is
    the button that submits), `chosen` holds the letters taken once it was answered,
    `buttons` are the ways on and out.
    """

    key: str
    title: str
    place: str
    text: str
    ask: str = ""
    letters: tuple[Letter, ...] = ()
    several: bool = False
    done: Button | None = None
    chosen: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()


class Redrawn(Frozen, frozen=True, tag="redrawn"):
    """An earlier prompt as it looks now: the sender edits the message that has its key."""

    prompt: Prompt


class Feedback(Frozen, frozen=True, tag="feedback"):
    """What the tutor says to an answer: the verdict in words, why, and where the rule stands."""

    verdict: str
    text: str
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


class Decided(Frozen, frozen=True):
    """One decision of the learner's own path, in a debrief."""

    chose: tuple[str, ...]
    verdict: str
    rule: str
    sources: tuple[Source, ...]


class Debrief(Frozen, frozen=True, tag="debrief"):
    """The learner's own path: what they chose, what the rule is, where it stands."""

    title: str
    text: str
    summary: str
    decisions: tuple[Decided, ...]
    buttons: tuple[Button, ...] = ()


class Quote(Frozen, frozen=True):
    """A provision as it is shown: its words, its conditions, where it stands, when it was checked."""

    law: str
    title: str
    says: str
    conditions: tuple[str, ...]
    sources: tuple[Source, ...]
    checked: str
    myth: str = ""
    unchecked: str = ""


class Question(Frozen, frozen=True):
    """A fact that the answer hangs on, with a button for each possible answer."""

    ask: str
    options: tuple[Button, ...]


class Answer(Frozen, frozen=True, tag="answer"):
    """The law's answer: what must be said first, the provision, what it depends on, where to go on.

    `provision` is the id of what is quoted; `named`: the question seems to name a person.
    """

    quote: Quote
    provision: str = ""
    named: bool = False
    lead: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    note: str = ""
    buttons: tuple[Button, ...] = ()


class MyData(Frozen, frozen=True, tag="mydata"):
    """What is kept about the learner; the sender draws it from the store when it is sent."""

    buttons: tuple[Button, ...] = ()


class Export(Frozen, frozen=True, tag="export"):
    """All that is kept about the learner, as a file; drawn from the store when it is sent."""


class LinkCode(Frozen, frozen=True, tag="linkcode"):
    """A code that links the learner's account elsewhere; made, and kept as a hash, when it is sent."""


class Document(Frozen, frozen=True, tag="document"):
    """A file for the learner to keep, as an adapter gets it."""

    name: str
    body: str
    text: str


class TeamWeek(Frozen, frozen=True, tag="teamweek"):
    """A drill's results in words; the sender draws it from the store, which has them frozen.

    `day`: of the week that has just closed; None for all weeks there are.
    """

    tenant: str
    drill: str
    day: date | None = None
    buttons: tuple[Button, ...] = ()


class TeamChart(Frozen, frozen=True, tag="teamchart"):
    """A drill's results as a picture; the sender makes it a `Chart`.

    `day`: of the week it is about, of which there may be none; None: the last that can be drawn.
    """

    tenant: str
    drill: str
    day: date | None = None

    @property
    def key(self) -> str:
        """Name this message, so that the page finds the picture again while no later week has closed."""
        return f"chart.{self.drill}.{self.day}"


class TeamTable(Frozen, frozen=True, tag="teamtable"):
    """A drill's results as a file: `people` who finished when, else the team's figures."""

    tenant: str
    drill: str
    people: bool = False


class Bar(Frozen, frozen=True):
    """One line of a chart: a rule, how many of how many were right first, before and now, and the slips.

    `right` is None where only `said` may be shown ("nearly all of 8"), and `people` 0 where that may not
    be shown either. `share` is between what and what the share lies: the same twice where it is known.
    `was_share` is the one of the first time; None where it was never told before, or not as a number.
    A slip's number is 0 where it only may be said that some made it.
    """

    label: str
    people: int
    right: int | None
    said: str
    was: str = ""
    slips: tuple[tuple[str, int], ...] = ()
    share: tuple[float, float] = (0.0, 1.0)
    was_share: float | None = None


class Chart(Frozen, frozen=True, tag="chart"):
    """A picture to draw, as an adapter gets it; `text` says what it shows to those who cannot see it."""

    title: str
    subtitle: str
    bars: tuple[Bar, ...]
    text: str
    name: str


class Home(Frozen, frozen=True, tag="home"):
    """Draw the learner's page again; the sender makes its content when it is sent."""

    admin: bool = False


class Shelf(Frozen, frozen=True):
    """One story on the page: its title with how far it is, what it is about, its button."""

    title: str
    about: str
    button: Button


class HomePage(Frozen, frozen=True, tag="homepage"):
    """The learner's page, as an adapter gets it.

    `going` says where they are in a story, `drill` which is open, with its ways, `progress` what they know.
    `week` is what those who may order drills see of their team, `picture` the platform's id of its picture,
    which `pictured` says in words. `team` and `change` are what administrators see and press.
    """

    hello: str
    going: str
    ways: tuple[Button, ...]
    stories: tuple[Shelf, ...]
    drill: str = ""
    drill_ways: tuple[Button, ...] = ()
    progress: str = ""
    week: str = ""
    week_ways: tuple[Button, ...] = ()
    picture: str = ""
    pictured: str = ""
    team: str = ""
    change: Button | None = None


Reply = (
    Line
    | Prompt
    | Redrawn
    | Feedback
    | Debrief
    | Answer
    | MyData
    | Export
    | LinkCode
    | Document
    | Home
    | HomePage
    | TeamWeek
    | TeamChart
    | TeamTable
    | Chart
)


def pressable(reply: Reply) -> tuple[Button, ...]:
    """Give the buttons of a reply in the order they are shown, without a step's letters."""
    match reply:
        case Answer(questions=questions, buttons=buttons):
            return (*(option for question in questions for option in question.options), *buttons)
        case (
            Line(buttons=buttons)
            | Prompt(buttons=buttons)
            | Debrief(buttons=buttons)
            | TeamWeek(buttons=buttons)
        ):
            return buttons
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class Toast:
    """A receipt: a word on the press itself, given once, right after the commit, or lost."""

    text: str


@dataclass(frozen=True, slots=True)
class Suggested:
    """A receipt: what one might write first, each as a short title and the words to send."""

    prompts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TeamForm:
    """A receipt: the form of the team's settings, filled with what they are; roles as id and name."""

    team: Team
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DrillForm:
    """A receipt: the form of a drill, filled with what it is; what it can be about as id and name."""

    drill: Drill | None
    place: str
    choices: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]  # groups: a title, ids with names


@dataclass(frozen=True, slots=True)
class Refused:
    """A receipt: what is wrong with a form, by the name of its field."""

    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cards:
    """A receipt: provisions to choose one from, each as it will be shown."""

    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A receipt: everything kept about the learner was erased, so nothing of it should stay in sight."""


@dataclass(frozen=True, slots=True)
class PageChanged:
    """A receipt: what the learner's page shows is no more so, where the platform has one."""


Receipt = Forgotten | PageChanged | Toast | Suggested | TeamForm | DrillForm | Refused | Cards


AssignmentState = Literal[
    "sent",
    "missed",
    "off",
    "had-one",
    "begun",
    "later",
    "declined",
    "nudged",
    "last",
    "again",
    "finished",
]


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of an assignment: `due` and `closes` where it is a new one."""

    drill: str
    day: date
    tenant: str
    account: str
    state: AssignmentState
    due: int = 0
    closes: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """One event applied: the session afterwards (None: erased), replies, results, the receipt.

    `team` is what the settings of the event's team are from now on; None where they did not change.
    `counts` are what authors want to know, each a kind and a name; nobody's words, nobody's name.
    `drill` is one to keep, `marked` what became of an assignment, `joined` a drill they joined (True) or
    left, `told` the week of a drill whose supervisor is told, `away` the place whose drills they are out of
    ("": all). `post` is said to all in the drill's place. `push`: nobody waits for the replies; `expires`
    (seconds since 1970) is until when they can be sent, where that is known.
    """

    session: Session | None
    replies: tuple[Reply, ...] = ()
    results: tuple[Result, ...] = ()
    receipt: Receipt | None = None
    team: Team | None = None
    counts: tuple[tuple[str, str], ...] = ()
    drill: Drill | None = None
    marked: Marked | None = None
    joined: tuple[str, bool, str] | None = None  # the drill, joins or not, what they are called
    told: tuple[str, date] | None = None
    away: str | None = None
    post: Line | None = None
    push: bool = False
    expires: int = 0
