"""A picture that is paid for is safe somewhere, or in the memory of a worker that keeps trying."""

import asyncio
from itertools import count
from typing import Any

import pytest

from core.errors import BucketUnavailable, LostJob, PictureGone
from core.failures import FailureCode, JobFailed
from core.orders import Job, Picture, State
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket
from db.orders import Orders
from db.picture_store import PictureStore
from db.pool import Pool
from db.queue import Painted
from db.spill import Spill
from tests.conditions import soon
from tests.lives import job as job_of
from tests.lives import running, stored, worker
from tests.workshop import instruments
from worker import imaging
from worker.providers.provider import Painting
from worker.storage import Storage

TIMEOUT_SECONDS = 10
PICTURES = imaging.Pictures(b"original bytes", b"preview", (640, 480))
PAINTING = Painting(b"as it came", 7, "request-7")


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
    spill = Spill(pool, bytes_max=bytes_max)
    return Storage(worker(pool), bucket, spill, Alarms(pool), instruments(), bucket_seconds=bucket_seconds)


def store(storage: Storage, job: Job) -> asyncio.Task[None]:
    prepared: asyncio.Future[imaging.Pictures] = asyncio.get_running_loop().create_future()
    prepared.set_result(PICTURES)
    return asyncio.create_task(storage.store(job, PAINTING, prepared))


def painted(job: Job) -> Painted:
    return Painted(job.id, job.attempt, 7, len(PICTURES.original), 640, 480, "request-7")


async def keep(pool: Pool, job: Job, *, bytes_max: int = 1000) -> int:
    return await Spill(pool, bytes_max=bytes_max).keep(painted(job), PICTURES.original, PICTURES.preview)


async def picture_of(pool: Pool, job: Job) -> Picture:
    (picture,) = (await stored(pool, job.order.id)).progress.pictures
    return picture


async def finished(task: asyncio.Task[None]) -> None:
    await asyncio.wait_for(task, TIMEOUT_SECONDS)


async def test_while_the_bucket_is_away_the_picture_is_spilled_and_the_job_done(
    pool: Pool, bucket: Bucket, outage: Outage
) -> None:
    held = await running(pool)
    await finished(store(storage(pool, bucket), held))
    assert (await job_of(pool, held.id)).state is State.DONE
    picture = await picture_of(pool, held)
    assert (picture.is_spilled, picture.seed, picture.bytes) == (True, 7, 14)
    assert (picture.width, picture.height) == (640, 480)
    pictures = PictureStore(bucket, Spill(pool))
    assert await pictures.original(picture) == b"original bytes"
    assert await pictures.preview(picture) == b"preview"
    assert pictures.link(picture) is None
    assert await pool.fetchval("select request_id from calls where outcome = 'billed'") == "request-7"


async def test_a_bucket_that_hangs_is_given_up_in_time(
    pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_job: Job, _picture: bytes) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(bucket, "put_original", hang)
    held = await running(pool)
    await finished(store(storage(pool, bucket, bucket_seconds=0.1), held))
    assert (await picture_of(pool, held)).is_spilled


async def test_a_full_spill_is_no_end_but_an_alarm(pool: Pool, bucket: Bucket, outage: Outage) -> None:
    held = await running(pool)
    task = store(storage(pool, bucket, bytes_max=20), held)
    alarms = Alarms(pool)
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while not (told := await alarms.claim_untold()):
            pass
    assert [alarm.code for alarm in told] == [AlarmCode.SPILL_FULL]
    assert not task.done()
    assert await Spill(pool).bytes_used() == 0
    outage.over = True
    await finished(task)
    picture = await picture_of(pool, held)
    assert not picture.is_spilled
    assert await bucket.get_original(picture) == b"original bytes"


async def test_the_owner_is_told_well_before_the_spill_is_full(
    pool: Pool, bucket: Bucket, outage: Outage
) -> None:
    alarms = Alarms(pool)
    for told in ([], [AlarmCode.SPILL_FILLS], []):
        await finished(store(storage(pool, bucket, bytes_max=70), await running(pool)))
        assert [alarm.code for alarm in await alarms.claim_untold()] == told


