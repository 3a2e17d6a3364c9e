"""Advice on style: what it is given for, what it is not, and the page that shows every code."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from adapters.__main__ import main
from bot.content import check, load
from bot.content.grade import names_in, reading_grade, syllables_in, words_in
from bot.content.problem_pages import problem_page
from bot.content.problems import ADVICE, MENDS, PROBLEMS
from bot.content.style import law_advice, pattern_advice, scenario_advice
from bot.model import Choice, ChoiceStep, EndingStep, Library, Scenario, Step
from tests.library import LAW, PIECE
from tests.problems import ADVICE_CODES, HERE, expected_lines, lay_base, lay_broken

ROOT = Path(__file__).parent.parent
PROVISION = LAW.provisions[0]
DAY = date(2026, 1, 20)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a test makes its content folder; the cache is its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "content"


# --- every code and its example --------------------------------------------------------------


@pytest.mark.parametrize("code", ADVICE_CODES)
def test_an_example_gives_exactly_the_advice_it_promises_and_loads(code: str, folder: Path) -> None:
    checked = check(lay_broken(folder, code))
    assert [str(one).splitlines()[0] for one in checked.advice] == expected_lines(code)
    assert {(one.code, one.mend, one.advice) for one in checked.advice} == {(code, MENDS[code], True)}
    assert checked.problems == ()
    assert checked.library == load(folder)


def test_content_without_problems_may_need_no_advice(folder: Path) -> None:
    assert check(lay_base(folder)).advice == ()


def test_advice_is_the_same_where_the_files_come_from_the_cache(folder: Path, tmp_path: Path) -> None:
    lay_broken(folder, "reading-grade")
    parsed, cached = check(folder, tmp_path / "c"), check(folder, tmp_path / "c")
    assert parsed.advice == cached.advice != ()


def test_files_without_problems_get_advice_beside_one_that_has_them(folder: Path) -> None:
    lay_broken(folder, "only-wrong")
    (folder / "scenarios/empty.yaml").write_text("# To be written.\n")
    checked = check(folder)
    assert checked.library is None
    assert [one.code for one in checked.problems] == ["empty-file"]
    assert [one.code for one in checked.advice] == ["only-wrong"]


# --- the command -----------------------------------------------------------------------------


@pytest.mark.parametrize("code", ADVICE_CODES)
def test_the_check_prints_advice_apart_and_ends_well(
    code: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(lay_broken(folder, code))]) == 0
    counted, said, *entries, number = capsys.readouterr().out.strip().split("\n\n")
    assert counted.startswith("No problems: ")
    assert said == "Advice; all of this can be served as it is:"
    lines = expected_lines(code)
    assert entries == ["\n".join(f"{line}\n    {MENDS[code]}" for line in lines)]
    assert number == f"{len(lines)} piece{'s' if len(lines) > 1 else ''} of advice."


def test_a_strict_check_fails_on_advice_alone(folder: Path) -> None:
    assert main(["check", "--strict", str(lay_broken(folder, "only-wrong"))]) == 1


def test_a_strict_check_of_content_without_advice_ends_well(folder: Path) -> None:
    assert main(["check", "--strict", str(lay_base(folder))]) == 0


def test_json_marks_what_is_advice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_broken(folder, "only-wrong")
    (folder / "scenarios/empty.yaml").write_text("# To be written.\n")
    assert main(["check", "--json", str(folder)]) == 1
    problem, advice = json.loads(capsys.readouterr().out)
    assert (problem["code"], "advice" in problem) == ("empty-file", False)
    assert (advice["code"], advice["advice"]) == ("only-wrong", True)


def test_json_of_advice_alone_ends_well_and_strictly_does_not(folder: Path) -> None:
    lay_broken(folder, "only-wrong")
    assert main(["check", "--json", str(folder)]) == 0
    assert main(["check", "--json", "--strict", str(folder)]) == 1


def test_a_file_from_mayshare_new_needs_no_advice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAYSHARE_CONTENT", str(lay_base(folder)))
    assert main(["new", "scenario", "may-i"]) == 0
    assert main(["new", "law", "mine"]) == 0
    assert main(["check", "--strict", str(folder)]) == 0


# --- how hard a text is to read --------------------------------------------------------------

PLAIN = "He was late again, so she called him in. They talked for a while, and then he went home. " * 3
HARD = (
    "Educational institutions participating in federally administered accountability programs "
    "necessarily maintain comprehensive documentation regarding individual disciplinary consequences. "
) * 3


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("rule", 1),
        ("asked", 1),
        ("called", 1),
        ("wanted", 2),
        ("times", 1),
        ("pages", 2),
        ("someone", 2),
        ("able", 2),
        ("safely", 2),
        ("period", 3),
        ("client", 2),
        ("people", 2),
        ("didn't", 2),
        ("agency", 3),
        ("employee", 3),
        ("emergency", 4),
        ("education", 4),
        ("information", 4),
        ("responsibility", 6),
        ("hm", 1),
    ],
)
def test_syllables_are_counted_by_the_letters(word: str, number: int) -> None:
    assert syllables_in(word) == syllables_in(word.upper()) == number


def test_the_grade_is_that_of_flesch_and_kincaid() -> None:
    """Two sentences of 4 words, 10 syllables."""
    assert reading_grade("He went home alone. She asked him nothing.") == pytest.approx(
        0.39 * 4 + 11.8 * 10 / 8 - 15.59
    )


def test_plain_talk_is_far_below_grade_9_and_officialese_far_above() -> None:
    assert reading_grade(PLAIN) < 5
    assert reading_grade(HARD) > 15


def test_names_numbers_and_citations_do_not_make_a_text_harder() -> None:
    plain = "She told Jo that he may see it. That rule is new. He has it at 9."
    named = (
        "She told Alexandria that he may see it. That rule is new (34 CFR 99.31(a)(10)). He has it at 2026."
    )
    assert reading_grade(named, names_in([named])) == pytest.approx(reading_grade(plain, names_in([plain])))


def test_a_title_before_a_name_ends_no_sentence() -> None:
    assert reading_grade("He met Ms. Okafor at noon.") == reading_grade("He met Ms Okafor at noon.")


def test_names_are_what_is_never_written_small() -> None:
    assert names_in(['He saw Michael. "The file," he said. The Court did. A court may.']) == {"Michael"}


@pytest.mark.parametrize("text", ["", " ", "...", "12 34.", "FERPA", "\n\n"])
def test_a_text_without_a_plain_word_has_no_grade(text: str) -> None:
    assert reading_grade(text) == 0


def test_short_texts_are_not_graded() -> None:
    short = "Institutional accountability necessitates comprehensive documentation."
    assert codes_of(with_steps(say(short))) == set()
    assert codes_of(with_steps(say(" ".join([short] * 9)))) == {"reading-grade"}


# --- stories ---------------------------------------------------------------------------------


def choice(id: str, text: str, *, best: bool = False, feedback: str = "word " * 9) -> Choice:
    """One judged choice."""
    return Choice(id=id, text=text, goto="end", feedback=feedback, rule=PROVISION.id, lawful=best, helps=best)


def say(text: str) -> Step:
    """A step with a text."""
    return ChoiceStep(id="a", say=text, choices=())


def with_steps(*steps: Step, id: str = "piece", series: str | None = None) -> Scenario:
    """A story of steps."""
    end = EndingStep(id="end", ending="end", title="The end")
    return msgspec.structs.replace(
        PIECE, id=id, series=series, steps={step.id: step for step in (*steps, end)}, reviewed=None
    )


def codes_of(scenario: Scenario) -> set[str]:
    """The codes of the advice on a story by itself."""
    return {finding.code for finding in scenario_advice(scenario, (PROVISION,))}


def test_a_message_of_700_characters_fits_and_one_more_does_not() -> None:
    choices = (choice("a", "x" * 100, best=True), choice("b", "y" * 100))
    fits = "a b. " * 99 + "a b c"
    assert codes_of(with_steps(ChoiceStep(id="a", say=fits, choices=choices))) == set()
    assert codes_of(with_steps(ChoiceStep(id="a", say=f"{fits}d", choices=choices))) == {"long-message"}


@pytest.mark.parametrize(
    ("feedback", "told"),
    [
        ("Wrong.", True),
        ("No, that is not correct. Try again!", True),
        ("Right! Well done.", True),
        ("Nobody signed for that.", True),
        ("Wrong: without her signed consent the school may not send it.", False),
    ],
)
def test_feedback_says_more_than_right_or_wrong(feedback: str, told: bool) -> None:
    choices = (choice("a", "one", best=True), choice("b", "two", feedback=feedback))
    assert codes_of(with_steps(ChoiceStep(id="a", choices=choices))) == ({"only-wrong"} if told else set())


def test_a_choice_that_is_not_judged_may_say_what_it_likes() -> None:
    free = Choice(id="b", text="Try again", goto="end", feedback="No.")
    assert codes_of(with_steps(ChoiceStep(id="a", choices=(free, free)))) == set()


@pytest.mark.parametrize(
    ("reviewed", "checked", "told"),
    [
        (DAY, date(2026, 1, 21), True),
        (DAY, DAY, False),
        (DAY, date(2026, 1, 19), False),
        (None, date(2026, 1, 21), False),
    ],
)
def test_a_step_is_to_be_read_again_when_its_provision_was_checked_later(
    reviewed: date | None, checked: date, told: bool
) -> None:
    step = ChoiceStep(id="a", choices=(choice("a", "one", best=True), choice("b", "two")))
    story = msgspec.structs.replace(with_steps(step), reviewed=reviewed)
    provision = msgspec.structs.replace(PROVISION, checked=checked)
    found = [finding for finding in scenario_advice(story, (provision,)) if finding.code == "step-outdated"]
    assert len(found) == told, "once a step, however often it names the provision"
    for finding in found:
        assert "'a'" in finding.message
        assert repr(PROVISION.id) in finding.message


# --- patterns --------------------------------------------------------------------------------


def decisions(best: str) -> list[ChoiceStep]:
    """Decisions of two choices: `l` the best is the longest, `f` the first, `b` both, `n` neither."""
    steps = []
    for number, kind in enumerate(best):
        good = choice("good", "a longer text" if kind in "lb" else "text", best=True)
        bad = choice("bad", "other text")
        choices = (good, bad) if kind in "fb" else (bad, good)
        steps.append(ChoiceStep(id=f"s{number}", choices=choices))
    return steps


def patterns(*scenarios: Scenario) -> list[tuple[str, str, str]]:
    """The advice across decisions: at which scenario, its code, its message."""
    return [(id, finding.code, finding.message) for id, finding in pattern_advice(scenarios)]


@pytest.mark.parametrize(
    ("best", "codes"),
    [
        ("lllnn", []),  # 60 %
        ("llln", ["best-is-longest"]),
        ("fffn", ["best-is-first"]),
        ("bbbb", ["best-is-longest", "best-is-first"]),
        ("lll", []),  # too few
        ("lfln", []),
    ],
)
def test_a_pattern_is_told_above_60_percent_of_four_decisions_or_more(best: str, codes: list[str]) -> None:
    assert [code for _, code, _ in patterns(with_steps(*decisions(best)))] == codes


def test_a_pattern_names_its_decisions() -> None:
    assert patterns(with_steps(*decisions("lnll"))) == [
        (
            "piece",
            "best-is-longest",
            "The best choice is the longest in 3 of 4 decisions (s0, s2, s3).",
        )
    ]


def test_a_series_is_looked_at_as_one() -> None:
    one = with_steps(*decisions("nf"), id="one", series="both")
    two = with_steps(*decisions("ff"), id="two", series="both")
    assert patterns(one, two) == [
        (
            "one",
            "best-is-first",
            "The best choice is the first in 3 of 4 decisions (one: s1, two: s0, two: s1).",
        )
    ]


def test_stories_of_no_series_are_looked_at_one_by_one() -> None:
    assert patterns(with_steps(*decisions("ff"), id="one"), with_steps(*decisions("ff"), id="two")) == []


def test_a_choice_as_long_as_the_best_hides_it() -> None:
    good, bad = choice("good", "the same", best=True), choice("bad", "the same")
    steps = [ChoiceStep(id=f"s{number}", choices=(bad, good)) for number in range(4)]
    assert patterns(with_steps(*steps)) == []


# --- what is shipped -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library() -> Library:
    return load(ROOT)


def test_the_stories_we_ship_need_no_advice_on_their_words(library: Library) -> None:
    scenarios = [edition.scenario for edition in library.editions.values()]
    found = [(one.id, finding) for one in scenarios for finding in scenario_advice(one, ())]
    assert [*found, *pattern_advice(scenarios)] == []


def test_few_of_the_rules_we_ship_are_called_hard_to_read(library: Library) -> None:
    """Were it many, nobody would read the advice."""
    long = [one for one in library.provisions.values() if len(words_in(one.says)) >= 40]
    hard = [finding for law in library.laws.values() for finding in law_advice(law)]
    assert len(hard) < len(long) / 5


# --- the page --------------------------------------------------------------------------------


def test_the_page_of_all_codes_is_what_the_examples_make() -> None:
    """If not: make docs."""
    assert (ROOT / "docs/problems.md").read_text("utf-8") == problem_page(HERE)


def test_the_page_has_every_code_once_with_its_meaning_and_mend() -> None:
    page = problem_page(HERE)
    for code, about in {
        **ADVICE,
        **{code: one for codes in PROBLEMS.values() for code, one in codes.items()},
    }.items():
        assert page.count(f"\n### {code}\n\n{about.means}\n") == 1
        assert f"**Mend:** {about.mend}\n" in page
