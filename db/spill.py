"""Paid pictures that the bucket did not take, until a worker uploads them."""

from dataclasses import dataclass

from core.errors import LostJob, SpillFull
from core.orders import Picture
from db import queries
from db.pool import Pool
from db.queue import Painted, finish_all
from db.rows import picture_of

_SQL = queries.load("spill")

SPILL_BYTES_MAX = 256 * 1024 * 1024
"""Some 150 pictures: what a small database has room for beside its own."""


@dataclass(frozen=True, slots=True)
class Spilled:
    """A picture on its way to the bucket."""

    picture: Picture
    original: bytes
    preview: bytes


class Spill:
    """`bytes_max` is how much there may be in all, of all workers."""

    def __init__(self, pool: Pool, *, bytes_max: int = SPILL_BYTES_MAX) -> None:
        self._pool = pool
        self.bytes_max = bytes_max

    async def keep(self, painted: Painted, original: bytes, preview: bytes) -> int:
        """Keeps the bytes and finishes the job; returns how many bytes are kept now. Again is no fault.

        Raises LostJob or SpillFull, and does neither then.
        """
        size = len(original) + len(preview)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_SQL["lock"])
            used: int = await connection.fetchval(_SQL["bytes"])
            if used + size > self.bytes_max:
                raise SpillFull(f"{used} of {self.bytes_max} bytes are taken; job {painted.id} finds no room")
            if not await finish_all(connection, [painted]):
                raise LostJob(
                    f"job {painted.id} is no longer held at attempt {painted.attempt}: nothing was kept"
                )
            await connection.execute(_SQL["keep"], painted.id, original, preview)
        return used + size

    async def claim_one(self, *, hold_seconds: float) -> Spilled | None:
        """A picture to upload; nobody else is given it while it is held."""
        row = await self._pool.fetchrow(_SQL["claim_one"], hold_seconds)
        return Spilled(picture_of(row), row["original"], row["preview"]) if row else None

    async def postpone(self, picture: Picture) -> None:
        await self._pool.fetchval(_SQL["postpone"], picture.id)

    async def uploaded(self, picture: Picture) -> None:
        """Raises LostJob if the picture was erased meanwhile, or uploaded by another."""
        if await self._pool.fetchval(_SQL["uploaded"], picture.id) is None:
            raise LostJob(f"picture {picture.id} is not in the spill any more")

    async def bytes_used(self) -> int:
        used: int = await self._pool.fetchval(_SQL["bytes"])
        return used

    async def original(self, picture: Picture) -> bytes | None:
        """None: it is not here, or not any more."""
        content: bytes | None = await self._pool.fetchval(_SQL["original"], picture.id)
        return content

    async def preview(self, picture: Picture) -> bytes | None:
        """None: it is not here, or not any more."""
        content: bytes | None = await self._pool.fetchval(_SQL["preview"], picture.id)
        return content
