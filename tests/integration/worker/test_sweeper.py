"""What members had deleted leaves the bucket too, and so does what has expired."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.errors import BucketUnavailable, PictureGone
from core.orders import Picture
from db.bucket.client import Bucket
from db.erasure import Erasure
from db.listen import listen
from db.pool import Pool
from db.retention import expire
from ops.wake_loop import WakeLoop
from tests.conditions import until
from tests.lives import finish, painted, waiting, worker
from worker.sweeper import POSTPONED, Sweeper

TIMEOUT_SECONDS = 10


@asynccontextmanager
async def sweeping(pool: Pool, bucket: Bucket) -> AsyncIterator[WakeLoop]:
    loop = WakeLoop(Sweeper(Erasure(pool), bucket).work, postponed=POSTPONED)
    task = asyncio.create_task(loop.serve())
    yield loop
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until_removed(pool: Pool) -> None:
    """All that is left to do is to look once more, in an hour."""
    await until(
        lambda: pool.fetchval("select bool_and(due_at > now() + interval '50 minutes') from removals"), bool
    )


async def stored_picture(pool: Pool, bucket: Bucket) -> Picture:
    return await put(bucket, await painted(pool))


async def put(bucket: Bucket, picture: Picture) -> Picture:
    await bucket.put_original(picture, b"png bytes")
    await bucket.put_preview(picture, b"webp bytes")
    return picture


async def test_a_deleted_picture_is_removed_at_once(pool: Pool, bucket: Bucket, database_url: str) -> None:
    picture = await stored_picture(pool, bucket)
    connected = asyncio.Event()
    async with sweeping(pool, bucket) as loop:

        def wake() -> None:
            connected.set()
            loop.wake()

        listener = asyncio.create_task(listen(database_url, {"removal_due": wake}))
        await asyncio.wait_for(connected.wait(), TIMEOUT_SECONDS)
        await Erasure(pool).erase(picture.id)
        await until_removed(pool)
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
    with pytest.raises(PictureGone):
        await bucket.get_original(picture)
    with pytest.raises(PictureGone):
        await bucket.get_preview(picture)


async def test_of_an_order_that_one_picture_is_deleted_of_the_others_stay(pool: Pool, bucket: Bucket) -> None:
    await waiting(pool, count=2)
    first, second = [await put(bucket, await finish(pool, job)) for job in await worker(pool).claim(2)]
    await Erasure(pool).erase(first.id)
    async with sweeping(pool, bucket) as loop:
        loop.wake()
        await until_removed(pool)
    with pytest.raises(PictureGone):
        await bucket.get_original(first)
    assert await bucket.get_original(second) == b"png bytes"


async def test_a_bucket_that_is_away_gets_another_chance(
    pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = await stored_picture(pool, bucket)
    remove, tried = bucket.remove, asyncio.Event()

    async def away(_prefix: str) -> None:
        tried.set()
        raise BucketUnavailable("away")

    monkeypatch.setattr(bucket, "remove", away)
    await Erasure(pool).erase(picture.id)
    async with sweeping(pool, bucket) as loop:
        loop.wake()
        await asyncio.wait_for(tried.wait(), TIMEOUT_SECONDS)
        monkeypatch.setattr(bucket, "remove", remove)
        await pool.execute("update removals set due_at = now()")
        loop.wake()
        await until_removed(pool)
    with pytest.raises(PictureGone):
        await bucket.get_original(picture)


async def test_of_an_expired_picture_the_preview_stays(pool: Pool, bucket: Bucket) -> None:
    picture = await stored_picture(pool, bucket)
    await pool.execute("update pictures set created_at = now() - interval '40 days'")
    await expire(pool, days=30, link_ttl_seconds=0)
    async with sweeping(pool, bucket) as loop:
        loop.wake()
        await until(lambda: pool.fetchval("select count(*) from removals"), lambda count: count == 0)
    with pytest.raises(PictureGone):
        await bucket.get_original(picture)
    assert await bucket.get_preview(picture) == b"webp bytes"
