"""Tigerbrush: the bot's way into the queue with all its limits, and the worker's loop with nothing to paint."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count as numbers
from typing import Self

from benchmarks.contestants.contestant import Meter
from db.jobs import Job, Jobs
from db.listen import listen
from db.pool import Pool, open_pool
from db.queue import Queue
from db.settings import DatabaseSettings
from tests.lives import fill
from tests.orders import order
from worker.loop import Loop

LEASE_SECONDS = 60.0


class Ours:
    def __init__(self, url: str, pool: Pool) -> None:
        self._url = url
        self._pool = pool
        self._jobs = Jobs(pool)
        self._members = numbers(1)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        settings = DatabaseSettings.model_validate({"database_url": url})
        async with open_pool(settings, name="benchmark") as pool:
            yield cls(url, pool)

    async def fill(self, count: int) -> None:
        await self._pool.execute("truncate jobs cascade")
        await fill(self._pool, count)

    async def drain(self, count: int, concurrency: int) -> float:
        meter = Meter(count, lambda: loop.stop())
        loop = self._loop(meter.start, concurrency)
        await loop.serve(grace_seconds=60)
        return meter.rate()

    def _loop(self, on_start: Callable[[], None], concurrency: int) -> Loop:
        queue = Queue(self._pool, worker="benchmark", lease_seconds=LEASE_SECONDS, attempts_max=1)

        async def run(job: Job) -> None:
            on_start()
            await queue.finish(job, painted_seed=None, original_bytes=0)

        async def on_error(job: Job, error: Exception) -> None:
            raise error

        return Loop(queue, run, on_error, concurrency=concurrency, lease_seconds=LEASE_SECONDS)

    async def enqueue(self) -> None:
        """Each is another member's: nobody may have many in line."""
        if await self._jobs.enqueue(order(member_id=next(self._members))) is None:
            raise AssertionError("it was not stored")

    async def enqueue_many(self, count: int) -> bool:
        """A command is one job."""
        return False

    @asynccontextmanager
    async def serving(self, on_start: Callable[[], None]) -> AsyncIterator[None]:
        loop = self._loop(on_start, concurrency=10)
        listener = asyncio.create_task(listen(self._url, {"job_queued": loop.wake}))
        worker = asyncio.create_task(loop.serve(grace_seconds=60))
        yield
        loop.stop()
        await worker
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener
