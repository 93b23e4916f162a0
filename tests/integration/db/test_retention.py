"""Originals expire after some days, and nothing else does."""

import pytest

from core.errors import PictureGone
from db.bucket.client import Bucket
from db.erasure import Erasure
from db.favourites import Favourites
from db.orders import Job
from db.picture_store import Pictures
from db.pictures import Gallery
from db.pool import Pool
from db.retention import Expired, Retention
from db.spill import Parking
from tests.lives import failed, painted, running, stored

ANNA, BERT = 1, 2
DAYS, LINK_TTL_SECONDS = 30, 3600


def retention(pool: Pool) -> Retention:
    return Retention(pool, days=DAYS, link_ttl_seconds=LINK_TTL_SECONDS)


async def age(pool: Pool, *jobs: Job, days: float = DAYS + 1) -> None:
    await pool.execute(
        "update jobs set finished_at = now() - make_interval(hours => $1) where id = any($2::bigint[])",
        round(days * 24),
        [job.id for job in jobs],
    )


async def test_what_is_older_expires_once_and_what_somebody_marked_is_kept(pool: Pool) -> None:
    old, marked, parked, erased, young = [await painted(pool, member_id=ANNA) for _ in range(5)]
    others = [await failed(pool), await running(pool)]
    await age(pool, old, marked, parked, erased, others[0])
    await age(pool, young, days=DAYS - 0.5)
    await Favourites(pool).add(BERT, marked.id)
    await pool.execute("update jobs set parked = true where id = $1", parked.id)
    await Erasure(pool).erase(erased.id)

    assert await retention(pool).expire() == Expired(1, 1000)
    assert await retention(pool).expire() == Expired(0, 0)
    assert (await stored(pool, old.id)).is_expired
    for job in (marked, parked, erased, young, *others):
        assert not (await stored(pool, job.id)).is_expired
    # Nobody looks at messages that are so old, so none is edited.
    assert (await stored(pool, old.id)).revision == old.revision


async def test_many_expire_in_batches(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.retention.BATCH", 2)
    await age(pool, *[await painted(pool) for _ in range(5)])
    assert await retention(pool).expire() == Expired(5, 5000)


async def test_an_expired_picture_stays_in_the_gallery_without_a_link(pool: Pool, bucket: Bucket) -> None:
    job = await painted(pool, member_id=ANNA)
    pictures = Pictures(bucket, Parking(pool))
    assert pictures.link(job) is not None
    await bucket.put_preview(job, b"webp bytes")
    await age(pool, job)
    await retention(pool).expire()
    (listed,) = (await Gallery(pool).page(owner_id=ANNA, viewer_id=BERT, channel_ids=[30], limit=9)).jobs
    assert listed.is_expired
    assert pictures.link(listed) is None
    assert await pictures.preview(listed) == b"webp bytes"


async def test_the_original_goes_when_links_that_were_given_out_have_ended(pool: Pool) -> None:
    job = await painted(pool)
    await age(pool, job)
    await retention(pool).expire()
    erasure = Erasure(pool)
    assert await erasure.claim_objects(9, hold_seconds=60) == []
    kept = await pool.fetchval("select objects_due_at - expired_at from jobs")
    assert kept.total_seconds() == LINK_TTL_SECONDS
    await pool.execute("update jobs set objects_due_at = now()")
    assert [due.id for due in await erasure.claim_objects(9, hold_seconds=60)] == [job.id]
    await erasure.objects_removed(job)
    assert await pool.fetchval("select objects_due_at from jobs") is None


async def test_an_expired_picture_can_still_be_deleted_with_all_that_is_left(
    pool: Pool, bucket: Bucket
) -> None:
    job = await painted(pool, member_id=ANNA)
    await bucket.put_preview(job, b"webp bytes")
    await age(pool, job)
    await retention(pool).expire()
    erasure = Erasure(pool)
    assert await erasure.erase_member(ANNA) == 1
    (due,) = await erasure.claim_objects(9, hold_seconds=60)
    await bucket.remove(due)
    with pytest.raises(PictureGone):
        await bucket.get_preview(job)
