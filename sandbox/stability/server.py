"""Stability on this machine: both APIs, their refusals and prices, and a record of what was paid for."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from aiohttp import web

from sandbox.guard import guard
from sandbox.stability import faults, v1
from sandbox.stability.calls import Call, Exchange
from sandbox.stability.credential import Sign
from sandbox.stability.errors import ApiError
from sandbox.stability.generations import Generation, Generations
from sandbox.stability.provocations import Provocations
from sandbox.stability.v2beta import answers, requests
from sandbox.stability.v2beta.operations import OPERATIONS
from sandbox.stability.work import Work

log = logging.getLogger(__name__)

BODY_BYTES_MAX = 10 * 1024 * 1024
RATE_LIMIT_CALLS = 150
RATE_LIMIT_SECONDS = 10.0
CALLS_KEPT = 100_000
"""So that a drill of hours does not fill the memory."""

_V2BETA = "/v2beta/stable-image"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class _Served:
    """What a call is answered, and what of it is recorded."""

    response: web.StreamResponse
    sha256: str | None = None
    billed: float = 0.0
    generation_id: str | None = None


class StabilityServer:
    """`latency_seconds` pass before the first byte of a picture, as none of the real one comes earlier, or before
    what is answered later is done. `clock` is in seconds since the epoch."""

    def __init__(
        self,
        *,
        key: str = "sk-sandbox",
        latency_seconds: float = 3.0,
        credits: float = 100_000.0,
        rate_limit_pause_seconds: float = 60.0,
        on_exchange: Callable[[Exchange], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.key = key
        self.latency_seconds = latency_seconds
        self.credits = credits
        self.rate_limit_pause_seconds = rate_limit_pause_seconds
        self.refuses_early_polls = False
        """Whether who fetches one result more often than every 10 seconds meets a 429; they are counted anyway."""
        self.sign: Sign | None = None
        """Puts Stability's credential into each picture, as the real one does."""
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.generations = Generations(clock)
        """What was begun and is answered later, with what became of it."""
        self.url = ""
        self._clock = clock
        self._on_exchange = on_exchange
        self._provocations = Provocations()
        self._recent: deque[float] = deque()
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        app = web.Application(middlewares=[guard, self._record, self._refuse], client_max_size=BODY_BYTES_MAX)
        app.router.add_post(_V2BETA + "/{operation:.*}", self._v2beta)
        app.router.add_get("/v2beta/results/{id}", self._result)
        app.router.add_get(_V2BETA + "/upscale/creative/result/{id}", self._creative_result)
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
        """The next `times` calls whose words or path contain `match` meet this fault. What begins with `result-`
        is met by the calls for the result of such a call."""
        self._provocations.order(kind, times, match)

    def forgive(self) -> None:
        """What was provoked and not met yet is not to be met any more."""
        self._provocations.clear()

    @web.middleware
    async def _record(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        response = await handler(request)
        if self._on_exchange is not None and isinstance(response, web.Response):
            self._on_exchange(await Exchange.of(request, response))
        return response

    @web.middleware
    async def _refuse(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            # Of v2beta the parameters are looked at before the key.
            if request.path.startswith("/v1/"):
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
        operation = OPERATIONS.get(request.match_info["operation"])
        if operation is None:
            return await self._unknown(request)
        self._limit_rate()
        work = await requests.read(request, operation)
        self._authorize(request)
        if operation.is_answered_later:
            return await self._serve(request, work, self._begin)
        return await self._serve(request, work, self._paint)

    async def _v1(self, request: web.Request) -> web.StreamResponse:
        self._limit_rate()
        work = await v1.read(request, request.match_info["engine"])
        return await self._serve(request, work, self._paint)

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

    async def _serve(
        self,
        request: web.Request,
        work: Work,
        serve: Callable[[web.Request, Work, str | None], Awaitable[_Served]],
    ) -> web.StreamResponse:
        request_id = uuid4().hex
        kind = self._provocations.of(work.words, request.path)
        try:
            if kind == "429":
                raise self._rate_limited()
            if self.credits < work.credits:
                raise ApiError(402, "payment_required", "the account has not enough credits")
            fault = await faults.meet(kind, request, work)
            if fault is not None:
                self._note(request, work, request_id, fault.status, _Served(fault))
                return fault
            served = await serve(request, work, kind)
        except ApiError as error:
            self._note(request, work, request_id, error.status, None)
            raise
        self.credits -= served.billed
        self._note(request, work, request_id, 200, served)
        served.response.headers["x-request-id"] = request_id
        return served.response

    async def _paint(self, request: web.Request, work: Work, kind: str | None) -> _Served:
        await asyncio.sleep(self.latency_seconds)
        answer = v1.answer if request.path.startswith("/v1/") else answers.answer
        response, sha256 = await faults.picture(kind, work, answer, self.sign)
        return _Served(response, sha256, 0.0 if kind == "error-reason" else work.credits)

    async def _begin(self, request: web.Request, work: Work, kind: str | None) -> _Served:
        """Billed here, whatever becomes of it."""
        generation = self.generations.begin(request.path, work, self.key, kind)
        return _Served(
            web.json_response({"id": generation.id}), billed=work.credits, generation_id=generation.id
        )

    async def _creative_result(self, request: web.Request) -> web.StreamResponse:
        return await self._fetch(request, default="image/*", below=f"{_V2BETA}/upscale/creative")

    async def _result(self, request: web.Request) -> web.StreamResponse:
        return await self._fetch(request, default="*/*", below=_V2BETA)

    async def _fetch(self, request: web.Request, *, default: str, below: str) -> web.StreamResponse:
        as_json = requests.wants_json(request, default)
        self._authorize(request)
        generation, is_early = self.generations.poll(request.match_info["id"], self.key, below=below)
        kind = self._provocations.of_result(generation.work.words, generation.path)
        if kind == "lost":
            raise generation.not_found()
        if kind == "429" or (is_early and self.refuses_early_polls):
            raise self._rate_limited()
        work = replace(generation.work, as_json=as_json)
        fault = await faults.meet(kind, request, work)
        if fault is not None:
            return fault
        if self._clock() < generation.begun_at + self.latency_seconds:
            return web.json_response({"id": generation.id, "status": "in-progress"}, status=202)
        return await self._hand_over(generation, work, kind)

    async def _hand_over(self, generation: Generation, work: Work, kind: str | None) -> web.Response:
        """Painted each time, as the same comes of the same, and pictures of this size would fill the memory."""
        response, generation.sha256 = await faults.picture(
            kind or generation.fault, work, answers.answer, self.sign
        )
        generation.fetched += 1
        response.headers["x-request-id"] = uuid4().hex
        return response

    def _note(
        self, request: web.Request, work: Work, request_id: str, status: int, served: _Served | None
    ) -> None:
        """A call that was refused is recorded too."""
        done = served or _Served(web.Response())
        call = Call.of(request, work, request_id, status, self._clock())
        self.calls.append(
            replace(call, sha256=done.sha256, billed=done.billed, generation_id=done.generation_id)
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
