"""Random plays of a scenario through the engine: what was never met, how it ends, how long it takes."""

from __future__ import annotations

import dataclasses
import json
import random
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from adapters.text import blocks_of
from bot.engine import advance, new_session
from bot.engine.play import begin_set
from bot.engine.story import moved, outcome_of, visible_choices
from bot.events import (
    Chose,
    Continued,
    Opened,
    Picked,
)
from bot.model import (
    ChoiceStep,
    EndingStep,
    Item,
    Library,
    Outcome,
    PickStep,
    Result,
    Run,
    SayStep,
    Scenario,
    Session,
)
from bot.replies import (
    Redrawn,
    Reply,
)

WHEN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # of every answer: no clock is asked
WORDS_A_MINUTE = 200  # that a grown person reads
SECONDS_A_DECISION = 5
VARIANT_PLAYS = 100  # of each variant of a story that is walked: it has one step
STEPS_MAX = 500  # in one play; one that is longer goes round and is given up

_READ = frozenset({"text", "answer", "verdict", "note"})  # of a reply; no title, button or pinpoint


# --- one play --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Play:
    """
    One play.

    Attributes:
        steps: ids in the order they were met, the ending's among them.
        answers: step and choice, or step and outcome of a pick.
        results: those answers that were judged.
        words: that were read.
        ending: the id of the step it ended at; None where it was given up.
    """

    steps: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    results: tuple[Result, ...]
    words: int
    ending: str | None

    @property
    def minutes(self) -> float:
        """Estimate how long a person takes to play it."""
        return self.words / WORDS_A_MINUTE + len(self.answers) * SECONDS_A_DECISION / 60


def play(library: Library, scenario: Scenario, chance: random.Random) -> Play:
    """
    Play a scenario once, each answer by chance: among the choices seen, or the outcomes of a pick.

    Args:
        library: holds the scenario.
        scenario: which one.
        chance: decides; the same chance gives the same play.

    Returns:
        The play; it is given up where nothing can be answered, or after `STEPS_MAX` steps.
    """
    learner = _learner(scenario, chance)
    if scenario.id in library.variants:
        turn = begin_set(library, learner, (scenario.id,))
    else:
        turn = advance(library, learner, Opened("play", scenario.id), WHEN)
    words, ending = _words(turn.replies), None
    steps: list[str] = []
    answers: list[tuple[str, str]] = []
    results: list[Result] = []
    while turn.session is not None and (run := turn.session.run) is not None and len(steps) < STEPS_MAX:
        steps.append(run.step)
        answer = _answer(scenario, run, turn.session.turn, chance)
        if answer is None:
            break
        event, chose, named = answer
        answers += [(run.step, named)] if named else []
        turn = advance(library, turn.session, event, WHEN)
        words += _words(turn.replies)
        results += turn.results
        if turn.session is not None and turn.session.run is None:
            ending = moved(scenario, run, chose).step
            steps.append(ending)
    return Play(tuple(steps), tuple(answers), tuple(results), words, ending)


def _learner(scenario: Scenario, chance: random.Random) -> Session:
    """Give someone new, or someone who played the series' other stories, however that went."""
    kept = {name: variable for name, variable in scenario.variables.items() if variable.kept}
    handed = {
        name: chance.random() < 0.5
        if isinstance(variable.start, bool)
        else chance.randint(variable.min, variable.max)
        for name, variable in kept.items()
    }
    return msgspec.structs.replace(
        new_session("walk"), kept={scenario.series or "": handed} if handed else {}
    )


def _answer(
    scenario: Scenario, run: Run, turn: int, chance: random.Random
) -> tuple[Chose | Continued | Picked, tuple[str, ...], str] | None:
    """Give an answer to the step in front, the ids it chooses, and its name; None if there is none."""
    match step := scenario.steps[run.step]:
        case SayStep():
            return Continued(run.id, turn), (), ""
        case ChoiceStep() if seen := visible_choices(step, run):
            choice = chance.choice(seen)
            return Chose(run.id, turn, choice.id), (choice.id,), choice.id
        case PickStep():
            items = chance.choice(list(picks(step.pick.items, chance).values()))
            return Picked(run.id, turn, items), items, outcome_of(step, items)
        case _:
            return None


