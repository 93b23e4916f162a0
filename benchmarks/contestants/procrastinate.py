"""procrastinate, with the driver it recommends (psycopg) and all of its settings as they come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import procrastinate

from benchmarks.contestants.contestant import Meter

FILL = """
insert into procrastinate_jobs (queue_name, task_name, args)
select 'default', 'nothing', '{}' from generate_series(1, %(count)s)
"""


class Procrastinate:
    def __init__(self, app: Any) -> None:
        self._app = app
        self._on_start: Callable[[], None] = lambda: None

        async def nothing() -> None:
            self._on_start()

        self._task = app.task(nothing, name="nothing")

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
        async with app.open_async():
            yield cls(app)

    async def install(self) -> None:
        await self._app.schema_manager.apply_schema_async()

    async def fill(self, count: int) -> None:
        execute = self._app.connector.execute_query_async
        await execute("truncate procrastinate_jobs cascade")
        await execute(FILL, count=count)
        await execute("analyze procrastinate_jobs")

    async def drain(self, count: int, concurrency: int) -> float:
        meter = Meter(count, lambda: None)
        self._on_start = meter.start
        await self._app.run_worker_async(concurrency=concurrency, wait=False, install_signal_handlers=False)
        return meter.rate()

    async def enqueue(self) -> None:
        await self._task.defer_async()

    async def enqueue_many(self, count: int) -> None:
        await self._task.batch_defer_async(*({} for _ in range(count)))

    @asynccontextmanager
    async def serving(self, on_start: Callable[[], None]) -> AsyncIterator[None]:
        self._on_start = on_start
        worker = asyncio.create_task(
            self._app.run_worker_async(concurrency=10, install_signal_handlers=False)
        )
        yield
        worker.cancel()
        await asyncio.wait([worker])
