"""The tutor in a terminal, as a person uses it: the real command, in a pseudo-terminal and through pipes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

MAYSHARE = [sys.executable, "-m", "adapters"]
ROOT = Path(__file__).parent.parent

# The story's outline: one way to each ending, as a person types it.
PATHS = {
    "A chair that is his": ["go on", "b d f", "a", "b", "c", "go on", "a", "go on", "go on", "b", "a c d f"],
    "A door that closed": [
        *["go on", "a b c d e f", "a", "b", "c", "a", "go on", "c", "go on", "go on", "c"],
        "a b c d f g",
    ],
    "Four true pieces": [
        *["go on", "b", "go on", "c", "a", "b", "go on", "b", "go on", "go on", "a", "go on"],
        "a c",
    ],
    "Most of a week": ["go on", "b d f", "a", "b", "c", "go on", "b", "go on", "go on", "b", "a c d f"],
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment of its own: data, cache and settings of nobody else."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MAYSHARE_", "XDG_"))}
    yield {
        **kept,
        "HOME": str(tmp_path),
        "MAYSHARE_DATABASE": str(tmp_path / "chat.db"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm",
    }


def piped(home: dict[str, str], *lines: str) -> str:
    """What `mayshare chat` writes when lines are piped into it."""
    done = subprocess.run(
        [*MAYSHARE, "chat"],
        input="".join(f"{line}\n" for line in lines),
        env=home,
        cwd=home["HOME"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


class Seat:
    """Someone at a real (pseudo-)terminal."""

    def __init__(self, home: dict[str, str], columns: int = 100) -> None:
        self.child = pexpect.spawn(
            MAYSHARE[0],
            [*MAYSHARE[1:], "chat"],
            env={**home, "PROMPT_TOOLKIT_NO_CPR": "1"},
            cwd=home["HOME"],
            dimensions=(40, columns),
            encoding="utf-8",
            timeout=30,
        )

    def sees(self, *texts: str) -> str:
        """Wait until the texts have appeared, in order, then until the tutor asks; give what was shown."""
        shown = ""
        for text in texts:
            self.child.expect_exact(text)
            shown += f"{self.child.before}{text}"
        self.child.expect(r"\x1b\[0m>")
        return shown

    def types(self, line: str) -> None:
        """Type a line and press Enter."""
        self.child.send(f"{line}\r")

    def ends(self) -> None:
        """Wait for the end, which must be clean."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        assert self.child.exitstatus == 0


@pytest.mark.parametrize("ending", PATHS)
def test_the_activity_is_played_to_each_ending_through_a_pipe(home: dict[str, str], ending: str) -> None:
    said = piped(home, "play michael-1", *PATHS[ending], "quit")
    assert f"\n{ending}\n" in said
    assert "Helpful: " in said
    assert said.rstrip().endswith("Goodbye. Where you are is kept.")


@pytest.mark.parametrize("ending", PATHS)
def test_the_activity_is_played_to_each_ending_in_a_terminal(home: dict[str, str], ending: str) -> None:
    seat = Seat(home)
    seat.sees("may I share this?", "The empty chair (11 min)")
    seat.types("1")
    seat.sees("step 1 of about")
    *lines, last = PATHS[ending]
    for line in lines:
        seat.types("" if line == "go on" else line)  # Enter goes on
        seat.sees("The empty chair (step")
    seat.types(last)
    seat.sees(ending, "Helpful: ", "Menu")
    seat.types("quit")
    seat.child.expect_exact("Where you are is kept.")
    seat.ends()


@pytest.mark.parametrize("leave", ["\x03", "\x04"], ids=["Ctrl-C", "end of input"])
def test_leaving_is_clean_and_the_next_start_resumes_at_the_very_step(
    home: dict[str, str], leave: str
) -> None:
    seat = Seat(home)
    seat.sees("All I can do")
    seat.types("play michael-1")
    seat.sees("step 1 of about")
    seat.types("go on")
    seat.sees("What goes into your note to all six?")
    seat.child.send(leave)
    seat.child.expect_exact("Where you are is kept.")
    seat.ends()
    again = Seat(home)
    again.sees("Welcome back.", "step 2 of about", "What goes into your note to all six?")
    again.types("quit")
    again.ends()


