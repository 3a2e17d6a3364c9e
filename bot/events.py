"""What a learner can do, and what falls due: one closed vocabulary.

Events are past-tense facts and plain dataclasses: they are never saved, so that nothing
a person typed can be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from bot.model import Address, Drill, DrillState, Session, Team
from bot.replies import Marked

Page = Literal["menu", "help", "play", "learn", "ask", "laws", "progress", "settings", "link", "mydata"]


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
    each is. `form`: where they are a form can be opened. `lost`: places that they do not administer, of
    those where they ordered one.
    """

    place: str = ""
    allowed: bool | None = False
    drills: tuple[Drill, ...] = ()
    going: tuple[Going, ...] = ()
    form: bool = False
    lost: tuple[str, ...] = ()


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
class DrillInvited:
    """Wants the invitation to a group's drill posted once more: the first may be gone, or far up."""

    drill: str
    allowed: bool | None = False
    found: Drill | None = None


@dataclass(frozen=True, slots=True)
class TeamWeekShown:
    """Asked for a drill's results, as they were frozen; `last` is the day of its last week that closed."""

    drill: str
    allowed: bool | None = False
    found: Drill | None = None
    last: date | None = None


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
    | DrillInvited
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
