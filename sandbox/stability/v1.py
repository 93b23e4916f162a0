"""The legacy API that the first version of this program used: JSON in, PNG or JSON out."""

import base64
import json
import random
from typing import Any

from aiohttp import web

from sandbox.stability.errors import ApiError
from sandbox.stability.painter import landscape
from sandbox.stability.work import Work

SEED_MAX = 4_294_967_295
TEXT_LENGTH_MAX = 2000
CREDITS = 1.0
SIDE_STEP = 64
V1_6_SIDE = (320, 1536)
SDXL_SIZES = frozenset(
    {(1024, 1024), (1152, 896), (896, 1152), (1216, 832), (832, 1216), (1344, 768), (768, 1344)}
    | {(1536, 640), (640, 1536)}
)
ENGINES = {
    "stable-diffusion-v1-6": "Stable Diffusion v1.6",
    "stable-diffusion-xl-1024-v1-0": "Stable Diffusion XL v1.0",
}
STYLES = frozenset(
    "3d-model analog-film anime cinematic comic-book digital-art enhance fantasy-art isometric line-art "
    "low-poly modeling-compound neon-punk origami photographic pixel-art tile-texture".split()
)
_SAMPLERS = frozenset(
    "DDIM DDPM K_DPMPP_2M K_DPMPP_2S_ANCESTRAL K_DPM_2 K_DPM_2_ANCESTRAL K_EULER K_EULER_ANCESTRAL K_HEUN "
    "K_LMS".split()
)
_CLIP_GUIDANCE = frozenset("FAST_BLUE FAST_GREEN NONE SIMPLE SLOW SLOWER SLOWEST".split())


async def read(request: web.Request, engine: str) -> Work:
    """The picture that a request wants. Raises ApiError for the first rule that it breaks."""
    if engine not in ENGINES:
        raise ApiError(404, "not_found", f"The specified engine (ID {engine}) was not found")
    accept = request.headers.get("Accept", "application/json")
    if accept not in ("image/png", "application/json", "*/*"):
        raise ApiError(400, "bad_request", "Header parameter Accept must be image/png or application/json")
    try:
        body = await request.json()
    except json.JSONDecodeError:
        raise ApiError(400, "bad_request", "the body is not valid JSON") from None
    if not isinstance(body, dict):
        raise ApiError(400, "bad_request", "the body must be an object")
    width, height = _size(engine, body)
    _number(body, "cfg_scale", 0, 35, 7)
    _integer(body, "steps", 10, 150, 50)
    if _integer(body, "samples", 1, 10, 1) != 1:
        raise ApiError(400, "bad_request", "samples: this stand-in paints one picture a call")
    _member(body, "sampler", _SAMPLERS)
    _member(body, "clip_guidance_preset", _CLIP_GUIDANCE)
    texts = _texts(body)
    return Work(
        model=engine,
        seed=_integer(body, "seed", 0, SEED_MAX, 0) or random.randint(1, SEED_MAX),
        width=width,
        height=height,
        kind="PNG",
        credits=CREDITS,
        as_json=accept != "image/png",
        draw=landscape.draw,
        texts={
            "prompt": " ".join(text for text, weight in texts if weight > 0),
            "negative_prompt": " ".join(text for text, weight in texts if weight <= 0),
            "style_preset": _member(body, "style_preset", STYLES),
        },
    )


def _texts(body: dict[str, Any]) -> list[tuple[str, float]]:
    prompts = body.get("text_prompts")
    if not isinstance(prompts, list) or not prompts:
        raise ApiError(400, "invalid_prompts", "text_prompts: at least one is required")
    texts = []
    for prompt in prompts:
        text = prompt.get("text") if isinstance(prompt, dict) else None
        if not isinstance(text, str) or len(text) > TEXT_LENGTH_MAX:
            raise ApiError(
                400, "bad_request", f"text_prompts: text must be up to {TEXT_LENGTH_MAX} characters"
            )
        texts.append((text, _number(prompt, "weight", -1000, 1000, 1)))
    if not any(text and weight > 0 for text, weight in texts):
        raise ApiError(400, "bad_request", "text_prompts: one with a positive weight is required")
    return texts


def _size(engine: str, body: dict[str, Any]) -> tuple[int, int]:
    default = 1024 if "xl" in engine else 512
    width, height = _integer(body, "width", 128, 4096, default), _integer(body, "height", 128, 4096, default)
    if "xl" in engine:
        if (width, height) not in SDXL_SIZES:
            allowed = ", ".join(f"{w}x{h}" for w, h in sorted(SDXL_SIZES))
            raise ApiError(
                400, "invalid_sdxl_v1_dimensions", f"allowed dimensions are {allowed}, not {width}x{height}"
            )
        return width, height
    lowest, highest = V1_6_SIDE
    if width % SIDE_STEP or height % SIDE_STEP:
        raise ApiError(400, "invalid_height_or_width", "height and width must be in increments of 64")
    if not (lowest <= width <= highest and lowest <= height <= highest):
        raise ApiError(400, "invalid_height_or_width", f"height and width must be {lowest} to {highest}")
    return width, height


def _number(body: dict[str, Any], name: str, lowest: float, highest: float, default: float) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        raise ApiError(400, "bad_request", f"{name} must be between {lowest:g} and {highest:g}")
    return value


def _integer(body: dict[str, Any], name: str, lowest: int, highest: int, default: int) -> int:
    value = _number(body, name, lowest, highest, default)
    if not isinstance(value, int):
        raise ApiError(400, "bad_request", f"{name} must be an integer")
    return value


def _member(body: dict[str, Any], name: str, allowed: frozenset[str]) -> str:
    value = body.get(name, "")
    if value and value not in allowed:
        raise ApiError(400, "bad_request", f"{name} must be one of {', '.join(sorted(allowed))}")
    return str(value)


def answer(work: Work, content: bytes, finish_reason: str) -> web.Response:
    if work.as_json:
        artifact = {
            "base64": base64.b64encode(content).decode(),
            "finishReason": finish_reason,
            "seed": work.seed,
        }
        return web.json_response({"artifacts": [artifact]})
    return web.Response(
        body=content,
        content_type="image/png",
        headers={"Finish-Reason": finish_reason, "Seed": str(work.seed)},
    )
