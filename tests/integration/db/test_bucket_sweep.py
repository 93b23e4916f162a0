"""What no job leads to leaves the bucket; everything else stays."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.errors import PictureGone
from core.orders import Job, Picture
from core.settings import DatabaseSettings
from db.bucket.client import Bucket, original_key
from db.bucket.sweep import orphans_among, sweep
from db.erasure import Erasure
from db.orders import Orders
from db.pool import Pool, open_pool
from tests.conftest import new_database
from tests.lives import finish, painted, running, waiting, worker

# The server's clock counts in whole seconds.
NOW = timedelta(seconds=-2)


async def exist(bucket: Bucket, stored: Iterable[Job | Picture]) -> list[bool]:
    found = []
    for one in stored:
        try:
            await bucket.get_original(one)
            found.append(True)
        except PictureGone:
            found.append(False)
    return found


async def test_only_what_was_left_by_a_job_is_removed(pool: Pool, bucket: Bucket) -> None:
    job, held, cancelled = await running(pool), await running(pool), await running(pool)
    await pool.execute("update jobs set attempt = 3 where id = $1", job.id)
    shown = await finish(pool, replace(job, attempt=3))
    await Orders(pool).cancel(cancelled.order.id)
    deleted = await painted(pool)
    await Erasure(pool).erase(deleted.id)
    known: list[Job | Picture] = [shown, held]
    left: list[Job | Picture] = [replace(shown, attempt=2), cancelled, deleted]
    # Whoever restored a database that is older than the bucket has jobs of which this one does not know.
    unknown: list[Job | Picture] = [
        replace(shown, attempt=7),
        replace(shown, order=replace(shown.order, key=uuid4())),
    ]
    for one in (*known, *left, *unknown):
        await bucket.put_original(one, b"png")
    await bucket.store("somebody/elses", b"x")

    assert await sweep(pool, bucket) == 0
    assert await exist(bucket, left) == [True] * 3
    assert await sweep(pool, bucket, age_min=NOW) == 3
    assert await exist(bucket, known) == [True] * 2
    assert await exist(bucket, unknown) == [True] * 2
    assert await exist(bucket, left) == [False] * 3
    assert (await bucket.read("somebody/elses")) == b"x"
    await bucket.remove_objects(["somebody/elses", *map(original_key, (*known, *unknown))])


async def test_of_an_order_each_job_is_looked_at_on_its_own(pool: Pool, bucket: Bucket) -> None:
    await waiting(pool, count=3)
    done, at_work, lost = await worker(pool).claim(3)
    await finish(pool, done)
    await worker(pool).release(lost)
    for job in (done, at_work, lost):
        await bucket.put_original(job, b"png")
    # The job that waits again is at work with no attempt.
    assert await sweep(pool, bucket, age_min=NOW) == 1
    assert await exist(bucket, (done, at_work, lost)) == [True, True, False]
    await bucket.remove_objects(map(original_key, (done, at_work)))


async def test_two_installations_may_share_a_bucket(
    pool: Pool, bucket: Bucket, postgres_url: str, database_url: str
) -> None:
    url = await new_database(postgres_url, f"other_{uuid4().hex}")
    async with open_pool(DatabaseSettings.model_validate({"database_url": url}), name="test") as other:
        ours, theirs = await painted(pool), await painted(other)
        for one in (ours, theirs):
            await bucket.put_original(one, b"png")
        for installation in (pool, other):
            await sweep(installation, bucket, age_min=NOW)
        assert await exist(bucket, [ours, theirs]) == [True] * 2
    await bucket.remove_objects(map(original_key, (ours, theirs)))


@pytest.mark.parametrize(
    "name", ["a/b", "../1/1/original.png", f"{UUID(int=1)}/x/original.png", f"{UUID(int=1)}/1/x/original.png"]
)
async def test_foreign_names_are_left_alone(pool: Pool, bucket: Bucket, name: str) -> None:
    assert await orphans_among(pool, [name]) == []
