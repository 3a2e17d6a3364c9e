"""Every kind of mistake a content file can have, and of advice: its code, what it means, how it is mended.

A code never changes its meaning: authors look it up, and its broken example stands in
`tests/problems/<code>/`. `docs/problems.md` is made of both (`make docs`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.model import Problem


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means, and how what it names is mended."""

    means: str
    mend: str


PROBLEMS: Mapping[str, Mapping[str, Code]] = {
    "The file as such": {
        "not-utf8": Code(
            "The file is not saved as UTF-8, the one way in which every editor and platform writes all "
            "letters.",
            "Save the file as UTF-8; most editors call it that in their 'Save as' or 'Encoding' menu.",
        ),
        "too-large": Code(
            "The file is larger than is read: 512 KiB.",
            "Split it: one scenario or one law a file.",
        ),
        "wrong-extension": Code(
            "A content file ends in .yml or in large letters; only .yaml is read, so it would be passed "
            "over.",
            "Rename the file so that it ends in .yaml.",
        ),
        "yaml-unreadable": Code(
            "The file is not YAML: a quote, colon or space is missing, or a character is not allowed.",
            "Look at this line and the one before it: a missing quote, colon or space, or a tab where "
            "spaces belong.",
        ),
        "yaml-alias": Code(
            "A text is written once and used again by an alias. Whoever reads the second place would "
            "have to look for the first.",
            "Write the text out where it is needed: '&name', '*name' and '<<' are not read here.",
        ),
        "yaml-repeated-key": Code(
            "The same key stands twice in one place. YAML would drop the first without a word.",
            "Keep one of the two; the other would be lost without a word.",
        ),
        "empty-file": Code(
            "There is nothing in the file, or only comments.",
            "Write its content, or remove the file.",
        ),
        "unreadable-file": Code(
            "The system does not let the file be read.",
            "Make the file readable, or remove it.",
        ),
        "missing-file": Code(
            "One of the lists that all content needs is not there: laws/facets.yaml, hotlines.yaml, "
            "danger.yaml or words.yaml.",
            "Put the file back; Mayshare ships one.",
        ),
        "no-content": Code(
            "The folder holds neither scenarios/ nor laws/. It is often another folder than was meant.",
            "Point MAYSHARE_CONTENT at a folder that holds scenarios/ and laws/, or leave it unset.",
        ),
    },
    "The shape of what is in it": {
        "wrong-type": Code(
            "A value is of another kind than belongs there. YAML reads a bare no as false, and a bare "
            "12.10 as a number: put such texts in quotes.",
            "Write it as the message says.",
        ),
        "unknown-key": Code(
            "A key is not one that this place knows; often it is misspelled.",
            "Correct the spelling, or remove the line.",
        ),
        "missing-key": Code(
            "Something that must be there is not.",
            "Add the line.",
        ),
        "not-in-list": Code(
            "A word is not one of the few that may stand there.",
            "Use one of the words the message names.",
        ),
        "bad-id": Code(
            "An id has other letters than buttons and saved sessions can carry, or too many.",
            "Use small letters, digits and hyphens, a letter first, 20 characters at most between dots.",
        ),
    },
    "Names that must fit together": {
        "duplicate-id": Code(
            "Two things have the same id, so a saved session could mean either.",
            "Give one of the two another id. An id is never used again for something else.",
        ),
        "dangling-goto": Code(
            "A goto, an otherwise or the start names a step that is not there.",
            "Correct the name, or write the step.",
        ),
        "unreachable-step": Code(
            "No way leads from the start to this step.",
            "Lead a goto to it, or remove it.",
        ),
        "unknown-provision": Code(
            "A rule, a citation or a see names a provision that no law has.",
            "Correct the id, or write the provision in laws/.",
        ),
        "unknown-variable": Code(
            "A condition or a change names a variable that the story does not declare.",
            "Declare it under variables, or correct the name.",
        ),
        "unknown-role": Code(
            "A scenario is for a role that is not in the list.",
            "Use a role of laws/facets.yaml.",
        ),
        "unknown-facet": Code(
            "A provision uses a facet, or a value of one, that is not in the list.",
            "Use a facet and a value of laws/facets.yaml, or add it there.",
        ),
        "wrong-value": Code(
            "A variable is given, or compared with, a value that it cannot have; or the minutes are "
            "none a story takes.",
            "Give a value that the variable can have.",
        ),
    },
    "Law": {
        "not-a-citation": Code(
            "What stands under cites does not say where in the law to look.",
            "Write a pinpoint like '34 CFR 99.31(a)(10)' or '20 USC 1232g(b)(1)'.",
        ),
        "no-citation": Code(
            "A law or a provision does not say where it stands. No statement of law goes without.",
            "Name where the rule stands, under cites.",
        ),
        "bad-table": Code(
            "laws/reviews.csv is no table, or a row has other columns than the first line.",
            "Write it as comma-separated values, a row a line, with the columns of the first line.",
        ),
        "bad-ranker": Code(
            "laws/ranker.json, which is learned from ways of asking, cannot be read.",
            "Make it anew (make ranker), or remove it: rules are then found by their own words alone.",
        ),
        "review-outdated": Code(
            "A provision's words were changed after somebody held them against their source.",
            "Have it read against its source again; add a row with the new letters under words.",
        ),
        "bad-phrase": Code(
            "A phrase that messages are searched for is not written as the search reads it.",
            "Write small words with spaces between; 'a|b' offers others, 'word*' ends openly.",
        ),
    },
    "The story as a lesson": {
        "too-few-choices": Code(
            "A decision or a pick offers less than two answers.",
            "Offer two answers or more; for a moment without a question use say and goto.",
        ),
        "too-many-choices": Code(
            "A decision offers more answers than a message can show.",
            "Offer fewer answers; a phone shows ten at most.",
        ),
        "no-good-choice": Code(
            "In a decision that is judged, no choice is both lawful and helpful: nobody could get it right.",
            "Make one choice lawful: true and helps: true.",
        ),
        "empty-text": Code(
            "A text that learners read is empty.",
            "Write what the learner reads.",
        ),
        "missing-feedback": Code(
            "A choice or an outcome that is judged says nothing about why.",
            "Say what the rule is and what would have helped.",
        ),
        "missing-slip": Code(
            "A choice that is not the best one does not say in which way it misses.",
            "Add slip: over, under, wrong-basis or too-late.",
        ),
        "variant-no-question": Code(
            "A variant of a decision asks nothing, or asks in two ways at once.",
            "Give it choices, or a pick with outcomes, as a step has them (without goto).",
        ),
        "variant-other-rule": Code(
            "A variant is decided by another rule than the step it varies, and names no changed fact. Who "
            "missed the rule would get a question about another.",
            "Name the step's rule in it; or, where a changed fact changes the answer, name that under turn.",
        ),
        "missing-outcome": Code(
            "A pick can come out in a way for which nothing is written.",
            "Write the outcome under outcomes; learners can reach it.",
        ),
        "no-ending": Code(
            "The story has no step that ends it.",
            "Write a step with ending: and title:.",
        ),
        "one-way-condition": Code(
            "A step has a when without an otherwise, or the other way round.",
            "Write when and otherwise together: otherwise is the step to show if not.",
        ),
        "kept-alone": Code(
            "A variable is kept for the later stories of a series, and the story is in none.",
            "Name the series under series, or take kept away.",
        ),
        "kept-differs": Code(
            "Two stories of a series keep a variable of one name and declare it differently.",
            "Write the same min and max, or the same kind, in both; or give one of them another name.",
        ),
        "otherwise-circle": Code(
            "The otherwise of some steps lead round: a learner for whom no when holds would never land.",
            "Let one of these steps have no when.",
        ),
    },
    "The story played through, every choice over every value of its variables": {
        "no-way-out": Code(
            "From a place that learners can reach, no ending can be reached. The message says what to "
            "choose to come there.",
            "Lead a goto from there to an ending.",
        ),
        "never-reached": Code(
            "With the values its variables can have, nobody ever sees this step.",
            "Change what leads there, or remove it.",
        ),
        "never-true": Code(
            "With the values its variables can have, this condition never holds.",
            "Change the condition, or what sets its variables; or remove it.",
        ),
        "one-choice-seen": Code(
            "At a decision that learners can reach, only one choice is shown, so there is nothing to decide.",
            "Let another choice be seen there, without a condition or with another.",
        ),
        "too-many-positions": Code(
            "The story has more combinations of steps and values than can be played through, so nothing "
            "could be proved of it.",
            "Use fewer variables, or numbers with fewer values; or make two stories of it.",
        ),
    },
    "What platforms can show": {
        "text-too-long": Code(
            "A text has more characters than a platform shows in its place.",
            "Shorten it, or spread it over two steps.",
        ),
        "pick-too-large": Code(
            "A pick has more items than Slack shows in one group.",
            "Offer ten items at most, or make two picks of it.",
        ),
    },
}

