"""What authors write and what a learner has: frozen values, no I/O.

The values are `msgspec` structs: one definition serves as type, as validator and as
the form in which sessions, outbox rows and the content cache are saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

import msgspec

SESSION_FORMAT = 1  # moves when a saved session or saved content can no longer be read as it is

Value = bool | int
Slip = Literal["over", "under", "wrong-basis", "too-late"]
Outcome = Literal["exact", "over", "under", "mixed"]
Kind = Literal["activity", "case", "learn"]

Heading = Literal[
    "protects",
    "who",
    "access",
    "consent",
    "exceptions",
    "redisclosure",
    "recording",
    "minors",
    "other-laws",
    "penalties",
]
HEADINGS: Mapping[Heading, str] = {
    "protects": "What it protects, and what it does not",
    "who": "Who must follow it",
    "access": "Access by parents and by the young person",
    "consent": "Consent: whose, what it must say, how it ends",
    "exceptions": "Exceptions: who may disclose what to whom, on which conditions",
    "redisclosure": "Redisclosure: what the recipient may do",
    "recording": "Records of disclosure and notices",
    "minors": "Minors, and where rights pass to the young person",
    "other-laws": "How it meets other laws, and where state law is stricter",
    "penalties": "Penalties and complaints",
}


class Frozen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of every value: it never changes once made."""


# --- scenarios -------------------------------------------------------------------------------


class Bounds(Frozen, frozen=True):
    """A condition on a number: at least `min`, at most `max`."""

    min: int | None = None
    max: int | None = None


Condition = Mapping[str, bool | int | Bounds]  # variable -> what it must be; all must hold


class Variable(Frozen, frozen=True):
    """A declared story variable: yes/no (`start` is a bool) or a number that stays within min..max.

    `kept`: its value at the end of this story is where the series' later stories begin.
    """

    start: Value
    min: int = 0
    max: int = 0
    kept: bool = False


class Take(Frozen, frozen=True):
    """One answer to a decision. `rule` is the one provision it tests; without one it is not judged."""

    id: str
    text: str
    feedback: str = ""
    rule: str | None = None
    lawful: bool = False
    helps: bool = False
    slip: Slip | None = None
    cites: tuple[str, ...] = ()


class Choice(Take, frozen=True, kw_only=True):
    """An answer in a story: it leads on, and can change what the story remembers."""

    goto: str
    set: Mapping[str, Value] = {}
    add: Mapping[str, int] = {}
    when: Condition = {}


class Item(Frozen, frozen=True):
    """One thing to include or leave out of a pick; `why` explains it when it was got wrong."""

    id: str
    text: str
    include: bool
    why: str = ""


class PickResult(Frozen, frozen=True):
    """What follows when a pick was exact, over, under or mixed."""

    feedback: str
    goto: str
    set: Mapping[str, Value] = {}
    add: Mapping[str, int] = {}


class StepBase(Frozen, frozen=True):
    """What every step has: `when` it applies, and the step to show `otherwise`."""

    id: str
    say: str = ""
    when: Condition = {}
    otherwise: str | None = None


class SayStep(StepBase, frozen=True, kw_only=True, tag="say"):
    """A moment of the story, with one way on."""

    goto: str


class Pick(Frozen, frozen=True):
    """What a pick asks: the items to tick or leave, and the one provision it tests.

    `owed`: what belongs must be given, so that too little is not lawful either.
    """

    prompt: str
    items: tuple[Item, ...]
    rule: str
    cites: tuple[str, ...] = ()
    owed: bool = False


class Variant(Frozen, frozen=True):
    """A decision once more, with other names and facts, that stands by itself: drills ask it.

    It has choices, or a pick with what is said to each outcome. `turn`: the changed fact, in a few
    words, where one changes the answer; without it the step's own rule decides here too.
    """

    id: str
    say: str
    choices: tuple[Take, ...] = ()
    pick: Pick | None = None
    outcomes: Mapping[Outcome, str] = {}
    turn: str = ""


def variant_id(scenario: str, step: str, variant: str) -> str:
    """Name a variant among all stories: no story's own id has a point in it."""
    return f"{scenario}.{step}.{variant}"


def is_variant(id: str) -> bool:
    """Say whether a story's id is a variant's."""
    return id.count(".") == 2


class ChoiceStep(StepBase, frozen=True, kw_only=True, tag="choices"):
    """A decision with one answer."""

    choices: tuple[Choice, ...]
    variants: tuple[Variant, ...] = ()


class PickStep(StepBase, frozen=True, kw_only=True, tag="pick"):
    """A decision with several answers at once: what belongs in the message, and what does not."""

    pick: Pick
    outcomes: Mapping[Outcome, PickResult]
    variants: tuple[Variant, ...] = ()


