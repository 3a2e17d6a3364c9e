"""What a learner can do and what the tutor can answer: one closed vocabulary.

Events are past-tense facts and plain dataclasses: they are never saved, so that nothing
a person typed can be. Replies are nouns and `msgspec` structs: they wait in the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from bot.model import Address, Drill, DrillState, Frozen, Result, Session, Team

Page = Literal["menu", "help", "play", "learn", "ask", "laws", "progress", "settings", "link", "mydata"]

# --- events: what the learner did ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """Opened the tutor, or came back to it."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Wrote something, not yet understood (`bot.engine.words.understand` does that)."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """Went to a page; `arg` names what on it ("play", "michael-1")."""

    page: Page
    arg: str | None = None


@dataclass(frozen=True, slots=True)
class Chose:
    """Picked the one answer of a decision. `turn` is the turn whose button was pressed."""

    run: str
    turn: int
    choice: str


@dataclass(frozen=True, slots=True)
class Toggled:
    """Ticked or unticked one item of a pick; carries the state wanted, so a repeat changes nothing."""

    run: str
    turn: int
    item: str
    on: bool


@dataclass(frozen=True, slots=True)
class Submitted:
    """Said that the ticked items are the answer."""

    run: str
    turn: int


@dataclass(frozen=True, slots=True)
class Picked:
    """Gave the whole answer of a pick at once."""

    run: str
    turn: int
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MissedLetter:
    """Typed a letter or number that is not there, several letters where one is asked, or one for nothing."""

    why: Literal["none-such", "one-only", "no-letters", "no-number"] = "none-such"


@dataclass(frozen=True, slots=True)
class Continued:
    """Went on from a step that asks nothing."""

    run: str
    turn: int


@dataclass(frozen=True, slots=True)
class WentBack:
    """Asked for the step before."""

    run: str
    turn: int


@dataclass(frozen=True, slots=True)
class Restarted:
    """Asked to play the scenario from its start."""

    run: str
    turn: int


@dataclass(frozen=True, slots=True)
class Left:
    """Left a scenario in the middle; the place is kept."""

    run: str
    turn: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """Asked to go on with a run: the one named, else the one in front or left last."""

    run: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Asked a question. `found`: provision ids, best first, looked up before the turn.

    `danger` is the id of a harm that cannot wait, `named` that the text seems to name a person,
    `nearest` the provision that is nearest where none was found.
    """

    question: str = field(repr=False)
    found: tuple[str, ...] = ()
    danger: str | None = None
    named: bool = False
    nearest: str | None = None


@dataclass(frozen=True, slots=True)
class Misled:
    """Said that a provision was the wrong answer."""

    provision: str


@dataclass(frozen=True, slots=True)
class Looked:
    """Opened one provision."""

    provision: str


@dataclass(frozen=True, slots=True)
class Settled:
    """Chose a setting: a role id, a state's two letters, or None to forget it."""

    name: Literal["role", "state"]
    value: str | None


@dataclass(frozen=True, slots=True)
class Exported:
    """Asked to take away all that is kept about them."""


@dataclass(frozen=True, slots=True)
class EraseAsked:
    """Asked what erasing means, before doing it."""


@dataclass(frozen=True, slots=True)
class Erased:
    """Confirmed erasing. `seed` names the record meant, so an old button erases no new one."""

    seed: str


@dataclass(frozen=True, slots=True)
class ChatOpened:
    """Opened the chat, and wrote nothing yet."""


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """Opened their page. `admin`: they may set what holds for the whole team."""

    admin: bool = False


@dataclass(frozen=True, slots=True)
class TeamAsked:
    """Asked for the form of the team's settings. `admin` is None where it could not be found out."""

    admin: bool | None = False


@dataclass(frozen=True, slots=True)
class TeamSettled:
    """Filled the form in; `admin` as when it was asked for. `before`: what the form was filled with."""

    team: Team
    admin: bool | None = False
    before: Team | None = None


@dataclass(frozen=True, slots=True)
class TeamShown:
    """Asked what is set for a team. `place` names it within its tenant; "" where they asked alone.

    `drills` are those of the place, looked up before the turn.
    """

    place: str = ""
    admin: bool | None = False
    drills: tuple[Drill, ...] = ()


@dataclass(frozen=True, slots=True)
class TeamChanged:
    """Typed a new value for one of a team's settings; `place` and `admin` as in `TeamShown`."""

    name: str
    value: str = field(repr=False)
    place: str = ""
    admin: bool | None = False