async def test_many_at_once_do_not_exceed_the_bound_together(
    pool: Pool, bucket: Bucket, outage: Outage
) -> None:
    jobs = [await running(pool) for _ in range(6)]
    results = await asyncio.gather(
        *(keep(pool, job, bytes_max=3 * 21) for job in jobs), return_exceptions=True
    )
    assert sum(isinstance(result, int) for result in results) == 3
    assert await Spill(pool).bytes_used() == 3 * 21
    assert await pool.fetchval("select count(*) from jobs where state = 'done'") == 3


async def test_a_worker_that_lost_the_job_spills_nothing(pool: Pool, bucket: Bucket, outage: Outage) -> None:
    lost = await running(pool)
    await pool.execute("update jobs set lease_until = now() - interval '1 second'")
    await worker(pool).reclaim_expired(await worker(pool).clock())
    (successor,) = await worker(pool).claim(1)
    with pytest.raises(LostJob):
        await finished(store(storage(pool, bucket), lost))
    assert await Spill(pool).bytes_used() == 0
    assert (await job_of(pool, successor.id)).state is State.RUNNING


async def test_an_answer_that_was_lost_is_asked_for_again(pool: Pool, bucket: Bucket) -> None:
    """Postgres recorded it, and went away before it said so."""
    spilled, uploaded = await running(pool), await running(pool)
    for _ in range(2):
        await keep(pool, spilled)
    assert await Spill(pool).bytes_used() == len(PICTURES.original + PICTURES.preview)
    await worker(pool).finish(painted(uploaded))
    await finished(store(storage(pool, bucket), uploaded))
    assert await bucket.get_original(uploaded) == b"original bytes"


async def test_a_worker_that_is_stopped_spills_what_it_holds(
    pool: Pool, bucket: Bucket, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.storage.BUCKET_PAUSES_SECONDS", (60.0,))
    held = await running(pool)
    task = store(storage(pool, bucket), held)
    await asyncio.wait_for(outage.tried.wait(), TIMEOUT_SECONDS)
    task.cancel()
    await finished(task)
    assert (await picture_of(pool, held)).is_spilled


async def test_a_worker_that_is_stopped_while_postgres_restarts_tries_again(
    pool: Pool, bucket: Bucket, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, kept = count(1), Spill.keep

    async def keep_at_last(self: Spill, *arguments: Any) -> int:
        if next(tries) == 1:
            raise ConnectionResetError("Postgres is shutting down")
        return await kept(self, *arguments)

    monkeypatch.setattr("worker.storage.BUCKET_PAUSES_SECONDS", (60.0,))
    monkeypatch.setattr(Spill, "keep", keep_at_last)
    held = await running(pool)
    task = store(storage(pool, bucket), held)
    await asyncio.wait_for(outage.tried.wait(), TIMEOUT_SECONDS)
    task.cancel()
    await finished(task)
    assert (await picture_of(pool, held)).is_spilled


async def test_a_job_that_was_cancelled_is_not_spilled(
    pool: Pool, bucket: Bucket, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.storage.BUCKET_PAUSES_SECONDS", (60.0,))
    held = await running(pool)
    task = store(storage(pool, bucket), held)
    await asyncio.wait_for(outage.tried.wait(), TIMEOUT_SECONDS)
    await Orders(pool).cancel(held.order.id)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(task)
    assert await Spill(pool).bytes_used() == 0
    with pytest.raises(PictureGone):
        await bucket.get_original(held)


async def test_a_worker_that_is_stopped_over_what_is_no_picture_gives_the_job_back(
    pool: Pool, bucket: Bucket
) -> None:
    preparing: asyncio.Future[imaging.Pictures] = asyncio.get_running_loop().create_future()
    held = await running(pool)
    task = asyncio.create_task(storage(pool, bucket).store(held, PAINTING, preparing))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    preparing.set_exception(JobFailed(FailureCode.BAD_PICTURE, "no picture"))
    with pytest.raises(asyncio.CancelledError):
        await soon(task)
    assert (await job_of(pool, held.id)).state is State.RUNNING
