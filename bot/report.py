"""Reports, from what is kept: for authors, where the content falls short."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.engine.quotes import UNANSWERED, WRONG
from bot.engine.texts import heading
from bot.model import HEADINGS, Library

NEAR_NOTHING = "near no rule at all"


def content_report(
    library: Library, counted: Sequence[tuple[str, str, int]], *, as_json: bool = False
) -> str:
    """
    Rank provisions by how often they were called a wrong answer, and topics by unanswered questions.

    Args:
        library: names the provisions and the topics.
        counted: kind, name and number, as the store gives them.
        as_json: one JSON object instead of text.
    """
    wrong = [(name, number) for kind, name, number in counted if kind == WRONG]
    unanswered = [(name, number) for kind, name, number in counted if kind == UNANSWERED]
    if as_json:
        ranked = {
            "wrong": [{"provision": name, "times": number} for name, number in wrong],
            "unanswered": [{"topic": name, "times": number} for name, number in unanswered],
        }
        return msgspec.json.format(msgspec.json.encode(ranked), indent=2).decode()
    lines = ["Called a wrong answer, by rule:"]
    lines += [f"{number:6}  {name}  {_title(library, name)}" for name, number in wrong] or ["        none"]
    lines += ["", "Unanswered, by what they came nearest to:"]
    lines += [f"{number:6}  {_topic(library, name)}" for name, number in unanswered] or ["        none"]
    return "\n".join(lines)


def _title(library: Library, id: str) -> str:
    provision = library.provisions.get(id)
    return provision.title if provision is not None else "(no longer here)"


def _topic(library: Library, name: str) -> str:
    id, _, chapter = name.partition(".")
    law = library.laws.get(id)
    if law is None:
        return f"{name} (no longer here)" if chapter else NEAR_NOTHING
    return next(
        (f"{law.short}: {heading(title)}" for key, title in HEADINGS.items() if key == chapter), law.short
    )
