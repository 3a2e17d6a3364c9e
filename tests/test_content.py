"""Content: every problem an author can make, all at once and at its line; the cache; editions."""

from __future__ import annotations

import re
import shutil
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.content import ContentError, edition_from_bytes, edition_of, edition_to_bytes, load
from bot.content.editions import steps_ahead
from bot.content.problems import MENDS
from bot.model import (
    Choice,
    ChoiceStep,
    Edition,
    EndingStep,
    Library,
    Problem,
    SayStep,
    Scenario,
    Step,
)
from tests.library import PIECE, STORY
from tests.problems import BASE, CODES, FOLDERS, expected_lines, lay_base, lay_broken

ROOT = Path(__file__).parent.parent
MICHAEL = "scenarios/michael/michael-1.yaml"
GOOD = (BASE / "scenarios/good.yaml").read_text("utf-8")


# --- what the tests ask of a folder ----------------------------------------------------------


def problems_of(folder: Path, cache: Path | None = None) -> tuple[Problem, ...]:
    """Every problem of a folder; none if it loads."""
    try:
        load(folder, cache)
    except ContentError as error:
        return error.problems
    return ()


def shown(problems: tuple[Problem, ...]) -> list[str]:
    """Problems as the check prints them, without their mends."""
    return [str(problem).splitlines()[0] for problem in problems]


def lines_in(data: bytes) -> int:
    """The lines an author can put the cursor on: as YAML counts them, the file's last line ended."""
    return len((data.decode("utf-8", "replace") + "\n").splitlines()) + 1


def check_lines(folder: Path, problems: tuple[Problem, ...]) -> None:
    """Every problem stands at a line that its file has."""
    for problem in problems:
        assert 1 <= problem.line <= lines_in((folder / problem.file).read_bytes()), problem


def with_scenario(folder: Path, data: bytes | str, name: str = "scenarios/other.yaml") -> Path:
    """The base with one more file."""
    path = lay_base(folder) / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder


def problems_in(folder: Path, data: bytes | str, name: str = "scenarios/other.yaml") -> list[str]:
    """What the check says of one more file beside the base."""
    return shown(problems_of(with_scenario(folder, data, name)))


