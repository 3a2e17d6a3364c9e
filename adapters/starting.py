"""A commented starting file for a new scenario or law, with what an editor needs to help."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from bot.content.checks import ID
from bot.content.schema import law_schema, scenario_schema
from bot.model import Library


class StartingError(Exception):
    """No starting file can be written; the text says why and the mend."""


def start_file(kind: str, id: str, folder: Path, shipped: Path, library: Library) -> list[str]:
    """
    Write a starting file, the schemas beside it, and, where the folder has no laws yet, the laws we ship.

    Args:
        kind: "scenario" or "law".
        id: of the new scenario or law.
        folder: the content folder to write into.
        shipped: where the laws are taken from.
        library: what is loaded now; its ids are taken.

    Returns:
        Lines that say what was written and what to do next.

    Raises:
        StartingError: the id or the file cannot be used; nothing was written.
    """
    path = folder / ("scenarios" if kind == "scenario" else "laws") / f"{id}.yaml"
    if not ID.match(id):
        raise StartingError(
            f"{id!r} cannot be an id: small letters, digits and hyphens, a letter first, 20 at most."
        )
    if path.exists() or id in (library.editions if kind == "scenario" else library.laws):
        raise StartingError(f"There is a {kind} {id!r} already. Choose another id.")
    said = []
    if not (folder / "laws" / "facets.yaml").exists():
        shutil.copytree(shipped / "laws", folder / "laws", dirs_exist_ok=True)
        said.append(f"Put the laws that Mayshare ships into {folder / 'laws'}, for your content to name.")
    write_schemas(folder / "schemas", library)
    rule = next(iter(library.provisions), "")
    words = {
        "SCHEMA": f"../schemas/{kind}.schema.json",
        "ID": id,
        "ROLE": next(iter(library.terms.roles)),
        "RULE": rule,
        "TODAY": datetime.now(UTC).date().isoformat(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_filled(kind, words), encoding="utf-8")
    return [
        *said,
        f"Wrote {path}.",
        f"Open it in your editor, then: MAYSHARE_CONTENT={shlex.quote(str(folder))} mayshare check",
    ]


def _filled(kind: str, words: Mapping[str, str]) -> str:
    text = (resources.files("bot.content") / "starting" / f"{kind}.yaml").read_text("utf-8")
    for name, word in words.items():
        text = text.replace(f"@@{name}@@", word)
    return text


def write_schemas(folder: Path, library: Library) -> None:
    """Write the JSON Schemas of the content files, for editors."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in (("scenario", scenario_schema(library)), ("law", law_schema(library))):
        text = json.dumps(schema, indent=1) + "\n"
        (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":  # make schemas
    from bot.content import load

    ROOT = Path(__file__).parent.parent
    write_schemas(ROOT / "schemas", load(ROOT))