class EndingStep(StepBase, frozen=True, kw_only=True, tag="ending"):
    """Where a story ends: `ending` is its name in the results, `title` what the learner reads."""

    ending: str
    title: str


Step = SayStep | ChoiceStep | PickStep | EndingStep


class Scenario(Frozen, frozen=True):
    """One branching story. `order` places it among those of its kind: small numbers first, then by id."""

    id: str
    title: str
    about: str
    kind: Kind
    role: str
    minutes: int
    start: str
    steps: Mapping[str, Step]
    series: str | None = None
    variables: Mapping[str, Variable] = {}
    reviewed: date | None = None
    order: int = 100


class Edition(Frozen, frozen=True):
    """A scenario as it stood: `content` is the hash of all of it, `shape` of all but its words.

    `ahead` is, for each step, about how many more steps lie before an ending.
    """

    scenario: Scenario
    content: str
    shape: str
    ahead: Mapping[str, int]


# --- laws ------------------------------------------------------------------------------------


class Option(Frozen, frozen=True):
    """One answer to a question of fact, and the provision it leads to."""

    text: str
    then: str


class Fact(Frozen, frozen=True):
    """A fact that an answer hangs on, with its possible answers."""

    ask: str
    options: tuple[Option, ...]


class Myth(Frozen, frozen=True):
    """What people wrongly believe, and why it is wrong."""

    says: str
    why: str


class Provision(Frozen, frozen=True):
    """One rule of a law in plain words. `checked` is when its words were held against the source.

    `unchecked` says, for the learner, what could not be held against today's text.
    """

    id: str
    heading: Heading
    title: str
    says: str
    cites: tuple[str, ...]
    checked: date
    conditions: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = {}
    turns_on: tuple[Fact, ...] = ()
    asked_as: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    myth: Myth | None = None
    unchecked: str = ""


class Law(Frozen, frozen=True):
    """A statute with its regulations, and its provisions under the ten headings.

    `order` places it among the laws: small numbers first, then by id.
    """

    id: str
    short: str
    name: str
    about: str
    cites: tuple[str, ...]
    provisions: tuple[Provision, ...]
    order: int = 100


class Hotline(Frozen, frozen=True):
    """A help line: whom to call, with the date its number was checked and the page it was read on."""

    id: str
    name: str
    call: str
    checked: date
    source: str


class Danger(Frozen, frozen=True):
    """A kind of harm that cannot wait: how people say it, what to do first, which rule then applies.

    `words` are phrases of a few words; a word may offer others (`kill|hurt`) or end in `*`,
    and up to three words may stand between two of a phrase. `alone`: the person speaks of
    themselves, so what to do is all that is said. `basis`: a rule that was found and rests on it
    goes before `provision`, since it is of the law that they work under.
    """

    id: str
    words: tuple[str, ...]
    act: str
    provision: str | None = None
    basis: str | None = None
    alone: bool = False


class Hotlines(Frozen, frozen=True):
    """The file of help lines."""

    lines: tuple[Hotline, ...]


class Dangers(Frozen, frozen=True):
    """The file of harm that cannot wait."""

    dangers: tuple[Danger, ...]


class Words(Frozen, frozen=True):
    """Many words for one thing: concept to the words and phrases that speak of it.

    `people` hold or want something, `things` are what is shared, `acts` are what is done with it,
    `matters` are what else a rule can turn on.
    """

    people: Mapping[str, tuple[str, ...]]
    things: Mapping[str, tuple[str, ...]]
    acts: Mapping[str, tuple[str, ...]]
    matters: Mapping[str, tuple[str, ...]]


class Ours(Frozen, frozen=True):
    """What tells a question for the law here from another: weights of its terms, of its pairs of words.

    `weights` are those of the evidence that `bot.laws.finding` gathers; `enough` of it is needed.
    """

    terms: Mapping[str, float]
    bias: float
    pairs: Mapping[str, float]
    weights: tuple[float, ...]
    enough: float


class Alarm(Frozen, frozen=True):
    """What tells a message of harm that cannot wait: weights of its terms and of words side by side.

    From `soft` on it may be one, from `strong` on it is; `kinds` are ids of dangers, and `of_kind` has a
    weight for each of them.
    """

    terms: Mapping[str, float]
    bias: float
    soft: float
    strong: float
    kinds: tuple[str, ...]
    of_kind: Mapping[str, tuple[float, ...]]
    kind_bias: tuple[float, ...]


class Ranker(Frozen, frozen=True):
    """What was learned from many ways of asking (`laws/ranker.json`, made by `make ranker`).

    `made_of` is the fingerprint of what it was learned from, `words` are those that may be meant.
    A term has its rarity, and place and weight, place and weight of the provisions it speaks of.
    """

    made_of: str
    words: tuple[str, ...]
    provisions: tuple[str, ...]
    bias: tuple[float, ...]
    terms: Mapping[str, tuple[float, tuple[int, ...]]]
    ours: Ours
    alarm: Alarm


