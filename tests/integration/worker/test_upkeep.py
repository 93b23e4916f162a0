"""What a worker does from time to time."""

import logging
import time

import pytest
from prometheus_client import CollectorRegistry

from db.bucket.client import Bucket
from db.bucket.sweep import Orphans
from db.daily_tasks import Chores
from db.pool import Pool
from ops.database_probe import Reach
from tests.lives import painted, running, stored, worker
from worker import upkeep
from worker.metered import MeteredRetention
from worker.metrics import WorkerMetrics

LEASE_SECONDS = 60.0


async def test_after_an_outage_no_lease_is_reaped_before_each_could_be_extended(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, now = False, time.monotonic()
    monkeypatch.setattr("ops.database_probe.time.monotonic", lambda: now)
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


async def test_the_nightly_work_is_one_workers_and_says_what_it_did(
    pool: Pool, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    await painted(pool)
    await pool.execute("update jobs set finished_at = now() - interval '40 days'")
    caplog.set_level(logging.INFO, "worker.upkeep")
    registry = CollectorRegistry()
    retention = MeteredRetention(pool, days=30, link_ttl_seconds=60, metrics=WorkerMetrics(registry))
    work = Chores(pool), Orphans(pool, bucket), retention
    for _worker in range(2):
        await upkeep.nightly(*work)
    assert caplog.messages == [
        "removed 0 objects that jobs had left",
        "1 pictures have expired, whose originals take 1000 bytes",
    ]
    assert registry.get_sample_value("tigerbrush_pictures_expired_total") == 1
    assert registry.get_sample_value("tigerbrush_pictures_expired_bytes_total") == 1000


async def test_originals_are_kept_for_ever_unless_days_are_set(pool: Pool, bucket: Bucket) -> None:
    await painted(pool)
    await pool.execute("update jobs set finished_at = now() - interval '40 years'")
    await upkeep.nightly(Chores(pool), Orphans(pool, bucket), None)
    assert await pool.fetchval("select expired_at from jobs") is None


async def test_a_reap_that_hangs_on_its_way_takes_back_nothing_that_ran_out_meanwhile(pool: Pool) -> None:
    queue = worker(pool)
    job = await running(pool)
    sent_at = await queue.clock()
    await pool.execute("update jobs set lease_until = clock_timestamp()")
    assert await queue.reap(sent_at) == []
    assert await queue.reap(await queue.clock()) == [job.id]
