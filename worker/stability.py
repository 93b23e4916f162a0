"""How to speak to Stability: one request a picture, and what each kind of answer means."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from db.errors import FailureCode, JobFailed
from db.jobs import Job
from db.models import MODELS, SEED_MAX, UPSCALER, Api, Model, Shape
from worker.shapes import choose_shape

PICTURE_BYTES_MAX = 64 * 1024 * 1024
"""Above what the largest picture takes, 16.8 megapixels that do not compress at all."""

ERROR_BYTES_MAX = 64 * 1024
CONNECT_TIMEOUT_SECONDS = 10.0
RATE_LIMIT_PAUSE_SECONDS = 60.0
"""How long Stability turns a key away that asked too often."""

RETRY_AFTER_SECONDS_MAX = 600.0
"""Whoever asks for more is not to be believed: all workers would wait for it."""

_CODE_OF_STATUS = {
    401: FailureCode.BAD_KEY,
    402: FailureCode.NO_CREDIT,
    403: FailureCode.BAD_KEY,
    404: FailureCode.MODEL_GONE,
    410: FailureCode.MODEL_GONE,
    422: FailureCode.REJECTED,
    429: FailureCode.RATE_LIMITED,
}
# What v2beta and v1 call a refusal by the content filter; their statuses alone do not tell.
_REFUSALS = {"content_moderation", "invalid_prompts"}


@dataclass(frozen=True, slots=True)
class Painting:
    """What Stability painted: `content` is a picture as it came over the wire."""

    content: bytes
    seed: int | None
    request_id: str | None


class Stability:
    """`timeout_seconds` bounds one call: no byte comes before the picture is ready, so it has to be long."""

    def __init__(
        self, session: aiohttp.ClientSession, *, host: str, key: str, timeout_seconds: float
    ) -> None:
        self._session = session
        self._host = host
        self._key = key
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=CONNECT_TIMEOUT_SECONDS)

    async def paint(self, job: Job) -> Painting:
        """Raises JobFailed, whose code says whether another attempt may end better."""
        model = MODELS[job.model]
        return await self._ask(model, _body(model, job, choose_shape(model, job.width, job.height)))

    async def upscale(self, picture: bytes) -> Painting:
        """`picture` is a PNG within the upscaler's bounds. Raises JobFailed as `paint` does."""
        form = aiohttp.FormData({"output_format": "png"})
        # A stream, as aiohttp writes bytes of this size in one go and holds up the others.
        form.add_field("image", io.BytesIO(picture), filename="picture.png", content_type="image/png")
        return await self._ask(UPSCALER, {"data": form})

    async def balance(self) -> float:
        """The credits that are left. Raises JobFailed as `paint` does."""
        try:
            async with self._session.get(
                self._host + "/v1/user/balance",
                headers={"Authorization": f"Bearer {self._key}"},
                timeout=self._timeout,
            ) as response:
                if response.status != 200:
                    raise await self._failure(response)
                return float((await response.json())["credits"])
        except (aiohttp.ClientError, TimeoutError) as error:
            raise JobFailed(FailureCode.UNAVAILABLE, f"{type(error).__name__}: {error}") from error

    async def _ask(self, model: Model, body: dict[str, Any]) -> Painting:
        try:
            async with self._session.post(
                self._host + model.path,
                headers={
                    "Authorization": f"Bearer {self._key}",
                    "Accept": "image/*" if model.api is Api.V2BETA else "image/png",
                    "stability-client-id": "tigerbrush",
                },
                timeout=self._timeout,
                **body,
            ) as response:
                if response.status != 200:
                    raise await self._failure(response)
                if response.headers.get("finish-reason", "SUCCESS") != "SUCCESS":
                    raise self._failed(
                        FailureCode.FILTERED, f"finish-reason {response.headers['finish-reason']}"
                    )
                content = await _read(response, PICTURE_BYTES_MAX)
                return Painting(content, _seed(response.headers), response.headers.get("x-request-id"))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._failed(FailureCode.UNAVAILABLE, f"{type(error).__name__}: {error}") from error

    async def _failure(self, response: aiohttp.ClientResponse) -> JobFailed:
        name, message = _explanation(await _start(response, ERROR_BYTES_MAX))
        code = _CODE_OF_STATUS.get(response.status)
        if name in _REFUSALS:
            code = FailureCode.REFUSED
        if code is None:
            code = FailureCode.UNAVAILABLE if response.status >= 500 else FailureCode.BAD_REQUEST
        return self._failed(code, f"{response.status} {name}: {message}", _retry_after(response))

    def _failed(self, code: FailureCode, detail: str, retry_after_seconds: float | None = None) -> JobFailed:
        # v1 repeats the key in its refusal of it, and what is cut in the middle of it would not be found.
        detail = detail.replace(self._key, "[key]")[:500]
        return JobFailed(code, detail, retry_after_seconds=retry_after_seconds)


