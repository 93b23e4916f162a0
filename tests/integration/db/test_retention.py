"""Originals expire after some days, and nothing else does."""

import asyncpg
import pytest

from core.errors import PictureGone
from core.orders import Picture
from db import retention
from db.bucket.client import Bucket
from db.erasure import Erasure
from db.favourites import Favourites
from db.picture_store import PictureStore
from db.pictures import Pictures
from db.pool import Pool
from db.retention import Expired
from db.spill import Spill
from tests.lives import failed, painted, painted_by, running, stored

ANNA, BERT = 1, 2
DAYS, LINK_TTL_SECONDS = 30, 3600


async def expire(pool: Pool) -> Expired:
    return await retention.expire(pool, days=DAYS, link_ttl_seconds=LINK_TTL_SECONDS)


async def age(pool: Pool, *pictures: Picture, days: float = DAYS + 1) -> None:
    await pool.execute(
        "update pictures set created_at = now() - make_interval(hours => $1) where id = any($2::bigint[])",
        round(days * 24),
        [picture.id for picture in pictures],
    )


async def is_expired(pool: Pool, picture: Picture) -> bool:
    expired: bool = await pool.fetchval(
        "select expired_at is not null from pictures where id = $1", picture.id
    )
    return expired


async def spilled(pool: Pool) -> Picture:
    job = await running(pool, member_id=ANNA)
    await Spill(pool).keep(painted_by(job), b"png", b"webp")
    (picture,) = (await stored(pool, job.order.id)).progress.pictures
    return picture


async def test_what_is_older_expires_once_and_what_somebody_marked_is_kept(pool: Pool) -> None:
    old, marked, erased, young = [await painted(pool, member_id=ANNA) for _ in range(4)]
    kept = await spilled(pool)
    await failed(pool)
    await running(pool)
    await age(pool, old, marked, kept, erased)
    await age(pool, young, days=DAYS - 0.5)
    await Favourites(pool).add(BERT, marked.id)
    await Erasure(pool).erase(erased.id)
    revision = (await stored(pool, old.order.id)).revision

    assert await expire(pool) == Expired(1, 1000)
    assert await expire(pool) == Expired(0, 0)
    assert [await is_expired(pool, picture) for picture in (old, marked, kept, erased, young)] == [
        *(True, False, False, False, False)
    ]
    # Nobody looks at messages that are so old, so none is edited.
    assert (await stored(pool, old.order.id)).revision == revision


async def test_many_expire_in_batches_and_each_begins_where_the_last_one_ended(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.retention.BATCH", 2)
    old = [await painted(pool) for _ in range(5)]
    for number, picture in enumerate(old):
        await age(pool, picture, days=DAYS + 5 - number)
    begins, fetch = [], pool.fetch

    async def watched(statement: str, *args: object) -> list[asyncpg.Record]:
        begins.append(args[-1])
        return await fetch(statement, *args)

    monkeypatch.setattr(pool, "fetch", watched)
    assert await expire(pool) == Expired(5, 5000)
    ages = [await pool.fetchval("select created_at from pictures where id = $1", one.id) for one in old]
    assert begins[1:] == [ages[1], ages[3]]


async def test_an_expired_picture_stays_in_the_gallery_without_a_link(pool: Pool, bucket: Bucket) -> None:
    picture = await painted(pool, member_id=ANNA)
    store = PictureStore(bucket, Spill(pool))
    assert store.link(picture) is not None
    await bucket.put_preview(picture, b"webp bytes")
    await age(pool, picture)
    await expire(pool)
    page = await Pictures(pool).page(owner_id=ANNA, viewer_id=BERT, channel_ids=[30], limit=9)
    (listed,) = page.pictures
    assert listed.is_expired
    assert store.link(listed) is None
    assert await store.preview(listed) == b"webp bytes"


async def test_the_original_goes_when_links_that_were_given_out_have_ended(
    pool: Pool, bucket: Bucket
) -> None:
    picture = await painted(pool)
    await bucket.put_original(picture, b"png")
    await bucket.put_preview(picture, b"webp")
    await age(pool, picture)
    await expire(pool)
    erasure = Erasure(pool)
    assert await erasure.claim_removals(9, hold_seconds=60) == []
    kept = await pool.fetchval("select due_at - now() from removals")
    assert LINK_TTL_SECONDS - 60 < kept.total_seconds() <= LINK_TTL_SECONDS
    await pool.execute("update removals set due_at = now()")
    (prefix,) = await erasure.claim_removals(9, hold_seconds=60)
    await bucket.remove(prefix)
    with pytest.raises(PictureGone):
        await bucket.get_original(picture)
    assert await bucket.get_preview(picture) == b"webp"
    await erasure.removed(prefix)
    assert await pool.fetchval("select count(*) from removals") == 0


async def test_an_expired_picture_can_still_be_deleted_with_all_that_is_left(
    pool: Pool, bucket: Bucket
) -> None:
    picture = await painted(pool, member_id=ANNA)
    await bucket.put_preview(picture, b"webp bytes")
    await age(pool, picture)
    await expire(pool)
    erasure = Erasure(pool)
    assert await erasure.erase_member(ANNA) == 1
    (prefix,) = await erasure.claim_removals(9, hold_seconds=60)
    await bucket.remove(prefix)
    with pytest.raises(PictureGone):
        await bucket.get_preview(picture)


async def test_of_an_order_each_picture_expires_on_its_own(pool: Pool) -> None:
    first = await painted(pool, member_id=ANNA, count=2)
    await age(pool, first)
    (job,) = [job for job in (await stored(pool, first.order.id)).progress.jobs if job.id != first.id]
    assert await expire(pool) == Expired(1, 1000)
    assert (await stored(pool, first.order.id)).progress.pictures[0].is_expired
    assert job.number == 2
    removal = await pool.fetchval("select prefix from removals")
    assert removal == f"{first.order.key}/1/1/original.png"
