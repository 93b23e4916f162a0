"""Turns what Stability painted into what the member asked for: the exact size, and a small preview."""

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from db.errors import FailureCode, JobFailed

PIXELS_PAINTED_MAX = 16_000_000
"""More than any model paints; a file that claims to hold more is not decoded."""

PREVIEW_SIDE_MAX = 768
PREVIEW_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Pictures:
    """`original` is a PNG, `preview` a WebP of at most PREVIEW_SIDE_MAX a side."""

    original: bytes
    preview: bytes


def prepare(painted: bytes, width: int, height: int) -> Pictures:
    """Scales and cuts to the exact size; a PNG that has it already passes through untouched.

    Takes tens to hundreds of milliseconds of one core: call it in a thread.
    Raises JobFailed for what is no picture.
    """
    try:
        with Image.open(io.BytesIO(painted), formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > PIXELS_PAINTED_MAX:
                raise JobFailed(FailureCode.BAD_PICTURE, f"it claims to be {image.width}x{image.height}")
            is_exact = image.size == (width, height) and image.format == "PNG"
            pixels = image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise JobFailed(
            FailureCode.BAD_PICTURE, f"{len(painted)} bytes that do not decode: {error}"
        ) from error
    if is_exact:
        return Pictures(painted, _preview(pixels))
    fitted = ImageOps.fit(pixels, (width, height), Image.Resampling.LANCZOS)
    return Pictures(_encode(fitted, "PNG", compress_level=3), _preview(fitted))


def _preview(image: Image.Image) -> bytes:
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE_MAX, PREVIEW_SIDE_MAX), Image.Resampling.LANCZOS)
    return _encode(small, "WEBP", quality=PREVIEW_QUALITY, method=2)


def _encode(image: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
