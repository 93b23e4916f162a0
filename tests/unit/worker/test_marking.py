"""What is read in a worker's files by readers that are none of ours."""

import io
from typing import Any

import pytest
from PIL import Image

from core.orders import Order
from tests import exiftool
from tests.jobs import order
from worker.marking import Marker

MODEL, TOOL = "Stable Image Core", "Tigerbrush"


def painted(size: tuple[int, int], kind: str = "PNG", colour: str = "#c04010") -> bytes:
    buffer = io.BytesIO()
    mode = "RGBA" if len(colour) == 9 else "RGB"
    Image.new(mode, size, colour).save(buffer, kind)
    return buffer.getvalue()


VARIED = order(operation="vary", inputs=(-3,))
CUT_OUT = order(operation="cut_out", inputs=(33,))


@exiftool.needed
@pytest.mark.parametrize(
    ("data", "size", "of", "source_type"),
    [
        (painted((64, 48)), (64, 48), order(), "trainedAlgorithmicMedia"),
        (painted((64, 48)), (40, 40), order(), "trainedAlgorithmicMedia"),
        (painted((64, 48)), (64, 48), VARIED, "compositeWithTrainedAlgorithmicMedia"),
        (painted((64, 48), "JPEG"), (64, 48), order(), "trainedAlgorithmicMedia"),
        (painted((64, 48), "WEBP"), (32, 24), order(), "trainedAlgorithmicMedia"),
        (painted((64, 48), colour="#c0401080"), None, CUT_OUT, "trainedAlgorithmicMedia"),
        (painted((1600, 1200)), None, order(operation="upscale", inputs=(33,)), "trainedAlgorithmicMedia"),
    ],
    ids="untouched resized varied jpeg webp cut-out enlarged".split(),
)  # fmt: skip
def test_each_file_says_what_it_is(
    data: bytes, size: tuple[int, int] | None, of: Order, source_type: str
) -> None:
    pictures = Marker().prepare(of, data, size)
    for file in (pictures.original, pictures.preview):
        assert exiftool.ai_mark(file) == (source_type, MODEL, TOOL)


def pixels(data: bytes) -> Any:
    return Image.open(io.BytesIO(data)).tobytes()


def test_what_was_painted_in_the_right_size_keeps_each_bit_of_its_pixels() -> None:
    data = painted((64, 48))
    marked = Marker().prepare(order(), data, (64, 48)).original
    assert marked != data
    assert pixels(marked) == pixels(data)
