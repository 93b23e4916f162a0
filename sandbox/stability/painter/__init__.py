"""Draws what a validated request asks for: by its words and its seed, or from the pictures that came with it."""

import io

from PIL import ImageFilter

from sandbox.stability.work import Work

# Quick rather than small.
_SAVING: dict[str, dict[str, int]] = {
    "PNG": {"compress_level": 1},
    "JPEG": {"quality": 90},
    "WEBP": {"quality": 85, "method": 0},
}


def paint(work: Work, *, blurred: bool = False) -> bytes:
    """Takes some hundred milliseconds of one core: call it in a thread."""
    image = work.draw(work)
    if blurred:
        image = image.filter(ImageFilter.GaussianBlur(image.width / 24))
    buffer = io.BytesIO()
    image.save(buffer, work.kind, **_SAVING[work.kind])
    return buffer.getvalue()