def other(text: str = GOOD) -> str:
    """The good scenario under another id, so that both can be there."""
    return text.replace("id: good\n", "id: other\n", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test makes its content folder."""
    return tmp_path / "content"


# --- every code and its broken folder --------------------------------------------------------


def test_every_code_has_its_broken_folder_and_every_folder_is_a_code() -> None:
    assert sorted(MENDS) == FOLDERS


def test_the_base_of_the_broken_folders_has_no_problem(folder: Path) -> None:
    assert problems_of(lay_base(folder)) == ()


@pytest.mark.parametrize("code", CODES)
def test_a_broken_folder_gives_exactly_the_lines_it_promises(code: str, folder: Path) -> None:
    """Each says what is wrong and where; one mistake brings no others behind it."""
    problems = problems_of(lay_broken(folder, code))
    assert shown(problems) == expected_lines(code, folder)
    assert {problem.code for problem in problems} == {code}
    assert {problem.mend for problem in problems} == {MENDS[code]}


def test_all_problems_of_all_files_come_in_one_run_in_the_order_of_files_and_lines(folder: Path) -> None:
    lay_broken(folder, "unknown-role", "not-a-citation", "bad-phrase", "duplicate-id")
    assert shown(problems_of(folder)) == [
        *expected_lines("not-a-citation"),
        *expected_lines("bad-phrase"),
        *expected_lines("unknown-role"),
        *expected_lines("duplicate-id"),
    ]


def test_one_file_gives_all_of_its_problems(folder: Path) -> None:
    text = other().replace("minutes: 1", "minutes: soon").replace("cites:", "sites:")
    text = text.replace("kind: case", "kind: cases").replace("    title: The end", "    titel: The end")
    assert problems_in(folder, text) == [
        "scenarios/other.yaml:4: not-in-list: 'cases' is not one of: activity, case, learn."
        " Did you mean 'case'?",
        "scenarios/other.yaml:6: wrong-type: Here must stand a whole number, and there is text.",
        "scenarios/other.yaml:26: missing-key: 'title' is missing here.",
        "scenarios/other.yaml:27: unknown-key: There is no key 'titel' here. Did you mean 'title'?",
    ]


def test_the_error_itself_tells_every_problem_with_its_mend(folder: Path) -> None:
    with pytest.raises(ContentError) as raised:
        load(lay_broken(folder, "unknown-role"))
    assert str(raised.value) == (
        "The content has 1 problem:\n"
        "scenarios/broken.yaml:5: unknown-role: There is no role 'baker'.\n"
        "    Use a role of laws/facets.yaml."
    )


def test_a_folder_with_neither_scenarios_nor_laws_is_named(folder: Path) -> None:
    folder.mkdir()
    first, *_ = shown(problems_of(folder))
    assert first == f"{folder}:1: no-content: {folder} holds no scenarios/ and no laws/."


def test_what_is_shipped_loads_without_problems() -> None:
    library = load(ROOT)
    assert {"michael-1", "why-share"} <= set(library.editions)
    assert "ferpa.juvenile-justice" in library.provisions
    assert len(library.terms.roles) == 7
    assert library.hotlines["crisis"].call.startswith("988")
    assert library.dangers


# Bugs that these tests have found and that are not mended yet.


# --- what an author may do wrong in YAML -----------------------------------------------------


def test_the_nearest_right_key_is_suggested(folder: Path) -> None:
    text = other().replace("        goto: end", "        gotoo: end", 1)
    assert (
        "scenarios/other.yaml:17: unknown-key: There is no key 'gotoo' here. Did you mean 'goto'?"
        in problems_in(folder, text)
    )


@pytest.mark.parametrize(
    ("unquoted", "read_as"),
    [
        ("no", "true or false"),
        ("12.10", "a number with a point"),
        ("911", "a whole number"),
        ("2026-03-02", "a date"),
    ],
)
def test_a_bare_word_that_yaml_reads_as_no_text_is_to_be_quoted(
    unquoted: str, read_as: str, folder: Path
) -> None:
    """A provision number, an answer `no` or a date is never changed behind the author's back."""
    text = other().replace("say: The phone rings.", f"say: {unquoted}")
    assert problems_in(folder, text) == [
        f"scenarios/other.yaml:10: wrong-type: Here must stand text, and there is {read_as}."
        " Put it in quotes."
    ]
    (folder / "scenarios/other.yaml").write_text(text.replace(unquoted, f'"{unquoted}"'))
    step = load(folder).editions["other"].scenario.steps["call"]
    assert step.say == unquoted


def test_a_bare_no_as_a_key_is_to_be_quoted(folder: Path) -> None:
    text = other().replace("  end:\n", "  no:\n")
    assert (
        "scenarios/other.yaml:25: wrong-type: Here must stand text, and there is true or false."
        " Put it in quotes." in problems_in(folder, text)
    )


def test_a_byte_order_mark_at_the_start_is_accepted(folder: Path) -> None:
    """Windows editors write one."""
    assert "other" in load(with_scenario(folder, b"\xef\xbb\xbf" + other().encode())).editions


def test_line_ends_of_windows_are_accepted_and_mean_the_same(folder: Path) -> None:
    text = other().replace("say: The phone rings.", "say: |\n      The phone\n      rings.")
    plain = load(with_scenario(folder, text)).editions["other"]
    (folder / "scenarios/other.yaml").write_bytes(text.replace("\n", "\r\n").encode())
    assert load(folder).editions["other"] == plain


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f"])
def test_a_character_that_is_no_text_is_a_problem_at_its_line(character: str, folder: Path) -> None:
    text = other().replace("say: The phone", f"say: The {character}phone")
    assert problems_in(folder, text) == [
        "scenarios/other.yaml:10: yaml-unreadable: This is not YAML: a character is not allowed."
    ]


@pytest.mark.parametrize("piece", ["[", "{a: ", "- ", "? "])
@pytest.mark.parametrize("depth", [10_000, 100_000])
def test_nesting_ten_thousand_deep_is_a_problem_and_no_crash(piece: str, depth: int, folder: Path) -> None:
    (line,) = problems_in(folder, piece * depth + "\n")
    assert (
        line == "scenarios/other.yaml:1: yaml-unreadable: This is not YAML: exceeded maximum nesting depth."
    )


def test_nesting_in_indented_lines_is_a_problem_and_no_crash(folder: Path) -> None:
    (line,) = problems_in(folder, "".join(" " * depth + "a:\n" for depth in range(1010)))
    assert line.endswith("This is not YAML: exceeded maximum nesting depth.")


def bomb() -> str:
    """The billion laughs: twenty lines, each of ten times the one before."""
    names = "abcdefghijklmnopqrst"
    lines = [f"a: &a [{', '.join(['lol'] * 10)}]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]" for before, name in pairwise(names)]
    return "\n".join(lines) + "\n"


def test_an_alias_bomb_is_refused_at_once_and_takes_no_memory(folder: Path) -> None:
    with_scenario(folder, bomb())
    tracemalloc.start()
    began = time.perf_counter()
    problems = problems_of(folder)
    took = time.perf_counter() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert shown(problems) == [
        "scenarios/other.yaml:1: yaml-alias: This text is used again elsewhere by an alias."
    ]
    assert took < 1  # seconds; spelled out it would be 10**20 words
    assert peak < 10_000_000  # bytes


@pytest.mark.parametrize("text", ["a: &x [*x]\n", "a: &x {b: *x}\n"])
def test_a_list_that_holds_itself_is_refused(text: str, folder: Path) -> None:
    assert problems_in(folder, text) == [
        "scenarios/other.yaml:1: yaml-alias: This text is used again elsewhere by an alias."
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[id, title]: both\n"),
        pytest.param("{a: b}: c\n"),
        pytest.param("steps: {a: {[choices]: b}}\n"),
        pytest.param("? " * 900 + "\n", id="nested keys"),
        pytest.param("variables: {sent: !!bool {start: true}}\n"),
        pytest.param("minutes: !!int [1]\n"),
        "id: !!bool [yes]\n",
        "reviewed: !!timestamp {}\n",
        "title: !!str [a]\n",
        "title: !strange a\n",
        "steps: !!set {a, b}\n",
        "- id: other\n",
        "just words\n",
        "!!null {a: b}\n",
    ],
)
def test_yaml_of_any_shape_is_a_problem_and_no_crash(text: str, folder: Path) -> None:
    problems = problems_of(with_scenario(folder, text))
    assert problems
    check_lines(folder, problems)


