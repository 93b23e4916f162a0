"""Pictures drawn from words and a seed: the same for the same, different for different, and pleasant to see.

A landscape: sky, a sun or a moon, ridges that fade with distance, and what the words call for: snow, stars,
rain, water, trees, towers. Its colours come from the words too, and from the seed where they say nothing.
"""

import math
import random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from sandbox.stability.painter.moods import (
    RAIN,
    SNOW,
    TOWERS,
    TREES,
    WATER,
    Mood,
    Rgb,
    dice,
    mood_of,
    rgb,
    shade,
)
from sandbox.stability.work import Work

PIXELS_MAX = 1536 * 1536
"""What is larger is enlarged, as nobody looks for detail in it."""


def draw(work: Work) -> Image.Image:
    return scene(work, work.size)


def scene(work: Work, size: tuple[int, int], prompt: str | None = None) -> Image.Image:
    """What the work's words say, or the `prompt` in their place."""
    share = min(1.0, math.sqrt(PIXELS_MAX / (size[0] * size[1])))
    drawn = _landscape(work, (max(int(size[0] * share), 1), max(int(size[1] * share), 1)), prompt)
    return drawn if drawn.size == size else drawn.resize(size, Image.Resampling.BILINEAR)


def _landscape(work: Work, full: tuple[int, int], prompt: str | None) -> Image.Image:
    rng = dice(work)
    # Drawn at half the size: enlarging smooths the edges, and it is four times as quick.
    size = (max(full[0] // 2, 1), max(full[1] // 2, 1))
    mood = mood_of(work.prompt if prompt is None else prompt, rng)
    image = _sky(size, mood)
    image = _light(image, mood, rng)
    if mood.night:
        _stars(image, rng)
    horizon = size[1] * rng.uniform(0.42, 0.55)
    image = _ridges(image, mood, horizon, rng)
    if mood.has(WATER):
        image = _water(image, mood, rng)
    if mood.has(SNOW):
        _fall(image, rng, count=size[0] // 2, slant=0)
    if mood.has(RAIN):
        _fall(image, rng, count=size[0], slant=6)
    return _finish(image, full, rng)


def _sky(size: tuple[int, int], mood: Mood) -> Image.Image:
    top, bottom = (
        ((mood.sky, 0.75, 0.13), (mood.hue, 0.5, 0.42))
        if mood.night
        else ((mood.sky, 0.45, 0.72), (mood.hue + 0.04, 0.28, 1.0))
    )
    gradient = Image.linear_gradient("L").resize(size)
    return ImageOps.colorize(gradient, rgb(top), rgb(bottom))


def _light(image: Image.Image, mood: Mood, rng: random.Random) -> Image.Image:
    """A sun or a moon, and its glow."""
    width, height = image.size
    x, y = width * rng.uniform(0.2, 0.8), height * rng.uniform(0.16, 0.36)
    radius = min(width, height) * rng.uniform(0.05, 0.09)
    colour = (245, 240, 220) if mood.night else rgb((mood.hue + 0.03, 0.05, 1.0))
    glow = Image.new("RGB", image.size)
    ImageDraw.Draw(glow).ellipse(_box(x, y, radius * 2.6), fill=tuple(channel * 2 // 5 for channel in colour))
    image = ImageChops.screen(image, glow.filter(ImageFilter.GaussianBlur(radius * 1.6)))
    ImageDraw.Draw(image).ellipse(_box(x, y, radius), fill=colour)
    return image


def _box(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    return x - radius, y - radius, x + radius, y + radius


def _stars(image: Image.Image, rng: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    for _ in range(image.width // 4):
        x, y = rng.uniform(0, image.width), rng.uniform(0, image.height * 0.55)
        grey = rng.randint(120, 255)
        draw.ellipse(_box(x, y, rng.choice((0.4, 0.6, 1.0))), fill=(grey, grey, min(grey + 20, 255)))


def _ridges(image: Image.Image, mood: Mood, horizon: float, rng: random.Random) -> Image.Image:
    """From the far to the near: each darker, fuller in colour and with more upon it."""
    layers = rng.randint(4, 6)
    width, height = image.size
    for layer in range(layers):
        depth = (layer + 1) / layers
        base = horizon + (height - horizon) * (depth - 1 / layers) * 0.95
        line = _line(width, base, height * rng.uniform(0.06, 0.13) * (1.25 - depth * 0.6), rng)
        colour = _ridge_colour(mood, depth)
        draw = ImageDraw.Draw(image)
        if mood.has(TOWERS) and 0.3 < depth < 0.8:
            _towers(draw, line, colour, mood, height, rng)
        draw.polygon([*enumerate(line), (width, height), (0, height)], fill=colour)
        if mood.has(TREES) and depth > 0.45:
            _trees(draw, line, shade(colour, 0.72), height * 0.085 * depth, rng)
        if layer < layers - 1:
            image = _mist(image, base, mood)
    return image


def _ridge_colour(mood: Mood, depth: float) -> Rgb:
    if mood.has(SNOW) and depth > 0.3:
        return rgb((mood.sky, 0.05 + 0.16 * (1 - depth), (0.42 if mood.night else 0.8) + 0.16 * depth))
    bright = 0.34 if mood.night else 0.86
    return rgb((mood.hue + 0.1 * (1 - depth), 0.25 + 0.45 * depth, bright - (bright - 0.1) * depth**0.8))


def _line(width: int, base: float, roughness: float, rng: random.Random) -> list[float]:
    """A ridge as a sum of waves, each shorter and lower than the one before."""
    waves = [
        (
            roughness / 2.0**octave,
            2 * math.pi * rng.uniform(0.7, 1.3) * 1.9**octave / width,
            rng.uniform(0, 7),
        )
        for octave in range(6)
    ]
    return [base + sum(a * math.sin(f * x + phase) for a, f, phase in waves) for x in range(width)]


def _mist(image: Image.Image, base: float, mood: Mood) -> Image.Image:
    mist = Image.new("RGB", image.size, rgb((mood.sky, 0.2, 0.5 if mood.night else 0.97)))
    mask = Image.new("L", image.size)
    band = image.height * 0.16
    ImageDraw.Draw(mask).rectangle((0, base - band * 0.1, image.width, base + band), fill=52)
    return Image.composite(mist, image, mask.filter(ImageFilter.GaussianBlur(band / 3)))


def _trees(
    draw: ImageDraw.ImageDraw, line: list[float], colour: Rgb, size: float, rng: random.Random
) -> None:
    x = rng.uniform(0, size)
    while x < len(line) - 1:
        foot, tall = line[int(x)] + 2, size * rng.uniform(0.5, 1.25)
        for tier in range(3):
            half = tall * (0.26 - 0.06 * tier)
            bottom = foot - tall * 0.27 * tier
            draw.polygon([(x - half, bottom), (x + half, bottom), (x, bottom - tall * 0.45)], fill=colour)
        x += size * rng.uniform(0.25, 1.6)


def _towers(
    draw: ImageDraw.ImageDraw, line: list[float], colour: Rgb, mood: Mood, height: int, rng: random.Random
) -> None:
    x = 0.0
    while x < len(line) - 1:
        wide, tall = height * rng.uniform(0.02, 0.06), height * rng.uniform(0.08, 0.3)
        foot = line[int(x)]
        draw.rectangle((x, foot - tall, x + wide, foot + height * 0.2), fill=shade(colour, 0.8))
        lit = rgb((mood.hue + rng.choice((0, 0.5)), 0.55, 1.0)) if mood.night else shade(colour, 1.15)
        for _ in range(int(tall * wide / 90)):
            wx, wy = x + rng.uniform(0.15, 0.8) * wide, foot - rng.uniform(0.05, 0.95) * tall
            draw.rectangle((wx, wy, wx + 2, wy + 3), fill=lit)
        x += wide * rng.uniform(1.0, 2.2)


def _water(image: Image.Image, mood: Mood, rng: random.Random) -> Image.Image:
    """The lower part mirrors the upper, broken by ripples."""
    width, height = image.size
    shore = int(height * 0.72)
    mirrored = ImageOps.flip(image.crop((0, shore - (height - shore), width, shore)))
    water = Image.blend(mirrored, Image.new("RGB", mirrored.size, rgb((mood.sky, 0.6, 0.35))), 0.45)
    draw = ImageDraw.Draw(water)
    for _ in range(height // 3):
        y = rng.uniform(0, 1) ** 0.6 * water.height
        x, long = rng.uniform(-40, width), rng.uniform(8, 70)
        draw.line((x, y, x + long, y), fill=rgb((mood.hue, 0.2, 0.75)), width=1)
    image.paste(water.filter(ImageFilter.GaussianBlur(0.8)), (0, shore))
    return image


def _fall(image: Image.Image, rng: random.Random, *, count: int, slant: float) -> None:
    """Snow, or rain where there is a slant."""
    draw = ImageDraw.Draw(image)
    for _ in range(count):
        x, y = rng.uniform(0, image.width), rng.uniform(0, image.height)
        if slant:
            draw.line((x, y, x - slant / 2, y + slant * 1.6), fill=(190, 200, 220))
        else:
            draw.ellipse(_box(x, y, rng.choice((0.6, 0.9, 1.4, 2.0))), fill=(250, 252, 255))


def _finish(image: Image.Image, size: tuple[int, int], rng: random.Random) -> Image.Image:
    """Full size, a grain as of canvas, and darker corners."""
    image = image.filter(ImageFilter.GaussianBlur(0.5)).resize(size, Image.Resampling.BICUBIC)
    grain = Image.frombytes("L", (256, 256), rng.randbytes(256 * 256)).resize(size, Image.Resampling.BILINEAR)
    image = Image.blend(image, ImageChops.overlay(image, Image.merge("RGB", (grain,) * 3)), 0.12)
    vignette = ImageOps.invert(Image.radial_gradient("L").resize(size)).point(
        lambda value: 165 + value * 90 // 255
    )
    return ImageEnhance.Color(ImageChops.multiply(image, Image.merge("RGB", (vignette,) * 3))).enhance(1.15)
