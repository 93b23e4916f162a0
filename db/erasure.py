"""Deleting what is a member's: the row's content at once, the bucket's objects when a worker comes to it."""

from core.errors import LostJob
from db import queries
from db.orders import Job
from db.pool import Pool

_SQL = queries.load("erasure")
_COPIES = queries.load("copies")

MEMBER_BATCH = 500

LATE_SECONDS = 3600.0
"""Nothing that a worker still held when the picture was erased arrives in the bucket later than that."""


class Erasure:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def erase(self, job_id: int) -> Job:
        """Deletes one picture, or what is left of a job that came to none.

        Raises LostJob if the job has not ended, or was erased before.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(_SQL["erase"], job_id)
            if row is None:
                raise LostJob(f"job {job_id} has not ended, or was erased before")
            await connection.execute(_COPIES["recall"], [job_id])
        return Job.from_row(row)

    async def erase_member(self, member_id: int) -> int:
        """Deletes all that is a member's, and returns how many jobs that were.

        Batch by batch: an interruption leaves the rest as it was, and the next call goes on.
        """
        await self._pool.fetch(_SQL["cancel_all_of"], member_id)
        count, batch = 0, MEMBER_BATCH
        while batch == MEMBER_BATCH:
            batch = await self._erase_some_of(member_id)
            count += batch
        await self._pool.execute(_SQL["unmark_all_of"], member_id)
        # Before the messages are recalled: one that is recorded later finds that it was not asked for.
        await self._pool.execute(_SQL["forget_downloads_of"], member_id)
        await self._pool.execute(_COPIES["recall_all_of"], member_id)
        return count

    async def _erase_some_of(self, member_id: int) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_SQL["erase_some_of"], member_id, MEMBER_BATCH)
            await connection.execute(_COPIES["recall"], [row["id"] for row in rows])
        return len(rows)

    async def claim_objects(self, limit: int, *, hold_seconds: float) -> list[Job]:
        """Erased and expired jobs whose objects are to be removed; nobody else is given them while held."""
        rows = await self._pool.fetch(_SQL["claim_objects"], limit, hold_seconds)
        return [Job.from_row(row) for row in rows]

    async def objects_removed(self, job: Job) -> None:
        """Soon after the erasure they are due once more, LATE_SECONDS after it."""
        if await self._pool.fetchval(_SQL["objects_removed"], job.id, LATE_SECONDS) is None:
            raise LostJob(f"the objects of job {job.id} were not due any more")
