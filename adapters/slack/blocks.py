"""
Replies as Slack messages: blocks to read and press, and the same in plain text.

Slack's limits are held here, with one answer to each overflow: a long text goes on in the next
section, a long message in the next message, a long list of buttons in the next row; a label
that is too long is cut at a word, and stands whole in the text. Nothing else is cut.

Source of the limits: https://docs.slack.dev/reference/block-kit/blocks and the pages under it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

import msgspec

from adapters.text import Block as Paragraph
from adapters.text import blocks_of, chart_words, cut, split_text
from bot.buttons import data_for
from bot.engine import texts
from bot.events import (
    PostedForAll,
)
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

Block = dict[str, Any]  # as Block Kit has it

SECTION_MAX = 3000  # characters of a section's text
BLOCKS_MAX = 49  # blocks of a message; Slack takes 50, and one is left free for a line before them
VIEW_BLOCKS_MAX = 100  # blocks of a page
TEXT_MAX = 40_000  # characters of a message's plain text
MESSAGE_MAX = 10_000  # bytes of a message's blocks as JSON; Slack refused about 13,000 characters
NAME = "Mayshare"  # said where there is nothing else to say
ROOM = 20  # characters that a letter, a number or two stars take beside a piece of text
WIDEST = 5  # characters that one can take when it is escaped
TITLE_MAX = 200  # characters of a story's title over a step
ALT_MAX = 2000  # characters of what a picture shows, in words
LABEL_MAX = 75  # characters on a button or beside a checkbox
INPUT_LABEL_MAX = 2000  # characters over a group of checkboxes
ROW_MAX = 25  # buttons in one block of actions
SHORT = 30  # characters of a choice that a phone shows on a button; longer ones stand in the text


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message: what is shown, and the same as plain text for notifications and screen readers."""

    text: str
    blocks: list[Block]


def rendered(reply: Reply, *, whisper: bool = False, reader: str | None = None) -> tuple[Rendered, ...]:
    """
    Render a reply.

    Args:
        reply: any that has been drawn (not `MyData`, `Export`, `LinkCode` or `Home`).
        whisper: only the person who asked sees it, in a channel: an answer can then be posted for all.
        reader: the id of the person it is for, where others read along; their buttons carry it.

    Returns:
        One message or more, within Slack's limits; what can be pressed stands on the last.
    """
    page = _Page(reader)
    if reader is not None:
        page.small([f"<@{reader}>"])
    _write(page, reply, whisper=whisper)
    parts = list(_messages(page.done()))
    said = _shared_out(spoken_text(reply), len(parts))
    return tuple(Rendered(_kept_short(text), blocks) for text, blocks in zip(said, parts, strict=True))


