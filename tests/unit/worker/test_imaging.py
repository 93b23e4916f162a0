import io
import zlib

import pytest
from PIL import Image

from core.failures import FailureCode, JobFailed
from worker.imaging import PREVIEW_SIDE, PREVIEW_SIDE_MAX, prepare


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


def cut_out(size: tuple[int, int]) -> bytes:
    """Its left half is red, and of the right one nothing is left."""
    image = Image.new("RGBA", size)
    image.paste((255, 0, 0, 255), (0, 0, size[0] // 2, size[1]))
    return saved(image)


@pytest.mark.parametrize("size", [None, (400, 400), (200, 100)])
def test_what_is_cut_out_can_be_seen_through_in_all_of_its_files(size: tuple[int, int] | None) -> None:
    painted = cut_out((400, 400))
    pictures = prepare(painted, size)
    if size != (200, 100):
        assert pictures.original is painted
    for data, kind in ((pictures.original, "PNG"), (pictures.preview, "WEBP")):
        image = opened(data)
        assert (image.format, image.mode, image.size) == (kind, "RGBA", pictures.size)
        width, height = image.size
        assert near(image.getpixel((width // 4, height // 2)), (255, 0, 0))
        assert [image.getpixel((int(width * x), height // 2))[3] for x in (0.2, 0.9)] == [255, 0]  # type: ignore[index] # RGBA


def test_grey_of_16_bits_keeps_its_shades() -> None:
    image = opened(prepare(saved(Image.new("I;16", (320, 320), 40_000)), (256, 256)).original)
    assert near(image.getpixel((9, 9)), (156, 156, 156), most=1)


CORNERS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))


def marked(width: int, height: int) -> bytes:
    """White, with a square of 100 pixels in the middle, and each edge's outermost tenth in a colour of its own."""
    image = Image.new("RGB", (width, height), "white")
    bands = (
        (0, 0, width // 10, height),
        (width - width // 10, 0, width, height),
        (0, 0, width, height // 10),
        (0, height - height // 10, width, height),
    )
    for box, colour in zip(bands, CORNERS, strict=True):
        image.paste(colour, box)
    image.paste("black", (width // 2 - 50, height // 2 - 50, width // 2 + 50, height // 2 + 50))
    return saved(image)


def saved(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def black_box(image: Image.Image) -> tuple[int, int, int, int]:
    """Where the black square is: left, top, right, bottom."""
    box = image.convert("RGB").point(lambda value: 255 if value < 64 else 0).split()
    both = Image.merge("RGB", box).convert("L").point(lambda value: 255 if value > 250 else 0)
    found = both.getbbox()
    assert found is not None
    return found


def near(pixel: object, colour: tuple[int, int, int], most: int = 40) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) <= most for one, other in zip(pixel[:3], colour, strict=True))


@pytest.mark.parametrize(
    ("size", "side"),
    [((1000, 500), 100), ((500, 1000), 100), ((500, 250), 50), ((300, 600), 60), ((1500, 750), 150)],
    ids=lambda value: str(value),
)
def test_it_is_cut_at_both_sides_alike_and_not_squeezed(size: tuple[int, int], side: int) -> None:
    width, height = size
    for data in (prepare(marked(1000, 1000), size).original, prepare(marked(1000, 1000), size).preview):
        image = opened(data).convert("RGB")
        left, top, right, bottom = black_box(image)
        scale = image.width / width
        # The square is one still, as large as the scale makes it, and in the middle.
        assert abs((right - left) - (bottom - top)) <= 2
        assert abs((right - left) - side * scale) <= 3
        assert abs((left + right) - image.width) <= 3
        assert abs((top + bottom) - image.height) <= 3
        # What was at the edges that were kept is there, and of the others nothing.
        kept = (CORNERS[0], CORNERS[1]) if width > height else (CORNERS[2], CORNERS[3])
        middle = image.width // 2, image.height // 2
        first = (2, middle[1]) if width > height else (middle[0], 2)
        last = (image.width - 3, middle[1]) if width > height else (middle[0], image.height - 3)
        assert near(image.getpixel(first), kept[0])
        assert near(image.getpixel(last), kept[1])
        cut = (middle[0], 2) if width > height else (2, middle[1])
        assert near(image.getpixel(cut), (255, 255, 255))


def test_a_preview_shows_what_the_original_does() -> None:
    preview = opened(prepare(marked(1536, 1536), (1536, 1536)).preview).convert("RGB")
    assert preview.size == (PREVIEW_SIDE, PREVIEW_SIDE)
    for point, colour in zip(((5, 384), (762, 384), (384, 5), (384, 762)), CORNERS, strict=True):
        assert near(preview.getpixel(point), colour)


def test_without_a_size_it_stays_as_large_as_it_is() -> None:
    painted = picture(300, 200)
    assert (prepare(painted, None).original, prepare(painted, None).size) == (painted, (300, 200))
    converted = prepare(picture(300, 200, "WEBP"), None)
    assert (opened(converted.original).format, converted.size) == ("PNG", (300, 200))


def test_the_largest_upscaled_picture_is_taken_and_nothing_larger() -> None:
    assert prepare(picture(4096, 4096), None).size == (4096, 4096)
    with pytest.raises(JobFailed, match="4096x4097"):
        prepare(picture(4096, 4097), None)


def test_the_preview_of_a_small_picture_is_no_larger() -> None:
    assert opened(prepare(picture(256, 300), (256, 300)).preview).size == (256, 300)


@pytest.mark.parametrize(
    ("size", "small"), [((1536, 768), (1086, 543)), ((768, 1536), (543, 1086)), ((512, 1536), (443, 1330))]
)
def test_the_preview_is_a_small_webp_of_the_same_shape(size: tuple[int, int], small: tuple[int, int]) -> None:
    preview = opened(prepare(picture(*size), size).preview)
    assert (preview.format, preview.size) == ("WEBP", small)
    assert small[0] * small[1] <= PREVIEW_SIDE**2 * 1.01


def test_of_the_narrowest_picture_a_line_is_left() -> None:
    assert opened(prepare(picture(3000, 1), (3000, 1)).preview).size == (PREVIEW_SIDE_MAX, 1)
    assert opened(prepare(picture(1, 3000), (1, 3000)).preview).size == (1, PREVIEW_SIDE_MAX)


def test_what_is_written_is_written_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings that were measured: others look alike and take twice as long, or twice the room."""
    save, written = Image.Image.save, []

    def noted(image: Image.Image, file: io.BytesIO, kind: str, **options: int) -> None:
        written.append((kind, options))
        save(image, file, kind, **options)

    painted = picture(300, 300)
    monkeypatch.setattr(Image.Image, "save", noted)
    prepare(painted, (256, 256))
    assert written == [
        ("PNG", {"compress_level": 1, "compress_type": zlib.Z_RLE}),
        ("WEBP", {"quality": 80, "method": 1, "xmp": b""}),
    ]


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
