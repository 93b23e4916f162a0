"""What members hand in: kept for as long as an order is made from it, and no longer."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from core.errors import PictureGone
from core.operations import PAINT_OVER
from core.orders import Picture, Upload
from db.bucket.client import Bucket
from db.bucket.sweep import sweep
from db.erasure import Erasure
from db.pool import Pool
from db.uploads import Uploads
from tests.conditions import until
from tests.lives import painted, running, waiting, worker

ANNA, BERT = 901234567890123451, 902345678901234562
URL = "https://cdn.discordapp.com/attachments/1/2/fox.png?ex=68&is=67&hm=5ec2e7&"


@pytest.fixture
def uploads(pool: Pool) -> Uploads:
    return Uploads(pool)


@pytest.fixture
def erasure(pool: Pool) -> Erasure:
    return Erasure(pool)


async def handed_in(pool: Pool, member_id: int = ANNA) -> Upload:
    return await Uploads(pool).add(member_id, url=URL, width=640, height=480, size=1000)


async def made_from(pool: Pool, *uploads: Upload, member_id: int = ANNA) -> Picture:
    inputs = tuple(upload.id for upload in uploads)
    return await painted(pool, operation=PAINT_OVER.name, model="inpaint", inputs=inputs, member_id=member_id)


async def due(erasure: Erasure) -> set[str]:
    return set(await erasure.claim_removals(100, hold_seconds=60))


async def test_they_come_among_pictures_in_the_orders_order(pool: Pool, uploads: Uploads) -> None:
    picture, first, second = await painted(pool), await handed_in(pool), await handed_in(pool)
    await uploads.kept(second)
    job = await running(pool, inputs=(second.id, picture.id, first.id, second.id))
    kept, found, new, again = await worker(pool).inputs(job)
    assert (found, new) == (picture, first)
    assert isinstance(kept, Upload)
    assert isinstance(new, Upload)
    assert (kept.id, kept.key, kept.url, again) == (second.id, second.key, None, kept)
    assert (new.url, "5ec2e7" in repr(new)) == (URL, False)
    await pool.execute("update uploads set erased_at = now() where id = $1", second.id)
    assert await worker(pool).inputs(job) == [picture, first]


async def test_one_goes_with_the_last_order_that_is_made_from_it(
    pool: Pool, uploads: Uploads, erasure: Erasure
) -> None:
    shared, own = await handed_in(pool), await handed_in(pool)
    first, second = await made_from(pool, shared, own), await made_from(pool, shared, member_id=BERT)
    await erasure.erase(first.id)
    assert [await uploads.find(one.id) for one in (shared, own)] == [shared, None]
    assert await due(erasure) == {f"{own.key}/", f"{first.order.key}/"}
    await erasure.erase(second.id)
    assert await uploads.find(shared.id) is None
    assert await due(erasure) == {f"{shared.key}/", f"{second.order.key}/"}
    # Nothing is left that leads to the member, or to Discord; and late objects go an hour later.
    rows = await pool.fetch("select member_id, url from uploads")
    assert [tuple(row) for row in rows] == [(0, None)] * 2
    assert await pool.fetchval("select count(*) from removals where again_at is null") == 0


async def test_an_order_that_waits_still_needs_it(pool: Pool, uploads: Uploads, erasure: Erasure) -> None:
    upload = await handed_in(pool)
    done = await made_from(pool, upload)
    await waiting(pool, inputs=(upload.id,), member_id=ANNA)
    await erasure.erase(done.id)
    assert await uploads.find(upload.id) == upload


async def test_of_two_last_orders_that_are_erased_at_once_one_takes_it_along(
    pool: Pool, uploads: Uploads, erasure: Erasure
) -> None:
    upload = await handed_in(pool)
    pictures = [await made_from(pool, upload) for _ in range(2)]
    async with pool.acquire() as other, other.transaction():
        # Both have begun, and wait for it.
        await other.execute("select from uploads for no key update")
        erasing = [asyncio.create_task(erasure.erase(picture.id)) for picture in pictures]
        await until(
            lambda: other.fetchval("select count(*) from pg_locks where not granted"),
            lambda count: count == 2,
        )
    await asyncio.gather(*erasing)
    assert await uploads.find(upload.id) is None


async def test_a_member_who_is_forgotten_has_handed_in_nothing(
    pool: Pool, uploads: Uploads, erasure: Erasure
) -> None:
    used, unused, lent, theirs = [await handed_in(pool, member_id) for member_id in (ANNA, ANNA, ANNA, BERT)]
    await made_from(pool, used)
    of_bert = await made_from(pool, lent, theirs, member_id=BERT)
    await erasure.erase_member(ANNA)
    left = [await uploads.find(upload.id) for upload in (used, unused, lent, theirs)]
    assert left == [None, None, None, theirs]
    assert {f"{upload.key}/" for upload in (used, unused, lent)} <= await due(erasure)
    assert await pool.fetchval("select count(*) from uploads where member_id = $1 or url is null", ANNA) == 3
    # What was made from it is there, and cannot be made again from that.
    job = await running(pool, inputs=of_bert.order.inputs, member_id=BERT)
    assert await worker(pool).inputs(job) == [theirs]


async def test_what_nothing_was_made_from_goes_after_two_days(
    pool: Pool, uploads: Uploads, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.uploads.BATCH", 2)
    unused = [await handed_in(pool) for _ in range(5)]
    waits, kept = await handed_in(pool), await handed_in(pool)
    await waiting(pool, inputs=(waits.id,))
    await uploads.kept(kept)
    await pool.execute("update uploads set created_at = now() - interval '47 hours'")
    assert await uploads.erase_unused() == 0
    await pool.execute("update uploads set created_at = now() - interval '49 hours'")
    new = await handed_in(pool)
    assert await uploads.erase_unused() == 5
    assert await due(erasure) == {f"{upload.key}/" for upload in unused}
    assert [(await uploads.find(upload.id)) is None for upload in (*unused, waits, kept, new)] == [
        *[True] * 5,
        *[False] * 3,
    ]


async def test_what_was_kept_after_it_was_erased_is_swept_and_what_is_not_ours_stays(
    pool: Pool, bucket: Bucket
) -> None:
    kept, late, unknown = [await handed_in(pool) for _ in range(3)]
    for upload in (kept, late, unknown):
        await bucket.put_upload(upload, b"as it came")
    await pool.execute("update uploads set erased_at = now() where id = $1", late.id)
    # As of another installation, or of one that was restored from before.
    await pool.execute("update uploads set key = $2 where id = $1", unknown.id, uuid4())
    assert await sweep(pool, bucket) == 0
    # The server's clock counts in whole seconds.
    assert await sweep(pool, bucket, age_min=timedelta(seconds=-2)) == 1
    for upload in (kept, unknown):
        assert await bucket.get_upload(upload) == b"as it came"
        await bucket.remove(f"{upload.key}/")
    with pytest.raises(PictureGone):
        await bucket.get_upload(late)
