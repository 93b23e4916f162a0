"""What more workers bring and what they cost, where the jobs do nothing and the queue itself is the work."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from benchmarks.contestants import OURS
from benchmarks.contestants.ours import Ours
from benchmarks.contestants.worker import Worker, worker
from benchmarks.figures import p99, ratio, told
from benchmarks.report import Result, Table
from benchmarks.stage import Stage
from benchmarks.usage import with_children_cpu_seconds
from db.pool import Connection
from tests.conditions import until

TITLE = "More workers"

WORKERS = 1, 2, 4
MANY_WORKERS = 1, 10, 50
STARTED = 5
ROUNDS = 5
JOBS = 2000
WAIT_SECONDS_MAX = 120.0

ORDERS = 300
ORDERS_A_SECOND = 15
"""Stability's limit."""
SAMPLE_SECONDS = 0.2
OWN = 2

_OPEN = "select count(*) from jobs where state in ('queued', 'running')"


@dataclass(slots=True)
class Figures:
    """Of so many workers. CPU is Postgres's, with all its processes."""

    rates: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    delays_ms: list[float] = field(default_factory=list)
    cpu_share: float = 0.0
    connections: int = 0


async def measure(stage: Stage) -> Result:
    figures = {}
    for count in MANY_WORKERS if stage.large else WORKERS:
        stage.say(f"workers: {count}")
        figures[count] = await _measure(stage, count)
    return _result(figures)


async def _measure(stage: Stage, count: int) -> Figures:
    url, jobs, figures = await stage.database(), stage.amount(JOBS, quick=100), Figures()
    async with AsyncExitStack() as exits:
        ours = await exits.enter_async_context(Ours.open(url))
        server = await exits.enter_async_context(_connected(url))
        counting = await exits.enter_async_context(_connected(url))
        pid = int((await server.fetchval("select pg_read_file('postmaster.pid')")).split()[0])
        workers: list[Worker] = []
        while len(workers) < count:
            # No more than this machine starts in time.
            some = [
                exits.enter_async_context(worker(OURS, url))
                for _ in range(min(STARTED, count - len(workers)))
            ]
            workers.extend(await asyncio.gather(*some))
        await exits.enter_async_context(_counted(counting, figures))
        # The first round warms up.
        for number in range(stage.amount(ROUNDS, quick=1) + 1):
            before = with_children_cpu_seconds(pid)
            rate = await _work_off(ours, workers, jobs)
            await until(
                lambda: server.fetchval(_OPEN), lambda open_: open_ == 0, within_seconds=WAIT_SECONDS_MAX
            )
            if number:
                figures.rates.append(rate)
                figures.cpu_ms.append((with_children_cpu_seconds(pid) - before) / jobs * 1000)
        before, began = with_children_cpu_seconds(pid), time.monotonic()
        figures.delays_ms = await _pick_up(ours, workers, stage.amount(ORDERS, quick=5))
        figures.cpu_share = (with_children_cpu_seconds(pid) - before) / (time.monotonic() - began)
    return figures


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def _counted(counting: Connection, figures: Figures) -> AsyncIterator[None]:
    """The most connections at once, but for those that are this measure's."""

    async def count() -> None:
        while True:
            there = await counting.fetchval(
                "select count(*) from pg_stat_activity where datname = current_database()"
            )
            figures.connections = max(figures.connections, there - OWN)
            await asyncio.sleep(SAMPLE_SECONDS)

    task = asyncio.create_task(count())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _work_off(ours: Ours, workers: list[Worker], jobs: int) -> float:
    """Jobs a second, from the first start to the last."""
    async with ours.held_up():
        await ours.add(jobs)
    starts = await _starts(workers, jobs)
    return jobs / (max(starts) - min(starts))


async def _pick_up(ours: Ours, workers: list[Worker], orders: int) -> list[float]:
    """Milliseconds from just before each order, which come evenly, to the start of its job."""
    following = asyncio.create_task(_starts(workers, orders))
    asked_at, began = [], time.monotonic()
    for number in range(orders):
        await asyncio.sleep(began + number / ORDERS_A_SECOND - time.monotonic())
        asked_at.append(time.monotonic())
        await ours.enqueue()
    starts = sorted(await following)
    return [(started - asked) * 1000 for asked, started in zip(asked_at, starts, strict=True)]


async def _starts(workers: list[Worker], jobs: int) -> list[float]:
    """When each job was started, whichever worker took it."""
    starts: list[float] = []

    async def follow(one: Worker) -> None:
        while len(starts) < jobs:
            starts.append(await one.started_at())

    async with asyncio.timeout(WAIT_SECONDS_MAX):
        followers = [asyncio.create_task(follow(one)) for one in workers]
        await asyncio.wait(followers, return_when=asyncio.FIRST_COMPLETED)
    for follower in followers:
        follower.cancel()
    await asyncio.gather(*followers, return_exceptions=True)
    return starts


def _result(figures: dict[int, Figures]) -> Result:
    alone = next(iter(figures.values())).rates
    drained = Table(
        "Jobs a second, 10 at once in each worker",
        ("workers", "jobs/s", "of one", "CPU of Postgres a job, ms", "connections"),
        [
            (
                f"{count}",
                told(of.rates),
                f"{ratio(of.rates, alone):.2f}",
                told(of.cpu_ms, 2),
                f"{of.connections}",
            )
            for count, of in figures.items()
        ],
    )
    idle = Table(
        f"{ORDERS_A_SECOND} orders a second, and all workers waiting",
        ("workers", "until a job is started, ms", "p99", "CPU of Postgres, of one processor"),
        [
            (f"{count}", told(of.delays_ms, 1), f"{p99(of.delays_ms):.1f}", f"{of.cpu_share:.1%}")
            for count, of in figures.items()
        ],
    )
    return Result(
        [drained, idle],
        samples={f"{count} workers, 1/s": of.rates for count, of in figures.items()}
        | {f"{count} workers, CPU of Postgres a job, ms": of.cpu_ms for count, of in figures.items()}
        | {f"{count} workers, delay, ms": of.delays_ms for count, of in figures.items()},
    )
