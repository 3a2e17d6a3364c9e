"""One broken folder for each code, of problems and of advice, and `_base`, the smallest good content.

A broken folder holds only what differs: its files are laid over the base, a file of the same
name replaces it, and what `removed.txt` names is taken away. `expected.txt` holds the lines
that the check must print, without the mends, which come with the codes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.content.problems import ADVICE

HERE = Path(__file__).parent
BASE = HERE / "_base"
FOLDERS = sorted(folder.name for folder in HERE.iterdir() if folder.is_dir() and folder.name[0] != "_")
CODES = [code for code in FOLDERS if code not in ADVICE]
ADVICE_CODES = [code for code in FOLDERS if code in ADVICE]


def _too_large(folder: Path) -> None:
    (folder / "scenarios/broken.yaml").write_bytes(b"# a long comment\n".ljust(32, b"#") * (513 * 32))


def _unreadable_file(folder: Path) -> None:
    (folder / "scenarios/broken.yaml").symlink_to("gone.yaml")  # root may read all that is there


def _as_it_is(_: Path) -> None:
    """Most folders are kept as they are."""


# What is better made than kept in a repository.
_MADE: Mapping[str, Callable[[Path], None]] = {
    "too-large": _too_large,
    "unreadable-file": _unreadable_file,
}


def lay_base(folder: Path) -> Path:
    """Copy the base to a folder, and give the folder."""
    shutil.copytree(BASE, folder)
    return folder


def lay_broken(folder: Path, *codes: str) -> Path:
    """Copy the base to a folder, lay broken folders over it, and give the folder."""
    lay_base(folder)
    for code in codes:
        shutil.copytree(HERE / code, folder, dirs_exist_ok=True)
        _MADE.get(code, _as_it_is)(folder)
        (folder / "expected.txt").unlink()
        removed = folder / "removed.txt"
        if removed.exists():
            for name in removed.read_text("utf-8").split():
                (folder / name).unlink()
            removed.unlink()
    return folder


def expected_lines(code: str, folder: Path = Path("FOLDER")) -> list[str]:
    """Give what the check must print for a code's folder: `file:line: code: message`."""
    return (HERE / code / "expected.txt").read_text("utf-8").replace("FOLDER", str(folder)).splitlines()
