"""How often the fleet may call Stability: the limit is the key's, however many workers use it."""

import asyncio

from core.errors import CallTooSoon
from db import queries
from db.pool import Pool, until_answered

_SQL = queries.load("pace")

REQUESTS_PER_10_SECONDS = 150
"""Stability's limit for a key; beyond it, the key is turned away for a minute."""

SLOT_SECONDS = 11.0
"""Stability counts in 10; one call may take a second longer to get there than another."""

WAIT_SECONDS_MAX = 15.0
"""For how long a caller is held; beyond it, whoever waits for the picture is told so instead."""

_CROWDED_SECONDS_MIN = 0.01
_CROWDED_SECONDS_MAX = 1.0


class Pace:
    """`requests` is how many there may be in 10 seconds, by all workers together."""

    def __init__(self, pool: Pool, *, requests: int = REQUESTS_PER_10_SECONDS) -> None:
        self._pool = pool
        self._requests = requests

    async def provide(self) -> None:
        """Before the first call, and again where they are gone: a restore brings back an older database."""
        await self._pool.execute(_SQL["provide"], self._requests)

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
        """Nobody calls for so long, as Stability asked for it."""
        await until_answered(self.provide)
        await until_answered(lambda: self._pool.execute(_SQL["pause"], seconds))

    async def _take(self) -> float | None:
        seconds: float | None = await self._pool.fetchval(_SQL["take"], self._requests, SLOT_SECONDS)
        return seconds
