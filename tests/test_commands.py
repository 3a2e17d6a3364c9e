"""The commands, as an operator and an author use them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.__main__ import main

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data, cache and current folder of nobody else."""
    for name in list(os.environ):
        if name.startswith("MAYSHARE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MAYSHARE_DATABASE", str(tmp_path / "a.db"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, input: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "adapters", *arguments],
        input=input,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_names_every_command_there_is_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    named = {line.split()[0] for line in said.splitlines() if line.startswith("    ") and line[4] != " "}
    assert named == {
        "run",
        "chat",
        "slack",
        "telegram",
        "ask",
        "laws",
        "check",
        "new",
        "test",
        "graph",
        "walk",
        "import",
        "report",
        "export",
        "erase",
    }


@pytest.mark.parametrize(
    "command", ["run", "chat", "check", "slack", "telegram", "test", "graph", "walk", "export", "erase"]
)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: mayshare {command}" in capsys.readouterr().out


def test_a_command_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sing"])
    assert ended.value.code == 2
    assert "invalid choice: 'sing'" in capsys.readouterr().err


def test_what_is_kept_can_be_printed_and_erased() -> None:
    run("chat", input="play michael-1\ngo on\nb d f\n")
    data = json.loads(run("export").stdout)
    assert [(answer["step"], answer["lawful"]) for answer in data["answers"]] == [("teachers", True)]
    asked = run("erase")
    assert asked.returncode == 2
    assert "add --yes" in asked.stderr
    assert run("erase", "--yes").stdout == "Erased.\n"
    assert run("erase", "--yes").stdout == "There was nothing to erase.\n"
    assert json.loads(run("export").stdout)["answers"] == []


def test_export_without_a_database_says_so() -> None:
    done = run("export")
    assert done.returncode == 1
    assert done.stderr.startswith("There is no database at ")


def test_a_wrong_setting_is_named_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAYSHARE_DATABASE", "oracle://db")
    done = run("chat")
    assert done.returncode == 1
    assert done.stderr == (
        "MAYSHARE_DATABASE begins with 'oracle://'. Give the path of an SQLite file instead.\n"
    )


def test_settings_are_read_from_a_file_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAYSHARE_DATABASE")
    (home / ".env").write_text(f"MAYSHARE_DATABASE={home / 'from-file.db'}\n")
    run("chat", input="quit\n")
    assert (home / "from-file.db").exists()


# --- transcripts -----------------------------------------------------------------------------


def transcript(folder: Path, text: str) -> Path:
    """A transcript in a file."""
    path = folder / "one.txt"
    path.write_text(text)
    return path


def test_a_transcript_that_holds_passes(home: Path) -> None:
    path = transcript(
        home, "# Hello.\nyou: learn\nbot: Short pieces\n     to   read (1 to 7 of 8):\n     ...\n"
    )
    done = run("test", str(path))
    assert done.stdout == "1 of 1 transcripts hold, in memory and saved and reloaded after every turn.\n"
    assert done.returncode == 0


def test_a_transcript_that_does_not_hold_is_shown_with_the_difference(home: Path) -> None:
    path = transcript(home, "you: learn\nbot: Long pieces to read:\n     ...\n")
    done = run("test", str(path))
    assert done.returncode == 1
    assert f"{path}:1: the tutor says something else." in done.stdout
    assert "  written:  Long pieces to read:" in done.stdout
    assert "  said:     Short pieces to read (1 to 7 of 8):" in done.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("bot: hello\n", "1: line 1: a transcript begins with a 'you:' line"),
        ("you: learn\nhello\n", "2: line 2: begin with 'you:', 'bot:', '#', or spaces to go on"),
        ("# nothing\n", "1: line 1: there is no 'you:' line in this transcript"),
        ("you: [Dance]\nbot: ...\n", "1: there is no button [Dance] to press here; there are: none"),
    ],
)
def test_a_transcript_that_cannot_be_read_is_told_where(home: Path, text: str, told: str) -> None:
    done = run("test", str(transcript(home, text)))
    assert done.returncode == 1
    assert told in done.stdout


def test_a_transcript_that_is_not_there_is_named() -> None:
    done = run("test", "nowhere.txt")
    assert (done.returncode, done.stderr) == (1, "There is no transcript at nowhere.txt.\n")


# --- installed -------------------------------------------------------------------------------


def test_an_installed_copy_has_its_content_inside_and_works_from_any_folder(home: Path) -> None:
    """`pip install .`, without the network: the build tool is among the test tools."""
    target = home / "installed"
    made = subprocess.run(
        [
            *[sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"],
            *["--disable-pip-version-check", "--target", str(target), str(ROOT)],
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    done = subprocess.run(
        [sys.executable, "-P", "-m", "adapters", "check"],
        env={**os.environ, "PYTHONPATH": str(target)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.startswith("No problems: "), done.stderr
    assert (target / "bot/shipped/scenarios/michael/michael-1.yaml").exists()
    assert (target / "bin/mayshare").exists()