def _shared_out(text: str, count: int) -> list[str]:
    """Cut a text into as many parts as there are messages."""
    pieces = split_text(text, max(1, -(-len(text) // count)))
    parts = [*pieces[: count - 1], "".join(pieces[count - 1 :]), *[""] * (count - len(pieces))]
    return [part if part.strip() else NAME for part in parts[:count]]


def _kept_short(text: str) -> str:
    """Escape a message's plain text; cut one that Slack would refuse: the blocks hold all of it."""
    whole = escaped(text)
    return whole if len(whole) <= TEXT_MAX else escaped(cut(text, TEXT_MAX // WIDEST))


def spoken_text(reply: Reply) -> str:
    """Give a reply as plain text, each button as [its label]."""
    lines: list[str] = []
    before: Paragraph | None = None
    for block in blocks_of(reply):
        if before is not None and (not block.mark or before.part != block.part):
            lines.append("")
        said = f"[{block.text}]" if block.part == "button" else f"{block.mark} {block.text}".strip()
        lines.append(said)
        before = block
    return "\n".join(lines)


def home_view(page: HomePage) -> Block:
    """Render the learner's page as a Home tab: a story a line, each with its button."""
    head = _Page(None)
    head.say(*paragraphs(page.hello), *bold(page.drill))
    if page.drill_ways:
        head.add(_actions(page.drill_ways, "drill", [None] * len(page.drill_ways)))
    head.say(*paragraphs(page.progress), *bold(page.going))
    head.add(_actions(page.ways, "ways", [None] * len(page.ways)))
    blocks = [*head.done(), *_week(page)]
    tail: list[Block] = []
    if page.team and page.change:
        foot = _Page(None)
        foot.add({"type": "divider"})
        foot.say(*paragraphs(page.team))
        tail = [*foot.done(), _actions([page.change], "team", [None])]
    room = VIEW_BLOCKS_MAX - len(blocks) - len(tail)
    for number, shelf in enumerate(page.stories[:room]):
        text = f"*{marked(cut(shelf.title, TITLE_MAX))}*\n{marked(cut(shelf.about, TITLE_MAX))}"
        button = _button(shelf.button, f"story:{number}")
        blocks.append({"type": "section", "text": _mrkdwn(text), "accessory": button})
    return {"type": "home", "blocks": [*blocks, *tail]}


def _week(page: HomePage) -> list[Block]:
    """Show how the team did, to those who may order drills: in words, and as the picture they were sent."""
    if not page.week:
        return []
    part = _Page(None)
    part.add({"type": "divider"})
    part.say(*bold(texts.HOME_WEEK), *paragraphs(page.week))
    if page.picture:
        said = cut(page.pictured, ALT_MAX)
        part.add({"type": "image", "slack_file": {"id": page.picture}, "alt_text": said})
    return [*part.done(), _actions(page.week_ways, "week", [None] * len(page.week_ways)), {"type": "divider"}]


def cleared_home() -> Block:
    """Render the Home tab of someone about whom nothing is kept any more."""
    page = _Page(None)
    page.say(*paragraphs(texts.ERASED))
    return {"type": "home", "blocks": page.done()}


# --- one reply after another -----------------------------------------------------------------


@dataclass(slots=True)
class _Page:
    """Blocks in the making: paragraphs gather in a section until something else comes."""

    reader: str | None
    blocks: list[Block] = field(default_factory=list)
    waiting: str = ""
    rows: int = 0

    def say(self, *said: str) -> None:
        """Add paragraphs of mrkdwn, each short enough for a section."""
        for one in said:
            self._join("\n\n", one)

    def lines(self, *said: str) -> None:
        """Add lines of mrkdwn, closely set, after a blank one."""
        for number, one in enumerate(said):
            self._join("\n" if number else "\n\n", one)

    def _join(self, between: str, one: str) -> None:
        joined = f"{self.waiting}{between}{one}" if self.waiting else one
        if len(joined) > SECTION_MAX:
            self._close()
            joined = one
        self.waiting = joined

    def _close(self) -> None:
        if self.waiting.strip():
            self.blocks.append({"type": "section", "text": _mrkdwn(self.waiting)})
        self.waiting = ""

    def small(self, said: Sequence[str]) -> None:
        """Add small print of mrkdwn, each part short enough for a block."""
        self._close()
        self.blocks += [{"type": "context", "elements": [_mrkdwn(one)]} for one in said if one.strip()]

    def add(self, block: Block) -> None:
        """Add a block after what was said."""
        self._close()
        self.blocks.append(block)

    def press(self, buttons: Sequence[Button], spoken: Sequence[str | None] | None = None) -> None:
        """Add buttons, in rows; `spoken` is what a screen reader says instead of a label."""
        spoken = spoken or [None] * len(buttons)
        for button in buttons:
            if len(button.label) > LABEL_MAX:
                self.say(*fitting(f"[{button.label}]"))
        for start in range(0, len(buttons), ROW_MAX):
            part = slice(start, start + ROW_MAX)
            self.add(_actions(buttons[part], f"{self.reader or ''}:{self.rows}", spoken[part]))
            self.rows += 1

    def done(self) -> list[Block]:
        """Give all blocks."""
        self._close()
        return self.blocks


def _write(page: _Page, reply: Reply, *, whisper: bool) -> None:
    match reply:
        case Line(text=text, buttons=buttons):
            page.say(*paragraphs(text))
            page.press(buttons)
        case Prompt() | Redrawn():
            _write_prompt(page, reply.prompt if isinstance(reply, Redrawn) else reply)
        case Feedback(verdict, text, notes, sources):
            page.say(*bold(verdict), *paragraphs(text))
            page.lines(*_bullets(notes))
            _write_sources(page, sources)
        case Debrief():
            _write_debrief(page, reply)
        case Answer():
            _write_answer(page, reply, whisper=whisper)
        case Document(text=text):
            page.say(*paragraphs(text))
        case Chart(title=title):
            page.say(*bold(title), *paragraphs(chart_words(reply)))
        case MyData() | Export() | LinkCode() | Home() | HomePage() | TeamWeek() | TeamChart() | TeamTable():
            raise ValueError(f"{type(reply).__name__} is no message: the sender draws it, or it is a page")
        case _:
            assert_never(reply)


def _write_prompt(page: _Page, prompt: Prompt) -> None:
    title, place = (marked(cut(one, TITLE_MAX)) for one in (prompt.title, prompt.place))
    page.small([f"*{title}*, {place}"])
    page.say(*paragraphs(prompt.text))
    is_open = bool(prompt.buttons)
    if not is_open:
        page.say(*paragraphs(prompt.ask))
        page.lines(*(line for letter in prompt.letters for line in _taken(letter, prompt.chosen)))
    elif prompt.several:
        _write_pick(page, prompt)
    elif prompt.letters:
        _write_choices(page, prompt.letters)
    page.press(prompt.buttons)


def _taken(letter: Letter, chosen: Sequence[str]) -> Iterator[str]:
    return _lettered(letter, " (your answer)" if letter.letter in chosen else "")


def _lettered(letter: Letter, mark: str = "") -> Iterator[str]:
    for number, part in enumerate(fitting(letter.text + mark)):
        yield part if number else f"*{letter.letter.upper()}.* {part}"


def _write_choices(page: _Page, letters: Sequence[Letter]) -> None:
    """Put short choices on their buttons; long ones in the text, each with a button of its letter."""
    if all(len(letter.text) <= SHORT for letter in letters):
        page.press([Button(label=f"{one.letter.upper()}. {one.text}", data=one.data) for one in letters])
        return
    page.lines(*(line for letter in letters for line in _lettered(letter)))
    page.press(
        [Button(label=one.letter.upper(), data=one.data) for one in letters],
        [cut(f"{one.letter.upper()}. {one.text}", LABEL_MAX) for one in letters],
    )


def _write_pick(page: _Page, prompt: Prompt) -> None:
    """Ask with checkboxes, read when the button below them is pressed."""
    label = prompt.ask or prompt.title
    if len(label) > INPUT_LABEL_MAX:
        page.say(*paragraphs(label))
        label = prompt.title
    fits = all(len(letter.text) + 3 <= LABEL_MAX for letter in prompt.letters)
    options = [_option(letter, lettered=fits) for letter in prompt.letters]
    ticked = [option for option, letter in zip(options, prompt.letters, strict=True) if letter.on]
    page.add(
        {
            "type": "input",
            "block_id": f"{page.reader or ''}:pick",
            "optional": True,  # none of them can be the right answer: then one types none
            "label": _plain(cut(label, INPUT_LABEL_MAX)),
            "element": {
                "type": "checkboxes",
                "action_id": PICK,
                "options": options,
                **({"initial_options": ticked} if ticked else {}),
            },
        }
    )
    if prompt.done is not None:
        page.press([prompt.done])


PICK = "pick"  # the action_id of a pick's checkboxes


def _option(letter: Letter, *, lettered: bool) -> Block:
    """Make a checkbox with its letter before its text, or below it where there is no room."""
    name = letter.letter.upper()
    if lettered:
        return {"text": _plain(f"{name}. {letter.text}"), "value": letter.data}
    return {"text": _plain(cut(letter.text, LABEL_MAX)), "value": letter.data, "description": _plain(name)}


def _write_debrief(page: _Page, debrief: Debrief) -> None:
    page.say(*bold(debrief.title), *paragraphs(debrief.text), *bold(debrief.summary))
    for number, decided in enumerate(debrief.decisions, 1):
        page.lines(
            *fitting(f"{number}. {'; '.join(decided.chose)}"),
            *bold(decided.verdict),
            *fitting(decided.rule),
            *_links(decided.sources),
        )
    page.press(debrief.buttons)


def _write_answer(page: _Page, answer: Answer, *, whisper: bool) -> None:
    page.say(*(part for line in answer.lead for part in fitting(line)))
    _write_quote(page, answer.quote)
    page.small(list(fitting(answer.note)))
    for question in answer.questions:
        page.lines(*bold("What it depends on:"), *fitting(question.ask))
        page.press(question.options)
    post = Button(label=texts.POST_FOR_ALL, data=data_for(PostedForAll(answer.provision)))
    page.press((*answer.buttons, post) if whisper and answer.provision else answer.buttons)


def _write_quote(page: _Page, quote: Quote) -> None:
    page.say(*bold(f"{quote.law}: {quote.title}"), *paragraphs(quote.says))
    page.lines(*_bullets(quote.conditions))
    page.say(*fitting(quote.myth))
    page.say(*fitting(quote.unchecked))
    page.small([*_links(quote.sources, "Where it stands: "), f"Checked {escaped(quote.checked)}."])


def _write_sources(page: _Page, sources: Sequence[Source]) -> None:
    page.small(list(_links(sources, "Where it stands: ")))


def _bullets(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield from fitting(f"\N{BULLET} {line}")


def _links(sources: Sequence[Source], lead: str = "") -> Iterator[str]:
    """Write citations with their links, in as few lines as hold them."""
    line = ""
    for source in sources:
        joined = f"{line}; {_link(source)}" if line else f"{lead}{_link(source)}"
        if line and len(joined) > SECTION_MAX:
            yield line
            joined = _link(source)
        line = joined
    if line:
        yield line


def _link(source: Source) -> str:
    return f"<{escaped(source.url)}|{escaped(source.cite)}>" if source.url else escaped(source.cite)


# --- pieces of Block Kit ---------------------------------------------------------------------


def escaped(text: str) -> str:
    """
    Write a text so that Slack shows it as it is.

    Source: https://docs.slack.dev/messaging/formatting-message-text (escaping text).
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_ADDRESS = re.compile(r"(https://[^\s<>]+)")
_MARK = re.compile(r"([*_~`])")


def marked(text: str) -> str:
    """Write a text for mrkdwn: escaped, and with no sign that would format a part; addresses stay whole."""
    pieces = _ADDRESS.split(text)  # every second one is an address
    return "".join(
        escaped(piece if number % 2 else _MARK.sub("\\1\N{ZERO WIDTH SPACE}", piece))
        for number, piece in enumerate(pieces)
    )


def paragraphs(text: str) -> list[str]:
    """Cut a text at its blank lines, for mrkdwn."""
    return [piece for part in text.split("\n\n") for piece in fitting(part)]


@functools.lru_cache(maxsize=4096)  # authors' texts, over and over: no reply holds what a learner typed
def fitting(text: str) -> tuple[str, ...]:
    """Write a text for mrkdwn in as many pieces as sections need; none for an empty one."""
    whole = marked(text)
    if len(whole) + ROOM <= SECTION_MAX:
        return (whole,) if whole.strip() else ()
    parts = split_text(text, SECTION_MAX // WIDEST - ROOM)
    return tuple(marked(part) for part in parts if part.strip())


def bold(text: str) -> Iterator[str]:
    """Write a text in bold."""
    return (f"*{part.strip()}*" for part in fitting(text))


def _actions(buttons: Sequence[Button], block_id: str, spoken: Sequence[str | None]) -> Block:
    elements = [
        _button(button, f"do:{number}", said)
        for number, (button, said) in enumerate(zip(buttons, spoken, strict=True))
    ]
    return {"type": "actions", "block_id": block_id, "elements": elements}


def _button(button: Button, action: str, spoken: str | None = None) -> Block:
    made: Block = {
        "type": "button",
        "action_id": action,
        "text": _plain(cut(button.label, LABEL_MAX)),
        "value": button.data,
    }
    if spoken:
        made["accessibility_label"] = spoken
    return made


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def _messages(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Spread blocks over as few messages as Slack takes them in."""
    part: list[Block] = []
    size = 0
    for group in _held_together(blocks):
        weight = len(msgspec.json.encode(group))  # its JSON, of which its characters are a part
        if part and (len(part) + len(group) > BLOCKS_MAX or size + weight > MESSAGE_MAX):
            yield part
            part, size = [], 0
        part += group
        size += weight
    yield part


def _held_together(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Give blocks one by one, but checkboxes with the button below: a press tells of its message alone."""
    waiting: list[Block] = []
    for block in blocks:
        waiting.append(block)
        if block["type"] != "input":
            yield waiting
            waiting = []
    if waiting:
        yield waiting
