"""A scenario as a picture: everything is in it, and what it says it says in words and shapes."""

from __future__ import annotations

import itertools
import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.__main__ import main
from adapters.graph import DrawingError, draw, graphviz, render
from adapters.graph_dot import dot_of
from adapters.graph_mermaid import mermaid_of
from adapters.graph_places import MARKS, UNJUDGED, condition_in_words, places_of
from bot.content import load
from bot.model import Bounds, Choice, ChoiceStep, EndingStep, PickStep, SayStep, Scenario, Variable
from tests.library import STORY
from tests.test_proofs import asks, stories, story

ROOT = Path(__file__).parent.parent
WRITTEN = pytest.mark.parametrize("write", [dot_of, mermaid_of])


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> list[Scenario]:
    return [one.scenario for one in load(ROOT, tmp_path_factory.mktemp("cache")).editions.values()]


def ids_of(scenario: Scenario) -> set[str]:
    """Every id that must be seen: of steps, of choices, of items, and the names of outcomes."""
    ids = set(scenario.steps)
    for step in scenario.steps.values():
        if isinstance(step, ChoiceStep):
            ids |= {choice.id for choice in step.choices}
        elif isinstance(step, PickStep):
            ids |= {item.id for item in step.pick.items} | set(step.outcomes)
    return ids


def words_in(drawing: str) -> set[str]:
    """The words of a drawing's labels, without the marks of its language."""
    return set(re.findall(r"[a-z][a-z0-9-]*", re.sub(r"<[^>]*>", " ", drawing)))


# --- everything is in it ---------------------------------------------------------------------


@WRITTEN
def test_every_id_of_every_shipped_scenario_is_in_its_drawing(write, shipped) -> None:  # type: ignore[no-untyped-def]
    for scenario in shipped:
        assert ids_of(scenario) <= words_in(write(scenario))


@WRITTEN
@given(scenario=stories())
@settings(max_examples=50)
def test_every_id_of_any_story_is_in_its_drawing(write, scenario: Scenario) -> None:  # type: ignore[no-untyped-def]
    assert ids_of(scenario) <= words_in(write(scenario))


@given(stories())
@settings(max_examples=50)
def test_every_line_joins_two_things_that_are_drawn(scenario: Scenario) -> None:
    dot = dot_of(scenario)
    drawn = set(re.findall(r'^  ("[^"]+") \[', dot, re.MULTILINE))
    ends = re.findall(r'^  ("[^"]+")(?::w\d+:s)? -> ("[^"]+")', dot, re.MULTILINE)
    assert set(itertools.chain(*ends)) <= drawn
    assert len(ends) == 1 + sum(
        len(place.ways) + (place.goto is not None) + 2 * bool(place.entry) for place in places_of(scenario)
    )


ANY_TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=90
)


@given(ANY_TEXT, ANY_TEXT)
@settings(max_examples=100)
def test_no_text_of_an_author_breaks_the_drawing(said: str, answer: str) -> None:
    ask = asks("call", Choice(id="a", text=answer, goto="end"), Choice(id="b", text="B", goto="call"))
    scenario = msgspec.structs.replace(story(msgspec.structs.replace(ask, say=said)), title=said)
    for label in re.findall(r"label=<(.*)>\]?$", dot_of(scenario), re.MULTILINE):
        ElementTree.fromstring(f"<label>{label}</label>")  # noqa: S314  it is ours
    body = mermaid_of(scenario).split("---\n", 2)[2]
    for line in body.splitlines():
        assert line.count('"') % 2 == 0
        for label in re.findall(r'"([^"]*)"', line):
            assert not re.search(r"[<>`|\\]", label.replace("<br/>", ""))


# --- what it says ----------------------------------------------------------------------------


