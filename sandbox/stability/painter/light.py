"""A subject before another background, in another light."""

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from sandbox.stability.painter import masks
from sandbox.stability.painter.landscape import scene
from sandbox.stability.painter.moods import Rgb
from sandbox.stability.work import Work

# Pillow's gradient is black above and white below, and is turned counterclockwise.
_TURNED = {
    "above": Image.Transpose.FLIP_TOP_BOTTOM,
    "left": Image.Transpose.ROTATE_270,
    "right": Image.Transpose.ROTATE_90,
}
_WARM: Rgb = (255, 214, 170)


def relight(work: Work) -> Image.Image:
    image = masks.opened(work, "subject_image")
    subject = Image.blend(
        scene(work, image.size, work.texts.get("foreground_prompt", "")),
        image,
        # Never so little that nobody would know it.
        0.6 + 0.4 * work.numbers["preserve_original_subject"],
    )
    lit = Image.composite(subject, _background(work, image), masks.subject(image))
    return ImageChops.screen(lit, _glow(work, image.size))


def _background(work: Work, image: Image.Image) -> Image.Image:
    if work.texts["keep_original_background"] == "true":
        return image
    if "background_reference" in work.inputs:
        background = ImageOps.fit(masks.opened(work, "background_reference"), image.size)
        if work.texts.get("background_prompt"):
            background = Image.blend(background, scene(work, image.size), 0.4)
    else:
        background = scene(work, image.size)
    # What is behind is out of focus.
    return background.filter(ImageFilter.GaussianBlur(min(image.size) / 200))


def _glow(work: Work, size: tuple[int, int]) -> Image.Image:
    gradient = Image.linear_gradient("L")
    turn = _TURNED.get(work.texts.get("light_source_direction", "above"))
    if turn is not None:
        gradient = gradient.transpose(turn)
    colour: tuple[int, ...] = _WARM
    if "light_reference" in work.inputs:
        colour = tuple(int(value) for value in ImageStat.Stat(masks.opened(work, "light_reference")).mean)
    strength = 0.2 + 0.8 * work.numbers["light_source_strength"]
    shine = tuple(int(channel * strength) for channel in colour)
    return ImageOps.colorize(gradient, (0, 0, 0), shine).resize(size, Image.Resampling.BILINEAR)
