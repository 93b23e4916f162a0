"""What is deleted cannot be read any more, in a bucket that keeps versions either."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import BucketUnavailable
from core.orders import Job, Picture
from core.settings import BucketSettings
from db.bucket.client import Bucket, open_bucket, original_key
from db.bucket.sweep import sweep
from db.erasure import Erasure
from db.pool import Pool
from tests.front import Front, front
from tests.lives import painted, running
from tests.second_s3 import Refusal, count_versions
from worker.sweeper import Sweeper


@pytest.fixture
async def line(versioned_environment: dict[str, str]) -> AsyncIterator[Front]:
    async with front(versioned_environment["AWS_ENDPOINT_URL_S3"]) as one:
        versioned_environment["AWS_ENDPOINT_URL_S3"] = one.url
        yield one


@asynccontextmanager
async def opened(environment: dict[str, str]) -> AsyncIterator[Bucket]:
    """As by a process that knows nothing of it yet."""
    settings = BucketSettings.model_validate({name.lower(): value for name, value in environment.items()})
    async with open_bucket(settings) as bucket:
        yield bucket


@pytest.fixture
async def bucket(line: Front, versioned_environment: dict[str, str]) -> AsyncIterator[Bucket]:
    async with opened(versioned_environment) as bucket:
        yield bucket


async def put_twice(bucket: Bucket, stored: Job | Picture) -> None:
    """Four versions of two objects."""
    for _ in range(2):
        await bucket.put_original(stored, b"png bytes")
        await bucket.put_preview(stored, b"webp bytes")


@pytest.fixture
async def job(pool: Pool, bucket: Bucket) -> Job:
    """Eight versions of the objects of two attempts."""
    job = await running(pool)
    for one in (job, replace(job, attempt=2)):
        await put_twice(bucket, one)
    return job


def everything_of(job: Job) -> str:
    return f"{job.order.key}/"


@pytest.mark.parametrize("tells", [True, False])
async def test_every_version_goes(
    versioned_environment: dict[str, str], line: Front, bucket: Bucket, job: Job, tells: bool
) -> None:
    line.answer = Refusal(tells=tells)
    await bucket.remove(original_key(job))
    assert await count_versions(versioned_environment) == 6
    await bucket.remove(everything_of(job))
    await bucket.remove(everything_of(job))
    assert await count_versions(versioned_environment, marks=True) == 0


@pytest.mark.parametrize("tells", [True, False])
async def test_a_try_that_was_cut_off_is_taken_up_by_another_process(
    versioned_environment: dict[str, str], line: Front, bucket: Bucket, job: Job, tells: bool
) -> None:
    line.answer = refusal = Refusal(tells=tells, lets=False)
    for _process in range(2):
        async with opened(versioned_environment) as one:
            with pytest.raises(BucketUnavailable, match="keeps old versions, which need the permissions s3:"):
                await one.remove(everything_of(job))
    line.answer = None
    assert await count_versions(versioned_environment, everything_of(job)) == 8
    line.answer = refusal
    refusal.lets = True
    async with opened(versioned_environment) as one:
        await one.remove(everything_of(job))
    assert await count_versions(versioned_environment, everything_of(job), marks=True) == 0


async def test_what_a_member_deleted_and_what_a_job_left_goes_with_its_versions(
    versioned_environment: dict[str, str], bucket: Bucket, pool: Pool
) -> None:
    deleted, kept = await painted(pool), await painted(pool)
    await pool.execute("update jobs set attempt = 2 where id = $1", kept.id)
    await pool.execute("update pictures set attempt = 2 where id = $1", kept.id)
    for one in (deleted, kept, replace(kept, attempt=2)):
        await put_twice(bucket, one)
    await Erasure(pool).erase(deleted.id)
    await Sweeper(Erasure(pool), bucket).work()
    assert await count_versions(versioned_environment, marks=True) == 8
    assert await sweep(pool, bucket, age_min=timedelta(seconds=-2)) == 2
    assert await count_versions(versioned_environment, marks=True) == 4
    assert await bucket.get_original(replace(kept, attempt=2)) == b"png bytes"
