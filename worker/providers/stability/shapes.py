"""From the size that a member wants to the size that a model paints."""

import math

from core.operations import SIDE_MAX, Model, Shape


def choose_shape(model: Model, width: int, height: int) -> Shape:
    """The shape to ask for, such that the least is lost when the picture is cut to `width` x `height`."""
    if model.shapes:
        wanted = math.log(width / height)
        return min(model.shapes, key=lambda shape: abs(math.log(shape.width / shape.height) - wanted))
    return Shape(_round_up(width, model), _round_up(height, model))


def _round_up(side: int, model: Model) -> int:
    stepped = math.ceil(side / model.side_step) * model.side_step
    return min(max(stepped, model.side_min), SIDE_MAX)
