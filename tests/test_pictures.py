"""Pictures of a team's week: whatever the chart, nothing is cut off, and none tells more than its words."""

from __future__ import annotations

import asyncio
import struct
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.pictures import EDGE, EMPTY, FIRST, FULL, INK, PAPER, QUIET, WIDTH, draw, figure_of
from bot.engine import drill_texts as texts
from bot.model import CellWord
from bot.replies import (
    Bar,
    Chart,
)
from bot.report import SHARES

ROOT = Path(__file__).parent.parent
pytest.importorskip("matplotlib")

SIZE_MAX = 200_000  # bytes of a picture
SAID = [f"{end} of those asked again" for end in SHARES]


@st.composite
def bars(draw: st.DrawFn) -> Bar:
    people = draw(st.integers(5, 10_000))
    right = draw(st.none() | st.integers(2, people - 2))
    word = draw(st.sampled_from(sorted(SHARES)))
    return Bar(
        label=draw(st.text(max_size=200) | st.sampled_from(["Signed consent", "Who may be told, and when"])),
        people=people,
        right=right,
        said=f"{word} of those asked again" if right is None else f"{right} of {people}",
        was=draw(st.sampled_from(["", "at first 4 of 10, on Monday, November 2"])),
        slips=tuple(
            draw(st.lists(st.tuples(st.sampled_from(sorted(texts.SLIPS.values())), st.integers(0, 99))))
        ),
        share=SHARES[word] if right is None else (right / people,) * 2,
        was_share=draw(st.none() | st.floats(0, 1)),
    )


def chart(*bars: Bar, title: str = "#school: right the first time", name: str = "week.png") -> Chart:
    return Chart(title, "Drill of Monday, November 30; 12 of 19 finished.", bars, "In words.", name)


charts = st.builds(
    Chart,
    title=st.text(max_size=300),
    subtitle=st.text(max_size=200),
    bars=st.lists(bars(), max_size=10).map(tuple),
    text=st.just("In words."),
    name=st.just("week.png"),
)
EXACT = Bar("Signed consent", 12, 7, "7 of 12", slips=(("shared too much", 4),), share=(7 / 12, 7 / 12))
NEARLY = Bar("No more than needed", 8, None, "nearly all of 8", share=SHARES["nearly all"])


def drawn(chart: Chart) -> tuple[tuple[int, int], list[Any], Any]:
    """The size of a picture, its texts, and what measures them."""
    figure = figure_of(chart)
    assert figure is not None
    canvas: Any = figure.canvas
    canvas.draw()
    return canvas.get_width_height(), list(figure.texts), canvas.get_renderer()


@given(charts)
@example(chart())
@example(chart(Bar("word" * 50, 8, None, "nearly all of 8", share=(0.8, 1.0), was_share=1.0)))
@example(chart(EXACT, title="Cost in $: $x_1$ & \\frac{1}{2} \N{CJK UNIFIED IDEOGRAPH-4E00}\N{DOG FACE}"))
@settings(max_examples=25, deadline=None)
def test_no_text_is_cut_off_and_none_lies_over_another(chart: Chart) -> None:
    (width, height), lines, renderer = drawn(chart)
    assert width == WIDTH
    boxes = [line.get_window_extent(renderer) for line in lines if line.get_text()]
    for box in boxes:
        assert box.x0 >= EDGE - 4
        assert box.x1 <= width - EDGE + 4
        assert 0 <= box.y0 < box.y1 <= height
    for upper, lower in pairwise(sorted(boxes, key=lambda box: -box.y0)):
        assert lower.y1 - upper.y0 <= 14, "lines of letters above and below the line may touch, no more"


@given(charts)
@settings(max_examples=8, deadline=None)
def test_a_picture_is_a_small_png_as_wide_as_a_phone(chart: Chart) -> None:
    png = draw(chart)
    assert png is not None
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">I", png[16:20]) == (WIDTH,)
    assert len(png) < SIZE_MAX


def test_the_words_are_on_it_the_title_the_figures_the_slips_and_what_they_are_of() -> None:
    was = "at first 4 of 10, on Monday, November 2"
    _, lines, _ = drawn(chart(Bar("A rule", 12, 7, "7 of 12", was, (("shared too much", 4),)), NEARLY))
    assert [line.get_text() for line in lines] == [
        "#school: right the first time",
        "Drill of Monday, November 30; 12 of 19 finished.",
        "A rule",
        "7 of 12",
        "4 shared too much",
        was,
        "No more than needed",
        "nearly all of 8",
        "Figures over five people or more. Striped: somewhere in that part.",
    ]


def test_the_same_chart_is_the_same_bytes_in_any_thread() -> None:
    async def drawn_twice() -> list[bytes | None]:
        return list(await asyncio.gather(*(asyncio.to_thread(draw, chart(EXACT, NEARLY)) for _ in range(4))))

    assert len({*asyncio.run(drawn_twice()), draw(chart(EXACT, NEARLY))}) == 1


def test_a_picture_says_nothing_of_when_and_by_what_it_was_made() -> None:
    png = draw(chart(EXACT))
    assert png is not None
    assert not [kind for kind in (b"tEXt", b"iTXt", b"zTXt", b"tIME", b"eXIf") if kind in png]


def patches(chart: Chart, colour: str) -> list[tuple[float, float]]:
    """From where to where, in shares of a bar, there is a box of a colour."""
    from matplotlib.colors import to_hex  # noqa: PLC0415

    figure: Any = figure_of(chart)
    assert figure is not None
    room = WIDTH - 2 * EDGE
    return [
        (round((one.get_x() * WIDTH - EDGE) / room, 3), round(one.get_width() * WIDTH / room, 3))
        for one in figure.artists
        if to_hex(one.get_facecolor()) == colour
    ]


def test_a_number_is_a_bar_of_its_length_and_a_word_is_one_whose_end_is_open() -> None:
    assert patches(chart(EXACT), FULL) == [(0.0, round(7 / 12, 3))]
    assert (0.8, 0.2) in patches(chart(NEARLY), PAPER)


@pytest.mark.parametrize("word", sorted(SHARES))
def test_a_word_is_drawn_the_same_whatever_stands_behind_it(word: CellWord) -> None:
    """Who measures the picture learns no more than who reads it."""
    drawn = {
        draw(chart(Bar("A rule", people, None, f"{word} of those asked again", share=SHARES[word])))
        for people in (0, 5, 19)
    }
    assert len(drawn) == 1


def test_the_first_time_is_a_thin_line_where_it_was_a_number() -> None:
    now = Bar("A rule", 12, 7, "7 of 12", share=(7 / 12,) * 2, was_share=0.5)
    assert [round(at, 2) for at, _ in patches(chart(now), FIRST)] == [0.5, 0.0]  # and in the key
    assert patches(chart(EXACT), FIRST) == []


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("one", "other"),
    [(INK, PAPER), (QUIET, PAPER), (PAPER, FULL), (FULL, EMPTY), (FIRST, PAPER), (FIRST, EMPTY)],
)
def test_words_bars_and_the_line_stand_out_in_greys_as_well(one: str, other: str) -> None:
    assert contrast(one, other) >= 4.5


def test_without_matplotlib_there_is_no_picture_and_nothing_breaks() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from adapters.pictures import draw\n"
        "from bot.replies import Chart\n"
        "print(draw(Chart('title', 'subtitle', (), 'text', 'name')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("None\n", "")


def test_matplotlib_is_not_loaded_until_a_picture_is_drawn() -> None:
    code = "import sys, adapters.pictures; print('matplotlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "False\n"
