"""The current API: multipart in, a picture or JSON out."""

import base64
import io
import random
from typing import Literal, cast

from aiohttp import web
from multidict import MultiDictProxy
from PIL import Image, UnidentifiedImageError

from sandbox.stability.errors import ApiError
from sandbox.stability.work import Work

SEED_MAX = 4_294_967_294
PROMPT_LENGTH_MAX = 10_000
STYLES = frozenset(
    "enhance anime photographic digital-art comic-book fantasy-art line-art analog-film neon-punk isometric "
    "low-poly origami modeling-compound cinematic 3d-model pixel-art tile-texture".split()
)
# Sizes as seen of the real models, by aspect ratio.
_ONE_MEGAPIXEL = {
    "21:9": (1536, 640),
    "16:9": (1344, 768),
    "3:2": (1216, 832),
    "5:4": (1152, 896),
    "1:1": (1024, 1024),
    "4:5": (896, 1152),
    "2:3": (832, 1216),
    "9:16": (768, 1344),
    "9:21": (640, 1536),
}
SIZES = {
    "core": {ratio: (width * 3 // 2, height * 3 // 2) for ratio, (width, height) in _ONE_MEGAPIXEL.items()},
    "ultra": _ONE_MEGAPIXEL,
    "sd3": _ONE_MEGAPIXEL,
}
CREDITS = {
    "core": 3.0,
    "ultra": 8.0,
    "sd3.5-large": 6.5,
    "sd3.5-large-turbo": 4.0,
    "sd3.5-medium": 3.5,
    "sd3.5-flash": 2.5,
    "fast": 2.0,
}
UPSCALE_SIDE = (32, 1536)
UPSCALE_PIXELS_MAX = 1_048_576

Kind = Literal["PNG", "JPEG", "WEBP"]
Form = MultiDictProxy[str | bytearray | web.FileField]


class Fields:
    """The fields of one form, each read with its rule; what breaks a rule is gathered, as the vendor does."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self.problems: list[str] = []

    def text(self, name: str, *, required: bool = False, length_max: int = PROMPT_LENGTH_MAX) -> str:
        value = self._form.get(name)
        if not isinstance(value, str) or not value:
            if required:
                self.problems.append(f"{name}: is required")
            return ""
        if len(value) > length_max:
            self.problems.append(f"{name}: cannot exceed {length_max} characters")
        return value

    def choice(self, name: str, allowed: frozenset[str] | tuple[str, ...], default: str) -> str:
        value = self.text(name) or default
        if value and value not in allowed:
            self.problems.append(f"{name}: must be one of {', '.join(sorted(allowed))}")
            return default
        return value

    def number(self, name: str, lowest: float, highest: float, default: float) -> float:
        text = self.text(name)
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            self.problems.append(f"{name}: must be a number")
            return default
        if not lowest <= value <= highest:
            self.problems.append(f"{name}: must be between {lowest:g} and {highest:g}")
        return value

    def file(self, name: str) -> bytes | None:
        value = self._form.get(name)
        if isinstance(value, web.FileField):
            return value.file.read()
        return None


async def read(request: web.Request, service: str) -> Work:
    """The picture that a request wants. Raises ApiError with every rule that it breaks."""
    if request.content_type != "multipart/form-data":
        raise ApiError(400, "bad_request", "content-type: must be multipart/form-data")
    fields = Fields(cast(Form, await request.post()))
    return _upscaling(request, fields) if service == "fast" else _painting(request, fields, service)


def _painting(request: web.Request, fields: Fields, service: str) -> Work:
    prompt = fields.text("prompt", required=True)
    negative = fields.text("negative_prompt")
    style = fields.choice("style_preset", STYLES, "")
    seed = int(fields.number("seed", 0, SEED_MAX, 0))
    ratio = fields.choice("aspect_ratio", tuple(SIZES[service]), "1:1")
    kind = _kind(fields)
    model = service
    if service == "sd3":
        model = fields.choice(
            "model", tuple(name for name in CREDITS if name.startswith("sd3")), "sd3.5-large"
        )
        fields.choice("mode", ("text-to-image",), "text-to-image")
        fields.number("cfg_scale", 1, 10, 4)
    as_json = _wants_json(request, fields)
    if fields.problems:
        raise ApiError(400, "bad_request", *fields.problems)
    width, height = SIZES[service][ratio]
    seed = seed or random.randint(1, SEED_MAX)
    return Work(model, prompt, negative, style, seed, width, height, kind, CREDITS[model], as_json)


def _upscaling(request: web.Request, fields: Fields) -> Work:
    source = fields.file("image")
    size = (0, 0)
    if source is None:
        fields.problems.append("image: is required")
    else:
        size = _size_of(source, fields)
    kind = _kind(fields)
    as_json = _wants_json(request, fields)
    if fields.problems:
        raise ApiError(400, "bad_request", *fields.problems)
    return Work("fast", "", "", "", 0, size[0] * 4, size[1] * 4, kind, CREDITS["fast"], as_json, source)


def _size_of(source: bytes, fields: Fields) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(source)) as image:
            width, height = image.size
    except (UnidentifiedImageError, OSError):
        fields.problems.append("image: is not a valid image")
        return 0, 0
    lowest, highest = UPSCALE_SIDE
    if not (lowest <= width <= highest and lowest <= height <= highest):
        fields.problems.append(f"image: each side must be between {lowest} and {highest} pixels")
    if width * height > UPSCALE_PIXELS_MAX:
        fields.problems.append(f"image: must not exceed {UPSCALE_PIXELS_MAX} pixels")
    return width, height


def _kind(fields: Fields) -> Kind:
    return cast(Kind, fields.choice("output_format", ("png", "jpeg", "webp"), "png").upper())


def _wants_json(request: web.Request, fields: Fields) -> bool:
    accept = request.headers.get("Accept", "*/*")
    if accept not in ("image/*", "application/json", "*/*"):
        fields.problems.append("accept: must be image/* or application/json")
    return accept == "application/json"


def answer(work: Work, content: bytes, finish_reason: str) -> web.Response:
    if work.as_json:
        encoded = base64.b64encode(content).decode()
        return web.json_response({"image": encoded, "finish_reason": finish_reason, "seed": work.seed})
    return web.Response(
        body=content,
        content_type=f"image/{work.kind.lower()}",
        headers={"finish-reason": finish_reason, "seed": str(work.seed)},
    )
