"""Bar charts, drawn into one picture: on a ground of their own, so that they are read in a dark Discord and in a light
one, and in letters that are read on a phone."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import as_file, files

from PIL import Image

WIDTH = 640
"""In pixels."""

_BAR_HEIGHT, _DAYS_HEIGHT, _AROUND = 48, 300, 84
_LABEL_LENGTH_MAX = 18
_GROUND, _INK, _FAINT, _COLOUR = "#2b2d31", "#f2f3f5", "#4e5058", "#f0882f"
_FONT = "DejaVu Sans"
_UNDRAWN = re.compile("[^\u0020-\u007e\u00a1-\u024f\u0370-\u052f\u2010-\u203a\u20ac]+")


@dataclass(frozen=True, slots=True)
class Bars:
    """What is beside each bar, and how long it is. Where `most` says how much the longest is, they stand, as days do;
    else each label says it."""

    title: str
    bars: Sequence[tuple[str, Decimal]]
    most: str | None = None


def drawn(charts: Sequence[Bars]) -> bytes:
    """A PNG. Takes some tenths of a second: call it in a thread."""
    with as_file(files("bot") / "fonts" / "dejavu-sans.ttf") as font:
        pictures = [Image.open(io.BytesIO(_png(_svg(chart), str(font)))) for chart in charts]
    picture = Image.new("RGB", (WIDTH, sum(one.height for one in pictures)), _GROUND)
    top = 0
    for one in pictures:
        picture.paste(one, (0, top))
        top += one.height
    file = io.BytesIO()
    # In few colours, as it has few.
    picture.quantize(32).save(file, "PNG", optimize=True)
    return file.getvalue()


def drawable(text: str) -> str:
    """What the letters that come with the bot can show of it, shortened; maybe nothing."""
    text = " ".join(_UNDRAWN.sub(" ", text).split())
    return text if len(text) <= _LABEL_LENGTH_MAX else f"{text[: _LABEL_LENGTH_MAX - 1]}…"


def _svg(chart: Bars) -> str:
    # It is needed where a chart is drawn alone.
    import pygal
    from pygal.style import Style

    style = Style(
        background=_GROUND,
        plot_background=_GROUND,
        foreground=_INK,
        foreground_strong=_INK,
        foreground_subtle=_FAINT,
        colors=(_COLOUR,),
        opacity="1",
        font_family=_FONT,
        title_font_size=32,
        label_font_size=27,
        major_label_font_size=27,
    )
    are_days = chart.most is not None
    # The first of what lies is drawn at the bottom.
    bars = list(chart.bars) if are_days else list(reversed(chart.bars))
    labels, values = [label for label, _value in bars], [float(value) for _label, value in bars]
    longest = max(values, default=0.0)
    plot = (pygal.Bar if are_days else pygal.HorizontalBar)(
        style=style,
        width=WIDTH,
        height=_DAYS_HEIGHT if are_days else _AROUND + _BAR_HEIGHT * len(bars),
        explicit_size=True,
        margin=16,
        title=chart.title,
        show_legend=False,
        js=[],
        x_labels=labels,
        x_labels_major=labels[4::5] if are_days else labels,
        show_minor_x_labels=not are_days,
        truncate_label=-1,
        y_labels=[{"value": longest, "label": chart.most}] if are_days else [],
        show_x_labels=are_days,
        show_y_guides=are_days,
        show_x_guides=False,
        range=(0, longest or 1.0),
        rounded_bars=4,
    )
    plot.add("", values)
    text: str = plot.render(is_unicode=True)
    return text


def _png(svg: str, font: str) -> bytes:
    import resvg_py

    return resvg_py.svg_to_bytes(
        svg_string=svg, font_files=[font], skip_system_fonts=True, font_family=_FONT, sans_serif_family=_FONT
    )
