"""What is deleted cannot be read any more, in a bucket that keeps versions either."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from core.errors import BucketUnavailable
from core.orders import Job
from core.settings import BucketSettings
from db.bucket.client import Bucket, open_bucket, original_key
from db.pool import Pool
from tests.lives import running
from tests.versioned import BUCKET, VersionedS3, versioned_s3


@pytest.fixture
async def server() -> AsyncIterator[VersionedS3]:
    async with versioned_s3() as server:
        yield server


@asynccontextmanager
async def opened(server: VersionedS3) -> AsyncIterator[Bucket]:
    settings = BucketSettings.model_validate(
        {
            "aws_endpoint_url_s3": server.url,
            "aws_access_key_id": "id",
            "aws_secret_access_key": "secret",
            "bucket_name": BUCKET,
        }
    )
    async with open_bucket(settings) as bucket:
        yield bucket


@pytest.fixture
async def job(pool: Pool, server: VersionedS3) -> Job:
    """Each of its objects has two versions."""
    job = await running(pool)
    async with opened(server) as bucket:
        for stored in (job, job, replace(job, attempt=2)):
            await bucket.put_original(stored, b"png bytes")
            await bucket.put_preview(stored, b"webp bytes")
    return job


def everything_of(job: Job) -> str:
    return f"{job.order.key}/"


def bodies(server: VersionedS3) -> int:
    return sum(body is not None for kept in server.versions.values() for body in kept.values())


@pytest.mark.parametrize("tells", [True, False])
async def test_every_version_goes(server: VersionedS3, job: Job, tells: bool) -> None:
    server.tells = tells
    async with opened(server) as bucket:
        await bucket.remove(original_key(job))
        assert bodies(server) == 4
        await bucket.remove(everything_of(job))
        await bucket.remove(everything_of(job))
    assert bodies(server) == 0


async def test_a_try_that_was_cut_off_is_taken_up_by_another_process(server: VersionedS3, job: Job) -> None:
    server.lets = False
    async with opened(server) as bucket:
        with pytest.raises(BucketUnavailable, match="keeps old versions, which need the permissions s3:"):
            await bucket.remove(everything_of(job))
    assert bodies(server) == 6
    server.lets = True
    async with opened(server) as bucket:
        await bucket.remove(everything_of(job))
    assert bodies(server) == 0


async def test_a_bucket_that_does_not_tell_gives_itself_away(server: VersionedS3, job: Job) -> None:
    server.tells = server.lets = False
    async with opened(server) as bucket:
        with pytest.raises(BucketUnavailable, match="keeps old versions"):
            await bucket.remove(everything_of(job))
