"""What a worker does from time to time."""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from core.errors import BucketUnavailable
from core.orders import State
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket
from db.ledger import Ledger
from db.pool import Pool
from ops.database_probe import DatabaseProbe
from ops.signing import Signer
from tests.lives import job as job_of
from tests.lives import painted, running, waiting, worker
from tests.workshop import instruments
from worker import upkeep

LEASE_SECONDS = 60.0


async def test_the_owner_is_told_of_a_certificate_that_has_run_out_until_there_is_another(pool: Pool) -> None:
    alarms, now = Alarms(pool), datetime.now(UTC)
    signer = Signer(None, "Fox & Co", now - timedelta(days=1))
    await upkeep.check_certificate(alarms, signer)
    await upkeep.check_certificate(alarms, signer)
    (alarm,) = await alarms.claim_untold()
    assert (alarm.code, alarm.problem) == (
        AlarmCode.CERTIFICATE, "The certificate by which pictures are signed has run out."
    )  # fmt: skip
    assert alarm.detail == f"that of Fox & Co ran out on {now - timedelta(days=1):%Y-%m-%d}"
    await upkeep.check_certificate(alarms, replace(signer, expires_at=now + timedelta(days=1)))
    assert await alarms.open() == []


async def test_after_an_outage_no_lease_is_reclaimed_before_each_could_be_extended(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, now = False, time.monotonic()
    monkeypatch.setattr("ops.database_probe.time.monotonic", lambda: now)
    queue, counted = worker(pool), instruments()

    async def question() -> float | None:
        if away:
            raise ConnectionRefusedError("away")
        return await queue.front_waits_seconds()

    async def reclaim() -> int:
        await upkeep.reclaim_expired(queue, probe, counted, lease_seconds=LEASE_SECONDS)
        return (await job_of(pool, job.id)).faults

    probe = DatabaseProbe(question, every_seconds=1)
    job = await running(pool)
    await pool.execute("update jobs set lease_until = now() - interval '1 second'")
    # A worker that has just started knows nothing of the time before.
    await probe.probe()
    assert await reclaim() == 0
    now += LEASE_SECONDS - 1
    away = True
    await probe.probe()
    away = False
    await probe.probe()
    now += LEASE_SECONDS - 1
    assert await reclaim() == 0
    now += 1
    assert await reclaim() == 1
    assert counted.registry.get_sample_value("tigerbrush_leases_lost_total") == 1


async def test_the_nightly_work_is_one_workers_and_says_what_it_did(
    pool: Pool, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    await painted(pool)
    await pool.execute("update pictures set created_at = now() - interval '40 days'")
    await pool.execute("update usage set month = month - interval '1 month'")
    await pool.execute("update usage_keys set month = month - interval '1 month'")
    caplog.set_level(logging.INFO, "worker.upkeep")
    counted = instruments()
    tasks: dict[str, Callable[[], Awaitable[None]]] = {
        "sweep": partial(upkeep.remove_orphans, pool, bucket),
        "month": Ledger(pool).end_month,
        "retention": partial(upkeep.expire, pool, counted, days=30, link_ttl_seconds=60),
    }
    for _worker in range(2):
        await upkeep.nightly(pool, tasks)
    assert caplog.messages == [
        "removed 0 objects that jobs had left",
        "1 pictures have expired, whose originals take 1000 bytes",
    ]
    assert counted.registry.get_sample_value("tigerbrush_pictures_expired_total") == 1
    assert counted.registry.get_sample_value("tigerbrush_pictures_expired_bytes_total") == 1000
    # Of the month that is over nobody can tell who used what, and the sums are still there.
    assert await pool.fetchval("select count(*) from usage_keys") == 0
    assert [row["scope"] for row in await pool.fetch("select scope from usage order by scope")] == [
        "all",
        "server",
    ]


async def test_a_nightly_task_that_fails_leaves_the_others_as_they_are(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    done = []

    async def away() -> None:
        raise BucketUnavailable("away")

    async def other() -> None:
        done.append("other")

    await upkeep.nightly(pool, {"sweep": away, "other": other})
    assert done == ["other"]
    assert "sweep was left for the next time: away" in caplog.text


async def test_a_reclaim_that_hangs_on_its_way_reclaims_nothing_that_ran_out_meanwhile(pool: Pool) -> None:
    queue = worker(pool)
    job = await running(pool)
    sent_at = await queue.clock()
    await pool.execute("update jobs set lease_until = clock_timestamp()")
    assert await queue.reclaim_expired(sent_at) == {}
    assert await queue.reclaim_expired(await queue.clock()) == {job.id: State.QUEUED}


async def test_each_job_that_is_lost_for_good_is_counted_as_failed(pool: Pool) -> None:
    queue, counted = worker(pool, attempts_max=1), instruments()

    async def answers() -> float | None:
        return None

    await waiting(pool, count=2)
    assert len(await queue.claim(2)) == 2
    await pool.execute("update jobs set lease_until = now() - interval '1 second'")
    probe = DatabaseProbe(answers, every_seconds=1)
    await probe.probe()
    await upkeep.reclaim_expired(queue, probe, counted, lease_seconds=0)
    labels = {"outcome": "failed", "code": "worker_lost"}
    assert counted.registry.get_sample_value("tigerbrush_jobs_ended_total", labels) == 2