def test_a_folder_in_the_place_of_the_lists_is_a_problem_and_no_crash(folder: Path) -> None:
    path = lay_base(folder) / "laws/facets.yaml"
    path.unlink()
    path.mkdir()
    assert [problem.code for problem in problems_of(folder)] == ["missing-file"]


def test_files_of_other_kinds_beside_the_content_are_left_alone(folder: Path) -> None:
    lay_base(folder)
    (folder / "scenarios/notes.txt").write_text("not: [yaml")
    (folder / "scenarios/folder.yaml").mkdir()
    assert problems_of(folder) == ()


# --- one mistake does not bring others behind it ---------------------------------------------


def test_a_step_that_cannot_be_read_is_not_said_to_be_missing(folder: Path) -> None:
    text = other().replace("    title: The end\n", "")
    assert problems_in(folder, text) == ["scenarios/other.yaml:26: missing-key: 'title' is missing here."]


def test_a_problem_stands_at_its_own_line_behind_a_broken_neighbour(folder: Path) -> None:
    """The first provision lacks its text and is left out; the second keeps its place in the file."""
    law = (BASE / "laws/tiny.yaml").read_text("utf-8")
    law = law.replace("    says: A school needs", "    sais: A school needs").replace("99.36(a)", "99,36")
    lay_base(folder)
    (folder / "laws/tiny.yaml").write_text(law)
    assert "laws/tiny.yaml:19: not-a-citation: '34 CFR 99,36' is no citation." in shown(problems_of(folder))


ODD = (
    other()
    .replace("start: call", "variables: {sent: false}\nstart: call")
    .replace(
        "        goto: end\n      - id: ask", "        set: {sent: true}\n        goto: odd\n      - id: ask"
    )
    + "  odd:\n    ending: odd\n    title: An odd end\n"
)


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("feedback: Nobody signed for that, and the rule asks for it.", "feedback: 12", ["17: wrong-type"]),
        ("slip: over", "slip: ober", ["16: not-in-list"]),
        ("helps: true", "helps: very", ["24: wrong-type"]),
        ("text: Send the file", "txt: Send the file", ["13: missing-key", "14: unknown-key"]),
        ("    choices:\n", "    when: {sent: false}\n    otherwise: 5\n    choices:\n", ["13: wrong-type"]),
        ("{sent: false}", "{sent: maybe}", ["7: wrong-type"]),
    ],
)
def test_what_cannot_be_read_is_not_said_to_be_missing(
    was: str, becomes: str, told: list[str], folder: Path
) -> None:
    """A choice that cannot be read still leads somewhere; a variable is still declared."""
    problems = problems_of(with_scenario(folder, ODD.replace(was, becomes, 1)))
    assert [f"{problem.line}: {problem.code}" for problem in problems] == told


def test_the_story_of_these_examples_has_no_problem_itself(folder: Path) -> None:
    assert problems_in(folder, ODD) == []


def test_a_law_that_cannot_be_read_is_one_problem(folder: Path) -> None:
    lay_base(folder)
    path = folder / "laws/tiny.yaml"
    path.write_text(path.read_text("utf-8").replace("id: tiny\n", "id: 'tiny\n"))
    assert {problem.file for problem in problems_of(folder)} == {"laws/tiny.yaml"}


# --- what is lost without a word -------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "other.yml",
        "other.YAML",
        "other.Yml",
    ],
)
def test_a_file_with_nearly_the_right_ending_is_not_passed_over(name: str, folder: Path) -> None:
    (problem,) = problems_of(with_scenario(folder, other(), f"scenarios/{name}"))
    assert (problem.code, problem.file) == ("wrong-extension", f"scenarios/{name}")


def test_two_help_lines_of_one_id_are_a_problem(folder: Path) -> None:
    """Else the first would be lost."""
    path = lay_base(folder) / "laws/hotlines.yaml"
    lines = path.read_text("utf-8")
    path.write_text(lines + lines.removeprefix("lines:\n"))
    assert [problem.code for problem in problems_of(folder)] == ["duplicate-id"]