def _body(model: Model, job: Job, shape: Shape) -> dict[str, Any]:
    if model.api is Api.V1:
        return {"json": _v1_body(job, shape)}
    # The API wants multipart even where no file is sent; aiohttp would otherwise send a urlencoded form.
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in _v2beta_fields(model, job, shape).items():
        form.add_field(name, value)
    return {"data": form}


def _v2beta_fields(model: Model, job: Job, shape: Shape) -> dict[str, str]:
    fields = {"prompt": job.prompt, "output_format": "png", "aspect_ratio": shape.aspect_ratio or "1:1"}
    if job.seed is not None:
        fields["seed"] = str(job.seed)
    if job.negative_prompt is not None:
        fields["negative_prompt"] = job.negative_prompt
    if job.style is not None:
        fields["style_preset"] = job.style
    if model.path.endswith("/sd3"):
        fields["model"] = model.name
    return fields


def _v1_body(job: Job, shape: Shape) -> dict[str, Any]:
    body: dict[str, Any] = {
        "text_prompts": [{"text": job.prompt, "weight": 1}],
        "cfg_scale": 7,
        "width": shape.width,
        "height": shape.height,
        "steps": 30,
        "samples": 1,
    }
    if job.negative_prompt is not None:
        body["text_prompts"].append({"text": job.negative_prompt, "weight": -1})
    if job.style is not None:
        body["style_preset"] = job.style
    if job.seed is not None:
        body["seed"] = job.seed
    return body


async def _read(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """Reads a body that may be endless."""
    # Joined once at the end: what grows is copied again and again.
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > bytes_max:
            response.close()
            raise JobFailed(FailureCode.BAD_PICTURE, f"the answer is larger than {bytes_max} bytes")
    return b"".join(chunks)


async def _start(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """So much of an explanation, however long it is: the status tells the rest."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > bytes_max:
            response.close()
            break
    return bytes(body[:bytes_max])


def _explanation(body: bytes) -> tuple[str, str]:
    """The name and the message of an error in the shape of either API, or of neither."""
    try:
        error = json.loads(body)
        if isinstance(error, dict):
            return str(error.get("name", "unknown")), str(error.get("errors") or error.get("message", ""))
    except (ValueError, RecursionError):
        # Not JSON, or so many brackets that nobody means them.
        pass
    return "unknown", body.decode("utf-8", "replace")


def _seed(headers: Mapping[str, str]) -> int | None:
    """None for what no model paints with: a picture is not lost over a number that Postgres does not take."""
    text = headers.get("seed", "")
    seed = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(SEED_MAX)) else None
    return seed if seed is not None and seed <= SEED_MAX else None


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    if response.status != 429:
        return None
    text = response.headers.get("Retry-After", "")
    if not (text.isascii() and text.isdigit()):
        return RATE_LIMIT_PAUSE_SECONDS
    return min(float(text), RETRY_AFTER_SECONDS_MAX)
