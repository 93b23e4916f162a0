"""Validated requests of v2beta, made without a server."""

import io

from PIL import Image, ImageDraw

from sandbox.stability import painter
from sandbox.stability.v2beta.fields import Part, read_fields
from sandbox.stability.v2beta.operations import OPERATIONS
from sandbox.stability.v2beta.requests import work_of
from sandbox.stability.work import Work

RED, GREEN = (200, 40, 30), (40, 120, 60)


def work(path: str, **form: str | bytes) -> Work:
    parts: dict[str, Part] = {
        name: bytearray(value) if isinstance(value, bytes) else value for name, value in form.items()
    }
    values, problems = read_fields(OPERATIONS[path].fields, parts)
    assert problems == []
    return work_of(OPERATIONS[path], values, {}, as_json=False)


def painted(path: str, **form: str | bytes) -> Image.Image:
    image = Image.open(io.BytesIO(painter.paint(work(path, **{"seed": "7", **form}))))
    image.load()
    return image


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def disc(width: int = 160, height: int = 120) -> Image.Image:
    """Red in the middle of green that grows darker downwards."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        draw.line((0, y, width, y), fill=tuple(channel - y * 20 // height for channel in GREEN))
    draw.ellipse((width // 2 - 25, height // 2 - 25, width // 2 + 25, height // 2 + 25), fill=RED)
    return image


def masked(width: int = 160, height: int = 120, radius: int = 30) -> Image.Image:
    """White where the disc is, and a little more."""
    mask = Image.new("L", (width, height))
    box = (width // 2 - radius, height // 2 - radius, width // 2 + radius, height // 2 + radius)
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    return mask
