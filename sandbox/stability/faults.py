"""How each provoked fault looks on the wire."""

import asyncio
import io
import zlib

from aiohttp import web
from PIL import Image

from sandbox.stability import painter
from sandbox.stability.errors import ApiError
from sandbox.stability.work import Work

HANG_SECONDS = 600.0
HUGE_BYTES = 2 * 1024**3
_CHUNK = bytes(1024 * 1024)

_REFUSALS = {
    "refuse": ApiError(
        403, "content_moderation", "Your request was flagged by our content moderation system"
    ),
    "language": ApiError(422, "invalid_language", "English is the only supported language for this service"),
    "500": ApiError(500, "internal_error", "An unexpected server error has occurred, please try again later"),
    "unauthorized": ApiError(401, "unauthorized", "Incorrect API key provided"),
    "payment": ApiError(402, "payment_required", "You lack sufficient credits to make this request"),
}


async def meet(kind: str | None, request: web.Request, work: Work) -> web.StreamResponse | None:
    """The answer that the fault makes, or None where the picture is to be painted after all."""
    if kind in _REFUSALS:
        raise _REFUSALS[kind]
    match kind:
        case "garbage":
            return web.Response(body=b"this is no picture" * 50, content_type="image/png")
        case "bomb":
            return web.Response(body=_bomb(), content_type="image/png")
        case "hang":
            await asyncio.sleep(HANG_SECONDS)
            raise _REFUSALS["500"]
        case "reset":
            _drop(request)
            return web.Response()
        case "half":
            return await _half(request, work)
        case "huge":
            return await _huge(request)
    return None


def _drop(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _half(request: web.Request, work: Work) -> web.StreamResponse:
    content = await asyncio.to_thread(painter.paint, work)
    response = web.StreamResponse(headers={"Content-Type": "image/png", "Content-Length": str(len(content))})
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    _drop(request)
    return response


async def _huge(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "image/png"})
    await response.prepare(request)
    for _ in range(HUGE_BYTES // len(_CHUNK)):
        await response.write(_CHUNK)
    return response


def _bomb() -> bytes:
    """A PNG of a few bytes whose header claims 40,000 x 40,000 pixels."""
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "PNG")
    honest = buffer.getvalue()
    header = b"IHDR" + (40_000).to_bytes(4, "big") * 2 + honest[24:29]
    return honest[:12] + header + zlib.crc32(header).to_bytes(4, "big") + honest[33:]
