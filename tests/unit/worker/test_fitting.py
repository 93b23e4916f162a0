"""What goes to a provider: pictures of every kind, as files have them."""

import io
import random
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageChops

from core.failures import FailureCode, JobFailed
from core.operations import Bounds, Role
from core.orders import UPLOAD_PIXELS_MAX
from tests.fuzz.test_imaging import jpeg_claiming, webp_claiming
from worker.fitting import REQUEST_BYTES_MAX, Material, fitted, mask_of

BOUNDS = Bounds()
WIDE, TALL = (120, 80), (80, 120)


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def material(content: bytes, role: Role = Role.PICTURE, *, ours: bool = False, **bounds: Any) -> Material:
    return Material(role, content, Bounds(**bounds) if bounds else BOUNDS, is_ours=ours)


def fit(content: bytes, **more: Any) -> Image.Image:
    return opened(fitted([material(content, **more)])[Role.PICTURE])


def halves(size: tuple[int, int] = WIDE, left: str = "red", right: str = "blue") -> Image.Image:
    image = Image.new("RGB", size, right)
    image.paste(left, (0, 0, size[0] // 2, size[1]))
    return image


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.frombytes("RGB", size, random.Random(0).randbytes(3 * size[0] * size[1]))


def near(image: Image.Image, x: float, y: float, colour: tuple[int, ...], most: int = 12) -> bool:
    """At so much of its sides."""
    pixel = image.getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))
    found = pixel if isinstance(pixel, tuple) else (pixel,)
    return all(abs((one or 0) - other) <= most for one, other in zip(found, colour, strict=True))


RED, BLUE, WHITE, GREY = (255, 0, 0), (0, 0, 255), (255, 255, 255), (156, 156, 156)


