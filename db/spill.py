"""Paid pictures that the bucket did not take, until a worker carries them over."""

from dataclasses import dataclass

from core.errors import LostJob, ParkingFull
from db import queries
from db.orders import Job
from db.pool import Pool

_SQL = queries.load("parking")

PARKED_BYTES_MAX = 256 * 1024 * 1024
"""Some 150 pictures: what a small database has room for beside its own."""


@dataclass(frozen=True, slots=True)
class Parked:
    """A picture on its way; `job` names the place in the bucket that it goes to."""

    job: Job
    original: bytes
    preview: bytes


class Parking:
    """`bytes_max` is how much may be parked in all, by all workers."""

    def __init__(self, pool: Pool, *, bytes_max: int = PARKED_BYTES_MAX) -> None:
        self._pool = pool
        self.bytes_max = bytes_max

    async def park(
        self, job: Job, original: bytes, preview: bytes, *, painted_seed: int | None, size: tuple[int, int]
    ) -> int:
        """Keeps the bytes and finishes the job, in one; returns how many bytes are parked now.

        Raises LostJob, or ParkingFull, and keeps nothing then. Again is no fault.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_SQL["lock"])
            row = await connection.fetchrow(
                _SQL["park"],
                job.id,
                job.attempt,
                original,
                preview,
                painted_seed,
                len(original),
                *size,
                self.bytes_max,
            )
        if row is None or not row["held"]:
            raise LostJob(f"job {job.id} is no longer held at attempt {job.attempt}: nothing was parked")
        used: int = row["bytes_before"]
        if not row["safe"]:
            raise ParkingFull(f"{used} of {self.bytes_max} bytes are parked; job {job.id} finds no room")
        return used + len(original) + len(preview)

    async def claim_one(self, *, hold_seconds: float) -> Parked | None:
        """A picture to carry over; nobody else is given it while it is held."""
        row = await self._pool.fetchrow(_SQL["claim_one"], hold_seconds)
        return Parked(Job.from_row(row), row["original"], row["preview"]) if row else None

    async def postpone(self, job: Job) -> None:
        await self._pool.fetchval(_SQL["postpone"], job.id)

    async def carried(self, job: Job) -> None:
        """Raises LostJob if the picture was erased meanwhile, or carried over by another."""
        if await self._pool.fetchval(_SQL["carried"], job.id) is None:
            raise LostJob(f"job {job.id} is not parked any more")

    async def bytes_used(self) -> int:
        used: int = await self._pool.fetchval(_SQL["bytes"])
        return used

    async def original(self, job: Job) -> bytes | None:
        """None: it is not parked, or not any more."""
        picture: bytes | None = await self._pool.fetchval(_SQL["original"], job.id)
        return picture

    async def preview(self, job: Job) -> bytes | None:
        """None: it is not parked, or not any more."""
        picture: bytes | None = await self._pool.fetchval(_SQL["preview"], job.id)
        return picture