def picks(items: Sequence[Item], chance: random.Random) -> Mapping[Outcome, tuple[str, ...]]:
    """Give, for each way a pick can come out, items (ids) that bring it, by chance."""
    wanted = [item.id for item in items if item.include]
    others = [item.id for item in items if not item.include]
    ways: dict[Outcome, tuple[str, ...]] = {"exact": tuple(wanted)}
    if others:
        ways["over"] = (*wanted, *_some(others, chance))
    if wanted:
        ways["under"] = _without_some(wanted, chance)
    if wanted and others:
        ways["mixed"] = (*_without_some(wanted, chance), *_some(others, chance))
    return ways


def _some(ids: Sequence[str], chance: random.Random) -> tuple[str, ...]:
    """Give one or more of the ids."""
    return tuple(chance.sample(ids, chance.randint(1, len(ids))))


def _without_some(ids: Sequence[str], chance: random.Random) -> tuple[str, ...]:
    gone = _some(ids, chance)
    return tuple(id for id in ids if id not in gone)


def _words(replies: Sequence[Reply]) -> int:
    """Count the words that are read: an earlier message drawn again is not, nor are buttons and pinpoints."""
    return sum(
        len(block.text.split())
        for reply in replies
        if not isinstance(reply, Redrawn)
        for block in blocks_of(reply)
        if block.part in _READ
    )


# --- many plays ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spread:
    """The least, the middle and the most of something."""

    min: float
    median: float
    max: float


@dataclass(frozen=True, slots=True)
class Report:
    """
    What many plays showed.

    Attributes:
        scenario, runs, seed: with which it can be had again.
        never_steps, never_choices, never_outcomes: what no play met; the latter as `step.choice`.
        endings: step id of each ending to how many plays ended there, the most first.
        given_up: plays that came to no end.
        decisions: answers that were judged, in all plays.
        judged: what they were: best (lawful and helpful), or the slip; to how many.
        steps, decisions_a_play, minutes: of the plays that ended; None if none did.
        claimed: the minutes that the author says it takes.
        variants: how many its decisions have, for drills; each was played by itself.
        never_variants: what no play of those met, as `step.variant.choice`, or `.outcome`.
    """

    scenario: str
    runs: int
    seed: int
    never_steps: tuple[str, ...]
    never_choices: tuple[str, ...]
    never_outcomes: tuple[str, ...]
    endings: Mapping[str, int]
    given_up: int
    decisions: int
    judged: Mapping[str, int]
    steps: Spread | None
    decisions_a_play: Spread | None
    minutes: Spread | None
    claimed: int
    variants: int = 0
    never_variants: tuple[str, ...] = ()

    @property
    def met_all(self) -> bool:
        """Say whether all was met that the story has, and every play came to an end."""
        never = self.never_steps or self.never_choices or self.never_outcomes or self.never_variants
        return not (never or self.given_up)


def walk(
    library: Library, scenario: Scenario, runs: int, seed: int, variant_plays: int = VARIANT_PLAYS
) -> Report:
    """
    Play a scenario many times by chance, and count.

    Args:
        library: holds the scenario.
        scenario: which one.
        runs: how many plays, one or more.
        seed: of the chance; the same seed gives the same report.
        variant_plays: how often each variant of its decisions is played.
    """
    chance = random.Random(seed)  # noqa: S311  it keeps no secret
    plays = [play(library, scenario, chance) for _ in range(runs)]
    ended = [one for one in plays if one.ending is not None]
    steps = {step for one in plays for step in one.steps}
    answers = {answer for one in plays for answer in one.answers}
    judged = Counter(_judged(result) for one in plays for result in one.results)
    endings = Counter({step.id: 0 for step in scenario.steps.values() if isinstance(step, EndingStep)})
    endings.update(one.ending for one in ended if one.ending is not None)
    variants = [one.scenario for id, one in library.variants.items() if id.startswith(f"{scenario.id}.")]
    return Report(
        scenario=scenario.id,
        runs=runs,
        seed=seed,
        never_steps=tuple(id for id in scenario.steps if id not in steps),
        never_choices=tuple(".".join(one) for one in _choices(scenario) if one not in answers),
        never_outcomes=tuple(".".join(one) for one in _outcomes(scenario) if one not in answers),
        endings=dict(endings.most_common()),
        given_up=len(plays) - len(ended),
        decisions=judged.total(),
        judged={name: judged[name] for name in _JUDGED},
        steps=_spread([len(one.steps) for one in ended]),
        decisions_a_play=_spread([len(one.answers) for one in ended]),
        minutes=_spread([round(one.minutes, 1) for one in ended]),
        claimed=scenario.minutes,
        variants=len(variants),
        never_variants=tuple(
            name for one in variants for name in _never_met(library, one, chance, variant_plays)
        ),
    )


