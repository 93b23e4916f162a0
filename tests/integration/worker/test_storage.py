"""A picture that is paid for is safe somewhere, or in the memory of a worker that keeps trying."""

import asyncio
from itertools import count
from typing import Any

import pytest

from core.errors import BucketUnavailable, LostJob, PictureGone
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket
from db.orders import Job, Jobs, State
from db.picture_store import Pictures
from db.pool import Pool
from db.spill import Parking
from tests.lives import running, stored, worker
from worker import imaging
from worker.storage import Storage
from worker.watch import Watch

TIMEOUT_SECONDS = 10
PAINTED = imaging.Pictures(b"original bytes", b"preview", (640, 480))


class Outage:
    """The bucket takes nothing until it is over."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> None:
        self.over = False
        self.tried = asyncio.Event()
        put = bucket._put

        async def maybe(key: str, body: bytes, content_type: str, disposition: str) -> None:
            self.tried.set()
            if not self.over:
                raise BucketUnavailable("away")
            await put(key, body, content_type, disposition)

        monkeypatch.setattr(bucket, "_put", maybe)


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> Outage:
    return Outage(monkeypatch, bucket)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.storage.PAUSE_SECONDS_MAX", 0.01)
    monkeypatch.setattr("worker.storage.BUCKET_PAUSES_SECONDS", (0.0,))


def storage(pool: Pool, bucket: Bucket, *, bytes_max: int = 1000, bucket_seconds: float = 30) -> Storage:
    parking = Parking(pool, bytes_max=bytes_max)
    return Storage(worker(pool), bucket, parking, Watch(Alarms(pool)), bucket_seconds=bucket_seconds)


def bring(storage: Storage, job: Job, pictures: imaging.Pictures = PAINTED) -> asyncio.Task[None]:
    prepared: asyncio.Future[imaging.Pictures] = asyncio.get_running_loop().create_future()
    prepared.set_result(pictures)
    return asyncio.create_task(storage.bring(job, 7, prepared))


async def finished(task: asyncio.Task[None]) -> None:
    await asyncio.wait_for(task, TIMEOUT_SECONDS)


async def test_while_the_bucket_is_away_the_picture_is_parked_and_the_job_done(
    pool: Pool, bucket: Bucket, outage: Outage
) -> None:
    held = await running(pool)
    await finished(bring(storage(pool, bucket), held))
    job = await stored(pool, held.id)
    assert (job.state, job.parked, job.painted_seed, job.original_bytes) == (State.DONE, True, 7, 14)
    assert (job.width, job.height) == (640, 480)
    pictures = Pictures(bucket, Parking(pool))
    assert await pictures.original(job) == b"original bytes"
    assert await pictures.preview(job) == b"preview"
    assert pictures.link(job) is None


async def test_a_bucket_that_hangs_is_given_up_in_time(
    pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_job: Job, _picture: bytes) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(bucket, "put_original", hang)
    held = await running(pool)
    await finished(bring(storage(pool, bucket, bucket_seconds=0.1), held))
    assert (await stored(pool, held.id)).parked


async def test_a_full_parking_is_no_end_but_an_alarm(pool: Pool, bucket: Bucket, outage: Outage) -> None:
    held = await running(pool)
    task = bring(storage(pool, bucket, bytes_max=20), held)
    alarms = Alarms(pool)
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while not (told := await alarms.claim_untold()):
            pass
    assert [alarm.code for alarm in told] == [AlarmCode.PARKING_FULL]
    assert not task.done()
    assert await Parking(pool).bytes_used() == 0
    outage.over = True
    await finished(task)
    job = await stored(pool, held.id)
    assert (job.state, job.parked) == (State.DONE, False)
    assert await bucket.get_original(job) == b"original bytes"


async def test_the_owner_is_told_well_before_the_parking_is_full(
    pool: Pool, bucket: Bucket, outage: Outage
) -> None:
    alarms = Alarms(pool)
    for told in ([], [AlarmCode.PARKING_FILLS], []):
        await finished(bring(storage(pool, bucket, bytes_max=70), await running(pool)))
        assert [alarm.code for alarm in await alarms.claim_untold()] == told


async def test_many_at_once_do_not_exceed_the_bound_together(
    pool: Pool, bucket: Bucket, outage: Outage
) -> None:
    parking = Parking(pool, bytes_max=3 * 21)
    jobs = [await running(pool) for _ in range(6)]
    results = await asyncio.gather(
        *(parking.park(job, b"original bytes", b"preview", painted_seed=None, size=(1, 1)) for job in jobs),
        return_exceptions=True,
    )
    assert sum(isinstance(result, int) for result in results) == 3
    assert await parking.bytes_used() == 3 * 21
    assert await pool.fetchval("select count(*) from jobs where parked and state = 'done'") == 3


async def test_a_worker_that_lost_the_job_parks_nothing(pool: Pool, bucket: Bucket, outage: Outage) -> None:
    lost = await running(pool)
    await pool.execute("update jobs set lease_until = now() - interval '1 second'")
    await worker(pool).reap(await worker(pool).clock())
    (successor,) = await worker(pool).claim(1)
    with pytest.raises(LostJob):
        await finished(bring(storage(pool, bucket), lost))
    assert await Parking(pool).bytes_used() == 0
    assert (await stored(pool, successor.id)).state is State.RUNNING


async def test_an_answer_that_was_lost_is_asked_for_again(pool: Pool, bucket: Bucket) -> None:
    """Postgres recorded it, and went away before it said so."""
    parked, kept = await running(pool), await running(pool)
    for _ in range(2):
        await Parking(pool).park(parked, b"original", b"preview", painted_seed=1, size=(1, 1))
    assert await Parking(pool).bytes_used() == len(b"originalpreview")
    await worker(pool).finish(kept, painted_seed=7, original_bytes=14)
    await finished(bring(storage(pool, bucket), kept))
    assert await bucket.get_original(kept) == b"original bytes"


async def test_a_worker_that_is_stopped_parks_what_it_holds(
    pool: Pool, bucket: Bucket, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.storage.BUCKET_PAUSES_SECONDS", (60.0,))
    held = await running(pool)
    task = bring(storage(pool, bucket), held)
    await asyncio.wait_for(outage.tried.wait(), TIMEOUT_SECONDS)
    task.cancel()
    await finished(task)
    assert (await stored(pool, held.id)).parked


async def test_a_worker_that_is_stopped_while_postgres_restarts_tries_again(
    pool: Pool, bucket: Bucket, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, park = count(1), Parking.park

    async def park_at_last(self: Parking, *arguments: Any, **more: Any) -> int:
        if next(tries) == 1:
            raise ConnectionResetError("Postgres is shutting down")
        return await park(self, *arguments, **more)

    monkeypatch.setattr("worker.storage.BUCKET_PAUSES_SECONDS", (60.0,))
    monkeypatch.setattr(Parking, "park", park_at_last)
    held = await running(pool)
    task = bring(storage(pool, bucket), held)
    await asyncio.wait_for(outage.tried.wait(), TIMEOUT_SECONDS)
    task.cancel()
    await finished(task)
    assert (await stored(pool, held.id)).parked


async def test_a_job_that_was_cancelled_is_not_parked(
    pool: Pool, bucket: Bucket, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.storage.BUCKET_PAUSES_SECONDS", (60.0,))
    held = await running(pool)
    task = bring(storage(pool, bucket), held)
    await asyncio.wait_for(outage.tried.wait(), TIMEOUT_SECONDS)
    await Jobs(pool).cancel(held.id)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await Parking(pool).bytes_used() == 0
    with pytest.raises(PictureGone):
        await bucket.get_original(held)
