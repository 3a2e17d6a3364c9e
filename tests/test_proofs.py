"""What the check proves of a story: the same as a learner finds who plays all of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.transcripts import Conversation
from bot.content import edition_of
from bot.content.checks import scenario_findings
from bot.content.proofs import proof_findings
from bot.model import (
    Bounds,
    Choice,
    ChoiceStep,
    EndingStep,
    Library,
    SayStep,
    Scenario,
    Step,
    Variable,
)
from tests.library import LIBRARY, STORY

END = EndingStep(id="end", ending="end", title="The end")


def story(*steps: Step, **variables: Variable) -> Scenario:
    """A story of some steps that begins with the first."""
    return Scenario(
        id="made",
        title="Made",
        about="For a test.",
        kind="case",
        role="school",
        minutes=1,
        start=steps[0].id,
        variables=variables,
        steps={step.id: step for step in (*steps, END)},
    )


def codes(scenario: Scenario) -> set[str]:
    """The codes of what the proofs find."""
    return {finding.code for finding in proof_findings(scenario)}


def asks(id: str, *choices: Choice) -> ChoiceStep:
    """A decision without a judgement."""
    return ChoiceStep(id=id, say="What now?", choices=choices)


def test_a_story_in_which_all_can_be_reached_has_no_findings() -> None:
    assert codes(STORY) == set()


def test_a_way_that_leads_round_for_ever_is_found_with_what_to_type_to_get_there() -> None:
    stuck = story(
        asks("call", Choice(id="a", text="A", goto="end"), Choice(id="b", text="B", goto="round")),
        SayStep(id="round", say="Round", goto="about"),
        SayStep(id="about", say="About", goto="round"),
    )
    (finding,) = proof_findings(stuck)
    assert finding.code == "no-way-out"
    assert finding.message.endswith("To come here, type: b")


def test_a_way_out_that_only_some_values_have_is_found() -> None:
    """The step can be left by those who asked; who sent is caught for ever."""
    caught = story(
        asks(
            "call",
            Choice(id="ask", text="Ask", goto="room"),
            Choice(id="send", text="Send", goto="room", set={"sent": True}),
        ),
        SayStep(id="room", say="A room", goto="door"),
        SayStep(id="door", say="Out", when={"sent": False}, otherwise="room", goto="end"),
        sent=Variable(start=False),
    )
    (finding,) = proof_findings(caught)
    assert (finding.code, finding.path) == ("no-way-out", ("steps", "room"))
    assert finding.message.endswith("type: b")


def test_what_to_type_really_leads_there() -> None:
    """The witness is played: letters of choices that can be seen, items of a pick, go on."""
    steps = {**STORY.steps, "good": SayStep(id="good", say="Stuck.", goto="good")}
    stuck = msgspec.structs.replace(STORY, steps=steps)
    (finding,) = (one for one in proof_findings(stuck) if one.code == "no-way-out")
    typed = finding.message.partition("type: ")[2].split(", ")
    library: Library = msgspec.structs.replace(LIBRARY, editions={"story": edition_of(stuck)})
    talk = Conversation(library)
    talk.say("play story")
    for line in typed:
        talk.say(line)
    assert talk.session.run is not None
    assert talk.session.run.step == finding.path[1]


def test_a_number_is_played_over_every_value_it_can_have() -> None:
    again = Choice(id="again", text="Again", goto="call", add={"times": 1})
    enough = Choice(id="enough", text="Enough", goto="end", when={"times": Bounds(min=3)})
    other = Choice(id="other", text="Other", goto="call")
    assert codes(story(asks("call", again, enough, other), times=Variable(start=0, max=3))) == set()
    assert "never-true" in codes(story(asks("call", again, enough, other), times=Variable(start=0, max=2)))


def test_a_decision_must_always_show_two_choices() -> None:
    shy = asks(
        "call",
        Choice(id="a", text="A", goto="end"),
        Choice(id="b", text="B", goto="end", when={"told": True}),
        Choice(id="c", text="C", goto="call", set={"told": True}, when={"told": True}),
    )
    assert codes(story(shy, told=Variable(start=False))) >= {"one-choice-seen", "never-true"}


def test_a_story_with_too_many_positions_is_told_so_and_not_waited_for() -> None:
    more = (
        Choice(id="a", text="A", goto="call", add={"x": 1}),
        Choice(id="b", text="B", goto="call", add={"y": 1}),
        Choice(id="c", text="C", goto="end"),
    )
    wide = story(asks("call", *more), x=Variable(start=0, max=500), y=Variable(start=0, max=500))
    (finding,) = proof_findings(wide)
    assert finding.code == "too-many-positions"
    assert "more than 20000 positions" in finding.message


# --- against a learner who plays everything --------------------------------------------------

NAMES = ["s0", "s1", "s2", "s3"]


@st.composite
def stories(draw: Callable[..., object]) -> Scenario:
    """Small stories of any shape: circles, conditions, steps nobody comes to."""
    flags = st.fixed_dictionaries({}, optional={"v": st.booleans()})

    def goto() -> str:
        found = draw(st.sampled_from([*NAMES, "end"]))
        assert isinstance(found, str)
        return found

    steps: list[Step] = []
    for name in NAMES:
        if draw(st.booleans()):
            steps.append(SayStep(id=name, say="Say", goto=goto()))
        else:
            choices = tuple(
                Choice(id=f"c{n}", text=f"C{n}", goto=goto(), set=draw(flags), when=draw(flags))  # type: ignore[arg-type]
                for n in range(3)
            )
            steps.append(asks(name, *choices))
    return story(*steps, v=Variable(start=False))


def played(scenario: Scenario) -> tuple[set[str], set[tuple[str, str]], bool]:
    """Play all of a story with the engine: steps and choices seen, and whether an ending stays in reach."""
    library: Library = msgspec.structs.replace(LIBRARY, editions={"made": edition_of(scenario)})
    seen: dict[tuple[str, bool], list[tuple[str, bool]]] = {}
    choices: set[tuple[str, str]] = set()
    waiting: list[list[str]] = [[]]
    while waiting:
        way = waiting.pop()
        talk = Conversation(library)
        for line in ["play made", *way]:
            talk.say(line)
        run = talk.session.run
        here = (run.step, bool(run.variables["v"])) if run else ("end", False)
        if here in seen:
            continue
        seen[here] = []
        if run is None:
            continue
        step = scenario.steps[run.step]
        lines = ["go on"]
        if isinstance(step, ChoiceStep):
            visible = [c for c in step.choices if all(run.variables[n] == v for n, v in c.when.items())]
            choices |= {(step.id, choice.id) for choice in visible}
            lines = [chr(97 + n) for n in range(len(visible))]
        for line in lines:
            after = Conversation(library)
            for earlier in ["play made", *way, line]:
                after.say(earlier)
            then = after.session.run
            seen[here].append((then.step, bool(then.variables["v"])) if then else ("end", False))
            waiting.append([*way, line])
    ends = {place for place in seen if place[0] == "end"}
    while True:
        more = {place for place, leads in seen.items() if place not in ends and ends & set(leads)}
        if not more:
            break
        ends |= more
    return {step for step, _ in seen}, choices, set(seen) == ends


@given(stories())
@settings(max_examples=60, deadline=None)
def test_the_proofs_find_just_what_a_learner_finds_who_plays_everything(scenario: Scenario) -> None:
    if any(finding.code != "unreachable-step" for finding in scenario_findings(scenario)):
        return  # only a sound story is played through
    steps, choices, always_ends = played(scenario)
    findings = list(proof_findings(scenario))
    assert ("no-way-out" in {finding.code for finding in findings}) == (not always_ends)
    never = {finding.path[1] for finding in findings if finding.code == "never-reached"}
    assert never == {step for step in scenario.steps if step not in steps}
    unseen = {
        (id, choice.id)
        for id, step in scenario.steps.items()
        if isinstance(step, ChoiceStep) and id in steps
        for choice in step.choices
        if (id, choice.id) not in choices
    }
    found = {f.path[1:4:2] for f in findings if f.code == "never-true"}
    assert len(found) == len(unseen)


@pytest.mark.parametrize("id", sorted(LIBRARY.editions))
def test_the_stories_of_the_tests_themselves_are_sound(id: str) -> None:
    assert codes(LIBRARY.editions[id].scenario) == set()