@pytest.mark.parametrize("words", ["[]", '["|"]', '["fire|"]', '["a||b"]', '["*"]', '["house * fire"]'])
def test_a_danger_that_any_text_would_call_up_is_a_problem(words: str, folder: Path) -> None:
    """With no words, an empty word or a bare `*`, every question would be answered with 911."""
    path = lay_base(folder) / "laws/danger.yaml"
    path.write_text(path.read_text("utf-8").replace('["school|house on fire"]', words))
    assert [problem.code for problem in problems_of(folder)] == ["bad-phrase"]


def test_a_word_that_is_neither_true_nor_false_is_not_taken_for_false(folder: Path) -> None:
    text = other().replace("helps: true", "helps: !!bool maybe")
    assert [line.split(": ")[1] for line in problems_in(folder, text)] == ["wrong-type"]


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("minutes: 1", "minutes: 010"),
        ("minutes: 1", "minutes: 0x1F"),
        ("minutes: 1", "minutes: 1_000"),
        ("minutes: 1", "minutes: 1:30"),
        ("minutes: 1", "minutes: 99999999999"),
        ("minutes: 1", "minutes: 1\nreviewed: 2026-02-30"),
    ],
)
def test_a_number_or_date_that_is_refused_is_not_asked_for_in_its_own_words(
    was: str, becomes: str, folder: Path
) -> None:
    """'Here must stand a whole number, and there is a whole number' helps nobody."""
    (line,) = problems_in(folder, other().replace(was, becomes))
    wanted, got = line.split("Here must stand ")[1].split(", and there is ")
    assert got.rstrip(".") not in wanted


# --- the cache -------------------------------------------------------------------------------


