"""A picture made larger: as it is, faithfully, or with something added."""

from PIL import Image, ImageFilter

from sandbox.stability.painter import masks
from sandbox.stability.painter.landscape import scene
from sandbox.stability.work import Work


def fast(work: Work) -> Image.Image:
    return masks.opened(work).resize(work.size, Image.Resampling.BICUBIC)


def faithful(work: Work) -> Image.Image:
    """Sharpened before it is enlarged, as it is quicker then."""
    sharp = masks.opened(work).filter(ImageFilter.UnsharpMask(2, 80, 2))
    return sharp.resize(work.size, Image.Resampling.BICUBIC)


def creative(work: Work) -> Image.Image:
    """With a breath of what the words say."""
    image = masks.opened(work).filter(ImageFilter.UnsharpMask(2, 120, 2))
    image = Image.blend(image, scene(work, image.size), work.numbers["creativity"] / 2)
    return image.resize(work.size, Image.Resampling.BICUBIC)
