"""Draws a plot as SVG."""

from collections.abc import Sequence
from pathlib import Path

import pygal

from benchmarks.report import Plot


def draw(plot: Plot, path: Path) -> None:
    """Without scripts, which a page that shows it would not run."""
    chart = pygal.Line(
        title=plot.title,
        x_title=plot.across,
        legend_at_bottom=True,
        show_y_guides=False,
        range=(0, _ceiling(plot.left[1])),
        secondary_range=(0, _ceiling(plot.right[1])),
        width=720,
        height=400,
        js=(),
    )
    chart.x_labels = plot.labels
    chart.add(*plot.left)
    chart.add(*plot.right, secondary=True)
    chart.render_to_file(str(path))


def _ceiling(figures: Sequence[float]) -> float:
    return max(figures) * 1.2
