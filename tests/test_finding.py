"""Questions as they are read and weighed: words, their own and learned weights, and the alarm."""

from __future__ import annotations

import csv
import pickle
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.content import load
from bot.content.questions import (
    DANGER,
    DECLINED,
    QUESTIONS,
    danger_in,
    declined_in,
    fingerprint,
    questions_in,
)
from bot.laws.citations import is_citation, official_url
from bot.laws.finding import MAYBE, WEIGHT, Finder, evidence_of, texts_of
from bot.laws.language import Language, neighbours_of, pairs_of, words_in
from bot.model import Alarm, Library, Ours, Provision, Ranker, Words
from tests.library import LIBRARY, provision

ROOT = Path(__file__).parent.parent
NO_WORDS = Words(people={}, things={}, acts={}, matters={})
WORDS = Words(
    people={"officer": ("police officer", "cop")},
    things={"file": ("file", "folder", "police file")},
    acts={"warn": ("warn", "heads up")},
    matters={},
)
APOSTROPHES = ("'", "\N{RIGHT SINGLE QUOTATION MARK}")

# --- citations -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cite", "url"),
    [
        ("518 US 1", "https://www.loc.gov/item/usrep518001/"),
        ("536 US 273", "https://www.loc.gov/item/usrep536273/"),
        ("5 US 137", "https://www.loc.gov/item/usrep005137/"),
    ],
)
def test_a_judgment_of_the_supreme_court_leads_to_its_own_reports(cite: str, url: str) -> None:
    assert is_citation(cite)
    assert official_url(cite) == url


@pytest.mark.parametrize(
    "text",
    [
        "0 US 1",
        "518 US 0",
        "518 US",
        "1518 US 1",
        "518 U.S. 1",
        "518 US 1 (1996)",
        "518 US 1(a)",
        "518 US 1\n",
        "51\N{ARABIC-INDIC DIGIT EIGHT} US 1",
        "3\N{ARABIC-INDIC DIGIT FOUR} CFR 99.30",
    ],
)
def test_what_only_looks_like_a_judgment_is_refused(text: str) -> None:
    assert not is_citation(text)
    with pytest.raises(ValueError, match="is no citation"):
        official_url(text)


# --- language --------------------------------------------------------------------------------


def test_forms_of_a_word_have_one_stem() -> None:
    language = Language(NO_WORDS, ())
    (stem,) = {language.stems(word)[0] for word in ("disclose", "Discloses", "DISCLOSED", "disclosing")}
    assert language.stems("They disclosed it.") == [*language.stems("they"), stem, "it"]


@given(st.sampled_from(["records", "consent", "police", "warrant", "threat"]), st.data())
def test_two_letters_that_changed_places_are_mended(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 2))
    typed = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    language = Language(NO_WORDS, [word])
    assert language.stems(typed) == language.stems(word)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("lwa", "it is short"),
        ("wander", "it is too far from any known word"),
        ("warran7", "it has a digit, and may be a number of something"),
    ],
)
def test_a_word_stays_as_it_was_typed(typed: str, why: str) -> None:
    assert Language(NO_WORDS, ["law", "warrant"]).stems(typed) == [typed], why


def test_a_known_word_is_never_taken_for_another() -> None:
    language = Language(NO_WORDS, ["parent", "patent"])
    assert language.stems("patent parent") == ["patent", "parent"]


def test_words_speak_of_things_wherever_the_phrase_stands_and_however_it_is_spelled() -> None:
    language = Language(WORDS, ["police", "officer", "folder", "warn"])
    terms = language.terms(language.stems("Can a POLICE officr have the foldre?"))
    assert {"@officer", "@file"} <= set(terms)
    assert "@warn" not in terms
    assert "@warn" in language.terms(language.stems("We gave them a heads-up"))
    assert "@warn" not in language.terms(language.stems("Heads will go up"))


def test_one_word_may_begin_more_than_one_phrase() -> None:
    language = Language(WORDS, ())
    assert {"@officer", "@file"} <= set(language.terms(language.stems("police officer, police file")))
    assert "@officer" not in language.terms(language.stems("police file"))


def test_things_and_acts_are_told_apart() -> None:
    language = Language(WORDS, ())
    assert set(language.things) == {"@file"}
    assert set(language.acts) == {"@warn"}


@given(st.text(), st.data())
@example("don't", None)
def test_an_apostrophe_parts_no_word(text: str, data: st.DataObject | None) -> None:
    place = data.draw(st.integers(0, len(text))) if data is not None else 3
    for apostrophe in APOSTROPHES:
        assert words_in(text[:place] + apostrophe + text[place:]) == words_in(text)


@given(st.text())
@example("na\N{LATIN SMALL LETTER I WITH DIAERESIS}ve \ud800 \0 1e9 \N{PILE OF POO}")
@example("x" * 4000)
def test_any_text_has_words_stems_and_terms(text: str) -> None:
    language = Language(WORDS, ["police", "officer"])
    words, stems = words_in(text), language.stems(text)
    assert all(re.fullmatch("[a-z0-9]+", word) for word in words)
    assert len(stems) == len(words)
    terms = language.terms(stems)
    assert terms[: len(stems)] == stems
    assert set(terms[len(stems) :]) <= {"@officer", "@file", "@warn"}
    assert len(neighbours_of(stems)) == max(0, len(stems) - 1)


def test_pairs_leave_out_how_people_ask_and_neighbours_do_not() -> None:
    stems = Language(NO_WORDS, ()).stems("may we tell the police of a threat")
    assert pairs_of(stems) == {"polic threat"}
    assert "the polic" in neighbours_of(stems)


# --- finding by a provision's own words ------------------------------------------------------

FINDER = Finder(LIBRARY.provisions.values(), WORDS)
OWN_WORDS = sorted(
    {word for one in LIBRARY.provisions.values() for text in texts_of(one) for word in words_in(text)}
)
SENTENCES = st.lists(
    st.sampled_from([*OWN_WORDS, "folder", "heads up", "police", "zeppelin", "weather"]), max_size=20
).map(" ".join)
TEXTS = st.one_of(st.text(), SENTENCES, st.builds("{} {}".format, SENTENCES, st.text()))


def answering(finder: Finder, question: str) -> str | None:
    """The provision that is given first."""
    found = finder.find(question)
    return found[0].id if found else None


@pytest.mark.parametrize("id", LIBRARY.provisions)
def test_a_provisions_own_words_find_it(id: str) -> None:
    says = LIBRARY.provisions[id].says
    assert answering(FINDER, says) == id
    assert answering(FINDER, f"Is it so that {says.lower()}?") == id
    assert FINDER.nearest(says) == id


# Words that share no stem, and of which none is near another's spelling.
APART = """
    anchor badger candle dolphin engine fabric garlic hammer island jungle kitten lantern magnet needle
    orchid pepper quartz ribbon saddle timber umbrella velvet walnut yogurt zipper
    """.split()


