"""What words say of a picture: its colours, and what is to be seen in it."""

import colorsys
import hashlib
import random
import re
from dataclasses import dataclass

from sandbox.stability.work import Work

Rgb = tuple[int, int, int]
Hsv = tuple[float, float, float]

_HUES = {
    "red": 0.0, "fox": 0.05, "autumn": 0.06, "orange": 0.07, "desert": 0.09, "gold": 0.12, "yellow": 0.14,
    "lion": 0.11, "tiger": 0.08, "forest": 0.33, "green": 0.33, "jungle": 0.36, "meadow": 0.28, "sea": 0.52,
    "ocean": 0.55, "ice": 0.53, "blue": 0.6, "snow": 0.58, "winter": 0.58, "rain": 0.6, "night": 0.66,
    "neon": 0.86, "purple": 0.77, "violet": 0.77, "pink": 0.92, "rose": 0.95, "cherry": 0.94, "sunset": 0.03,
}  # fmt: skip
NIGHT = {"night", "moon", "stars", "star", "dark", "midnight", "space", "neon", "galaxy"}
SNOW = {"snow", "winter", "ice", "snowy", "frozen"}
WATER = {
    "sea",
    "ocean",
    "lake",
    "river",
    "harbour",
    "harbor",
    "lighthouse",
    "beach",
    "boat",
    "ship",
    "island",
}
TREES = {"forest", "tree", "trees", "fox", "jungle", "woods", "autumn", "cabin", "owl", "bear", "wolf"}
TOWERS = {"city", "neon", "castle", "tower", "town", "street", "lighthouse", "robot", "cyberpunk"}
RAIN = {"rain", "storm", "rainy"}


@dataclass(frozen=True, slots=True)
class Mood:
    """`hue` is of what stands out, `sky` of what is behind it."""

    words: frozenset[str]
    hue: float
    sky: float
    night: bool

    def has(self, words: set[str]) -> bool:
        return bool(self.words & words)


def dice(work: Work) -> random.Random:
    """The same for the same words, style, model and seed."""
    text = "\0".join((work.prompt, work.negative_prompt, work.style, work.model, str(work.seed)))
    return random.Random(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())


def mood_of(prompt: str, rng: random.Random) -> Mood:
    words = frozenset(re.findall(r"[a-z]+", prompt.lower()))
    hues = [hue for word, hue in _HUES.items() if word in words]
    hue = hues[0] if hues else rng.random()
    sky = hues[1] if len(hues) > 1 else (hue + rng.choice((0.08, 0.45, 0.5, 0.55, -0.1))) % 1
    return Mood(words, hue, sky, bool(words & NIGHT))


def rgb(colour: Hsv) -> Rgb:
    red, green, blue = colorsys.hsv_to_rgb(colour[0] % 1, min(colour[1], 1), min(colour[2], 1))
    return int(red * 255), int(green * 255), int(blue * 255)


def shade(colour: Rgb, factor: float) -> Rgb:
    red, green, blue = (int(channel * factor) for channel in colour)
    return red, green, blue
