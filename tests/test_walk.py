"""Random plays: they go where the story goes, and count what they meet."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.__main__ import main
from adapters.walk import SECONDS_A_DECISION, STEPS_MAX, WORDS_A_MINUTE, Spread, as_text, picks, play, walk
from bot.content import edition_of, load
from bot.content.checks import scenario_findings
from bot.content.proofs import proof_findings
from bot.engine.story import outcome_of
from bot.model import (
    Choice,
    ChoiceStep,
    EndingStep,
    Item,
    Library,
    Pick,
    PickStep,
    SayStep,
    Scenario,
    Variable,
)
from tests.library import LIBRARY, STORY
from tests.test_drills import DRILLED
from tests.test_proofs import asks, stories, story

ROOT = Path(__file__).parent.parent


def around(scenario: Scenario) -> Library:
    """A library that holds one scenario."""
    return msgspec.structs.replace(LIBRARY, editions={scenario.id: edition_of(scenario)})


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(ROOT, tmp_path_factory.mktemp("cache"))


# --- where they go ---------------------------------------------------------------------------


def test_plays_meet_every_choice_of_every_shipped_scenario(shipped: Library) -> None:
    """An ending that wants nearly all done well is seldom met by chance; the check proves that it can be."""
    for edition in shipped.editions.values():
        report = walk(shipped, edition.scenario, 250, seed=0)
        assert (report.never_choices, report.never_outcomes) == ((), ()), edition.scenario.id
        steps = [edition.scenario.steps[id] for id in report.never_steps]
        assert all(isinstance(step, EndingStep) for step in steps), edition.scenario.id
        assert report.never_variants == (), edition.scenario.id


def test_the_variants_of_all_shipped_scenarios_are_walked(shipped: Library) -> None:
    counted = [walk(shipped, one.scenario, 1, seed=0).variants for one in shipped.editions.values()]
    assert sum(counted) == len(shipped.variants) > 0


@pytest.mark.parametrize("seed", [0, 1])
def test_a_variant_is_walked_by_itself_with_every_choice(seed: int) -> None:
    variant = DRILLED.variants["story.call.consent0"].scenario
    report = walk(DRILLED, variant, 50, seed)
    assert report.met_all
    assert (report.steps, report.variants) == (Spread(2, 2, 2), 0)
    assert report.decisions == 50


def test_what_of_a_variant_was_never_met_is_named_and_fails() -> None:
    report = walk(DRILLED, STORY, 200, seed=0, variant_plays=0)
    assert "call.consent0.right" in report.never_variants
    assert not report.met_all
    assert "variants: call.consent0.no, call.consent0.right" in as_text(report, STORY)


@given(stories(), st.integers())
@settings(max_examples=25)
def test_no_play_meets_what_the_check_proves_nobody_can(scenario: Scenario, seed: int) -> None:
    if any(finding.code != "unreachable-step" for finding in scenario_findings(scenario)):
        return  # only a sound story is played through
    report = walk(around(scenario), scenario, 5, seed)
    for finding in proof_findings(scenario):
        if finding.code == "never-reached":
            assert finding.path[1] in report.never_steps
        if finding.code == "never-true":
            step = scenario.steps[str(finding.path[1])]
            assert isinstance(step, ChoiceStep)
            assert f"{step.id}.{step.choices[int(finding.path[3])].id}" in report.never_choices


@given(st.integers())
def test_the_same_seed_gives_the_same_report(seed: int) -> None:
    assert walk(LIBRARY, STORY, 3, seed) == walk(LIBRARY, STORY, 3, seed)


@given(st.lists(st.booleans(), min_size=1, max_size=10), st.randoms(use_true_random=False))
def test_items_come_out_as_they_are_named(belong: list[bool], chance: random.Random) -> None:
    items = tuple(Item(id=f"i{n}", text="One", include=one) for n, one in enumerate(belong))
    step = PickStep(id="s", pick=Pick(prompt="What?", items=items, rule="a.b"), outcomes={})
    ways = picks(items, chance)
    assert {outcome: outcome_of(step, chosen) for outcome, chosen in ways.items()} == {
        outcome: outcome for outcome in ways
    }
    assert len(ways) == {2: 4, 1: 2}[len(set(belong))]


def test_a_play_that_goes_round_is_given_up() -> None:
    caught = story(SayStep(id="round", say="Round", goto="about"), SayStep(id="about", say="", goto="round"))
    one = play(around(caught), caught, random.Random(0))
    assert (len(one.steps), one.ending) == (STEPS_MAX, None)
    report = walk(around(caught), caught, 1, seed=0)
    assert (report.given_up, report.minutes, report.met_all) == (1, None, False)
    assert "came to no end" in as_text(report, caught)


def test_a_play_with_nothing_to_answer_is_given_up() -> None:
    hidden = Choice(id="a", text="A", goto="end", when={"told": True})
    stuck = story(asks("call", hidden), told=Variable(start=False))
    one = play(around(stuck), stuck, random.Random(0))
    assert (one.steps, one.answers, one.ending) == (("call",), (), None)


def test_a_story_that_begins_with_its_end_is_given_up() -> None:
    end = EndingStep(id="end", ending="end", title="The end")
    over = msgspec.structs.replace(story(SayStep(id="page", say="", goto="end")), start=end.id)
    assert play(around(over), over, random.Random(0)).ending is None


# --- what they count -------------------------------------------------------------------------


def test_time_is_counted_from_words_that_are_read_and_from_decisions() -> None:
    """The story says 394 words, its two answers and the title of its end six."""
    told = story(
        SayStep(id="page", say="word " * 300, goto="call"),
        msgspec.structs.replace(
            asks("call", Choice(id="a", text="One", goto="end"), Choice(id="b", text="Two", goto="end")),
            say="word " * 94,
        ),
    )
    one = play(around(told), told, random.Random(0))
    assert one.answers in {(("call", "a"),), (("call", "b"),)}
    assert one.minutes == one.words / WORDS_A_MINUTE + SECONDS_A_DECISION / 60
    assert 394 + 2 <= one.words <= 394 + 20


def test_best_answers_and_slips_are_counted() -> None:
    report = walk(LIBRARY, STORY, 200, seed=1)
    assert report.decisions == sum(report.judged.values())
    assert set(report.judged) == {"best", "over", "under", "mixed", "wrong-basis", "too-late", "unnamed"}
    assert all(report.judged[name] > 0 for name in ("best", "over", "under", "mixed"))
    assert sum(report.endings.values()) == 200
    assert report.steps is not None
    assert (report.steps.min, report.steps.max) == (4, 5)
    assert report.claimed == STORY.minutes


# --- the command -----------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_a_walk_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["walk", "why-share", "--runs", "100", "--seed", "7"]) == 0
    said = capsys.readouterr().out
    assert ": 100 random plays, seed 7." in said
    assert "Never reached: nothing; every step, choice and outcome was met." in said
    assert "the file says 3" in said


def test_a_walk_says_that_the_variants_were_played_and_walks_one_by_its_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["walk", "six-in-three", "--runs", "300"]) == 0
    assert re.search(r"Its \d+ variants were played too, with every choice\.", capsys.readouterr().out)
    assert main(["walk", "six-in-three.bus.noodles", "--runs", "50"]) == 0
    assert "Never reached: nothing" in capsys.readouterr().out


def test_a_variant_that_is_not_there_is_a_wrong_call_with_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["walk", "six-in-three.bus.nowhere"]) == 2
    said = capsys.readouterr().err
    assert "There is no variant 'six-in-three.bus.nowhere'" in said
    assert "six-in-three.bus.noodles" in said


def test_a_walk_is_told_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["walk", "why-share", "--runs", "100", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["scenario"], told["runs"], told["never_steps"]) == ("why-share", 100, [])
    assert told["minutes"]["min"] <= told["minutes"]["median"] <= told["minutes"]["max"]


def test_what_was_never_reached_is_named_and_fails(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "begun.yaml").write_text(
        "id: begun\ntitle: Begun\nabout: Not finished.\nkind: case\nrole: school\nminutes: 1\nstart: call\n"
        "steps:\n  call: {say: The phone rings., goto: end}\n  later: {say: Not led to yet., goto: end}\n"
        "  end: {ending: end, title: The end}\n"
    )
    assert main(["walk", "begun.yaml", "--runs", "2"]) == 1
    assert "Never reached:\n  steps: later\n" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["nobody"], ["no/where.yaml"]])
def test_a_scenario_that_is_not_there_is_a_wrong_call(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["walk", *arguments]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("runs", ["0", "-1", "many"])
def test_a_number_of_plays_that_is_none_is_a_wrong_call(
    runs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["walk", "why-share", f"--runs={runs}"])
    assert ended.value.code == 2
    assert "give 1 or more" in capsys.readouterr().err


def test_content_that_is_broken_is_a_wrong_call_and_not_a_story_with_gaps(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAYSHARE_CONTENT", str(home))
    assert main(["walk", "why-share"]) == 2
    assert "name the scenario's file, which is read on its own" in capsys.readouterr().err
