"""From a job to a request of Stability's: v2beta's are forms, and v1's are JSON."""

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from core.operations import (
    CONSERVATIVE,
    CREATIVE,
    CUT_OUT,
    ERASE,
    EXTEND,
    FAST,
    IMAGINE,
    IN_STYLE,
    MODELS,
    OPERATIONS,
    PAINT_OVER,
    RECOLOR,
    RELIGHT,
    REPLACE,
    SIDE_MAX,
    SKETCH,
    STRUCTURE,
    TRANSFER,
    UPSCALE,
    VARY,
    Model,
    Need,
    Role,
    Shape,
)
from core.orders import Job
from worker.providers.stability.kinds import kind_of

_V2BETA, _V1 = "/v2beta/stable-image", "/v1/generation"
_TEXT = {"seed": "seed", "negative_prompt": "negative_prompt", "style": "style_preset"}
_IMAGE = {Role.PICTURE: "image", Role.MASK: "mask"}
_SD3 = ("sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium", "sd3.5-flash")
SIDES = ("left", "right", "up", "down")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What the API calls a job's parameters, prompt and inputs. `always` are fields that go with every request;
    a parameter that has no name here is not sent."""

    path: str
    fields: Mapping[str, str] = field(default_factory=lambda: _TEXT)
    always: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[Role, str] = field(default_factory=lambda: _IMAGE)
    prompt: str = "prompt"

    @property
    def is_v1(self) -> bool:
        return self.path.startswith(_V1)


def _v2beta(path: str, *, always: Mapping[str, str] | None = None, parts: Mapping[Role, str] = _IMAGE,
            prompt: str = "prompt", **more: str) -> Endpoint:  # fmt: skip
    """`more` are the names of the parameters that it has besides those that nearly all have."""
    return Endpoint(f"{_V2BETA}/{path}", {**_TEXT, **more}, always or {}, parts, prompt)


ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    (IMAGINE.name, "core"): _v2beta("generate/core"),
    (IMAGINE.name, "ultra"): _v2beta("generate/ultra"),
    # Without the model it would be the dearest one.
    **{(IMAGINE.name, model): _v2beta("generate/sd3", always={"model": model}) for model in _SD3},
    **{
        (IMAGINE.name, engine): Endpoint(f"{_V1}/{engine}/text-to-image")
        for engine in ("stable-diffusion-v1-6", "stable-diffusion-xl-1024-v1-0")
    },
    (VARY.name, "ultra"): _v2beta("generate/ultra", strength="strength"),
    **{
        (VARY.name, model): _v2beta(
            "generate/sd3", always={"model": model, "mode": "image-to-image"}, strength="strength"
        )
        for model in _SD3
    },
    (REPLACE.name, "search-and-replace"): _v2beta("edit/search-and-replace", target="search_prompt"),
    (RECOLOR.name, "search-and-recolor"): _v2beta("edit/search-and-recolor", target="select_prompt"),
    (ERASE.name, "erase"): _v2beta("edit/erase"),
    (PAINT_OVER.name, "inpaint"): _v2beta("edit/inpaint"),
    (EXTEND.name, "outpaint"): _v2beta("edit/outpaint", left="left", right="right", up="up", down="down"),
    (CUT_OUT.name, "remove-background"): _v2beta("edit/remove-background"),
    (RELIGHT.name, "replace-background-and-relight"): _v2beta(
        "edit/replace-background-and-relight",
        parts={Role.PICTURE: "subject_image", Role.REFERENCE: "background_reference"},
        prompt="background_prompt",
        light="light_source_direction",
    ),
    (SKETCH.name, "sketch"): _v2beta("control/sketch", closeness="control_strength"),
    (STRUCTURE.name, "structure"): _v2beta("control/structure", closeness="control_strength"),
    (IN_STYLE.name, "style"): _v2beta("control/style", closeness="fidelity"),
    (TRANSFER.name, "style-transfer"): _v2beta(
        "control/style-transfer",
        parts={Role.PICTURE: "init_image", Role.REFERENCE: "style_image"},
        strength="style_strength",
    ),
    # It knows no seed.
    (UPSCALE.name, FAST.name): Endpoint(f"{_V2BETA}/upscale/fast", {}),
    (UPSCALE.name, CONSERVATIVE.name): _v2beta("upscale/conservative"),
    (UPSCALE.name, CREATIVE.name): _v2beta("upscale/creative"),
}
"""By the names of the operation and of the model."""

INPUT_NAMES = frozenset(name for endpoint in ENDPOINTS.values() for name in endpoint.parts.values())
"""What the API calls the pictures that are handed in."""


@dataclass(frozen=True, slots=True)
class StabilityRequest:
    """A form of `fields` and, of pictures, `parts`; or `json`."""

    path: str
    fields: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, bytes] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None

    @property
    def accept(self) -> str:
        return "image/*" if self.json is None else "image/png"

    def body(self) -> dict[str, Any]:
        """What aiohttp is given, by name; of a form it can be sent once."""
        if self.json is not None:
            return {"json": self.json}
        # The API wants multipart even where no file is sent; aiohttp would otherwise send a urlencoded form.
        form = aiohttp.FormData(dict(self.fields), default_to_multipart=True)
        for name, picture in self.parts.items():
            kind = kind_of(picture) or "png"
            # A stream, as aiohttp writes bytes of this size in one go and holds up the others.
            form.add_field(name, io.BytesIO(picture), filename=f"{name}.{kind}", content_type=f"image/{kind}")
        return {"data": form}


def request_of(job: Job, inputs: Mapping[Role, bytes]) -> StabilityRequest:
    """`inputs` are within the operation's bounds."""
    order = job.order
    endpoint = ENDPOINTS[order.operation, order.model]
    if endpoint.is_v1:
        return StabilityRequest(endpoint.path, json=_v1_body(job))
    operation, model = OPERATIONS[order.operation], MODELS[order.model]
    fields = {"output_format": "png", **endpoint.always}
    if operation.words_for(model) is not Need.NONE and order.said:
        fields[endpoint.prompt] = order.said
    if operation.sized and order.size is not None:
        fields["aspect_ratio"] = choose_shape(model, *order.size).aspect_ratio or "1:1"
    for name, value in {**order.params, "seed": job.seed}.items():
        if name in endpoint.fields and value is not None and not (name in SIDES and value == 0):
            fields[endpoint.fields[name]] = str(value)
    return StabilityRequest(
        endpoint.path, fields, {endpoint.parts[role]: picture for role, picture in inputs.items()}
    )


def choose_shape(model: Model, width: int, height: int) -> Shape:
    """The shape to ask for, such that the least is lost when the picture is cut to `width` x `height`."""
    if model.shapes:
        wanted = math.log(width / height)
        return min(model.shapes, key=lambda shape: abs(math.log(shape.width / shape.height) - wanted))
    return Shape(_round_up(width, model), _round_up(height, model))


def _round_up(side: int, model: Model) -> int:
    stepped = math.ceil(side / model.side_step) * model.side_step
    return min(max(stepped, model.side_min), SIDE_MAX)


def _v1_body(job: Job) -> dict[str, Any]:
    order = job.order
    shape = choose_shape(MODELS[order.model], order.params["width"], order.params["height"])
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
        "seed": job.seed,
    }
    return {name: value for name, value in body.items() if value is not None}
