"""The one scenario that a command names: by its id, or by the path of a file that is read on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bot.content import ContentError, edition_of
from bot.content.checks import scenario_findings
from bot.content.editions import variants_of
from bot.content.problems import problem
from bot.content.reading import Reading, line_of, parse, read
from bot.model import Library, Problem, Scenario, Terms

# What an unfinished story may still have: it can be drawn and played all the same.
_NO_HINDRANCE = frozenset(
    {
        "unreachable-step",
        "empty-text",
        "text-too-long",
        "no-good-choice",
        "missing-feedback",
        "missing-slip",
        "too-few-choices",
        "too-many-choices",
        "pick-too-large",
        "no-ending",
        "one-way-condition",
    }
)


class ScenarioError(Exception):
    """No scenario can be taken by this name; the text says why and the mend."""


def find_scenario(name: str, load: Callable[[], Library]) -> tuple[Library, Scenario]:
    """
    Find the scenario that is meant.

    Args:
        name: an id, a variant's too (story.step.variant); or the path of a file (it has a slash or
            ends in .yaml), which need not be in any content folder, nor finished: it must be one that
            can be played.
        load: gives the library that ids are looked up in.

    Returns:
        The scenario, and a library to play it with; around a file there are no laws.

    Raises:
        ScenarioError: there is none of that name, or it cannot be played.
    """
    path = Path(name)
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        scenario = _read_file(path)
        return _library_around(scenario), scenario
    try:
        library = load()
    except ContentError as error:
        message = f"{error}\nMend this first; or name the scenario's file, which is read on its own."
        raise ScenarioError(message) from error
    edition = library.today(name)
    if edition is None:
        own = [id for id in library.variants if id.partition(".")[0] == name.partition(".")[0]]
        known = ", ".join(own or library.editions) or "none"
        what = "variant" if own else "scenario"
        raise ScenarioError(
            f"There is no {what} {name!r}. The {what}s are: {known}. Or give the path of a file."
        )
    return library, edition.scenario


def _read_file(path: Path) -> Scenario:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"The file {path} cannot be read: {error.strerror}.") from error
    reading = Reading(str(path))
    root = parse(data, reading)
    scenario = read(Scenario, root, reading) if root is not None else None
    problems = reading.problems
    if scenario is not None and not problems:
        problems = [
            problem(one.code, str(path), line_of(root, one.path), one.message)
            for one in scenario_findings(scenario)
            if one.code not in _NO_HINDRANCE
        ]
    if scenario is None or problems:
        raise ScenarioError("\n".join(_refusal(path, problems)))
    return scenario


def _refusal(path: Path, problems: list[Problem]) -> Iterator[str]:
    yield f"The story in {path} cannot be played as it stands:"
    yield from map(str, sorted(set(problems)))


def _library_around(scenario: Scenario) -> Library:
    """Make the library that holds one scenario and nothing else."""
    return Library(
        editions={scenario.id: edition_of(scenario)},
        laws={},
        provisions={},
        terms=Terms(roles={}, facets={}),
        hotlines={},
        dangers=(),
        variants={one.scenario.id: one for one in variants_of(scenario)},
    )
