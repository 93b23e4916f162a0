import io
import zlib

import pytest
from PIL import Image

from core.errors import FailureCode, JobFailed
from worker.imaging import PREVIEW_SIDE_MAX, prepare, shrink


def picture(width: int, height: int, kind: str = "PNG", mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_picture_of_the_right_size_passes_untouched() -> None:
    painted = picture(640, 480)
    assert prepare(painted, (640, 480)).original is painted


@pytest.mark.parametrize(
    "size",
    [(1024, 1024), (1000, 700), (256, 1536), (1536, 256), (257, 511)],
    ids=lambda size: f"{size[0]}x{size[1]}",
)
def test_any_other_is_cut_to_exactly_what_was_asked_for(size: tuple[int, int]) -> None:
    pictures = prepare(picture(1536, 1536), size)
    assert opened(pictures.original).size == size
    assert opened(pictures.original).format == "PNG"


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("WEBP", "RGB"), ("PNG", "RGBA"), ("PNG", "P")])
def test_other_formats_and_modes_become_a_plain_png(kind: str, mode: str) -> None:
    pictures = prepare(picture(320, 320, kind, mode), (256, 256))
    assert (opened(pictures.original).format, opened(pictures.original).mode) == ("PNG", "RGB")


def test_without_a_size_it_stays_as_large_as_it_is() -> None:
    painted = picture(300, 200)
    assert (prepare(painted, None).original, prepare(painted, None).size) == (painted, (300, 200))
    converted = prepare(picture(300, 200, "WEBP"), None)
    assert (opened(converted.original).format, converted.size) == ("PNG", (300, 200))


def test_the_largest_upscaled_picture_is_taken_and_nothing_larger() -> None:
    assert prepare(picture(4096, 4096), None).size == (4096, 4096)
    with pytest.raises(JobFailed, match="4096x4097"):
        prepare(picture(4096, 4097), None)


def test_a_picture_is_shrunk_only_where_it_has_to_be() -> None:
    original = picture(640, 480)
    assert shrink(original, (640, 480)) is original
    assert opened(shrink(original, (320, 240))).size == (320, 240)


def test_the_preview_of_a_small_picture_is_no_larger() -> None:
    assert opened(prepare(picture(256, 300), (256, 300)).preview).size == (256, 300)


def test_the_preview_is_a_small_webp_of_the_same_shape() -> None:
    preview = opened(prepare(picture(1536, 768), (1536, 768)).preview)
    assert (preview.format, preview.size) == ("WEBP", (PREVIEW_SIDE_MAX, PREVIEW_SIDE_MAX // 2))


def _bomb() -> bytes:
    """A PNG whose header claims 40,000 x 40,000 pixels."""
    honest = picture(8, 8, mode="L")
    header = b"IHDR" + (40_000).to_bytes(4, "big") * 2 + honest[24:29]
    return honest[:12] + header + zlib.crc32(header).to_bytes(4, "big") + honest[33:]


@pytest.mark.parametrize(
    "bytes_",
    [b"", b"garbage", b"\x89PNG\r\n\x1a\n", picture(512, 512)[:-2000], b"GIF89a" + bytes(100), _bomb()],
    ids=["nothing", "garbage", "signature only", "half", "another format", "bomb"],
)
def test_what_is_no_picture_is_said_so(bytes_: bytes) -> None:
    with pytest.raises(JobFailed) as raised:
        prepare(bytes_, (256, 256))
    assert raised.value.code is FailureCode.BAD_PICTURE
