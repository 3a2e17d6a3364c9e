"""Transcripts: conversations as plain text, which a lawyer can read, correct and write.

    # What this conversation shows.
    you: play michael-1
    bot: The empty chair, step 1 of about 12
         ...
    you: b
    bot: Lawful, and it helps.
         ...

A line that begins with `#` is a comment. `you: [Go on]` presses the button of that name. Line
breaks and spaces do not matter; `...` alone on a line stands for any words, also over several messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from adapters.text import plain
from bot.buttons import event_from_button
from bot.engine import advance, new_session, texts
from bot.events import (
    Event,
    Typed,
)
from bot.hearing import Hearing
from bot.model import Library, Result, Session
from bot.records import export_of, kept_in_words
from bot.replies import (
    Button,
    Document,
    Export,
    Feedback,
    Line,
    LinkCode,
    MyData,
    Redrawn,
    Reply,
    Toast,
    pressable,
)
from bot.store import Kept

BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # when every transcript begins; a minute a turn
SEED = "paper"  # of every transcript's session


@dataclass(frozen=True, slots=True)
class Exchange:
    """One `you:` line and what the tutor should say to it. `line` is where it stands in the file."""

    line: int
    you: str
    bot: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A transcript that does not hold: where, and how what was said differs."""

    path: Path
    line: int
    between: str
    said: str

    def __str__(self) -> str:
        """Format it for whoever wrote the transcript."""
        return f"{self.path}:{self.line}: {self.said}\n(session {self.between})"


def read_transcript(text: str) -> Iterator[Exchange]:
    """
    Read a transcript's exchanges.

    Raises:
        ValueError: a line stands where none can, with its number and the mend.
    """
    line, you = 0, None
    said: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        if raw.startswith("#"):
            continue
        if raw.startswith("you:"):
            if you is not None:
                yield Exchange(line, you, "\n".join(said))
            line, you, said = number, raw.removeprefix("you:").strip(), []
        elif you is None and raw.strip():
            raise ValueError(f"line {number}: a transcript begins with a 'you:' line")
        elif raw.strip() and not raw.startswith(("bot:", " ")):
            raise ValueError(f"line {number}: begin with 'you:', 'bot:', '#', or spaces to go on")
        else:
            said.append(raw.rstrip())
    if you is None:
        raise ValueError("line 1: there is no 'you:' line in this transcript")
    yield Exchange(line, you, "\n".join(said))


def kept(session: Session) -> Session:
    """Leave a session in memory between two turns."""
    return session


def saved_and_reloaded(session: Session) -> Session:
    """Send a session to bytes and back between two turns, as a store does."""
    return msgspec.json.decode(msgspec.json.encode(session), type=Session)


BETWEEN: dict[str, Callable[[Session], Session]] = {
    "kept in memory": kept,
    "saved and reloaded after every turn": saved_and_reloaded,
}


