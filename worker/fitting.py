"""What a picture is made from, as its provider takes it: upright, within the bounds of pixels and of bytes, and
without anything else that its file tells, such as where it was taken.

Everything here takes tens to hundreds of milliseconds of one core: call it in a thread.
"""

import math
import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

from PIL import ExifTags, Image, ImageFilter

from core.errors import InvalidRequest
from core.failures import FailureCode, JobFailed
from core.geometry import field_boxes
from core.operations import Bounds, Role
from core.orders import UPLOAD_PIXELS_MAX
from worker.imaging import PNG, encode, opened, plain

REQUEST_BYTES_MAX = 9_500_000
"""Of all parts together. Stability takes 10 MiB; the words and what is around the parts need some of it."""

QUALITIES = (95, 85, 75, 60, 45, 30, 15)
"""Of a JPEG, where a PNG would be too large; WebP without loss takes as much and seconds more."""

BLACK_MAX = 15
"""Of 255: a JPEG's black is not quite that."""

SOFTNESS = 0.01
"""How far a mask of fields is blurred, of its shorter side."""

STRIP_ROWS = 256
"""A large picture is made smaller by so many of its new rows at once: it is in memory once, and not in each mode."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's orientation."""

_QUARTER_TURNS = (5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class Material:
    """A picture as it came. One of ours goes out as it is if it fits; nobody knows what is in another file."""

    role: Role
    content: bytes
    bounds: Bounds
    is_ours: bool

    @property
    def broken(self) -> FailureCode:
        """What it means if it cannot be read: of ours it is the bucket's fault, and may pass."""
        return FailureCode.INPUT_UNREAD if self.is_ours else FailureCode.INPUT_BROKEN


@dataclass(frozen=True, slots=True)
class _Part:
    """`image` is None where `content` fits as it is."""

    content: bytes
    size: tuple[int, int]
    image: Image.Image | None


def fitted(
    materials: Sequence[Material], fields: Collection[int] = (), *, bytes_max: int = REQUEST_BYTES_MAX
) -> dict[Role, bytes]:
    """PNG or JPEG. A mask has the size of the picture, and its white is what changes; where none is handed in, `fields`
    make one, if there are any. The picture comes first. Raises JobFailed for what is no picture or does not fit."""
    share = bytes_max // (len(materials) + bool(fields))
    parts: dict[Role, _Part] = {}
    for material in materials:
        if material.role is Role.MASK:
            parts[Role.MASK] = _mask(material, parts[Role.PICTURE].size)
        else:
            parts[material.role] = _part(material, share)
    if fields and Role.MASK not in parts:
        parts[Role.MASK] = _encoded(mask_of(fields, parts[Role.PICTURE].size))
    return _within(parts, bytes_max)


def mask_of(fields: Collection[int], size: tuple[int, int]) -> Image.Image:
    """White where these fields are, and soft where they border on others."""
    mask, boxes = Image.new("L", size), field_boxes(*size)
    for field in fields:
        mask.paste(255, boxes[field])
    return mask.filter(ImageFilter.GaussianBlur(min(size) * SOFTNESS))


def _part(material: Material, share: int) -> _Part:
    with opened(material.content, UPLOAD_PIXELS_MAX, material.broken) as image:
        try:
            # Bounds are the same for both sides, so it may be turned afterwards.
            fit = material.bounds.fit(*image.size)
        except InvalidRequest as error:
            raise JobFailed(
                FailureCode.INPUT_MISFIT, f"a side of {image.width} and one of {image.height} pixels"
            ) from error
        is_plain = (image.format, image.mode, image.has_transparency_data) == ("PNG", "RGB", False)
        if material.is_ours and is_plain and fit == image.size and len(material.content) <= share:
            return _Part(material.content, fit, None)
        return _encoded(_scaled(image, fit, _orientation(image), "white"))


def _mask(material: Material, size: tuple[int, int]) -> _Part:
    """What can be seen through is not painted, so it stays. Where nothing changes, nothing is to be paid."""
    with opened(material.content, UPLOAD_PIXELS_MAX, material.broken) as image:
        orientation = _orientation(image)
        lying = size[::-1] if orientation in _QUARTER_TURNS else size
        mask = _scaled(image, lying, orientation, "black").convert("L")
    if cast("tuple[int, int]", mask.getextrema())[1] <= BLACK_MAX:
        raise JobFailed(FailureCode.MASK_EMPTY)
    return _encoded(mask)


def _encoded(image: Image.Image) -> _Part:
    return _Part(encode(image, "PNG", **PNG), image.size, image)


def _orientation(image: Image.Image) -> int:
    """EXIF's, from 1, which is upright."""
    try:
        found = image.getexif().get(ExifTags.Base.Orientation)
    except (struct.error, SyntaxError, LookupError, TypeError):
        # What is damaged there is no reason to refuse the picture.
        return 1
    return found if found in _TURNS else 1


def _scaled(image: Image.Image, size: tuple[int, int], orientation: int, background: str) -> Image.Image:
    """All of it at this size, as RGB before the background, and then turned upright."""
    # A JPEG can be decoded at a half, a quarter or an eighth.
    image.draft(image.mode, size)
    width, height = image.size
    factor = max(1, min(width // size[0], height // size[1]))
    small = Image.new("RGB", (math.ceil(width / factor), math.ceil(height / factor)))
    for top in range(0, height, STRIP_ROWS * factor):
        strip = image.crop((0, top, width, min(top + STRIP_ROWS * factor, height)))
        small.paste(_flat(strip, background).reduce(factor), (0, top // factor))
    box = (0, 0, width / factor, height / factor)
    small = small.resize(size, Image.Resampling.LANCZOS, box=box)
    return small.transpose(_TURNS[orientation]) if orientation in _TURNS else small


def _flat(image: Image.Image, background: str) -> Image.Image:
    image = plain(image)
    if image.mode == "RGB":
        return image
    flat = Image.new("RGB", image.size, background)
    flat.paste(image, mask=image.getchannel("A"))
    return flat


def _within(parts: dict[Role, _Part], bytes_max: int) -> dict[Role, bytes]:
    """The smaller ones leave the larger ones what they do not need."""
    found: dict[Role, bytes] = {}
    for role in sorted(parts, key=lambda role: len(parts[role].content)):
        share = (bytes_max - sum(map(len, found.values()))) // (len(parts) - len(found))
        found[role] = _squeezed(parts[role], share)
    return found


def _squeezed(part: _Part, bytes_max: int) -> bytes:
    content = part.content
    for quality in QUALITIES:
        if len(content) <= bytes_max or part.image is None:
            break
        content = encode(part.image, "JPEG", quality=quality)
    return content
