"""What can be done to words and pictures: the operations, and the models that do them with their prices."""

import math
from dataclasses import dataclass, field
from decimal import Decimal

from core.errors import InvalidRequest

SIDE_MIN = 256
SIDE_MAX = 1536
SIDE_DEFAULT = 1024
PIXELS_MAX = 1536 * 1024
"""A picture's area in pixels. It is what the largest of the models paints without being stretched."""

PROMPT_LENGTH_MAX = 2000
"""The v1 API's bound, for a negative prompt too; v2beta would take more."""

SEED_MAX = 4_294_967_294

UPSCALE_FACTOR = 4
UPSCALE_SIDE_MAX = 1536
UPSCALE_PIXELS_MAX = 1_048_576
"""What the upscaler takes: at most so many pixels a side and in all. (At least 32 a side, which all have.)"""

SIZES = {
    "square": (1024, 1024),
    "portrait": (832, 1216),
    "landscape": (1216, 832),
    "wide": (1536, 864),
    "tall": (864, 1536),
}
"""Shapes by name: width and height in pixels."""

STYLES = tuple(
    "photographic cinematic analog-film enhance anime comic-book digital-art fantasy-art neon-punk pixel-art line-art "
    "isometric low-poly 3d-model origami modeling-compound tile-texture".split()
)
"""Stability's presets, which every model that paints takes."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A size that a model paints, and for v2beta the name that the API knows it by."""

    width: int
    height: int
    aspect_ratio: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """`credits` is the provider's price of one picture, a credit being 0.01 USD; failures cost nothing.

    A model without `shapes` paints any size whose sides are multiples of `side_step`.
    One that is not `on_menu` is offered only where the owner has set it as the default.
    """

    name: str
    title: str
    good_at: str
    credits: Decimal
    provider: str = "stability"
    shapes: tuple[Shape, ...] = ()
    styles: tuple[str, ...] = STYLES
    takes_negative_prompt: bool = True
    side_step: int = 64
    side_min: int = 320
    on_menu: bool = True


@dataclass(frozen=True, slots=True)
class Operation:
    """It takes these parameters and is made from `inputs` pictures. A provider adds its models with `offer`."""

    name: str
    title: str
    params: tuple[str, ...]
    inputs: int = 0
    models: dict[str, Model] = field(default_factory=dict)


IMAGINE = Operation(
    "imagine", "A picture from words", ("width", "height", "seed", "negative_prompt", "style")
)
UPSCALE = Operation("upscale", "Four times the size", ("width", "height"), inputs=1)

OPERATIONS = {operation.name: operation for operation in (IMAGINE, UPSCALE)}

PAINTERS = IMAGINE.models
"""The models that paint from words, by name."""

MODELS: dict[str, Model] = {}
"""Everything that has a price, by name."""


def offer(operation: Operation, *models: Model) -> None:
    """Puts models on offer. A name is one model's, whichever provider's: prices are recorded by it."""
    for model in models:
        if model.name in MODELS:
            raise ValueError(f"there are two models called {model.name}")
        operation.models[model.name] = MODELS[model.name] = model


# The real sizes behind a ratio differ by model and are read from the picture; only the form matters.
_RATIOS = tuple(
    Shape(int(width), int(height), f"{width}:{height}")
    for width, height in (ratio.split(":") for ratio in "21:9 16:9 3:2 5:4 1:1 4:5 2:3 9:16 9:21".split())
)
_SDXL_SHAPES = tuple(
    Shape(int(width), int(height))
    for width, height in (
        size.split("x")
        for size in "1024x1024 1152x896 896x1152 1216x832 832x1216 1344x768 768x1344 1536x640 640x1536".split()
    )
)


def _v2beta(
    name: str, title: str, good_at: str, credits: str, *, takes_negative_prompt: bool = True
) -> Model:
    return Model(
        name, title, good_at, Decimal(credits), shapes=_RATIOS, takes_negative_prompt=takes_negative_prompt
    )


offer(
    IMAGINE,
    _v2beta("core", "Stable Image Core", "a good picture of anything, quickly", "3"),
    _v2beta("ultra", "Stable Image Ultra", "the finest detail, and text in pictures", "8"),
    _v2beta("sd3.5-large", "Stable Diffusion 3.5 Large", "keeping to a long prompt", "6.5"),
    _v2beta(
        "sd3.5-large-turbo",
        "Stable Diffusion 3.5 Large Turbo",
        "keeping to a prompt, in few steps",
        "4",
        # The vendor says so of the turbo model, which paints without the guidance that it would steer.
        takes_negative_prompt=False,
    ),
    _v2beta("sd3.5-medium", "Stable Diffusion 3.5 Medium", "styles, at a middling price", "3.5"),
    _v2beta("sd3.5-flash", "Stable Diffusion 3.5 Flash", "trying out ideas", "2.5"),
    # The vendor shut it off on 2025-07-24; a server of one's own may still speak it (STABILITY_API_HOST).
    Model(
        "stable-diffusion-v1-6",
        "Stable Diffusion 1.6",
        "small pictures in the old manner",
        Decimal(1),
        on_menu=False,
    ),
    # Nothing says whether the vendor still runs it.
    Model(
        "stable-diffusion-xl-1024-v1-0",
        "Stable Diffusion XL 1.0",
        "the cheapest",
        Decimal(1),
        shapes=_SDXL_SHAPES,
        on_menu=False,
    ),
)
UPSCALER = Model(
    "upscale-fast",
    "Fast Upscaler",
    "four times the size",
    Decimal(2),
    styles=(),
    takes_negative_prompt=False,
)
offer(UPSCALE, UPSCALER)

DEFAULT_MODEL = "core"


def upscale_input(width: int, height: int) -> tuple[int, int]:
    """The size in pixels at which a picture is handed to the upscaler: scaled down where it is too large."""
    scale = min(1.0, UPSCALE_SIDE_MAX / max(width, height), math.sqrt(UPSCALE_PIXELS_MAX / (width * height)))
    return int(width * scale), int(height * scale)


def upscaled_size(width: int, height: int) -> tuple[int, int]:
    """The size in pixels that a picture has after upscaling. Raises InvalidRequest if that is no larger."""
    width_in, height_in = upscale_input(width, height)
    upscaled = width_in * UPSCALE_FACTOR, height_in * UPSCALE_FACTOR
    if upscaled[0] <= width or upscaled[1] <= height:
        raise InvalidRequest(
            "This picture is {width} × {height} already and cannot be made larger.",
            width=width,
            height=height,
        )
    return upscaled
