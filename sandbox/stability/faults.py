"""How each provoked fault looks on the wire."""

import asyncio
import hashlib
import io
import re
import zlib
from collections.abc import Callable
from dataclasses import replace

from aiohttp import web
from PIL import Image

from sandbox.stability import painter
from sandbox.stability.credential import Sign
from sandbox.stability.errors import ApiError
from sandbox.stability.work import Work

HANG_SECONDS = 600.0
HUGE_BYTES = 2 * 1024**3
ELSEWHERE = "elsewhere.example"
"""Where a redirect leads; nobody answers there."""

Answer = Callable[[Work, bytes, str], web.Response]
"""How an API sends a picture, which it is given with its finish reason."""

_CHUNK = bytes(1024 * 1024)

_REFUSALS = {
    "refuse": ApiError(
        403, "content_moderation", "Your request was flagged by our content moderation system"
    ),
    "language": ApiError(422, "invalid_language", "English is the only supported language for this service"),
    "public-figure": ApiError(422, "public_figure", "Pictures of this person cannot be made"),
    "500": ApiError(500, "internal_error", "An unexpected server error has occurred, please try again later"),
    "unauthorized": ApiError(401, "unauthorized", "Incorrect API key provided"),
    "payment": ApiError(402, "payment_required", "You lack sufficient credits to make this request"),
    "permission": ApiError(
        403, "permission_denied", "You lack the necessary permissions to perform this action"
    ),
    "language400": ApiError(
        400, "invalid_language", "English is the only supported language for this service"
    ),
    "moderation400": ApiError(
        400, "bad_request", "prompt: your request was flagged by our content moderation system"
    ),
    "408": ApiError(408, "request_timeout", "The request took too long to arrive"),
    "425": ApiError(425, "too_early", "The request might be replayed, send it again"),
}
_FILTERED = ("blur", "json-filtered")
_EDGE = re.compile(r"(html|json|empty)([0-9]{3})")
_PAGE = """<!DOCTYPE html>
<html><head><title>{status} | edge.example</title><style>body {{ margin: 0 }}</style></head>
<body><h1>Sorry, you have been blocked</h1><p>You are unable to access stability.ai</p></body></html>
"""


async def meet(kind: str | None, request: web.Request, work: Work) -> web.StreamResponse | None:
    """The answer that the fault makes, or None where the picture is to be painted after all."""
    if kind in _REFUSALS:
        raise _REFUSALS[kind]
    match kind:
        case "redirect":
            return web.Response(status=307, headers={"Location": f"http://{ELSEWHERE}{request.path}?key=1"})
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
    edge = _EDGE.fullmatch(kind or "")
    return _by_edge(edge[1], int(edge[2])) if edge else None


async def picture(
    kind: str | None, work: Work, answer: Answer, sign: Sign | None = None
) -> tuple[web.Response, str]:
    """The answer with the picture and the picture's SHA-256; of the faults, those are met that paint one."""
    if kind is not None and kind.startswith("json-"):
        # Whatever was asked for.
        work = replace(work, as_json=True)
    is_filtered = kind in _FILTERED
    content = await asyncio.to_thread(painter.paint, work, blurred=is_filtered)
    if sign is not None:
        content = await asyncio.to_thread(sign, content, work)
    reason = "CONTENT_FILTERED" if is_filtered else "ERROR" if kind == "error-reason" else "SUCCESS"
    return answer(work, content, reason), hashlib.sha256(content).hexdigest()


def _by_edge(body: str, status: int) -> web.Response:
    """What a firewall, a load balancer or a gateway answers for itself."""
    match body:
        case "html":
            return web.Response(status=status, text=_PAGE.format(status=status), content_type="text/html")
        case "json":
            # As Amazon's gateway has it, with a code beside.
            return web.json_response({"message": "Forbidden", "code": status}, status=status)
    return web.Response(status=status)


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
