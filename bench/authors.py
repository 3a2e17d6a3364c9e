"""A hundred scenarios as authors might write them: fourteen steps each, in the shape of the shipped story."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

SCENARIOS = 100

# Characters of each kind of text, as they are in scenarios/michael/michael-1.yaml.
_SAY, _DECIDE, _PICK, _END = 354, 312, 284, 438
_CHOICE, _FEEDBACK = 57, 334
_ITEM, _WHY, _OUTCOME = 33, 67, 237

_WORDS = (
    "the a his her school clinic county record note teacher nurse caseworker judge officer mother aunt "
    "brother letter phone bus morning Monday week door desk hall form page file name date court home class "
    "asks says signs reads sends calls waits keeps shares tells looks needs may must can will not only "
    "consent law order rule purpose grades attendance plan before after about with without for from to and"
).split()


def write_hundred(folder: Path, rules: Sequence[str]) -> None:
    """Write the scenarios into a content folder. `rules`: provisions they may name. Always the same files."""
    folder.mkdir(parents=True)
    for number in range(1, SCENARIOS + 1):
        lines = _scenario(number, random.Random(number), rules)
        (folder / f"story-{number:03}.yaml").write_text("\n".join(lines) + "\n", "utf-8")


def _scenario(number: int, chance: random.Random, rules: Sequence[str]) -> Iterator[str]:
    """Give a story's lines: 7 says, 4 decisions, 1 pick and 2 endings, with conditions on two of them."""
    yield from (
        f"id: story-{number}",
        f"title: Story number {number}",
        *_folded("about", _prose(chance, 160), 0),
        "kind: activity",
        "role: school",
        "minutes: 8",
        "reviewed: 2026-11-25",
        "variables:",
        "  trust: {min: 0, max: 3, start: 2}  # how safe they feel with you",
        "  overshared: false                  # something went too far",
        "start: desk",
        "steps:",
    )
    yield from _say(chance, "desk", "pieces")
    yield from _pick(chance, "pieces", rules, over="echo", else_to="zero")
    yield from _decide(chance, "echo", rules, "clinic")
    yield from _say(chance, "zero", "clinic")
    yield from _decide(chance, "clinic", rules, "county")
    yield from _decide(chance, "county", rules, "map")
    yield from _say(chance, "map", "call", when="{trust: {min: 2}}", otherwise="map-alone")
    yield from _say(chance, "map-alone", "call")
    yield from _decide(chance, "call", rules, "hospital", last_when="{overshared: true}")
    yield from _say(chance, "hospital", "table", when="{overshared: false}", otherwise="hospital-over")
    yield from _say(chance, "hospital-over", "table")
    yield from _say(chance, "table", "kept")
    yield from _end(chance, "kept", when="{overshared: false, trust: {min: 2}}", otherwise="half")
    yield from _end(chance, "half")


def _prose(chance: random.Random, length: int) -> str:
    """Make sentences of about so many characters, a tenth more or less."""
    wanted = chance.randint(length * 9 // 10, length * 11 // 10)
    sentences: list[str] = []
    while sum(map(len, sentences)) + len(sentences) < wanted:
        words = chance.choices(_WORDS, k=chance.randint(5, 14))
        sentences.append(" ".join(words).capitalize() + chance.choice((".", ".", ".", "?")))
    return " ".join(sentences)[:wanted].rstrip(" .?") + "."


def _label(chance: random.Random, length: int) -> str:
    return " ".join(chance.choices(_WORDS, k=length // 6)).capitalize()


def _folded(key: str, text: str, indent: int) -> Iterator[str]:
    yield f"{' ' * indent}{key}: >-"
    yield from textwrap.wrap(
        text, 96, initial_indent=" " * (indent + 2), subsequent_indent=" " * (indent + 2)
    )


def _head(chance: random.Random, id: str, length: int, when: str, otherwise: str) -> Iterator[str]:
    yield f"\n  {id}:"
    if when:
        yield f"    when: {when}"
        yield f"    otherwise: {otherwise}"
    yield "    say: |"
    half = length // 2
    yield f"      {_prose(chance, half)}\n\n      {_prose(chance, half)}"


def _say(chance: random.Random, id: str, goto: str, when: str = "", otherwise: str = "") -> Iterator[str]:
    yield from _head(chance, id, _SAY, when, otherwise)
    yield f"    goto: {goto}"


def _end(chance: random.Random, id: str, when: str = "", otherwise: str = "") -> Iterator[str]:
    yield from _head(chance, id, _END, when, otherwise)
    yield f"    ending: {id}"
    yield f"    title: {_label(chance, 20)}"


def _decide(
    chance: random.Random, id: str, rules: Sequence[str], goto: str, last_when: str = ""
) -> Iterator[str]:
    yield from _head(chance, id, _DECIDE, "", "")
    yield "    choices:"
    rule, *others = chance.sample(rules, 3)
    judged = (
        ("best", "lawful: true", "helps: true", "", "add: {trust: 1}"),
        ("under", "lawful: true", "helps: false", "slip: under", "add: {trust: -1}"),
        ("over", "lawful: false", "helps: false", "slip: over", "set: {overshared: true}"),
        *((("mend", "lawful: true", "helps: true", "", f"when: {last_when}"),) if last_when else ()),
    )
    for choice, *lines in judged:
        yield f"      - id: {choice}"
        yield f"        text: {_label(chance, _CHOICE)}"
        yield f"        rule: {rule}"
        yield from (f"        {line}" for line in lines if line)
        yield from _folded("feedback", _prose(chance, _FEEDBACK), 8)
        yield f"        cites: [{', '.join((rule, *others))}]"
        yield f"        goto: {goto}"


def _pick(chance: random.Random, id: str, rules: Sequence[str], *, over: str, else_to: str) -> Iterator[str]:
    yield from _head(chance, id, _PICK, "", "")
    rule, other = chance.sample(rules, 2)
    yield "    pick:"
    yield f"      prompt: {_label(chance, _ITEM)}?"
    yield f"      rule: {rule}"
    yield f"      cites: [{rule}, {other}]"
    yield "      items:"
    for place in range(6):
        yield f"        - id: item-{place}"
        yield f"          text: {_label(chance, _ITEM)}"
        yield f"          include: {str(place % 2 == 0).lower()}"
        yield f"          why: {_prose(chance, _WHY)}"
    yield "    outcomes:"
    for outcome in ("exact", "over", "under", "mixed"):
        too_much = outcome in {"over", "mixed"}
        yield f"      {outcome}:"
        yield from _folded("feedback", _prose(chance, _OUTCOME), 8)
        yield f"        add: {{trust: {1 if outcome == 'exact' else -1}}}"
        if too_much:
            yield "        set: {overshared: true}"
        yield f"        goto: {over if too_much else else_to}"
