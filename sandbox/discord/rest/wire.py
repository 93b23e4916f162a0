"""What every REST call goes through: authorization, limits, errors in Discord's shape, its record."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.body import read_body
from sandbox.discord.exchange import Exchange
from sandbox.discord.outages import Body, RestFault, RestFaults
from sandbox.discord.ratelimits import DEFAULT, MESSAGES, REACTIONS, WEBHOOK, Limit, RateLimits
from sandbox.discord.rules.attachments import Upload
from sandbox.discord.wire import Json, encode

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PREFIX = "/api/v10"

_BODY = web.RequestKey("body", object)
_PROVOKED = web.RequestKey("provoked", bool)
_LIMITS: tuple[tuple[str, Limit], ...] = (
    ("/reactions", REACTIONS),
    ("/channels/{channel}/messages", MESSAGES),
    ("/webhooks/", WEBHOOK),
)


def answer(value: object, status: int = 200) -> web.Response:
    """discord.py takes a body for JSON only where the type is exactly this, without a charset."""
    return web.Response(status=status, body=encode(value).encode(), content_type="application/json")


async def body_of(request: web.Request, new_id: Callable[[], str]) -> tuple[Any, dict[int, Upload]]:
    """The JSON and the files of the request, remembered for the record."""
    body, uploads = await read_body(request, new_id)
    request[_BODY] = body
    return body, uploads


async def object_of(request: web.Request, new_id: Callable[[], str]) -> tuple[Json, dict[int, Upload]]:
    """The same where only an object will do; no body at all is an empty one."""
    body, uploads = await body_of(request, new_id)
    if body is not None and not isinstance(body, dict):
        raise errors.not_an_object()
    return body or {}, uploads


async def json_of(request: web.Request, new_id: Callable[[], str]) -> Any:
    body, _ = await body_of(request, new_id)
    return body


def number_in(request: web.Request, key: str, default: int, *, maximum: int = 2**64) -> int:
    """A number from 1 to `maximum` in the query."""
    text = request.query.get(key, str(default))
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= maximum:
        raise errors.invalid_field(f"Must be 1 to {maximum}", key, code="NUMBER_TYPE_COERCE")
    return int(text)


@web.middleware
async def errors_in_shape(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Also for the members' API, whose errors have the same shape."""
    try:
        return await handler(request)
    except errors.DiscordError as error:
        return _refusal(request, error)
    except web.HTTPRequestEntityTooLarge:
        return _refusal(request, errors.entity_too_large())


def _refusal(request: web.Request, error: errors.DiscordError) -> web.Response:
    if error.status == 501:
        log.warning("%s %s: %s", request.method, request.path, error.message)
    return answer(error.body(), error.status)


class Wire:
    def __init__(
        self,
        limits: RateLimits,
        faults: RestFaults,
        *,
        token: str,
        clock: Callable[[], float],
        on_exchange: Callable[[Exchange], None] | None,
    ) -> None:
        self._limits = limits
        self._faults = faults
        self._token = token
        self._clock = clock
        self._on_exchange = on_exchange
        self.middlewares = [self._record, errors_in_shape, self._admit]

    @web.middleware
    async def _record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        arrived_at = self._clock()
        try:
            response = await handler(request)
        except web.HTTPTooManyRequests as refused:
            response = web.Response(status=429, headers=refused.headers, body=(refused.text or "").encode())
        if self._on_exchange is not None and isinstance(response, web.Response):
            body = response.body if isinstance(response.body, bytes) else b""
            if response.content_type != "application/json":
                body = b""
            self._on_exchange(
                Exchange(
                    request.method,
                    request.path.removeprefix(PREFIX),
                    dict(request.query),
                    request.get(_BODY),
                    response.status,
                    json.loads(body) if body else None,
                    arrived_at,
                    request.get(_PROVOKED, False),
                )
            )
        return response

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        route = f"{request.method} {resource.canonical if resource else request.path}"
        by_token = "{token}" in route
        # Where the gateway is, anybody may ask.
        needs_bot = not by_token and not route.endswith("/gateway")
        if needs_bot and request.headers.get("Authorization") != f"Bot {self._token}":
            raise errors.unauthorized()
        fault = self._faults.meet(request)
        if fault is not None and not fault.applied:
            request[_PROVOKED] = True
            return _answer_of(fault, request)
        limit = next((limit for part, limit in _LIMITS if part in route), DEFAULT)
        place = next(
            (request.match_info[key] for key in ("token", "channel", "guild") if key in request.match_info),
            "",
        )
        headers = self._limits.take(route, place, limit, counts_globally=not by_token)
        try:
            response = await handler(request)
            if fault is not None:
                request[_PROVOKED] = True
                response = _answer_of(fault, request)
        except errors.DiscordError as error:
            response = _refusal(request, error)
        response.headers.update(headers)
        return response


def _answer_of(fault: RestFault, request: web.Request) -> web.Response:
    if fault.body is Body.CUT and request.transport is not None:
        request.transport.abort()
    return fault.answer()
