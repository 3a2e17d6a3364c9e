"""
Replies as Telegram messages: HTML to read and an inline keyboard to press.

Telegram's limits are held here: a long text goes on in the next message, and what can be pressed
stands on the last; a label that is too long for a phone is cut at a word, and stands whole in the
text. Source of the limits: https://core.telegram.org/bots/api (sendMessage, InlineKeyboardButton).
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from adapters.text import chart_words, cut, split_text
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
    Letter,
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

TEXT_MAX = 4096  # UTF-16 units of a message, when its HTML was read
CAPTION_MAX = 1024  # UTF-16 units under a picture
ENTITIES_MAX = 100  # pieces of bold or links in a message; more are shown plain
BUTTONS_MAX = 100  # buttons of a keyboard
LABEL_MAX = 60  # characters on a button: a phone shows about forty, and nobody reads more
SHORT = 30  # characters of an answer that stand on its button; longer ones stand in the text
ROW = 5  # buttons with a letter in one row

Link = Callable[[str], str]  # from a button's data, the address that opens it in a private chat


@dataclass(frozen=True, slots=True)
class Key:
    """A button of an inline keyboard: its label, and its data or the address it opens."""

    label: str
    data: str | None = None
    url: str | None = None


Keyboard = tuple[tuple[Key, ...], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One message: its HTML, and its keyboard, a row a tuple."""

    html: str
    keyboard: Keyboard = ()


def shown(reply: Reply, *, link: Link | None = None, delete: str | None = None) -> tuple[Shown, ...]:
    """
    Render a reply.

    Args:
        reply: any that has been drawn (not `MyData`, `Export`, `LinkCode` or `Home`).
        link: where others read along: every button then opens the private chat instead.
        delete: data of a button that deletes the question, for one that seems to name a person.

    Returns:
        One message or more, within Telegram's limits; the keyboard stands under the last.
    """
    page = _Page()
    _write(page, reply)
    return _with_keyboard(list(_messages(page.pieces)), page, reply, link, delete)


