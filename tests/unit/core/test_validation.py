"""What a member asks for is taken as it can be stored and painted, or refused in words, whoever asks for it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from core.errors import InvalidRequest
from core.operations import (
    CUT_OUT,
    DEFAULT_MODEL,
    ERASE,
    EXTEND,
    FAST,
    IMAGINE,
    IN_STYLE,
    MODELS,
    PAINT_OVER,
    PAINTERS,
    PROMPT_LENGTH_MAX,
    RECOLOR,
    RELIGHT,
    REPLACE,
    SEED_MAX,
    SIDE_DEFAULT,
    SIDE_MAX,
    SIDE_MIN,
    SKETCH,
    STRUCTURE,
    STYLES,
    UPSCALE,
    VARIATIONS,
    VARY,
    Operation,
)
from core.orders import COUNT_MAX, Request
from core.validation import check_size, clean_prompt, fields_in, model_on_offer, on_offer, validated
from tests.orders import request

OFF_MENU = [model.name for model in PAINTERS.values() if not model.on_menu]


CORE = MODELS["core"]
ULTRA = MODELS["ultra"]


def checked(
    default_model: str = DEFAULT_MODEL, sizes: Sequence[tuple[int, int]] = (), **changes: Any
) -> Request:
    return validated(request(**changes), default_model=default_model, sizes=sizes)


def change(operation: Operation, *sizes: tuple[int, int], prompt: str = "a fox", **params: Any) -> Request:
    """Of the first of its models, from pictures of these sizes."""
    sizes = sizes or ((1024, 1024),)
    plain = request(prompt=prompt, operation=operation.name, model=next(iter(operation.models)))
    asked = replace(plain, inputs=tuple(range(1, len(sizes) + 1)), params=params)
    return validated(asked, default_model=DEFAULT_MODEL, sizes=sizes)


@pytest.mark.parametrize(
    "blank",
    [
        "", " ", "\n\t", "\u200b\u200b", "\u2800", "\u3164", "\x00\x01", "\u202e", "\ufe0f",
        "\u115f\u1160", "\uffa0", "\ue000", "\u0378", "\U00013430",
        "\ufe0f \ufe0f", "\ufe0f\u2028\ufe0f", "\ufe0f\u2029\ufe0f",
    ],
)  # fmt: skip
def test_a_prompt_that_shows_nothing_is_refused_with_an_example(blank: str) -> None:
    with pytest.raises(InvalidRequest, match="a red fox in the snow"):
        clean_prompt(blank)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  a red fox  ", "a red fox"),
        ("one\ntwo", "one\ntwo"),
        ("nul\x00 and bell\x07", "nul and bell"),
        ("half a \ud800pair", "half a pair"),
        ("left \u202eright", "left right"),
        ("zero\u200b width \ufeffand \u00adsoft", "zero width and soft"),
        ("\u061c\u200e\u200fmarks\u2066 of\u2069 \u2060direction\ufff9", "marks of direction"),
        ("hidden\U000e0041\U000e0042 tags \x85here", "hidden tags here"),
        ("\u200djoined\u200d\u200c\u200dtwice\u200d to \u200cnothing", "joined\u200dtwice to nothing"),
        (
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        ),
        ("👩\u200d🚀 on the moon", "👩\u200d🚀 on the moon"),
        ("नमस्\u200cते", "नमस्\u200cते"),
        ("🦊", "🦊"),
        ("X", "X"),
        ("\u2800.", "\u2800."),
    ],
)
def test_a_prompt_keeps_all_that_can_be_stored_and_seen(typed: str, stored: str) -> None:
    assert clean_prompt(typed) == stored


@pytest.mark.parametrize(
    ("width", "height"), [(256, 256), (1536, 1024), (1024, 1536), (1254, 1254), (256, 1536)]
)
def test_sizes_within_the_bounds_pass(width: int, height: int) -> None:
    check_size(width, height, ULTRA)


@pytest.mark.parametrize(
    ("width", "height", "right"), [(1536, 1536, "up to 1024"), (1300, 1300, "up to 1209")]
)
def test_a_size_that_is_too_large_is_refused_with_what_would_be_right(
    width: int, height: int, right: str
) -> None:
    with pytest.raises(InvalidRequest, match=right):
        check_size(width, height, ULTRA)


def test_a_request_is_stored_with_its_texts_cleaned_and_all_else_as_it_was() -> None:
    asked = request(
        prompt=" a \u200bfox ",
        negative_prompt=" \u200brain",
        seed=SEED_MAX,
        style="anime",
        private=True,
        spoiler=True,
    )
    stored = validated(asked, default_model=DEFAULT_MODEL)
    assert (stored.prompt, stored.negative_prompt) == ("a fox", "rain")
    assert (stored.seed, stored.style, stored.private, stored.spoiler) == (SEED_MAX, "anime", True, True)
    assert stored.interaction_id == asked.interaction_id


@pytest.mark.parametrize("text", ["", "  ", "\u200b\u2060", None])
def test_a_negative_prompt_that_says_nothing_was_not_asked_for(text: str | None) -> None:
    assert checked(negative_prompt=text).negative_prompt is None
    assert checked(negative_prompt=text, model="sd3.5-large-turbo").params.keys() == {"width", "height"}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"prompt": "\u200b"}, "The prompt is blank"),
        ({"prompt": "x" * (PROMPT_LENGTH_MAX + 1)}, "has {count} characters; it may have {most}"),
        ({"width": 255}, "{side} is not a side that a picture may have"),
        ({"height": 1537}, "{side} is not a side that a picture may have"),
        ({"width": 1536, "height": 1536, "model": "ultra"}, "is {size} megapixels"),
        ({"seed": -1}, "A seed is a number from 0 to {most}"),
        ({"seed": SEED_MAX + 1}, "A seed is a number from 0 to {most}"),
        ({"style": "vaporwave"}, "does not know the style"),
        ({"model": "sd3.5-large-turbo", "negative_prompt": "rain"}, "takes no negative prompt"),
        (
            {"negative_prompt": "x" * (PROMPT_LENGTH_MAX + 1)},
            "“{param}” has {count} characters; it may have {most}",
        ),
        ({"model": "dall-e"}, "not on offer any more"),
        ({"model": FAST.name}, "not on offer any more"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        checked(**changes)
    assert complaint in refused.value.text


def test_of_models_that_take_a_negative_prompt_those_on_offer_are_named() -> None:
    with pytest.raises(InvalidRequest) as refused:
        checked(model="sd3.5-large-turbo", negative_prompt="rain")
    titles = {model.title for model in on_offer(IMAGINE, DEFAULT_MODEL).values()}
    assert {*str(refused.value.values["others"]).split(", ")} == titles - {MODELS["sd3.5-large-turbo"].title}


def test_how_large_it_is_is_said_in_megapixels() -> None:
    with pytest.raises(
        InvalidRequest,
        match=r"1536 × 1300 is 2\.00 megapixels, and a picture by Stable Image Ultra may have 1\.57",
    ):
        check_size(1536, 1300, ULTRA)
    # It paints larger ones.
    check_size(1536, 1536, CORE)


def test_the_smallest_and_the_largest_sides_are_taken_and_the_next_ones_are_not() -> None:
    for side in (SIDE_MIN, SIDE_MAX):
        check_size(side, 512, CORE)
        check_size(512, side, CORE)
    for side in (SIDE_MIN - 1, SIDE_MAX + 1):
        with pytest.raises(InvalidRequest, match=f"{side} is not a side"):
            check_size(512, side, CORE)


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"inputs": (1,)}, "is made from other pictures"),
        ({"operation": UPSCALE.name, "model": FAST.name}, "is made from other pictures"),
        (
            {"operation": "erase", "model": "erase", "inputs": (1,), "sizes": [(99, 99)]},
            "takes no height, width",
        ),
    ],
)
def test_what_no_member_can_ask_for_is_a_mistake_of_ours(changes: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        checked(**changes)


@pytest.mark.parametrize(("count", "count_max"), [(0, 4), (COUNT_MAX + 1, 4), (2, 1)])
def test_no_more_pictures_are_made_at_once_than_the_owner_allows(count: int, count_max: int) -> None:
    with pytest.raises(InvalidRequest, match=f"ask for {count_max} pictures at once at most"):
        validated(request(count=count), default_model=DEFAULT_MODEL, count_max=count_max)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        (VARY, {"strength": 0.35}),
        (REPLACE, {"target": "the fox", "style": "anime"}),
        (RECOLOR, {"target": "the fox", "negative_prompt": "rain"}),
        (ERASE, {"fields": [9, 1, 1]}),
        (PAINT_OVER, {"fields": [5]}),
        (EXTEND, {"left": 200}),
        (CUT_OUT, {}),
        (RELIGHT, {"light": "above"}),
        (SKETCH, {"closeness": 0.5}),
        (STRUCTURE, {}),
        (IN_STYLE, {"width": 1024, "height": 512}),
        (UPSCALE, {}),
    ],
)
def test_a_change_is_stored_with_what_it_was_asked_for(operation: Operation, params: dict[str, Any]) -> None:
    stored = change(operation, **params)
    assert stored.params == ({"fields": [1, 9]} if operation is ERASE else params)
    assert stored.prompt == "a fox"


@pytest.mark.parametrize(
    ("operation", "asked", "complaint"),
    [
        (VARY, {"strength": 1.5}, "“Strength” is a number from 0 to 1"),
        (VARY, {"strength": 0.5, "prompt": " "}, "The prompt is blank"),
        (REPLACE, {"target": " \u200b"}, "“What to replace” is missing"),
        (RECOLOR, {"target": "x" * 201}, "has 201 characters; it may have 200"),
        (ERASE, {}, "choose some of the nine fields"),
        (ERASE, {"fields": [0]}, "at least one of the nine fields"),
        (PAINT_OVER, {"fields": []}, "at least one of the nine fields"),
        (EXTEND, {}, "to which side, and how far"),
        (EXTEND, {"left": 0, "right": None}, "to which side, and how far"),
        (EXTEND, {"left": 2001}, "“Left” is a number from 0 to 2000"),
        (EXTEND, {"left": 2000, "right": 2000, "up": 2000, "down": 2000}, "may be extended to 9.44"),
        (RELIGHT, {"prompt": ""}, "The prompt is blank"),
        (RELIGHT, {"light": "behind"}, "“Light” is one of above, below, left, right"),
        (CUT_OUT, {"sizes": (20_000, 40)}, "may be at most 255 times"),
        (REPLACE, {"target": "a fox", "sizes": (2600, 1000)}, "may be at most 2.5 times"),
        (UPSCALE, {"sizes": (4096, 4096)}, "cannot be made larger"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_in_words(
    operation: Operation, asked: dict[str, Any], complaint: str
) -> None:
    sizes = (asked.pop("sizes", (1024, 1024)),)
    with pytest.raises(InvalidRequest, match=complaint):
        change(operation, *sizes, **asked)


def test_what_has_a_default_need_not_be_asked_for() -> None:
    assert change(VARY).params == {"strength": VARIATIONS["strong"]}
    assert change(IN_STYLE).size == (SIDE_DEFAULT, SIDE_DEFAULT)


@pytest.mark.parametrize(
    ("typed", "fields"), [("1, 2 and 5", [1, 2, 5]), ("9", [9]), ("", []), ("10 1", [10, 1]), ("x" * 999, [])]
)
def test_fields_are_read_as_people_write_them(typed: str, fields: list[int]) -> None:
    assert fields_in(typed) == fields


def test_where_something_else_tells_what_is_meant_no_words_are_needed() -> None:
    mask = reference = (500, 400)
    assert change(ERASE, (1024, 1024), mask, prompt="").params == {}
    assert change(RELIGHT, (1024, 1024), reference, prompt="").prompt == ""
    assert change(EXTEND, prompt="", up=1).prompt == ""


def test_all_that_is_within_the_bounds_passes() -> None:
    for style in STYLES:
        checked(style=style, negative_prompt="x" * PROMPT_LENGTH_MAX, prompt="x" * PROMPT_LENGTH_MAX, seed=0)
    for count in range(1, COUNT_MAX + 1):
        assert checked(count=count).count == count
    for model in on_offer(IMAGINE, DEFAULT_MODEL):
        assert checked(model=model).model == model


@pytest.mark.parametrize("name", OFF_MENU)
def test_what_is_not_on_the_menu_is_on_offer_where_it_is_the_owner_s_default(name: str) -> None:
    assert {*OFF_MENU} == {"stable-diffusion-v1-6", "stable-diffusion-xl-1024-v1-0"}
    assert name not in on_offer(IMAGINE, DEFAULT_MODEL)
    with pytest.raises(InvalidRequest) as refused:
        model_on_offer(IMAGINE, name, DEFAULT_MODEL)
    assert MODELS[name].title not in str(refused.value.values["others"])
    assert checked(model=name, default_model=name).model == name
    # Beside what is on the menu, and not in its place.
    assert {*on_offer(IMAGINE, name)} == {*on_offer(IMAGINE, DEFAULT_MODEL), name}
