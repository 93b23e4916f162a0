"""A picture with marks, by which it is seen what was cut off, squeezed, turned over or mixed up."""

import io

from PIL import Image, ImageDraw

from sandbox.stability import painter
from sandbox.stability.work import Work

RED, GREEN, BLUE, YELLOW, WHITE = (200, 0, 0), (0, 150, 0), (0, 0, 200), (200, 200, 0), (255, 255, 255)
CORNERS = (RED, GREEN, BLUE, YELLOW)
"""Top left, top right, bottom left, bottom right."""

DIAMETER = 0.5
"""Of the white circle in the middle, in parts of the shorter side."""

COLOUR_OFF_MAX = 60
"""Of each channel: previews are compressed with loss."""

_enlarge = painter.paint


def paint(work: Work, *, blurred: bool = False) -> bytes:
    """In the place of the painter, which still enlarges what it is given."""
    if work.inputs:
        return _enlarge(work, blurred=blurred)
    image = Image.new("RGB", (work.width, work.height))
    draw = ImageDraw.Draw(image)
    across, down = work.width / 2, work.height / 2
    for number, colour in enumerate(CORNERS):
        left, top = number % 2 * across, number // 2 * down
        draw.rectangle((left, top, left + across, top + down), colour)
    radius = min(work.width, work.height) * DIAMETER / 2
    draw.ellipse((across - radius, down - radius, across + radius, down + radius), WHITE)
    buffer = io.BytesIO()
    image.save(buffer, work.kind)
    return buffer.getvalue()


def check(image: Image.Image) -> None:
    """That it is the middle of such a picture: cut where it had to be, and neither squeezed nor turned over."""
    seen = image.convert("RGB")
    width, height = seen.size
    inset = max(2, min(width, height) // 50)
    corners = [
        (inset, inset),
        (width - inset, inset),
        (inset, height - inset),
        (width - inset, height - inset),
    ]
    for place, colour in zip(corners, CORNERS, strict=True):
        assert _is(seen.getpixel(place), colour), f"at {place} of {seen.size} it is {seen.getpixel(place)}"
    across = [x for x in range(width) if _is(seen.getpixel((x, height // 2)), WHITE)]
    down = [y for y in range(height) if _is(seen.getpixel((width // 2, y)), WHITE)]
    off_max = max(2, len(across) // 40)
    assert across, "the circle is not there"
    assert down, "the circle is not there"
    assert abs(len(across) - len(down)) <= off_max, f"the circle is {len(across)} wide and {len(down)} high"
    middle = (across[0] + across[-1]) / 2, (down[0] + down[-1]) / 2
    assert abs(middle[0] - width / 2) <= off_max, f"its middle is at {middle} of {seen.size}"
    assert abs(middle[1] - height / 2) <= off_max, f"its middle is at {middle} of {seen.size}"


def _is(pixel: float | tuple[int, ...] | None, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) <= COLOUR_OFF_MAX for one, other in zip(pixel, colour, strict=True))
