"""Stability on this machine: both APIs, their refusals and prices, and a record of what was paid for."""

import asyncio
import hashlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from aiohttp import web

from sandbox.guard import guard
from sandbox.stability import painter, v1, v2beta
from sandbox.stability.errors import ApiError
from sandbox.stability.faults import meet
from sandbox.stability.provocations import Provocations
from sandbox.stability.work import Work

log = logging.getLogger(__name__)

BODY_BYTES_MAX = 10 * 1024 * 1024
RATE_LIMIT_CALLS = 150
RATE_LIMIT_SECONDS = 10.0
_FILTERED = ("blur", "json-filtered")
CALLS_KEPT = 100_000
"""So that a drill of hours does not fill the memory."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call for a picture. `sha256` is that of the picture sent; `billed` is in credits; `at` is
    when it was answered, in seconds since the epoch."""

    path: str
    model: str
    prompt: str
    negative_prompt: str
    style: str
    seed: int
    status: int
    sha256: str | None
    request_id: str
    billed: float
    at: float


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call of either API as it went over the wire, to be checked against the vendor's document."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    content_type: str
    answer: bytes


class StabilityServer:
    """`latency_seconds` passes before the first byte of a picture, as none of the real one comes earlier."""

    def __init__(
        self,
        *,
        key: str = "sk-sandbox",
        latency_seconds: float = 3.0,
        credits: float = 100_000.0,
        rate_limit_pause_seconds: float = 60.0,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.key = key
        self.latency_seconds = latency_seconds
        self.credits = credits
        self.rate_limit_pause_seconds = rate_limit_pause_seconds
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.url = ""
        self._on_exchange = on_exchange
        self._provocations = Provocations()
        self._recent: deque[float] = deque()
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        app = web.Application(middlewares=[guard, self._record, self._refuse], client_max_size=BODY_BYTES_MAX)
        app.router.add_post("/v2beta/stable-image/generate/{service:core|ultra|sd3}", self._v2beta)
        app.router.add_post("/v2beta/stable-image/upscale/{service:fast}", self._v2beta)
        app.router.add_post("/v1/generation/{engine}/text-to-image", self._v1)
        app.router.add_get("/v1/user/balance", self._balance)
        app.router.add_get("/v1/engines/list", self._engines)
        app.router.add_post("/sandbox/provoke", self._provoke)
        app.router.add_route("*", "/{path:.*}", self._unknown)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        address = self._runner.addresses[0]
        self.url = f"http://{address[0]}:{address[1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def provoke(self, kind: str, times: int = 1, match: str = "") -> None:
        """The next `times` calls whose prompt contains `match` meet this fault."""
        self._provocations.order(kind, times, match)

    def forgive(self) -> None:
        """What was provoked and not met yet is not to be met any more."""
        self._provocations.clear()

    @web.middleware
    async def _record(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        response = await handler(request)
        if self._on_exchange is not None and isinstance(response, web.Response):
            answer = response.body if isinstance(response.body, bytes) else b""
            self._on_exchange(
                Exchange(
                    request.method,
                    request.path,
                    {name: value for name, value in request.headers.items() if name != "Authorization"},
                    await request.read(),
                    response.status,
                    response.content_type,
                    answer,
                )
            )
        return response

    @web.middleware
    async def _refuse(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            if request.path.startswith(("/v1/", "/v2beta/")):
                self._authorize(request)
            return await handler(request)
        except ApiError as error:
            return error.response(request.path)
        except web.HTTPRequestEntityTooLarge:
            return ApiError(413, "payload_too_large", "the body exceeds 10 MiB").response(request.path)

    def _authorize(self, request: web.Request) -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise ApiError(401, "unauthorized", "missing authorization header")
        if key != self.key:
            # The vendor's v1 does repeat the key, so a client has to keep it out of its logs.
            raise ApiError(401, "unauthorized", f"Incorrect API key provided: {key}")

    async def _v2beta(self, request: web.Request) -> web.StreamResponse:
        self._limit_rate()
        work = await v2beta.read(request, request.match_info["service"])
        return await self._paint(request, work, v2beta.answer)

    async def _v1(self, request: web.Request) -> web.StreamResponse:
        self._limit_rate()
        work = await v1.read(request, request.match_info["engine"])
        return await self._paint(request, work, v1.answer)

    def _limit_rate(self) -> None:
        now = time.monotonic()
        while self._recent and self._recent[0] < now - RATE_LIMIT_SECONDS:
            self._recent.popleft()
        if len(self._recent) >= RATE_LIMIT_CALLS:
            raise self._rate_limited()
        self._recent.append(now)

    def _rate_limited(self) -> ApiError:
        pause = {"Retry-After": str(round(self.rate_limit_pause_seconds))}
        return ApiError(429, "rate_limit_exceeded", "more than 150 requests within 10 seconds", headers=pause)

    async def _paint(
        self,
        request: web.Request,
        work: Work,
        answer: Callable[[Work, bytes, str], web.Response],
    ) -> web.StreamResponse:
        request_id = uuid4().hex
        kind = self._provocations.of(work.prompt)
        if kind is not None and kind.startswith("json-"):
            # Whatever was asked for.
            work = replace(work, as_json=True)
        try:
            if kind == "429":
                raise self._rate_limited()
            if self.credits < work.credits:
                raise ApiError(402, "payment_required", "the account has not enough credits")
            refusal = await meet(kind, request, work)
            if refusal is not None:
                self._note(request, work, refusal.status, request_id, None, billed=0)
                return refusal
            await asyncio.sleep(self.latency_seconds)
            content = await asyncio.to_thread(painter.paint, work, blurred=kind in _FILTERED)
        except ApiError as error:
            self._note(request, work, error.status, request_id, None, billed=0)
            raise
        reason = "ERROR" if kind == "error-reason" else "CONTENT_FILTERED" if kind in _FILTERED else "SUCCESS"
        billed = 0.0 if reason == "ERROR" else work.credits
        self.credits -= billed
        self._note(request, work, 200, request_id, content, billed=billed)
        response = answer(work, content, reason)
        response.headers["x-request-id"] = request_id
        return response

    def _note(
        self,
        request: web.Request,
        work: Work,
        status: int,
        request_id: str,
        content: bytes | None,
        *,
        billed: float,
    ) -> None:
        digest = hashlib.sha256(content).hexdigest() if content is not None else None
        self.calls.append(
            Call(
                request.path,
                work.model,
                work.prompt,
                work.negative_prompt,
                work.style,
                work.seed,
                status,
                digest,
                request_id,
                billed,
                time.time(),
            )
        )

    async def _balance(self, _request: web.Request) -> web.Response:
        return web.json_response({"credits": self.credits})

    async def _engines(self, _request: web.Request) -> web.Response:
        return web.json_response(
            [
                {"id": id_, "name": name, "description": name, "type": "PICTURE"}
                for id_, name in v1.ENGINES.items()
            ]
        )

    async def _provoke(self, request: web.Request) -> web.Response:
        order: dict[str, Any] = await request.json()
        try:
            self.provoke(order["kind"], int(order.get("times", 1)), str(order.get("match", "")))
        except (KeyError, ValueError) as error:
            raise ApiError(400, "bad_request", str(error)) from error
        return web.Response(status=204)

    async def _unknown(self, request: web.Request) -> web.Response:
        log.warning("%s %s is not part of this stand-in", request.method, request.path)
        raise ApiError(404, "not_found", f"{request.method} {request.path} was not found")
