"""A worker that is given jobs by the batch, and what a batch costs it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import asyncpg

from benchmarks.house import quiet
from benchmarks.usage import cpu_seconds, forget_peak, peak_bytes
from core.policy import Limits
from db.orders import Orders
from db.pool import Connection, Pool
from sandbox.processes import Process
from tests.conditions import until
from tests.orders import request

_OPEN = "select count(*) from jobs where finished_at is null"


@dataclass(frozen=True, slots=True)
class Batch:
    """`cpu_milliseconds` are those of one picture."""

    cpu_milliseconds: float
    jobs_per_second: float


class Painter:
    """`database_url` is of a database that no other worker has."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], database_url: str) -> None:
        self.process = Process(
            "worker", command, {**environment, "DATABASE_URL": database_url}, on_line=quiet
        )
        self._database_url = database_url

    async def paint(self, jobs: int, size: tuple[int, int]) -> Batch:
        connection = await asyncpg.connect(self._database_url)
        try:
            cpu, began = cpu_seconds(self.process.pid), time.perf_counter()
            await _enqueue(connection, jobs, size)
            await until(lambda: connection.fetchval(_OPEN), lambda open_: open_ == 0, within_seconds=300)
            seconds = time.perf_counter() - began
            if lost := await connection.fetchval("select count(*) from jobs where state <> 'done'"):
                raise RuntimeError(f"{lost} jobs came to nothing")
            return Batch((cpu_seconds(self.process.pid) - cpu) * 1000 / jobs, jobs / seconds)
        finally:
            await connection.close()

    async def peak(self, jobs: int, size: tuple[int, int]) -> int:
        """The most memory, in bytes, that it held while it painted them."""
        await self.paint(1, size)
        forget_peak(self.process.pid)
        await self.paint(jobs, size)
        return peak_bytes(self.process.pid)


class _Unannounced:
    """In the place of a pool: what wakes a worker beside each order is left out."""

    def __init__(self, connection: Connection) -> None:
        self.fetch = connection.fetch

    async def execute(self, _statement: str) -> None:
        pass


async def _enqueue(connection: Connection, jobs: int, size: tuple[int, int]) -> None:
    """All at once, so that the worker is never short of them."""
    limits = Limits(queue_length=jobs + 1, jobs_per_member=jobs + 1)
    orders = Orders(cast(Pool, _Unannounced(connection)))
    async with connection.transaction():
        for _ in range(jobs):
            await orders.create(request(width=size[0], height=size[1]), limits)
        await connection.execute("notify job_queued")