def phone_picture(orientation: int) -> bytes:
    """As a telephone stores it: with the place, a maker's note and a profile."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "SECRETPHONE"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (52.0, 31.0, 12.3), 29: "SECRETDATE"})
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SECRETXMP</x:xmpmeta>"
    image = halves()
    return saved(
        image, "JPEG", exif=exif, quality=95, icc_profile=b"SECRETICC" * 30, xmp=xmp, comment=b"SECRET"
    )


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [
        (1, WIDE, (0.1, 0.5)),
        (2, WIDE, (0.9, 0.5)),
        (3, WIDE, (0.9, 0.5)),
        (4, WIDE, (0.1, 0.5)),
        (5, TALL, (0.5, 0.1)),
        (6, TALL, (0.5, 0.1)),
        (7, TALL, (0.5, 0.9)),
        (8, TALL, (0.5, 0.9)),
        (77, WIDE, (0.1, 0.5)),
    ],
)
def test_what_a_telephone_took_stands_upright_and_tells_nothing_else(
    orientation: int, size: tuple[int, int], red_at: tuple[float, float]
) -> None:
    taken = phone_picture(orientation)
    assert b"SECRET" in taken
    content = fitted([material(taken)])[Role.PICTURE]
    image = opened(content)
    assert (image.size, image.mode, dict(image.info), dict(image.getexif())) == (size, "RGB", {}, {})
    assert b"SECRET" not in content
    assert near(image, *red_at, RED)
    assert near(image, 1 - red_at[0], 1 - red_at[1], BLUE)


def test_a_mask_that_lies_on_its_side_is_turned_to_the_picture() -> None:
    """Its red half, which is dark, is at the top once it is upright."""
    picture = material(saved(halves(TALL)))
    mask = opened(fitted([picture, material(phone_picture(6), Role.MASK)])[Role.MASK])
    assert mask.size == TALL
    assert near(mask, 0.5, 0.1, (76,))
    assert near(mask, 0.5, 0.9, (29,))


def _clear(mode: str) -> Image.Image:
    """Its left half is red, and its right one not there."""
    image = halves().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(WIDE).point(lambda _value: 0))
    image.paste((255, 0, 0, 255), (0, 0, WIDE[0] // 2, WIDE[1]))
    return image if mode == "RGBA" else image.convert(mode)


def _palette() -> bytes:
    image = halves().quantize(2)
    return saved(image, transparency=image.tobytes()[WIDE[0] - 1])


_FRAMES = [halves(right="white"), Image.new("RGB", WIDE, "green")]


@pytest.mark.parametrize(
    ("content", "left", "right"),
    [
        (saved(halves().convert("CMYK"), "JPEG", quality=95), RED, BLUE),
        (_palette(), RED, WHITE),
        (saved(_clear("RGBA")), RED, WHITE),
        (saved(_clear("RGBA"), "WEBP", lossless=True), RED, WHITE),
        (saved(_clear("LA")), (76, 76, 76), WHITE),
        (saved(Image.new("I;16", WIDE, 40_000)), GREY, GREY),
        (saved(halves(left="black", right="white").convert("1")), (0, 0, 0), WHITE),
        (saved(_FRAMES[0], "WEBP", save_all=True, append_images=_FRAMES[1:], lossless=True), RED, WHITE),
        (saved(_FRAMES[0], "PNG", save_all=True, append_images=_FRAMES[1:]), RED, WHITE),
        (saved(halves(), "JPEG", progressive=True, quality=95), RED, BLUE),
    ],
    ids="cmyk palette alpha webp-alpha grey-alpha 16-bit 1-bit animated-webp animated-png progressive".split(),
)
def test_every_kind_becomes_plain_colours_on_white(
    content: bytes, left: tuple[int, ...], right: tuple[int, ...]
) -> None:
    image = fit(content)
    assert (image.mode, image.size, image.format) == ("RGB", WIDE, "PNG")
    assert getattr(image, "n_frames", 1) == 1
    assert near(image, 0.1, 0.5, left)
    assert near(image, 0.9, 0.5, right)


@pytest.mark.parametrize(
    ("size", "bounds", "fits"),
    [
        ((1500, 1000), {"pixels_max": 60_000}, (300, 200)),
        ((3001, 2003), {"pixels_max": 60_000}, (299, 200)),
        ((20, 10), {}, (128, 64)),
        ((700, 700), {"side_max": 512}, (512, 512)),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_all_of_it_is_there_at_the_size_that_fits(
    size: tuple[int, int], bounds: dict[str, int], fits: tuple[int, int], kind: str
) -> None:
    # Each corner has a colour of its own, in what was a file of several strips.
    image = Image.new("RGB", size, "white")
    width, height = size
    for x, y, colour in ((0, 0, "red"), (1, 0, "lime"), (0, 1, "blue"), (1, 1, "black")):
        image.paste(colour, (x * width // 2, y * height // 2, (x + 1) * width // 2, (y + 1) * height // 2))
    found = fit(saved(image, kind), **bounds)
    assert found.size == fits
    expected = image.resize(fits, Image.Resampling.LANCZOS)
    off = ImageChops.difference(found, expected).convert("L").point(lambda value: 255 if value > 60 else 0)
    # Along the edges they may differ; nothing is moved.
    assert off.histogram()[255] <= 60
    for x, y, corner in ((0, 0, RED), (1, 0, (0, 255, 0)), (0, 1, BLUE), (1, 1, (0, 0, 0))):
        assert near(found, x, y, corner, most=30)


def test_one_of_ours_goes_out_as_it_is_and_another_never() -> None:
    plain = saved(halves())
    assert fitted([material(plain, ours=True)])[Role.PICTURE] is plain
    assert fitted([material(plain)])[Role.PICTURE] is not plain
    # Cut out, it is shown before white; larger than it may be, it is made smaller.
    assert near(fit(saved(_clear("RGBA")), ours=True), 0.9, 0.5, WHITE)
    assert fit(plain, ours=True, side_max=96).size == (96, 64)


@pytest.mark.parametrize("content", [saved(Image.new("RGB", (1, 5000))), saved(Image.new("RGB", (5000, 1)))])
def test_what_is_too_long_and_narrow_is_said_so(content: bytes) -> None:
    with pytest.raises(JobFailed) as raised:
        fitted([material(content, ratio_max=None)])
    assert (raised.value.code, raised.value.outcome) == (FailureCode.INPUT_MISFIT, "free")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        saved(noise(WIDE))[:-3000],
        saved(noise(WIDE), "GIF"),
        jpeg_claiming(8001, 8001),
        webp_claiming(8001, 8001),
    ],
    ids=["nothing", "html", "cut off", "gif", "jpeg bomb", "webp bomb"],
)
@pytest.mark.parametrize("role", [Role.PICTURE, Role.MASK])
def test_what_is_no_picture_is_said_so(content: bytes, role: Role) -> None:
    assert UPLOAD_PIXELS_MAX < 8001 * 8001
    picture = [material(saved(halves()))] if role is Role.MASK else []
    with pytest.raises(JobFailed) as raised:
        fitted([*picture, material(content, role)])
    assert (raised.value.code, raised.value.outcome) == (FailureCode.INPUT_BROKEN, "free")


def test_all_parts_together_stay_within_the_bytes_of_a_request() -> None:
    """The small one is left as it is; of the others none takes what another needs."""
    large, small = saved(noise((600, 400))), saved(halves((600, 400)))
    sizes = {}
    for most in (2_000_000, 700_000, 200_000, 60_000):
        parts = fitted(
            [material(large, ours=True), material(small, Role.REFERENCE)], fields=[1], bytes_max=most
        )
        assert sum(map(len, parts.values())) <= most
        assert [opened(part).size for part in parts.values()] == [(600, 400)] * 3
        assert opened(parts[Role.REFERENCE]).format == opened(parts[Role.MASK]).format == "PNG"
        sizes[most] = opened(parts[Role.PICTURE]).format, len(parts[Role.PICTURE])
    assert sizes[2_000_000] == ("PNG", len(large))
    assert [kind for kind, _size in sizes.values()] == ["PNG", "JPEG", "JPEG", "JPEG"]
    assert sizes[700_000][1] > sizes[200_000][1] > sizes[60_000][1]


def test_two_large_ones_share_what_there_is() -> None:
    large = saved(noise((600, 400)))
    parts = fitted([material(large), material(large, Role.REFERENCE)], bytes_max=300_000)
    sizes = [len(part) for part in parts.values()]
    assert sum(sizes) <= 300_000
    assert min(sizes) > 60_000


def test_the_bound_is_below_what_the_vendor_takes() -> None:
    assert REQUEST_BYTES_MAX < 10_000_000 < 10 * 2**20


def test_a_mask_has_the_size_of_the_picture_and_what_is_not_painted_stays() -> None:
    drawn = Image.new("RGBA", (50, 50))
    drawn.paste((255, 255, 255, 255), (0, 0, 25, 50))
    parts = fitted(
        [material(saved(halves((400, 300))), pixels_max=30_000), material(saved(drawn), Role.MASK)],
        fields=[9],
    )
    mask = opened(parts[Role.MASK])
    assert (mask.mode, mask.size) == ("L", opened(parts[Role.PICTURE]).size) == ("L", (200, 150))
    # The one that is handed in counts, and no field.
    assert near(mask, 0.1, 0.9, (255,))
    assert near(mask, 0.9, 0.9, (0,))


@pytest.mark.parametrize(
    "drawn", [Image.new("L", (50, 50), 12), Image.new("RGBA", (50, 50), (255, 255, 255, 0))]
)
def test_a_mask_in_which_nothing_is_to_be_painted_is_refused_for_nothing(drawn: Image.Image) -> None:
    with pytest.raises(JobFailed) as raised:
        fitted([material(saved(halves())), material(saved(drawn), Role.MASK)])
    assert (raised.value.code, raised.value.outcome) == (FailureCode.MASK_EMPTY, "free")


def test_fields_are_white_and_soft_where_they_border_on_others() -> None:
    mask = mask_of([1, 2, 6], (900, 600))
    assert (mask.mode, mask.size) == ("L", (900, 600))
    middles = [
        [mask.getpixel((150 + 300 * column, 100 + 200 * row)) for column in range(3)] for row in range(3)
    ]
    assert middles == [[255, 255, 0], [0, 0, 255], [0, 0, 0]]
    # Between two that are chosen, and at the picture's edge, nothing is soft.
    assert [mask.getpixel(point) for point in ((300, 100), (0, 0), (150, 0), (899, 300))] == [255] * 4
    border = [mask.getpixel((x, 100)) for x in range(580, 620)]
    assert border == sorted(border, reverse=True)  # type: ignore[type-var] # it is grey: numbers
    assert len(set(border)) > 10
    assert set(mask_of(range(1, 10), (99, 64)).get_flattened_data()) == {255}
