"""Draws a plot as SVG: a panel for each of its figures, all over the same labels, each from zero."""

from collections.abc import Sequence
from html import escape

from benchmarks.report import Plot

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 60, 40, 40, 50
STEPS = 4

# Grey and blue are read on a light page and on a dark one.
STYLE = """
text { font: 12px sans-serif; fill: #808080 }
.title { font-size: 14px } .grid { stroke: #80808040 } .line { stroke: #3b82f6; fill: none; stroke-width: 2 }
circle { fill: #3b82f6 }
"""


def draw(plot: Plot) -> str:
    panels = "".join(
        f'<g transform="translate({number * WIDTH} 0)">{_panel(plot, name, figures)}</g>'
        for number, (name, figures) in enumerate(plot.panels)
    )
    width = WIDTH * len(plot.panels)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" role="img">'
    return f"{head}<title>{escape(plot.title)}</title><style>{STYLE}</style>{panels}</svg>\n"


def _panel(plot: Plot, name: str, figures: Sequence[float]) -> str:
    step = _round_up(max(figures) / STEPS)
    across = (WIDTH - LEFT - RIGHT) / max(1, len(figures) - 1)
    points = [(LEFT + n * across, _height(figure, step)) for n, figure in enumerate(figures)]
    parts = [_text(WIDTH / 2, 20, name, "title"), _text(WIDTH / 2, HEIGHT - 10, plot.across)]
    for n in range(STEPS + 1):
        y = _height(n * step, step)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.0f}H{WIDTH - RIGHT}"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{n * step:,g}", anchor="end"))
    parts += [
        _text(x, HEIGHT - BOTTOM + 18, label) for (x, _y), label in zip(points, plot.labels, strict=True)
    ]
    parts.append(f'<path class="line" d="M{"L".join(f"{x:.0f} {y:.0f}" for x, y in points)}"/>')
    parts += [f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3"/>' for x, y in points]
    return "".join(parts)


def _height(figure: float, step: float) -> float:
    return HEIGHT - BOTTOM - figure / (STEPS * step) * (HEIGHT - TOP - BOTTOM)


def _round_up(number: float) -> float:
    """To the next 1, 2 or 5 of its power of ten, so that the steps are numbers that people count in."""
    power = 1.0
    while power > number:
        power /= 10
    while power * 10 <= number:
        power *= 10
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= number)


def _text(x: float, y: float, text: str, kind: str = "", *, anchor: str = "middle") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
