"""How an operation is described: what it takes, what is asked for it, and the models that do it with their prices."""

import math
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from core.errors import InvalidRequest

STYLES = tuple(
    "photographic cinematic analog-film enhance anime comic-book digital-art fantasy-art neon-punk pixel-art line-art "
    "isometric low-poly 3d-model origami modeling-compound tile-texture".split()
)
"""Stability's presets, which nearly every model that paints takes."""


def choice_title(choice: str) -> str:
    """What a choice is called in English: "Analog film" of `analog-film`."""
    words = choice.replace("-", " ").replace("3d", "3D")
    return words[0].upper() + words[1:]


SIDE_MAX = 1536
PIXELS_MAX = 1536 * 1024
"""A picture's area in pixels, where its model says nothing else. It is what most paint without being stretched."""

ROUNDING = 8
"""Pixels that a side may be off, so that both sides together are within their bounds."""

DEAR_CREDITS = 20
"""What costs as much is asked about once more before it is ordered."""


class Need(StrEnum):
    """Whether something has to be there."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of a picture that is handed in, in pixels; `ratio_max` is its longer side to its shorter one."""

    side_min: int = 64
    side_max: int = 16_383
    pixels_min: int = 4_096
    pixels_max: int = 9_437_184
    ratio_max: float | None = 2.5

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """The size nearest to this one that is within them, in its ratio. Raises InvalidRequest where none is."""
        longer, shorter, pixels = max(width, height), min(width, height), width * height
        if self._hold(longer, shorter):
            return width, height
        least = max(self.side_min / shorter, math.sqrt(self.pixels_min / pixels))
        most = min(self.side_max / longer, math.sqrt(self.pixels_max / pixels))
        grows = least > 1
        near = math.ceil(longer * least) if grows else math.floor(longer * most)
        # Rounding moves the ratio and the area a little: a pixel or two further they are within the bounds again.
        for side in range(near, near + ROUNDING) if grows else range(near, near - ROUNDING, -1):
            other = side * shorter / longer
            for rounded in (round(other), math.floor(other), math.ceil(other)):
                if self._hold(side, rounded):
                    return (side, rounded) if width >= height else (rounded, side)
        raise InvalidRequest(
            "This picture is {width} × {height}, and its longer side may be at most {ratio} times the shorter one. "
            "Cut it, and try again.",
            width=width,
            height=height,
            ratio=self.ratio_max or math.floor(most / least * longer / shorter),
        )

    def _hold(self, longer: int, shorter: int) -> bool:
        return (
            self.side_min <= shorter
            and longer <= self.side_max
            and self.pixels_min <= longer * shorter <= self.pixels_max
            and (self.ratio_max is None or longer <= shorter * self.ratio_max)
        )


class Role(StrEnum):
    """What a picture is for that an operation is made from."""

    PICTURE = "picture"
    REFERENCE = "reference"
    MASK = "mask"


@dataclass(frozen=True, slots=True)
class Input:
    """`bounds` are those of its picture; a model may have its own for the first of an operation."""

    role: Role
    need: Need = Need.REQUIRED
    bounds: Bounds = Bounds()


class Kind(StrEnum):
    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    CHOICE = "choice"
    FIELDS = "fields"
    """Some of the nine fields of a picture, numbered from 1 as one reads: a list, sorted."""


@dataclass(frozen=True, slots=True)
class Param:
    """`title` and `about` are for members, in English. `low` and `high` bound a number or a text's length. What is
    `required` may have a default, which is stored where nothing was asked for."""

    name: str
    kind: Kind
    title: str
    about: str
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    required: bool = False
    default: float | None = None


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
    `takes` bounds the picture that it is handed, and `words` says whether it needs a prompt; None: as its operation.
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
    pixels_max: int = PIXELS_MAX
    on_menu: bool = True
    takes: Bounds | None = None
    words: Need | None = None

    @property
    def is_dear(self) -> bool:
        return self.credits >= DEAR_CREDITS


@dataclass(frozen=True, slots=True)
class Operation:
    """It takes these parameters and is made from `inputs`; what is not required comes last. A provider adds its models
    with `offer`. `words` says whether it needs a prompt, `sized` whether the picture gets the size that was asked for,
    and `asks`, for members and in English, what the prompt is to say.
    """

    name: str
    emoji: str
    title: str
    about: str
    params: tuple[Param, ...] = ()
    inputs: tuple[Input, ...] = ()
    words: Need = Need.REQUIRED
    sized: bool = False
    asks: str = "What the picture should show"
    models: dict[str, Model] = field(default_factory=dict)

    def param(self, name: str) -> Param | None:
        return next((param for param in self.params if param.name == name), None)

    def words_for(self, model: Model) -> Need:
        return model.words or self.words

    def bounds_for(self, model: Model, number: int) -> Bounds:
        """Of its input of that number, from 0."""
        return model.takes if number == 0 and model.takes is not None else self.inputs[number].bounds


OPERATIONS: dict[str, Operation] = {}
"""By name."""

MODELS: dict[str, Model] = {}
"""Everything that has a price, by name."""


def register(*operations: Operation) -> None:
    for operation in operations:
        OPERATIONS[operation.name] = operation


def offer(operation: Operation, *models: Model) -> None:
    """Puts models on offer. A name is one model's, whichever provider's: prices are recorded by it."""
    for model in models:
        if MODELS.setdefault(model.name, model) is not model:
            raise ValueError(f"there are two models called {model.name}")
        operation.models[model.name] = model
