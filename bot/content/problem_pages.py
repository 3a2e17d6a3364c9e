"""`docs/problems.md`: every code with its meaning, an example that fails, and the mend (`make docs`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.content.problems import ADVICE, PROBLEMS, Code

AROUND = 3  # lines shown before and after the one that is meant
WIDTH = 100  # letters shown of a line

_PLACE = re.compile(r"(?P<file>[^:]+):(?P<line>\d+): [a-z0-9-]+: .+")

_INTRODUCTION = """\
# What `mayshare check` says

Each problem and each piece of advice has a code. Here is what it means, an example with what the check says
of it, and the mend. A code never changes its meaning.

Problems keep content from being served, and the check ends with exit code 1. [Advice](#advice-on-style) does
not: it is printed after the problems and ends well, unless you ask for `mayshare check --strict`.

This page is made from `bot/content/problems.py` and `tests/problems/` by `make docs`; do not edit it.
"""

_ADVICE = """\
Content with advice alone is served as it is. `mayshare check --json` marks advice with `"advice": true`.
"""


def problem_page(examples: Path) -> str:
    """
    Make the page.

    Args:
        examples: holds a folder for each code, with the files that differ from content without problems,
            and in `expected.txt` what the check says of them.

    Returns:
        Markdown, with a line end at its end.
    """
    parts = [_INTRODUCTION]
    for title, codes in PROBLEMS.items():
        parts += [f"## {title}\n", *_sections(codes, examples)]
    parts += ["## Advice on style\n", _ADVICE, *_sections(ADVICE, examples)]
    return "\n".join(parts)


def _sections(codes: Mapping[str, Code], examples: Path) -> Iterator[str]:
    for code, about in codes.items():
        said = (examples / code / "expected.txt").read_text("utf-8").splitlines()[0]
        yield f"### {code}\n\n{about.means}\n"
        yield "\n".join(("```text", *_excerpt(examples / code, said), said, "```\n"))
        yield f"**Mend:** {about.mend}\n"


def _excerpt(folder: Path, said: str) -> list[str]:
    """Give the lines of an example around the one that is meant, if the file is kept in the folder."""
    place = _PLACE.match(said)
    if place is None or not (folder / place["file"]).is_file():
        return []
    meant = int(place["line"])
    lines = (folder / place["file"]).read_text("utf-8", errors="replace").splitlines()
    shown = range(max(1, meant - AROUND), min(len(lines), meant + AROUND) + 1)
    excerpt = [f"{'>' if at == meant else ' '}{at:3} | {_short(lines[at - 1])}".rstrip() for at in shown]
    return [*excerpt, ""]


def _short(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


if __name__ == "__main__":  # make docs
    ROOT = Path(__file__).parent.parent.parent
    (ROOT / "docs/problems.md").write_text(problem_page(ROOT / "tests/problems"), encoding="utf-8")
