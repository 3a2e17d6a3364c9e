"""Replies as lines of plain text: for terminals, transcripts, and what a platform needs beside its blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, assert_never

from bot.engine.drill_texts import SOME
from bot.replies import (
    Answer,
    Button,
    Chart,
    Debrief,
    Document,
    Export,
    Feedback,
    Home,
    HomePage,
    Line,
    LinkCode,
    MyData,
    Prompt,
    Quote,
    Redrawn,
    Reply,
    Source,
    TeamChart,
    TeamTable,
    TeamWeek,
)

Part = Literal["title", "text", "answer", "verdict", "note", "source", "button", "hint"]


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph or one line of a list. `mark` stands before it ("a.", "1.", "-")."""

    part: Part
    text: str
    mark: str = ""


def blocks_of(reply: Reply) -> Iterator[Block]:
    """
    Lay a reply out.

    Returns:
        Blocks in reading order. A drawn reply (`MyData`, `Export`, `LinkCode`) must have been drawn before;
        of a document only its covering words are given, not the file.
    """
    match reply:
        case Line(text, buttons):
            yield from _paragraphs(text)
            yield from _numbered(buttons)
        case Prompt():
            yield from _prompt(reply)
        case Redrawn(prompt):
            yield from _prompt(prompt)
        case Feedback(verdict, text, notes, sources):
            if verdict:
                yield Block("verdict", verdict)
            yield from _paragraphs(text)
            yield from (Block("note", note, "-") for note in notes)
            yield from _stands(sources)
        case Debrief():
            yield from _debrief(reply)
        case Answer():
            yield from _answer(reply)
        case Document(_, _, text):
            yield Block("text", text)
        case HomePage():
            yield from _home(reply)
        case Chart():
            yield from _chart(reply)
        case MyData() | Export() | LinkCode() | Home() | TeamWeek() | TeamChart() | TeamTable():
            raise ValueError(f"{type(reply).__name__} is shown only after the sender has drawn it")
        case _:
            assert_never(reply)


def _chart(chart: Chart) -> Iterator[Block]:
    """Give in words what a picture shows: for who cannot see it, and where none can be drawn."""
    yield Block("title", chart.title)
    yield Block("text", chart.subtitle)
    for bar in chart.bars:
        slips = "".join(f"; {count or SOME} {slip}" for slip, count in bar.slips)
        was = f" ({bar.was})" if bar.was else ""
        yield Block("note", f"{bar.label}: {bar.said}{was}{slips}", "-")


def chart_words(chart: Chart) -> str:
    """Give in words what a picture shows, under its title."""
    return "\n".join(block.text if not block.mark else f"- {block.text}" for block in list(_chart(chart))[1:])


def plain(reply: Reply) -> str:
    """Give a reply as plain text: paragraphs apart by a blank line, lists closely set."""
    lines: list[str] = []
    before: Block | None = None
    for block in blocks_of(reply):
        if before is not None and (not block.mark or before.part != block.part):
            lines.append("")
        indent = " " * (len(block.mark) + 1) if block.mark else ""
        lines.append((f"{block.mark} " if block.mark else "") + block.text.replace("\n", f"\n{indent}"))
        before = block
    return "\n".join(lines)


def _paragraphs(text: str) -> Iterator[Block]:
    for paragraph in text.split("\n\n"):
        if paragraph:
            yield Block("text", paragraph)


def _numbered(buttons: tuple[Button, ...], start: int = 1) -> Iterator[Block]:
    for number, button in enumerate(buttons, start):
        yield Block("button", button.label, f"{number}.")


def _answer(answer: Answer) -> Iterator[Block]:
    yield from (Block("note", line) for line in answer.lead)
    yield from _quote(answer.quote)
    if answer.note:
        yield Block("note", answer.note)
    number = 1
    for question in answer.questions:
        yield Block("verdict", f"What it depends on: {question.ask}")
        yield from _numbered(question.options, number)
        number += len(question.options)
    yield from _numbered(answer.buttons, number)


