"""Deleting what is a member's: the rows' content at once, the bucket's objects when a worker comes to it."""

from collections.abc import Collection

from core.errors import LostJob
from db import queries
from db.pool import Connection, Pool

_SQL = queries.load("erasure")
_CANCEL = queries.load("orders")["cancel"]
_COPIES = queries.load("copies")

MEMBER_BATCH = 2000
"""Orders of a member that are erased in one transaction: a second's work, or two."""

LATE_SECONDS = 3600.0
"""Nothing that a worker still held when the picture was erased arrives in the bucket later than that."""


class Erasure:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def erase(self, picture_id: int) -> None:
        """Deletes one picture, and its order with the last of them. Raises LostJob if it was erased before."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await self._erase_pictures(connection, [picture_id], forget=False)
            if not rows:
                raise LostJob(f"picture {picture_id} is not there, or was erased before")
            ended = [row["id"] for row in await connection.fetch(_SQL["ended"], rows)]
            await self._erase_orders(connection, rows, ended, forget=False)

    async def erase_member(self, member_id: int) -> int:
        """Deletes all that is a member's, and returns how many pictures that were.

        Batch by batch: an interruption leaves the rest as it was, and the next call goes on.
        """
        for row in await self._pool.fetch(_SQL["open_of"], member_id):
            await self._pool.fetch(_CANCEL, row["order_id"])
        count, batch = 0, MEMBER_BATCH
        while batch == MEMBER_BATCH:
            pictures, batch = await self._erase_some_of(member_id)
            count += pictures
        await self._pool.execute(_SQL["favourites_of"], member_id)
        # Before the messages are recalled: one that is recorded later finds that it was not asked for.
        await self._pool.execute(_SQL["downloads_of"], member_id)
        await self._pool.execute(_COPIES["recall_all_of"], member_id)
        return count

    async def _erase_some_of(self, member_id: int) -> tuple[int, int]:
        """How many pictures and orders."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_SQL["orders_of"], member_id, MEMBER_BATCH)
            ids = [row["id"] for row in rows]
            pictures = [id_ for row in rows for id_ in row["picture_ids"] or ()]
            erased = await self._erase_pictures(connection, pictures, forget=True)
            await self._erase_orders(connection, ids, ids, forget=True)
        return len(erased), len(rows)

    async def _erase_pictures(
        self, connection: Connection, picture_ids: Collection[int], *, forget: bool
    ) -> list[int]:
        """The orders of those that were there still, one for each picture."""
        rows = await connection.fetch(_SQL["pictures"], list(picture_ids), forget, LATE_SECONDS)
        for table in ("favourites", "downloads", "spill"):
            await connection.execute(_SQL[table], list(picture_ids))
        # After that which erases: so it sees what was recorded while that one waited for its lock.
        await connection.execute(_COPIES["recall"], list(picture_ids))
        return [row["order_id"] for row in rows]

    async def _erase_orders(
        self, connection: Connection, changed: Collection[int], erased: Collection[int], *, forget: bool
    ) -> None:
        # The replies first: where they are is told by their orders.
        await connection.execute(_SQL["replies"], list(changed), list(erased))
        await connection.execute(_SQL["orders"], list(erased), forget, LATE_SECONDS)
        await connection.execute(_SQL["jobs"], list(erased), forget)

    async def claim_removals(self, limit: int, *, hold_seconds: float) -> list[str]:
        """How the names of objects begin that are to be removed; nobody else is given them while held."""
        rows = await self._pool.fetch(_SQL["claim_removals"], limit, hold_seconds)
        return [row["prefix"] for row in rows]

    async def removed(self, prefix: str) -> None:
        """After an erasure they are due once more, LATE_SECONDS after it. Again is no fault."""
        await self._pool.execute(_SQL["removed"], prefix)
