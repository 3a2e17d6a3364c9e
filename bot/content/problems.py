"""Every kind of mistake a content file can have: its code, and how it is mended.

A code never changes its meaning: authors look it up, and its broken example stands in
`tests/problems/<code>/`.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.model import Problem

MENDS: Mapping[str, str] = {
    # the file as such
    "not-utf8": "Save the file as UTF-8; most editors call it that in their 'Save as' or 'Encoding' menu.",
    "too-large": "Split it: one scenario or one law a file.",
    "wrong-extension": "Rename the file so that it ends in .yaml.",
    "yaml-unreadable": "Look at this line and the one before it: a missing quote, colon or space, "
    "or a tab where spaces belong.",
    "yaml-alias": "Write the text out where it is needed: '&name', '*name' and '<<' are not read here.",
    "yaml-repeated-key": "Keep one of the two; the other would be lost without a word.",
    "empty-file": "Write its content, or remove the file.",
    "unreadable-file": "Make the file readable, or remove it.",
    "missing-file": "Put the file back; Mayshare ships one.",
    "no-content": "Point MAYSHARE_CONTENT at a folder that holds scenarios/ and laws/, or leave it unset.",
    # the shape of what is in it
    "wrong-type": "Write it as the message says.",
    "unknown-key": "Correct the spelling, or remove the line.",
    "missing-key": "Add the line.",
    "not-in-list": "Use one of the words the message names.",
    "bad-id": "Use small letters, digits and hyphens, a letter first, 20 characters at most between dots.",
    # names that must fit together
    "duplicate-id": "Give one of the two another id. An id is never used again for something else.",
    "dangling-goto": "Correct the name, or write the step.",
    "unreachable-step": "Lead a goto to it, or remove it.",
    "unknown-provision": "Correct the id, or write the provision in laws/.",
    "unknown-variable": "Declare it under variables, or correct the name.",
    "unknown-role": "Use a role of laws/facets.yaml.",
    "unknown-facet": "Use a facet and a value of laws/facets.yaml, or add it there.",
    "wrong-value": "Give a value that the variable can have.",
    # law
    "not-a-citation": "Write a pinpoint like '34 CFR 99.31(a)(10)' or '20 USC 1232g(b)(1)'.",
    "no-citation": "Name where the rule stands, under cites.",
    "bad-table": "Write it as comma-separated values, a row a line, with the columns of the first line.",
    "review-outdated": "Have it read against its source again; add a row with the new letters under words.",
    "bad-phrase": "Write small words with spaces between; 'a|b' offers others, 'word*' ends openly.",
    # the story as a lesson
    "too-few-choices": "Offer two answers or more; for a moment without a question use say and goto.",
    "too-many-choices": "Offer fewer answers; a phone shows ten at most.",
    "no-good-choice": "Make one choice lawful: true and helps: true.",
    "empty-text": "Write what the learner reads.",
    "missing-feedback": "Say what the rule is and what would have helped.",
    "missing-slip": "Add slip: over, under, wrong-basis or too-late.",
    "missing-outcome": "Write the outcome under outcomes; learners can reach it.",
    "no-ending": "Write a step with ending: and title:.",
    "one-way-condition": "Write when and otherwise together: otherwise is the step to show if not.",
    "otherwise-circle": "Let one of these steps have no when.",
    # the story played through, every choice over every value of its variables
    "no-way-out": "Lead a goto from there to an ending.",
    "never-reached": "Change what leads there, or remove it.",
    "never-true": "Change the condition, or what sets its variables; or remove it.",
    "one-choice-seen": "Let another choice be seen there, without a condition or with another.",
    "too-many-positions": "Use fewer variables, or numbers with fewer values; or make two stories of it.",
    # what platforms can show
    "text-too-long": "Shorten it, or spread it over two steps.",
    "pick-too-large": "Offer ten items at most, or make two picks of it.",
}


def problem(code: str, file: str, line: int, message: str) -> Problem:
    """Make a problem of a known code; the mend comes with the code."""
    return Problem(file=file, line=line, code=code, message=message, mend=MENDS[code])


class ContentError(Exception):
    """A content folder has problems. `problems` are all of them, in the order of files and lines."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join((f"The content has {count}:", *map(str, problems))))
