"""Whatever comes as a picture: exactly the size that was asked for, or a failure that says it was none."""

import io
import random
import resource
import struct
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from core.failures import FailureCode, JobFailed
from core.operations import Bounds, Role
from tests.fuzz.examples import fuzz, outcome
from worker.fitting import Material, fitted
from worker.imaging import PREVIEW_SIDE_MAX, prepare


@pytest.fixture(autouse=True)
def _warnings_are_no_errors() -> Iterator[None]:
    """Pillow warns of much that is odd in a file; in a worker that is a line in the log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(mode: str, size: tuple[int, int]) -> Image.Image:
    image = Image.frombytes("RGB", size, random.Random(0).randbytes(3 * size[0] * size[1]))
    return image if mode == "RGB" else image.convert(mode)


def _rotated() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(noise("RGB", (40, 20)), "JPEG", exif=exif)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def jpeg_claiming(width: int, height: int) -> bytes:
    picture = saved(noise("RGB", (8, 8)), "JPEG")
    at = picture.index(b"\xff\xc0") + 5
    return picture[:at] + struct.pack(">HH", height, width) + picture[at + 4 :]


def webp_claiming(width: int, height: int) -> bytes:
    """The extended header has a canvas of its own."""
    body = b"VP8X" + struct.pack("<I", 10) + b"\2\0\0\0" + struct.pack("<I", width - 1)[:3]
    body += struct.pack("<I", height - 1)[:3] + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


FRAMES = [noise("RGB", (30, 20)).rotate(angle) for angle in (0, 90, 180)]
REAL = {
    "png": saved(noise("RGB", (30, 20)), "PNG"),
    "jpeg": saved(noise("RGB", (30, 20)), "JPEG"),
    "progressive jpeg": saved(noise("RGB", (30, 20)), "JPEG", progressive=True),
    "webp": saved(noise("RGB", (30, 20)), "WEBP"),
    "lossless webp": saved(noise("RGBA", (30, 20)), "WEBP", lossless=True),
    "cmyk": saved(noise("CMYK", (30, 20)), "JPEG"),
    "grey": saved(noise("L", (30, 20)), "PNG"),
    "grey and alpha": saved(noise("LA", (30, 20)), "PNG"),
    "alpha": saved(noise("RGBA", (30, 20)), "PNG"),
    "bits": saved(noise("1", (30, 20)), "PNG"),
    "16 bits": saved(Image.frombytes("I;16", (30, 20), random.Random(0).randbytes(1200)), "PNG"),
    "palette": saved(noise("P", (30, 20)), "PNG"),
    "palette with a hole": saved(noise("P", (30, 20)), "PNG", transparency=3),
    "palette with holes": saved(noise("P", (30, 20)), "PNG", transparency=bytes(range(256))),
    "apng": saved(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:]),
    "animated webp": saved(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]),
    "animated gif": saved(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]),
    "bmp": saved(FRAMES[0], "BMP"),
    "tiff": saved(FRAMES[0], "TIFF"),
    "rotated": _rotated(),
    "one pixel": saved(noise("RGB", (1, 1)), "PNG"),
    "a line": saved(noise("RGB", (3000, 1)), "PNG"),
}
NO_PICTURES_OF_OURS = {"animated gif", "bmp", "tiff"}
SIZE = (48, 32)


def judge(data: bytes, size: tuple[int, int] | None) -> bool:
    """Whether a picture came of it; anything but that and the one failure breaks the test."""
    pictures = outcome(lambda: prepare(data, size), JobFailed)
    if isinstance(pictures, JobFailed):
        assert pictures.code is FailureCode.BAD_PICTURE
        return False
    if size is not None:
        assert pictures.size == size
    with Image.open(io.BytesIO(pictures.original), formats=["PNG"]) as original:
        original.load()
        assert original.size == pictures.size
    with Image.open(io.BytesIO(pictures.preview), formats=["WEBP"]) as preview:
        preview.load()
        assert max(preview.size) <= PREVIEW_SIDE_MAX
    return True


@pytest.mark.parametrize("size", [SIZE, (30, 20), (1, 1), (256, 3), None])
@pytest.mark.parametrize("name", REAL)
def test_every_kind_of_picture_becomes_the_size_asked_for(name: str, size: tuple[int, int] | None) -> None:
    assert judge(REAL[name], size) is (name not in NO_PICTURES_OF_OURS)


real = st.sampled_from(sorted(REAL)).map(REAL.__getitem__)
magic = st.sampled_from(
    [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"RIFF\x40\0\0\0WEBPVP8 ",
        b"RIFF\x40\0\0\0WEBPVP8L",
        b"GIF89a",
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(real))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from(["set", "flip", "cut", "insert"])):
            case "set":
                data[at] = draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]))
            case "flip":
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at : at + draw(st.integers(1, 40))]
            case _:
                data[at:at] = draw(st.binary(max_size=8))
        if not data:
            break
    return bytes(data)


@fuzz(400)
@given(data=damaged())
@example(b"")
@example(png(0, 0, chunk(b"IDAT", zlib.compress(b""))))
@example(png(4, 0, chunk(b"IDAT", zlib.compress(b""))))
@example(jpeg_claiming(0, 0))
@example(png(9_900, 9_900, chunk(b"IDAT", zlib.compress(b""))))
def test_a_damaged_picture_is_one_or_is_none(data: bytes) -> None:
    judge(data, SIZE)


@fuzz(150)
@given(start=magic, rest=st.binary(max_size=400))
def test_what_only_begins_like_a_picture_is_none(start: bytes, rest: bytes) -> None:
    judge(start + rest, SIZE)


chunks = st.builds(
    chunk,
    st.sampled_from(
        [
            b"IDAT",
            b"PLTE",
            b"tRNS",
            b"iCCP",
            b"zTXt",
            b"iTXt",
            b"tEXt",
            b"gAMA",
            b"acTL",
            b"fcTL",
            b"fdAT",
            b"eXIf",
            b"pHYs",
            b"IHDR",
            b"cHRM",
            b"sRGB",
            b"abCd",
        ]
    ),
    st.binary(max_size=40)
    | st.binary(max_size=200).map(zlib.compress)
    | st.binary(max_size=200).map(lambda data: b"x\0\0" + zlib.compress(data)),
)


@fuzz(200)
@given(
    width=st.sampled_from([0, 1, 3, 2**16, 2**31 - 1, 2**32 - 1]),
    height=st.sampled_from([0, 1, 3, 2**16, 2**31 - 1]),
    depth=st.sampled_from([0, 1, 2, 4, 8, 16, 255]),
    colour=st.sampled_from([0, 2, 3, 4, 6, 7]),
    middle=st.lists(chunks, max_size=4),
)
def test_any_order_of_chunks_is_a_png_or_none(
    width: int, height: int, depth: int, colour: int, middle: list[bytes]
) -> None:
    judge(png(width, height, *middle, depth=depth, colour=colour), SIZE)


@pytest.mark.parametrize("name", sorted(REAL.keys() - NO_PICTURES_OF_OURS - {"one pixel"}))
def test_a_picture_that_ends_anywhere_does_not_break_the_worker(name: str) -> None:
    data = REAL[name]
    for length in range(0, len(data), max(1, len(data) // 40)):
        judge(data[:length], None)


@fuzz(300)
@given(data=damaged(), role=st.sampled_from([Role.PICTURE, Role.MASK]))
@example(png(0, 0, chunk(b"IDAT", zlib.compress(b""))), Role.PICTURE)
def test_what_is_handed_in_is_made_to_fit_or_is_no_picture(data: bytes, role: Role) -> None:
    picture = Material(Role.PICTURE, REAL["png"], Bounds(), is_ours=True)
    handed_in = Material(role, data, Bounds(), is_ours=False)
    materials = [handed_in] if role is Role.PICTURE else [picture, handed_in]
    parts = outcome(lambda: fitted(materials), JobFailed)
    if isinstance(parts, JobFailed):
        assert parts.code in (FailureCode.INPUT_BROKEN, FailureCode.INPUT_MISFIT)
        return
    with Image.open(io.BytesIO(parts[role])) as image:
        assert min(image.size) >= 64
        assert image.mode == ("RGB" if role is Role.PICTURE else "L")


HUGE = [(16_383, 16_383), (60_000, 60_000), (2**14, 2**12)]


@pytest.mark.parametrize(("width", "height"), HUGE)
@pytest.mark.parametrize("claim", [png, jpeg_claiming, webp_claiming])
def test_a_huge_claim_takes_no_memory(claim: Any, width: int, height: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert not judge(claim(width, height), SIZE)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 64 * 1024
    # The same with something to inflate: a kilobyte of zeros for each byte sent.
    bomb = chunk(b"IDAT", zlib.compress(bytes(50_000_000)))
    assert not judge(png(width, height, bomb), SIZE)
