"""Parked pictures go into the bucket when it is back, once each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.errors import BucketUnavailable, LostJob
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket
from db.erasure import Erasure
from db.orders import Job
from db.picture_store import Pictures
from db.pool import Pool
from db.spill import Parking
from tests.conditions import until
from tests.lives import running, stored
from worker.uploader import Carrier
from worker.watch import Watch


async def parked(pool: Pool, content: bytes = b"original") -> Job:
    held = await running(pool)
    await Parking(pool).park(held, content, b"preview", painted_seed=1, size=(64, 64))
    return await stored(pool, held.id)


@asynccontextmanager
async def carrying(pool: Pool, bucket: Bucket, *, bytes_max: int = 10**6) -> AsyncIterator[Carrier]:
    carrier = Carrier(Parking(pool, bytes_max=bytes_max), bucket, Watch(Alarms(pool)))
    task = asyncio.create_task(carrier.serve())
    carrier.wake()
    yield carrier
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until_empty(pool: Pool) -> None:
    await until(lambda: pool.fetchval("select count(*) from parked"), lambda count: count == 0)


async def test_a_parked_picture_is_carried_over_and_its_reply_is_behind(pool: Pool, bucket: Bucket) -> None:
    before = await parked(pool)
    async with carrying(pool, bucket):
        await until_empty(pool)
    job = await stored(pool, before.id)
    assert (job.parked, job.revision) == (False, before.revision + 1)
    assert await bucket.get_original(job) == b"original"
    assert await bucket.get_preview(job) == b"preview"
    # Who read the job just before finds the picture all the same.
    assert await Pictures(bucket, Parking(pool)).original(before) == b"original"


async def test_what_the_bucket_does_not_take_stays_parked(
    pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await parked(pool)
    tried, put = asyncio.Event(), bucket.put_original

    async def away(_job: Job, _picture: bytes) -> None:
        tried.set()
        raise BucketUnavailable("away")

    monkeypatch.setattr(bucket, "put_original", away)
    async with carrying(pool, bucket) as carrier:
        await asyncio.wait_for(tried.wait(), 10)
        monkeypatch.setattr(bucket, "put_original", put)
        assert (await stored(pool, job.id)).parked

        async def nudge() -> int:
            carrier.wake()
            left: int = await pool.fetchval("select count(*) from parked")
            return left

        await until(nudge, lambda left: left == 0)
    assert await bucket.get_original(job) == b"original"


async def test_of_several_workers_each_picture_is_one_workers(pool: Pool, bucket: Bucket) -> None:
    jobs = [await parked(pool, b"%d" % number) for number in range(5)]
    claims = await asyncio.gather(*(Parking(pool).claim_one(hold_seconds=60) for _ in range(8)))
    assert sorted(claim.job.id for claim in claims if claim) == [job.id for job in jobs]


async def test_an_erased_picture_leaves_the_parking_and_is_carried_no_further(pool: Pool) -> None:
    job = await parked(pool)
    claimed = await Parking(pool).claim_one(hold_seconds=60)
    assert claimed is not None
    await Erasure(pool).erase(job.id)
    assert await Parking(pool).bytes_used() == 0
    with pytest.raises(LostJob):
        await Parking(pool).carried(claimed.job)
    other = await parked(pool)
    await Erasure(pool).erase_member(other.member_id)
    assert await Parking(pool).bytes_used() == 0


async def test_the_alarms_end_when_there_is_room_again(pool: Pool, bucket: Bucket) -> None:
    for code in (AlarmCode.PARKING_FILLS, AlarmCode.PARKING_FULL):
        await Alarms(pool).sound(code, "detail")
    await parked(pool)
    async with carrying(pool, bucket):
        await until(lambda: pool.fetchval("select count(*) from alarms"), lambda count: count == 0)
