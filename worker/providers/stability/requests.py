"""From an order to a request of Stability's: v2beta's are forms, and v1's are JSON."""

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from core.operations import MODELS, SIDE_DEFAULT, SIDE_MAX, Model, Role, Shape
from core.orders import Job, Order

_V2BETA, _V1 = "/v2beta/stable-image", "/v1/generation"
PATHS = {
    "core": f"{_V2BETA}/generate/core",
    "ultra": f"{_V2BETA}/generate/ultra",
    "sd3.5-large": f"{_V2BETA}/generate/sd3",
    "sd3.5-large-turbo": f"{_V2BETA}/generate/sd3",
    "sd3.5-medium": f"{_V2BETA}/generate/sd3",
    "sd3.5-flash": f"{_V2BETA}/generate/sd3",
    "upscale-fast": f"{_V2BETA}/upscale/fast",
    "stable-diffusion-v1-6": f"{_V1}/stable-diffusion-v1-6/text-to-image",
    "stable-diffusion-xl-1024-v1-0": f"{_V1}/stable-diffusion-xl-1024-v1-0/text-to-image",
}
"""Where each model is, by its name."""


@dataclass(frozen=True, slots=True)
class StabilityRequest:
    """`body` is what aiohttp is given, by name."""

    path: str
    accept: str
    body: dict[str, Any]


def request_of(job: Job, inputs: Mapping[Role, bytes]) -> StabilityRequest:
    """`inputs` are within the operation's bounds."""
    order = job.order
    path = PATHS[order.model]
    if path.startswith(_V1):
        return StabilityRequest(path, "image/png", {"json": _v1_body(order)})
    # The API wants multipart even where no file is sent; aiohttp would otherwise send a urlencoded form.
    form = aiohttp.FormData({"output_format": "png"}, default_to_multipart=True)
    for picture in inputs.values():
        # A stream, as aiohttp writes bytes of this size in one go and holds up the others.
        form.add_field("image", io.BytesIO(picture), filename="picture.png", content_type="image/png")
    if not inputs:
        for name, value in _v2beta_fields(order, path).items():
            form.add_field(name, value)
    return StabilityRequest(path, "image/*", {"data": form})


def choose_shape(model: Model, width: int, height: int) -> Shape:
    """The shape to ask for, such that the least is lost when the picture is cut to `width` x `height`."""
    if model.shapes:
        wanted = math.log(width / height)
        return min(model.shapes, key=lambda shape: abs(math.log(shape.width / shape.height) - wanted))
    return Shape(_round_up(width, model), _round_up(height, model))


def _round_up(side: int, model: Model) -> int:
    stepped = math.ceil(side / model.side_step) * model.side_step
    return min(max(stepped, model.side_min), SIDE_MAX)


def _shape(order: Order) -> Shape:
    return choose_shape(MODELS[order.model], *(order.size or (SIDE_DEFAULT, SIDE_DEFAULT)))


def _v2beta_fields(order: Order, path: str) -> dict[str, str]:
    fields = {
        "prompt": order.prompt,
        "aspect_ratio": _shape(order).aspect_ratio or "1:1",
        "negative_prompt": order.negative_prompt,
        "style_preset": order.style,
        "seed": None if order.seed is None else str(order.seed),
        "model": order.model if path.endswith("/sd3") else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _v1_body(order: Order) -> dict[str, Any]:
    shape = _shape(order)
    texts: list[dict[str, Any]] = [{"text": order.prompt, "weight": 1}]
    if order.negative_prompt is not None:
        texts.append({"text": order.negative_prompt, "weight": -1})
    body = {
        "text_prompts": texts,
        "cfg_scale": 7,
        "width": shape.width,
        "height": shape.height,
        "steps": 30,
        "samples": 1,
        "style_preset": order.style,
        "seed": order.seed,
    }
    return {name: value for name, value in body.items() if value is not None}
