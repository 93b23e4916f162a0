"""What is on offer: every choice can be shown, and what a model does not take is refused in words."""

import pytest

from core.errors import InvalidRequest
from core.operations import (
    MODELS,
    PAINTERS,
    PIXELS_MAX,
    PROMPT_LENGTH_MAX,
    SIDE_MAX,
    SIDE_MIN,
    SIZES,
    STYLES,
    UPSCALE_PIXELS_MAX,
    UPSCALE_SIDE_MAX,
    UPSCALER,
    Model,
    upscale_input,
    upscaled_size,
)
from core.validation import validated
from tests.orders import request

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


@pytest.mark.parametrize("model", PAINTERS)
def test_what_was_not_asked_for_is_taken_by_every_model(model: str) -> None:
    asked = request(model=model, negative_prompt=None, style=None)
    assert validated(asked, default_model=model) == asked


@pytest.mark.parametrize(
    ("model", "negative_prompt", "style", "complaint"),
    [
        (
            "core",
            None,
            "vaporwave",
            "Core does not know the style “vaporwave”; leave it out, or choose one of: photo",
        ),
        (
            "sd3.5-large-turbo",
            "rain",
            None,
            "takes no negative prompt. Leave it out, or choose one of",
        ),
        ("core", "x" * (PROMPT_LENGTH_MAX + 1), None, "has 2001 characters; it may have 2000"),
    ],
)
def test_what_a_model_does_not_take_is_refused_in_words(
    model: str, negative_prompt: str | None, style: str | None, complaint: str
) -> None:
    with pytest.raises(InvalidRequest, match=complaint):
        validated(request(model=model, negative_prompt=negative_prompt, style=style), default_model="core")


@pytest.mark.parametrize("style", STYLES)
def test_what_a_model_takes_passes(style: str) -> None:
    asked = request(model="core", negative_prompt="x" * PROMPT_LENGTH_MAX, style=style)
    assert validated(asked, default_model="core") == asked


def test_what_an_operation_does_not_take_is_a_mistake_of_the_caller() -> None:
    """An upscale has no style: nothing offers one, so nobody has to be told."""
    asked = request(operation="upscale", model=UPSCALER.name, inputs=(17,), style="anime")
    with pytest.raises(ValueError, match="upscale takes other parameters"):
        validated(asked, default_model="core")


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
