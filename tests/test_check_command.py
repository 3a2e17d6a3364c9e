"""`mayshare check`, as an author uses it: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.__main__ import main
from bot.content.problems import MENDS
from tests.problems import BASE, CODES, expected_lines, lay_base, lay_broken

ROOT = Path(__file__).parent.parent
GOOD = "No problems: 1 scenario, 1 law, 2 provisions.\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, cache and current folder of nobody else."""
    for name in list(os.environ):
        if name.startswith("MAYSHARE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


@pytest.fixture
def folder(home: Path) -> Path:
    """Where a test makes its content folder."""
    return home / "content"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "adapters", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def printed(code: str, folder: Path = Path("FOLDER")) -> str:
    """What the check prints of a code's folder: each line, and its mend below it."""
    return "".join(f"{line}\n    {MENDS[code]}\n" for line in expected_lines(code, folder))


def counted(number: int) -> str:
    """The last line of the check."""
    return f"\n{number} problem{'s' if number > 1 else ''}.\n"


# --- a good folder ---------------------------------------------------------------------------


def test_a_good_folder_is_counted_and_ends_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(lay_base(folder))]) == 0
    assert capsys.readouterr() == (GOOD, "")


def test_a_second_run_reads_the_cache_and_says_the_same(
    folder: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_base(folder)
    for _ in range(2):
        assert main(["check", str(folder)]) == 0
        assert capsys.readouterr().out == GOOD
    assert [path.name for path in (home / "cache/mayshare").iterdir()] == ["content.bin"]


def test_without_a_folder_what_is_shipped_is_checked() -> None:
    done = run("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No problems: ")


def test_without_a_folder_that_of_the_settings_is_checked(folder: Path) -> None:
    done = run("check", MAYSHARE_CONTENT=str(lay_base(folder)))
    assert (done.returncode, done.stdout, done.stderr) == (0, GOOD, "")


def test_a_folder_on_the_command_line_comes_before_that_of_the_settings(folder: Path) -> None:
    done = run("check", str(lay_base(folder)), MAYSHARE_CONTENT=str(ROOT))
    assert done.stdout == GOOD


def test_a_folder_may_be_named_from_where_one_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(lay_broken(folder, "unknown-role"))
    assert main(["check", "."]) == 1
    assert capsys.readouterr().out == printed("unknown-role") + counted(1)


def test_a_cache_that_cannot_be_written_does_not_matter(home: Path, folder: Path) -> None:
    (home / "cache").write_text("a file in its way")
    done = run("check", str(lay_base(folder)))
    assert (done.returncode, done.stdout, done.stderr) == (0, GOOD, "")


# --- a broken folder -------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
def test_each_problem_is_printed_with_its_place_and_its_mend(
    code: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(lay_broken(folder, code))]) == 1
    assert capsys.readouterr() == (printed(code, folder) + counted(len(expected_lines(code))), "")


def test_all_problems_of_all_files_are_printed_in_one_run(folder: Path) -> None:
    codes = ("not-a-citation", "bad-phrase", "unknown-role", "duplicate-id")  # in the order of their files
    done = run("check", str(lay_broken(folder, *codes)))
    number = sum(len(expected_lines(code)) for code in codes)
    assert done.stdout == "".join(map(printed, codes)) + counted(number)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_mended_folder_is_good_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_broken(folder, "bad-phrase")
    assert main(["check", str(folder)]) == 1
    shutil.copytree(BASE / "laws", folder / "laws", dirs_exist_ok=True)
    capsys.readouterr()
    assert main(["check", str(folder)]) == 0
    assert capsys.readouterr().out == GOOD


def test_a_word_that_the_output_cannot_show_is_written_another_way(folder: Path) -> None:
    """On Windows a pipe has the 256 characters of the code page."""
    text = (BASE / "scenarios/good.yaml").read_text("utf-8").replace("goto: end", "goto: \u8a71", 1)
    (lay_base(folder) / "scenarios/good.yaml").write_text(text, "utf-8")
    done = run("check", str(folder), PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "scenarios/good.yaml:17: dangling-goto: " in done.stdout
    assert "Traceback" not in done.stderr


def test_a_file_name_of_another_encoding_is_no_crash(folder: Path) -> None:
    path = lay_base(folder) / os.fsdecode(b"scenarios/caf\xe9.yaml")
    path.write_text("id: cafe\n")
    done = run("check", str(folder), PYTHONIOENCODING="utf-8")
    assert done.returncode == 1
    assert "missing-key" in done.stdout
    assert "Traceback" not in done.stderr


# --- JSON ------------------------------------------------------------------------------------


def test_json_of_a_good_folder_is_an_empty_list(folder: Path) -> None:
    done = run("check", "--json", str(lay_base(folder)))
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, [], "")


def test_json_of_a_broken_folder_has_every_problem_with_all_its_parts(folder: Path) -> None:
    """An editor reads it."""
    done = run("check", "--json", str(lay_broken(folder, "unknown-role", "unknown-facet")))
    assert (done.returncode, done.stderr) == (1, "")
    problems = json.loads(done.stdout)
    assert problems[-1] == {
        "file": "scenarios/broken.yaml",
        "line": 5,
        "code": "unknown-role",
        "message": "There is no role 'baker'.",
        "mend": MENDS["unknown-role"],
    }
    assert [problem["line"] for problem in problems] == [14, 15, 5]


@pytest.mark.parametrize("code", CODES)
def test_json_says_what_the_text_says(code: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(lay_broken(folder, code)), "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)
    assert ["{file}:{line}: {code}: {message}\n    {mend}".format_map(problem) for problem in problems] == [
        f"{line}\n    {MENDS[code]}" for line in expected_lines(code, folder)
    ]


# --- no folder -------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_named_with_the_mend(home: Path) -> None:
    done = run("check", "nowhere")
    assert done.returncode == 1
    assert "nowhere holds no scenarios/ and no laws/." in done.stdout
    assert MENDS["no-content"] in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_file_in_the_place_of_the_folder_is_named(home: Path) -> None:
    """An author may name the scenario instead of the folder it is in."""
    (home / "here/story.yaml").write_text("id: story\n")
    done = run("check", "story.yaml")
    assert done.returncode == 1
    assert "story.yaml holds no scenarios/ and no laws/." in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_an_empty_folder_is_named_in_json_too(home: Path) -> None:
    done = run("check", "--json", str(home / "here"))
    assert done.returncode == 1
    assert {problem["code"] for problem in json.loads(done.stdout)} == {"no-content"}


@pytest.mark.parametrize("name", ["nowhere", "story.yaml"])
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
def test_a_wrong_setting_is_named_with_the_mend(name: str, more: tuple[str, ...], home: Path) -> None:
    (home / "here/story.yaml").write_text("id: story\n")
    done = run("check", *more, MAYSHARE_CONTENT=name)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"MAYSHARE_CONTENT names {name!r}, which is no folder. Name one that holds scenarios/ and laws/, "
        "or leave it unset for what Mayshare ships.\n"
    )


def test_a_setting_that_names_a_folder_without_content_is_told(home: Path) -> None:
    done = run("check", MAYSHARE_CONTENT=str(home / "here"))
    assert done.returncode == 1
    assert f"{home / 'here'} holds no scenarios/ and no laws/." in done.stdout
    assert "MAYSHARE_CONTENT" in done.stdout
    assert "Traceback" not in done.stderr


def test_an_option_that_does_not_exist_ends_with_usage(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", "--xml"])
    assert ended.value.code == 2
    assert "usage: mayshare" in capsys.readouterr().err
