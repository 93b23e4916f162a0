"""One job's way through a worker, with a real queue, a real bucket and the local Stability."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import aiohttp
import pytest
from PIL import Image

from db.alarms import AlarmCode, Alarms
from db.bucket import Bucket
from db.erasure import Erasure
from db.errors import BucketUnavailable, FailureCode, LostJob, PictureGone
from db.jobs import Job, Jobs, State
from db.models import UPSCALER, Kind, upscaled_size
from db.pace import Pace
from db.parking import Parking
from db.pictures import Pictures
from db.pool import Pool
from sandbox.stability import StabilityServer
from tests.lives import running, stored, worker
from worker.job import JobRunner
from worker.stability import Stability
from worker.storage import Storage
from worker.watch import Watch


@pytest.fixture
async def server() -> AsyncIterator[StabilityServer]:
    server = StabilityServer(latency_seconds=0)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def runner(pool: Pool, bucket: Bucket, server: StabilityServer) -> AsyncIterator[JobRunner]:
    async with aiohttp.ClientSession() as session:
        stability = Stability(session, host=server.url, key=server.key, timeout_seconds=20)
        await Pace(pool).provide()
        yield runner_of(pool, bucket, stability)


def runner_of(pool: Pool, bucket: Bucket, stability: Stability) -> JobRunner:
    parking, watch = Parking(pool), Watch(Alarms(pool))
    storage = Storage(worker(pool), bucket, parking, watch)
    return JobRunner(worker(pool), Pace(pool), stability, Pictures(bucket, parking), storage, watch)


async def paint(pool: Pool, runner: JobRunner, **changes: object) -> Job:
    job = await running(pool, **changes)
    await runner.run(job)
    return await stored(pool, job.id)


def upscale(parent: Job) -> dict[str, object]:
    width, height = upscaled_size(parent.width, parent.height)
    return {
        "kind": Kind.UPSCALE, "parent_id": parent.id, "model": UPSCALER.name,
        "prompt": parent.prompt, "width": width, "height": height,
    }  # fmt: skip


def size_of(picture: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(picture)) as image:
        return image.size


async def test_a_picture_is_painted_and_stored(pool: Pool, runner: JobRunner, bucket: Bucket) -> None:
    job = await paint(pool, runner, width=640, height=480, seed=5)
    assert (job.state, job.painted_seed, job.width, job.height) == (State.DONE, 5, 640, 480)
    original = await bucket.get_original(job)
    assert (size_of(original), len(original)) == ((640, 480), job.original_bytes)
    assert size_of(await bucket.get_preview(job)) == (640, 480)


async def test_a_picture_is_made_four_times_as_large(
    pool: Pool, runner: JobRunner, bucket: Bucket, server: StabilityServer
) -> None:
    parent = await paint(pool, runner, width=320, height=256)
    job = await paint(pool, runner, **upscale(parent))
    assert (job.state, job.width, job.height, job.painted_seed) == (State.DONE, 1280, 1024, None)
    assert size_of(await bucket.get_original(job)) == (1280, 1024)
    assert max(size_of(await bucket.get_preview(job))) == 768
    assert (server.calls[-1].model, server.calls[-1].billed) == ("fast", float(job.credits))


async def test_a_picture_that_is_too_large_for_the_upscaler_is_scaled_down_first(
    pool: Pool, runner: JobRunner, bucket: Bucket
) -> None:
    parent = await paint(pool, runner, width=1536, height=1024)
    job = await paint(pool, runner, **upscale(parent))
    assert (job.state, job.width, job.height) == (State.DONE, 5016, 3344)
    assert size_of(await bucket.get_original(job)) == (5016, 3344)


async def test_the_size_on_record_is_the_pictures_own(pool: Pool, runner: JobRunner) -> None:
    parent = await paint(pool, runner, width=256, height=256)
    job = await paint(pool, runner, **{**upscale(parent), "width": 999, "height": 999})
    assert (job.width, job.height) == (1024, 1024)


async def test_a_picture_that_was_deleted_meanwhile_is_not_made_larger(
    pool: Pool, runner: JobRunner, bucket: Bucket, server: StabilityServer
) -> None:
    parents = [await paint(pool, runner, width=256, height=256) for _ in range(2)]
    await Erasure(pool).erase(parents[0].id)
    await bucket.remove(parents[1])
    for parent in parents:
        job = await paint(pool, runner, **upscale(parent))
        assert (job.state, job.failure, job.credits) == (State.FAILED, FailureCode.PARENT_GONE, Decimal(0))
    assert len(server.calls) == 2


async def test_a_picture_that_cannot_be_read_now_is_tried_again(
    pool: Pool, runner: JobRunner, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_job: Job) -> bytes:
        raise BucketUnavailable("away")

    parent = await paint(pool, runner, width=256, height=256)
    monkeypatch.setattr(bucket, "get_original", away)
    job = await paint(pool, runner, **upscale(parent))
    assert (job.state, job.faults) == (State.QUEUED, 1)


async def test_a_worker_that_is_too_late_leaves_nothing_behind(
    pool: Pool, runner: JobRunner, bucket: Bucket
) -> None:
    held = await running(pool, width=256, height=256)
    await Jobs(pool).cancel(held.id)
    with pytest.raises(LostJob):
        await runner.run(held)
    with pytest.raises(PictureGone):
        await bucket.get_original(held)


async def test_a_job_that_is_cancelled_while_it_is_stored_leaves_nothing_behind(
    pool: Pool, runner: JobRunner, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, put_original = asyncio.Event(), bucket.put_original

    async def put(job: Job, original: bytes) -> None:
        await put_original(job, original)
        stored.set()

    async def stall(_job: Job, _preview: bytes) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(bucket, "put_original", put)
    monkeypatch.setattr(bucket, "put_preview", stall)
    held = await running(pool, width=256, height=256)
    task = asyncio.create_task(runner.run(held))
    await asyncio.wait_for(stored.wait(), 10)
    await Jobs(pool).cancel(held.id)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(PictureGone):
        await bucket.get_original(held)


async def test_the_successor_of_a_lost_worker_keeps_its_picture(
    pool: Pool, runner: JobRunner, bucket: Bucket
) -> None:
    lost = await running(pool, width=256, height=256)
    await pool.execute("update jobs set lease_until = now() - interval '1 second'")
    await worker(pool).reap(await worker(pool).clock())
    (successor,) = await worker(pool).claim(1)
    await runner.run(successor)
    with pytest.raises(LostJob):
        await runner.run(lost)
    assert size_of(await bucket.get_original(replace(lost, attempt=2))) == (256, 256)


async def test_a_key_that_is_refused_is_an_alarm_without_the_key(
    pool: Pool, runner: JobRunner, server: StabilityServer
) -> None:
    key, server.key = server.key, "sk-another"
    refused = await paint(pool, runner, model="stable-diffusion-v1-6", width=320, height=320)
    (alarm,) = await Alarms(pool).claim_untold()
    assert (alarm.code, alarm.model) == (AlarmCode.BAD_KEY, None)
    assert "401" in alarm.detail
    assert key not in alarm.detail
    assert (refused.state, refused.faults) == (State.QUEUED, 0)
    server.key = key
    await pool.execute("update alarms set probe_at = now()")
    (probe,) = await worker(pool).claim(4)
    await runner.run(probe)
    assert await pool.fetchval("select count(*) from alarms") == 0
