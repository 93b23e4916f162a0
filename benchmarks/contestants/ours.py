"""Tigerbrush: the bot's way into the queue with all its limits, and the worker's loop, painting nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from itertools import count as numbers
from typing import Self

import asyncpg

from benchmarks.contestants.contestant import Meter
from benchmarks.figures import timed
from core.orders import Job
from core.policy import Limits
from core.settings import DatabaseSettings
from db.listen import listen
from db.migrate import migrate
from db.orders import Orders
from db.pool import Pool, open_pool
from db.queue import Queue
from tests.lives import fill, painted_by
from tests.orders import request
from worker.loop import Loop

LEASE_SECONDS = 60.0
LINE_MAX = 1_000_000

LIMITS = Limits(queue_length=LINE_MAX)
"""Room for what a measure lets wait: what is refused is not measured."""


class Ours:
    def __init__(self, url: str, pool: Pool) -> None:
        self._url = url
        self._pool = pool
        self._orders = Orders(pool)
        self._members = numbers(1)
        self._request = request()

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        # A million rows take longer to write than any statement of the product may.
        settings = DatabaseSettings.model_validate({"database_url": url, "database_timeout_seconds": 600})
        async with open_pool(settings, name="benchmark") as pool:
            yield cls(url, pool)

    async def install(self) -> None:
        connection = await asyncpg.connect(self._url)
        await migrate(connection)
        await connection.close()

    @asynccontextmanager
    async def held_up(self) -> AsyncIterator[None]:
        """Nothing is claimed meanwhile; then all workers are woken at once, as at the end of an alarm."""
        await self._pool.execute(
            "insert into alarms (kind, detail, probe_at) values ('benchmark', '', 'infinity')"
        )
        yield
        await self._pool.execute("delete from alarms")

    async def fill(self, count: int, *, members: int = 500) -> None:
        await self._pool.execute("truncate orders, jobs, replies, pictures, calls, usage cascade")
        await self.add(count, members=members)

    async def add(self, count: int, *, members: int = 500) -> None:
        """Orders of one picture that wait, beside what is there."""
        await fill(self._pool, count, members=members)

    async def put_back(self) -> None:
        """What was worked off waits again, where it did before."""
        await self._pool.execute(
            "with done as (delete from pictures returning id) "
            "update jobs set state = 'queued', started_at = null, finished_at = null from done where jobs.id = done.id"
        )

    async def claim_one(self) -> float:
        """Milliseconds of a claim; the job goes back to its place."""
        queue, jobs = self._queue(), []

        async def claim() -> None:
            jobs.extend(await queue.claim(1))

        taken = await timed(claim)
        await asyncio.gather(*map(queue.release, jobs))
        return taken

    async def drain(self, count: int, concurrency: int) -> float:
        meter = Meter(count, lambda: loop.stop())

        async def paint(_job: Job) -> None:
            meter.start()

        loop = self._loop(paint, concurrency)
        await loop.serve(grace_seconds=60)
        return meter.rate()

    async def enqueue(self) -> int:
        """The job's id. Each is another member's: nobody may have many in line."""
        member = next(self._members)
        progress = await self._orders.create(
            replace(self._request, member_id=member, interaction_id=member), LIMITS
        )
        if progress is None:
            raise AssertionError("it was not stored")
        return progress.jobs[0].id

    def serving(self, on_start: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        async def paint(_job: Job) -> None:
            on_start()

        return self.working(paint, concurrency=10)

    @asynccontextmanager
    async def working(
        self, paint: Callable[[Job], Awaitable[None]], *, concurrency: int
    ) -> AsyncIterator[None]:
        """One worker that does this with each job."""
        loop = self._loop(paint, concurrency)
        listener = asyncio.create_task(listen(self._url, {"job_queued": loop.wake}))
        worker = asyncio.create_task(loop.serve(grace_seconds=60))
        yield
        loop.stop()
        await worker
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener

    def _loop(self, paint: Callable[[Job], Awaitable[None]], concurrency: int) -> Loop:
        queue = self._queue()

        async def run(job: Job) -> None:
            await paint(job)
            await queue.finish(painted_by(job))

        return Loop(queue, [queue.claim], run, concurrency=concurrency, lease_seconds=LEASE_SECONDS)

    def _queue(self) -> Queue:
        return Queue(self._pool, worker="benchmark", lease_seconds=LEASE_SECONDS, attempts_max=1)
