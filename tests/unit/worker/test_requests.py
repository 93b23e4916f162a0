import pytest

from core.operations import MODELS
from worker.providers.stability.requests import choose_shape


@pytest.mark.parametrize(
    ("width", "height", "ratio"),
    [
        (1024, 1024, "1:1"),
        (1000, 1024, "1:1"),
        (1536, 864, "16:9"),
        (864, 1536, "9:16"),
        (1536, 256, "21:9"),
        (256, 1536, "9:21"),
        (1200, 800, "3:2"),
        (1280, 1024, "5:4"),
    ],
)
def test_v2beta_is_asked_for_the_nearest_ratio(width: int, height: int, ratio: str) -> None:
    assert choose_shape(MODELS["core"], width, height).aspect_ratio == ratio


@pytest.mark.parametrize(
    ("asked", "painted"),
    [
        ((512, 512), (512, 512)),
        ((500, 500), (512, 512)),
        ((256, 1536), (320, 1536)),
        ((1025, 640), (1088, 640)),
    ],
)
def test_v1_6_is_asked_for_multiples_of_64(asked: tuple[int, int], painted: tuple[int, int]) -> None:
    shape = choose_shape(MODELS["stable-diffusion-v1-6"], *asked)
    assert (shape.width, shape.height) == painted


def test_sdxl_is_asked_for_one_of_its_own_sizes() -> None:
    shape = choose_shape(MODELS["stable-diffusion-xl-1024-v1-0"], 1200, 800)
    assert (shape.width, shape.height) == (1216, 832)
