"""A scenario as a picture: its text in DOT (for Graphviz) and in Mermaid, and Graphviz to draw it.

What a choice is stands beside it in words, and the line that leaves it says it again by its
style. Nothing is told by colour.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from adapters.graph_dot import dot_of
from adapters.graph_mermaid import mermaid_of
from bot.model import Scenario

PATIENCE = 60  # seconds for Graphviz; a story of 200 decisions takes it under one


class DrawingError(Exception):
    """The picture cannot be made; the text says why and the mend."""


_NO_GRAPHVIZ = (
    "Graphviz draws .svg and .png, and it is not here. Do one of these:\n"
    "- pip install 'pygraphviz>=2', which brings it along;\n"
    "- install it for all: sudo apt install graphviz, brew install graphviz, winget install graphviz;\n"
    "- write a .mmd file in place of it, and paste what is in it into https://mermaid.live"
)

# Graphviz as the pygraphviz wheel ships it. It runs in a process of its own, as `dot` does: what it says
# beside the picture is then ours to show or not.
_BUNDLED = (
    "import sys, pygraphviz; graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode()); "
    "sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog='dot'))"
)


def draw(scenario: Scenario, path: Path) -> None:
    """
    Draw a scenario into a file; its ending says how: .svg and .png by Graphviz, .dot and .mmd as text.

    Raises:
        DrawingError: Graphviz is not here or fails, or the file cannot be written.
    """
    kind = path.suffix.lower()
    if kind == ".mmd":
        data = mermaid_of(scenario).encode()
    elif kind == ".dot":
        data = dot_of(scenario).encode()
    else:
        data = render(dot_of(scenario), kind.removeprefix("."), graphviz())
    try:
        path.write_bytes(data)
    except OSError as error:
        raise DrawingError(f"{path} cannot be written: {error.strerror}.") from error


def graphviz() -> tuple[str, ...]:
    """
    Find Graphviz: the system's own `dot`, else the one that the wheel of pygraphviz brings.

    Returns:
        The command that reads DOT and writes a picture, but for its last argument, the format.

    Raises:
        DrawingError: there is neither.
    """
    dot = shutil.which("dot")
    if dot is not None:
        return (dot, "-T")
    if importlib.util.find_spec("pygraphviz") is not None:
        return (sys.executable, "-P", "-c", _BUNDLED, "")
    raise DrawingError(_NO_GRAPHVIZ)


def render(dot: str, kind: str, command: tuple[str, ...]) -> bytes:
    """
    Have Graphviz draw a text in DOT.

    Raises:
        DrawingError: it fails, or is not done after a minute.
    """
    *start, last = command
    try:
        done = subprocess.run(  # noqa: S603  the program is Graphviz, its input is ours
            [*start, last + kind], input=dot.encode(), capture_output=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DrawingError(f"Graphviz did not draw it ({type(error).__name__}). {_INSTEAD}") from error
    if done.returncode or not done.stdout:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        raise DrawingError(f"Graphviz did not draw it: {told[-1] if told else 'no reason'}. {_INSTEAD}")
    return done.stdout


_INSTEAD = "Write a .mmd file in place of it, and paste what is in it into https://mermaid.live"
