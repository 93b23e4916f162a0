"""The models on offer: what each is called, costs and can do. Bot and worker both need to know."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

SIDE_MIN = 256
SIDE_MAX = 1536
SIDE_DEFAULT = 1024
PIXELS_MAX = 1536 * 1024
"""A picture's area in pixels. It is what the largest of the models paints without being stretched."""

PROMPT_LENGTH_MAX = 2000
SEED_MAX = 4_294_967_294


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
    api: Api
    path: str
    credits: Decimal
    shapes: tuple[Shape, ...] = ()
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


def _v2beta(name: str, title: str, path: str, price: str) -> Model:
    return Model(
        name, title, Api.V2BETA, f"/v2beta/stable-image/generate/{path}", Decimal(price), _V2BETA_SHAPES
    )


def _v1(name: str, title: str, price: str, shapes: tuple[Shape, ...] = ()) -> Model:
    return Model(name, title, Api.V1, f"/v1/generation/{name}/text-to-image", Decimal(price), shapes)


MODELS = {
    model.name: model
    for model in (
        _v2beta("core", "Stable Image Core", "core", "3"),
        _v2beta("ultra", "Stable Image Ultra", "ultra", "8"),
        _v2beta("sd3.5-large", "Stable Diffusion 3.5 Large", "sd3", "6.5"),
        _v2beta("sd3.5-large-turbo", "Stable Diffusion 3.5 Large Turbo", "sd3", "4"),
        _v2beta("sd3.5-medium", "Stable Diffusion 3.5 Medium", "sd3", "3.5"),
        _v2beta("sd3.5-flash", "Stable Diffusion 3.5 Flash", "sd3", "2.5"),
        _v1("stable-diffusion-v1-6", "Stable Diffusion 1.6", "1"),
        _v1("stable-diffusion-xl-1024-v1-0", "Stable Diffusion XL 1.0", "1", _SDXL_SHAPES),
    )
}
DEFAULT_MODEL = "core"
