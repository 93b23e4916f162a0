"""How large the answers are, as measured of the real ones; by the names of v2beta's aspect ratios."""

import math
from collections.abc import Callable

from sandbox.stability.v2beta.fields import Values

Size = tuple[int, int]

MEGAPIXEL = 1024 * 1024
FAITHFUL_PIXELS = 3112 * 3112
CREATIVE_PIXELS = 3152 * 3152
FAST_FACTOR = 4

SHAPES: dict[str, Size] = {
    "21:9": (1536, 640),
    "16:9": (1344, 768),
    "3:2": (1216, 832),
    "5:4": (1152, 896),
    "1:1": (1024, 1024),
    "4:5": (896, 1152),
    "2:3": (832, 1216),
    "9:16": (768, 1344),
    "9:21": (640, 1536),
}
"""What the models of one megapixel paint."""


def of_core(values: Values) -> Size:
    width, height = SHAPES[values.texts["aspect_ratio"]]
    return width * 3 // 2, height * 3 // 2


def of_shape(values: Values) -> Size:
    """From a picture it is the shape that is nearest to the picture's own, unless another is asked for."""
    picture = values.inputs.get("image")
    if picture is None or "aspect_ratio" in values.given:
        return SHAPES[values.texts["aspect_ratio"]]
    wanted = math.log(picture.width / picture.height)
    return min(SHAPES.values(), key=lambda shape: abs(math.log(shape[0] / shape[1]) - wanted))


def of_ratio(values: Values) -> Size:
    """One megapixel in exactly the ratio, which is how 16:9 comes to be 1365 x 768."""
    width, height = (int(side) for side in values.texts["aspect_ratio"].split(":"))
    return _area(MEGAPIXEL, width / height)


def of_input(name: str = "image") -> Callable[[Values], Size]:
    def size(values: Values) -> Size:
        return values.inputs[name].width, values.inputs[name].height

    return size


def of_area(pixels: int, name: str = "image") -> Callable[[Values], Size]:
    """So many pixels in the ratio of an input."""

    def size(values: Values) -> Size:
        return _area(pixels, values.inputs[name].width / values.inputs[name].height)

    return size


def of_fast(values: Values) -> Size:
    width, height = of_input()(values)
    return width * FAST_FACTOR, height * FAST_FACTOR


def of_outpaint(values: Values) -> Size:
    (width, height), sides = of_input()(values), values.numbers
    return width + int(sides["left"] + sides["right"]), height + int(sides["up"] + sides["down"])


def _area(pixels: int, ratio: float) -> Size:
    return int(math.sqrt(pixels * ratio) + 1e-6), int(math.sqrt(pixels / ratio) + 1e-6)
