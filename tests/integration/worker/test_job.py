"""One job's way through a worker, with a real queue, a real bucket and the local Stability."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import aiohttp
import pytest
from PIL import Image

from core.errors import BucketUnavailable, FailureCode, JobFailed, LostJob, PictureGone
from core.operations import UPSCALER, Kind, upscaled_size
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket
from db.erasure import Erasure
from db.orders import Job, Jobs, State
from db.picture_store import Pictures
from db.pool import Pool
from db.rate_limits import Pace
from db.spill import Parking
from sandbox.stability import StabilityServer
from tests.lives import running, stored, waiting, worker
from worker.job import JobRunner
from worker.prober import Prober
from worker.providers.stability.client import Stability
from worker.storage import Storage
from worker.watch import JOBS_IN_A_ROW, Watch


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
    prober = prober_of(pool, runner)
    calls = len(server.calls)
    # While the key is bad, no job is tried for it.
    server.key = "sk-another"
    await pool.execute("update alarms set probe_at = now()")
    assert await prober.claim() == []
    assert await pool.fetchval("select count(*) from alarms where probe_at > now()") == 1
    assert len(server.calls) == calls
    server.key = key
    await pool.execute("update alarms set probe_at = now()")
    (again,) = await prober.claim()
    await runner.run(again)
    assert (await stored(pool, again.id)).state is State.DONE
    assert await pool.fetchval("select count(*) from alarms") == 0


async def test_a_key_that_is_refused_as_a_worker_starts_is_an_alarm_before_anybody_meets_it(
    pool: Pool, runner: JobRunner, server: StabilityServer, caplog: pytest.LogCaptureFixture
) -> None:
    key, server.key = server.key, "sk-another"
    prober = prober_of(pool, runner)
    await prober.look_at_key()
    (alarm,) = await Alarms(pool).claim_untold()
    assert alarm.code is AlarmCode.BAD_KEY
    assert "STABILITY_API_KEY: Stability does not accept it" in caplog.text
    assert key not in caplog.text
    # The owner set another, and so a worker starts again.
    server.key = key
    await prober.look_at_key()
    assert await Alarms(pool).open() == []


async def test_where_the_balance_does_not_tell_a_job_has_to(pool: Pool) -> None:
    async with aiohttp.ClientSession() as session:
        nowhere = Stability(session, host="http://127.0.0.1:1", key="sk", timeout_seconds=5)
        await Alarms(pool).sound(AlarmCode.BAD_KEY, "", pause_seconds=60)
        job = await waiting(pool)
        prober = Prober(worker(pool), Alarms(pool), nowhere)
        assert await prober.claim() == []
        await pool.execute("update alarms set probe_at = now()")
        assert [probe.id for probe in await prober.claim()] == [job.id]


def prober_of(pool: Pool, runner: JobRunner) -> Prober:
    return Prober(worker(pool), Alarms(pool), runner._stability)


async def attempts(pool: Pool, runner: JobRunner, job: Job) -> Job:
    """The job after all the attempts that it is worth; whatever else waits is left alone."""
    while (job := await stored(pool, job.id)).state is State.QUEUED:
        await pool.execute("update jobs set run_after = 'infinity' where id <> $1", job.id)
        await pool.execute("update jobs set run_after = now() where id = $1", job.id)
        (claimed,) = await worker(pool).claim(1)
        await runner.run(claimed)
    await pool.execute("update jobs set run_after = now()")
    return job


async def test_one_prompt_that_is_refused_again_and_again_ends_and_pauses_nobody(
    pool: Pool, runner: JobRunner
) -> None:
    for word, code in (
        ("html403", FailureCode.BLOCKED),
        ("json401", FailureCode.BLOCKED),
        ("empty402", FailureCode.BLOCKED),
        ("html429", FailureCode.UNAVAILABLE),
        ("redirect", FailureCode.UNAVAILABLE),
        ("html200", FailureCode.BAD_PICTURE),
        # In Stability's own words; but the balance answers.
        ("unauthorized", FailureCode.UNAVAILABLE),
        ("payment", FailureCode.UNAVAILABLE),
    ):
        prompt = f"a fox [{word}]"
        job = await attempts(pool, runner, await waiting(pool, prompt=prompt, width=256, height=256))
        assert (job.state, job.failure, job.credits) == (State.FAILED, code, Decimal(0))
        assert await pool.fetchval("select count(*) from alarms where probe_at is not null") == 0
        other = await running(pool)
        await worker(pool).fail(other, FailureCode.REFUSED, "")


@pytest.mark.parametrize(
    ("word", "code"), [("unauthorized", AlarmCode.BAD_KEY), ("payment", AlarmCode.NO_CREDIT)]
)
async def test_what_several_in_a_row_are_refused_for_pauses_though_the_balance_says_otherwise(
    pool: Pool, runner: JobRunner, word: str, code: AlarmCode
) -> None:
    refused = [
        await paint(pool, runner, prompt=f"a fox [{word}]", member_id=number, width=256, height=256)
        for number in range(JOBS_IN_A_ROW)
    ]
    # What the first ones met might have been their own fault, and the last one's is nobody's.
    assert [(job.state, job.faults) for job in refused] == [
        *[(State.QUEUED, 1)] * (JOBS_IN_A_ROW - 1),
        (State.QUEUED, 0),
    ]
    (alarm,) = await Alarms(pool).claim_untold()
    assert alarm.code is code
    assert alarm.detail.startswith("the balance says otherwise, but: 40")
    await pool.execute("update jobs set run_after = now()")
    assert await worker(pool).claim(4) == []
    prober, tried = prober_of(pool, runner), []
    for _ in range(JOBS_IN_A_ROW):
        await pool.execute("update alarms set probe_at = now()")
        (probe,) = await prober.claim()
        await runner.run(probe)
        tried.append(probe.id)
    assert sorted(tried) == [job.id for job in refused]
    assert tried[-1] == refused[-1].id
    assert [(await stored(pool, job.id)).faults for job in refused] == [1, 1, 0]
    other = await waiting(pool, member_id=9, width=256, height=256)
    await pool.execute("update alarms set probe_at = now()")
    (probe,) = await prober.claim()
    assert probe.id == other.id
    await runner.run(probe)
    assert await pool.fetchval("select count(*) from alarms") == 0
    # From now on each of them is one job's own again.
    job = await attempts(pool, runner, refused[0])
    assert (job.state, job.failure, job.credits) == (State.FAILED, FailureCode.UNAVAILABLE, Decimal(0))
    assert await pool.fetchval("select count(*) from alarms") == 0


async def test_where_no_balance_tells_others_that_are_painted_do(
    pool: Pool, runner: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> float:
        raise JobFailed(FailureCode.UNAVAILABLE, "away")

    monkeypatch.setattr(runner._stability, "balance", away)
    one = await paint(pool, runner, prompt="a fox [payment]", width=256, height=256)
    assert (one.state, one.faults) == (State.QUEUED, 0)
    others = [await waiting(pool, member_id=number, width=256, height=256) for number in (1, 2)]
    assert await worker(pool).claim(4) == []
    await pool.execute("update alarms set probe_at = now()")
    (probe,) = await prober_of(pool, runner).claim()
    assert probe.id == others[0].id
    await runner.run(probe)
    assert (await stored(pool, probe.id)).state is State.DONE
    # From now on it is known for what it is.
    one = await attempts(pool, runner, one)
    assert (one.state, one.failure, one.credits) == (State.FAILED, FailureCode.UNAVAILABLE, Decimal(0))
    assert await pool.fetchval("select count(*) from alarms") == 0
    assert [job.id for job in await worker(pool).claim(4)] == [others[1].id]


async def test_what_there_is_no_credit_for_waits_and_what_there_is_credit_for_is_painted(
    pool: Pool, runner: JobRunner, server: StabilityServer
) -> None:
    server.credits = 5
    ultra = await paint(pool, runner, model="ultra", width=256, height=256)
    assert (ultra.state, ultra.faults) == (State.QUEUED, 0)
    (alarm,) = await Alarms(pool).claim_untold()
    assert (alarm.code, alarm.price) == (AlarmCode.NO_CREDIT, Decimal(8))
    other = await waiting(pool, member_id=7, model="ultra", width=256, height=256)
    core = await waiting(pool, width=256, height=256)
    (claimed,) = await worker(pool).claim(4)
    assert claimed.id == core.id
    await runner.run(claimed)
    assert (await stored(pool, core.id)).state is State.DONE
    assert await pool.fetchval("select count(*) from alarms") == 1
    # Enough for one, which is not the one that was just refused: that waits on, and it is not its own fault.
    server.credits = 8
    await pool.execute("update alarms set probe_at = now()")
    (probe,) = await prober_of(pool, runner).claim()
    assert probe.id == other.id
    await runner.run(probe)
    assert await pool.fetchval("select count(*) from alarms") == 0
    (again,) = await worker(pool).claim(4)
    await runner.run(again)
    ultra = await stored(pool, ultra.id)
    assert (ultra.state, ultra.faults) == (State.QUEUED, 0)
    assert await pool.fetchval("select price from alarms") == 8


async def test_a_pause_that_stability_asks_for_is_kept_and_told_until_it_is_over(
    pool: Pool, runner: JobRunner
) -> None:
    await paint(pool, runner, width=256, height=256)
    one = await paint(pool, runner, prompt="a fox [429]", width=256, height=256)
    assert (one.state, one.faults) == (State.QUEUED, 0)
    other, jobs = await waiting(pool, member_id=3), Jobs(pool)
    assert await worker(pool).claim(4) == []
    for job in (one, other):
        estimate = await jobs.estimate(job)
        assert estimate.paused is FailureCode.RATE_LIMITED
        assert estimate.pause_seconds is not None
        assert 50 < estimate.pause_seconds < (estimate.seconds or 0)
    await pool.execute("update request_slots set free_at = now(), asked_until = now() - interval '1 second'")
    estimate = await jobs.estimate(other)
    assert (estimate.paused, estimate.pause_seconds) == (None, None)
    # Its own time is not yet come, and it says so.
    assert ((await jobs.estimate(one)).seconds or 0) > 50
    assert [job.id for job in await worker(pool).claim(4)] == [other.id]


async def test_one_that_is_always_told_to_pause_stops_the_others_less_and_less_and_ends(
    pool: Pool, runner: JobRunner, server: StabilityServer
) -> None:
    server.rate_limit_pause_seconds = 0
    job, pauses = await waiting(pool, prompt="a fox [429]", width=256, height=256), list[float]()
    while (job := await stored(pool, job.id)).state is State.QUEUED:
        await pool.execute("update request_slots set free_at = now(), asked_until = null")
        await pool.execute("update jobs set run_after = now()")
        (claimed,) = await worker(pool).claim(1)
        await runner.run(claimed)
        pauses.append(await pool.fetchval("select extract(epoch from run_after - now())::float8 from jobs"))
    assert (job.state, job.failure, job.credits) == (State.FAILED, FailureCode.RATE_LIMITED, Decimal(0))
    assert [round(pause) for pause in pauses[:4]] == [1, 2, 4, 8]
    assert max(pauses) <= 600
    assert len(pauses) < 20


async def test_one_that_is_told_to_pause_while_others_are_painted_stops_nobody_again(
    pool: Pool, runner: JobRunner
) -> None:
    one = await paint(pool, runner, prompt="a fox [429]", width=256, height=256)
    for stopped in (True, False):
        sql = "select max(asked_until) > now() from request_slots"
        assert await pool.fetchval(sql) is stopped
        await pool.execute("update request_slots set free_at = now(), asked_until = now()")
        await pool.execute("update jobs set run_after = 'infinity' where id = $1", one.id)
        assert (await paint(pool, runner, member_id=9, width=256, height=256)).state is State.DONE
        await pool.execute("update jobs set run_after = now() where id = $1", one.id)
        (again,) = await worker(pool).claim(1)
        await runner.run(again)
        one = await stored(pool, one.id)
        assert (one.state, one.faults) == (State.QUEUED, 0)


async def test_one_that_was_claimed_just_before_a_pause_waits_in_line(pool: Pool, runner: JobRunner) -> None:
    """And not under a spinner, whose estimate would be long over."""
    job = await running(pool, width=256, height=256)
    await Pace(pool).pause(60)
    await runner.run(job)
    job = await stored(pool, job.id)
    assert (job.state, job.faults) == (State.QUEUED, 0)
    assert ((await Jobs(pool).estimate(job)).pause_seconds or 0) > 50