def yaml_calls(work: Callable[[], object]) -> int:
    """How often PyYAML is entered while something is done."""
    calls = 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal calls
        calls += event == "call" and str(frame.f_globals.get("__name__")).split(".")[0] == "yaml"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache folder that is not there yet."""
    return tmp_path / "cache" / "mayshare"


def test_an_unchanged_folder_is_not_parsed_again(folder: Path, cache: Path) -> None:
    lay_base(folder)
    assert yaml_calls(lambda: load(folder, cache)) > 0
    assert yaml_calls(lambda: load(folder, cache)) == 0
    assert yaml_calls(lambda: load(folder)) > 0


def test_what_comes_from_the_cache_is_what_was_parsed(cache: Path) -> None:
    """All that is shipped, every type of the model among it."""
    parsed = load(ROOT)
    assert load(ROOT, cache) == parsed
    cached = load(ROOT, cache)
    assert cached == parsed
    assert [*cached.editions] == [*parsed.editions]
    assert [*cached.provisions] == [*parsed.provisions]
    assert msgspec.json.encode(cached) == msgspec.json.encode(parsed)


def test_an_edited_file_is_read_anew(folder: Path, cache: Path) -> None:
    lay_base(folder)
    load(folder, cache)
    path = folder / "scenarios/good.yaml"
    path.write_text(GOOD.replace("title: A good story", "title: A better story"))
    assert load(folder, cache).editions["good"].scenario.title == "A better story"
    path.write_text(GOOD)
    assert load(folder, cache).editions["good"].scenario.title == "A good story"


def test_a_file_that_is_new_or_gone_is_noticed(folder: Path, cache: Path) -> None:
    lay_base(folder)
    load(folder, cache)
    (folder / "scenarios/other.yaml").write_text(other())
    assert set(load(folder, cache).editions) == {"good", "other"}
    (folder / "scenarios/good.yaml").unlink()
    assert set(load(folder, cache).editions) == {"other"}


@pytest.mark.parametrize("code", CODES)
def test_problems_are_the_same_where_the_other_files_come_from_the_cache(
    code: str, folder: Path, cache: Path
) -> None:
    load(lay_base(folder), cache)
    shutil.rmtree(folder)
    lay_broken(folder, code)
    for _ in range(2):  # what has problems is not kept
        assert shown(problems_of(folder, cache)) == expected_lines(code, folder)


def test_a_file_moved_to_where_it_does_not_belong_is_read_as_what_stands_there(
    folder: Path, cache: Path
) -> None:
    """A law among the scenarios is a problem, known or not."""
    load(lay_base(folder), cache)
    (folder / "laws/tiny.yaml").rename(folder / "scenarios/tiny.yaml")
    assert problems_of(folder, cache) == problems_of(folder) != ()


def cut_short(data: bytes) -> bytes:
    """The first half."""
    return data[: len(data) // 2]


def emptied(_: bytes) -> bytes:
    """Nothing."""
    return b""


def garbled(data: bytes) -> bytes:
    """One bit turned in the middle."""
    half = len(data) // 2
    return data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :]


def of_another_seal(data: bytes) -> bytes:
    """As other code would have sealed it."""
    return bytes(16) + data[16:]


def gone_on(data: bytes) -> bytes:
    """Something behind its end."""
    return data + b"\0"


@pytest.mark.parametrize("damage", [cut_short, emptied, garbled, of_another_seal, gone_on])
def test_a_damaged_cache_is_done_without_and_made_anew(
    damage: Callable[[bytes], bytes], folder: Path, cache: Path
) -> None:
    library = load(lay_base(folder), cache)
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert load(folder, cache) == library
    assert kept.read_bytes() == whole
    assert yaml_calls(lambda: load(folder, cache)) == 0


@given(data=st.binary(max_size=400))
@settings(max_examples=50, deadline=None)
def test_no_cache_file_makes_loading_fail(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = tmp_path_factory.mktemp("cache")
    (cache / "content.bin").write_bytes(data)
    assert load(BASE, cache) == load(BASE)


def test_a_cache_folder_that_cannot_be_made_is_done_without(folder: Path, tmp_path: Path) -> None:
    """A file stands in its way. (A folder without write permission would not stop root.)"""
    (tmp_path / "cache").write_text("a file")
    for cache in (tmp_path / "cache", tmp_path / "cache/deeper"):
        assert load(lay_base(folder) if not folder.exists() else folder, cache) == load(BASE)


def test_a_cache_file_that_cannot_be_replaced_is_done_without_and_leaves_nothing_behind(
    cache: Path,
) -> None:
    (cache / "content.bin").mkdir(parents=True)
    assert load(BASE, cache) == load(BASE)
    assert [path.name for path in cache.iterdir()] == ["content.bin"]


def test_a_cache_is_written_only_where_something_changed(folder: Path, cache: Path) -> None:
    load(lay_base(folder), cache)
    (kept,) = cache.iterdir()
    first = kept.stat().st_mtime_ns, kept.stat().st_ino
    load(folder, cache)
    assert (kept.stat().st_mtime_ns, kept.stat().st_ino) == first


def test_without_a_cache_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "unused"))
    load(BASE)
    assert list(tmp_path.iterdir()) == []


# --- whatever bytes come ---------------------------------------------------------------------

TOKENS = [
    *("\n", "\n  ", "\n    ", "  ", "\t", "\r", "\r\n", "\x85", "\u2028", "\ufeff", "\0"),
    *("id: ", "title:", "kind: case\n", "minutes: 1\n", "steps:\n", "  call:\n", "start: call\n"),
    *("choices:", "pick: ", "ending: x", "when: ", "variables: ", "goto: end\n", "reviewed: "),
    *("- ", "? ", ": ", ", ", "[", "]", "{", "}", "[]", "{}", "'", '"', "|\n", ">-\n", "#", "---\n", "...\n"),
    *("&a ", "*a", "<<: ", "!!bool ", "!!int ", "!!null ", "!!timestamp ", "!x ", "%YAML 1.1\n", "%"),
    *("no", "12.10", "0x1F", "1_000", "2026-02-30", "~", "a", "other", "true", '"\\u0041"', '"\\ud800"'),
]
SOUP = st.lists(st.sampled_from(TOKENS), max_size=40).map(lambda tokens: "".join(tokens).encode())


@pytest.fixture(scope="module")
def beside_the_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base, in which one more scenario may come and go."""
    return lay_base(tmp_path_factory.mktemp("fuzz") / "content")


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()) | SOUP)
@example(data=b"[a]: b\n")
@example(data=b"minutes: !!int [1]\n")
@settings(max_examples=600, deadline=None)
def test_any_bytes_as_a_scenario_give_a_library_or_problems(data: bytes, beside_the_base: Path) -> None:
    (beside_the_base / "scenarios/other.yaml").write_bytes(data)
    check_lines(beside_the_base, problems_of(beside_the_base, beside_the_base.parent / "cache"))


@given(data=SOUP, name=st.sampled_from(["facets", "hotlines", "danger", "words", "tiny"]))
@example(data=b"[a]: b\n", name="tiny")
@settings(max_examples=200, deadline=None)
def test_any_bytes_as_a_law_or_list_give_a_library_or_problems(
    data: bytes, name: str, beside_the_base: Path
) -> None:
    path = beside_the_base / f"laws/{name}.yaml"
    whole = path.read_bytes()
    path.write_bytes(data)
    try:
        check_lines(beside_the_base, problems_of(beside_the_base))
    finally:
        path.write_bytes(whole)