class Terms(Frozen, frozen=True):
    """The closed lists that laws and scenarios may use: roles and facets, id to what a learner reads."""

    roles: Mapping[str, str]
    facets: Mapping[str, Mapping[str, str]]


class Library(Frozen, frozen=True):
    """Everything authors wrote, checked. `pinned` holds older editions that live runs still need.

    `variants`: each decision that stands by itself, as a story of one step, by "scenario.step.variant".
    """

    editions: Mapping[str, Edition]
    laws: Mapping[str, Law]
    provisions: Mapping[str, Provision]
    terms: Terms
    hotlines: Mapping[str, Hotline]
    dangers: tuple[Danger, ...]
    words: Words = Words(people={}, things={}, acts={}, matters={})
    ranker: Ranker | None = None
    variants: Mapping[str, Edition] = {}
    pinned: Mapping[str, Edition] = {}

    def today(self, scenario: str) -> Edition | None:
        """Give today's edition of a story or a variant; None where there is none by this id."""
        return self.editions.get(scenario) or self.variants.get(scenario)

    def all_today(self) -> tuple[Edition, ...]:
        """Give today's editions of all stories and variants."""
        return (*self.editions.values(), *self.variants.values())


# --- learners --------------------------------------------------------------------------------


class Visit(Frozen, frozen=True, array_like=True):
    """One step the learner went through, and the ids they chose there (none for a say step)."""

    step: str
    chose: tuple[str, ...] = ()


class Run(Frozen, frozen=True):
    """One playing of a scenario: where it is and how it got there.

    `content` and `shape` pin the edition it began with. `judged` are the steps whose first
    answer is already in the results. `picked` are the items ticked so far at a pick.
    `drill` is the key of the assignment it belongs to, `then` are the questions that follow it,
    of `of` in all (0: it is a story of its own), and `missed` the rules missed in those before it.
    """

    id: str
    scenario: str
    content: str
    shape: str
    step: str
    variables: Mapping[str, Value] = {}
    trail: tuple[Visit, ...] = ()
    judged: tuple[str, ...] = ()
    picked: tuple[str, ...] = ()
    drill: str = ""
    then: tuple[str, ...] = ()
    of: int = 0
    missed: tuple[str, ...] = ()


class Learned(Frozen, frozen=True, array_like=True):
    """What is known of how one rule sits with a learner.

    `week`: the week it was last asked (`bot.engine.needs.week_of`). `level`: 0 missed, 1 and 2 known
    once and twice in a row, 3 it rests. `met`: the decisions it was asked in of late, the newest last.
    """

    week: int
    level: int
    met: tuple[str, ...] = ()


class Assignment(Frozen, frozen=True):
    """A learner's copy of one occurrence of a drill, until they finish it or it closes.

    `tenant` and `account` are whose audience they are in, which a link can make another's than the
    learner's. `closes` is in seconds since 1970. `stories` are what is asked, once they began;
    `asked` and `right` count their first answers.
    """

    drill: str
    day: date
    tenant: str
    account: str
    what: str
    closes: int
    stories: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Name it: what buttons and results carry."""
        return assignment_key(self.drill, self.day)


def assignment_key(drill: str, day: date) -> str:
    """Name a drill's occurrence of a day."""
    return f"{drill}.{day:%Y%m%d}"


class Finished(Frozen, frozen=True, array_like=True):
    """What is remembered of a finished scenario: how often, the last ending, best choices of decisions."""

    times: int
    ending: str
    best: int
    decisions: int


class Session(Frozen, frozen=True):
    """One learner's place. `seed` (made once, by the tutor) makes run ids that no erased run had.

    `team` is the one they picked, where a tenant has several. `kept`: by series, what its stories hand on.
    `learned`: by rule, when it is to be asked again. `introduced`: the drills that said who ordered them.
    `off_until`: until when (seconds since 1970) they want no drills; `zone` is a name like "America/Denver".
    """

    turn: int = 0
    seed: str = ""
    met: bool = False
    role: str | None = None
    state: str | None = None
    team: str | None = None
    runs: int = 0
    run: Run | None = None
    paused: tuple[Run, ...] = ()
    finished: Mapping[str, Finished] = {}
    kept: Mapping[str, Mapping[str, Value]] = {}
    learned: Mapping[str, Learned] = {}
    assignment: Assignment | None = None
    introduced: tuple[str, ...] = ()
    drilled: int = 0  # the week of their last drill
    off_until: int = 0
    zone: str | None = None


def runs_of(session: Session) -> tuple[Run, ...]:
    """Give all runs a session goes on with: the open one, then those left in the middle."""
    return session.paused if session.run is None else (session.run, *session.paused)


