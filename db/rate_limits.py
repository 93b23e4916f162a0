"""How often the fleet may call: the limit is a key's, however many processes use it."""

import asyncio

from core.errors import CallTooSoon
from db import queries
from db.pool import Pool
from db.retry import until_answered

_SQL = queries.load("rate_limits")

REQUESTS_PER_10_SECONDS = 150
"""Stability's limit for a key; beyond it, the key is turned away for a minute."""

SLOT_SECONDS = 11.0
"""A provider counts in 10; one call may take a second longer to get there than another."""

WAIT_SECONDS_MAX = 15.0
"""For how long a caller is held; beyond it, whoever waits for the picture is told so instead."""

IDENTIFY_SECONDS = 5.5
"""Discord counts the beginnings of sessions in 5; one call may take a little longer to get there than another."""

_CROWDED_SECONDS_MIN = 0.01
_CROWDED_SECONDS_MAX = 1.0


class RateLimit:
    """`requests` is how many there may be in 10 seconds to `provider`, by all workers together."""

    def __init__(
        self, pool: Pool, provider: str = "stability", *, requests: int = REQUESTS_PER_10_SECONDS
    ) -> None:
        self._pool = pool
        self._provider = provider
        self._requests = requests

    async def provide(self) -> None:
        """Before the first call, and again where they are gone: a restore brings back an older database."""
        await self._pool.execute(_SQL["provide"], self._provider, self._requests)

    async def wait(self) -> None:
        """Returns when the caller may make one call. Raises CallTooSoon where that is long from now."""
        crowded_seconds = _CROWDED_SECONDS_MIN
        while (seconds := await until_answered(self._take)) is None:
            # Others hold them all for this moment, or there are none.
            await asyncio.sleep(crowded_seconds)
            if crowded_seconds > _CROWDED_SECONDS_MIN:
                await until_answered(self.provide)
            crowded_seconds = min(2 * crowded_seconds, _CROWDED_SECONDS_MAX)
        if seconds > WAIT_SECONDS_MAX:
            raise CallTooSoon(seconds)
        await asyncio.sleep(seconds)

    async def pause(self, seconds: float) -> None:
        """Nobody calls for so long, as the provider asked for it."""
        await until_answered(self.provide)
        await until_answered(lambda: self._pool.execute(_SQL["pause"], self._provider, seconds))

    async def seconds_until_free(self) -> float | None:
        """Until anything may be asked; below 0 where that is now, and None where nothing was asked ever."""
        seconds: float | None = await self._pool.fetchval(_SQL["seconds_until_free"], self._provider)
        return seconds

    async def _take(self) -> float | None:
        seconds: float | None = await self._pool.fetchval(
            _SQL["take"], self._provider, self._requests, SLOT_SECONDS
        )
        return seconds


class IdentifyLimit:
    """When a process of the bot may begin a session with Discord, which counts those of all of them together."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def reserve(self, bucket: int) -> float:
        """The seconds after which the caller may identify; in each of Discord's buckets it is alone then."""
        seconds: float = await self._pool.fetchval(_SQL["reserve"], f"identify {bucket}", IDENTIFY_SECONDS)
        return seconds
