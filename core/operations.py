"""The models: what each is called, costs and can do. Bot and worker both need to know."""

import math
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

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

STYLES = (
    "photographic",
    "cinematic",
    "analog-film",
    "enhance",
    "anime",
    "comic-book",
    "digital-art",
    "fantasy-art",
    "neon-punk",
    "pixel-art",
    "line-art",
    "isometric",
    "low-poly",
    "3d-model",
    "origami",
    "modeling-compound",
    "tile-texture",
)
"""Stability's presets, which every model that paints takes."""


class Kind(StrEnum):
    """What a job makes a picture of: words, or another picture."""

    IMAGINE = "imagine"
    UPSCALE = "upscale"


class Api(StrEnum):
    """The two generations of Stability's API; they differ in paths, bodies and errors."""

    V1 = "v1"
    V2BETA = "v2beta"


@dataclass(frozen=True, slots=True)
class Shape:
    """A size that a model paints, and for v2beta the name that the API knows it by."""

    width: int
    height: int
    aspect_ratio: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """`credits` is Stability's price of one picture, a credit being 0.01 USD; failures cost nothing.

    A model without `shapes` paints any size whose sides are multiples of `side_step`.
    """

    name: str
    title: str
    good_at: str
    api: Api
    path: str
    credits: Decimal
    kind: Kind = Kind.IMAGINE
    shapes: tuple[Shape, ...] = ()
    styles: tuple[str, ...] = STYLES
    takes_negative_prompt: bool = True
    side_step: int = 64
    side_min: int = 320


def _ratios(*ratios: str) -> tuple[Shape, ...]:
    """The real sizes behind a ratio differ by model and are read from the picture; only the form matters."""
    return tuple(
        Shape(int(width), int(height), ratio) for ratio in ratios for width, height in [ratio.split(":")]
    )


_V2BETA_SHAPES = _ratios("21:9", "16:9", "3:2", "5:4", "1:1", "4:5", "2:3", "9:16", "9:21")
_SDXL_SHAPES = tuple(
    Shape(width, height)
    for width, height in (
        (1024, 1024),
        (1152, 896),
        (896, 1152),
        (1216, 832),
        (832, 1216),
        (1344, 768),
        (768, 1344),
        (1536, 640),
        (640, 1536),
    )
)


def _v2beta(
    name: str, title: str, good_at: str, path: str, price: str, *, takes_negative_prompt: bool = True
) -> Model:
    return Model(
        name,
        title,
        good_at,
        Api.V2BETA,
        f"/v2beta/stable-image/generate/{path}",
        Decimal(price),
        shapes=_V2BETA_SHAPES,
        takes_negative_prompt=takes_negative_prompt,
    )


def _v1(name: str, title: str, good_at: str, price: str, shapes: tuple[Shape, ...] = ()) -> Model:
    path = f"/v1/generation/{name}/text-to-image"
    return Model(name, title, good_at, Api.V1, path, Decimal(price), shapes=shapes)


PAINTERS = {
    model.name: model
    for model in (
        _v2beta("core", "Stable Image Core", "a good picture of anything, quickly", "core", "3"),
        _v2beta("ultra", "Stable Image Ultra", "the finest detail, and text in pictures", "ultra", "8"),
        _v2beta("sd3.5-large", "Stable Diffusion 3.5 Large", "keeping to a long prompt", "sd3", "6.5"),
        _v2beta(
            "sd3.5-large-turbo",
            "Stable Diffusion 3.5 Large Turbo",
            "keeping to a prompt, in few steps",
            "sd3",
            "4",
            # The vendor says so of the turbo model, which paints without the guidance that it would steer.
            takes_negative_prompt=False,
        ),
        _v2beta("sd3.5-medium", "Stable Diffusion 3.5 Medium", "styles, at a middling price", "sd3", "3.5"),
        _v2beta("sd3.5-flash", "Stable Diffusion 3.5 Flash", "trying out ideas", "sd3", "2.5"),
        _v1("stable-diffusion-v1-6", "Stable Diffusion 1.6", "small pictures in the old manner", "1"),
        _v1(
            "stable-diffusion-xl-1024-v1-0",
            "Stable Diffusion XL 1.0",
            "the cheapest",
            "1",
            shapes=_SDXL_SHAPES,
        ),
    )
}
"""The models that /imagine offers, by name."""

UPSCALER = Model(
    "upscale-fast",
    "Fast Upscaler",
    "four times the size",
    Api.V2BETA,
    "/v2beta/stable-image/upscale/fast",
    Decimal("2"),
    kind=Kind.UPSCALE,
    styles=(),
    takes_negative_prompt=False,
)

MODELS = {**PAINTERS, UPSCALER.name: UPSCALER}
"""Everything that has a price, by name."""

DEFAULT_MODEL = "core"


def painter(name: str) -> Model:
    """Raises InvalidRequest: an old picture, or a command that Discord remembers, may name a past one."""
    if name not in PAINTERS:
        raise InvalidRequest(
            "This model is not on offer any more; choose one of {others}.",
            others=", ".join(model.title for model in PAINTERS.values()),
        )
    return PAINTERS[name]


def check_options(model: Model, *, negative_prompt: str | None, style: str | None) -> None:
    """Raises InvalidRequest for what this model does not take; None is what was not asked for."""
    if negative_prompt is not None and not model.takes_negative_prompt:
        others = ", ".join(other.title for other in PAINTERS.values() if other.takes_negative_prompt)
        raise InvalidRequest(
            "{model} takes no negative prompt. Leave it out, or choose one of {others}.",
            model=model.title,
            others=others,
        )
    if negative_prompt is not None and len(negative_prompt) > PROMPT_LENGTH_MAX:
        raise InvalidRequest(
            "The negative prompt has {count} characters; it may have {most}.",
            count=len(negative_prompt),
            most=PROMPT_LENGTH_MAX,
        )
    if style is not None and style not in model.styles:
        raise InvalidRequest(
            "{model} does not know the style “{style}”; leave it out, or choose one of: {styles}.",
            model=model.title,
            style=style[:40],
            styles=", ".join(model.styles) or "-",
        )


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