def test_a_story_in_mermaid_reads_like_the_story() -> None:
    told = story(
        SayStep(id="ring", say="The phone rings.", goto="call"),
        ChoiceStep(
            id="call",
            say="It is the police.",
            choices=(
                Choice(id="send", text="Send all", goto="end", rule="a.b", slip="over", set={"told": True}),
                Choice(id="ask", text="Ask why", goto="room", rule="a.b", lawful=True, helps=True),
                Choice(id="wait", text="Wait", goto="end", when={"told": True}),
            ),
        ),
        SayStep(id="room", say="Quiet.", goto="end", when={"told": False}, otherwise="end"),
        told=Variable(start=False),
    )
    assert mermaid_of(told).partition("  end\n")[2].splitlines() == [
        "  the_start(( )) --> s_ring",
        '  s_ring("ring<br/>The phone rings.")',
        "  s_ring --> s_call",
        '  s_call["call<br/>It is the police."]',
        '  s_call --x|"send<br/>Send all<br/>[neither lawful nor helps<br/>(over)]<br/>told: yes"| s_end',
        '  s_call ==>|"ask<br/>Ask why<br/>[lawful and helps]"| c_room',
        '  s_call --o|"NEVER SEEN<br/>wait<br/>Wait<br/>[not judged]<br/>only if told"| s_end',
        '  c_room{"not told?"}',
        "  c_room -->|yes| s_room",
        "  c_room -->|no| s_end",
        '  s_room("room<br/>Quiet.")',
        "  s_room --> s_end",
        '  s_end(["end (ending)<br/>The end"])',
    ]


def test_what_an_answer_is_can_be_told_by_words_and_by_lines_without_any_colour() -> None:
    marks = [*MARKS.values(), UNJUDGED]
    assert len({mark.words for mark in marks}) == 5
    assert len({(mark.line, mark.border) for mark in marks}) == 5
    assert len({mark.arrow for mark in marks}) == 5
    assert "color" not in dot_of(STORY).replace("fillcolor=black", "")  # the dot at the start


@WRITTEN
def test_the_legend_explains_every_mark(write) -> None:  # type: ignore[no-untyped-def]
    piece = write(story(SayStep(id="page", say="Read.", goto="end")))
    for mark in (*MARKS.values(), UNJUDGED):
        assert mark.words in piece


def test_each_outcome_of_a_pick_leads_on_with_what_it_is() -> None:
    (gather,) = (place for place in places_of(STORY) if place.id == "gather")
    assert gather.notes == ("in: times, place", "out: health")
    assert [(way.id, way.mark.words) for way in gather.ways] == [
        ("exact", "lawful and helps"),
        ("over", "neither lawful nor helps"),
        ("under", "lawful, no help"),
        ("mixed", "neither lawful nor helps"),
    ]


def test_an_ending_and_a_condition_have_shapes_of_their_own() -> None:
    dot = dot_of(STORY)
    assert dot.count("shape=doubleoctagon") == 2
    assert dot.count("shape=diamond") == 1
    assert '"if regret" -> "regret" [label=" yes"]' in dot
    assert '"if regret" -> "good" [label=" no"]' in dot


@WRITTEN
def test_what_nobody_comes_to_is_marked_in_words(write) -> None:  # type: ignore[no-untyped-def]
    scenario = story(
        SayStep(id="page", say="Read.", goto="end"), SayStep(id="alone", say="Never.", goto="end")
    )
    assert [place.id for place in places_of(scenario) if place.never] == ["alone"]
    assert len(re.findall(r"NEVER REACHED(?:</B>)?<br/>(?:<B>)?alone", write(scenario), re.IGNORECASE)) == 1


def test_labels_are_short_lines(shipped: list[Scenario]) -> None:
    for scenario in shipped:
        for label in re.findall(r'\("([^"]*)"\)', mermaid_of(scenario)):
            assert all(len(re.sub(r"#\d+;", "?", line)) <= 31 for line in label.split("<br/>"))


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"told": True}, "told"),
        ({"told": False, "trust": 2}, "not told and trust 2"),
        ({"trust": Bounds(min=2)}, "trust 2 or more"),
        ({"trust": Bounds(max=0)}, "trust 0 or less"),
        ({"trust": Bounds(min=1, max=2)}, "trust 1 to 2"),
    ],
)
def test_a_condition_is_said_in_words(condition, words: str) -> None:  # type: ignore[no-untyped-def]
    assert condition_in_words(condition) == words


# --- drawn by Graphviz -----------------------------------------------------------------------