@dataclass(frozen=True, slots=True)
class SupervisorNamed:
    """Named someone who may order drills in a place, or took that back. `admin` as in `TeamShown`.

    `person` is a learner of the tenant; "" where nobody was meant, None where it was no person.
    """

    person: str | None
    adds: bool = True
    place: str = ""
    admin: bool | None = False


@dataclass(frozen=True, slots=True)
class Departed:
    """Left a place, or was removed from it; "": blocked the tutor, so that nothing can reach them."""

    place: str
    person: str


@dataclass(frozen=True, slots=True)
class PlaceLost:
    """The tutor was removed from the place of a drill. `found`: the drill, looked up before the turn."""

    drill: str
    found: Drill | None = None


@dataclass(frozen=True, slots=True)
class TeamPicked:
    """Chose the team whose settings hold for them. `member` is None where it could not be found out."""

    place: str
    member: bool | None = False
    linked: bool = False  # their account is one of a learner elsewhere, where other settings hold


@dataclass(frozen=True, slots=True)
class TeamMoved:
    """A team's place has a new name, the arrival's: what is set for it, and who picked it, go with it."""

    old: str


@dataclass(frozen=True, slots=True)
class Fit:
    """What a code joins: the record that leads, the one that is added to it, and which is the newer."""

    home: Session
    guest: Session
    guest_is_newer: bool = False


@dataclass(frozen=True, slots=True)
class Linked:
    """Gave a code that was shown elsewhere. What it fits, or why it does not, is looked up before the turn.

    `trouble`: it fits nothing, too many were tried, both ends are of one kind, or nothing can be linked here.
    """

    code: str = field(repr=False)
    fit: Fit | None = None
    trouble: Literal["wrong", "spent", "same", "alone"] = "wrong"


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Asked to be two again. `linked` says, as looked up before the turn, whether they are one."""

    linked: bool = False
    here: bool = False  # they asked on the account that goes


@dataclass(frozen=True, slots=True)
class Practised:
    """Asked for three minutes now, of what they need most, or of `what` (as in `Drill`)."""

    what: str = "needs"


@dataclass(frozen=True, slots=True)
class Assigned:
    """A drill's occurrence has come for them. Nobody did that: it fell due.

    `tenant` and `account` are whose audience they are in; `due` and `closes` in seconds since 1970, `until`
    is the last day where they are. `late`: the tutor was down when it fell due; `missed`: past the day.
    `expires`: until when it can be sent, that day.
    """

    drill: Drill
    day: date
    tenant: str
    account: str
    due: int
    closes: int
    until: date
    late: bool = False
    missed: bool = False
    expires: int = 0


@dataclass(frozen=True, slots=True)
class Nudged:
    """It is time to remind them of an assignment, the `last` time or not, or `later`, as they asked.

    `mark`: what of it is noted where it is not theirs to do any more. `expires`: until when it can be sent.
    """

    key: str
    until: date
    last: bool = False
    later: bool = False
    mark: Marked | None = None
    expires: int = 0


@dataclass(frozen=True, slots=True)
class Began:
    """Began an assignment, or went on with it."""

    key: str


@dataclass(frozen=True, slots=True)
class PutOff:
    """Wants an assignment later today."""

    key: str


@dataclass(frozen=True, slots=True)
class Declined:
    """Does not want an assignment this week."""

    key: str


@dataclass(frozen=True, slots=True)
class DrillsPaused:
    """Wants no drills for some weeks; 0: wants them again."""

    weeks: int


@dataclass(frozen=True, slots=True)
class ZoneSet:
    """Said in which time zone they are, by its name, or "" for another than those offered."""

    zone: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Joined a drill, or left it. `found` is the drill, whose place they must be a member of.

    `member` is None where that could not be found out.
    """

    drill: str
    joins: bool = True
    member: bool | None = None
    name: str = field(default="", repr=False)
    found: Drill | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A drill as far as its supervisor has said it, by buttons. `weeks` is how long it goes; 0: no end.

    `target` is the group it is for, or the drill that is changed. `page`: of what there is to choose from;
    of a draft that is whole, 2 says that it is confirmed. `reminders`: two, or none.
    """

    target: str
    what: str = ""
    weekday: int | None = None
    at: int | None = None
    weeks: int | None = None
    page: int = 1
    reminders: bool = True

    @property
    def is_whole(self) -> bool:
        """Say whether all was said."""
        is_chosen = self.what == "needs" or "." in self.what
        return is_chosen and None not in (self.weekday, self.at, self.weeks)


@dataclass(frozen=True, slots=True)
class Going:
    """How far one occurrence of a drill is: people it was made for, whom it was not sent to, who finished."""

    drill: str
    day: date
    made: int
    not_sent: int
    finished: int


@dataclass(frozen=True, slots=True)
class DrillsShown:
    """Asked for the drills there are. `allowed`: they may order some; None: it could not be found out.

    `drills` are those of the place, looked up before the turn, and `going` how far the last occurrence of
    each is. `form`: where they are a form can be opened.
    """

    place: str = ""
    allowed: bool | None = False
    drills: tuple[Drill, ...] = ()
    going: tuple[Going, ...] = ()
    form: bool = False


@dataclass(frozen=True, slots=True)
class DrillAsked:
    """Asked for the form of a drill, a new one or the one named; or, by buttons, went on with a draft."""

    drill: str = ""
    draft: Draft | None = None
    allowed: bool | None = False
    found: Drill | None = None
    name: str = field(default="", repr=False)  # what the supervisor is called
    title: str = ""  # what the group is called


@dataclass(frozen=True, slots=True)
class DrillSaved:
    """Ordered a drill, or changed one. Its id is "" where it is new; `fresh` is the id it then gets."""

    drill: Drill
    allowed: bool | None = False
    found: Drill | None = None
    fresh: str = ""
    today: date | None = None


@dataclass(frozen=True, slots=True)
class DrillSwitched:
    """Paused a drill, ended it, or let it go on."""

    drill: str
    state: DrillState
    allowed: bool | None = False
    found: Drill | None = None


@dataclass(frozen=True, slots=True)
class TeamWeekShown:
    """Asked for a drill's results, as they were frozen."""

    drill: str
    allowed: bool | None = False
    found: Drill | None = None


