"""Originals are kept for so many days, and then removed; their previews stay."""

from dataclasses import dataclass
from datetime import UTC, datetime

from db import queries
from db.pool import Pool

_SQL = queries.load("retention")

BATCH = 500


@dataclass(frozen=True, slots=True)
class Expired:
    """How many pictures, and how many bytes their originals take."""

    pictures: int
    bytes: int


async def expire(pool: Pool, *, days: int, link_ttl_seconds: int) -> Expired:
    """Until the links that were made before have ended, `link_ttl_seconds` later, the originals stay.

    Batch by batch: an interruption leaves the rest as it was, and the next call goes on.
    """
    pictures, size, batch, since = 0, 0, BATCH, datetime.fromtimestamp(0, UTC)
    while batch == BATCH:
        rows = await pool.fetch(_SQL["expire"], days, BATCH, link_ttl_seconds, since)
        batch = len(rows)
        pictures += batch
        size += sum(row["bytes"] for row in rows)
        since = max((row["created_at"] for row in rows), default=since)
    return Expired(pictures, size)
