"""
A team's week as a picture: a bar for each rule, which a supervisor reads on a phone in two seconds.

Nothing hangs on colour: what is known is a full bar with the words on it, what may not be told as a
number is a striped one from where to where it may lie, and the first time is a thin line. Drawn by
matplotlib, without its global state, so that it can run in any thread; where that is not installed
there is no picture, and the results come as text.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.engine import drill_texts as texts
from bot.replies import (
    Bar,
    Chart,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 1080  # pixels: a phone's whole width
DPI = 100
EDGE = 48  # pixels left free at each side
LABEL_LINES, TITLE_LINES, SLIP_LINES = 3, 3, 3  # a text that is longer ends in three dots
TITLE_SIZE, LABEL_SIZE, TEXT_SIZE = 40, 30, 26  # pixels
UNKNOWN = "?"  # for what the font has not
LEADING = 1.3  # height of a line, in sizes
BAR = 58  # pixels
PAPER, INK, QUIET = "#ffffff", "#1a1a1a", "#4a4a4a"  # 17:1 and 8:1 against the paper
FULL, EMPTY, FIRST = "#1f5a96", "#e3e7eb", "#a63f08"  # 7:1, 1.2:1 and 6.6:1; on FULL words are white
COLOURS = 64  # in the file: five, and their edges
FONT = "DejaVu Sans"  # ships with matplotlib


def draw(chart: Chart) -> bytes | None:
    """
    Draw a chart.

    Args:
        chart: with a bar for each rule, ten at most.

    Returns:
        A PNG, `WIDTH` pixels wide, the same bytes for the same chart; None where there is no matplotlib.
    """
    figure = figure_of(chart)
    if figure is None:
        return None
    return _png(figure)


def _png(figure: Figure) -> bytes:
    """Write a figure as a small PNG: few colours, and nothing of when or by what it was made."""
    from PIL import Image  # noqa: PLC0415  it comes with matplotlib

    canvas: Any = figure.canvas
    canvas.draw()
    size = canvas.get_width_height()
    image = Image.frombytes("RGBA", size, bytes(canvas.buffer_rgba())).convert("RGB")
    out = io.BytesIO()
    image.quantize(COLOURS, kmeans=1).save(out, format="PNG", optimize=True)
    return out.getvalue()


def figure_of(chart: Chart) -> Figure | None:
    """Lay a chart out, in pixels from the top; None where there is no matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        return None
    figure = Figure(facecolor=PAPER, dpi=DPI)
    FigureCanvasAgg(figure)
    page = _Page(figure)
    page.draw(chart)
    return figure


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle to fill, in pixels from the top left."""

    x: float
    top: float
    width: float
    height: float
    style: dict[str, Any]


class _Page:
    """What is put on a picture, from top to bottom; its height is known at the end."""

    def __init__(self, figure: Figure) -> None:
        from matplotlib.font_manager import findfont, get_font  # noqa: PLC0415

        self._figure = figure
        canvas: Any = figure.canvas
        self._renderer = canvas.get_renderer()
        self._font = get_font(findfont(FONT))
        self._top = float(EDGE)
        self._boxes: list[_Box] = []
        self._texts: list[tuple[float, float, str, dict[str, Any]]] = []

    def draw(self, chart: Chart) -> None:
        """Put all of a chart down, then give the figure its height."""
        self._write(chart.title, TITLE_SIZE, TITLE_LINES, weight="bold")
        self._top += 6
        self._write(chart.subtitle, TEXT_SIZE, TITLE_LINES, color=QUIET)
        for bar in chart.bars:
            self._top += 30
            self._draw_bar(bar)
        self._top += 34
        if any(bar.was_share is not None for bar in chart.bars):
            self._draw_key()
        striped = any(bar.share[0] < bar.share[1] for bar in chart.bars)
        foot = f"{texts.CHART_FOOT} {texts.CHART_STRIPED}" if striped else texts.CHART_FOOT
        self._write(foot, TEXT_SIZE, TITLE_LINES, color=QUIET)
        self._finish(self._top + EDGE - 12)

    def _draw_bar(self, bar: Bar) -> None:
        self._write(bar.label, LABEL_SIZE, LABEL_LINES)
        self._top += 6
        low, high = (max(0.0, min(1.0, one)) for one in bar.share)
        room = WIDTH - 2 * EDGE
        self._box(0, room, facecolor=EMPTY)
        if high > low:
            if low > 0:
                self._box(0, low * room, facecolor=FULL)
            style: dict[str, Any] = {"facecolor": PAPER, "edgecolor": FULL, "hatch": "//", "linewidth": 2.0}
            self._box(low * room, (high - low) * room, **style)
        elif low > 0:
            self._box(0, low * room, facecolor=FULL)
        if bar.was_share is not None:
            at = max(0.0, min(1.0, bar.was_share)) * room
            self._box(at - 5, 10, above=9, facecolor=PAPER)
            self._box(at - 3, 6, above=9, facecolor=FIRST)
        self._say_on(bar, low if high <= low else 0.0, room)
        self._top += BAR + 12
        below = [f"{count or texts.SOME} {slip}" for slip, count in bar.slips]
        if below:
            self._write(", ".join(below), TEXT_SIZE, SLIP_LINES, color=QUIET)
        if bar.was:
            self._write(bar.was, TEXT_SIZE, SLIP_LINES, color=QUIET)

    def _say_on(self, bar: Bar, share: float, room: float) -> None:
        """Write on a bar how many: in it where there is room, else beside it."""
        (said,) = self._lines(bar.said, LABEL_SIZE, 1, room - 40, weight="bold")
        width = self._width(said, LABEL_SIZE, weight="bold")
        x, color = EDGE + 18.0, PAPER
        first = EDGE + bar.was_share * room if bar.was_share is not None else 0.0
        if x - 14 < first < x + width + 14:
            x = first + 24  # beside the line of the first time
        if x + width + 18 > EDGE + share * room:
            x, color = EDGE + share * room + 18, INK
            if x - 14 < first < x + width + 14 and first + width + 34 <= WIDTH - EDGE:
                x = first + 24
            x = min(x, WIDTH - EDGE - width - 10)
            self._boxes.append(
                _Box(x - 10, self._top + 7, width + 20, BAR - 14, {"facecolor": PAPER, "linewidth": 0})
            )
        middle = self._top + BAR / 2
        style = {"color": color, "weight": "bold", "va": "center_baseline", "fontsize": _points(LABEL_SIZE)}
        self._texts.append((x, middle, said, style))

    def _draw_key(self) -> None:
        """Say what the thin line is."""
        top = self._top
        self._boxes.append(_Box(EDGE, top - 1, 6, TEXT_SIZE + 2, {"facecolor": FIRST, "linewidth": 0}))
        self._write(texts.CHART_FIRST, TEXT_SIZE, 1, color=QUIET, indent=22)
        self._top += 6

    def _box(self, x: float, width: float, *, above: float = 0, **style: Any) -> None:
        """Put a part of a bar down; `above`: how far it reaches over it, at both sides."""
        self._boxes.append(
            _Box(EDGE + x, self._top - above, width, BAR + 2 * above, {"linewidth": 0, **style})
        )

    def _write(self, text: str, size: int, most: int, *, indent: float = 0, **style: Any) -> None:
        """Write a text in lines that fit, `most` at most."""
        weight = style.get("weight", "normal")
        for line in self._lines(text, size, most, WIDTH - 2 * EDGE - indent, weight=weight):
            drawn = {"color": INK, "va": "top", "fontsize": _points(size), **style}
            self._texts.append((EDGE + indent, self._top, line, drawn))
            self._top += size * LEADING

    def _lines(self, text: str, size: int, most: int, room: float, *, weight: str) -> list[str]:
        """Cut a text into lines no wider than the room; what does not fit in them ends in three dots."""
        plain = " ".join("".join(map(self._known, text)).split())
        lines = list(self._wrapped(plain, size, room, weight))
        if len(lines) <= most:
            return lines or [""]
        last = lines[most - 1]
        while last and self._width(f"{last} ...", size, weight) > room:
            last = last[:-1].rstrip()
        return [*lines[: most - 1], f"{last} ..."]

    def _wrapped(self, text: str, size: int, room: float, weight: str) -> Iterator[str]:
        """Break a text between words, and a word that is wider than a line within it."""
        line = ""
        for word in text.split():
            for part in self._parts(word, size, room, weight):
                longer = f"{line} {part}".strip()
                if line and self._width(longer, size, weight) > room:
                    yield line
                    line = part
                else:
                    line = longer
        if line:
            yield line

    def _parts(self, word: str, size: int, room: float, weight: str) -> Iterator[str]:
        while self._width(word, size, weight) > room:
            ends = range(1, len(word))
            fits = max(1, bisect_right(ends, room, key=lambda end: self._width(word[:end], size, weight)))
            yield word[:fits]
            word = word[fits:]
        yield word

    def _known(self, letter: str) -> str:
        """Give a letter as the font has it: none that it would draw as an empty box."""
        if letter.isspace():
            return " "
        is_drawn = letter.isprintable() and self._font.get_char_index(ord(letter))
        return letter if is_drawn else UNKNOWN

    def _width(self, text: str, size: int, weight: str) -> float:
        """Measure a text, in pixels."""
        from matplotlib.font_manager import FontProperties  # noqa: PLC0415

        font = FontProperties(family=FONT, size=_points(size), weight=weight)
        width, _, _ = self._renderer.get_text_width_height_descent(text, font, ismath=False)
        return float(width)

    def _finish(self, height: float) -> None:
        from matplotlib.patches import Rectangle  # noqa: PLC0415

        tall = round(height)
        self._figure.set_size_inches(WIDTH / DPI, tall / DPI)
        for box in self._boxes:
            corner = (box.x / WIDTH, 1 - (box.top + box.height) / tall)
            size = (box.width / WIDTH, box.height / tall)
            self._figure.add_artist(Rectangle(corner, *size, transform=self._figure.transFigure, **box.style))
        for x, top, text, style in self._texts:
            self._figure.text(x / WIDTH, 1 - top / tall, text, family=FONT, parse_math=False, **style)


def _points(pixels: float) -> float:
    return pixels * 72 / DPI