LINES = (ROOT / MICHAEL).read_text("utf-8").splitlines()
PIECES = [
    *(
        "- [",
        "? {a: b}",
        "[a, b]: c",
        "say: no",
        "\tsay: x",
        "<<: *x",
        "&x",
        "goto: nowhere",
        "when: {trust: 9}",
    ),
    *(
        "choices:",
        "pick: {}",
        "ending: x",
        "set: {trust: true}",
        "add: {overshared: 1}",
        "items: []",
        "id: ''",
    ),
]


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The real story with one to three lines deleted, doubled, moved or replaced."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        indent = " " * (len(lines[at]) - len(lines[at].lstrip()))
        match draw(st.sampled_from(["delete", "double", "swap", "replace", "piece", "indent"])):
            case "delete":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "swap":
                to = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[to] = lines[to], lines[at]
            case "replace":
                lines[at] = draw(st.sampled_from(LINES) | st.text(max_size=30))
            case "piece":
                lines[at] = indent + draw(st.sampled_from(PIECES))
            case _:
                lines[at] = " " * draw(st.integers(0, 12)) + lines[at].lstrip()
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is shipped, to be spoiled."""
    folder = tmp_path_factory.mktemp("shipped") / "content"
    for part in ("scenarios", "laws"):
        shutil.copytree(ROOT / part, folder / part)
    load(folder, folder.parent / "cache")
    return folder


@given(text=mutations())
@example(text="\n".join((*LINES, "? {a: b}", "")))
@settings(max_examples=150, deadline=None)
def test_any_slip_in_a_real_story_gives_a_library_or_problems(text: str, shipped: Path) -> None:
    (shipped / MICHAEL).write_bytes(text.encode())
    problems = problems_of(shipped, shipped.parent / "cache")
    check_lines(shipped, problems)
    assert {problem.code for problem in problems} <= MENDS.keys()
    assert problems == tuple(sorted(problems))


def test_a_problem_at_the_end_of_a_file_without_a_last_line_end_has_a_line_of_the_file(folder: Path) -> None:
    (line,) = problems_in(folder, "id: other\ntitle: [")
    assert line.startswith("scenarios/other.yaml:2: yaml-unreadable: ")


def test_lines_are_counted_as_editors_count_them(folder: Path) -> None:
    """Text pasted from a word processor may hold a line separator; editors show one line there."""
    text = (
        other().replace("about: Nothing is", "about: Nothing\u2028 is").replace("kind: case", "kind: casse")
    )
    (line,) = problems_in(folder, text)
    assert line.startswith("scenarios/other.yaml:4: not-in-list: ")


# --- editions --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def edition_from(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Edition]]:
    """Load a scenario's text beside the base, and give its edition."""
    folder = lay_base(tmp_path_factory.mktemp("editions") / "content")

    def loaded(text: str) -> Edition:
        (folder / "scenarios/other.yaml").write_text(other(text), "utf-8")
        return load(folder).editions["other"]

    yield loaded


WITH_ALL = """\
id: good
title: A good story
about: It has all that a story can have.
kind: case
series: tests
role: school
minutes: 2
reviewed: 2026-01-05
variables:
  trust: {min: 0, max: 3, start: 2}
  sent: false
start: call
steps:
  call:
    say: The phone rings.
    choices:
      - id: send
        text: Send the file
        rule: tiny.consent
        lawful: false
        helps: false
        slip: over
        feedback: Nobody signed for that.
        cites: [tiny.consent]
        set: {sent: true}
        goto: gather
      - id: ask
        text: Ask for signed consent
        rule: tiny.consent
        lawful: true
        helps: true
        feedback: Now you may send it.
        add: {trust: 1}
        goto: gather
      - id: wait
        text: Let it ring
        when: {trust: {min: 2}}
        goto: gather
  gather:
    pick:
      prompt: What goes in?
      rule: tiny.consent
      items:
        - {id: times, text: The times, include: true, why: They need them.}
        - {id: health, text: The illness, include: false, why: Nobody asked.}
    outcomes:
      exact: {feedback: Just right., goto: later}
      over: {feedback: Too much., goto: later}
      under: {feedback: Too little., goto: later}
      mixed: {feedback: Neither., goto: later}
  later:
    say: Word got out.
    when: {sent: true}
    otherwise: end
    goto: end
  end:
    ending: end
    title: The end
    say: It is over.
"""


