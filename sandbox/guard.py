"""Keeps web pages from elsewhere out: a browser on this machine carries their requests to the local servers.

A name of an attacker's that leads to this machine stands in Host; another origin stands in Origin, or the
browser says that a request crosses sites. A form can send no JSON.
"""

import json
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@web.middleware
async def guard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if (problem := _problem(request)) is not None:
        return web.json_response({"code": 0, "message": problem}, status=403)
    try:
        return await handler(request)
    except json.JSONDecodeError:
        return web.json_response({"code": 50109, "message": "The body is no JSON"}, status=400)


def _problem(request: web.Request) -> str | None:
    host, headers = request.headers.get("Host", ""), request.headers
    if _name(host) not in HOSTS:
        return f"The sandbox answers on this machine alone, and not by the name {host!r}"
    if headers.get("Origin", f"http://{host}") != f"http://{host}":
        return f"The sandbox takes nothing from pages of {headers['Origin']!r}"
    # A link that is followed to the page is no more than that; a frame or a picture is.
    crosses = headers.get("Sec-Fetch-Site", "none") in ("cross-site", "same-site")
    if crosses and (headers.get("Sec-Fetch-Dest") != "document" or request.method != "GET"):
        return "The sandbox takes nothing from pages of others"
    is_told = request.path.startswith("/sandbox/") and request.body_exists
    if is_told and request.content_type != "application/json":
        return f"The body should be application/json, and is {request.content_type!r}"
    return None


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
