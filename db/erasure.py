"""Deleting what is a member's: the rows' content at once, the bucket's objects when a worker comes to it."""

from collections.abc import Collection

from core.errors import LostJob
from core.orders import JOB_NUMBERS
from db import queries
from db.pool import Connection, Pool

_SQL = queries.load("erasure")
_CANCEL = queries.load("orders")["cancel"]
_COPIES = queries.load("copies")

MEMBER_BATCH = 500
"""Orders of a member that are erased in one transaction: less than a second's work."""

LATE_SECONDS = 3600.0
"""Nothing that a worker still held when the picture was erased arrives in the bucket later than that."""


class Erasure:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def erase(self, picture_id: int) -> None:
        """Deletes one picture, and its order with the last of them. Raises LostJob if it was erased before."""
        async with self._pool.acquire() as connection, connection.transaction():
            await self.lock(connection, picture_id)
            if not await self.erase_locked(connection, picture_id):
                raise LostJob(f"picture {picture_id} is not there, or was erased before")

    async def lock(self, connection: Connection, picture_id: int) -> None:
        await connection.execute(_SQL["lock"], picture_id // JOB_NUMBERS)

    async def erase_locked(self, connection: Connection, picture_id: int) -> bool:
        """As `erase`, as a part of what else is done; False if it was erased before."""
        order_id = picture_id // JOB_NUMBERS
        erased = await self._erase_pictures(connection, [picture_id], forget=False)
        if erased:
            is_ended = await connection.fetchval(_SQL["is_ended"], order_id)
            await connection.execute(_SQL["replies"], [order_id], [order_id] if is_ended else [])
            await self._erase_orders(connection, erased, [order_id] if is_ended else [], forget=False)
        return bool(erased)

    async def erase_member(self, member_id: int) -> int:
        """Deletes all that is a member's and returns the number of pictures. After an interruption, call it again."""
        count, batch = 0, MEMBER_BATCH
        while batch == MEMBER_BATCH:
            for row in await self._pool.fetch(_SQL["open_of"], member_id):
                await self._pool.fetch(_CANCEL, row["order_id"])
            pictures, batch = await self._erase_some_of(member_id)
            count += pictures
        await self._pool.execute(_SQL["uploads_of"], member_id, LATE_SECONDS)
        await self._pool.execute(_SQL["favourites_of"], member_id)
        # Before the messages are recalled: one that is recorded later finds that it was not asked for.
        await self._pool.execute(_SQL["downloads_of"], member_id)
        await self._pool.execute(_COPIES["recall_all_of"], member_id)
        for statement in (
            "wishes_of",
            "reports_of",
            "decided_by",
            "blocked_by",
            "changes_of",
            "changes_about",
        ):
            await self._pool.execute(_SQL[statement], member_id)
        return count

    async def _erase_some_of(self, member_id: int) -> tuple[int, int]:
        """How many pictures and orders."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_SQL["orders_of"], member_id, MEMBER_BATCH)
            ids = [row["id"] for row in rows]
            pictures = [id_ for row in rows for id_ in row["picture_ids"]]
            erased = await self._erase_pictures(connection, pictures, forget=True)
            await connection.execute(_SQL["replies"], ids, ids)
            await self._erase_orders(connection, erased, ids, forget=True)
        return len(erased), len(rows)

    async def _erase_pictures(
        self, connection: Connection, picture_ids: Collection[int], *, forget: bool
    ) -> list[int]:
        """Those that were there still."""
        rows = await connection.fetch(_SQL["pictures"], picture_ids, forget)
        erased = [row["id"] for row in rows if row["is_new"]]
        for table in ("favourites", "downloads", "spill", "reports"):
            await connection.execute(_SQL[table], erased)
        # After that which erases: so it sees what was recorded while that one waited for its lock.
        await connection.execute(_COPIES["recall"], erased)
        return erased

    async def _erase_orders(
        self,
        connection: Connection,
        picture_ids: Collection[int],
        order_ids: Collection[int],
        *,
        forget: bool,
    ) -> None:
        """After their replies: where these are is told by the orders. So is what was handed in for them."""
        await connection.execute(_SQL["lock_uploads"], order_ids)
        await connection.execute(_SQL["uploads"], order_ids, LATE_SECONDS)
        rows = await connection.fetch(_SQL["orders"], order_ids, forget)
        await connection.execute(_SQL["jobs"], order_ids, forget)
        new = [row["id"] for row in rows if row["is_new"]]
        await connection.execute(_SQL["removals"], picture_ids, new, LATE_SECONDS)

    async def claim_removals(self, limit: int, *, hold_seconds: float) -> list[str]:
        """How the names of objects begin that are to be removed; nobody else is given them while held."""
        rows = await self._pool.fetch(_SQL["claim_removals"], limit, hold_seconds)
        return [row["prefix"] for row in rows]

    async def removed(self, prefix: str) -> None:
        """After an erasure they are due once more, LATE_SECONDS after it. Again is no fault."""
        await self._pool.execute(_SQL["removed"], prefix)
