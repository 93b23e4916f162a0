"""What is on offer: every choice can be shown, and what a model does not take is refused in words."""

import pytest

from core.errors import InvalidRequest
from core.operations import (
    MODELS,
    PAINTERS,
    PIXELS_MAX,
    SIDE_MAX,
    SIDE_MIN,
    SIZES,
    UPSCALE_PIXELS_MAX,
    UPSCALE_SIDE_MAX,
    UPSCALER,
    Model,
    upscale_input,
    upscaled_size,
)

CHOICE_LENGTH_MAX = 100
"""Of a choice's label, at Discord."""


@pytest.mark.parametrize("model", PAINTERS.values(), ids=lambda model: model.name)
def test_a_choice_list_can_say_what_a_model_is_called_costs_and_is_good_at(model: Model) -> None:
    label = f"{model.title} - {model.credits.normalize():f} credits - {model.good_at}"
    assert len(label) <= CHOICE_LENGTH_MAX


def test_the_upscaler_has_a_price_and_is_not_offered_for_painting() -> None:
    assert MODELS[UPSCALER.name] is UPSCALER
    assert UPSCALER.name not in PAINTERS


@pytest.mark.parametrize("name", SIZES)
def test_every_shape_by_name_is_within_the_bounds(name: str) -> None:
    width, height = SIZES[name]
    assert SIDE_MIN <= min(width, height) <= max(width, height) <= SIDE_MAX
    assert width * height <= PIXELS_MAX


@pytest.mark.parametrize(
    ("size", "upscaled"),
    [
        ((1024, 1024), (4096, 4096)),
        ((256, 1536), (1024, 6144)),
        # Above a megapixel it is scaled down first.
        ((1536, 1024), (5016, 3344)),
        ((2048, 1024), (5792, 2896)),
    ],
)
def test_upscaling_makes_it_four_times_of_what_the_upscaler_takes(
    size: tuple[int, int], upscaled: tuple[int, int]
) -> None:
    width, height = upscale_input(*size)
    assert max(width, height) <= UPSCALE_SIDE_MAX
    assert width * height <= UPSCALE_PIXELS_MAX
    assert upscaled_size(*size) == upscaled


@pytest.mark.parametrize("size", [(4096, 4096), (6144, 1024)])
def test_a_picture_that_would_not_grow_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidRequest, match="cannot be made larger"):
        upscaled_size(*size)