def test_the_same_words_have_the_same_hashes_however_they_are_laid_out(
    edition_from: Callable[[str], Edition],
) -> None:
    """Comments, blank lines, quotes and the order of keys say nothing to a learner."""
    head, steps = WITH_ALL.split("steps:\n")
    steps = "".join(reversed(re.split(r"(?m)^(?=  [a-z])", steps)))
    head = "\n# A remark.\n".join(reversed(re.split(r"(?m)^(?=[a-z])", head)))
    laid_out = f"steps:\n{steps}{head}".replace("say: Word got out.", 'say: "Word got out."')
    one, same = edition_from(WITH_ALL), edition_from(laid_out)
    assert (same.content, same.shape) == (one.content, one.shape)
    assert same == one


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("title: A good story", "title: A better story"),
        ("about: It has all", "about: It has nearly all"),
        ("minutes: 2", "minutes: 3"),
        ("reviewed: 2026-01-05", "reviewed: 2026-01-06"),
        ("say: The phone rings.", "say: The telephone rings."),
        ("text: Send the file", "text: Send the whole file"),
        ("feedback: Nobody signed for that.", "feedback: Nobody has signed."),
        ("cites: [tiny.consent]", "cites: [tiny.consent, tiny.emergency]"),
        ("prompt: What goes in?", "prompt: What belongs in it?"),
        ("text: The illness", "text: Her illness"),
        ("why: Nobody asked.", "why: Nobody has asked."),
        ("feedback: Too much.", "feedback: More than enough."),
        ("title: The end", "title: An end"),
    ],
)
def test_corrected_words_make_another_edition_of_the_same_shape(
    was: str, becomes: str, edition_from: Callable[[str], Edition]
) -> None:
    """Live runs get them at once."""
    assert was in WITH_ALL
    before, after = edition_from(WITH_ALL), edition_from(WITH_ALL.replace(was, becomes, 1))
    assert after.content != before.content
    assert after.shape == before.shape


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("        goto: gather\n      - id: ask", "        goto: later\n      - id: ask"),
        ("- id: send", "- id: mail"),
        ("  end:\n    ending: end", "  end:\n    ending: good"),
        ("start: call", "start: gather"),
        ("when: {trust: {min: 2}}", "when: {trust: {min: 1}}"),
        ("when: {trust: {min: 2}}", "when: {trust: {max: 2}}"),
        ("when: {trust: {min: 2}}", "when: {trust: 2}"),
        ("when: {sent: true}", "when: {sent: false}"),
        ("set: {sent: true}", "set: {sent: true, trust: 1}"),
        ("add: {trust: 1}", "add: {trust: 2}"),
        ("trust: {min: 0, max: 3, start: 2}", "trust: {min: 0, max: 3, start: 3}"),
        ("{id: health, text: The illness, include: false", "{id: illness, text: The illness, include: false"),
        ("exact: {feedback: Just right., goto: later}", "exact: {feedback: Just right., goto: end}"),
        ("slip: over", "slip: under"),
        ("lawful: false\n        helps: false", "lawful: false\n        helps: true"),
    ],
)
def test_another_goto_id_condition_or_change_makes_another_shape(
    was: str, becomes: str, edition_from: Callable[[str], Edition]
) -> None:
    """Live runs stay where they are."""
    assert was in WITH_ALL
    text = WITH_ALL.replace(was, becomes, 1)
    if becomes == "start: gather":  # nothing leads to the call any more
        text = WITH_ALL.replace("start: call", "start: hello").replace(
            "steps:\n", "steps:\n  hello: {say: Hello., goto: call}\n"
        )
    before, after = edition_from(WITH_ALL), edition_from(text)
    assert after.content != before.content
    assert after.shape != before.shape


def test_choices_in_another_order_make_another_shape() -> None:
    """Their letters change."""
    call = STORY.steps["call"]
    assert isinstance(call, ChoiceStep)
    turned = msgspec.structs.replace(call, choices=tuple(reversed(call.choices)))
    steps = {**STORY.steps, "call": turned}
    assert edition_of(msgspec.structs.replace(STORY, steps=steps)).shape != edition_of(STORY).shape


def test_content_is_the_same_in_whatever_order_its_files_are_named(folder: Path, tmp_path: Path) -> None:
    lay_base(folder)
    (folder / "scenarios/a.yaml").write_text(other())
    turned = lay_base(tmp_path / "turned")
    (turned / "scenarios/z.yaml").write_text(other())
    (turned / "laws/deep/er").mkdir(parents=True)
    (turned / "laws/tiny.yaml").rename(turned / "laws/deep/er/tiny.yaml")
    assert load(folder) == load(turned)


@pytest.mark.parametrize("scenario", [STORY, PIECE], ids=lambda scenario: str(scenario.id))
def test_an_edition_comes_back_from_the_store_as_it_was(scenario: Scenario) -> None:
    edition = edition_of(scenario)
    assert edition_from_bytes(edition_to_bytes(edition)) == edition
    assert edition_of(edition_from_bytes(edition_to_bytes(edition)).scenario) == edition


