"""When a process of the bot may begin a session with Discord, which counts those of all of them together."""

from db import queries
from db.pool import Pool

_SQL = queries.load("identifies")

IDENTIFY_SECONDS = 5.5
"""Discord counts in 5; one call may take a little longer to get there than another."""


class Identifies:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def reserve(self, bucket: int) -> float:
        """The seconds after which the caller may identify; in each of Discord's buckets it is alone then."""
        seconds: float = await self._pool.fetchval(_SQL["reserve"], bucket, IDENTIFY_SECONDS)
        return seconds
