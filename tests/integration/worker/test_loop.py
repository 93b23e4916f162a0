"""The worker's loop on a real queue, with jobs that do as the test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from core.errors import LostJob
from core.settings import DatabaseSettings
from db.orders import Job, Jobs
from db.pool import Pool, open_pool
from db.queue import Queue
from tests.conditions import until
from tests.drill.proxy import DELAY_SECONDS, Mode
from tests.orders import order
from tests.postgres_line import line_to
from worker.loop import Loop

TIMEOUT_SECONDS = 10


class Work:
    """Jobs begin, and end when they are let go."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._changed = asyncio.Condition()
        self.let_go = asyncio.Event()
        self.begun: list[int] = []
        self.running = 0
        self.most = 0
        self.cancelled = 0
        self.broken: list[Exception] = []

    async def run(self, job: Job) -> None:
        self.begun.append(job.id)
        self.running += 1
        self.most = max(self.most, self.running)
        await self._tell()
        try:
            await self.let_go.wait()
            await self._queue.finish(job, painted_seed=None, original_bytes=0)
        except asyncio.CancelledError:
            self.cancelled += 1
            await self._tell()
            raise
        finally:
            self.running -= 1

    async def on_error(self, job: Job, error: Exception) -> None:
        self.broken.append(error)
        await self._queue.hand_back(job, delay_seconds=3600)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with self._changed, asyncio.timeout(TIMEOUT_SECONDS):
            await self._changed.wait_for(condition)

    async def until_begun(self, count: int) -> None:
        await self.until(lambda: len(self.begun) >= count)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@pytest.fixture
def queue(pool: Pool) -> Queue:
    return Queue(pool, worker="one", lease_seconds=30, attempts_max=3)


@pytest.fixture
def work(queue: Queue) -> Work:
    return Work(queue)


async def enqueue(pool: Pool, count: int) -> None:
    for member in range(count):
        assert await Jobs(pool).enqueue(order(member_id=member))


async def states(pool: Pool) -> list[str]:
    return [row["state"] for row in await pool.fetch("select state from jobs order by id")]


@asynccontextmanager
async def serving(
    queue: Queue,
    run: Callable[[Job], Awaitable[None]],
    work: Work,
    *,
    concurrency: int = 2,
    lease_seconds: float = 30,
    grace_seconds: float = TIMEOUT_SECONDS,
) -> AsyncIterator[Loop]:
    loop = Loop(queue, run, work.on_error, concurrency=concurrency, lease_seconds=lease_seconds)
    task = asyncio.create_task(loop.serve(grace_seconds=grace_seconds))
    yield loop
    loop.stop()
    await asyncio.wait_for(task, TIMEOUT_SECONDS)


async def test_no_more_are_held_than_there_are_places(pool: Pool, queue: Queue, work: Work) -> None:
    await enqueue(pool, 7)
    async with serving(queue, work.run, work, concurrency=3):
        await work.until_begun(3)
        assert len(work.begun) == 3
        work.let_go.set()
        await work.until_begun(7)
    assert work.most == 3
    assert await states(pool) == ["done"] * 7


async def test_after_stop_nothing_is_claimed_and_what_is_held_ends(
    pool: Pool, queue: Queue, work: Work
) -> None:
    await enqueue(pool, 3)
    async with serving(queue, work.run, work, concurrency=2) as loop:
        await work.until_begun(2)
        loop.stop()
        work.let_go.set()
    assert await states(pool) == ["done", "done", "queued"]


async def test_what_does_not_end_within_the_grace_goes_back(pool: Pool, queue: Queue, work: Work) -> None:
    await enqueue(pool, 2)
    async with serving(queue, work.run, work, grace_seconds=0.01):
        await work.until_begun(2)
    assert work.cancelled == 2
    assert await states(pool) == ["queued", "queued"]
    assert await pool.fetchval("select sum(faults) from jobs") == 0


async def test_a_job_that_was_taken_away_is_stopped(pool: Pool, queue: Queue, work: Work) -> None:
    await enqueue(pool, 1)
    async with serving(queue, work.run, work) as loop:
        await work.until_begun(1)
        await pool.execute("update jobs set lease_until = now() - interval '1 second'")
        await queue.reap(await queue.clock())
        await queue.claim(1)
        loop.check_leases()
        await work.until(lambda: work.cancelled == 1)
    assert await states(pool) == ["running"]
    assert await pool.fetchval("select attempt from jobs") == 2


async def test_a_job_that_was_cancelled_is_stopped_and_stays_so(pool: Pool, queue: Queue, work: Work) -> None:
    await enqueue(pool, 1)
    async with serving(queue, work.run, work) as loop:
        await work.until_begun(1)
        await Jobs(pool).cancel(work.begun[0])
        loop.check_leases()
        await work.until(lambda: work.cancelled == 1)
    assert await states(pool) == ["cancelled"]


