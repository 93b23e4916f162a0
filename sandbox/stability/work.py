"""What both APIs boil down to: one picture to paint, and the answer to give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from PIL import Image


@dataclass(frozen=True, slots=True)
class Input:
    """A picture that came with a request; its sides are in pixels."""

    content: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Work:
    """A validated request. `credits` is the price of its success; `texts`, `numbers` and `inputs` are by the
    names of the API's fields, the first two with the defaults of what was not given. `fields` are the form's
    texts as they came."""

    model: str
    seed: int
    width: int
    height: int
    kind: Literal["PNG", "JPEG", "WEBP"]
    credits: float
    as_json: bool
    draw: Callable[["Work"], Image.Image]
    texts: Mapping[str, str]
    numbers: Mapping[str, float] = field(default_factory=dict)
    inputs: Mapping[str, Input] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def prompt(self) -> str:
        return self.texts.get("prompt") or self.texts.get("background_prompt", "")

    @property
    def negative_prompt(self) -> str:
        return self.texts.get("negative_prompt", "")

    @property
    def style(self) -> str:
        return self.texts.get("style_preset", "")

    @property
    def words(self) -> str:
        """All that was asked for in words, so without the negative prompt."""
        asked = (name for name in self.texts if name.endswith("prompt") and name != "negative_prompt")
        return "\n".join(self.texts[name] for name in asked if self.texts[name])