NEEDS_GRAPHVIZ = "no Graphviz is here: pip install 'pygraphviz>=2'"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a `dot`."""
    monkeypatch.setenv("PATH", str(tmp_path))


def check_picture(path: Path) -> None:
    draw(STORY, path.with_suffix(".svg"))
    svg = path.with_suffix(".svg").read_text("utf-8")
    assert "<svg" in svg
    assert all(id in svg for id in ids_of(STORY))
    draw(STORY, path.with_suffix(".png"))
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(shutil.which("dot") is None, reason=NEEDS_GRAPHVIZ)
def test_the_systems_graphviz_draws_it(tmp_path: Path) -> None:
    check_picture(tmp_path / "story")


def test_the_graphviz_of_the_library_draws_it(tmp_path: Path, nowhere: None) -> None:
    pytest.importorskip("pygraphviz", reason=NEEDS_GRAPHVIZ)
    check_picture(tmp_path / "story")


def test_without_graphviz_the_error_says_what_to_do(nowhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(DrawingError) as told:
        graphviz()
    for mend in ("pip install 'pygraphviz>=2'", "apt install graphviz", "https://mermaid.live"):
        assert mend in str(told.value)


def test_what_graphviz_complains_of_is_told(tmp_path: Path) -> None:
    failing = (sys.executable, "-c", "import sys; sys.exit('no such format')", "")
    with pytest.raises(DrawingError, match=r"Graphviz did not draw it: no such format\. Write a \.mmd file"):
        render(dot_of(STORY), "svg", failing)


# --- the command -----------------------------------------------------------------------------

UNFINISHED = """
id: begun
title: Begun
about: A story that is not finished.
kind: case
role: school
minutes: 1
start: call
steps:
  call: {say: The phone rings., goto: end}
  later: {say: Not led to yet., goto: end}
  end: {ending: end, title: The end}
"""


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "begun.yaml"
    path.write_text(UNFINISHED)
    return path


def test_a_scenario_is_drawn_by_its_id(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "michael-1", "-o", "m.dot"]) == 0
    assert capsys.readouterr().out == "Drew michael-1 into m.dot.\n"
    assert begun.with_name("m.dot").read_text("utf-8").startswith("digraph")


def test_an_unfinished_file_is_drawn_and_what_is_missing_is_marked(begun: Path) -> None:
    assert main(["graph", begun.name, "-o", "b.MMD"]) == 0
    assert "NEVER REACHED<br/>later" in begun.with_name("b.MMD").read_text("utf-8")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("goto: end", "goto: ende"), "begun.yaml:10: dangling-goto: There is no step 'ende'."),
        (("minutes: 1", "minutes: soon"), "begun.yaml:7:"),
        (("id: begun", "id: ["), "begun.yaml:"),
    ],
)
def test_a_file_that_cannot_be_played_is_refused_with_its_problems(
    begun: Path, change: tuple[str, str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    begun.write_text(UNFINISHED.replace(*change, 1))
    assert main(["graph", begun.name, "-o", "x.dot"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("The story in begun.yaml cannot be played as it stands:\n")
    assert told in said


def test_a_scenario_that_is_not_there_is_named_with_those_that_are(
    begun: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["graph", "nobody", "-o", "x.dot"]) == 2
    assert "There is no scenario 'nobody'. The scenarios are: " in capsys.readouterr().err
    assert main(["graph", "no/where", "-o", "x.dot"]) == 2
    assert "no/where cannot be read: No such file or directory." in capsys.readouterr().err


def test_a_file_of_another_kind_is_a_wrong_call(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["graph", "michael-1", "-o", "x.gif"])
    assert ended.value.code == 2
    assert "'x.gif' ends in none of .svg, .png, .mmd, .dot" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_told(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", begun.name, "-o", "no/x.dot"]) == 1
    assert "no/x.dot cannot be written: No such file or directory." in capsys.readouterr().err


def test_endings_of_every_shipped_scenario_are_drawn(shipped: list[Scenario]) -> None:
    for scenario in shipped:
        endings = sum(isinstance(step, EndingStep) for step in scenario.steps.values())
        assert mermaid_of(scenario).count(" (ending)<br/>") == endings
