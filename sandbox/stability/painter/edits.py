"""A picture with a part of it changed, and the rest as it was."""

from PIL import Image, ImageFilter, ImageOps

from sandbox.stability.painter import masks
from sandbox.stability.painter.landscape import scene
from sandbox.stability.painter.moods import dice, mood_of
from sandbox.stability.work import Work

_COLOUR_MIN, _LIGHT_MIN = 150, 70
"""So that a recolouring is seen on what is grey or black."""


def erase(work: Work) -> Image.Image:
    image = masks.opened(work)
    hole = masks.to_change(work).point(lambda value: 255 if value >= 128 else 0)
    filled = _filled(image, hole).filter(ImageFilter.GaussianBlur(2))
    return Image.composite(filled, image, hole)


def inpaint(work: Work) -> Image.Image:
    return _painted(work, masks.to_change(work))


def replace(work: Work) -> Image.Image:
    found = masks.region(masks.opened(work), work.texts["search_prompt"])
    return _painted(work, masks.grow(found, work))


def recolour(work: Work) -> Image.Image:
    image = masks.opened(work)
    found = masks.grow(masks.region(image, work.texts["select_prompt"]), work)
    _hue, saturation, value = image.convert("HSV").split()
    hue = Image.new("L", image.size, int(mood_of(work.prompt, dice(work)).hue % 1 * 255))
    coloured = Image.merge(
        "HSV",
        (
            hue,
            saturation.point(lambda one: max(one, _COLOUR_MIN)),
            value.point(lambda one: max(one, _LIGHT_MIN)),
        ),
    )
    return Image.composite(coloured.convert("RGB"), image, found)


def cut_out(work: Work) -> Image.Image:
    """What was transparent already stays so."""
    image = masks.whole(work).convert("RGBA")
    alpha = masks.subject(image)
    image.putalpha(Image.composite(alpha, Image.new("L", image.size), image.getchannel("A")))
    return image


def outpaint(work: Work) -> Image.Image:
    """Around it are its own reflections, with something of the words in them."""
    image = masks.opened(work)
    left, up = int(work.numbers["left"]), int(work.numbers["up"])
    around = _reflected(image, work.size, left, up).filter(ImageFilter.GaussianBlur(3))
    around = Image.blend(around, scene(work, work.size), 0.1 + work.numbers["creativity"] / 2)
    around.paste(image, (left, up))
    return around


def _painted(work: Work, mask: Image.Image) -> Image.Image:
    """Something by the words where the mask is, of the mask's size."""
    image = masks.opened(work)
    box = mask.getbbox()
    if box is None:
        return image
    painted = scene(work, (box[2] - box[0], box[3] - box[1]))
    image.paste(painted, box[:2], masks.feathered(mask).crop(box))
    return image


def _filled(image: Image.Image, hole: Image.Image) -> Image.Image:
    """The hole has the colours of what is around it: ever coarser pictures of the rest, the finest on top."""
    levels = [image.convert("RGBA")]
    levels[0].putalpha(ImageOps.invert(hole))
    while max(levels[-1].size) > 1 and levels[-1].getchannel("A").getextrema()[0] == 0:
        width, height = levels[-1].size
        coarser = levels[-1].resize(((width + 1) // 2, (height + 1) // 2), Image.Resampling.BOX)
        coarser.putalpha(coarser.getchannel("A").point(lambda value: 255 if value else 0))
        levels.append(coarser)
    # All that is left where the hole is everything.
    filled = image.resize(levels[-1].size, Image.Resampling.BOX).convert("RGBA")
    for level in reversed(levels):
        filled = filled.resize(level.size, Image.Resampling.BILINEAR)
        filled.paste(level, (0, 0), level)
    return filled.convert("RGB")


def _reflected(image: Image.Image, size: tuple[int, int], left: int, up: int) -> Image.Image:
    """As between mirrors: each copy is turned over against its neighbours."""
    canvas = Image.new("RGB", size)
    columns = range(-left // image.width, -((left - size[0]) // image.width))
    rows = range(-up // image.height, -((up - size[1]) // image.height))
    for column in columns:
        for row in rows:
            copy = ImageOps.mirror(image) if column % 2 else image
            copy = ImageOps.flip(copy) if row % 2 else copy
            canvas.paste(copy, (left + column * image.width, up + row * image.height))
    return canvas