def test_a_killed_terminal_loses_nothing(home: dict[str, str]) -> None:
    seat = Seat(home)
    seat.sees("All I can do")
    seat.types("play michael-1")
    seat.sees("step 1 of about")
    seat.types("go on")
    seat.sees("What goes into your note to all six?")
    seat.child.kill(9)
    seat.child.wait()
    assert "step 2 of about" in piped(home, "quit")


def test_a_narrow_terminal_wraps_at_words(home: dict[str, str]) -> None:
    seat = Seat(home, columns=40)
    shown = seat.sees("All I can do")
    lines = [re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line).rstrip() for line in shown.splitlines()]
    assert max(map(len, lines)) <= 40
    seat.types("quit")
    seat.ends()


def test_a_question_in_the_middle_leads_back_to_the_very_step(home: dict[str, str]) -> None:
    seat = Seat(home)
    seat.sees("All I can do")
    seat.types("play michael-1")
    seat.sees("step 1 of about")
    seat.types("")
    seat.sees("What goes into your note to all six?")
    seat.types("what must a consent say before a school sends records?")
    seat.sees("FERPA:", "Where it stands:", "Back to the story")
    seat.types("back to the story")
    seat.sees("step 2 of about", "What goes into your note to all six?")
    seat.types("quit")
    seat.ends()


def test_a_number_at_a_step_is_its_letter_and_never_a_hidden_button(home: dict[str, str]) -> None:
    said = piped(home, "play michael-1", "1", "go on", "2 4 6")
    assert "There is nothing to choose here." in said
    assert "Lawful, and it helps: just what is needed." in said


def test_nothing_typed_is_remembered_in_any_file(home: dict[str, str]) -> None:
    seat = Seat(home)
    seat.sees("All I can do")
    seat.types("Zyxwvut told me, may I share it with a parent?")
    seat.sees("Menu")
    seat.types("quit")
    seat.ends()
    for path in Path(home["HOME"]).rglob("*"):
        assert not path.is_file() or b"Zyxwvut" not in path.read_bytes(), path


def test_one_takes_ones_data_away_and_erases_it(home: dict[str, str]) -> None:
    said = piped(home, "play michael-1", "go on", "b d f", "my data", "take it away", "erase everything")
    assert "- answers: 1" in said
    saved = Path(home["HOME"]) / "mayshare-my-data.json"
    assert f"Saved as {saved}" in said
    data = json.loads(saved.read_text())
    assert [answer["chose"] for answer in data["answers"]] == [["wake", "late-work", "snack"]] or data[
        "answers"
    ]
    assert "Everything kept about you is erased" in said
    assert "- answers: 0" in piped(home, "my data")


def test_input_that_ends_without_quit_leaves_cleanly(home: dict[str, str]) -> None:
    assert piped(home).rstrip().endswith("Goodbye. Where you are is kept.")


def test_a_second_chat_on_the_same_database_is_told_why_it_must_wait(home: dict[str, str]) -> None:
    seat = Seat(home)
    seat.sees("All I can do")
    second = subprocess.run(
        [*MAYSHARE, "chat"],
        env=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    waiting, told = second.stderr.splitlines()
    assert "Waiting up to 10 seconds for it to stop" in waiting
    assert told.startswith("Another Mayshare is running on the database")
    assert "Traceback" not in second.stderr
    seat.types("quit")
    seat.ends()


def test_a_damaged_database_is_named_in_a_line_and_left(home: dict[str, str]) -> None:
    Path(home["MAYSHARE_DATABASE"]).write_bytes(b"no database " * 500)
    done = subprocess.run(
        [*MAYSHARE, "chat"], env=home, input="", capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "is damaged, or is no database of ours" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_byte_that_is_no_text_does_not_hang_or_end_the_conversation(home: dict[str, str]) -> None:
    done = subprocess.run(
        [*MAYSHARE, "chat"],
        input=b"help\n\xff\nquit\n",
        env={**home, "PYTHONIOENCODING": "utf-8:strict"},
        cwd=home["HOME"],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.decode().rstrip().endswith("Goodbye. Where you are is kept.")


def test_a_place_where_no_file_can_be_written_is_named_and_the_talk_goes_on(home: dict[str, str]) -> None:
    done = subprocess.run(
        [*MAYSHARE, "chat"],
        input="my data export\nhelp\nquit\n",
        env=home,
        cwd="/proc" if Path("/proc").exists() else "/dev",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert "No file can be written in" in done.stdout
    assert "Words you can type:" in done.stdout
