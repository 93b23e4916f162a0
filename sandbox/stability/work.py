"""What both APIs boil down to: one picture to paint, and the answer to give."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Work:
    """A validated request. `credits` is the price of its success; `source` is a picture to enlarge."""

    model: str
    prompt: str
    negative_prompt: str
    style: str
    seed: int
    width: int
    height: int
    kind: Literal["PNG", "JPEG", "WEBP"]
    credits: float
    as_json: bool
    source: bytes | None = None