class Conversation:
    """A learner talking to the engine alone: no store, no platform."""

    def __init__(self, library: Library, between: Callable[[Session], Session] = kept) -> None:
        self._library = library
        self._hearing = Hearing(library)
        self._between = between
        self._buttons: tuple[Button, ...] = ()
        self._turns = 0
        self.session = new_session(SEED)
        self.results: tuple[Result, ...] = ()

    def say(self, text: str) -> list[str]:
        """Type something, or press a button (`[Go on]`); give the messages said to it."""
        return self.do(self.event(text))

    def do(self, event: Event | Typed) -> list[str]:
        """Do something; give the messages said to it."""
        now = BEGIN + timedelta(minutes=self._turns)
        self._turns += 1
        heard = self._hearing.event(self._library, self.session, event)
        turn = advance(self._library, self.session, heard, now)
        self.results = () if turn.session is None else (*self.results, *turn.results)
        self.session = self._between(turn.session or new_session(SEED))
        receipt = [turn.receipt.text] if isinstance(turn.receipt, Toast) and not turn.replies else []
        return [*self._shown(turn.replies), *receipt]

    def event(self, text: str) -> Event | Typed:
        """Read a line: words, or a button that is there to press."""
        if not (text.startswith("[") and text.endswith("]")):
            return Typed(text)
        label = text[1:-1]
        for button in self._buttons:
            event = event_from_button(button.data)
            if button.label == label and event is not None:
                return event
        there = ", ".join(f"[{button.label}]" for button in self._buttons) or "none"
        raise ValueError(f"there is no button {text} to press here; there are: {there}")

    def _shown(self, replies: Sequence[Reply]) -> list[str]:
        messages = []
        for reply in replies:
            if isinstance(reply, Redrawn) and not reply.prompt.buttons:
                continue  # the tidying of a message that was answered
            drawn = self._drawn(reply)
            if not isinstance(drawn, Feedback | Document):
                self._buttons = pressable(drawn)
            messages.append(plain(drawn))
        return messages

    def _drawn(self, reply: Reply) -> Reply:
        record = Kept(session=self.session, results=self.results, waiting=0, messages=())
        match reply:
            case MyData(buttons=buttons):
                return Line(text=kept_in_words(record), buttons=buttons)
            case LinkCode():
                return Line(text=texts.LINK_ALONE)
            case Export():
                return Document(name="export.json", body=export_of("t", "l", record), text="(a file)")
            case _:
                return reply


def replay(path: Path, library: Library) -> Mismatch | None:
    """
    Play a transcript, once in memory and once saved and reloaded after every turn.

    Returns:
        The first place where the tutor says something else; None when all is as written.
    """
    text = path.read_text(encoding="utf-8")
    for name, between in BETWEEN.items():
        conversation = Conversation(library, between)
        try:
            for exchange in read_transcript(text):
                try:
                    messages = conversation.say(exchange.you)
                except ValueError as error:
                    return Mismatch(path, exchange.line, name, str(error))
                if not says(exchange.bot, messages):
                    return Mismatch(path, exchange.line, name, _difference(exchange.bot, messages))
        except ValueError as error:
            number = re.match(r"line (\d+): ", str(error))
            return Mismatch(path, int(number[1]) if number else 1, name, str(error))
    return None


_ELLIPSIS = re.compile(r"^(?:bot:)?[ \t]*\.\.\.[ \t]*$", re.MULTILINE)


def says(expected: str, messages: Sequence[str]) -> bool:
    """Say whether messages are what a transcript expects, line breaks and spaces aside."""
    parts = _ELLIPSIS.split(expected)
    pattern = r"\s.*".join(r"\s+".join(map(re.escape, ["", *part.split()])) for part in parts)
    return re.fullmatch(rf"{pattern}\s*", "".join(f"\nbot: {one}" for one in messages), re.DOTALL) is not None


def _difference(expected: str, messages: Sequence[str]) -> str:
    """Name the first words that are not said as written, and what is said in their place."""
    said = " ".join("".join(f" bot: {one}" for one in messages).split()).split(" ")
    place = 0
    for part in _ELLIPSIS.split(expected):
        wanted = part.split()
        start, met = _closest(wanted, said, place)
        if met < len(wanted):
            before = " ".join(said[max(0, start + met - 6) : start + met])
            return "\n".join(
                (
                    "the tutor says something else.",
                    f"  after:    {before or '(the beginning)'}",
                    f"  written:  {_some(wanted[met:])}",
                    f"  said:     {_some(said[start + met :]) or '(nothing more)'}",
                )
            )
        place = start + met
    return "\n".join(("the tutor says more than is written.", f"  said too: {_some(said[place:])}"))


def _closest(wanted: Sequence[str], said: Sequence[str], place: int) -> tuple[int, int]:
    """Find where the most of some wanted words, from their first, are said; give the place and how many."""
    best = (place, 0)
    for start in range(place, len(said)):
        met = 0
        while met < len(wanted) and start + met < len(said) and said[start + met] == wanted[met]:
            met += 1
        if met > best[1]:
            best = (start, met)
    return best


def _some(words: Sequence[str]) -> str:
    return " ".join(words[:24]) + (" ..." if len(words) > 24 else "")
