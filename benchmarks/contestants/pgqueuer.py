"""pgqueuer, with asyncpg, in two ways: its completions gathered and written together, or each at once.

Gathered is its default, and a completion that is only gathered is lost with its process: the job is done
again, and where a job is a picture, paid for again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any, Self
from unittest.mock import patch

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.core.buffers import JobStatusLogBuffer
from pgqueuer.db import AsyncpgPoolDriver
from pgqueuer.queries import Queries

from benchmarks.contestants.contestant import Meter

CONNECTIONS = 10


class Pgqueuer:
    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, durable: bool) -> None:
        self._pool = pool
        self._durable = durable
        self._queries = Queries(AsyncpgPoolDriver(pool))

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, durable: bool) -> AsyncIterator[Self]:
        async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
            yield cls(pool, durable=durable)

    async def install(self) -> None:
        await self._queries.install()

    async def fill(self, count: int) -> None:
        await self._pool.execute("truncate pgqueuer, pgqueuer_log, pgqueuer_statistics")
        await self.enqueue_many(count)
        await self._pool.execute("vacuum analyze pgqueuer")

    async def drain(self, count: int, concurrency: int) -> float:
        worker = PgQueuer(AsyncpgPoolDriver(self._pool))
        meter = Meter(count, worker.shutdown.set)
        await self._run(worker, meter.start, concurrency)
        return meter.rate()

    async def _run(self, worker: Any, on_start: Callable[[], None], concurrency: int) -> None:
        async def nothing(job: object) -> None:
            on_start()

        worker.entrypoint("nothing")(nothing)
        with self._completing():
            # Batches of the concurrency asked for. Its own cap on running jobs is left out: a worker that
            # reaches it pauses for a tenth of a second.
            await worker.qm.run(batch_size=concurrency)

    def _completing(self) -> AbstractContextManager[object]:
        async def add(buffer: Any, item: object) -> None:
            await buffer.flush_items([item])

        return patch.object(JobStatusLogBuffer, "add", add) if self._durable else nullcontext()

    async def enqueue(self) -> None:
        await self._queries.enqueue("nothing", None)

    async def enqueue_many(self, count: int) -> None:
        await self._queries.enqueue(["nothing"] * count, [None] * count, [0] * count)

    @asynccontextmanager
    async def serving(self, on_start: Callable[[], None]) -> AsyncIterator[None]:
        worker = PgQueuer(AsyncpgPoolDriver(self._pool))
        task = asyncio.create_task(self._run(worker, on_start, 10))
        yield
        worker.shutdown.set()
        await task
