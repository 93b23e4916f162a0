"""What the crowd asks for, and how often. Pure."""

import io
import random
from typing import Any

from PIL import Image

from tests.drill.schedule import UNTOUCHED_MODEL
from tests.member import File

NOUNS = "fox owl castle lake forest boat tower robot cat garden".split()
MANNERS = "red quiet golden snowy neon old bright stormy tiny endless".split()

# What is asked for and how often: the first two pass through untouched, the others are cut to size.
SIZES: tuple[tuple[dict[str, Any], int], ...] = (
    ({"model": UNTOUCHED_MODEL, "width": 512, "height": 512}, 5),
    ({"model": UNTOUCHED_MODEL, "width": 320, "height": 384}, 3),
    ({"model": UNTOUCHED_MODEL, "width": 300, "height": 260}, 2),
    ({"model": "core", "width": 512, "height": 384}, 1),
)
SEVERAL_SHARE = 0.1
"""Of the orders, so many are for more than one picture."""

# Of the menus, by the operation or, where its models differ, by the model.
VERBS = {
    "vary": 3, "extend": 4, "cut-out": 3, "relight": 4, "upscale-fast": 3, "upscale-creative": 1, "replace": 1,
    "recolor": 1, "sketch": 1,
}  # fmt: skip
CHANGES: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("change cut-out", {}, 3),
    ("change relight", {"prompt": True}, 3),
    ("change extend", {"left": 64, "up": 64}, 2),
    ("change upscale", {"prompt": True, "model": "upscale-creative"}, 1),
    ("imagine", {"prompt": True, "strength": 0.5}, 3),
)
"""Commands with an image, with their other options and how often they come; a prompt is put in."""

CHANGED_PIXELS_MAX, UPSCALED_PIXELS_MAX = 1024 * 1024, 400 * 400
"""Beyond it a change, or a fast enlargement, takes too long for a machine that has to do all at once."""

SIDES = (320, 256)


def order(rng: random.Random, number: str) -> dict[str, Any]:
    """The options of `imagine`."""
    sizes, weights = zip(*SIZES, strict=True)
    (size,) = rng.choices(sizes, weights)
    options = {**size, "prompt": f"a {rng.choice(MANNERS)} {rng.choice(NOUNS)} for {number}"}
    if rng.random() < SEVERAL_SHARE:
        options["count"] = rng.randint(2, 4)
    if rng.random() < 0.1:
        options["private"] = True
    return options


def change(rng: random.Random, prompt: str) -> tuple[str, dict[str, Any]]:
    """A command and its options, of which one is a picture that is handed in."""
    ((command, options, _weight),) = rng.choices(CHANGES, [weight for _, _, weight in CHANGES])
    worded = {"prompt": prompt} if options.get("prompt") else {}
    return command, {"image": upload(rng), **options, **worded}


def upload(rng: random.Random) -> File:
    file = io.BytesIO()
    Image.new("RGB", SIDES, tuple(rng.randbytes(3))).save(file, "PNG")
    return File("mine.png", file.getvalue())


def verb(rng: random.Random, values: list[str], pixels: int) -> str:
    """One of a menu's values for a picture of so many pixels; empty where none of them is wanted."""
    if pixels > CHANGED_PIXELS_MAX:
        return ""
    weights = [_weight(value, pixels) for value in values]
    return rng.choices(values, weights)[0] if any(weights) else ""


def _weight(value: str, pixels: int) -> int:
    _step, operation, model, *_ = value.split(":")
    name = model if operation == "upscale" else operation
    return 0 if name == "upscale-fast" and pixels > UPSCALED_PIXELS_MAX else VERBS.get(name, 0)
