"""The nine fields of a picture, drawn over it: Discord has no brush."""

import io
from collections.abc import Collection

from PIL import Image, ImageDraw, ImageFont

from core.geometry import field_boxes

_SIDE_MAX = 1024
_GROUND = (88, 92, 100)
_DARK, _LIGHT = (0, 0, 0, 190), (255, 255, 255, 235)
_CHOSEN = (240, 136, 47, 120)


def overlay(size: tuple[int, int], chosen: Collection[int], preview: bytes | None) -> bytes:
    """A WebP of the preview, or of a plain ground of that size's shape, with the fields drawn on it. Blocks."""
    picture = _ground(size) if preview is None else _opened(preview)
    drawn = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(drawn)
    boxes = field_boxes(*picture.size)
    line = max(1, max(picture.size) // 400)
    radius = max(6, min(picture.size) // 20)
    font = ImageFont.load_default(radius * 1.3)
    for number, (left, top, right, bottom) in boxes.items():
        if number in chosen:
            draw.rectangle((left, top, right, bottom), fill=_CHOSEN)
        draw.rectangle((left, top, right, bottom), outline=_DARK, width=line + 2)
        draw.rectangle((left, top, right, bottom), outline=_LIGHT, width=line)
        x, y = (left + right) // 2, (top + bottom) // 2
        fill, ink = (_LIGHT, _DARK) if number in chosen else (_DARK, _LIGHT)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
        draw.text((x, y), str(number), fill=ink, font=font, anchor="mm")
    file = io.BytesIO()
    Image.alpha_composite(picture, drawn).convert("RGB").save(file, "WEBP", quality=80)
    return file.getvalue()


def _ground(size: tuple[int, int]) -> Image.Image:
    scale = _SIDE_MAX / max(size)
    width, height = (max(1, round(side * scale)) for side in size)
    return Image.new("RGBA", (width, height), (*_GROUND, 255))


def _opened(preview: bytes) -> Image.Image:
    """On a ground of its own where it is transparent."""
    with Image.open(io.BytesIO(preview)) as picture:
        opened = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", opened.size, (*_GROUND, 255)), opened)
