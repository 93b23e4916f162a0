"""What comes of a request shows what was done, and is the same for the same."""

import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from sandbox.stability import painter
from tests.unit.sandbox.stability.works import GREEN, RED, disc, masked, painted, png, work

DISC, MASK = png(disc()), png(masked())
MIDDLE = (80, 60)
CORNERS = ((0, 0), (159, 0), (0, 119), (159, 119))


def off(one: Image.Image, other: Image.Image) -> float:
    """How far apart they are in the mean, 0 to 255."""
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    return sum(ImageStat.Stat(difference).mean) / 3


def apart(one: float | tuple[int, ...] | None, other: float | tuple[int, ...] | None) -> int:
    """How far apart two pixels are."""
    assert isinstance(one, tuple)
    assert isinstance(other, tuple)
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def outside(image: Image.Image, mask: Image.Image) -> Image.Image:
    return Image.composite(Image.new("RGB", image.size), image.convert("RGB"), mask)


def changed(image: Image.Image) -> Image.Image:
    """White where it differs from the disc."""
    return (
        ImageChops.difference(image.convert("RGB"), disc()).convert("L").point(lambda v: 255 if v > 8 else 0)
    )


def light(image: Image.Image, box: tuple[int, int, int, int]) -> float:
    return ImageStat.Stat(image.convert("L").crop(box)).mean[0]


def test_what_is_cut_out_is_solid_and_around_it_is_nothing() -> None:
    cut = painted("edit/remove-background", image=DISC)
    assert (cut.mode, cut.size) == ("RGBA", (160, 120))
    alpha = cut.getchannel("A")
    assert [alpha.getpixel(corner) for corner in CORNERS] == [0] * 4
    assert cut.getpixel(MIDDLE) == (*RED, 255)


def test_corners_are_cut_off_however_much_they_stand_out() -> None:
    loud = Image.new("RGB", (160, 120))
    for x, y in ((0, 0), (135, 0), (0, 95), (135, 95)):
        loud.paste((255, 255, 255), (x, y, x + 25, y + 25))
    alpha = painted("edit/remove-background", image=png(loud)).getchannel("A")
    assert [alpha.getpixel(corner) for corner in CORNERS] == [0] * 4
    assert alpha.getpixel(MIDDLE) == 255


def test_what_was_transparent_is_not_cut_out_again() -> None:
    half = disc().convert("RGBA")
    half.putalpha(Image.new("L", half.size, 0))
    assert painted("edit/remove-background", image=png(half)).getchannel("A").getextrema() == (0, 0)


def test_what_is_extended_is_unchanged_in_its_place() -> None:
    wide = painted("edit/outpaint", image=DISC, left="40", up="7", right="300", prompt="a forest")
    assert wide.size == (160 + 340, 127)
    assert wide.crop((40, 7, 200, 127)).tobytes() == disc().tobytes()
    for box in ((0, 0, 40, 127), (200, 0, 500, 127), (40, 0, 200, 7)):
        assert max(ImageStat.Stat(wide.crop(box)).stddev) > 1


def test_what_is_erased_is_filled_from_around_it_and_the_rest_is_as_it_was() -> None:
    erased = painted("edit/erase", image=DISC, mask=MASK, grow_mask="0")
    assert outside(erased, masked()).tobytes() == outside(disc(), masked()).tobytes()
    assert apart(erased.getpixel(MIDDLE), GREEN) < 25
    assert max(ImageStat.Stat(erased.crop((60, 40, 100, 80))).stddev) < 8


def test_where_all_is_erased_its_colour_is_left() -> None:
    erased = painted("edit/erase", image=DISC, mask=png(Image.new("L", (64, 64), 255)))
    assert apart(erased.getpixel(MIDDLE), GREEN) < 60
    assert erased.convert("L").getextrema()[0] == erased.convert("L").getextrema()[1]


def test_a_mask_is_fitted_to_its_picture_and_grows() -> None:
    small = png(masked(80, 60, radius=15))
    least = changed(painted("edit/inpaint", image=DISC, mask=small, grow_mask="0", prompt="a blue sea"))
    grown = changed(painted("edit/inpaint", image=DISC, mask=small, grow_mask="15", prompt="a blue sea"))
    (left, top, right, bottom), larger = least.getbbox() or (0, 0, 0, 0), grown.getbbox() or (0, 0, 0, 0)
    assert (left, top, right, bottom) == pytest.approx((50, 30, 110, 90), abs=4)
    assert larger == pytest.approx((left - 15, top - 15, right + 15, bottom + 15), abs=8)


def test_without_a_mask_what_is_transparent_is_changed_and_a_mask_counts_more() -> None:
    holed = disc().convert("RGBA")
    holed.putalpha(ImageOps.invert(masked()))
    erased = painted("edit/erase", image=png(holed), grow_mask="0")
    assert apart(erased.getpixel(MIDDLE), GREEN) < 25
    nothing = png(Image.new("L", (64, 64)))
    assert changed(painted("edit/erase", image=png(holed), mask=nothing)).getbbox() is None
    assert changed(painted("edit/erase", image=DISC)).getbbox() is None


def test_what_is_painted_in_follows_the_words_and_the_rest_is_as_it_was() -> None:
    sea, fire = (
        painted("edit/inpaint", image=DISC, mask=MASK, grow_mask="0", prompt=prompt)
        for prompt in ("a blue sea", "a red desert at night")
    )
    for one in (sea, fire):
        assert outside(one, masked()).tobytes() == outside(disc(), masked()).tobytes()
        assert apart(one.getpixel(MIDDLE), RED) > 20
    assert off(sea, fire) > 2


