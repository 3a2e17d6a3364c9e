"""What typed text means: a letter, a word of the tutor's list, or else a question.

Free text in the middle of a step is a question, never a guess at a choice.
"""

from __future__ import annotations

import re

from bot.engine.story import edition_of_run, visible_choices
from bot.engine.texts import STATES
from bot.events import (
    Asked,
    Chose,
    Continued,
    DrillsPaused,
    DrillsShown,
    EraseAsked,
    Erased,
    Event,
    Exported,
    Joined,
    Left,
    Linked,
    Looked,
    MissedLetter,
    Opened,
    Picked,
    Practised,
    Restarted,
    Resumed,
    Settled,
    Started,
    Typed,
    Unlinked,
    WentBack,
    ZoneSet,
)
from bot.model import ChoiceStep, Library, PickStep, SayStep, Session

_INNER = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)  # from the first letter or digit to the last
_LETTER = re.compile(r"[a-z]\Z")
PAUSE_WEEKS = 4  # how long drills are paused by the word alone
_GO_ON = frozenset({"go on", "next", "continue", "ok", "okay", "yes", "go", "on", ""})
_LETTERS_APART = re.compile(r"[\s,;.&+)(]+|\band\b")


def understand(library: Library, session: Session, typed: Typed) -> Event:
    """
    Read what a learner typed, given where they are.

    Returns:
        The event it amounts to. `Asked` comes back without what was found: finding is
        done by whoever holds the index.
    """
    plain = _plain(typed.text)
    return (
        _as_answer(library, session, plain)
        or _as_word(library, session, plain, typed.text)
        or Asked(typed.text)
    )


def _plain(text: str) -> str:
    """Drop case, outer punctuation and doubled spaces; '/play' and 'Play!' are both 'play'."""
    inner = _INNER.search(text)
    return " ".join(inner[0].lower().split()) if inner else ""


def _as_answer(library: Library, session: Session, plain: str) -> Event | None:
    """Read a letter, several letters, or the whole text of an answer of the step in front."""
    if session.run is None:
        return None
    run, turn = session.run.id, session.turn
    edition = edition_of_run(library, session.run)
    step = edition.scenario.steps.get(session.run.step) if edition else None
    match step:
        case ChoiceStep():
            listed = [(choice.id, choice.text) for choice in visible_choices(step, session.run)]
        case PickStep():
            listed = [(item.id, item.text) for item in step.pick.items]
        case SayStep() if plain in _GO_ON:
            return Continued(run, turn)
        case SayStep():
            listed = []
        case _:
            return None
    by_text = {_plain(text): id for id, text in listed}
    by_letter = {chr(ord("a") + i): id for i, (id, _) in enumerate(listed)}
    letters = [part for part in _LETTERS_APART.split(plain) if part]
    if plain in by_text:
        chosen: list[str] = [by_text[plain]]
    elif isinstance(step, PickStep) and plain in {"none", "nothing", "all", "everything"}:
        chosen = [] if plain in {"none", "nothing"} else [id for id, _ in listed]
    elif letters and all(_LETTER.match(letter) for letter in letters):
        if isinstance(step, SayStep):
            return MissedLetter("no-letters")
        if not all(letter in by_letter for letter in letters):
            return MissedLetter()
        chosen = [by_letter[letter] for letter in letters]
    else:
        return None
    if isinstance(step, PickStep):
        return Picked(run, turn, tuple(dict.fromkeys(chosen)))
    return Chose(run, turn, chosen[0]) if len(chosen) == 1 else MissedLetter("one-only")