def test_every_shipped_edition_comes_back_from_the_store_as_it_was() -> None:
    for edition in load(ROOT).editions.values():
        assert edition_from_bytes(edition_to_bytes(edition)) == edition


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"scenario": 1}'])
def test_bytes_that_are_no_edition_are_refused(data: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        edition_from_bytes(data)


# --- how far a story still goes --------------------------------------------------------------


def story(ways: dict[str, list[str]]) -> Scenario:
    """A story of bare steps: each leads to the steps named; one that leads nowhere is an ending."""
    steps: dict[str, Step] = {}
    for id, gotos in ways.items():
        match gotos:
            case []:
                steps[id] = EndingStep(id=id, ending=id, title=id)
            case [goto]:
                steps[id] = SayStep(id=id, say=id, goto=goto)
            case _:
                choices = tuple(Choice(id=goto, text=goto, goto=goto) for goto in gotos)
                steps[id] = ChoiceStep(id=id, say=id, choices=choices)
    return msgspec.structs.replace(PIECE, start=next(iter(ways)), steps=steps)


@st.composite
def straight_stories(draw: st.DrawFn) -> dict[str, list[str]]:
    """Stories that never turn back: a step leads only to steps of higher number, the last is an ending."""
    count = draw(st.integers(1, 9))
    return {
        str(one): sorted(draw(st.sets(st.integers(one + 1, count - 1).map(str), min_size=1, max_size=3)))
        if one < count - 1 and draw(st.integers(0, 4))
        else []
        for one in range(count)
    }


@st.composite
def winding_stories(draw: st.DrawFn) -> dict[str, list[str]]:
    """Stories that may turn back, in any order of their steps; an ending can be reached from each."""
    count = draw(st.integers(1, 7))
    ways: dict[str, list[str]] = {str(count - 1): []}
    for one in range(count - 1):
        onward = draw(st.integers(one + 1, count - 1))
        others = draw(st.sets(st.integers(0, count - 1), max_size=2))
        ways[str(one)] = [str(goto) for goto in sorted({onward, *others})]
    return {id: ways[id] for id in draw(st.permutations(sorted(ways)))}


@st.composite
def endless_stories(draw: st.DrawFn) -> dict[str, list[str]]:
    """Stories that may turn back, also for ever."""
    count = draw(st.integers(1, 9))
    return {
        str(one): sorted(draw(st.sets(st.integers(0, count - 1).map(str), max_size=3)))
        for one in range(count)
    }


def spans(ways: dict[str, list[str]], here: str, passed: frozenset[str] = frozenset()) -> list[int]:
    """The lengths of all ways from a step to an ending that pass no step twice."""
    if not ways[here]:
        return [0]
    return [
        1 + span
        for goto in ways[here]
        if goto not in passed | {here}
        for span in spans(ways, goto, passed | {here})
    ]


@given(ways=straight_stories())
@settings(max_examples=200, deadline=None)
def test_steps_ahead_lie_midway_between_the_shortest_and_the_longest_way(ways: dict[str, list[str]]) -> None:
    ahead = steps_ahead(story(ways))
    for step in ways:
        lengths = spans(ways, step)
        assert ahead[step] == round((min(lengths) + max(lengths)) / 2)


def test_steps_ahead_count_down_to_zero_along_a_chain_of_any_length() -> None:
    """Longer than Python's stack is deep."""
    names = [f"s{number}" for number in range(5000)]
    ways = {name: [after] for name, after in pairwise(names)} | {names[-1]: []}
    assert list(steps_ahead(story(ways)).values()) == list(range(4999, -1, -1))


@given(ways=endless_stories())
@settings(max_examples=200, deadline=None)
def test_steps_ahead_end_on_stories_that_turn_back(ways: dict[str, list[str]]) -> None:
    ahead = steps_ahead(story(ways))
    assert ahead.keys() == ways.keys()
    for step, gotos in ways.items():
        assert 0 <= ahead[step] < len(ways)
        assert gotos or ahead[step] == 0


@given(ways=winding_stories())
@example(ways={"decision": ["again", "end"], "again": ["decision"], "end": []})
@settings(max_examples=200, deadline=None)
def test_steps_ahead_stay_between_shortest_and_longest_however_the_story_turns(
    ways: dict[str, list[str]],
) -> None:
    """Only an ending has none ahead: "Try again" leads back to a decision, and that is no ending."""
    ahead = steps_ahead(story(ways))
    for step in ways:
        lengths = spans(ways, step)
        assert min(lengths) <= ahead[step] <= max(lengths)


def test_steps_ahead_do_not_depend_on_the_order_in_which_steps_are_written() -> None:
    ways = {"decision": ["again", "end"], "again": ["decision"], "end": []}
    turned = dict(reversed(ways.items()))
    assert steps_ahead(story(ways)) == steps_ahead(story(turned))


def test_an_otherwise_stands_in_for_the_step_that_has_it() -> None:
    """A learner for whom `regret` does not hold goes from the pick straight to the good end."""
    ahead = steps_ahead(STORY)
    assert (ahead["good"], ahead["regret"], ahead["gather"]) == (0, 1, round((1 + 2) / 2))


def test_the_library_carries_how_far_each_step_is_from_an_ending() -> None:
    library: Library = load(ROOT)
    for edition in library.editions.values():
        assert edition.ahead == steps_ahead(edition.scenario)
        for step in edition.scenario.steps.values():
            assert (edition.ahead[step.id] == 0) == isinstance(step, EndingStep)