class Result(Frozen, frozen=True):
    """One decision a learner made, as it is kept.

    `turn` is the turn whose button was pressed; `first`: their first answer to this step in this run.
    `about` is the rule that decides here, which a wrong answer may not be the one to name. `drill` is the
    key of the assignment it was made in, `ordered` the tenant whose drill that is.
    """

    run: str
    turn: int
    scenario: str
    content: str
    step: str
    chose: tuple[str, ...]
    rule: str
    lawful: bool
    helps: bool
    slip: str | None
    first: bool
    at: datetime
    about: str = ""
    drill: str = ""
    ordered: str = ""


class Address(Frozen, frozen=True):
    """Where a learner is reached.

    `private` is the chat to fall back on, which only they read. `hook` is a way to answer the
    very event, for a while; `pressed` is the platform's id of the message whose button it was.
    """

    platform: str
    chat: str
    thread: str | None = None
    private: str | None = None
    shared: bool = False  # others read along: nothing unasked is sent twice there
    hook: str | None = None
    pressed: str | None = None


def private_of(address: Address) -> Address:
    """Give the chat that only the learner reads; the address itself where it has none."""
    return Address(platform=address.platform, chat=address.private) if address.private else address


def lasting(address: Address) -> Address:
    """Give where a learner alone is reached later too: without what answers or edits one message."""
    return msgspec.structs.replace(private_of(address), hook=None, pressed=None)


class Team(Frozen, frozen=True):
    """What a tenant's administrators set: where it works, who its counsel is, what its own policy is."""

    state: str | None = None
    role: str | None = None
    counsel: str = ""  # a name or an office, and how to reach it
    hours: str = ""
    policy: str = ""  # a link
    supervisors: tuple[str, ...] = ()  # learners who may order drills, beside the administrators


# --- drills ----------------------------------------------------------------------------------

DrillState = Literal["on", "paused", "ended"]


class Audience(Frozen, frozen=True):
    """Who a drill is for: a channel's members, a user group's, named people, a group's who joined.

    `ids` are the platform's: one channel, one user group, the people, one group.
    """

    kind: Literal["channel", "usergroup", "people", "group"]
    ids: tuple[str, ...]
    name: str = ""


class Drill(Frozen, frozen=True):
    """A supervisor's recurring order: who, what, when.

    `what`: "needs", or "topic.consent", "law.ferpa", "story.intake". `weekday`: 0 is Monday. `at` and
    `hours` are minutes since midnight where each person is: when it goes out, and between when
    anything of it may. It begins after `first`, and `until` is its last day. `since` (seconds since 1970)
    is when it was last changed, or let go on: days that were over by then were none of its own.
    `home` is where `by`, who ordered it, is told; both are empty once they were erased.
    """

    id: str
    tenant: str
    platform: str
    by: str
    audience: Audience
    weekday: int
    at: int
    first: date
    home: Address
    by_name: str = ""
    place: str = ""
    what: str = "needs"
    until: date | None = None
    reminders: bool = True
    hours: tuple[int, int] = (9 * 60, 17 * 60)
    state: DrillState = "on"
    since: int = 0


class Member(Frozen, frozen=True):
    """Someone in a drill's audience: where they are reached, what they are called, their time zone."""

    learner: str
    address: Address
    name: str = ""
    zone: str = ""


CellWord = Literal["hardly any", "fewer than half", "half or more", "nearly all"]


class Cell(Frozen, frozen=True):
    """What a team did with one rule in one week's drill; of one decision where `decision` names it.

    `people`: five at least; 0 where how many were asked would tell of earlier answers. `right`: how many
    answered best the first time; None where that would tell of each one: then `end` says it in a word.
    `slips`: how many shared too much, too little, by the wrong rule, too late, where two did or more; 0
    for the commonest where no number is told.
    """

    rule: str
    people: int
    right: int | None
    end: CellWord | Literal[""] = ""
    slips: Mapping[str, int] = {}
    decision: str = ""


class Week(Frozen, frozen=True):
    """A team's week, frozen when its drill closed. `assigned`, `finished`, `missed` count people.

    How many rules are not told of is not kept: that none is would tell of all.
    """

    drill: str
    day: date
    assigned: int
    finished: int
    missed: int = 0
    cells: tuple[Cell, ...] = ()


class Problem(Frozen, frozen=True, order=True):
    """A mistake in a content file: what is wrong, where, and how to mend it.

    `advice`: it can be served as it is, and would teach better if it were mended.
    """

    file: str
    line: int
    code: str
    message: str
    mend: str
    advice: bool = False

    def __str__(self) -> str:
        """Format it as the check prints it."""
        return f"{self.file}:{self.line}: {self.code}: {self.message}\n    {self.mend}"
