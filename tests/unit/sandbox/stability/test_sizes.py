"""The sizes of the answers are those that were measured of the real server."""

import pytest
from PIL import Image

from tests.unit.sandbox.stability.works import png, work

SQUARE, HALF = png(Image.new("1", (1536, 1536))), png(Image.new("1", (512, 512)))
WORDS = {"prompt": "a fox"}


@pytest.mark.parametrize(
    ("path", "form", "size"),
    [
        ("generate/core", {}, (1536, 1536)),
        ("generate/ultra", {"aspect_ratio": "16:9"}, (1344, 768)),
        ("generate/ultra", {"image": SQUARE, "strength": "0.5"}, (1024, 1024)),
        ("generate/sd3", {"aspect_ratio": "16:9"}, (1344, 768)),
        ("generate/sd3", {"model": "sd3.5-medium"}, (1024, 1024)),
        ("generate/sd3", {"image": SQUARE, "strength": "0.5", "mode": "image-to-image"}, (1024, 1024)),
        ("edit/erase", {"image": SQUARE}, (1536, 1536)),
        ("edit/inpaint", {"image": SQUARE}, (1536, 1536)),
        ("edit/outpaint", {"image": SQUARE, "left": "256", "right": "256"}, (2048, 1536)),
        ("edit/search-and-replace", {"image": SQUARE, "search_prompt": ""}, (1536, 1536)),
        ("edit/search-and-recolor", {"image": SQUARE, "select_prompt": ""}, (1536, 1536)),
        ("edit/remove-background", {"image": SQUARE}, (1536, 1536)),
        ("edit/replace-background-and-relight", {"subject_image": SQUARE}, (1536, 1536)),
        ("control/sketch", {"image": SQUARE}, (1536, 1536)),
        ("control/structure", {"image": SQUARE}, (1536, 1536)),
        ("control/style", {"image": SQUARE, "aspect_ratio": "16:9"}, (1365, 768)),
        ("control/style-transfer", {"init_image": SQUARE, "style_image": HALF}, (1024, 1024)),
        ("upscale/fast", {"image": HALF}, (2048, 2048)),
        ("upscale/conservative", {"image": HALF}, (3112, 3112)),
        ("upscale/creative", {"image": HALF}, (3152, 3152)),
    ],
)
def test_each_answer_is_as_large_as_was_measured(
    path: str, form: dict[str, str | bytes], size: tuple[int, int]
) -> None:
    assert work(path, **WORDS, **form).size == size


@pytest.mark.parametrize(("path", "megapixels"), [("upscale/conservative", 9.68), ("upscale/creative", 9.94)])
def test_the_dear_enlargements_keep_the_ratio(path: str, megapixels: float) -> None:
    made = work(path, image=png(Image.new("1", (800, 400))), **WORDS)
    assert made.width / made.height == pytest.approx(2, rel=0.001)
    assert made.width * made.height == pytest.approx(megapixels * 1e6, rel=0.001)
