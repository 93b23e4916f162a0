"""What a worker does from time to time."""

import time

import pytest

from db.pool import Pool
from db.reach import Reach
from tests.lives import running, stored, worker
from worker import upkeep

LEASE_SECONDS = 60.0


async def test_after_an_outage_no_lease_is_reaped_before_each_could_be_extended(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, now = False, time.monotonic()
    monkeypatch.setattr("db.reach.time.monotonic", lambda: now)
    queue = worker(pool)

    async def question() -> float | None:
        if away:
            raise ConnectionRefusedError("away")
        return await queue.front_waits_seconds()

    async def reap() -> int:
        await upkeep.reap(queue, reach, LEASE_SECONDS)
        return (await stored(pool, job.id)).faults

    reach = Reach(question, every_seconds=1)
    job = await running(pool)
    await pool.execute("update jobs set lease_until = now() - interval '1 second'")
    # A worker that has just started knows nothing of the time before.
    await reach.look()
    assert await reap() == 0
    now += LEASE_SECONDS - 1
    away = True
    await reach.look()
    away = False
    await reach.look()
    now += LEASE_SECONDS - 1
    assert await reap() == 0
    now += 1
    assert await reap() == 1


async def test_a_reap_that_hangs_on_its_way_takes_back_nothing_that_ran_out_meanwhile(pool: Pool) -> None:
    queue = worker(pool)
    job = await running(pool)
    sent_at = await queue.clock()
    await pool.execute("update jobs set lease_until = clock_timestamp()")
    assert await queue.reap(sent_at) == []
    assert await queue.reap(await queue.clock()) == [job.id]
