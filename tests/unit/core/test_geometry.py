"""How large a change makes a picture, and which pictures are large enough already."""

import pytest

from core.errors import InvalidRequest
from core.geometry import check_upscale, extended_size
from core.operations import CONSERVATIVE, UPSCALE, Model


@pytest.mark.parametrize("size", [(1024, 1024), (256, 1536), (1536, 1024), (2048, 1024)])
@pytest.mark.parametrize("model", UPSCALE.models.values(), ids=lambda model: model.name)
def test_what_a_model_paints_can_be_made_larger(model: Model, size: tuple[int, int]) -> None:
    if model is CONSERVATIVE and max(size) / min(size) > 2.5:
        with pytest.raises(InvalidRequest, match=r"at most 2\.5 times"):
            check_upscale(model, *size)
    else:
        check_upscale(model, *size)


@pytest.mark.parametrize("size", [(4096, 4096), (6144, 2744)])
@pytest.mark.parametrize("model", UPSCALE.models.values(), ids=lambda model: model.name)
def test_a_picture_that_would_not_grow_is_refused(model: Model, size: tuple[int, int]) -> None:
    with pytest.raises(InvalidRequest, match="cannot be made larger"):
        check_upscale(model, *size)


def test_a_picture_grows_by_what_is_added_to_its_sides() -> None:
    assert extended_size(1000, 500, {"left": 1, "right": 20, "up": 300, "down": None}) == (1021, 800)
    assert extended_size(1000, 500, {}) == (1000, 500)
