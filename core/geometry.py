"""Sizes in pixels: where the fields of a picture are, and how large a change makes it."""

from collections.abc import Mapping
from typing import Any

from core.errors import InvalidRequest
from core.operations import FAST, UPSCALE, UPSCALE_FACTOR, UPSCALED_PIXELS
from core.registry import Model


def field_boxes(width: int, height: int) -> dict[int, tuple[int, int, int, int]]:
    """Of each of the nine fields by its number, from 1 as one reads: left, top, right and bottom, in pixels."""
    xs, ys = ([side * n // 3 for n in range(4)] for side in (width, height))
    return {
        row * 3 + column + 1: (xs[column], ys[row], xs[column + 1], ys[row + 1])
        for row in range(3)
        for column in range(3)
    }


def extended_size(width: int, height: int, params: Mapping[str, Any]) -> tuple[int, int]:
    """The size in pixels of a picture that is extended by `left`, `right`, `up` and `down`."""
    sides = {side: int(params.get(side) or 0) for side in ("left", "right", "up", "down")}
    return width + sides["left"] + sides["right"], height + sides["up"] + sides["down"]


def check_upscale(model: Model, width: int, height: int) -> None:
    """Raises InvalidRequest where a picture of this size in pixels would not grow."""
    fitted = UPSCALE.bounds_for(model, 0).fit(width, height)
    upscaled = fitted[0] * fitted[1] * UPSCALE_FACTOR**2 if model is FAST else UPSCALED_PIXELS
    if upscaled <= width * height:
        raise InvalidRequest(
            "This picture is {width} × {height} already and cannot be made larger.",
            width=width,
            height=height,
        )