def plainly(reply: Reply, *, link: Link | None = None, delete: str | None = None) -> tuple[Shown, ...]:
    """Render a reply without HTML, should Telegram refuse it with: what is seen, and the same keyboard."""
    page = _Page()
    _write(page, reply)
    text = "".join(piece.between + piece.seen for piece in page.pieces).strip() or NOTHING
    return _with_keyboard(list(split_text(text, TEXT_MAX // 2)), page, reply, link, delete)


def _with_keyboard(
    texts: Sequence[str], page: _Page, reply: Reply, link: Link | None, delete: str | None
) -> tuple[Shown, ...]:
    rows = tuple(page.rows)
    if link is not None:
        rows = _linked(rows, link)
    elif delete is not None and isinstance(reply, Answer | Line) and reply.named:
        rows = ((Key(DELETE_LABEL, delete),), *rows)
    rows = rows[:BUTTONS_MAX]
    texts = [text for text in texts if text.strip()] or [NOTHING]  # Telegram takes no blank message
    return (*(Shown(text) for text in texts[:-1]), Shown(texts[-1], rows))


DELETE_LABEL = "Delete my message"


def units(text: str) -> int:
    """Count a text as Telegram does: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def captioned(chart: Chart) -> tuple[str, bool]:
    """Give the words under a picture, as plain text, and whether they are all of them."""
    if units(chart.text) <= CAPTION_MAX:
        return chart.text, True
    return cut(chart.text, CAPTION_MAX // 2), False  # a character takes two units at most


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph or a line: its HTML, the text one sees, and what parts it from the piece before."""

    html: str
    seen: str
    between: str = "\n\n"


@dataclass(slots=True)
class _Page:
    """A message in the making."""

    pieces: list[_Piece] = field(default_factory=list)
    rows: list[tuple[Key, ...]] = field(default_factory=list)

    def say(self, text: str, *, bold: bool = False, between: str = "\n\n") -> None:
        """Add a paragraph of plain text."""
        for number, part in enumerate(_fitting(text)):
            made = html.escape(part, quote=False)
            self.pieces.append(
                _Piece(f"<b>{made}</b>" if bold and part.strip() else made, part, "" if number else between)
            )

    def lines(self, texts: Sequence[str]) -> None:
        """Add lines, closely set, after a blank one."""
        for number, text in enumerate(texts):
            self.say(text, between="\n" if number else "\n\n")

    def lettered(self, letter: str, text: str, *, first: bool) -> None:
        """Add an answer with its letter in bold."""
        mark, between = f"{letter.upper()}. ", "\n\n" if first else "\n"
        for number, part in enumerate(_fitting(mark + text)):
            made = html.escape(part, quote=False)
            if number == 0 and part.startswith(mark):
                made = f"<b>{mark.strip()}</b> {html.escape(part[len(mark) :], quote=False)}"
            self.pieces.append(_Piece(made, part, "" if number else between))

    def sources(self, sources: Sequence[Source], after: str = "") -> None:
        """Add where a rule stands, each citation with its link."""
        if not sources:
            return
        cites = "; ".join(map(_cite, sources))
        seen = f"Where it stands: {'; '.join(source.cite for source in sources)}{after}"
        if units(seen) > TEXT_MAX or cites.count("</") > ENTITIES_MAX:
            self.say(seen)
        else:
            self.pieces.append(_Piece(f"Where it stands: {cites}{html.escape(after, quote=False)}", seen))

    def press(self, buttons: Sequence[Button]) -> None:
        """Add buttons, one a row: they read best so on a phone."""
        for button in buttons:
            if len(button.label) > LABEL_MAX:
                self.say(f"[{button.label}]")
            self.rows.append((Key(cut(button.label, LABEL_MAX), button.data),))


def _write(page: _Page, reply: Reply) -> None:
    match reply:
        case Line(text=text, buttons=buttons):
            _paragraphs(page, text)
            page.press(buttons)
        case Prompt() | Redrawn():
            _write_prompt(page, reply.prompt if isinstance(reply, Redrawn) else reply)
        case Feedback(verdict, text, notes, sources):
            page.say(verdict, bold=True)
            _paragraphs(page, text)
            page.lines([f"\N{BULLET} {note}" for note in notes])
            page.sources(sources)
        case Debrief():
            _write_debrief(page, reply)
        case Answer():
            _write_answer(page, reply)
        case Document(text=text):
            _paragraphs(page, text)
        case HomePage(hello=hello, going=going, ways=ways):
            _paragraphs(page, hello)
            page.say(going, bold=True)
            page.press(ways)
        case Chart(title=title):
            page.say(title, bold=True)
            _paragraphs(page, chart_words(reply))
        case MyData() | Export() | LinkCode() | Home() | TeamWeek() | TeamChart() | TeamTable():
            raise ValueError(f"{type(reply).__name__} is shown only after the sender has drawn it")
        case _:
            assert_never(reply)


def _write_prompt(page: _Page, prompt: Prompt) -> None:
    page.say(f"{prompt.title}, {prompt.place}", bold=True)
    _paragraphs(page, prompt.text)
    page.say(prompt.ask)
    is_open = bool(prompt.buttons)
    on_buttons = is_open and all(len(letter.text) <= SHORT for letter in prompt.letters)
    if not on_buttons:
        for number, letter in enumerate(prompt.letters):
            page.lettered(letter.letter, _answer_text(prompt, letter), first=number == 0)
    if is_open:
        page.rows += _letter_rows(prompt, whole=on_buttons)
        if prompt.done is not None and prompt.several:
            page.press([prompt.done])
    page.press(prompt.buttons)


def _answer_text(prompt: Prompt, letter: Letter) -> str:
    if letter.letter in prompt.chosen:
        return f"{letter.text} (your answer)"
    return f"{letter.text} (ticked)" if letter.on else letter.text


def _letter_rows(prompt: Prompt, *, whole: bool) -> Iterator[tuple[Key, ...]]:
    """Give the answers' buttons: each with its text in a row of its own, or their letters side by side."""
    keys = []
    for letter in prompt.letters:
        tick = "\N{CHECK MARK} " if letter.on else ""
        name = letter.letter.upper()
        keys.append(Key(f"{tick}{name}. {letter.text}" if whole else f"{tick}{name}", letter.data))
    width = 1 if whole else ROW
    for start in range(0, len(keys), width):
        yield tuple(keys[start : start + width])


def _write_debrief(page: _Page, debrief: Debrief) -> None:
    page.say(debrief.title, bold=True)
    _paragraphs(page, debrief.text)
    page.say(debrief.summary, bold=True)
    for number, decided in enumerate(debrief.decisions, 1):
        page.say(f"{number}. {'; '.join(decided.chose)}")
        page.say(decided.verdict, bold=True, between="\n")
        cites = "; ".join(source.cite for source in decided.sources)
        page.say(f"{decided.rule} ({cites})" if cites else decided.rule, between="\n")
    page.press(debrief.buttons)


def _write_answer(page: _Page, answer: Answer) -> None:
    for line in answer.lead:
        page.say(line)
    _write_quote(page, answer.quote)
    page.say(answer.note)
    for question in answer.questions:
        page.say("What it depends on:", bold=True)
        page.say(question.ask, between="\n")
        page.press(question.options)
    page.press(answer.buttons)


def _write_quote(page: _Page, quote: Quote) -> None:
    page.say(f"{quote.law}: {quote.title}", bold=True)
    _paragraphs(page, quote.says)
    page.lines([f"\N{BULLET} {condition}" for condition in quote.conditions])
    page.say(quote.myth)
    page.say(quote.unchecked)
    page.sources(quote.sources, f" (checked {quote.checked})")


def _paragraphs(page: _Page, text: str) -> None:
    for paragraph in text.split("\n\n"):
        page.say(paragraph)


def _cite(source: Source) -> str:
    cite = html.escape(source.cite, quote=False)
    return f'<a href="{html.escape(source.url)}">{cite}</a>' if source.url else cite


def _fitting(text: str) -> Iterator[str]:
    """Cut a text into pieces of a message at most; a character takes two units at most."""
    if text.strip():
        yield from split_text(text, TEXT_MAX // 2) if units(text) > TEXT_MAX else (text,)


def _messages(pieces: Sequence[_Piece]) -> Iterator[str]:
    """Gather pieces in as few messages as hold them."""
    made, size, entities = "", 0, 0
    for piece in pieces:
        weight, marks = units(piece.between + piece.seen), piece.html.count("</")
        if made and (size + weight > TEXT_MAX or entities + marks > ENTITIES_MAX):
            yield made
            made, size, entities = "", 0, 0
        made += (piece.between if made else "") + piece.html
        size += weight
        entities += marks
    yield made or NOTHING


NOTHING = "Mayshare"  # said where there is nothing else to say


def _linked(rows: Sequence[tuple[Key, ...]], link: Link) -> Keyboard:
    """Let each button open the private chat; one that only counts something has nothing to open."""
    shown = (tuple(key for key in row if not (key.data or "").startswith("no:")) for row in rows)
    return tuple(tuple(Key(key.label, url=link(key.data or "")) for key in row) for row in shown if row)