# What can be served as it is, and would teach better if it were written anew.
ADVICE: Mapping[str, Code] = {
    "reading-grade": Code(
        "A text of 40 words or more is harder to read than grade 9 of school; a provision, than grade "
        "12. The grade is that of Flesch and Kincaid: long sentences and long words raise it. Names, "
        "numbers and citations do not.",
        "Cut the longest sentence in two, or take shorter words.",
    ),
    "long-message": Code(
        "A step with its choices or items is longer than a phone shows at once: about 700 characters.",
        "Cut what the decision does not need, or move the beginning into a step of its own.",
    ),
    "best-is-longest": Code(
        "The best choice is longer than all others in more than 60 % of the decisions of a series, or "
        "of a scenario without one. Learners find the pattern before they find the law. Fewer than four "
        "decisions are no pattern.",
        "Shorten the best choices, or give the others the detail that a good, tired professional would.",
    ),
    "best-is-first": Code(
        "The best choice stands first in more than 60 % of the decisions of a series, or of a scenario "
        "without one.",
        "Move the best choice down in some of these decisions; ids and results stay as they are.",
    ),
    "only-wrong": Code(
        "Feedback says that an answer is right or wrong, and next to nothing else: fewer than eight "
        "words besides. Nobody learns from a verdict alone.",
        "Say what the rule is, why it is there, and what would have helped.",
    ),
    "variant-alike": Code(
        "A variant tells nearly what its step, or another variant, tells. Who played that knows the "
        "answer by heart, and not the rule.",
        "Change who asks, what is asked for and where; keep only the rule.",
    ),
    "step-outdated": Code(
        "A step names a provision that was checked anew after the scenario was last reviewed, so the "
        "two may no longer say the same.",
        "Read the step again beside the provision; then set reviewed: to today.",
    ),
}

MENDS: Mapping[str, str] = {
    code: about.mend for codes in (*PROBLEMS.values(), ADVICE) for code, about in codes.items()
}


def problem(code: str, file: str, line: int, message: str) -> Problem:
    """Make a problem, or a piece of advice, of a known code; the mend comes with the code."""
    return Problem(file=file, line=line, code=code, message=message, mend=MENDS[code], advice=code in ADVICE)


class ContentError(Exception):
    """A content folder has problems. `problems` are all of them, in the order of files and lines."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join((f"The content has {count}:", *map(str, problems))))
