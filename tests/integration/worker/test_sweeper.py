"""What members had deleted leaves the bucket too, and so does what has expired."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.errors import BucketUnavailable, PictureGone
from db.bucket.client import Bucket
from db.erasure import Erasure
from db.listen import listen
from db.orders import Job
from db.pool import Pool
from db.retention import Retention
from tests.conditions import until
from tests.lives import painted
from worker.sweeper import Sweeper

TIMEOUT_SECONDS = 10


@asynccontextmanager
async def sweeping(sweeper: Sweeper) -> AsyncIterator[None]:
    task = asyncio.create_task(sweeper.serve())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until_removed(pool: Pool, job: Job) -> None:
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while not await pool.fetchval("select objects_due_at > erased_at + interval '59 minutes' from jobs"):
            pass


async def stored_picture(pool: Pool, bucket: Bucket) -> Job:
    job = await painted(pool)
    await bucket.put_original(job, b"png bytes")
    await bucket.put_preview(job, b"webp bytes")
    return job


async def test_a_deleted_picture_is_removed_at_once(pool: Pool, bucket: Bucket, database_url: str) -> None:
    job = await stored_picture(pool, bucket)
    sweeper = Sweeper(Erasure(pool), bucket)
    connected = asyncio.Event()

    def wake() -> None:
        connected.set()
        sweeper.wake()

    listener = asyncio.create_task(listen(database_url, {"job_erased": wake}))
    await asyncio.wait_for(connected.wait(), TIMEOUT_SECONDS)
    async with sweeping(sweeper):
        await Erasure(pool).erase(job.id)
        await until_removed(pool, job)
    listener.cancel()
    await asyncio.gather(listener, return_exceptions=True)
    with pytest.raises(PictureGone):
        await bucket.get_original(job)
    with pytest.raises(PictureGone):
        await bucket.get_preview(job)


async def test_a_bucket_that_is_away_gets_another_chance(
    pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await stored_picture(pool, bucket)
    sweeper = Sweeper(Erasure(pool), bucket)
    remove, tried = bucket.remove, asyncio.Event()

    async def away(_job: Job) -> None:
        tried.set()
        raise BucketUnavailable("away")

    monkeypatch.setattr(bucket, "remove", away)
    await Erasure(pool).erase(job.id)
    async with sweeping(sweeper):
        sweeper.wake()
        await asyncio.wait_for(tried.wait(), TIMEOUT_SECONDS)
        monkeypatch.setattr(bucket, "remove", remove)
        await pool.execute("update jobs set objects_due_at = now()")
        sweeper.wake()
        await until_removed(pool, job)
    with pytest.raises(PictureGone):
        await bucket.get_original(job)


async def test_of_an_expired_picture_the_preview_stays(pool: Pool, bucket: Bucket) -> None:
    job = await stored_picture(pool, bucket)
    await pool.execute("update jobs set finished_at = now() - interval '40 days'")
    await Retention(pool, days=30, link_ttl_seconds=0).expire()
    sweeper = Sweeper(Erasure(pool), bucket)
    async with sweeping(sweeper):
        sweeper.wake()
        await until(lambda: pool.fetchval("select objects_due_at from jobs"), lambda due: due is None)
    with pytest.raises(PictureGone):
        await bucket.get_original(job)
    assert await bucket.get_preview(job) == b"webp bytes"
