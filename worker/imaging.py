"""Turns what Stability painted into what the member asked for: the exact size, and a small preview.

Everything here takes tens to hundreds of milliseconds of one core: call it in a thread.
"""

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from db.errors import FailureCode, JobFailed
from db.models import UPSCALE_FACTOR, UPSCALE_PIXELS_MAX

PIXELS_PAINTED_MAX = UPSCALE_PIXELS_MAX * UPSCALE_FACTOR**2
"""The most that any model makes; a file that claims to hold more is not decoded."""

PREVIEW_SIDE_MAX = 768
PREVIEW_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Pictures:
    """`original` is a PNG of `size`, `preview` a WebP of at most PREVIEW_SIDE_MAX a side."""

    original: bytes
    preview: bytes
    size: tuple[int, int]


def prepare(painted: bytes, size: tuple[int, int] | None) -> Pictures:
    """Scales and cuts to exactly `size`, if one is given; a PNG that has it already passes through untouched.

    Raises JobFailed for what is no picture.
    """
    kind, pixels = _decode(painted)
    if size is not None and pixels.size != size:
        pixels = ImageOps.fit(pixels, size, Image.Resampling.LANCZOS)
    elif kind == "PNG":
        return Pictures(painted, _preview(pixels), pixels.size)
    return Pictures(_encode(pixels, "PNG", compress_level=3), _preview(pixels), pixels.size)


def shrink(original: bytes, size: tuple[int, int]) -> bytes:
    """The picture at `size`, as a PNG. Raises JobFailed for what is no picture."""
    _kind, pixels = _decode(original)
    if pixels.size == size:
        return original
    return _encode(pixels.resize(size, Image.Resampling.LANCZOS), "PNG", compress_level=3)


def _decode(data: bytes) -> tuple[str | None, Image.Image]:
    """The format that it came in, and the pixels as RGB."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > PIXELS_PAINTED_MAX:
                raise JobFailed(FailureCode.BAD_PICTURE, f"it claims to be {image.width}x{image.height}")
            return image.format, image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise JobFailed(FailureCode.BAD_PICTURE, f"{len(data)} bytes that do not decode: {error}") from error


def _preview(image: Image.Image) -> bytes:
    scale = min(1.0, PREVIEW_SIDE_MAX / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    # The gap lets it be halved cheaply first, which is what counts for a picture of 16 megapixels.
    small = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return _encode(small, "WEBP", quality=PREVIEW_QUALITY, method=2)


def _encode(image: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
