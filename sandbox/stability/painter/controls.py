"""A picture by words that follows another: its lines, its light, its palette, or itself to a part."""

from PIL import Image, ImageChops, ImageFilter, ImageOps

from sandbox.stability.painter import masks
from sandbox.stability.painter.landscape import scene
from sandbox.stability.painter.moods import dice, mood_of, rgb
from sandbox.stability.work import Work


def generate(work: Work) -> Image.Image:
    """By the words; of a picture that goes along, strength 0 leaves all and 1 nothing."""
    drawn = scene(work, work.size)
    if "image" not in work.inputs:
        return drawn
    return Image.blend(ImageOps.fit(masks.opened(work), work.size), drawn, work.numbers["strength"])


def sketch(work: Work) -> Image.Image:
    """The words' picture, and on it the input's lines in a dark colour of the words."""
    edges = masks.opened(work).filter(ImageFilter.GaussianBlur(1)).filter(ImageFilter.FIND_EDGES)
    # What it leaves at the rim is no edge but the picture.
    edges = ImageOps.expand(ImageOps.crop(edges, 2), 2)
    red, green, blue = edges.split()
    lines = ImageChops.lighter(red, ImageChops.lighter(green, blue)).filter(ImageFilter.BoxBlur(1))
    lines = ImageOps.autocontrast(lines, cutoff=(0, 2))
    mood = mood_of(work.prompt, dice(work))
    paper = Image.blend(scene(work, work.size), Image.new("RGB", work.size, rgb((mood.sky, 0.1, 1.0))), 0.35)
    ink = Image.new("RGB", work.size, rgb((mood.hue, 0.8, 0.2)))
    drawn = Image.composite(ink, paper, lines)
    return Image.blend(paper, drawn, work.numbers["control_strength"])


def structure(work: Work) -> Image.Image:
    """The input's light and shade in the words' colours."""
    shades = ImageOps.autocontrast(masks.opened(work).convert("L"))
    mood = mood_of(work.prompt, dice(work))
    dark, middle, light = (
        rgb((mood.sky, 0.8, 0.12)),
        rgb((mood.hue, 0.65, 0.7)),
        rgb((mood.hue + 0.05, 0.12, 1)),
    )
    coloured = ImageOps.colorize(shades, dark, light, mid=middle)
    return Image.blend(scene(work, work.size), coloured, 0.3 + 0.7 * work.numbers["control_strength"])


def style(work: Work) -> Image.Image:
    """The words' picture in the input's palette."""
    drawn = scene(work, work.size)
    painted = _in_palette(drawn, masks.opened(work))
    return Image.blend(drawn, painted, 0.5 + work.numbers["fidelity"] / 2)


def style_transfer(work: Work) -> Image.Image:
    """The first input in the second's palette, and with something of its forms."""
    image = masks.opened(work, "init_image").resize(work.size, Image.Resampling.BICUBIC)
    other = masks.opened(work, "style_image")
    numbers = work.numbers
    painted = _in_palette(image, other)
    forms = ImageOps.fit(other, work.size).filter(ImageFilter.GaussianBlur(8))
    painted = Image.blend(
        painted, ImageChops.soft_light(painted, forms), 1 - numbers["composition_fidelity"] / 2
    )
    return Image.blend(image, painted, numbers["style_strength"] * numbers["change_strength"])


def _in_palette(image: Image.Image, other: Image.Image) -> Image.Image:
    """Each channel takes the values that are as frequent in the other picture."""
    ours, theirs = image.histogram(), other.resize((256, 256)).histogram()
    table: list[int] = []
    for start in range(0, 768, 256):
        table += _matched(ours[start : start + 256], theirs[start : start + 256])
    return image.point(table)


def _matched(ours: list[int], theirs: list[int]) -> list[int]:
    table, value, counted, below = [], 0, theirs[0] / sum(theirs), 0.0
    for count in ours:
        # By the middle of those that share a value, so that one colour becomes the other's median.
        wanted = (below + count / 2) / sum(ours)
        below += count
        while counted < wanted and value < 255:
            value += 1
            counted += theirs[value] / sum(theirs)
        table.append(value)
    return table
