"""What helps authors in their editor: the schemas, and starting files that pass the check."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator

from adapters.starting import StartingError, start_file
from bot import model
from bot.content import ContentError, load
from bot.content.schema import HINTS, hint_of, law_schema, scenario_schema
from bot.model import Library
from tests.problems import CODES, lay_broken

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(ROOT, tmp_path_factory.mktemp("cache"))


def as_json(text: str) -> Any:
    """YAML as an editor's schema check sees it: dates are text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def complaints(schema: dict[str, Any], text: str) -> list[str]:
    """What a schema says of a file."""
    Draft202012Validator.check_schema(schema)
    return [error.message for error in Draft202012Validator(schema).iter_errors(as_json(text))]


def test_every_shipped_file_fits_its_schema(shipped: Library) -> None:
    for path in (ROOT / "scenarios").rglob("*.yaml"):
        assert complaints(scenario_schema(shipped), path.read_text("utf-8")) == [], path
    for path in (ROOT / "laws/federal").rglob("*.yaml"):
        assert complaints(law_schema(shipped), path.read_text("utf-8")) == [], path


@pytest.mark.parametrize("code", ["unknown-key", "missing-key", "not-in-list", "wrong-type"])
def test_what_the_check_refuses_of_a_files_shape_the_schema_underlines(
    code: str, tmp_path: Path, shipped: Library
) -> None:
    assert code in CODES
    folder = lay_broken(tmp_path / "content", code)
    texts = [path.read_text("utf-8") for path in (folder / "scenarios").glob("*.yaml")]
    assert any(complaints(scenario_schema(shipped), text) for text in texts)


def test_a_wrong_key_in_one_step_is_the_only_complaint(shipped: Library) -> None:
    text = (ROOT / "scenarios/michael/michael-1.yaml").read_text("utf-8")
    found = complaints(scenario_schema(shipped), text.replace("goto: teachers", "gotoo: teachers", 1))
    assert all("goto" in complaint for complaint in found)
    assert 1 <= len(found) <= 2


def test_the_files_in_the_repository_are_those_of_the_model(shipped: Library) -> None:
    for name, schema in (("scenario", scenario_schema(shipped)), ("law", law_schema(shipped))):
        there = json.loads((ROOT / f"schemas/{name}.schema.json").read_text("utf-8"))
        assert there == schema, "run: make schemas"


def test_every_field_that_an_author_can_write_has_a_hint_and_no_hint_is_left_over() -> None:
    kinds: list[type[msgspec.Struct]] = [
        *(model.Scenario, model.Variable, model.Choice, model.Item, model.Pick, model.PickResult),
        *(model.SayStep, model.ChoiceStep, model.PickStep, model.EndingStep, model.Bounds, model.Variant),
        *(model.Law, model.Provision, model.Fact, model.Option, model.Myth),
    ]
    fields = {
        (kind, field.name)
        for kind in kinds
        for field in msgspec.structs.fields(kind)
        if not (issubclass(kind, model.StepBase) and field.name == "id")
    }
    assert all(hint_of(kind, name) for kind, name in fields)
    used = {f"{owner.__name__}.{name}" for kind, name in fields for owner in kind.__mro__}
    assert set(HINTS) <= used


# --- starting files --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["scenario", "law"])
def test_a_starting_file_passes_the_check_and_fits_its_schema(
    kind: str, tmp_path: Path, shipped: Library
) -> None:
    said = start_file(kind, "my-own", tmp_path, ROOT, shipped)
    assert any(line.startswith("Put the laws that Mayshare ships into") for line in said)
    library = load(tmp_path)
    path = tmp_path / ("scenarios" if kind == "scenario" else "laws") / "my-own.yaml"
    schema = scenario_schema(library) if kind == "scenario" else law_schema(library)
    assert complaints(schema, path.read_text("utf-8")) == []
    assert "my-own" in (library.editions if kind == "scenario" else library.laws)
    modeline = path.read_text("utf-8").splitlines()[0]
    named = path.parent / modeline.partition("$schema=")[2]
    assert named.resolve() == (tmp_path / f"schemas/{kind}.schema.json").resolve()
    assert named.exists()


def test_a_started_story_can_be_played_to_both_its_ends(tmp_path: Path, shipped: Library) -> None:
    start_file("scenario", "my-own", tmp_path, ROOT, shipped)
    for letters, ending in (("b\na\n", "How it ends well"), ("a\n", "when too much was told")):
        done = subprocess.run(
            [sys.executable, "-m", "adapters", "chat"],
            input=f"play my-own\n{letters}",
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "MAYSHARE_CONTENT": str(tmp_path),
                "MAYSHARE_DATABASE": str(tmp_path / f"{letters[0]}.db"),
                "XDG_CACHE_HOME": str(tmp_path / "cache"),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert ending in done.stdout


def test_nothing_is_overwritten_and_a_wrong_id_is_refused(tmp_path: Path, shipped: Library) -> None:
    start_file("scenario", "my-own", tmp_path, ROOT, shipped)
    with pytest.raises(StartingError, match="There is a scenario 'my-own' already"):
        start_file("scenario", "my-own", tmp_path, ROOT, shipped)
    with pytest.raises(StartingError, match="There is a scenario 'michael-1' already"):
        start_file("scenario", "michael-1", tmp_path, ROOT, shipped)
    for id in ("My Own", "x" * 21, "../up", ""):
        with pytest.raises(StartingError, match="cannot be an id"):
            start_file("law", id, tmp_path, ROOT, shipped)


def test_a_mistake_in_a_started_file_is_named_with_its_line(tmp_path: Path, shipped: Library) -> None:
    start_file("scenario", "my-own", tmp_path, ROOT, shipped)
    path = tmp_path / "scenarios/my-own.yaml"
    path.write_text(path.read_text("utf-8").replace("goto: note", "goto: nowhere"))
    with pytest.raises(
        ContentError, match=r"scenarios/my-own.yaml:\d+: dangling-goto: There is no step 'nowhere'"
    ):
        load(tmp_path)
