"""What members hand in, to have a picture made from it."""

import asyncpg

from core.orders import Upload
from db import queries
from db.pool import Pool

_SQL = queries.load("uploads")


class Uploads:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, member_id: int, *, url: str, width: int, height: int, size: int) -> Upload:
        """`size` is in bytes, as far as whoever handed it in says; `url` is where it is for about a day."""
        row = await self._pool.fetchrow(_SQL["add"], member_id, url, width, height, size)
        assert row is not None
        return upload_of(row)

    async def find(self, upload_id: int) -> Upload | None:
        """None if it was erased."""
        row = await self._pool.fetchrow(_SQL["find"], upload_id)
        return upload_of(row) if row else None


def upload_of(row: asyncpg.Record) -> Upload:
    return Upload(**row)