@given(st.permutations(APART), st.integers(2, 5), st.integers(2, 6), st.data())
def test_among_provisions_that_share_no_word_each_is_found_by_its_own(
    words: list[str], each: int, many: int, data: st.DataObject
) -> None:
    says = [words[n * each : (n + 1) * each] for n in range(min(many, len(words) // each))]
    finder = Finder((provision(f"law.{n}", own[0], " ".join(own)) for n, own in enumerate(says)), NO_WORDS)
    asked = data.draw(st.integers(0, len(says) - 1))
    question = data.draw(st.permutations(says[asked]))
    assert answering(finder, " ".join(question)) == f"law.{asked}"


def test_a_way_of_asking_that_was_written_down_finds_its_provision() -> None:
    asked = provision("law.coach", "Teams", "Rules of teams.", asked_as=("can the coach see her grades?",))
    finder = Finder([*LIBRARY.provisions.values(), asked], NO_WORDS)
    assert answering(finder, "the coach wants to see grades") == "law.coach"


@given(st.sampled_from([*OWN_WORDS, "zeppelin"]), st.integers(1, 5), st.sampled_from([" ", ", ", "? "]))
def test_one_word_is_no_question_however_often_it_is_said(word: str, times: int, between: str) -> None:
    assert FINDER.find(between.join([word] * times)) == ()


@pytest.mark.parametrize("text", ["", " \n\t", "?!", "\N{PILE OF POO} \N{CJK UNIFIED IDEOGRAPH-4E00}", "'"])
def test_where_there_are_no_words_there_is_no_answer_and_nothing_near(text: str) -> None:
    assert FINDER.find(text) == ()
    assert FINDER.nearest(text) is None


@pytest.mark.parametrize(
    "question", ["what is the weather?", "zeppelin quartz", "who won the game last night"]
)
def test_a_question_for_another_is_not_answered(question: str) -> None:
    assert FINDER.find(question) == ()


@given(TEXTS, st.sampled_from([None, "school", "police", "nobody"]))
@example("x" * 4000, None)
@example("consent " * 500, None)
def test_whatever_is_asked_scores_lie_between_0_and_1_and_name_each_provision_once(
    text: str, role: str | None
) -> None:
    found = FINDER.find(text, role=role)
    assert all(0 <= match.score <= 1 for match in found)
    ids = [match.id for match in found]
    assert len(ids) == len(set(ids))
    assert set(ids) <= set(LIBRARY.provisions)
    near = FINDER.nearest(text)
    assert near in {*LIBRARY.provisions, None}
    assert near is not None or not found


@given(TEXTS)
def test_scores_fall_and_the_nearest_is_the_best_that_is_found(text: str) -> None:
    found = FINDER.find(text)
    scores = [match.score for match in found]
    assert scores == sorted(scores, reverse=True)
    assert not found or FINDER.nearest(text) == found[0].id


@given(SENTENCES, st.integers(0, 8))
def test_a_limit_gives_the_best_of_all_that_are_found(question: str, limit: int) -> None:
    assert FINDER.find(question, limit) == FINDER.find(question, 100)[:limit]


def test_five_are_given_unless_another_limit_is_named() -> None:
    many = [provision(f"law.{word}", f"A {word}", f"A school keeps a {word}.") for word in APART]
    finder = Finder(many, NO_WORDS)
    assert len(finder.find("a school keeps a badger")) == 5
    assert len(finder.find("a school keeps a badger", limit=len(APART))) == len(APART)


@given(SENTENCES)
def test_capitals_stops_and_apostrophes_change_no_answer(question: str) -> None:
    found = FINDER.find(question)
    assert FINDER.find(f"{question.upper()}!!") == found
    assert FINDER.find(question.replace(" ", ", ")) == found
    assert FINDER.find(question.replace("s", "'s")) == found


@given(st.lists(TEXTS, max_size=4))
def test_nothing_that_was_typed_is_remembered(questions: list[str]) -> None:
    """Words that no author used and mistyped ones too: the finder is afterwards what it was."""
    before = pickle.dumps(FINDER)
    for text in [*questions, "may the xylophonist disclsoe recrods without writen consnet?"]:
        FINDER.find(text, role="school")
        FINDER.nearest(text)
        FINDER.alarm(text)
    assert pickle.dumps(FINDER) == before


# --- whose agency asks -----------------------------------------------------------------------


def of_agencies() -> Finder:
    """Two provisions in the same words but for whose hands they speak of, and one in other words."""
    says = "A custodian may release a footage request."
    return Finder(
        [
            provision("law.police", "Footage", says, facets={"asks": ("police",)}),
            provision("law.school", "Footage", says, facets={"holds": ("school",)}),
            provision("law.other", "Fees", "Nobody pays a fee for lunch.", facets={"holds": ("court",)}),
        ],
        NO_WORDS,
    )


@pytest.mark.parametrize("role", ["police", "school"])
def test_of_two_that_fit_alike_the_askers_own_comes_first(role: str) -> None:
    finder = of_agencies()
    assert finder.find("may a custodian release footage?", role=role)[0].id == f"law.{role}"


def test_a_role_puts_no_worse_rule_before_a_better_one_and_changes_no_score() -> None:
    finder = of_agencies()
    question = "may a custodian release footage?"
    without, own = finder.find(question), finder.find(question, role="court")
    assert own[0].id != "law.other"
    assert set(own) == set(without)
    assert finder.find(question, role="nobody") == without


# --- learned weights -------------------------------------------------------------------------

BEST_ALONE = (1.0, 0.0, 0.0, 0.0, 0.0)  # evidence is the score of the best, nothing else
QUIET = Alarm(terms={}, bias=0.0, soft=1.0, strong=2.0, kinds=(), of_kind={}, kind_bias=())
ALL_OURS = Ours(terms={}, bias=0.0, pairs={}, weights=BEST_ALONE, enough=-100.0)


def learned(
    provisions: tuple[str, ...],
    terms: dict[str, tuple[int, ...]],
    ours: Ours = ALL_OURS,
    alarm: Alarm = QUIET,
) -> Ranker:
    """A ranker by hand: of each term, place and weight of the provisions it speaks for or against."""
    return Ranker(
        made_of="",
        words=tuple(sorted(term for term in terms if " " not in term)),
        provisions=provisions,
        bias=(-1.0,) * len(provisions),
        terms={term: (1.0, weights) for term, weights in terms.items()},
        ours=ours,
        alarm=alarm,
    )


def finder_of(ranker: Ranker, provisions: Iterable[Provision] = LIBRARY.provisions.values()) -> Finder:
    """A finder that knows nothing but a ranker."""
    return Finder(provisions, NO_WORDS, ranker)


LEARNED = ("law.consent", "law.little")
SLIP = {"slip": (0, 3 * WEIGHT, 1, -WEIGHT), "field": (0, WEIGHT), "peek": (1, 3 * WEIGHT), "trip": ()}


def test_what_was_learned_counts_and_not_the_provisions_own_words() -> None:
    finder = finder_of(learned(LEARNED, SLIP))
    assert answering(finder, "the slip for a field trip") == "law.consent"
    assert answering(finder, "who may peek on a trip") == "law.little"
    assert answering(finder, "peke at a slip or two, peek, peek") == "law.little"
    assert finder.nearest("staff see only the files") is None, "its own words, of which nothing was learned"


def test_a_new_provision_that_nothing_was_learned_of_is_found_by_its_own_words_beside_learned_ones() -> None:
    finder = finder_of(learned(LEARNED, SLIP))
    says = LIBRARY.provisions["law.emergency"].says
    assert answering(finder, says) == "law.emergency"
    assert answering(finder, "may we warn people in an emergency?") == "law.emergency"
    assert answering(finder, "the slip for a field trip") == "law.consent"


def test_a_learned_word_that_a_new_provision_has_too_speaks_for_both() -> None:
    new = provision("law.new", "Lunch", "Nobody may peek at a lunch account.")
    finder = finder_of(learned(LEARNED, SLIP), [*LIBRARY.provisions.values(), new])
    assert answering(finder, "peek at a lunch account") == "law.new"
    assert answering(finder, "peek on a trip, peek at a slip") == "law.little"


@given(
    st.lists(st.sampled_from(["slip", "field", "peek", "trip", "warn", "threat"]), max_size=8).map(" ".join)
)
def test_a_provision_that_was_retired_is_never_found_and_leaves_the_others_as_they_were(
    question: str,
) -> None:
    more = {
        "slip": (0, 9 * WEIGHT, 1, 3 * WEIGHT, 2, -WEIGHT),
        "field": (1, WEIGHT, 0, 9 * WEIGHT),
        "peek": (2, 3 * WEIGHT, 0, 9 * WEIGHT),
        "trip": (0, WEIGHT),
    }
    retired = finder_of(learned(("law.gone", *LEARNED), more))
    never = finder_of(learned(LEARNED, SLIP))
    assert retired.find(question) == never.find(question)
    assert retired.nearest(question) == never.nearest(question)


def test_how_much_evidence_is_enough_decides_whether_there_is_an_answer() -> None:
    question = "the slip for a field trip"
    best = finder_of(learned(LEARNED, SLIP))
    score = max(best.scores(best.heard(question)))
    for enough, is_found in ((score - 0.01, True), (score + 0.01, False)):
        ours = msgspec.structs.replace(ALL_OURS, enough=enough)
        assert bool(finder_of(learned(LEARNED, SLIP, ours)).find(question)) is is_found


def test_terms_and_pairs_tell_a_question_for_the_law_from_another() -> None:
    ours = Ours(
        terms={"slip": 2.0, "peek": -2.0},
        bias=0.0,
        pairs={"field trip": 1.0},
        weights=(0.0, 0.0, 0.0, 1.0, 1.0),
        enough=1.5,
    )
    finder = finder_of(learned(LEARNED, SLIP, ours))
    assert finder.find("may a slip be read on a field trip")
    assert not finder.find("may a slip be read on a trip to a field")
    assert not finder.find("peek, slip, field trip")


@given(st.text())
def test_how_people_ask_is_no_sign_of_a_question_for_the_law(text: str) -> None:
    """Words of manner alone give no evidence by terms or by pairs, whatever weight they had."""
    ours = Ours(terms={"may": 9.0, "we": 9.0}, bias=0.5, pairs={}, weights=BEST_ALONE, enough=0.0)
    finder = finder_of(learned(LEARNED, {"may": (), "we": ()}, ours))
    heard = finder.heard(f"may we {text}")
    _, _, _, by_terms, by_pairs = evidence_of(ours, heard, finder.scores(heard))
    assert (by_terms, by_pairs) == (0.5, 0.0)


@pytest.mark.parametrize("many", [0, 1, 2])
def test_a_library_of_few_rules_beside_a_ranker_of_more_gives_what_it_has(many: int) -> None:
    ranker = learned(tuple(LIBRARY.provisions), {"consent": (0, WEIGHT), "school": ()})
    finder = finder_of(ranker, list(LIBRARY.provisions.values())[:many])
    assert len(finder.find("consent of a school")) == many
    assert (finder.nearest("consent of a school") is None) is (many == 0)


# --- the alarm -------------------------------------------------------------------------------

LOUD = Alarm(
    terms={"knife": 4.0, "in hand": 4.0, "kitchen": -4.0},
    bias=0.0,
    soft=1.0,
    strong=2.0,
    kinds=("suicide", "violence"),
    of_kind={"knife": (0.0, 2.0), "pill": (5.0, 0.0)},
    kind_bias=(1.0, 0.0),
)
ALARMED = finder_of(learned(LEARNED, {"knife": (), "pill": (), "kitchen": ()}, alarm=LOUD))


@pytest.mark.parametrize(
    ("message", "heard"),
    [
        ("he has a knife", MAYBE),  # one of seven terms and pairs: 4 / sqrt(7)
        ("a knife", "violence"),
        ("a KNIEF!", "violence"),
        ("a knife and a pill", MAYBE),
        ("knife, pill", "suicide"),
        ("knife in hand", "violence"),  # two words side by side speak for it as well
        ("hand in knife", MAYBE),
        ("a kitchen knife", None),
        ("a pill", None),
        ("", None),
    ],
)
def test_an_alarm_is_none_soft_or_names_the_kind_of_harm(message: str, heard: str | None) -> None:
    assert ALARMED.alarm(message) == heard


@given(
    st.one_of(
        st.text(), st.lists(st.sampled_from(["knife", "in", "hand", "kitchen", "pill", "a"])).map(" ".join)
    )
)
def test_whatever_is_said_the_alarm_gives_a_known_kind_or_none(message: str) -> None:
    assert ALARMED.alarm(message) in {None, MAYBE, "suicide", "violence"}


@given(st.text())
def test_where_nothing_was_learned_there_is_no_alarm(message: str) -> None:
    assert FINDER.alarm(message) is None


# --- what ships ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(ROOT, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def ranker(shipped: Library) -> Ranker:
    assert shipped.ranker is not None
    return shipped.ranker


def test_the_ranker_was_learned_from_the_content_it_ships_with(shipped: Library, ranker: Ranker) -> None:
    now = fingerprint(shipped, questions_in(ROOT, shipped), declined_in(ROOT), danger_in(ROOT))
    assert ranker.made_of == now, "the laws or the questions changed since: `make ranker` learns anew"


def test_every_kind_of_harm_that_the_alarm_names_has_its_word_on_what_to_do(
    shipped: Library, ranker: Ranker
) -> None:
    assert {*ranker.alarm.kinds, MAYBE} <= {danger.id for danger in shipped.dangers}


def test_the_rankers_tables_fit_each_other(ranker: Ranker) -> None:
    many, kinds = len(ranker.provisions), len(ranker.alarm.kinds)
    assert len(ranker.bias) == many
    for _, flat in ranker.terms.values():
        assert len(flat) % 2 == 0
        assert all(0 <= place < many for place in flat[::2])
    assert len(ranker.alarm.kind_bias) == kinds
    assert {len(weights) for weights in ranker.alarm.of_kind.values()} == {kinds}
    assert ranker.alarm.soft <= ranker.alarm.strong


# --- what is learned from --------------------------------------------------------------------


def lay_questions(folder: Path, **files: list[dict[str, str]]) -> None:
    """Write files of questions."""
    (folder / QUESTIONS).mkdir(parents=True)
    for name, rows in files.items():
        with (folder / QUESTIONS / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)


def asking(provision: str, question: str) -> dict[str, str]:
    """A row of a writer's file."""
    return {"provision": provision, "style": "plain", "question": question}


DECLINING = [{"kind": "far", "style": "plain", "question": "what is the weather?"}]
HARM = [{"kind": "violence", "style": "plain", "message": "he has a knife"}]


def test_questions_are_read_with_their_writer_and_apart_from_what_is_declined_and_harm(
    tmp_path: Path,
) -> None:
    lay_questions(
        tmp_path, **{"b": [asking("law.little", 'who, "if\nanyone"?')], DECLINED: DECLINING, DANGER: HARM}
    )
    (one,) = questions_in(tmp_path, LIBRARY)
    assert (one.provision, one.text, one.writer) == ("law.little", 'who, "if\nanyone"?', "b")
    assert declined_in(tmp_path) == ["what is the weather?"]
    assert danger_in(tmp_path) == [("violence", "he has a knife")]


def test_a_question_for_a_provision_that_is_not_there_is_told_where(tmp_path: Path) -> None:
    lay_questions(tmp_path, a=[asking("law.little", "x y"), asking("law.gone", "z")])
    with pytest.raises(ValueError, match=r"a\.csv:3: there is no provision 'law\.gone'"):
        questions_in(tmp_path, LIBRARY)


def test_the_fingerprint_changes_with_anything_that_is_learned_from_and_with_nothing_else(
    tmp_path: Path,
) -> None:
    lay_questions(tmp_path, a=[asking("law.little", "who?"), asking("law.consent", "how?")])
    asked = questions_in(tmp_path, LIBRARY)
    told, harm = ["weather"], [("violence", "knife")]
    first = fingerprint(LIBRARY, asked, told, harm)
    assert fingerprint(LIBRARY, asked[::-1], told, harm) == first, "whose file comes first is no matter"
    other = msgspec.structs.replace(LIBRARY, words=WORDS)
    changed = msgspec.structs.replace(LIBRARY.provisions["law.little"], says="Other words.")
    reworded = msgspec.structs.replace(LIBRARY, provisions={**LIBRARY.provisions, "law.little": changed})
    hushed = msgspec.structs.replace(LIBRARY, dangers=(), ranker=learned((), {}))
    assert fingerprint(hushed, asked, told, harm) == first
    assert len(
        {
            first,
            fingerprint(other, asked, told, harm),
            fingerprint(reworded, asked, told, harm),
            fingerprint(LIBRARY, asked[1:], told, harm),
            fingerprint(LIBRARY, asked, [], harm),
            fingerprint(LIBRARY, asked, told, [("abuse", "knife")]),
        }
    ) == 6  # fmt: skip
