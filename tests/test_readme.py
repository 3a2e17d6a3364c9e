"""The README is true: its scenario passes the check and plays, and its conversation is one that happens."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from adapters.transcripts import Conversation
from bot.content import load
from bot.model import Library

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The shipped laws with the README's one scenario."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "laws", folder / "laws")
    (yaml,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (folder / "scenarios").mkdir()
    (folder / "scenarios/may-i.yaml").write_text(yaml)
    return load(folder)


def test_the_scenario_in_the_readme_has_no_problem_and_plays_to_both_its_ends(library: Library) -> None:
    for letter, ending in (("a", "It cannot be untold"), ("b", "The right paper")):
        talk = Conversation(library)
        talk.say("play may-i")
        assert any(ending in message for message in talk.say(letter))


def test_the_conversation_in_the_readme_happens_word_for_word(tmp_path: Path) -> None:
    shown = README.partition("## A piece of conversation")[2].partition("```\n")[2].partition("```")[0]
    step, _, feedback = shown.partition("> a")
    talk = Conversation(load(ROOT, tmp_path))
    for line in ("play michael-1", "go on", "b d f", "a", "b", "c"):
        talk.say(line)
    before = " ".join(talk.say("go on")[-1].split())
    assert before.startswith(" ".join(step.split()))
    assert " ".join(feedback.split()) in [" ".join(message.split()) for message in talk.say("a")]


def test_every_command_of_the_readme_exists() -> None:
    from adapters.__main__ import _parser  # noqa: PLC0415

    named = set(re.findall(r"`mayshare ([a-z]+)", README))
    known = set(re.findall(r"^    ([a-z]+) ", _parser().format_help(), re.MULTILINE))
    assert named == known


def test_every_make_target_of_the_papers_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for paper in ("README.md", "CONTRIBUTING.md", "transcripts/README.md"):
        assert set(
            re.findall(r"\bmake ([a-z]+)\b(?= |`|$)", (ROOT / paper).read_text("utf-8"))
        ) <= targets | {
            "it",
            "two",
        }, paper