def _prompt(prompt: Prompt) -> Iterator[Block]:
    yield Block("title", f"{prompt.title} ({prompt.place})")
    yield from _paragraphs(prompt.text)
    if prompt.ask:
        yield Block("text", prompt.ask)
    for letter in prompt.letters:
        tick = ("[x] " if letter.on else "[ ] ") if prompt.several else ""
        chosen = " (chosen)" if letter.letter in prompt.chosen else ""
        yield Block("answer", letter.text + chosen, f"{tick}{letter.letter}.")
    if prompt.several and prompt.done is not None:
        yield Block("hint", "Type all the letters that belong, like: a c. If none does, type: none.")
    if prompt.buttons:
        answer = ["a letter"] if prompt.letters and not prompt.several else []
        words = ", ".join([*answer, *(button.label.lower() for button in prompt.buttons)])
        yield Block("hint", f"Type: {words}, or a question.")


def _home(page: HomePage) -> Iterator[Block]:
    yield from _paragraphs(page.hello)
    for said in (page.drill, page.going):
        if said:
            yield Block("verdict", said)
    yield from _paragraphs(page.progress)
    yield from _paragraphs(page.week)
    for shelf in page.stories:
        yield Block("title", shelf.title)
        yield Block("text", shelf.about)
    if page.team:
        yield Block("text", page.team)
    listed = (
        *page.drill_ways,
        *page.ways,
        *page.week_ways,
        *(shelf.button for shelf in page.stories),
        *((page.change,) if page.change else ()),
    )
    yield from _numbered(listed)


def _stands(sources: tuple[Source, ...]) -> Iterator[Block]:
    if sources:
        yield Block("source", "Where it stands: " + "; ".join(source.cite for source in sources))


def _debrief(debrief: Debrief) -> Iterator[Block]:
    yield Block("title", debrief.title)
    yield from _paragraphs(debrief.text)
    if debrief.summary:
        yield Block("verdict", debrief.summary)
    for number, decided in enumerate(debrief.decisions, 1):
        cites = "; ".join(source.cite for source in decided.sources)
        rule = f" {decided.rule} ({cites})." if decided.rule else ""
        yield Block("answer", f"{'; '.join(decided.chose)}\n{decided.verdict}{rule}", f"{number}.")
    yield from _numbered(debrief.buttons)


def _quote(quote: Quote) -> Iterator[Block]:
    yield Block("title", f"{quote.law}: {quote.title}")
    yield from _paragraphs(quote.says)
    yield from (Block("note", condition, "-") for condition in quote.conditions)
    if quote.myth:
        yield Block("text", quote.myth)
    stands = "; ".join(source.cite for source in quote.sources)
    link = next((f" {source.url}" for source in quote.sources if source.url), "")
    if quote.unchecked:
        yield Block("text", quote.unchecked)
    yield Block("source", f"Where it stands: {stands} (checked {quote.checked}).{link}")


def split_text(text: str, limit: int) -> tuple[str, ...]:
    """
    Cut a long text into pieces that a platform accepts.

    Args:
        text: plain text.
        limit: most characters in a piece, 1 or more.

    Returns:
        Pieces in reading order, 1 to `limit` characters each, none for an empty text. A cut falls
        after a blank line where there is one, else after a line, else after a space, else anywhere;
        what stood at the cut (the line break, the space) stays with the piece before it.
        Joined, they are `text` again.
    """
    pieces = []
    while len(text) > limit:
        at = next((end for mark in ("\n\n", "\n", " ") if (end := _after(text, mark, limit))), limit)
        pieces.append(text[:at])
        text = text[at:]
    return (*pieces, text) if text else tuple(pieces)


def _after(text: str, mark: str, limit: int) -> int:
    """Give the place after the last mark within a limit; 0 where there is none."""
    found = text.rfind(mark, 0, limit)
    return found + len(mark) if 0 < found <= limit - len(mark) else 0


def cut(text: str, most: int) -> str:
    """Give a text in `most` characters: itself, or its first words and an ellipsis."""
    if len(text) <= most:
        return text
    head = text[: most - 1].rstrip()
    return (head.rpartition(" ")[0].rstrip() or head) + "\N{HORIZONTAL ELLIPSIS}"
