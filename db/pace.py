"""How often the fleet may call Stability: the limit is the key's, however many workers use it."""

import asyncio

from db import queries
from db.errors import CallTooSoon
from db.pool import Pool, until_answered

_SQL = queries.load("pace")

REQUESTS_PER_10_SECONDS = 150
"""Stability's limit for a key; beyond it, the key is turned away for a minute."""

SLOT_SECONDS = 11.0
"""Stability counts in 10; one call may take a second longer to get there than another."""

WAIT_SECONDS_MAX = 15.0
"""For how long a caller is held; beyond it, whoever waits for the picture is told so instead."""

_CROWDED_SECONDS = 0.01


class Pace:
    """`requests` is how many there may be in 10 seconds, by all workers together."""

    def __init__(self, pool: Pool, *, requests: int = REQUESTS_PER_10_SECONDS) -> None:
        self._pool = pool
        self._requests = requests

    async def provide(self) -> None:
        """Once, before the first call."""
        await self._pool.execute(_SQL["provide"], self._requests)

    async def wait(self) -> None:
        """Returns when the caller may make one call. Raises CallTooSoon where that is long from now."""
        seconds = await until_answered(self._take)
        while seconds is None:
            await asyncio.sleep(_CROWDED_SECONDS)
            seconds = await until_answered(self._take)
        if seconds > WAIT_SECONDS_MAX:
            raise CallTooSoon(seconds)
        await asyncio.sleep(seconds)

    async def pause(self, seconds: float) -> None:
        """Nobody calls for so long, as Stability asked for it."""
        await until_answered(lambda: self._pool.execute(_SQL["pause"], seconds))

    async def _take(self) -> float | None:
        seconds: float | None = await self._pool.fetchval(_SQL["take"], self._requests, SLOT_SECONDS)
        return seconds