def _as_word(library: Library, session: Session, plain: str, text: str) -> Event | None:
    """Read a word of the list, alone or before its argument."""
    run, turn = (session.run.id if session.run else ""), session.turn
    word, _, argument = plain.partition(" ")
    match word, argument:
        case (("start" | "hi" | "hello" | "menu"), ""):
            return Started() if word != "menu" else Opened("menu")
        case "help", "":
            return Opened("help")
        case ("play" | "learn" | "ask" | "laws" | "progress" | "settings" | "link" | "mydata") as page, "":
            return Opened(page)
        case ("play" | "learn") as page, id if _is_name(id):
            return Opened(page, id)
        case "laws", place if _is_name(place.replace(" ", ".")):
            return Opened("laws", place.replace(" ", "."))
        case ("back", "") | ("go", "back"):
            return WentBack(run, turn)
        case "restart", "":
            return Restarted(run, turn)
        case (("leave" | "stop" | "exit" | "quit"), ""):
            return Left(run, turn)
        case "resume", "":
            return Resumed()
        case "law", id if _is_name(id):
            return Looked(id)
        case "link", code if _CODE.fullmatch(code):
            return Linked(code)
        case "unlink", "":
            return Unlinked()
        case (("practice" | "practise"), "") | ("three", ("minutes" | "minutes now")):
            return Practised()
        case "pause", ("" | "drills"):
            return DrillsPaused(PAUSE_WEEKS)
        case "unpause", ("" | "drills"):
            return DrillsPaused(0)
        case (("drill" | "drills"), ""):
            return DrillsShown()
        case "leave", ("drill" | "drills" | "the drill"):
            return Joined("", joins=False)
        case "zone", _:
            return ZoneSet(_zone_named(text))
        case "my", "data":
            return Opened("mydata")
        case "settings", value:
            return _setting(library, value)
        case (("my" | "mydata"), ("data export" | "export")):
            return Exported()
        case (("my" | "mydata"), ("data erase" | "erase")):
            return EraseAsked()
        case "erase", "everything":
            return Erased(session.seed)
        case (("erase" | "delete" | "remove" | "forget"), ("my data" | "me" | "all my data")):
            return EraseAsked()
        case (("export" | "download"), "my data"):
            return Exported()
        case "ask", _:
            return Asked(re.sub(r"^\W*ask\W*", "", text, flags=re.IGNORECASE))
        case _ if (state := _STATE.match(plain)) and state[1] in _STATES:
            return Settled("state", _STATES[state[1]])
        case _ if plain.isdigit():
            return MissedLetter("no-number")
        case _ if session.run is None and _LETTER.match(plain):
            return MissedLetter()
        case _:
            return None


_CODE = re.compile(r"[a-z0-9]{4,6}[\s-]?[a-z0-9]{4,6}")  # one that is mistyped by a letter is one too
_STATE = re.compile(r"(?:(?:my state is|i am in|i'm in|we are in|i live in) )?([a-z ]+)\Z")
_STATES = {name.lower(): letters for letters, name in STATES.items()}


def _zone_named(text: str) -> str:
    """Give the time zone's name that stands last in a text, as it is written: America/Denver."""
    named = text.rsplit(maxsplit=1)[-1].strip(".!?\"'")
    return named if "/" in named else "?"


def _is_name(text: str) -> bool:
    """Say whether a text is written like an id: one word, no spaces."""
    return re.fullmatch(r"[a-z0-9.-]{1,62}", text) is not None


def _setting(library: Library, value: str) -> Event:
    """Read the argument of `settings`: a state by name or letters, or a role by id or name."""
    for letters, state in STATES.items():
        if value in {letters.lower(), state.lower()}:
            return Settled("state", letters)
    for id, name in library.terms.roles.items():
        if value in {id, name.lower()}:
            return Settled("role", id)
    if value in {"no role", "no state"}:
        return Settled("role" if value == "no role" else "state", None)
    return Opened("settings", "unknown")


# --- does it seem to name a person? ----------------------------------------------------------

_NUMBERS = re.compile(
    r"\b\d{3}-\d{2}-\d{4}\b"  # a Social Security number
    r"|\b(?:ssn|social security)\D{0,20}\d{4,9}\b"
    r"|\b(?:\+?1[\s.-]?)?\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}\b"  # a telephone number
    r"|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}"  # an e-mail address
    r"|\b(?:dob|born|birthday|date of birth)\b\D{0,20}\d{1,4}"
    r"|\b\d{1,2}/\d{1,2}/(?:19|20)?\d{2}\b",
    re.IGNORECASE,
)
_KIN = (
    r"(?:student|kid|child|boy|girl|client|patient|youth|teen|son|daughter|mom|mother|dad|father|parent|named|"
    r"called|name is|foster (?:mother|father|parent|child))"
)
_FULL_NAME = re.compile(
    rf"\b(?i:{_KIN}),? (?!(?:May|Can|Should|Is|The|FERPA|HIPAA)\b)[A-Z][a-z]+ [A-Z][a-z]+"
)
_TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Mx|Dr)\.? [A-Z][a-z]+ [A-Z][a-z]+")


def names_a_person(text: str) -> bool:
    """Say whether a text seems to name or number a person (a number, an address, "my student Ann Poe")."""
    return bool(_NUMBERS.search(text) or _FULL_NAME.search(text) or _TITLED.search(text))
