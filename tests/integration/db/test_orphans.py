"""What no job leads to leaves the bucket; everything else stays."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from db.bucket import Bucket, original_key
from db.errors import PictureGone
from db.jobs import Job, Jobs
from db.orphans import Orphans
from db.pool import Pool
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


async def test_only_what_no_job_knows_is_removed(pool: Pool, bucket: Bucket) -> None:
    shown, held, cancelled = await painted(pool), await running(pool), await running(pool)
    await Jobs(pool).cancel(cancelled.id)
    known = [shown, held]
    unknown = [replace(shown, attempt=7), cancelled, replace(shown, key=uuid4())]
    for job in (*known, *unknown):
        await bucket.put_original(job, b"png")
    await bucket._client.put_object(Bucket=bucket._name, Key="somebody/elses", Body=b"x")

    orphans = Orphans(pool, bucket)
    assert await orphans.remove() == 0
    assert await exist(bucket, unknown) == [True] * 3
    # The server's clock counts in whole seconds.
    removed = await orphans.remove(age_min=timedelta(seconds=-2))
    assert removed >= 3
    assert await exist(bucket, known) == [True] * 2
    assert await exist(bucket, unknown) == [False] * 3
    assert (await bucket._get("somebody/elses", 10)) == b"x"
    await bucket.remove_objects(["somebody/elses", *map(original_key, known)])


@pytest.mark.parametrize("name", ["a/b", "../1/original.png", f"{UUID(int=1)}/x/original.png"])
async def test_foreign_names_are_left_alone(pool: Pool, bucket: Bucket, name: str) -> None:
    assert await Orphans(pool, bucket)._unknown([name]) == []
