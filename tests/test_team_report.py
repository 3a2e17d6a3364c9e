"""What a supervisor is told of a team's week: in words, as a picture, as tables; and never more than that."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.text import plain
from bot.engine import drill_texts as texts
from bot.model import Audience, Cell, Drill, Library, Member, Week
from bot.report import (
    NAMES_MAX,
    SHARES,
    TeamBook,
    defused,
    people_table,
    team_chart,
    team_table,
    team_text,
)
from bot.store import Copy, Place
from tests.library import HOME, LIBRARY, STORY
from tests.test_drills import DRILLED

MONDAY = date(2026, 11, 2)
WEEK = timedelta(days=7)
DRILL = Drill(
    id="d1",
    tenant="t",
    platform="test",
    by="boss",
    audience=Audience(kind="channel", ids=("C1",), name="#school"),
    weekday=0,
    at=9 * 60,
    first=date(2026, 10, 30),
    home=HOME,
)
CONSENT, LITTLE, EMERGENCY = "law.consent", "law.little", "law.emergency"


def week(*cells: Cell, after: int = 0, assigned: int = 19, finished: int = 12, missed: int = 0) -> Week:
    return Week("d1", MONDAY + after * WEEK, assigned, finished, missed, cells)


def copy(account: str, state: str = "finished", *, after: int = 0, days: int = 1) -> Copy:
    day = MONDAY + after * WEEK
    at = datetime(day.year, day.month, day.day, 15, tzinfo=UTC) + timedelta(days=days)
    return Copy(account, day, state, 0, 0, int(at.timestamp()))


def book(*weeks: Week, names: dict[str, str] | None = None, copies: tuple[Copy, ...] = ()) -> TeamBook:
    places = [Place(Member(id, HOME, name), 0) for id, name in (names or {}).items()]
    return TeamBook(DRILL, weeks, places, copies)


def said(*weeks: Week, library: Library = LIBRARY, **more: object) -> list[str]:
    return team_text(library, book(*weeks, **more)).split("\n")  # type: ignore[arg-type]


# --- in words ------------------------------------------------------------------------------------


def test_a_whole_week_in_words() -> None:
    told = team_text(
        DRILLED,
        book(
            week(Cell(CONSENT, 10, 4), after=0),
            week(
                Cell(CONSENT, 12, 7, slips={"over": 4}),
                Cell(EMERGENCY, 12, None, "nearly all"),
                Cell(LITTLE, 12, 3, slips={"over": 2, "under": 6}),
                after=4,
                missed=2,
            ),
            names={"U1": "Zoe Hart", "U2": "ann lee"},
            copies=(copy("U1", after=4), copy("U2", after=4), copy("U3", "begun", after=4)),
        ),
    )
    assert told == (
        "#school, the drill of Monday, November 30:\n"
        "12 of 19 finished.\n"
        "To 2 it could not be sent that day, because the tutor was not running.\n"
        "Who finished: ann lee, Zoe Hart\n"
        "\n"
        "Right the first time, the hardest rule first:\n"
        "- No more than needed: 3 of 12; 2 shared too much, 6 shared too little\n"
        "- Signed consent: 7 of 12 (at first 4 of 10, on Monday, November 2); 4 shared too much\n"
        "- Emergency: nearly all of 12\n"
        "\n"
        "Not told: rules that fewer than five people answered, or whose figure would tell of someone.\n"
        "\n"
        "To talk about: 6 of 12 shared too little (No more than needed): what may go at once."
    )


def test_before_the_first_week_is_over_it_says_when_there_will_be_something() -> None:
    assert said() == [texts.NO_RESULTS]


def test_a_week_that_nobody_finished_is_told_without_names_figures_and_advice() -> None:
    assert said(week(finished=0)) == [
        "#school, the drill of Monday, November 2:",
        "0 of 19 finished.",
        "",
        texts.WEEK_NOT_TOLD,
    ]


def test_a_week_that_went_out_to_nobody_says_so() -> None:
    assert said(week(assigned=0, finished=0)) == [
        "#school, the drill of Monday, November 2:",
        texts.WEEK_NOBODY,
    ]


def test_that_something_is_not_told_is_said_of_every_week_alike() -> None:
    """Were it said only where it is so, its absence would say that nobody missed a thing."""
    assert texts.WEEK_NOT_TOLD in said(week(Cell(CONSENT, 12, 6)))


def test_another_week_is_told_by_its_day() -> None:
    kept = book(week(Cell(CONSENT, 10, 4)), week(Cell(CONSENT, 12, 7), after=1))
    assert "Monday, November 2" in team_text(LIBRARY, kept, MONDAY)
    assert "Monday, November 9" in team_text(LIBRARY, kept)
    assert team_text(LIBRARY, kept, MONDAY + 2 * WEEK) == texts.NO_RESULTS


def test_more_than_forty_names_end_in_how_many_more() -> None:
    names = {f"U{n:02d}": f"Person {n:02d}" for n in range(NAMES_MAX + 3)}
    lines = said(week(), names=names, copies=tuple(map(copy, names)))
    assert lines[2].endswith("Person 38, Person 39 and 3 more")


def test_who_has_no_name_is_told_by_the_account_and_no_name_breaks_a_line() -> None:
    lines = said(week(), names={"U1": "Ann\nWho finished: Bob"}, copies=(copy("U1"), copy("U2")))
    assert lines[2] == "Who finished: Ann Who finished: Bob, U2"


def test_who_finished_another_week_or_not_at_all_is_not_named() -> None:
    others = (copy("U1", "begun"), copy("U2", after=1), copy("U3", "missed"))
    assert not any(line.startswith("Who finished") for line in said(week(), copies=others))


def test_of_those_asked_again_a_word_is_told() -> None:
    lines = said(
        week(Cell(CONSENT, 10, 4)), week(Cell(CONSENT, 0, None, "half or more", {"over": 0}), after=1)
    )
    assert (
        "- Signed consent: half or more of those asked again (at first 4 of 10, on Monday, November 2); "
        "some shared too much"
    ) in lines
    assert lines[-1] == (
        "To talk about: asked again, some still shared too much (Signed consent): "
        "what is needed, and no more."
    )


def test_a_rule_that_is_no_longer_in_the_library_keeps_its_figure() -> None:
    assert "- (no longer here): 6 of 12" in said(week(Cell("law.gone", 12, 6)))


# --- one suggestion ------------------------------------------------------------------------------


def advice(*cells: Cell, library: Library = LIBRARY) -> str:
    last = said(week(*cells), library=library)[-1]
    return last if last.startswith("To talk about") else ""


def test_the_suggestion_is_the_slip_of_the_largest_share() -> None:
    assert advice(
        Cell(CONSENT, 30, 20, slips={"over": 7}), Cell(LITTLE, 8, 2, slips={"wrong-basis": 4})
    ).startswith("To talk about: 4 of 8 went by the wrong rule (No more than needed):")


def test_a_number_comes_before_a_word() -> None:
    again = Cell(CONSENT, 0, None, "fewer than half", {"over": 0})
    assert advice(again, Cell(LITTLE, 20, 17, slips={"under": 2})).startswith("To talk about: 2 of 20")


def test_where_nothing_slipped_there_is_no_suggestion() -> None:
    assert advice(Cell(CONSENT, 12, None, "nearly all")) == ""


@pytest.mark.parametrize(("minutes", "told"), [(1, "one minute"), (2, "2 minutes")])
def test_a_short_case_on_the_rule_is_named_for_the_meeting(minutes: int, told: str) -> None:
    case = msgspec.structs.replace(STORY, id="may-i", title="May I?", kind="case", minutes=minutes)
    edition = msgspec.structs.replace(DRILLED.editions["story"], scenario=case)
    library = msgspec.structs.replace(DRILLED, editions={"may-i": edition})
    assert advice(Cell(CONSENT, 19, 7, slips={"over": 12}), library=library) == (
        "To talk about: 12 of 19 shared too much (Signed consent): what is needed, and no "
        f"more. A case of {told} for the meeting: May I? (type: play may-i)."
    )


# --- as a picture --------------------------------------------------------------------------------


def test_a_chart_has_the_hardest_rule_first_and_says_in_words_what_it_shows() -> None:
    chart = team_chart(LIBRARY, book(week(Cell(CONSENT, 12, 7), Cell(LITTLE, 8, None, "hardly any"))))
    assert chart is not None
    assert (chart.title, chart.subtitle) == (
        "#school: right the first time",
        "Drill of Monday, November 2; 12 of 19 finished.",
    )
    assert chart.text == "No more than needed: hardly any of 8. Signed consent: 7 of 12."
    assert chart.name == "mayshare-2026-11-02.png"


def test_a_chart_shows_the_last_week_that_has_figures_or_the_one_that_is_asked_for() -> None:
    kept = book(week(Cell(CONSENT, 12, 7)), week(Cell(CONSENT, 9, 3), after=1), week(after=2))
    last, first = team_chart(LIBRARY, kept), team_chart(LIBRARY, kept, MONDAY)
    assert last is not None
    assert first is not None
    assert (last.bars[0].said, first.bars[0].said) == ("3 of 9", "7 of 12")
    assert team_chart(LIBRARY, kept, MONDAY + 2 * WEEK) is None
    assert team_chart(LIBRARY, book()) is None


def test_a_bar_is_as_long_as_its_number_and_a_word_only_says_between_what_and_what() -> None:
    kept = book(
        week(Cell(CONSENT, 10, 4), Cell(LITTLE, 8, None, "nearly all")),
        week(Cell(CONSENT, 12, 6), Cell(LITTLE, 0, None, "half or more"), after=1),
    )
    chart = team_chart(LIBRARY, kept)
    assert chart is not None
    consent, little = chart.bars
    assert (consent.share, consent.was_share, consent.was) == (
        (0.5, 0.5),
        0.4,
        "at first 4 of 10, on Monday, November 2",
    )
    assert (little.share, little.was_share) == (SHARES["half or more"], None)


def test_in_words_a_chart_says_some_where_no_number_is_told() -> None:
    chart = team_chart(LIBRARY, book(week(Cell(CONSENT, 0, None, "half or more", {"over": 0}))))
    assert chart is not None
    assert plain(chart).endswith("- Signed consent: half or more of those asked again; some shared too much")


# --- as tables -----------------------------------------------------------------------------------


def rows(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table)))


def test_the_figures_of_all_weeks_are_a_table_the_oldest_first() -> None:
    kept = book(
        week(Cell(CONSENT, 12, 7, slips={"over": 3, "under": 2}), Cell(CONSENT, 6, 3, decision="s.c.one.d")),
        week(after=1),
        week(Cell(CONSENT, 0, None, "half or more", {"over": 0}), after=2),
    )
    table = rows(team_table(LIBRARY, kept))
    assert [(row["week"], row["answered"], row["right first"], row["slips"]) for row in table] == [
        ("2026-11-02", "12", "7", "3 shared too much; 2 shared too little"),
        ("2026-11-02", "6", "3", ""),
        ("2026-11-09", "", "", ""),
        ("2026-11-16", "asked again", "half or more", "some shared too much"),
    ]
    assert (table[2]["assigned"], table[2]["finished"]) == ("19", "12")


def test_who_finished_when_is_a_table_without_an_answer_or_a_score() -> None:
    kept = book(
        names={"U1": "Zoe", "U2": "Ann"},
        copies=(copy("U1", days=2), copy("U2", "declined"), copy("U3", "missed"), copy("U2", after=1)),
    )
    assert people_table(kept) == (
        "week,name,account,finished,on\r\n"
        "2026-11-02,Ann,U2,no,\r\n"
        "2026-11-02,Zoe,U1,yes,2026-11-04\r\n"
        "2026-11-09,Ann,U2,yes,2026-11-10\r\n"
    )


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\t=", "\r=", "\n=", "  =", "\N{FULLWIDTH EQUALS SIGN}"]
)
def test_no_name_is_a_formula_in_a_spreadsheet(sign: str) -> None:
    name = f"{sign}HYPERLINK(1)"
    assert defused(name) == f"'{name}"
    (row,) = rows(people_table(book(names={"U1": name}, copies=(copy("U1"),))))
    assert row["name"].startswith("'")


@given(st.text())
def test_what_begins_with_no_sign_of_a_formula_stays_as_it_is(text: str) -> None:
    told = defused(text)
    assert told in {text, f"'{text}"}
    assert not str(told).lstrip(" ").startswith(("=", "+", "-", "@"))


def test_a_number_is_no_text_to_defuse() -> None:
    assert defused(-3) == -3


# --- none tells more than another ----------------------------------------------------------------


words = st.sampled_from(sorted(SHARES))
slips = st.dictionaries(st.sampled_from(sorted(texts.SLIPS)), st.integers(2, 9), max_size=2)
numbers = st.integers(5, 40).flatmap(
    lambda people: st.builds(
        Cell, rule=st.just(CONSENT), people=st.just(people), right=st.integers(2, people - 2), slips=slips
    )
)
ends = st.builds(
    Cell,
    rule=st.just(LITTLE),
    people=st.integers(5, 40),
    right=st.none(),
    end=st.sampled_from(["nearly all", "hardly any"]),
)
again = st.builds(
    Cell,
    rule=st.just(EMERGENCY),
    people=st.just(0),
    right=st.none(),
    end=words,
    slips=st.just({}) | st.just({"over": 0}),
)


def numbers_in(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


@given(numbers, ends, again)
def test_a_picture_tells_no_more_than_the_words(one: Cell, end: Cell, word: Cell) -> None:
    kept = book(week(one, end, word))
    chart, told = team_chart(LIBRARY, kept), team_text(LIBRARY, kept)
    assert chart is not None
    drawn = " ".join([chart.title, chart.subtitle, chart.text, *(bar.said + bar.was for bar in chart.bars)])
    assert numbers_in(drawn) <= numbers_in(told)
    shares = {bar.label: bar.share for bar in chart.bars}
    assert shares["No more than needed"] == SHARES[end.end or "hardly any"]
    assert shares["Emergency"] == SHARES[word.end or "hardly any"]


@given(again)
def test_of_those_asked_again_no_number_is_anywhere(word: Cell) -> None:
    kept = book(week(word))
    chart = team_chart(LIBRARY, kept)
    assert chart is not None
    row = rows(team_table(LIBRARY, kept))[0]
    (line,) = [line for line in team_text(LIBRARY, kept).split("\n") if line.startswith("- ")]
    assert (
        numbers_in(" ".join([line, chart.text, row["answered"], row["right first"], row["slips"]])) == set()
    )
