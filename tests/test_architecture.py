"""The house checks itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = [
    "model",
    "replies",
    "events",
    "buttons",
    "timing",
    "laws",
    "engine",
    "content",
    "hearing",
    "batches",
    "codes",
    "store",
    "records",
    "figures",
    "report",
    "accounts",
    "ordering",
    "tutor",
    "sender",
    "scheduler",
]


def imports_of(path: Path) -> set[str]:
    """Every module of ours that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
    return {name for name in names if name.split(".")[0] in {"bot", "adapters"}}


def files_of(layer: str) -> list[Path]:
    """The files of a layer: a module, or a package's modules."""
    module = ROOT / "bot" / f"{layer}.py"
    return [module] if module.exists() else sorted((ROOT / "bot" / layer).glob("*.py"))


def test_the_layers_are_all_there_is() -> None:
    there = {path.stem for path in (ROOT / "bot").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert there - {"__init__", "__pycache__", "sql", "shipped"} == set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_earlier_layers(layer: str) -> None:
    earlier = {*LAYERS[: LAYERS.index(layer)], layer}
    for path in files_of(layer):
        for name in imports_of(path):
            assert name == "bot" or (name.startswith("bot.") and name.split(".")[1] in earlier), (
                f"{path.name} imports {name}"
            )


IMPURE = {
    "aiosqlite",
    "asyncio",
    "io",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "sys",
    "threading",
    "time",
    "uuid",
}


@pytest.mark.parametrize(
    "layer", ["model", "replies", "events", "buttons", "laws", "engine", "hearing", "codes"]
)
def test_the_pure_layers_touch_no_file_no_clock_and_no_chance(layer: str) -> None:
    for path in files_of(layer):
        text = path.read_text("utf-8")
        tree = ast.parse(text)
        imported = {
            name.split(".")[0]
            for node in ast.walk(tree)
            for name in (
                [one.name for one in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert imported & IMPURE == set()
        assert not re.search(r"\b(datetime\.now|date\.today|open|print)\(", text)


def test_only_the_store_knows_sql() -> None:
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")]:
        if "store" in path.parts:
            continue
        text = path.read_text("utf-8")
        assert "sqlite3" not in text
        assert not re.search(r"\b(SELECT .+ FROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET)\b", text)


ACROSS_TENANTS = {
    # The sender's, by the number of a row it was given; and the housekeeping's, by age.
    "last_number",
    "unsent",
    "still_waiting",
    "mark_trying",
    "mark_sent",
    "drop_row",
    "tidy_assignments",
    "tidy_codes",
    "tidy_events",
    "tidy_members",
    "tidy_guesses",
    "tidy_failures",
    "tidy_messages",
    "tidy_contents",
    # Content is what authors wrote: it belongs to no tenant.
    "read_contents",
    "save_content",
}


def test_every_query_that_reads_a_learner_names_the_tenant() -> None:
    text = (ROOT / "bot/sql/queries.sql").read_text("utf-8")
    queries = dict(part.split("\n", 1) for part in text.split("-- name: ")[1:])
    assert set(queries) >= ACROSS_TENANTS
    for name, sql in queries.items():
        if name not in ACROSS_TENANTS:
            assert "tenant" in sql, name


def test_only_the_composition_root_reads_the_environment() -> None:
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")]:
        if path.name != "__main__.py":
            assert not re.search(r"os\.(environ|getenv)|dotenv", path.read_text("utf-8")), path


def test_nothing_in_the_project_names_one_machine() -> None:
    places = re.compile(r"(?<![\w.-])/(work|farm|root|home)/[a-z]")
    for path in ROOT.rglob("*"):
        hidden = any(part.startswith(".") and part != ".ci" for part in path.relative_to(ROOT).parts)
        if hidden or path == Path(__file__) or path.suffix not in {".py", ".md", ".toml", ".yaml", ".txt"}:
            continue
        assert not places.search(path.read_text("utf-8", errors="replace")), path