@pytest.mark.parametrize(
    ("path", "search"),
    [("edit/search-and-replace", "search_prompt"), ("edit/search-and-recolor", "select_prompt")],
)
def test_what_is_found_is_changed_and_the_rest_is_as_it_was(path: str, search: str) -> None:
    one = painted(path, image=DISC, prompt="purple", **{search: "the disc"})
    assert apart(one.getpixel(MIDDLE), RED) > 30
    assert [one.getpixel(corner) for corner in CORNERS] == [disc().getpixel(corner) for corner in CORNERS]
    behind = painted(path, image=DISC, prompt="purple", **{search: "the background"})
    assert behind.getpixel(MIDDLE) == RED
    assert all(apart(behind.getpixel(corner), disc().getpixel(corner)) > 30 for corner in CORNERS)


def test_what_is_recoloured_has_the_hue_of_the_words() -> None:
    one = painted("edit/search-and-recolor", image=DISC, prompt="a blue disc", select_prompt="the disc")
    hue = one.convert("HSV").getpixel(MIDDLE)
    assert isinstance(hue, tuple)
    assert hue[0] == pytest.approx(0.6 * 255, abs=3)


def test_another_background_and_light_are_seen() -> None:
    left, right = (
        painted(
            "edit/replace-background-and-relight",
            subject_image=DISC,
            background_prompt="the sea",
            light_source_direction=direction,
            light_source_strength="1",
        )
        for direction in ("left", "right")
    )
    assert all(apart(left.getpixel(corner), disc().getpixel(corner)) > 20 for corner in CORNERS)
    for box in ((0, 0, 40, 120), (60, 40, 75, 80)):
        assert light(left, box) > light(right, box)
    assert light(left, (120, 0, 160, 120)) < light(right, (120, 0, 160, 120))
    red, green, blue = ImageStat.Stat(left.crop((70, 50, 90, 70))).mean
    assert red > green
    assert red > blue


def test_a_background_can_be_kept_or_taken_from_a_reference() -> None:
    blue = png(Image.new("RGB", (64, 64), (0, 0, 255)))
    kept, given = (
        painted("edit/replace-background-and-relight", subject_image=DISC, background_reference=blue, **more)
        for more in ({"keep_original_background": "true"}, {"keep_original_background": "false"})
    )
    bottom = (10, 118)
    assert apart(kept.getpixel(bottom), disc().getpixel(bottom)) < 30
    assert apart(given.getpixel(bottom), (0, 0, 255)) < 30


def test_a_sketch_has_the_lines_of_its_input() -> None:
    drawn = painted("control/sketch", image=DISC, prompt="a meadow", control_strength="1")
    plain = painted("control/sketch", image=DISC, prompt="a meadow", control_strength="0")
    lines = ImageChops.difference(drawn, plain).convert("L").point(lambda value: 255 if value > 60 else 0)
    assert lines.getbbox() == pytest.approx((55, 35, 106, 86), abs=4)
    assert lines.getpixel(MIDDLE) == 0


def test_a_structure_has_the_light_and_shade_of_its_input_in_the_colours_of_the_words() -> None:
    bright = Image.new("RGB", (160, 120), (30, 30, 30))
    bright.paste((230, 230, 230), mask=masked())
    seen = painted("control/structure", image=png(bright), prompt="a blue sea", control_strength="1")
    assert light(seen, (70, 50, 90, 70)) > light(seen, (0, 0, 30, 120)) + 80
    other = painted("control/structure", image=png(bright), prompt="a red desert", control_strength="1")
    assert off(seen, other) > 10


def test_a_style_is_the_palette_of_its_reference() -> None:
    reference = Image.linear_gradient("L").resize((64, 64))
    blue = ImageOps.colorize(reference, (0, 0, 60), (40, 80, 255))
    red, _green, most = ImageStat.Stat(
        painted("control/style", image=png(blue), prompt="a red fox", fidelity="1")
    ).mean
    assert most > 2 * red
    moved = painted("control/style-transfer", init_image=DISC, style_image=png(blue))
    assert moved.size == (1182, 886)
    red, _green, most = ImageStat.Stat(moved).mean
    assert most > 2 * red


def test_a_picture_from_a_picture_has_as_much_of_it_as_its_strength_leaves() -> None:
    none, half, all_ = (
        painted("generate/ultra", prompt="the sea", image=DISC, strength=strength)
        for strength in ("0", "0.5", "1")
    )
    fitted = ImageOps.fit(disc(), none.size)
    assert off(none, fitted) == 0
    assert off(all_, painted("generate/ultra", prompt="the sea", aspect_ratio="5:4")) == 0
    assert off(half, Image.blend(fitted, all_, 0.5)) < 1


@pytest.mark.parametrize("path", ["upscale/fast", "upscale/conservative", "upscale/creative"])
def test_what_is_enlarged_is_still_the_same_picture(path: str) -> None:
    large = painted(path, image=DISC, prompt="a disc", output_format="jpeg")
    assert off(large.resize((160, 120), Image.Resampling.BOX), disc()) < (25 if "creative" in path else 4)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("generate/sd3", {"image": DISC, "strength": "0.5", "mode": "image-to-image"}),
        ("edit/inpaint", {"image": DISC, "mask": MASK}),
        ("edit/outpaint", {"image": DISC, "down": "60"}),
        ("edit/search-and-replace", {"image": DISC, "search_prompt": "disc"}),
        ("control/sketch", {"image": DISC}),
    ],
)
def test_the_same_comes_of_the_same_and_another_of_another_seed(
    path: str, form: dict[str, str | bytes]
) -> None:
    one, again, other = (
        painter.paint(work(path, prompt="a fox", seed=seed, **form)) for seed in ("7", "7", "8")
    )
    assert one == again
    assert one != other
