"""What members hand in, to have a picture made from it."""

import asyncpg

from core.orders import Upload
from db import queries
from db.pool import Pool

_SQL = queries.load("uploads")

UNUSED_DAYS = 2
"""Discord's link has ended by then: no order can be made from what the bucket does not have."""

BATCH = 500


class Uploads:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, member_id: int, *, url: str, width: int, height: int, size: int) -> Upload:
        """`size` is in bytes, as far as whoever handed it in says; `url` is where it is for about a day."""
        row = await self._pool.fetchrow(_SQL["add"], member_id, url, width, height, size)
        assert row is not None
        return upload_of(row)

    async def kept(self, upload: Upload) -> None:
        """The bucket has it."""
        await self._pool.execute(_SQL["kept"], upload.id)

    async def erase_unused(self, *, days: int = UNUSED_DAYS) -> int:
        """Erases what no order was made from for so long, and returns how many."""
        count, batch = 0, BATCH
        while batch == BATCH:
            batch = len(await self._pool.fetch(_SQL["erase_unused"], days, BATCH))
            count += batch
        return count

    async def find(self, upload_id: int) -> Upload | None:
        """None if it was erased."""
        row = await self._pool.fetchrow(_SQL["find"], upload_id)
        return upload_of(row) if row else None


def upload_of(row: asyncpg.Record) -> Upload:
    return Upload(**row)
