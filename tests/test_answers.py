"""Questions answered: what is shown fits a phone, what is printed keeps its form, harm comes first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from adapters.answers import Answers, Shelf
from adapters.text import plain
from bot.buttons import event_from_button
from bot.content import load
from bot.content.reviews import Review, fingerprint, read_reviews
from bot.engine import advance, new_session
from bot.engine.quotes import SCREEN
from bot.events import (
    Asked,
    Looked,
    Typed,
)
from bot.hearing import Hearing
from bot.laws.citations import is_citation, official_url
from bot.laws.finding import Finder
from bot.model import HEADINGS, Library, Words
from bot.replies import (
    Answer,
    Line,
    pressable,
)
from tests.library import LIBRARY, NOW

READ_TWICE = 436  # provisions: it may only grow
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(ROOT, tmp_path_factory.mktemp("cache"))


# --- citations -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cite", "url"),
    [
        ("34 CFR 99.36(c)", "https://www.ecfr.gov/current/title-34/section-99.36"),
        ("34 CFR Part 99", "https://www.ecfr.gov/current/title-34/part-99"),
        (
            "20 USC 1232g(b)(1)(L)",
            "https://uscode.house.gov/view.xhtml?req=granuleid:USC-prelim-title20-section1232g",
        ),
        (
            "42 USC 290dd-2(b)(2)(C)",
            "https://uscode.house.gov/view.xhtml?req=granuleid:USC-prelim-title42-section290dd-2",
        ),
    ],
)
def test_a_citation_leads_to_the_official_text(cite: str, url: str) -> None:
    assert is_citation(cite)
    assert official_url(cite) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FERPA",
        "34 CFR",
        "34 C.F.R. 99.36",
        "20 U.S.C. 1232g",
        "34 CFR 99.36 (c)",
        "99.36",
        "34 CFR 99.36(",
    ],
)
def test_what_is_no_citation_is_refused(text: str) -> None:
    assert not is_citation(text)
    with pytest.raises(ValueError, match="is no citation"):
        official_url(text)


# --- what is shown ---------------------------------------------------------------------------


def test_every_short_answer_fits_a_phone_screen(shipped: Library) -> None:
    """The web address of the official text does not count: platforms show it as a link."""
    for id, provision in shipped.provisions.items():
        session = new_session("seed")
        (answer,) = advance(shipped, session, _asked(id), NOW).replies
        assert isinstance(answer, Answer)
        said = plain(Line(text=plain(_without_buttons(answer)).replace(official_url(provision.cites[0]), "")))
        assert len(said) <= SCREEN, f"{id} needs {len(said)} characters"


def _asked(id: str) -> Asked:
    return Asked("a question", found=(id,))


def _without_buttons(answer: Answer) -> Answer:
    asks = tuple(msgspec.structs.replace(question, options=()) for question in answer.questions)
    return msgspec.structs.replace(answer, questions=asks, buttons=())


def test_more_shows_every_condition_every_citation_and_the_myth(shipped: Library) -> None:
    for id, provision in shipped.provisions.items():
        (answer,) = advance(shipped, new_session("seed"), Looked(id), NOW).replies
        said = plain(answer)
        for part in (*provision.conditions, *provision.cites):
            assert part in said
        assert provision.myth is None or provision.myth.why in said


def test_every_button_under_every_rule_leads_somewhere(shipped: Library) -> None:
    for id in shipped.provisions:
        (answer,) = advance(shipped, new_session("seed"), Looked(id), NOW).replies
        for button in pressable(answer):
            event = event_from_button(button.data)
            assert event is not None
            (shown,) = advance(shipped, new_session("seed"), event, NOW).replies
            assert "no rule of that name" not in plain(shown)


def test_every_rule_can_be_reached_by_browsing(shipped: Library) -> None:
    """From the list of laws by buttons alone: law, heading, page by page, rule."""
    session, seen, waiting = new_session("seed"), set[str](), ["open:laws"]
    reached = set()
    while waiting:
        data = waiting.pop()
        if data in seen:
            continue
        seen.add(data)
        event = event_from_button(data)
        assert event is not None
        if isinstance(event, Looked):
            reached.add(event.provision)
            continue
        (page,) = advance(shipped, session, event, NOW).replies
        waiting += [
            button.data for button in pressable(page) if button.data.startswith(("open:laws", "law:"))
        ]
    assert reached == set(shipped.provisions)


# --- on the command line ---------------------------------------------------------------------


def test_ask_as_json_keeps_its_form(shipped: Library) -> None:
    answer = json.loads(Answers(shipped).as_json("May we warn the police about a threat?"))
    assert set(answer) == {"outcome", "provisions", "asks"}
    assert answer["outcome"] in {"answer", "facts"}
    assert 1 <= len(answer["provisions"]) <= 5
    assert all(set(one) == {"id", "law", "title", "cites", "score"} for one in answer["provisions"])
    scores = [one["score"] for one in answer["provisions"]]
    assert scores == sorted(scores, reverse=True)


def test_an_answer_that_hangs_on_facts_asks_for_them(shipped: Library) -> None:
    by_id = next(one for one in shipped.provisions.values() if one.turns_on)
    answer = json.loads(Answers(shipped).as_json(by_id.asked_as[0]))
    assert answer["outcome"] == "facts"
    assert answer["asks"][0]["options"][0]["then"] in shipped.provisions


def test_what_is_not_known_is_unknown(shipped: Library) -> None:
    answer = json.loads(Answers(shipped).as_json("xylophone zeppelin quartz"))
    assert answer == {"outcome": "unknown", "provisions": [], "asks": []}
    assert "I do not guess" in Answers(shipped).as_text("xylophone zeppelin quartz")


def test_where_nothing_can_be_pressed_the_command_is_told(shipped: Library) -> None:
    """No numbers to press and no menu; every command that is told leads somewhere."""
    said = Answers(shipped).as_text("May we warn the police about a threat?")
    told = [
        line.partition("mayshare laws ")[2].split() for line in said.splitlines() if "mayshare laws " in line
    ]
    assert told
    assert "Menu" not in said
    assert "\n1. " not in said
    for names in told:
        assert Shelf(shipped).as_text(names[0], names[1] if len(names) > 1 else None)


def test_one_question_a_line_gives_one_object_a_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "adapters", "ask", "--json", "-"],
        input="May I tell the police?\n\nxylophone zeppelin\n",
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    outcomes = [json.loads(line)["outcome"] for line in done.stdout.splitlines()]
    assert len(outcomes) == 3
    assert outcomes[1:] == ["unknown", "unknown"]


def test_laws_are_browsed_by_name(shipped: Library) -> None:
    shelf = Shelf(shipped)
    assert "ferpa: Family Educational Rights and Privacy Act" in (shelf.as_text(None, None) or "")
    assert "Consent (2)" in (shelf.as_text("ferpa", None) or "")
    assert HEADINGS["consent"] in (shelf.as_text("ferpa", "consent") or "")
    assert "ferpa.consent: " in (shelf.as_text("ferpa", "consent") or "")
    assert "Where it stands: 34 CFR 99.30(a)" in (shelf.as_text("ferpa.consent", None) or "")
    assert shelf.as_text("nolaw", None) is None
    assert "(2): mayshare laws ferpa consent" in (shelf.as_text("ferpa", None) or "")
    assert shelf.as_text("ferpa", "noheading") is None
    one = json.loads(shelf.as_json("ferpa.consent", None) or "")
    assert one["links"]["34 CFR 99.30(a)"].startswith("https://www.ecfr.gov/")
    whole = json.loads(shelf.as_json("ferpa", None) or "")
    assert len(whole["provisions"]) == len(shipped.laws["ferpa"].provisions)


# --- finding ---------------------------------------------------------------------------------


def test_many_words_for_one_thing_find_the_same_rule() -> None:
    words = Words(
        people={},
        things={"file": ("file", "folder")},
        acts={"warn": ("warn", "alert", "heads up")},
        matters={"threat": ("threat", "going to hurt")},
    )
    finder = Finder(LIBRARY.provisions.values(), words)
    for question in (
        "may a school warn people of a threat from the file",
        "He is going to hurt someone. Can we give them a heads up from his folder?",
    ):
        assert finder.find(question)[0].id == "law.emergency"


def test_every_way_of_asking_that_is_written_down_finds_its_rule_among_the_first_three(
    shipped: Library,
) -> None:
    hearing = Hearing(shipped)
    missed = [
        (id, question)
        for id, provision in shipped.provisions.items()
        for question in provision.asked_as
        if id not in [match.id for match in hearing.found(question)[:3]]
    ]
    asked = sum(len(provision.asked_as) for provision in shipped.provisions.values())
    assert len(missed) <= asked * 0.1, missed  # some could be asked of several rules


# --- harm that cannot wait -------------------------------------------------------------------

HARM = {
    "suicide": [
        "a student just told me she wants to die",
        "he says he's going to kill himself tonight",
        "my client texted goodbye to everyone, what do I do",
        "kid in my office is talking about killing himself",
        "she has been cutting herself, can I call her mom?",
        "he said everyone would be better off without him",
        "I think she took pills to end her life",
        "one of my kids posted that he doesnt want to be alive anymore",
        "found a suicide note in a backpack",
        "she is suicidal and begged me not to tell",
    ],
    "abuse": [
        "her stepdad is hitting her",
        "he came in with bruises and says his mom beats him",
        "she says her uncle touches her at night",
        "a 6 year old told me dad burned him with a cigarette",
        "student says she is being molested at home",
        "his father choked him this morning",
    ],
    "violence": [
        "a kid has a gun in his locker",
        "he says he is going to shoot up the school",
        "there is a boy with a knife in the hallway",
        "student threatened to kill his teacher tomorrow",
        "he brought a gun to class",
        "she wants to stab her ex at lunch",
        "got a text that someone will bring a bomb",
    ],
    "missing": [
        "one of my foster kids ran away last night",
        "a child is missing from the group home",
        "he never came home and nobody knows where he is",
        "my client has run away, can the school tell me if she was there today?",
        "she went missing after school",
    ],
    "overdose": [
        "he overdosed in the bathroom",
        "student is unconscious and not breathing",
        "she took a bunch of pills and won't wake up",
        "kid passed out, lips are blue",
        "I think he od'd",
    ],
    "exploitation": [
        "her boyfriend is making her have sex for money",
        "I think a student is being trafficked",
        "a man online is blackmailing him for nudes",
        "a 14 year old says an older guy pays her for sex",
    ],
    "partner": [
        "her boyfriend beats her and she is scared to go home",
        "his girlfriend hit him with a bottle again",
        "she says her ex is stalking her and will hurt her",
    ],
}
MESSAGES = [message for messages in HARM.values() for message in messages]


def test_there_are_forty_messages_of_harm() -> None:
    assert len(MESSAGES) == 40


@pytest.mark.parametrize("message", MESSAGES)
def test_harm_now_is_answered_first_with_act_and_call_then_with_the_rule(
    shipped: Library, message: str
) -> None:
    """Not refused, not lectured: one line that says what to do and whom to call, then the law."""
    session = new_session("seed")
    event = Hearing(shipped).event(shipped, session, Typed(message))
    first, *then = advance(shipped, session, event, NOW).replies
    assert isinstance(first, Line)
    assert first.text in {danger.act for danger in shipped.dangers}
    assert "911" in first.text or "988" in first.text
    assert len(first.text) <= 200
    (rule,) = then
    assert isinstance(rule, Answer)


@pytest.mark.parametrize(
    "message",
    ["I want to die", "im going to kill myself", "i am suicidal", "thinking of ending my own life tonight"],
)
def test_who_speaks_of_themselves_is_told_whom_to_call_and_no_law(shipped: Library, message: str) -> None:
    event = Hearing(shipped).event(shipped, new_session("seed"), Typed(message))
    (said,) = advance(shipped, new_session("seed"), event, NOW).replies
    assert isinstance(said, Line)
    assert said.text.startswith("I am glad you said it. Call or text 988 now")


@pytest.mark.parametrize(
    "question",
    [
        "How long must we keep attendance records?",
        "May a school give a detective a phone number?",
        "Can I share the safety plan with the bus company?",
        "Who may see the suicide prevention training list of teachers?",
        "Does FERPA cover the fire drill log?",
        "When does the gun-free school zone policy have to be posted?",
    ],
)
def test_an_ordinary_question_is_not_taken_for_harm(shipped: Library, question: str) -> None:
    event = Hearing(shipped).event(shipped, new_session("seed"), Typed(question))
    assert getattr(event, "danger", None) is None


# --- reviews ---------------------------------------------------------------------------------


def test_every_provision_was_read_against_its_source_or_says_what_was_not(shipped: Library) -> None:
    rows = [row for row in read_reviews((ROOT / "laws/reviews.csv").read_bytes()) if isinstance(row, Review)]
    newest = {row.provision: row for row in rows}
    for id, provision in shipped.provisions.items():
        assert id in newest or provision.unchecked, id
        assert id not in newest or newest[id].words == fingerprint(provision), id


def test_no_provision_loses_its_second_reader(shipped: Library) -> None:
    """The laws that staff meet most were read twice, each of their provisions; others in part."""
    rows = [row for row in read_reviews((ROOT / "laws/reviews.csv").read_bytes()) if isinstance(row, Review)]
    twice = {row.provision for row in rows if row.reviewer == "second"}
    for law in (
        "ferpa",
        "hipaa",
        "part2",
        "idea-b",
        "idea-c",
        "ppra",
        "capta",
        "foster-care",
        "icwa",
        "victims",
    ):
        assert {provision.id for provision in shipped.laws[law].provisions} <= twice, law
    assert len(twice) >= READ_TWICE
