"""A picture that is scaled to what an operation takes is within all of its bounds, after rounding too."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import InvalidRequest
from core.operations import OPERATIONS, Bounds
from tests.fuzz.examples import fuzz

REAL = sorted(
    {
        operation.bounds_for(model, number)
        for operation in OPERATIONS.values()
        for model in operation.models.values()
        for number in range(len(operation.inputs))
    },
    key=repr,
)
sides = (
    st.integers(1, 70_000) | st.integers(1, 300) | st.sampled_from([64, 1024, 1536, 16_383, 16_384, 16_385])
)


def within(bounds: Bounds, width: int, height: int) -> bool:
    longer, shorter = max(width, height), min(width, height)
    return (
        bounds.side_min <= shorter <= longer <= bounds.side_max
        and bounds.pixels_min <= width * height <= bounds.pixels_max
        and (bounds.ratio_max is None or longer <= shorter * bounds.ratio_max)
    )


@pytest.mark.parametrize("bounds", REAL, ids=range(len(REAL)))
@fuzz(300)
@given(width=sides, height=sides)
@example(5_000, 2_000)
@example(7_500, 3_000)
@example(2, 5)
@example(3, 7)
@example(64, 16_384)
@example(16_385, 64)
@example(1, 5_000)
@example(9_999, 4_000)
def test_what_fits_is_within_the_bounds_and_as_long_and_narrow_as_before(
    bounds: Bounds, width: int, height: int
) -> None:
    longer, shorter = max(width, height), min(width, height)
    try:
        fitted = bounds.fit(width, height)
    except InvalidRequest:
        # Only where its shape is to blame, or so nearly that the next pixel is.
        extreme = min(bounds.side_max / bounds.side_min, bounds.pixels_max / bounds.side_min**2) * 0.99
        is_too_long = bounds.ratio_max is not None and longer > shorter * bounds.ratio_max
        assert is_too_long or longer > shorter * extreme
        return
    assert within(bounds, *fitted)
    if within(bounds, width, height):
        assert fitted == (width, height)
    # Of the shorter side half a pixel is a part of it, and one is where half a pixel would be too much.
    assert abs(fitted[0] * height - fitted[1] * width) <= longer
    assert (fitted[0] >= fitted[1]) is (width >= height) or fitted[0] == fitted[1]


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((1024, 1024), (1024, 1024)),
        # What is too large is made no smaller than it has to be, and what is too small no larger.
        ((4096, 4096), (3072, 3072)),
        ((32, 32), (64, 64)),
        ((40, 100), (64, 160)),
        ((12_000, 6_000), (4344, 2172)),
    ],
)
def test_it_is_scaled_no_further_than_it_has_to_be(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    assert Bounds().fit(*size) == fitted
