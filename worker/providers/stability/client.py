"""How to speak to Stability: one request a picture."""

import asyncio
import io
import json
import logging
import math
from decimal import Decimal
from typing import Any

import aiohttp

from core.errors import FailureCode, JobFailed
from core.operations import MODELS, UPSCALER, Api, Model, Shape
from db.orders import Job
from worker.providers.stability import answers
from worker.providers.stability.answers import Painting
from worker.providers.stability.shapes import choose_shape

log = logging.getLogger(__name__)

PICTURE_BYTES_MAX = 64 * 1024 * 1024
"""Above what the largest picture takes, 16.8 megapixels that do not compress at all."""

ERROR_BYTES_MAX = 64 * 1024
CONNECT_TIMEOUT_SECONDS = 10.0
BALANCE_TIMEOUT_SECONDS = 5.0
"""Whoever asks for the balance has something else to do: it answers at once, or is not worth the wait."""


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
        """The credits that are left, as far as Stability knows: it has been seen wrong for a while.

        Raises JobFailed as `paint` does.
        """
        timeout = aiohttp.ClientTimeout(total=BALANCE_TIMEOUT_SECONDS)
        try:
            async with self._session.get(
                self._host + "/v1/user/balance",
                headers={"Authorization": f"Bearer {self._key}"},
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                body = await _start(response, ERROR_BYTES_MAX)
                if response.status != 200:
                    raise self._without_key(answers.failure_of(response.status, response.headers, body))
                credits = _credits(body)
                if credits is None:
                    detail = f"200 without a balance, {answers.gist(response.headers, body)}"
                    raise self._without_key(JobFailed(FailureCode.UNAVAILABLE, detail))
                return credits
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreached(error) from error

    async def takes_key(self) -> bool | None:
        """Whether the key is known, asked where it costs nothing; None where the answer does not tell."""
        try:
            await self.balance()
        except JobFailed as error:
            if error.code is FailureCode.BAD_KEY:
                return False
            log.warning("the balance does not tell whether the key is good: %s", error)
            return None
        return True

    async def affords(self, credits: Decimal) -> bool | None:
        """Whether so much is left; None where the answer does not tell."""
        try:
            return await self.balance() >= credits
        except JobFailed as error:
            log.warning("the balance does not tell what is left: %s", error)
            return None

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
                # The prompt and the key would go to whatever host is named.
                allow_redirects=False,
                **body,
            ) as response:
                return await self._painting(response)
        except JobFailed as error:
            raise self._without_key(error) from error.__cause__
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreached(error) from error

    async def _painting(self, response: aiohttp.ClientResponse) -> Painting:
        if not 200 <= response.status < 300:
            start = await _start(response, ERROR_BYTES_MAX)
            raise answers.failure_of(response.status, response.headers, start)
        for reason in response.headers.getall("finish-reason", ()):
            answers.check_finish_reason(reason)
        content = await _read(response, PICTURE_BYTES_MAX)
        if answers.is_json(content):
            # With a picture in it, it is large.
            return await asyncio.to_thread(answers.painting_in, response.status, response.headers, content)
        return answers.painting_in(response.status, response.headers, content)

    def _unreached(self, error: Exception) -> JobFailed:
        said = str(error) or "no answer in time"
        return self._without_key(JobFailed(FailureCode.UNAVAILABLE, f"{type(error).__name__}: {said}"))

    def _without_key(self, error: JobFailed) -> JobFailed:
        # v1 repeats the key in its refusal of it, and what is cut in the middle of it would not be found.
        detail = error.detail.replace(self._key, "[key]")[:500]
        return JobFailed(error.code, detail, retry_after_seconds=error.retry_after_seconds)


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


def _credits(body: bytes) -> float | None:
    try:
        credits = float(json.loads(body)["credits"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return credits if math.isfinite(credits) else None