def _never_met(library: Library, variant: Scenario, chance: random.Random, runs: int) -> Iterator[str]:
    """Play a variant by itself, and give what was never met of it."""
    plays = [play(library, variant, chance) for _ in range(runs)]
    answers = {answer for one in plays for answer in one.answers}
    name = variant.id.partition(".")[2]
    for answer in (*_choices(variant), *_outcomes(variant)):
        if answer not in answers:
            yield f"{name}.{answer[1]}"


_JUDGED = ("best", "over", "under", "mixed", "wrong-basis", "too-late", "unnamed")


def _judged(result: Result) -> str:
    return "best" if result.lawful and result.helps else result.slip or "unnamed"


def _choices(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for step in scenario.steps.values():
        if isinstance(step, ChoiceStep):
            yield from ((step.id, choice.id) for choice in step.choices)


def _outcomes(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Give the outcomes that picks can have."""
    for step in scenario.steps.values():
        if isinstance(step, PickStep):
            yield from ((step.id, outcome) for outcome in picks(step.pick.items, random.Random(0)))  # noqa: S311


def _spread(values: Sequence[float]) -> Spread | None:
    return Spread(min(values), statistics.median(values), max(values)) if values else None


# --- told ------------------------------------------------------------------------------------


def as_json(report: Report) -> str:
    """Write a report as JSON."""
    return json.dumps(dataclasses.asdict(report), indent=2)


def as_text(report: Report, scenario: Scenario) -> str:
    """Write a report for whoever wrote the scenario."""
    return "\n".join(_told(report, scenario))


def _told(report: Report, scenario: Scenario) -> Iterator[str]:
    yield f"{scenario.title} ({report.scenario}): {report.runs} random plays, seed {report.seed}."
    yield ""
    yield from _told_never(report)
    yield "Endings:"
    for id, count in report.endings.items():
        step = scenario.steps[id]
        title = step.title if isinstance(step, EndingStep) else ""
        yield f"  {_share(count, report.runs)}  {id}: {title}"
    if report.given_up:
        share = _share(report.given_up, report.runs)
        yield f"  {share}  came to no end: there was nothing to answer, or it went round and round"
    yield f"Decisions judged: {report.decisions}"
    for name, count in report.judged.items():
        if count or name in {"best", "over", "under"}:
            yield f"  {_share(count, report.decisions)}  {name}"
    if report.steps and report.decisions_a_play and report.minutes:
        yield "A play:              least  middle    most"
        yield _told_spread("steps", report.steps)
        yield _told_spread("decisions", report.decisions_a_play)
        yield f"{_told_spread('minutes', report.minutes)}   the file says {report.claimed}"
        yield f"Minutes are estimated: {WORDS_A_MINUTE} words a minute, {SECONDS_A_DECISION} s a decision."


def _told_never(report: Report) -> Iterator[str]:
    never = (
        ("steps", report.never_steps),
        ("choices", report.never_choices),
        ("outcomes", report.never_outcomes),
        ("variants", report.never_variants),
    )
    if not any(names for _, names in never):
        yield "Never reached: nothing; every step, choice and outcome was met."
        if report.variants:
            counted = (
                "Its one variant was" if report.variants == 1 else f"Its {report.variants} variants were"
            )
            yield f"{counted} played too, with every choice."
        return
    yield "Never reached:"
    yield from (f"  {what}: {', '.join(names)}" for what, names in never if names)
    yield "  More plays (--runs) may meet it; `mayshare check` proves what nobody can."


def _share(count: int, of: int) -> str:
    return f"{count:6} {round(100 * count / of) if of else 0:3}%"


def _told_spread(name: str, spread: Spread) -> str:
    return f"  {name:<16}{spread.min:8g}{spread.median:8g}{spread.max:8g}"
