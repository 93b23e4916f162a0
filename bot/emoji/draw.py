"""`python -m bot.emoji.draw` draws the signs that move, as files beside this one: GIFs, which every client of Discord
shows, in colours that are seen on dark and on light."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

DIRECTORY = Path(__file__).parent
SIDE = 128  # of the emoji, which Discord shows at 22 pixels and more
_FINER = 4  # is drawn so much larger and scaled down, for smooth edges
_AMBER, _ORANGE, _GREEN, _GREY = "#f0a030", "#f0882f", "#3ba55d", "#8a94a6"


class _Scaled:
    """Lines and shapes on a square whose side is 1."""

    def __init__(self, image: Image.Image) -> None:
        self._draw, self._side = ImageDraw.Draw(image), image.width

    def polygon(self, points: list[tuple[float, float]], colour: str) -> None:
        self._draw.polygon([(x * self._side, y * self._side) for x, y in points], colour)

    def line(self, points: list[tuple[float, float]], colour: str, width: float) -> None:
        scaled = [(x * self._side, y * self._side) for x, y in points]
        self._draw.line(scaled, colour, round(width * self._side), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, colour)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        left, top, right, bottom = (
            one * self._side for one in (x - radius, y - radius, x + radius, y + radius)
        )
        self._draw.ellipse((left, top, right, bottom), colour)

    def arc(self, start: float, end: float, colour: str, width: float) -> None:
        inset = 0.08 * self._side
        box = (inset, inset, self._side - inset, self._side - inset)
        self._draw.arc(box, start, end, colour, round(width * self._side))


def waiting(time: float) -> Image.Image:
    """An hourglass that runs out, and is turned. `time` is from 0 to 1, here and below."""
    run = min(1.0, time / 0.75)
    image = _blank()
    glass = _Scaled(image)
    left, right, top, bottom, middle = 0.24, 0.76, 0.13, 0.87, 0.5
    level = top + 0.06 + run * (middle - top - 0.06)
    half = (right - left) / 2 * (middle - level) / (middle - top)
    glass.polygon([(0.5 - half, level), (0.5 + half, level), (0.5, middle)], _AMBER)
    heap = bottom - run * (bottom - middle - 0.08)
    half = (right - left) / 2 * (heap - middle) / (bottom - middle)
    glass.polygon([(left, bottom), (right, bottom), (0.5 + half, heap), (0.5 - half, heap)], _AMBER)
    if run < 1:
        glass.line([(0.5, middle), (0.5, bottom)], _AMBER, 0.03)
    glass.line([(left, top), (0.5, middle), (left, bottom)], _GREY, 0.085)
    glass.line([(right, top), (0.5, middle), (right, bottom)], _GREY, 0.085)
    for y in (top, bottom):
        glass.line([(left - 0.06, y), (right + 0.06, y)], _ORANGE, 0.13)
    turned = max(0.0, time - 0.75) / 0.25
    return image.rotate(-180 * (1 - math.cos(math.pi * turned)) / 2, Image.Resampling.BICUBIC)


def painting(time: float) -> Image.Image:
    """A ring of which a part goes round."""
    image = _blank()
    ring = _Scaled(image)
    ring.arc(0, 360, _GREY, 0.15)
    ring.arc(360 * time - 90, 360 * time + 20, _ORANGE, 0.15)
    return image


def done(time: float) -> Image.Image:
    """A tick that is drawn once."""
    image = _blank()
    sign = _Scaled(image)
    sign.disc(0.5, 0.5, 0.46 * min(1.0, 0.6 + time), _GREEN)
    points = [(0.27, 0.52), (0.44, 0.69), (0.74, 0.35)]
    share = max(0.0, min(1.0, time / 0.8)) * 2
    drawn = points[: 1 + math.ceil(share)]
    if share > 0:
        (x, y), (to_x, to_y), part = drawn[-2], drawn[-1], share - (len(drawn) - 2)
        drawn[-1] = x + (to_x - x) * part, y + (to_y - y) * part
        sign.line(drawn, "white", 0.12)
    return image


def _blank() -> Image.Image:
    return Image.new("RGBA", (SIDE * _FINER, SIDE * _FINER))


def _small(image: Image.Image) -> Image.Image:
    """A GIF knows what is seen and what is not, and nothing in between."""
    small = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    small.putalpha(small.getchannel("A").point(lambda value: 255 if value >= 128 else 0))
    return small


def _save(
    name: str, frame: Callable[[float], Image.Image], count: int, milliseconds: int, **more: Any
) -> None:
    first, *others = [_small(frame(number / count)) for number in range(count)]
    first.save(
        DIRECTORY / f"{name}.gif",
        save_all=True,
        append_images=others,
        duration=milliseconds,
        disposal=2,
        **more,
    )


def main() -> None:
    _save("waiting", waiting, 32, 80, loop=0)
    _save("painting", painting, 24, 40, loop=0)
    # Without a loop it is drawn once, and its last frame stays.
    _save("done", lambda time: done(time * 1.1), 12, 50)


if __name__ == "__main__":
    main()
