"""Which part of a picture is meant: masks are L, white where it is."""

import io

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps, ImageStat

from sandbox.stability.work import Work

Size = tuple[int, int]

SUBJECT_SHARE = 0.32
"""Of the whole picture."""

_SIDE = 64
_BEHIND = {"sky", "background", "backdrop"}


def opened(work: Work, name: str = "image") -> Image.Image:
    """An input as it is, without what is transparent in it."""
    return whole(work, name).convert("RGB")


def whole(work: Work, name: str = "image") -> Image.Image:
    with Image.open(io.BytesIO(work.inputs[name].content)) as image:
        image.load()
        return image.convert("RGBA") if image.has_transparency_data else image.convert("RGB")


def to_change(work: Work) -> Image.Image:
    """The mask that came with the work, or what is transparent in its picture; grown as was asked for."""
    if "mask" in work.inputs:
        mask = whole(work, "mask").convert("L").resize(work.size)
    else:
        mask = ImageOps.invert(whole(work).convert("RGBA").getchannel("A"))
    return grow(mask, work)


def grow(mask: Image.Image, work: Work) -> Image.Image:
    pixels = work.numbers["grow_mask"]
    grown = mask.filter(ImageFilter.BoxBlur(pixels)).point(lambda value: 255 if value else 0)
    return ImageChops.lighter(mask, grown) if pixels else mask


def feathered(mask: Image.Image) -> Image.Image:
    """Soft at its edge, and nowhere outside of it."""
    return ImageChops.darker(mask, mask.filter(ImageFilter.BoxBlur(max(2, min(mask.size) // 100))))


def region(image: Image.Image, words: str) -> Image.Image:
    """What is found by words: the subject, or all that is behind it."""
    mask = subject(image)
    return ImageOps.invert(mask) if _BEHIND & set(words.lower().split()) else mask


def subject(image: Image.Image) -> Image.Image:
    """What stands out: far from the colours at the picture's edge and near its middle.

    The middle is always in it, and the corners never are.
    """
    small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    behind = tuple(int(value) for value in ImageStat.Stat(small, _frame()).mean)
    far = ImageOps.autocontrast(
        ImageChops.difference(small, Image.new("RGB", small.size, behind)).convert("L")
    )
    near = ImageOps.invert(Image.radial_gradient("L")).resize(small.size)
    score = ImageChops.add(far, near, scale=2).filter(ImageFilter.GaussianBlur(1.5))
    least = _percentile(score.histogram(), 1 - SUBJECT_SHARE)
    mask = score.point(lambda value: 255 if value >= least else 0)
    mask = ImageChops.lighter(mask, _ellipse(0.3))
    mask = ImageChops.darker(mask, _ellipse(0.94))
    soft = mask.filter(ImageFilter.GaussianBlur(1)).resize(image.size, Image.Resampling.BICUBIC)
    return soft.point(lambda value: max(0, min(255, (value - 128) * 4 + 128)))


def _frame() -> Image.Image:
    mask = Image.new("L", (_SIDE, _SIDE), 255)
    ImageDraw.Draw(mask).rectangle((3, 3, _SIDE - 4, _SIDE - 4), fill=0)
    return mask


def _ellipse(part: float) -> Image.Image:
    mask = Image.new("L", (_SIDE, _SIDE))
    inset = _SIDE * (1 - part) / 2
    ImageDraw.Draw(mask).ellipse((inset, inset, _SIDE - 1 - inset, _SIDE - 1 - inset), fill=255)
    return mask


def _percentile(histogram: list[int], part: float) -> int:
    below, bound = 0, part * sum(histogram)
    for value, count in enumerate(histogram):
        below += count
        if below >= bound:
            return value
    return len(histogram) - 1
