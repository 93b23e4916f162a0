"""The worker's loop on a real queue, with jobs that do as the test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from core.orders import JOB_NUMBERS, Job
from core.settings import DatabaseSettings
from db.orders import Orders
from db.pool import Pool, open_pool
from db.queue import Queue
from tests.conditions import soon, until
from tests.drill.proxy import DELAY_SECONDS, Mode
from tests.lives import painted_by, waiting
from tests.postgres_line import line_to
from worker.loop import Claim, Loop

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

    async def run(self, job: Job) -> None:
        self.begun.append(job.id)
        self.running += 1
        self.most = max(self.most, self.running)
        await self._tell()
        try:
            await self.let_go.wait()
            await self._queue.finish(painted_by(job))
        except asyncio.CancelledError:
            self.cancelled += 1
            await self._tell()
            raise
        finally:
            self.running -= 1

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
        await waiting(pool, member_id=member)


async def states(pool: Pool) -> list[str]:
    return [row["state"] for row in await pool.fetch("select state from jobs order by id")]


@asynccontextmanager
async def serving(
    queue: Queue,
    run: Callable[[Job], Awaitable[None]],
    *,
    concurrency: int = 2,
    lease_seconds: float = 30,
    grace_seconds: float = TIMEOUT_SECONDS,
    claims: tuple[Claim, ...] = (),
) -> AsyncIterator[Loop]:
    loop = Loop(queue, claims or (queue.claim,), run, concurrency=concurrency, lease_seconds=lease_seconds)
    task = asyncio.create_task(loop.serve(grace_seconds=grace_seconds))
    yield loop
    loop.stop()
    await asyncio.wait_for(task, TIMEOUT_SECONDS)


async def test_no_more_are_held_than_there_are_places(pool: Pool, queue: Queue, work: Work) -> None:
    await enqueue(pool, 7)
    async with serving(queue, work.run, concurrency=3):
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
    async with serving(queue, work.run, concurrency=2) as loop:
        await work.until_begun(2)
        loop.stop()
        work.let_go.set()
    assert await states(pool) == ["done", "done", "queued"]


async def test_what_does_not_end_within_the_grace_is_told_to(pool: Pool, queue: Queue, work: Work) -> None:
    await enqueue(pool, 2)
    async with serving(queue, work.run, grace_seconds=0.01):
        await work.until_begun(2)
    assert (work.cancelled, work.running) == (2, 0)


async def test_a_job_that_was_taken_away_is_stopped(pool: Pool, queue: Queue, work: Work) -> None:
    await enqueue(pool, 1)
    async with serving(queue, work.run) as loop:
        await work.until_begun(1)
        await pool.execute("update jobs set lease_until = now() - interval '1 second'")
        await queue.reclaim_expired(await queue.clock())
        await queue.claim(1)
        loop.check_leases()
        await work.until(lambda: work.cancelled == 1)
    assert await states(pool) == ["running"]
    assert await pool.fetchval("select attempt from jobs") == 2


async def test_a_job_that_was_cancelled_is_stopped_and_stays_so(pool: Pool, queue: Queue, work: Work) -> None:
    await enqueue(pool, 1)
    async with serving(queue, work.run) as loop:
        await work.until_begun(1)
        await Orders(pool).cancel(work.begun[0] // JOB_NUMBERS)
        loop.check_leases()
        await work.until(lambda: work.cancelled == 1)
    assert await states(pool) == ["cancelled"]


async def test_leases_are_extended_while_jobs_run(pool: Pool, work: Work) -> None:
    queue = Queue(pool, worker="one", lease_seconds=0.3, attempts_max=3)
    await enqueue(pool, 1)
    async with serving(queue, work.run, lease_seconds=0.3):
        await work.until_begun(1)
        first = await pool.fetchval("select lease_until from jobs")
        async with asyncio.timeout(TIMEOUT_SECONDS):
            # Two extensions, so that the first lease is surely over.
            while (await pool.fetchval("select lease_until from jobs") - first).total_seconds() < 0.3:
                pass
        assert await queue.reclaim_expired(await queue.clock()) == {}
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
        async with serving(queue, work.run, lease_seconds=5 * DELAY_SECONDS):
            await work.until_begun(1)
            await line.become(Mode.DELAY)
            first = await pool.fetchval(leased)
            second = await until(lambda: pool.fetchval(leased), lambda at: at > first)
            await until(lambda: pool.fetchval(leased), lambda at: at > second)
            await line.become(Mode.PASS)
            work.let_go.set()


async def test_no_providers_line_keeps_anothers_from_the_places(pool: Pool, queue: Queue, work: Work) -> None:
    await enqueue(pool, 6)
    others = [(await waiting(pool, member_id=100 + number)).jobs[0].id for number in range(2)]
    await pool.execute("update jobs set provider = 'other' where id = any($1)", others)
    work.let_go.set()

    async def claim_others(limit: int) -> list[Job]:
        return await queue.claim(limit, provider="other")

    async with serving(queue, work.run, concurrency=1, claims=(queue.claim, claim_others)):
        await work.until_begun(8)
    assert set(work.begun[:4]) >= set(others)


async def test_a_claim_that_fails_is_made_again_when_it_is_woken(
    pool: Pool, queue: Queue, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    await enqueue(pool, 1)
    work.let_go.set()
    tried = asyncio.Event()

    async def claim(limit: int) -> list[Job]:
        if not tried.is_set():
            tried.set()
            raise ConnectionResetError
        return await queue.claim(limit)

    async with serving(queue, work.run, claims=(claim,)) as loop:
        await asyncio.wait_for(tried.wait(), TIMEOUT_SECONDS)
        loop.wake()
        await work.until_begun(1)
    assert "nothing could be claimed: ConnectionResetError" in caplog.text


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
    loop = Loop(queue, (queue.claim,), run, concurrency=2, lease_seconds=3)
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
    await soon(serving)
    assert attempts == [1, 2]
    assert await pool.fetchval("select state from jobs") == "done"


async def test_a_heartbeat_that_breaks_ends_the_worker_but_not_what_it_holds(
    pool: Pool, queue: Queue, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_held: object) -> set[tuple[int, int]]:
        raise RuntimeError("a bug")

    await enqueue(pool, 1)
    monkeypatch.setattr(queue, "extend_leases", broken)
    loop = Loop(queue, (queue.claim,), work.run, concurrency=1, lease_seconds=30)
    serving = asyncio.create_task(loop.serve(grace_seconds=5))
    await work.until_begun(1)
    loop.check_leases()
    await work.until(lambda: not loop.is_idle)
    work.let_go.set()
    with pytest.raises(RuntimeError, match="a bug"):
        await soon(serving)
    assert await pool.fetchval("select state from jobs") == "done"
