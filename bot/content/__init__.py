"""Content: YAML files to one frozen `Library`, or every problem in the folder at once."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from yaml.nodes import Node

from bot.content import checks, law_checks, reviews
from bot.content.cache import Cache, Held
from bot.content.checks import Finding
from bot.content.editions import edition_from_bytes, edition_of, edition_to_bytes, variants_of
from bot.content.problems import ContentError, problem
from bot.content.proofs import proof_findings
from bot.content.reading import Reading, line_of, parse, read
from bot.laws.citations import is_citation
from bot.model import (
    Dangers,
    Edition,
    Hotlines,
    Law,
    Library,
    Problem,
    Ranker,
    Scenario,
    Terms,
    Variable,
    Words,
)

RANKER = "laws/ranker.json"
_ranker_decoder = msgspec.json.Decoder(Ranker)

__all__ = ["Checked", "ContentError", "check", "edition_from_bytes", "edition_of", "edition_to_bytes", "load"]

_NAMED: Mapping[str, type[Terms | Hotlines | Dangers | Words]] = {
    "laws/facets.yaml": Terms,
    "laws/hotlines.yaml": Hotlines,
    "laws/danger.yaml": Dangers,
    "laws/words.yaml": Words,
}


_NEEDED: Mapping[str, str] = {
    "laws/facets.yaml": "the lists of roles and facets",
    "laws/hotlines.yaml": "the help lines",
    "laws/danger.yaml": "the words of harm that cannot wait",
    "laws/words.yaml": "the many words for one thing",
}


@dataclass(slots=True)
class _File:
    """One content file: its bytes, what they hold, and its YAML nodes once they are needed."""

    name: str
    data: bytes
    held: Held | None = None
    root: Node | None = None

    def line(self, path: checks.Path) -> int:
        """Give the line of a place; a file that came from the cache is parsed only now."""
        if self.root is None:
            self.root = parse(self.data, Reading(self.name))
        return line_of(self.root, path)


def load(folder: Path, cache_folder: Path | None = None) -> Library:
    """
    Load everything authors wrote.

    Args:
        folder: holds `scenarios/` and `laws/`, with `.yaml` files at any depth.
        cache_folder: where to keep what was parsed and checked, by the hash of each file;
            None parses every file. A cache that cannot be read or written is done without.

    Returns:
        The whole library.

    Raises:
        ContentError: with every problem found.
    """
    with _no_collecting():
        library, problems, _ = _survey(folder, Cache(cache_folder))
    if library is None:
        raise ContentError(problems)
    return library


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. The library is there where there are no problems; advice keeps nothing back."""

    library: Library | None
    problems: tuple[Problem, ...]
    advice: tuple[Problem, ...]


def check(folder: Path, cache_folder: Path | None = None) -> Checked:
    """Find every problem, as `load` does, and give advice on the style of the files without one."""
    with _no_collecting():
        library, problems, files = _survey(folder, Cache(cache_folder))
        faulty = {problem.file for problem in problems}
        sound = [file for file in files if file.name not in faulty]
        return Checked(library, problems, tuple(sorted(set(_advice(sound)))))


def _advice(files: list[_File]) -> Iterator[Problem]:
    """Give advice on files without problems, each on its own and then across them."""
    from bot.content import style  # noqa: PLC0415 - what only serves does not need it

    stories = {file.held.scenario.id: file for file in files if isinstance(file.held, Edition)}
    laws = [file.held for file in files if isinstance(file.held, Law)]
    provisions = [provision for law in laws for provision in law.provisions]
    scenarios = []
    for file in files:
        match file.held:
            case Edition(scenario=scenario):
                scenarios.append(scenario)
                yield from _placed(file, style.scenario_advice(scenario, provisions))
            case Law() as law:
                yield from _placed(file, style.law_advice(law))
            case _:
                pass
    for id, finding in style.pattern_advice(scenarios):
        yield from _placed(stories[id], (finding,))


