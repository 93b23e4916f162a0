"""What no job leads to leaves the bucket; everything else stays."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.errors import PictureGone
from core.settings import DatabaseSettings
from db.bucket.client import Bucket, original_key
from db.bucket.sweep import Orphans
from db.orders import Job, Jobs
from db.pool import Pool, open_pool
from tests.conftest import new_database
from tests.lives import painted, running


async def exist(bucket: Bucket, jobs: Iterable[Job]) -> list[bool]:
    found = []
    for job in jobs:
        try:
            await bucket.get_original(job)
            found.append(True)
        except PictureGone:
            found.append(False)
    return found


async def test_only_what_was_left_by_a_job_is_removed(pool: Pool, bucket: Bucket) -> None:
    shown, held, cancelled = await painted(pool), await running(pool), await running(pool)
    await Jobs(pool).cancel(cancelled.id)
    await pool.execute("update jobs set attempt = 3 where id = $1", shown.id)
    shown = replace(shown, attempt=3)
    known = [shown, held]
    left = [replace(shown, attempt=2), cancelled]
    # Whoever restored a database that is older than the bucket has jobs of which this one does not know.
    unknown = [replace(shown, attempt=7), replace(shown, key=uuid4())]
    for job in (*known, *left, *unknown):
        await bucket.put_original(job, b"png")
    await bucket._client.put_object(Bucket=bucket._name, Key="somebody/elses", Body=b"x")

    orphans = Orphans(pool, bucket)
    assert await orphans.remove() == 0
    assert await exist(bucket, left) == [True] * 2
    # The server's clock counts in whole seconds.
    removed = await orphans.remove(age_min=timedelta(seconds=-2))
    assert removed == 2
    assert await exist(bucket, known) == [True] * 2
    assert await exist(bucket, unknown) == [True] * 2
    assert await exist(bucket, left) == [False] * 2
    assert (await bucket._get("somebody/elses", 10)) == b"x"
    await bucket.remove_objects(["somebody/elses", *map(original_key, known)])


async def test_two_installations_may_share_a_bucket(
    pool: Pool, bucket: Bucket, postgres_url: str, database_url: str
) -> None:
    url = await new_database(postgres_url, f"other_{uuid4().hex}")
    async with open_pool(DatabaseSettings.model_validate({"database_url": url}), name="test") as other:
        ours, theirs = await painted(pool), await painted(other)
        for job in (ours, theirs):
            await bucket.put_original(job, b"png")
        for one in (pool, other):
            await Orphans(one, bucket).remove(age_min=timedelta(seconds=-2))
        assert await exist(bucket, [ours, theirs]) == [True] * 2


@pytest.mark.parametrize("name", ["a/b", "../1/original.png", f"{UUID(int=1)}/x/original.png"])
async def test_foreign_names_are_left_alone(pool: Pool, bucket: Bucket, name: str) -> None:
    assert await Orphans(pool, bucket)._left([name]) == []
