"""Rate limits as Discord tells of them: a bucket a route and place, headers on every answer, and 429."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from sandbox.discord.wire import encode

GLOBAL_PER_SECOND = 50
BUCKETS_MAX = 5000


@dataclass(frozen=True, slots=True)
class Limit:
    """`calls` in any `seconds`. Discord publishes none of them; these were seen in its headers."""

    calls: int
    seconds: float


DEFAULT = Limit(10, 10)
MESSAGES = Limit(5, 5)
WEBHOOK = Limit(5, 2)
REACTIONS = Limit(1, 0.25)


@dataclass(slots=True)
class _Bucket:
    limit: Limit
    remaining: int
    reset_at: float


class RateLimits:
    """`clock` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._global = _Bucket(Limit(GLOBAL_PER_SECOND, 1), GLOBAL_PER_SECOND, 0)

    def take(self, route: str, place: str, limit: Limit, *, counts_globally: bool) -> dict[str, str]:
        """The headers for an answer within the limits. Raises `web.HTTPTooManyRequests` beyond them."""
        now = self._clock()
        bucket = self._bucket(f"{route} {place}", limit, now)
        if counts_globally and not self._spend(self._global, now):
            raise too_many_requests(self._global.reset_at - now, scope="global")
        if not self._spend(bucket, now):
            raise too_many_requests(bucket.reset_at - now, headers=self._headers(route, bucket, now))
        return self._headers(route, bucket, now)

    def _bucket(self, key: str, limit: Limit, now: float) -> _Bucket:
        if key not in self._buckets:
            if len(self._buckets) >= BUCKETS_MAX:
                self._buckets = {k: b for k, b in self._buckets.items() if b.reset_at > now}
            self._buckets[key] = _Bucket(limit, limit.calls, 0)
        return self._buckets[key]

    def _spend(self, bucket: _Bucket, now: float) -> bool:
        if now >= bucket.reset_at:
            bucket.remaining, bucket.reset_at = bucket.limit.calls, now + bucket.limit.seconds
        if bucket.remaining == 0:
            return False
        bucket.remaining -= 1
        return True

    @staticmethod
    def _headers(route: str, bucket: _Bucket, now: float) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(bucket.limit.calls),
            "X-RateLimit-Remaining": str(bucket.remaining),
            "X-RateLimit-Reset": f"{bucket.reset_at:.3f}",
            "X-RateLimit-Reset-After": f"{max(0.0, bucket.reset_at - now):.3f}",
            "X-RateLimit-Bucket": hashlib.sha1(route.encode(), usedforsecurity=False).hexdigest()[:16],
        }


def too_many_requests(
    retry_after_seconds: float, *, scope: str = "user", headers: dict[str, str] | None = None
) -> web.HTTPTooManyRequests:
    is_global = scope == "global"
    body = {
        "message": "You are being rate limited.",
        "code": 0,
        "retry_after": round(retry_after_seconds, 3),
        "global": is_global,
    }
    # Without Via, clients take it for the answer of a proxy that has locked them out.
    more = {
        "Retry-After": str(math.ceil(retry_after_seconds)),
        "X-RateLimit-Scope": scope,
        "Via": "1.1 sandbox",
    }
    if is_global:
        more["X-RateLimit-Global"] = "true"
    error = web.HTTPTooManyRequests(headers={**(headers or {}), **more}, text=encode(body))
    error.headers["Content-Type"] = "application/json"
    return error