@contextlib.contextmanager
def _no_collecting() -> Iterator[None]:
    """Hold the search for circles off: a load makes many values and no circle, and it costs a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _survey(folder: Path, cache: Cache) -> tuple[Library | None, tuple[Problem, ...], list[_File]]:
    """Read all files: the library if there are no problems, else every problem; and what could be read."""
    problems: list[Problem] = []
    files = list(_files(folder, problems))
    for file in files:
        file.held = cache.get(file.name, file.data) or _read_file(file, problems)
    held = [file for file in files if file.held is not None]
    whole = not any(problem.file.startswith("laws/") for problem in problems)
    problems.extend(one for one in _across(held, folder) if whole or one.code != "unknown-provision")
    library = _library(file.held for file in held if file.held is not None) if not problems else None
    problems.extend(_reviews(folder, library))
    ranker = _ranker(folder, problems)
    if problems or library is None:
        return None, tuple(sorted(set(problems))), held
    cache.keep([(file.name, file.data, file.held) for file in held if file.held is not None])
    return msgspec.structs.replace(library, ranker=ranker), (), held


def _ranker(folder: Path, problems: list[Problem]) -> Ranker | None:
    """Read what was learned from ways of asking, where there is something."""
    path = folder / RANKER
    if not path.is_file():
        return None
    try:
        return _ranker_decoder.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError):
        problems.append(problem("bad-ranker", RANKER, 1, "It cannot be read, or is of another version."))
        return None


def _reviews(folder: Path, library: Library | None) -> Iterator[Problem]:
    """Check the table of reviews, where there is one; it speaks of provisions that could be read."""
    path = folder / reviews.NAME
    if library is None or not path.is_file():
        return
    try:
        yield from reviews.review_problems(path.read_bytes(), library.provisions)
    except OSError as error:
        yield problem("unreadable-file", reviews.NAME, 1, f"It cannot be read: {error.strerror}.")


def _files(folder: Path, problems: list[Problem]) -> Iterator[_File]:
    """Give every content file with its bytes; names are relative to the folder, in one order."""
    names = [path for part in ("scenarios", "laws") for path in sorted((folder / part).rglob("*"))]
    if not names:
        message = f"{folder} holds no scenarios/ and no laws/."
        problems.append(problem("no-content", str(folder), 1, message))
    for path in names:
        name = path.relative_to(folder).as_posix()
        if path.suffix != ".yaml" and path.suffix.lower() in {".yml", ".yaml"}:
            message = f"This file is not read: it ends in {path.suffix}."
            problems.append(problem("wrong-extension", name, 1, message))
        if path.suffix != ".yaml" or path.is_dir():
            continue
        try:
            yield _File(name, path.read_bytes())
        except OSError as error:
            problems.append(problem("unreadable-file", name, 1, f"It cannot be read: {error.strerror}."))


def _read_file(file: _File, problems: list[Problem]) -> Held | None:
    """Parse and check one file on its own. It is given as far as it can be, for the checks across files."""
    reading = Reading(file.name)
    file.root = parse(file.data, reading)
    held = _held(file, reading) if file.root is not None else None
    problems.extend(reading.problems)
    if held is not None:
        findings = list(_own_findings(held, frozenset(reading.lost)))
        if isinstance(held, Edition) and not findings and not reading.problems:
            findings = list(proof_findings(held.scenario))  # only a sound story can be played through
        if reading.problems:  # what could not be read is not said to be missing
            findings = [one for one in findings if one.code not in _OF_ABSENCE]
        problems.extend(_placed(file, findings))
    return held


_OF_ABSENCE = frozenset(
    {
        "unreachable-step",
        "unknown-variable",
        "no-citation",
        "too-few-choices",
        "no-good-choice",
        "empty-text",
        "missing-feedback",
        "missing-slip",
        "missing-outcome",
        "no-ending",
        "one-way-condition",
    }
)


def _held(file: _File, reading: Reading) -> Held | None:
    assert file.root is not None
    if file.name in _NAMED:
        return read(_NAMED[file.name], file.root, reading)
    if file.name.startswith("laws/"):
        return read(Law, file.root, reading)
    scenario = read(Scenario, file.root, reading)
    return edition_of(scenario) if scenario is not None else None


def _own_findings(held: Held, lost: frozenset[str]) -> Iterator[Finding]:
    match held:
        case Edition():
            return checks.scenario_findings(held.scenario, lost)
        case Law():
            return law_checks.law_findings(held)
        case Terms():
            return law_checks.term_findings(held)
        case Dangers():
            return law_checks.danger_findings(held.dangers)
        case Words():
            return law_checks.word_findings(held)
        case Hotlines():
            return law_checks.hotline_findings(held.lines)


def _placed(file: _File, findings: Iterable[Finding]) -> Iterator[Problem]:
    for finding in findings:
        yield problem(finding.code, file.name, file.line(finding.path), finding.message)


def _kept(files: list[_File]) -> Iterator[Problem]:
    """Check that the stories of a series declare what they hand on alike."""
    first: dict[tuple[str, str], tuple[str, Variable]] = {}
    for file in files:
        if not isinstance(file.held, Edition) or file.held.scenario.series is None:
            continue
        for name, variable in file.held.scenario.variables.items():
            if not variable.kept:
                continue
            other, before = first.setdefault((file.held.scenario.series, name), (file.name, variable))
            if _kind(before) != _kind(variable):
                message = f"{name!r} is declared otherwise in {other}."
                yield problem("kept-differs", file.name, file.line(("variables", name)), message)


def _kind(variable: Variable) -> tuple[bool, int, int]:
    return isinstance(variable.start, bool), variable.min, variable.max


def _across(files: list[_File], folder: Path) -> Iterator[Problem]:
    """Check what one file says of another: ids that are taken, provisions, roles and facets."""
    terms = next((file.held for file in files if isinstance(file.held, Terms)), None)
    for name, what in _NEEDED.items():
        if files and not (folder / name).is_file():
            yield problem("missing-file", name, 1, f"The file with {what} is missing.")
    known = {
        provision.id for file in files if isinstance(file.held, Law) for provision in file.held.provisions
    }
    cites = {
        cite
        for file in files
        if isinstance(file.held, Law)
        for provision in file.held.provisions
        for cite in provision.cites
    }
    owners: dict[str, str] = {}
    yield from _kept(files)
    for file in files:
        match file.held:
            case Edition(scenario=scenario):
                taken = ("a scenario", scenario.id)
                named = checks.rules_named(scenario)
                if terms is not None and scenario.role not in terms.roles:
                    message = f"There is no role {scenario.role!r}."
                    yield problem("unknown-role", file.name, file.line(("role",)), message)
            case Law() as law:
                taken = ("a law", law.id)
                named = law_checks.provisions_named(law)
                if terms is not None:
                    yield from _placed(file, law_checks.facet_findings(law, terms))
            case Dangers(dangers=dangers):
                taken = ("dangers", "")
                named = (
                    (("dangers", i, "provision"), danger.provision)
                    for i, danger in enumerate(dangers)
                    if danger.provision
                )
            case _:
                continue
        what = " ".join(taken)
        if what in owners:
            message = f"{taken[1]!r} is already the id of {taken[0]} in {owners[what]}."
            yield problem("duplicate-id", file.name, file.line(("id",)), message)
        owners.setdefault(what, file.name)
        for path, id in named:
            if is_citation(id) and id not in cites:
                message = f"No provision stands at {id}."
                yield problem("unknown-provision", file.name, file.line(path), message)
            elif not is_citation(id) and id not in known:
                message = f"There is no provision {id!r}."
                yield problem("unknown-provision", file.name, file.line(path), message)


def _library(held: Iterable[Held]) -> Library:
    everything = list(held)
    laws = {
        one.id: one
        for one in sorted(
            (one for one in everything if isinstance(one, Law)), key=lambda law: (law.order, law.id)
        )
    }
    editions = {one.scenario.id: one for one in everything if isinstance(one, Edition)}
    variants = (variant for one in editions.values() for variant in variants_of(one.scenario))
    return Library(
        editions=editions,
        variants={one.scenario.id: one for one in variants},
        laws=laws,
        provisions={provision.id: provision for law in laws.values() for provision in law.provisions},
        terms=next(one for one in everything if isinstance(one, Terms)),
        hotlines={line.id: line for one in everything if isinstance(one, Hotlines) for line in one.lines},
        words=next(one for one in everything if isinstance(one, Words)),
        dangers=tuple(danger for one in everything if isinstance(one, Dangers) for danger in one.dangers),
    )