async def test_leases_are_extended_while_jobs_run(pool: Pool, work: Work) -> None:
    queue = Queue(pool, worker="one", lease_seconds=0.3, attempts_max=3)
    await enqueue(pool, 1)
    async with serving(queue, work.run, work, lease_seconds=0.3):
        await work.until_begun(1)
        first = await pool.fetchval("select lease_until from jobs")
        async with asyncio.timeout(TIMEOUT_SECONDS):
            # Two extensions, so that the first lease is surely over.
            while (await pool.fetchval("select lease_until from jobs") - first).total_seconds() < 0.3:
                pass
        assert await queue.reap(await queue.clock()) == []
        work.let_go.set()
    assert await states(pool) == ["done"]


async def test_over_a_slow_line_leases_are_extended_all_the_same(database_url: str, pool: Pool) -> None:
    await enqueue(pool, 1)
    leased = "select lease_until from jobs"
    async with (
        line_to(database_url) as (line, url),
        open_pool(DatabaseSettings.model_validate({"database_url": url}), name="slow") as slow,
    ):
        queue = Queue(slow, worker="one", lease_seconds=30, attempts_max=3)
        work = Work(queue)
        # After a third of it the next extension is due; a question and its answer take longer.
        async with serving(queue, work.run, work, lease_seconds=5 * DELAY_SECONDS):
            await work.until_begun(1)
            await line.become(Mode.DELAY)
            first = await pool.fetchval(leased)
            second = await until(lambda: pool.fetchval(leased), lambda at: at > first)
            await until(lambda: pool.fetchval(leased), lambda at: at > second)
            await line.become(Mode.PASS)
            work.let_go.set()


async def test_a_fault_in_one_job_does_not_stop_the_others(pool: Pool, queue: Queue, work: Work) -> None:
    await enqueue(pool, 3)
    work.let_go.set()

    async def run(job: Job) -> None:
        if not work.broken:
            raise ZeroDivisionError
        await work.run(job)

    async with serving(queue, run, work, concurrency=1):
        await work.until_begun(2)
    assert [type(error) for error in work.broken] == [ZeroDivisionError]
    assert sorted(await states(pool)) == ["done", "done", "queued"]


async def test_a_job_that_was_lost_on_the_way_is_no_fault(pool: Pool, queue: Queue, work: Work) -> None:
    await enqueue(pool, 1)
    begun = asyncio.Event()

    async def run(job: Job) -> None:
        begun.set()
        raise LostJob("gone")

    async with serving(queue, run, work):
        await asyncio.wait_for(begun.wait(), TIMEOUT_SECONDS)
    assert work.broken == []


async def test_a_job_that_comes_back_while_its_old_attempt_still_ends_is_held_like_any_other(
    pool: Pool, queue: Queue, work: Work
) -> None:
    slow_end = asyncio.Event()
    attempts: list[int] = []

    async def run(job: Job) -> None:
        attempts.append(job.attempt)
        try:
            await work.run(job)
        except asyncio.CancelledError:
            # As a job that takes back what it stored.
            await slow_end.wait()
            raise

    await enqueue(pool, 1)
    loop = Loop(queue, run, work.on_error, concurrency=2, lease_seconds=3)
    serving = asyncio.create_task(loop.serve(grace_seconds=5))
    await work.until_begun(1)
    await pool.execute("update jobs set state = 'queued', lease_until = null, run_after = now()")
    loop.check_leases()
    await work.until(lambda: work.cancelled == 1)
    loop.wake()
    await work.until_begun(2)
    slow_end.set()
    # Its lease is still extended after the old attempt is over.
    extended = "select lease_until > now() + interval '29.5 seconds' from jobs"
    await until(lambda: pool.fetchval(extended), lambda is_extended: is_extended is False)
    await until(lambda: pool.fetchval(extended), lambda is_extended: is_extended is True)
    work.let_go.set()
    loop.stop()
    await serving
    assert attempts == [1, 2]
    assert await pool.fetchval("select state from jobs") == "done"


async def test_a_heartbeat_that_breaks_ends_the_worker_but_not_what_it_holds(
    pool: Pool, queue: Queue, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_held: object) -> set[tuple[int, int]]:
        raise RuntimeError("a bug")

    await enqueue(pool, 1)
    monkeypatch.setattr(queue, "extend_leases", broken)
    loop = Loop(queue, work.run, work.on_error, concurrency=1, lease_seconds=30)
    serving = asyncio.create_task(loop.serve(grace_seconds=5))
    await work.until_begun(1)
    loop.check_leases()
    await work.until(lambda: not loop.is_idle)
    work.let_go.set()
    with pytest.raises(RuntimeError, match="a bug"):
        await serving
    assert await pool.fetchval("select state from jobs") == "done"
