"""Turns what Stability painted into what the member asked for: the exact size, and a small preview.

Everything here takes tens to hundreds of milliseconds of one core: call it in a thread.
"""

import io
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageOps

from core.errors import reason
from core.failures import FailureCode, JobFailed
from core.provenance import Change

PIXELS_PAINTED_MAX = 4096 * 4096
"""The most that any model makes; a file that claims to hold more is not decoded."""

PREVIEW_SIDE = 768
PREVIEW_SIDE_MAX = 2 * PREVIEW_SIDE
"""A preview has at most as many pixels as a square with the first: also a tall one is as wide as a message then."""

PREVIEW_QUALITY = 80
PREVIEW_METHOD = 1
"""From 0, the quickest, to 6, which makes the smallest files; 2 saves a tenth in a third more time."""

PNG = {"compress_level": 1, "compress_type": zlib.Z_RLE}
"""Repetitions are looked for among neighbours alone: paintings have hardly others, and it halves the time."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """`original` is a PNG of `size`, `preview` a small WebP of the same shape."""

    original: bytes
    preview: bytes
    size: tuple[int, int]
    changes: tuple[Change, ...] = ()
    """What was done to the original; none where it is as it came."""


def prepare(painted: bytes, size: tuple[int, int] | None, xmp: bytes = b"") -> Pictures:
    """Scales and cuts to `size`, if one is given; a PNG that has it stays as it is. What can be seen through can be in
    both. The preview is written with this XMP. Raises JobFailed for no picture."""
    with opened(painted, PIXELS_PAINTED_MAX, FailureCode.BAD_PICTURE) as image:
        image.load()
        kind, pixels = image.format, plain(image)
    changes = () if kind == "PNG" else (Change.CONVERTED,)
    if size is not None and pixels.size != size:
        changes = (*_changes(pixels.size, size), *changes)
        pixels = ImageOps.fit(pixels, size, Image.Resampling.LANCZOS)
    original = encode(pixels, "PNG", **PNG) if changes else painted
    return Pictures(original, _preview(pixels, xmp), pixels.size, changes)


def _changes(before: tuple[int, int], after: tuple[int, int]) -> tuple[Change, ...]:
    scales = [new / old for new, old in zip(after, before, strict=True)]
    cropped = (Change.CROPPED,) if scales[0] != scales[1] else ()
    return (*cropped, Change.RESIZED) if max(scales) != 1 else cropped


@contextmanager
def opened(data: bytes, pixels_max: int, code: FailureCode) -> Iterator[Image.Image]:
    """Not decoded yet. Raises JobFailed with this code for no picture, for one that claims to have more pixels, and
    for one that the block cannot decode."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > pixels_max:
                raise JobFailed(code, f"it claims to be {image.width}x{image.height}")
            yield image
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise JobFailed(code, f"{len(data)} bytes that do not decode: {reason(error)}") from error


def plain(image: Image.Image) -> Image.Image:
    """As RGB or, where something can be seen through it, RGBA."""
    if image.mode.startswith("I"):
        # Of 16 bits, which Pillow would cut off at 255.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.has_transparency_data:
        clear = image.convert("RGBA")
        if clear.getchannel("A").getextrema() != (255, 255):
            return clear
    # Converting what is RGB already would copy it.
    return image if image.mode == "RGB" else image.convert("RGB")


def _preview(image: Image.Image, xmp: bytes) -> bytes:
    scale = min(1.0, PREVIEW_SIDE / math.sqrt(image.width * image.height), PREVIEW_SIDE_MAX / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    # Hamming takes half of Lanczos' time, and they differ by less than WebP takes away. The gap lets the
    # picture be halved cheaply first, which is what counts for one of 16 megapixels.
    small = image.resize(size, Image.Resampling.HAMMING, reducing_gap=3.0)
    return encode(small, "WEBP", quality=PREVIEW_QUALITY, method=PREVIEW_METHOD, xmp=xmp)


def encode(image: Image.Image, kind: str, **options: int | bytes) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
