"""Spilled pictures go into the bucket when it is back, once each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.errors import BucketUnavailable, LostJob
from core.orders import Picture
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket
from db.erasure import Erasure
from db.picture_store import PictureStore
from db.pool import Pool
from db.spill import Spill
from ops.wake_loop import WakeLoop
from tests.conditions import until
from tests.lives import painted_by, running, stored
from worker.uploader import POSTPONED, Uploader


async def spilled(pool: Pool, content: bytes = b"original") -> Picture:
    held = await running(pool)
    await Spill(pool).keep(painted_by(held, size=len(content)), content, b"preview")
    (picture,) = (await stored(pool, held.order.id)).progress.pictures
    return picture


@asynccontextmanager
async def uploading(pool: Pool, bucket: Bucket, *, bytes_max: int = 10**6) -> AsyncIterator[WakeLoop]:
    uploader = Uploader(Spill(pool, bytes_max=bytes_max), bucket, Alarms(pool))
    loop = WakeLoop(uploader.work, postponed=POSTPONED)
    task = asyncio.create_task(loop.serve())
    loop.wake()
    yield loop
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until_empty(pool: Pool) -> None:
    await until(lambda: pool.fetchval("select count(*) from spill"), lambda count: count == 0)


async def test_a_spilled_picture_is_uploaded_and_its_reply_is_behind(pool: Pool, bucket: Bucket) -> None:
    before = await spilled(pool)
    revision = (await stored(pool, before.order.id)).revision
    async with uploading(pool, bucket):
        await until_empty(pool)
    reply = await stored(pool, before.order.id)
    (picture,) = reply.progress.pictures
    assert (picture.is_spilled, reply.revision) == (False, revision + 1)
    assert await bucket.get_original(picture) == b"original"
    assert await bucket.get_preview(picture) == b"preview"
    # Whoever looked it up just before finds it as well.
    assert await PictureStore(bucket, Spill(pool)).original(before) == b"original"


async def test_what_the_bucket_does_not_take_stays_in_postgres(
    pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = await spilled(pool)
    tried, put = asyncio.Event(), bucket.put_original

    async def away(_picture: Picture, _content: bytes) -> None:
        tried.set()
        raise BucketUnavailable("away")

    monkeypatch.setattr(bucket, "put_original", away)
    async with uploading(pool, bucket) as loop:
        await asyncio.wait_for(tried.wait(), 10)
        monkeypatch.setattr(bucket, "put_original", put)
        assert await Spill(pool).bytes_used() == len(b"originalpreview")

        async def nudge() -> int:
            loop.wake()
            left: int = await pool.fetchval("select count(*) from spill")
            return left

        await until(nudge, lambda left: left == 0)
    assert await bucket.get_original(picture) == b"original"


async def test_a_worker_that_dies_after_the_upload_leaves_it_to_another(pool: Pool, bucket: Bucket) -> None:
    """What was uploaded and not recorded is uploaded again, and shown once."""
    picture = await spilled(pool)
    claimed = await Spill(pool).claim_one(hold_seconds=60)
    assert claimed is not None
    await bucket.put_original(picture, claimed.original)
    await pool.execute("update spill set upload_at = now()")
    async with uploading(pool, bucket):
        await until_empty(pool)
    assert await bucket.get_preview(picture) == b"preview"


async def test_of_several_workers_each_picture_is_one_workers(pool: Pool, bucket: Bucket) -> None:
    pictures = [await spilled(pool, b"%d" % number) for number in range(5)]
    claims = await asyncio.gather(*(Spill(pool).claim_one(hold_seconds=60) for _ in range(8)))
    assert sorted(claim.picture.id for claim in claims if claim) == [picture.id for picture in pictures]


async def test_an_erased_picture_leaves_the_spill_and_is_uploaded_no_further(pool: Pool) -> None:
    picture = await spilled(pool)
    claimed = await Spill(pool).claim_one(hold_seconds=60)
    assert claimed is not None
    await Erasure(pool).erase(picture.id)
    assert await Spill(pool).bytes_used() == 0
    with pytest.raises(LostJob):
        await Spill(pool).uploaded(claimed.picture)
    other = await spilled(pool)
    await Erasure(pool).erase_member(other.order.member_id)
    assert await Spill(pool).bytes_used() == 0


async def test_the_alarms_are_resolved_when_there_is_room_again(pool: Pool, bucket: Bucket) -> None:
    for code in (AlarmCode.SPILL_FILLS, AlarmCode.SPILL_FULL):
        await Alarms(pool).raise_(code, "detail")
    await spilled(pool)
    async with uploading(pool, bucket):
        await until(lambda: pool.fetchval("select count(*) from alarms"), lambda count: count == 0)
