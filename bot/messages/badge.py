"""The number of a picture among those of its order, drawn on its preview: beside others nothing else tells them
apart."""

import io

from PIL import Image, ImageDraw, ImageFont

_QUALITY, _METHOD = 80, 1
"""As the worker makes previews."""

# Of the square in the middle of the picture. Discord cuts what it tiles to wide and tall cells, and this much of every
# picture is left.
_LEFT, _TOP, _DIAMETER = 0.07, 0.27, 0.14
_FINER = 4  # is drawn so much larger and scaled down, for smooth edges


def with_badge(preview: bytes, number: int, *, side_max: int | None = None) -> bytes:
    """No side is longer than `side_max` pixels then. The preview as it is where it cannot be drawn on. Takes tens of
    milliseconds: call it in a thread."""
    try:
        with Image.open(io.BytesIO(preview), formats=("WEBP",)) as image:
            image.load()
            if side_max is not None:
                image.thumbnail((side_max, side_max), Image.Resampling.BILINEAR)
            side = min(image.size)
            badge = _badge(number, max(1, round(side * _DIAMETER)))
            left, top = (image.width - side) // 2, (image.height - side) // 2
            image.paste(badge, (left + round(side * _LEFT), top + round(side * _TOP)), badge)
            buffer = io.BytesIO()
            # It goes on saying that it was made by AI.
            xmp = image.info.get("xmp", b"")
            image.save(buffer, "WEBP", quality=_QUALITY, method=_METHOD, xmp=xmp)
    except (OSError, SyntaxError, ValueError):
        return preview
    return buffer.getvalue()


def _badge(number: int, diameter: int) -> Image.Image:
    """White on black within white, which is seen on anything."""
    side = diameter * _FINER
    badge = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(badge)
    draw.ellipse((0, 0, side - 1, side - 1), fill=(20, 20, 20, 235), outline="white", width=side // 16)
    font = ImageFont.load_default(side * 0.62)
    middle = side / 2, side / 2
    draw.text(middle, str(number), "white", font, anchor="mm", stroke_width=side // 48, stroke_fill="white")
    return badge.resize((diameter, diameter), Image.Resampling.LANCZOS)
