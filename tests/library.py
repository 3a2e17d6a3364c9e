"""A small library for tests: two short stories and three rules, all that the engine can meet."""

from __future__ import annotations

from datetime import UTC, date, datetime

from bot.content import edition_of
from bot.model import (
    Address,
    Bounds,
    Choice,
    ChoiceStep,
    Danger,
    EndingStep,
    Item,
    Law,
    Library,
    Myth,
    Pick,
    PickResult,
    PickStep,
    Provision,
    SayStep,
    Scenario,
    Terms,
    Variable,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOME = Address(platform="test", chat="home")


def choice(id: str, goto: str, *, best: bool = False, **more: object) -> Choice:
    """A judged choice; the best one is lawful and helpful, others share too much."""
    values = {
        "text": f"Do {id}",
        "feedback": f"About {id}.",
        "rule": "law.consent",
        "lawful": best,
        "helps": best,
        "slip": None if best else "over",
        **more,
    }
    return Choice(id=id, goto=goto, **values)  # type: ignore[arg-type]


STORY = Scenario(
    id="story",
    title="A short story",
    about="Two decisions and a moment between.",
    kind="activity",
    role="school",
    minutes=3,
    start="call",
    variables={"trust": Variable(start=1, min=0, max=2), "told": Variable(start=False)},
    steps={
        "call": ChoiceStep(
            id="call",
            say="The phone rings.",
            choices=(
                choice("send", "pause", set={"told": True}, add={"trust": -5}),
                choice("ask", "pause", best=True, add={"trust": 5}),
            ),
        ),
        "pause": SayStep(id="pause", say="You think\nit over.", goto="gather"),
        "gather": PickStep(
            id="gather",
            say="The form lies before you.",
            pick=Pick(
                prompt="What goes in?",
                rule="law.little",
                items=(
                    Item(id="times", text="The times", include=True, why="They need them."),
                    Item(id="place", text="The place", include=True, why="They go there."),
                    Item(id="health", text="The illness", include=False, why="Nobody asked."),
                ),
            ),
            outcomes={
                "exact": PickResult(feedback="Just right.", goto="regret"),
                "over": PickResult(feedback="Too much.", goto="regret", set={"told": True}),
                "under": PickResult(feedback="Too little.", goto="regret"),
                "mixed": PickResult(feedback="Both.", goto="regret", set={"told": True}),
            },
        ),
        "regret": ChoiceStep(
            id="regret",
            say="Word got out.",
            when={"told": True},
            otherwise="good",
            choices=(
                choice("own", "good", best=True),
                choice("hide", "bad"),
                choice("hope", "bad", when={"trust": Bounds(min=1)}),
            ),
        ),
        "good": EndingStep(id="good", ending="good", title="A good end", say="It went well."),
        "bad": EndingStep(id="bad", ending="bad", title="A hard end", say="It did not go well."),
    },
)

PIECE = Scenario(
    id="piece",
    title="A piece to read",
    about="One page.",
    kind="learn",
    role="school",
    minutes=1,
    start="page",
    steps={
        "page": SayStep(id="page", say="Read this.", goto="end"),
        "end": EndingStep(id="end", ending="end", title="That was it", say="Done."),
    },
)


def provision(id: str, title: str, says: str, **more: object) -> Provision:
    """A provision of the test law."""
    return Provision(
        id=id,
        heading="exceptions",
        title=title,
        says=says,
        cites=("34 CFR 99.30(a)",),
        checked=date(2026, 1, 5),
        **more,  # type: ignore[arg-type]
    )


LAW = Law(
    id="law",
    short="LAW",
    name="The law of the tests",
    about="Three rules.",
    cites=("34 CFR Part 99",),
    provisions=(
        provision(
            "law.consent",
            "Signed consent",
            "A school needs written consent before it discloses records.",
            see=("law.little",),
            myth=Myth(says="A nod is enough.", why="It must be written."),
        ),
        provision("law.little", "No more than needed", "Staff see only the files they need for their work."),
        provision("law.emergency", "Emergency", "In an emergency a school may warn people of a threat."),
    ),
)

LIBRARY = Library(
    editions={scenario.id: edition_of(scenario) for scenario in (STORY, PIECE)},
    laws={LAW.id: LAW},
    provisions={one.id: one for one in LAW.provisions},
    terms=Terms(roles={"school": "School", "police": "Police"}, facets={}),
    hotlines={},
    dangers=(
        Danger(id="suicide", words=("kill herself|himself",), act="Call 988.", provision="law.emergency"),
    ),
)
