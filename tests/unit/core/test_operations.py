"""What is on offer: every choice can be shown, and what a model does not take is refused in words."""

from dataclasses import replace

import pytest

from core.operations import (
    CHANGES,
    CONSERVATIVE,
    CREATIVE,
    FAST,
    MODELS,
    OPERATIONS,
    PAINTERS,
    PIXELS_MAX,
    PROMPT_LENGTH_MAX,
    SEED_MAX,
    SIDE_DEFAULT,
    SIDE_MAX,
    SIDE_MIN,
    SIZES,
    STYLES,
    UPSCALE,
    VARY,
    Model,
    Need,
    Operation,
    offer,
    usual_model,
)

CHOICE_LENGTH_MAX = 100
"""Of a choice's label, at Discord."""


def test_the_usual_model_of_each_change_can_make_it_and_is_the_cheaper_one_for_variations() -> None:
    assert [one for one in CHANGES if usual_model(one) not in one.models] == []
    assert (usual_model(VARY), usual_model(UPSCALE)) == ("sd3.5-medium", FAST.name)


@pytest.mark.parametrize("model", PAINTERS.values(), ids=lambda model: model.name)
def test_a_choice_list_can_say_what_a_model_is_called_costs_and_is_good_at(model: Model) -> None:
    label = f"{model.title} - {model.credits.normalize():f} credits - {model.good_at}"
    assert len(label) <= CHOICE_LENGTH_MAX


def test_prices_and_bounds_are_the_vendors() -> None:
    assert {name: str(model.credits) for name, model in PAINTERS.items()} == {
        "core": "3",
        "ultra": "8",
        "sd3.5-large": "6.5",
        "sd3.5-large-turbo": "4",
        "sd3.5-medium": "3.5",
        "sd3.5-flash": "2.5",
        "stable-diffusion-v1-6": "1",
        "stable-diffusion-xl-1024-v1-0": "1",
    }
    assert (PROMPT_LENGTH_MAX, SEED_MAX) == (2000, 2**32 - 2)
    assert (SIDE_MIN, SIDE_MAX, PIXELS_MAX) == (256, 1536, 1536 * 1024)


def test_what_a_model_takes_is_what_the_vendor_says_of_it() -> None:
    """Of stable-diffusion-v1-6: multiples of 64, from 320 on; of SDXL, nine sizes; of the others, nine ratios."""
    shapes = {
        name: [(shape.width, shape.height, shape.aspect_ratio) for shape in model.shapes]
        for name, model in PAINTERS.items()
    }
    v1_6 = PAINTERS["stable-diffusion-v1-6"]
    assert (shapes.pop(v1_6.name), v1_6.side_step, v1_6.side_min) == ([], 64, 320)
    sdxl = shapes.pop("stable-diffusion-xl-1024-v1-0")
    squarish = {(1024, 1024), (1152, 896), (1216, 832), (1344, 768), (1536, 640)}
    assert {(width, height) for width, height, _ in sdxl} == squarish | {size[::-1] for size in squarish}
    assert {ratio for _, _, ratio in sdxl} == {None}
    for found in shapes.values():
        assert [(f"{width}:{height}", ratio) for width, height, ratio in found] == [
            (ratio, ratio) for ratio in "21:9 16:9 3:2 5:4 1:1 4:5 2:3 9:16 9:21".split()
        ]
    assert {name for name, model in MODELS.items() if not model.takes_negative_prompt} == {
        "sd3.5-large-turbo", "upscale-fast", "erase", "outpaint", "remove-background"
    }  # fmt: skip
    assert {model.styles for model in PAINTERS.values()} == {STYLES}
    presets = (
        "3d-model analog-film anime cinematic comic-book digital-art enhance fantasy-art isometric line-art "
        "low-poly modeling-compound neon-punk origami photographic pixel-art tile-texture"
    )
    assert sorted(STYLES) == presets.split()
    assert {name for name, model in MODELS.items() if not model.styles} == {
        "erase", "remove-background", "replace-background-and-relight", "style-transfer", "upscale-fast",
        "upscale-conservative",
    }  # fmt: skip
    assert {model.provider for model in MODELS.values()} == {"stability"}


def test_a_name_is_one_models() -> None:
    with pytest.raises(ValueError, match="there are two models called core"):
        offer(UPSCALE, replace(PAINTERS["core"], title="Another"))
    assert {*UPSCALE.models} == {FAST.name, CONSERVATIVE.name, CREATIVE.name}


def test_the_upscaler_has_a_price_and_is_not_offered_for_painting() -> None:
    assert MODELS[FAST.name] is FAST
    assert FAST.name not in PAINTERS


@pytest.mark.parametrize("name", SIZES)
def test_every_shape_by_name_is_within_the_bounds(name: str) -> None:
    width, height = SIZES[name]
    assert SIDE_MIN <= min(width, height) <= max(width, height) <= SIDE_MAX
    assert width * height <= PIXELS_MAX


def test_a_shape_has_the_form_that_its_name_says_in_steps_that_every_model_paints() -> None:
    assert {*SIZES} == {"square", "portrait", "landscape", "wide", "tall"}
    assert all(side % 32 == 0 for size in SIZES.values() for side in size)
    assert (SIZES["square"], SIZES["landscape"], SIZES["tall"]) == (
        (SIDE_DEFAULT, SIDE_DEFAULT),
        SIZES["portrait"][::-1],
        SIZES["wide"][::-1],
    )
    assert (SIZES["wide"][0] / SIZES["wide"][1], SIDE_DEFAULT) == (16 / 9, 1024)
    assert 0.65 < SIZES["portrait"][0] / SIZES["portrait"][1] < 0.7


def test_each_change_is_done_by_models_at_the_vendor_s_prices() -> None:
    prices = {
        operation.name: {name: f"{model.credits:f}" for name, model in operation.models.items()}
        for operation in CHANGES
    }
    assert prices.pop("vary") == {
        "ultra": "8", "sd3.5-large": "6.5", "sd3.5-large-turbo": "4", "sd3.5-medium": "3.5", "sd3.5-flash": "2.5"
    }  # fmt: skip
    assert prices.pop("upscale") == {
        "upscale-fast": "2", "upscale-conservative": "40", "upscale-creative": "60"
    }  # fmt: skip
    assert {name: [*models.values()] for name, models in prices.items()} == {
        "replace": ["5"], "recolor": ["5"], "erase": ["5"], "paint-over": ["5"], "extend": ["4"], "cut-out": ["5"],
        "relight": ["8"], "sketch": ["5"], "structure": ["5"], "style": ["5"], "transfer": ["8"],
    }  # fmt: skip
    assert [model for model in MODELS.values() if model.is_dear] == [CONSERVATIVE, CREATIVE]
    # The same model, and one price.
    assert VARY.models["ultra"] is PAINTERS["ultra"]


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.name)
def test_what_need_not_be_there_comes_last(operation: Operation) -> None:
    """So that it is known by its position which of its inputs an order has."""
    needs = [one.need for one in operation.inputs]
    assert needs == sorted(needs, key=lambda need: need is not Need.REQUIRED)
    assert needs.count(Need.OPTIONAL) <= 1
