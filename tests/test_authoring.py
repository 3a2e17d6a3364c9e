"""The author's guide, followed: its story passes the check, can be played, and goes as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.starting import start_file
from adapters.transcripts import replay
from bot.content import check, load
from bot.model import Library

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs/authoring.md").read_text("utf-8")


def block(kind: str, place: int = 0) -> str:
    """A block of a kind that stands in the guide."""
    return str(re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL)[place])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What an author has who followed the guide."""
    library = load(ROOT, tmp_path / "cache")
    start_file("scenario", "bus-window", tmp_path / "content", ROOT, library)
    (tmp_path / "content/scenarios/bus-window.yaml").write_text(block("yaml"), encoding="utf-8")
    (tmp_path / "content/transcripts").mkdir()
    (tmp_path / "content/transcripts/bus-window.txt").write_text(block("text"), encoding="utf-8")
    return tmp_path / "content"


def test_the_guides_story_has_no_problem_and_gets_no_advice(folder: Path) -> None:
    checked = check(folder)
    assert checked.problems == ()
    assert [one for one in checked.advice if one.file.startswith("scenarios/")] == []


def test_the_guides_variant_fits_the_story_and_can_be_played_by_its_name(folder: Path) -> None:
    story = folder / "scenarios/bus-window.yaml"
    with_variant = block("yaml").replace("\n  office:\n", f"\n{block('yaml', 1)}\n  office:\n", 1)
    story.write_text(with_variant, encoding="utf-8")
    checked = check(folder)
    assert checked.problems == ()
    assert [one for one in checked.advice if one.file.startswith("scenarios/")] == []
    script = folder / "transcripts/bike-room.txt"
    script.write_text(
        "# A variant stands by itself.\n\n"
        "you: play bus-window.curb.bike-room\n"
        "bot: Your three minutes (one question)\n     ...\n"
        "you: b\nbot: Lawful, and it helps.\n     ...\n",
        encoding="utf-8",
    )
    assert replay(script, load(folder)) is None


def test_the_guides_transcript_holds(folder: Path) -> None:
    library: Library = load(folder)
    assert replay(folder / "transcripts/bus-window.txt", library) is None


def test_every_command_of_the_guide_is_one_that_the_program_has() -> None:
    from adapters.__main__ import _parser  # noqa: PLC0415

    words = re.findall(r"^    mayshare (\w+)|`mayshare (\w+)", GUIDE, re.MULTILINE)
    told = {one or other for one, other in words}
    assert told <= set(_parser()._subparsers._group_actions[0].choices)  # type: ignore[union-attr,arg-type]


def test_the_guide_names_only_files_that_are_there() -> None:
    for name in re.findall(r"\]\(([\w./-]+)\)", GUIDE):
        assert (ROOT / "docs" / name).exists(), name
    assert (ROOT / "scenarios/michael/michael-1.yaml").exists()
