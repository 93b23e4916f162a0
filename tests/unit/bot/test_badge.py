"""The number on a preview: readable on anything, and where Discord cuts no picture."""

import io

import pytest
from PIL import Image, ImageStat

from bot.messages.badge import with_badge
from core.provenance import mark_of
from tests import exiftool
from tests.jobs import order


def webp(size: tuple[int, int], colour: str, mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, "WEBP")
    return file.getvalue()


def decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image


@exiftool.needed
def test_it_goes_on_saying_that_it_was_made_by_ai() -> None:
    file = io.BytesIO()
    Image.new("RGB", (256, 256)).save(file, "WEBP", xmp=mark_of(order()).xmp)
    mark = exiftool.ai_mark(with_badge(file.getvalue(), 2))
    assert mark == ("trainedAlgorithmicMedia", "Stable Image Core", "Tigerbrush")


@pytest.mark.parametrize("colour", ["white", "black", "#f0882f", "#808080"])
@pytest.mark.parametrize("size", [(768, 768), (768, 432), (432, 768)])
def test_it_stands_out_from_any_picture_within_what_is_never_cut(size: tuple[int, int], colour: str) -> None:
    image = decoded(with_badge(webp(size, colour), 3))
    assert image.size == size
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    # Half of the height of the square in the middle is left of a picture in the widest cell.
    inside = left + side * 5 // 100, top + side // 4, left + side // 4, top + side * 3 // 4
    shades = ImageStat.Stat(image.crop(inside).convert("L")).extrema[0]
    assert shades[0] < 60
    assert shades[1] > 220
    image.paste(colour, inside)
    left_over = ImageStat.Stat(image.convert("L")).extrema[0]
    assert left_over[1] - left_over[0] < 30


def test_each_number_is_another_and_what_is_transparent_stays_so() -> None:
    assert len({with_badge(webp((256, 256), "white"), number) for number in (1, 2, 3, 4)}) == 4
    image = decoded(with_badge(webp((256, 256), "#00000000", "RGBA"), 1))
    assert image.getpixel((250, 250)) == (0, 0, 0, 0)
    assert ImageStat.Stat(image.getchannel("A")).extrema[0] == (0, 255)


@pytest.mark.parametrize("data", [b"", b"1", webp((64, 64), "white")[:60]])
def test_what_cannot_be_drawn_on_is_shown_as_it_is(data: bytes) -> None:
    assert with_badge(data, 1) == data


def test_the_smallest_picture_has_it_too() -> None:
    assert decoded(with_badge(webp((8, 8), "white"), 1)).size == (8, 8)
