"""The fields of a form: what each of them takes, and what is said of one that does not fit."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from PIL import Image

from sandbox.stability.work import Input

TEXT_LENGTH_MAX = 10_000
FORMATS = ("JPEG", "PNG", "WEBP")

# What Pillow raises where bytes are no picture, not all of one, or of more pixels than it decodes.
_BROKEN = (OSError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)

Part = str | bytearray | web.FileField


@dataclass(frozen=True, slots=True)
class Values:
    """What a form says, by name. `given` are the names that came with it, the others have their defaults."""

    given: frozenset[str]
    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    inputs: dict[str, Input] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Text:
    name: str
    required: bool = False
    length_min: int = 0

    def default(self, values: Values) -> None:
        """There is none."""

    def read(self, part: Part, values: Values) -> None:
        text = _text(part)
        if len(text) < self.length_min:
            raise ValueError(f"must have at least {self.length_min} characters")
        if len(text) > TEXT_LENGTH_MAX:
            raise ValueError(f"cannot exceed {TEXT_LENGTH_MAX} characters")
        values.texts[self.name] = text


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    allowed: tuple[str, ...]
    preset: str | None = None
    required: bool = False

    def default(self, values: Values) -> None:
        if self.preset is not None:
            values.texts[self.name] = self.preset

    def read(self, part: Part, values: Values) -> None:
        text = _text(part)
        if text not in self.allowed:
            raise ValueError(f"must be one of {', '.join(self.allowed)}")
        values.texts[self.name] = text


@dataclass(frozen=True, slots=True)
class Number:
    name: str
    lowest: float
    highest: float
    preset: float | None = None
    whole: bool = False
    required: bool = False

    def default(self, values: Values) -> None:
        if self.preset is not None:
            values.numbers[self.name] = self.preset

    def read(self, part: Part, values: Values) -> None:
        try:
            value = float(_text(part))
        except ValueError:
            raise ValueError("must be a number") from None
        if not self.lowest <= value <= self.highest:
            raise ValueError(f"must be between {self.lowest:.12g} and {self.highest:.12g}")
        if self.whole and not value.is_integer():
            raise ValueError("must be an integer")
        values.numbers[self.name] = value


@dataclass(frozen=True, slots=True)
class Picture:
    """`sides` and `pixels` are the least and the most; `ratio_max` is of the longer side to the shorter."""

    name: str
    required: bool = False
    sides: tuple[int, int | None] = (1, None)
    pixels: tuple[int, int | None] = (1, None)
    ratio_max: float | None = None

    def default(self, values: Values) -> None:
        """There is none."""

    def read(self, part: Part, values: Values) -> None:
        if isinstance(part, str):
            raise ValueError("must be a file")
        content = part.file.read() if isinstance(part, web.FileField) else bytes(part)
        try:
            with Image.open(io.BytesIO(content)) as image:
                if image.format not in FORMATS:
                    raise ValueError(f"must be one of {', '.join(FORMATS).lower()}")
                self._check(image.width, image.height)
                # What is cut off is found only now.
                image.load()
        except _BROKEN:
            raise ValueError("is not a valid image") from None
        values.inputs[self.name] = Input(content, image.width, image.height)

    def _check(self, width: int, height: int) -> None:
        shorter, longer = sorted((width, height))
        _check_range("each side", shorter, longer, self.sides)
        _check_range("its area", width * height, width * height, self.pixels)
        if self.ratio_max is not None and longer > shorter * self.ratio_max:
            raise ValueError(f"its ratio must be between 1:{self.ratio_max} and {self.ratio_max}:1")


Field = Text | Choice | Number | Picture


def read_fields(fields: Iterable[Field], form: Mapping[str, Part]) -> tuple[Values, list[str]]:
    """What the form says, and every problem there is with it, as "field: what is wrong".

    What no field is called is ignored. Pictures are decoded: call it in a thread.
    """
    values, problems = Values(frozenset(form)), []
    for one in fields:
        part = form.get(one.name)
        try:
            if part is not None:
                one.read(part, values)
            elif one.required:
                raise ValueError("required")
            else:
                one.default(values)
        except ValueError as error:
            problems.append(f"{one.name}: {error}")
    return values, problems


def _text(part: Part) -> str:
    if not isinstance(part, str):
        raise ValueError("must be a text, and not a file")
    return part


def _check_range(what: str, least: int, most: int, bounds: tuple[int, int | None]) -> None:
    lowest, highest = bounds
    if highest is None and least < lowest:
        raise ValueError(f"{what} must be at least {lowest} pixels")
    if highest is not None and not lowest <= least <= most <= highest:
        raise ValueError(f"{what} must be between {lowest} and {highest} pixels")
