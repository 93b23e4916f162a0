"""What is asked of Stability for a job, where the endpoints differ."""

from dataclasses import replace
from typing import Any

import pytest

from core.operations import MODELS, SEED_MAX, Role
from tests.jobs import ORDER, job
from worker.providers.stability.requests import StabilityRequest, choose_shape, request_of

PNG, JPEG, WEBP = b"\x89PNG\r\n", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBP"


def request(operation: str, model: str, *inputs: bytes, number: int = 1, **params: Any) -> StabilityRequest:
    order = replace(ORDER, operation=operation, model=model, params=params)
    roles = (Role.PICTURE, Role.MASK if operation in ("erase", "paint-over") else Role.REFERENCE)
    return request_of(job(number, of=order), dict(zip(roles, inputs, strict=False)))


@pytest.mark.parametrize(
    ("asked", "path", "fields", "parts"),
    [
        (
            request("vary", "sd3.5-flash", PNG, strength=0.35, seed=4, style="anime"),
            "generate/sd3",
            {"prompt": ORDER.prompt, "mode": "image-to-image", "model": "sd3.5-flash", "strength": "0.35",
             "seed": "4", "style_preset": "anime"},
            ["image"],
        ),
        (
            request("vary", "ultra", PNG, strength=1.0),
            "generate/ultra",
            {"prompt": ORDER.prompt, "strength": "1.0"},
            ["image"],
        ),
        (
            request("extend", "outpaint", PNG, left=0, right=512, up=0, down=1),
            "edit/outpaint",
            {"prompt": ORDER.prompt, "right": "512", "down": "1"},
            ["image"],
        ),
        # What needs no words has those of its picture, by which it is found; they are not for Stability.
        (request("erase", "erase", PNG, PNG, fields=[1, 2]), "edit/erase", {}, ["image", "mask"]),
        (request("upscale", "upscale-fast", PNG, seed=7), "upscale/fast", {}, ["image"]),
        (
            request("relight", "replace-background-and-relight", PNG, PNG, light="left", negative_prompt="rain"),
            "edit/replace-background-and-relight",
            {"background_prompt": ORDER.prompt, "light_source_direction": "left", "negative_prompt": "rain"},
            ["subject_image", "background_reference"],
        ),
        (
            request("style", "style", PNG, width=1536, height=864, closeness=0),
            "control/style",
            {"prompt": ORDER.prompt, "aspect_ratio": "16:9", "fidelity": "0"},
            ["image"],
        ),
    ],
)  # fmt: skip
def test_an_endpoint_is_asked_in_its_own_names(
    asked: StabilityRequest, path: str, fields: dict[str, str], parts: list[str]
) -> None:
    assert asked.path == f"/v2beta/stable-image/{path}"
    assert asked.fields == {"output_format": "png", **fields}
    assert list(asked.parts) == parts


@pytest.mark.parametrize(("number", "seed", "sent"), [(1, 5, "5"), (3, 5, "7"), (2, SEED_MAX, "0")])
def test_each_job_of_an_order_has_its_own_seed(number: int, seed: int, sent: str) -> None:
    assert request("imagine", "core", number=number, width=512, height=512, seed=seed).fields["seed"] == sent


def test_a_part_is_called_what_its_bytes_are() -> None:
    form = request("erase", "erase", JPEG, WEBP).body()["data"]()
    for part, kind, name in zip(
        [part for part, _, _ in form._parts[1:]], ("jpeg", "webp"), ("image", "mask"), strict=True
    ):
        assert part.headers["Content-Type"] == f"image/{kind}"
        assert f'name="{name}"; filename="{name}.{kind}"' in part.headers["Content-Disposition"]


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
