"""A moving picture of a page: what was seen, and for how long, as a GIF."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageChops
from playwright.async_api import Page

FRAME_SECONDS = 0.1
"""Browsers show a GIF no faster than fifty frames in a second, and nothing in the page needs more than ten."""

LAST_SECONDS = 3.0
_PALETTE_FRAMES = 12


@dataclass(slots=True)
class Film:
    """What was seen, and when that was, in seconds."""

    frames: list[tuple[float, bytes]] = field(default_factory=list)

    @asynccontextmanager
    async def of(self, page: Page) -> AsyncIterator[None]:
        task = asyncio.create_task(self._record(page))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _record(self, page: Page) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            at = clock()
            self.frames.append((at, await page.screenshot(caret="initial")))
            await asyncio.sleep(at + FRAME_SECONDS - clock())

    def save(self, file: Path) -> None:
        """One palette for all frames; of each frame only what is new is quantized, so that the rest stays as it was."""
        seen = list(_changed(self.frames))
        palette = _palette([picture for _seconds, picture in seen])
        shown: list[Image.Image] = []
        for number, (_seconds, picture) in enumerate(seen):
            if number == 0:
                shown.append(_quantized(picture, palette))
                continue
            box = ImageChops.difference(seen[number - 1][1], picture).getbbox()
            frame = shown[-1].copy()
            if box is not None:
                frame.paste(_quantized(picture.crop(box), palette), box)
            shown.append(frame)
        durations = [round(seconds * 1000) for seconds, _picture in seen]
        shown[0].save(
            file, save_all=True, append_images=shown[1:], duration=durations, loop=0, optimize=False
        )


def _changed(frames: Sequence[tuple[float, bytes]]) -> "list[tuple[float, Image.Image]]":
    """Each frame that differs from the one before, and how long it is seen."""
    kept: list[tuple[float, Image.Image]] = []
    last: Image.Image | None = None
    for at, data in frames:
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        if last is None or ImageChops.difference(last, picture).getbbox() is not None:
            kept.append((at, picture))
            last = picture
    ends = [at for at, _picture in kept[1:]]
    seconds = [end - at for (at, _picture), end in zip(kept, ends, strict=False)] + [LAST_SECONDS]
    return [(one, picture) for one, (_at, picture) in zip(seconds, kept, strict=True)]


def _quantized(picture: Image.Image, palette: Image.Image) -> Image.Image:
    """Without dithering: it would draw stripes on the page's even grounds, and be half of the file."""
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def _palette(pictures: Sequence[Image.Image]) -> Image.Image:
    """Of some frames side by side, the last one among them."""
    some = list(reversed(pictures))[:: max(1, len(pictures) // _PALETTE_FRAMES)]
    width, height = some[0].size
    sheet = Image.new("RGB", (width, height * len(some)))
    for number, picture in enumerate(some):
        sheet.paste(picture, (0, height * number))
    return sheet.quantize(256, method=Image.Quantize.MEDIANCUT)