@dataclass(frozen=True, slots=True)
class WeekClosed:
    """A drill's week is over and frozen: its supervisor is to be told.

    `allowed`: they may order drills still, and so see what the team did.
    """

    drill: Drill
    day: date
    allowed: bool = True


@dataclass(frozen=True, slots=True)
class AudienceFound:
    """It is known now who a new audience is: the drill's supervisor is told how many."""

    drill: Drill
    people: int


@dataclass(frozen=True, slots=True)
class PostedForAll:
    """Had a provision shown to everybody in the place."""

    provision: str


@dataclass(frozen=True, slots=True)
class Searched:
    """Looks for provisions while typing, to put one into another conversation. `found` as in `Asked`."""

    query: str = field(repr=False)
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InPrivate:
    """Asked, where others read along, for a page that opens in their private chat."""

    page: Page
    arg: str | None = None


Event = (
    Started
    | Opened
    | Chose
    | Toggled
    | Submitted
    | Picked
    | MissedLetter
    | Continued
    | WentBack
    | Restarted
    | Left
    | Resumed
    | Asked
    | Looked
    | Misled
    | Settled
    | Exported
    | EraseAsked
    | Erased
    | ChatOpened
    | HomeOpened
    | TeamAsked
    | TeamSettled
    | TeamShown
    | TeamChanged
    | TeamPicked
    | TeamMoved
    | SupervisorNamed
    | Departed
    | PlaceLost
    | Linked
    | Unlinked
    | PostedForAll
    | InPrivate
    | Searched
    | Practised
    | Assigned
    | Nudged
    | Began
    | PutOff
    | Declined
    | DrillsPaused
    | ZoneSet
    | Joined
    | DrillsShown
    | DrillAsked
    | DrillSaved
    | DrillSwitched
    | TeamWeekShown
    | WeekClosed
    | AudienceFound
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One delivery by a platform. `id` is the platform's own, the same when it delivers again.

    `team` names, within the tenant, the team in whose place it happened; "" in a private chat.
    """

    id: str
    tenant: str
    learner: str
    address: Address
    at: datetime
    event: Event | Typed
    team: str = ""


# --- replies: what the tutor says ------------------------------------------------------------


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
    """A drill's results as a picture; the sender makes it a `Chart`."""

    tenant: str
    drill: str

    @property
    def key(self) -> str:
        """Name this message, so that the page finds the picture again."""
        return f"chart.{self.drill}"


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
