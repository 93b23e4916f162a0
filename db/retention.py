"""Originals are kept for so many days, and then removed; their previews stay."""

from dataclasses import dataclass

from db import queries
from db.pool import Pool

_SQL = queries.load("retention")

BATCH = 500


@dataclass(frozen=True, slots=True)
class Expired:
    """How many pictures, and how many bytes their originals take."""

    pictures: int
    bytes: int


class Retention:
    """`link_ttl_seconds` is how long links work that were made before: until then the originals stay."""

    def __init__(self, pool: Pool, *, days: int, link_ttl_seconds: int) -> None:
        self._pool = pool
        self._days = days
        self._link_ttl_seconds = link_ttl_seconds

    async def expire(self) -> Expired:
        """Batch by batch: an interruption leaves the rest as it was, and the next call goes on."""
        pictures, size, batch = 0, 0, BATCH
        while batch == BATCH:
            rows = await self._pool.fetch(_SQL["expire"], self._days, BATCH, self._link_ttl_seconds)
            batch = len(rows)
            pictures += batch
            size += sum(row["bytes"] for row in rows)
        return Expired(pictures, size)
