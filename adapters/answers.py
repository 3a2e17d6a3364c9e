"""Questions and laws on the command line, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from adapters.text import plain
from bot.buttons import event_from_button
from bot.engine import NO_TEAM, new_session, texts
from bot.engine.pages import browse
from bot.engine.quotes import answer_question, in_danger, show_provision
from bot.events import (
    Asked,
    Looked,
    Opened,
)
from bot.hearing import Hearing
from bot.laws.citations import official_url
from bot.laws.finding import Match
from bot.model import HEADINGS, Law, Library, Provision
from bot.replies import (
    Answer,
    Button,
    Line,
    Reply,
)

BEST = 5  # provisions given at most


class Answers:
    """
    Answers questions.

    Args:
        library: with the laws.
        role: whose agency the asker works for, if they said so.
        state: the two letters of theirs, if they said so.
    """

    def __init__(self, library: Library, role: str | None = None, state: str | None = None) -> None:
        self._library = library
        self._hearing = Hearing(library)
        self._role = role
        self._session = msgspec.structs.replace(new_session("ask"), role=role, state=state)

    def as_text(self, question: str) -> str:
        """Answer as the chat does."""
        heard = self._hearing.event(self._library, self._session, Asked(question))
        assert isinstance(heard, Asked)
        turn = answer_question(self._library, self._session, heard, NO_TEAM)
        return "\n\n".join(map(_on_paper, turn.replies))

    def as_json(self, question: str) -> str:
        """
        Answer as one JSON object.

        Returns:
            `outcome`: "answer", "facts" (it hangs on the facts in `asks`) or "unknown";
            `provisions`, best first, BEST at most; `asks`; and `danger` with what to do first,
            where the question speaks of harm that cannot wait.
        """
        matches = self._hearing.found(question, self._role)
        heard = self._hearing.event(self._library, self._session, Asked(question))
        assert isinstance(heard, Asked)
        danger = next((one for one in self._library.dangers if one.id == heard.danger), None)
        if danger is not None:
            score = {match.id: match.score for match in matches}
            found = [self._library.provisions[match.id] for match in matches]
            first = in_danger(self._library, danger, found)[:BEST]
            matches = tuple(Match(one.id, score.get(one.id, 0.0)) for one in first)
        best = self._library.provisions[matches[0].id] if matches else None
        outcome = "unknown" if best is None else "facts" if best.turns_on else "answer"
        answer: dict[str, Any] = {
            "outcome": outcome,
            "provisions": [self._provision(match) for match in matches],
            "asks": msgspec.to_builtins(best.turns_on) if best else [],
        }
        if danger is not None:
            answer["danger"] = {"kind": danger.id, "act": danger.act}
        return msgspec.json.encode(answer).decode()

    def _provision(self, match: Match) -> dict[str, Any]:
        provision = self._library.provisions[match.id]
        return {
            "id": provision.id,
            "law": self._library.laws[provision.id.split(".")[0]].short,
            "title": provision.title,
            "cites": list(provision.cites),
            "score": match.score,
        }


class Shelf:
    """The laws, to browse."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def as_text(self, name: str | None, heading: str | None) -> str | None:
        """Show what a name and a heading lead to, as the chat does; None where they lead nowhere."""
        session = new_session("laws")
        if name in self._library.provisions and heading is None:
            return _on_paper(show_provision(self._library, session, Looked(name or ""), NO_TEAM)[0])
        laws = self._laws(name, heading)
        if laws is None:
            return None
        if name is None:
            return "\n".join((texts.ALL_LAWS, *(f"{law.id}: {law.name} ({law.short})" for law in laws)))
        if heading is None:
            return _on_paper(browse(self._library, session, name))
        shown = [_line(one) for one in laws[0].provisions if one.heading == heading]
        title = next(title for id, title in HEADINGS.items() if id == heading)
        return "\n".join((f"{laws[0].short}: {title}", *shown))

    def as_json(self, name: str | None, heading: str | None) -> str | None:
        """Give what a name and a heading lead to as JSON; None where they lead nowhere."""
        if name in self._library.provisions and heading is None:
            value: Any = _with_links(self._library.provisions[name or ""])
        else:
            laws = self._laws(name, heading)
            if laws is None:
                return None
            value = [
                {
                    **msgspec.to_builtins(law),
                    "provisions": [
                        _with_links(one) for one in law.provisions if heading in (None, one.heading)
                    ],
                }
                for law in laws
            ]
            value = value[0] if name else value
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()

    def _laws(self, name: str | None, heading: str | None) -> list[Law] | None:
        if heading is not None and heading not in HEADINGS:
            return None
        if name is None:
            return list(self._library.laws.values())
        law = self._library.laws.get(name)
        return [law] if law is not None else None

    def known(self, name: str | None) -> str:
        """Say which names there are."""
        if name in self._library.laws:
            return f"The headings are: {', '.join(HEADINGS)}."
        return f"The laws are: {', '.join(self._library.laws)}."


def _on_paper(reply: Reply) -> str:
    """Write a reply where nothing can be pressed: a button becomes the command that leads to the same."""
    asks: list[str] = []
    match reply:
        case Answer(questions=questions, buttons=buttons):
            for one in questions:
                asks.append("\n".join((f"What it depends on: {one.ask}", *_commands(one.options))))
            bare = plain(msgspec.structs.replace(reply, questions=(), buttons=()))
        case Line(buttons=buttons):
            bare = plain(msgspec.structs.replace(reply, buttons=()))
        case _:
            return plain(reply)
    return "\n\n".join(filter(None, (bare, *asks, "\n".join(_commands(buttons)))))


def _commands(buttons: tuple[Button, ...]) -> Iterator[str]:
    for button in buttons:
        match event_from_button(button.data):
            case Looked(provision):
                yield f"- {button.label}: mayshare laws {provision}"
            case Opened("laws", str(place)):
                yield f"- {button.label}: mayshare laws {place.replace('.', ' ')}"
            case _:
                pass  # the menu and the stories are in the chat


def _line(provision: Provision) -> str:
    return f"{provision.id}: {provision.title} ({provision.cites[0]})"


def _with_links(provision: Provision) -> dict[str, Any]:
    links = {cite: official_url(cite) for cite in provision.cites}
    return {**msgspec.to_builtins(provision), "links": links}
