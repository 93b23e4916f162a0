"""The floor: a table, two statements and bare asyncpg. A job whose worker dies is never done."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self

import asyncpg

from benchmarks.contestants.contestant import Meter

TABLE = """
create table floor (id bigint generated always as identity primary key, state text not null default 'queued');
create index floor_queue on floor (id) where state = 'queued';
"""
CLAIM = """
update floor set state = 'running'
where id = (select id from floor where state = 'queued' order by id limit 1 for update skip locked)
returning id
"""
FINISH = "update floor set state = 'done' where id = $1 and state = 'running'"
ENQUEUE = "with added as (insert into floor default values) select pg_notify('floor', '')"
CONNECTIONS = 10
"""More bring nothing on two cores, and fewer bring less."""


async def _leave_as_it_is(_connection: object) -> None:
    """Without it, the pool asks one more question after each statement."""


class Floor:
    def __init__(self, url: str, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._url = url
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        async with asyncpg.create_pool(
            url, min_size=CONNECTIONS, max_size=CONNECTIONS, reset=_leave_as_it_is
        ) as pool:
            yield cls(url, pool)

    async def install(self) -> None:
        await self._pool.execute(TABLE)

    async def fill(self, count: int) -> None:
        await self._pool.execute("truncate floor")
        await self.enqueue_many(count)
        await self._pool.execute("vacuum analyze floor")

    async def drain(self, count: int, concurrency: int) -> float:
        meter = Meter(count, lambda: None)

        async def work() -> None:
            while await self._work_one(meter.start):
                pass

        async with asyncio.TaskGroup() as workers:
            for _ in range(concurrency):
                workers.create_task(work())
        return meter.rate()

    async def _work_one(self, on_start: Callable[[], None]) -> bool:
        id_ = await self._pool.fetchval(CLAIM)
        if id_ is None:
            return False
        on_start()
        await self._pool.execute(FINISH, id_)
        return True

    async def enqueue(self) -> None:
        await self._pool.execute(ENQUEUE)

    async def enqueue_many(self, count: int) -> None:
        await self._pool.execute("insert into floor select from generate_series(1, $1)", count)

    @asynccontextmanager
    async def serving(self, on_start: Callable[[], None]) -> AsyncIterator[None]:
        wake = asyncio.Event()
        connection = await asyncpg.connect(self._url)
        await connection.add_listener("floor", lambda *_: wake.set())
        wake.set()

        async def serve() -> None:
            while await wake.wait():
                wake.clear()
                while await self._work_one(on_start):
                    pass

        worker = asyncio.create_task(serve())
        yield
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker
        await connection.close()
