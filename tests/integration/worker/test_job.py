"""One job's way through a worker, with a real queue, a real bucket and the local Stability."""

import asyncio
import io
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import ClientSession
from PIL import Image

from core.errors import BucketUnavailable, PictureGone
from core.failures import FailureCode, JobFailed
from core.operations import CUT_OUT, FAST, UPSCALE
from core.orders import Job, Picture, Progress, State
from core.provenance import SourceType, mark_in
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket
from db.erasure import Erasure
from db.orders import Orders
from db.pool import Pool
from db.rate_limits import RateLimit
from ops import credentials
from sandbox.stability import StabilityServer
from sandbox.stability.credential import new_sign
from tests import exiftool
from tests.conditions import soon
from tests.lives import running, stored, waiting
from tests.signing import signer
from tests.workshop import Workshop, used
from worker.marking import Marker
from worker.watch import JOBS_IN_A_ROW


def job_of(progress: Progress) -> Job:
    (job,) = progress.jobs
    return job


def picture_of(progress: Progress) -> Picture:
    (picture,) = progress.pictures
    return picture


def upscale(parent: Picture) -> dict[str, Any]:
    return {"operation": UPSCALE.name, "inputs": (parent.id,), "model": FAST.name}


def opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture))


async def faults(pool: Pool) -> list[int]:
    return [row["faults"] for row in await pool.fetch("select faults from jobs order by id")]


async def test_a_picture_is_painted_and_stored(workshop: Workshop, bucket: Bucket) -> None:
    progress = await workshop.paint(width=640, height=480, seed=5)
    picture = picture_of(progress)
    assert (job_of(progress).state, picture.seed, picture.width, picture.height) == (State.DONE, 5, 640, 480)
    original = await bucket.get_original(picture)
    assert (opened(original).size, len(original)) == ((640, 480), picture.bytes)
    preview = await bucket.get_preview(picture)
    assert opened(preview).size == (640, 480)
    marks = [mark_in(original), mark_in(preview)]
    assert [mark and (mark.source_type, mark.model) for mark in marks] == [
        (SourceType.GENERATED, "Stable Image Core")
    ] * 2


@exiftool.needed
async def test_what_a_link_brings_says_what_was_done_by_whom(
    workshop: Workshop, bucket: Bucket, server: StabilityServer
) -> None:
    server.sign = new_sign()
    workshop.runner = replace(workshop.runner, marker=Marker(signer("Fox & Co")))
    first = picture_of(await workshop.paint(width=640, height=480))
    cut = picture_of(
        await workshop.paint(operation=CUT_OUT.name, inputs=(first.id,), model="remove-background")
    )
    enlarged = picture_of(await workshop.paint(**upscale(first)))
    theirs = "Stability AI (local)"
    async with ClientSession() as session:
        for picture, signers in ((first, ["Fox & Co", theirs]), (cut, [theirs]), (enlarged, [theirs])):
            async with session.get(bucket.link(picture, download=True)) as answer:
                original = await answer.read()
            credential = credentials.read(original)
            assert credential is not None
            assert (credential.is_intact, [one.signer for one in credential.manifests]) == (True, signers)
            preview = await bucket.get_preview(picture)
            assert exiftool.ai_mark(preview)[0] == SourceType.GENERATED
            small = credentials.read(preview)
            assert small is not None
            assert [one.signer for one in small.manifests] == ["Fox & Co", theirs]
    assert exiftool.ai_mark(await bucket.get_original(first))[0] == SourceType.GENERATED


async def test_each_picture_of_an_order_has_a_call_of_its_own(
    pool: Pool, workshop: Workshop, server: StabilityServer, bucket: Bucket
) -> None:
    progress = await waiting(pool, count=3, width=256, height=256)
    for job in await workshop.queue.claim(4):
        progress = await workshop.run(job)
    assert progress.state is State.DONE
    assert [picture.number for picture in progress.pictures] == [1, 2, 3]
    originals = {await bucket.get_original(picture) for picture in progress.pictures}
    assert len(originals) == len(server.calls) == 3
    assert await used(pool) == 9


async def test_a_picture_is_made_four_times_as_large(
    workshop: Workshop, bucket: Bucket, server: StabilityServer
) -> None:
    parent = picture_of(await workshop.paint(width=320, height=256))
    progress = await workshop.paint(**upscale(parent))
    picture = picture_of(progress)
    assert (picture.width, picture.height, picture.seed) == (1280, 1024, None)
    assert opened(await bucket.get_original(picture)).size == (1280, 1024)
    assert max(opened(await bucket.get_preview(picture)).size) == 768
    assert (server.calls[-1].model, server.calls[-1].billed) == ("fast", float(job_of(progress).price))


async def test_a_picture_that_is_too_large_for_the_upscaler_is_scaled_down_first(
    workshop: Workshop, bucket: Bucket
) -> None:
    parent = picture_of(await workshop.paint(width=1536, height=1024))
    picture = picture_of(await workshop.paint(**upscale(parent)))
    assert (picture.width, picture.height) == (5016, 3344)
    assert opened(await bucket.get_original(picture)).size == (5016, 3344)


async def test_the_size_on_record_is_the_pictures_own(workshop: Workshop) -> None:
    parent = picture_of(await workshop.paint(width=256, height=256))
    picture = picture_of(await workshop.paint(**{**upscale(parent), "width": 999, "height": 999}))
    assert (picture.width, picture.height) == (1024, 1024)


async def test_a_picture_that_was_deleted_meanwhile_is_not_made_larger(
    pool: Pool, workshop: Workshop, bucket: Bucket, server: StabilityServer
) -> None:
    parents = [picture_of(await workshop.paint(width=256, height=256)) for _ in range(2)]
    await Erasure(pool).erase(parents[0].id)
    await bucket.remove(f"{parents[1].order.key}/")
    for parent in parents:
        job = job_of(await workshop.paint(**upscale(parent)))
        assert (job.state, job.failure) == (State.FAILED, FailureCode.INPUT_GONE)
    assert len(server.calls) == 2
    assert await used(pool) == 6


async def test_a_picture_that_cannot_be_read_now_is_tried_again(
    pool: Pool, workshop: Workshop, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_picture: Picture) -> bytes:
        raise BucketUnavailable("away")

    parent = picture_of(await workshop.paint(width=256, height=256))
    monkeypatch.setattr(bucket, "get_original", away)
    job = job_of(await workshop.paint(**upscale(parent)))
    assert (job.state, job.faults) == (State.QUEUED, 1)
    # What there was, and what is reserved for the next try.
    assert await used(pool) == 3 + 2


async def test_faults_are_counted_one_by_one_and_the_last_one_ends_the_job(
    pool: Pool, workshop: Workshop
) -> None:
    progress = await waiting(pool, prompt="a fox [500]", width=256, height=256)
    counted = []
    for _attempt in range(3):
        await pool.execute("update jobs set run_after = now()")
        (job,) = await workshop.queue.claim(1)
        progress = await workshop.run(job)
        counted.append((job_of(progress).state, job_of(progress).faults, job_of(progress).attempt))
    assert counted == [(State.QUEUED, 1, 1), (State.QUEUED, 2, 2), (State.FAILED, 3, 3)]
    assert job_of(progress).failure is FailureCode.UNAVAILABLE


async def test_pauses_between_tries_grow_with_the_faults(pool: Pool, workshop: Workshop) -> None:
    await waiting(pool, prompt="a fox [500]", width=256, height=256)
    for least, most in ((1, 2), (2, 4)):
        await pool.execute("update jobs set run_after = now()")
        (job,) = await workshop.queue.claim(1)
        await workshop.runner.run(job)
        seconds = await pool.fetchval(
            "select extract(epoch from run_after - (select max(ended_at) from calls))::float8 from jobs"
        )
        assert least <= seconds <= most + 0.1


async def test_what_breaks_is_a_fault_of_its_own_job(
    pool: Pool, workshop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(workshop.storage, "store", broken)
    job = job_of(await workshop.paint(width=256, height=256))
    assert (job.state, job.faults) == (State.QUEUED, 1)
    assert "ZeroDivisionError: a bug" in caplog.text
    assert await pool.fetchval("select failure_detail from jobs") == "ZeroDivisionError: a bug"


async def test_a_worker_that_is_too_late_leaves_nothing_behind(
    pool: Pool, workshop: Workshop, bucket: Bucket
) -> None:
    held = await running(pool, width=256, height=256)
    await Orders(pool).cancel(held.order.id)
    progress = await workshop.run(held)
    assert (job_of(progress).state, progress.pictures) == (State.CANCELLED, ())
    with pytest.raises(PictureGone):
        await bucket.get_original(held)


async def test_a_job_that_is_cancelled_while_it_is_stored_leaves_nothing_behind(
    pool: Pool, workshop: Workshop, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_done, put_original = asyncio.Event(), bucket.put_original

    async def put(job: Job, original: bytes) -> None:
        await put_original(job, original)
        put_done.set()

    async def stall(_job: Job, _preview: bytes) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(bucket, "put_original", put)
    monkeypatch.setattr(bucket, "put_preview", stall)
    held = await running(pool, width=256, height=256)
    task = asyncio.create_task(workshop.runner.run(held))
    await asyncio.wait_for(put_done.wait(), 10)
    await Orders(pool).cancel(held.order.id)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(task)
    with pytest.raises(PictureGone):
        await bucket.get_original(held)


async def test_the_successor_of_a_lost_worker_keeps_its_picture(
    pool: Pool, workshop: Workshop, bucket: Bucket
) -> None:
    lost = await running(pool, width=256, height=256)
    await pool.execute("update jobs set lease_until = now() - interval '1 second'")
    await workshop.queue.reclaim_expired(await workshop.queue.clock())
    (successor,) = await workshop.queue.claim(1)
    await workshop.run(successor)
    progress = await workshop.run(lost)
    assert picture_of(progress).attempt == 2
    assert opened(await bucket.get_original(replace(lost, attempt=2))).size == (256, 256)
    with pytest.raises(PictureGone):
        await bucket.get_original(lost)


async def test_a_key_that_is_refused_is_an_alarm_without_the_key(
    pool: Pool, workshop: Workshop, server: StabilityServer
) -> None:
    key, server.key = server.key, "sk-another"
    refused = job_of(await workshop.paint(model="stable-diffusion-v1-6", width=320, height=320))
    (alarm,) = await Alarms(pool).claim_untold()
    assert (alarm.code, alarm.provider, alarm.model) == (AlarmCode.BAD_KEY, "stability", "")
    assert "401" in alarm.detail
    assert key not in alarm.detail
    assert (refused.state, refused.faults) == (State.QUEUED, 0)
    calls = len(server.calls)
    # While the key is bad, no job is tried for it.
    await pool.execute("update alarms set probe_at = now()")
    assert await workshop.runner.claim(1) == []
    assert await pool.fetchval("select count(*) from alarms where probe_at > now()") == 1
    assert len(server.calls) == calls
    server.key = key
    await pool.execute("update alarms set probe_at = now()")
    (again,) = await workshop.runner.claim(1)
    assert job_of(await workshop.run(again)).state is State.DONE
    assert await pool.fetchval("select count(*) from alarms") == 0


async def test_a_key_that_is_refused_as_a_worker_starts_is_an_alarm_before_anybody_meets_it(
    pool: Pool, workshop: Workshop, server: StabilityServer, caplog: pytest.LogCaptureFixture
) -> None:
    key, server.key = server.key, "sk-another"
    await workshop.runner.prepare()
    (alarm,) = await Alarms(pool).claim_untold()
    assert (alarm.code, alarm.provider) == (AlarmCode.BAD_KEY, "stability")
    assert "STABILITY_API_KEY: Stability does not accept it" in caplog.text
    assert key not in caplog.text
    # The owner set another, and so a worker starts again.
    server.key = key
    await workshop.runner.prepare()
    assert await Alarms(pool).open() == []


async def test_where_the_balance_does_not_tell_a_job_has_to(
    pool: Pool, workshop: Workshop, server: StabilityServer
) -> None:
    await server.stop()
    await Alarms(pool).raise_(AlarmCode.BAD_KEY, "", provider="stability", pause_seconds=60)
    job = job_of(await waiting(pool))
    assert await workshop.runner.claim(1) == []
    await pool.execute("update alarms set probe_at = now()")
    assert [probe.id for probe in await workshop.runner.claim(1)] == [job.id]


async def attempts(workshop: Workshop, progress: Progress) -> Job:
    """The job after all the attempts that it is worth; whatever else waits is left alone."""
    pool, job = workshop.pool, job_of(progress)
    while (job := job_of((await stored(pool, job.order.id)).progress)).state is State.QUEUED:
        await pool.execute("update jobs set run_after = 'infinity' where id <> $1", job.id)
        await pool.execute("update jobs set run_after = now() where id = $1", job.id)
        (claimed,) = await workshop.queue.claim(1)
        await workshop.run(claimed)
    await pool.execute("update jobs set run_after = now()")
    return job


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("html403", FailureCode.BLOCKED),
        ("json401", FailureCode.BLOCKED),
        ("empty402", FailureCode.BLOCKED),
        ("html429", FailureCode.UNAVAILABLE),
        ("redirect", FailureCode.UNAVAILABLE),
        ("html200", FailureCode.BAD_PICTURE),
        # In Stability's own words; but the balance answers.
        ("unauthorized", FailureCode.UNAVAILABLE),
        ("payment", FailureCode.UNAVAILABLE),
    ],
)
async def test_one_prompt_that_is_refused_again_and_again_ends_and_pauses_nobody(
    pool: Pool, workshop: Workshop, word: str, code: FailureCode
) -> None:
    job = await attempts(workshop, await waiting(pool, prompt=f"a fox [{word}]", width=256, height=256))
    assert (job.state, job.failure, job.faults) == (State.FAILED, code, 3)
    assert await pool.fetchval("select count(*) from alarms where probe_at is not null") == 0


@pytest.mark.parametrize(
    ("word", "code"), [("unauthorized", AlarmCode.BAD_KEY), ("payment", AlarmCode.NO_CREDIT)]
)
async def test_what_several_in_a_row_are_refused_for_pauses_though_the_balance_says_otherwise(
    pool: Pool, workshop: Workshop, word: str, code: AlarmCode
) -> None:
    refused = [
        job_of(await workshop.paint(prompt=f"a fox [{word}]", member_id=number, width=256, height=256))
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
    assert await workshop.queue.claim(4) == []
    tried = []
    for _ in range(JOBS_IN_A_ROW):
        await pool.execute("update alarms set probe_at = now()")
        (probe,) = await workshop.runner.claim(4)
        await workshop.run(probe)
        tried.append(probe.id)
    assert sorted(tried) == [job.id for job in refused]
    assert tried[-1] == refused[-1].id
    assert await faults(pool) == [1, 1, 0]
    other = job_of(await waiting(pool, member_id=9, width=256, height=256))
    await pool.execute("update alarms set probe_at = now()")
    (probe,) = await workshop.runner.claim(4)
    assert probe.id == other.id
    await workshop.run(probe)
    assert await pool.fetchval("select count(*) from alarms") == 0
    # From now on each of them is one job's own again.
    job = await attempts(workshop, (await stored(pool, refused[0].order.id)).progress)
    assert (job.state, job.failure) == (State.FAILED, FailureCode.UNAVAILABLE)
    assert await pool.fetchval("select count(*) from alarms") == 0
    # Nothing of it was charged but the one picture; two still wait.
    assert await used(pool) == 3 + 2 * 3


async def test_where_no_balance_tells_others_that_are_painted_do(
    pool: Pool, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> float:
        raise JobFailed(FailureCode.UNAVAILABLE, "away")

    monkeypatch.setattr(workshop.provider, "balance", away)
    first = await workshop.paint(prompt="a fox [payment]", width=256, height=256)
    assert (job_of(first).state, job_of(first).faults) == (State.QUEUED, 0)
    others = [job_of(await waiting(pool, member_id=number, width=256, height=256)) for number in (1, 2)]
    assert await workshop.queue.claim(4) == []
    await pool.execute("update alarms set probe_at = now()")
    (probe,) = await workshop.runner.claim(4)
    assert probe.id == others[0].id
    assert job_of(await workshop.run(probe)).state is State.DONE
    # From now on it is known for what it is.
    job = await attempts(workshop, first)
    assert (job.state, job.failure) == (State.FAILED, FailureCode.UNAVAILABLE)
    assert await pool.fetchval("select count(*) from alarms") == 0
    assert [job.id for job in await workshop.queue.claim(4)] == [others[1].id]


async def test_what_there_is_no_credit_for_waits_and_what_there_is_credit_for_is_painted(
    pool: Pool, workshop: Workshop, server: StabilityServer
) -> None:
    server.credits = 5
    first = job_of(await workshop.paint(model="ultra", width=256, height=256))
    assert (first.state, first.faults) == (State.QUEUED, 0)
    (alarm,) = await Alarms(pool).claim_untold()
    assert (alarm.code, alarm.price) == (AlarmCode.NO_CREDIT, Decimal(8))
    other = job_of(await waiting(pool, member_id=7, model="ultra", width=256, height=256))
    core = job_of(await waiting(pool, width=256, height=256))
    (claimed,) = await workshop.queue.claim(4)
    assert claimed.id == core.id
    assert job_of(await workshop.run(claimed)).state is State.DONE
    assert await pool.fetchval("select count(*) from alarms") == 1
    # Enough for one, which is not the one that was just refused: that waits on, and it is not its own fault.
    server.credits = 8
    await pool.execute("update alarms set probe_at = now()")
    (probe,) = await workshop.runner.claim(4)
    assert probe.id == other.id
    await workshop.run(probe)
    assert await pool.fetchval("select count(*) from alarms") == 0
    (again,) = await workshop.queue.claim(4)
    ultra = job_of(await workshop.run(again))
    assert (ultra.state, ultra.faults) == (State.QUEUED, 0)
    assert await pool.fetchval("select price from alarms") == 8


async def test_a_pause_that_stability_asks_for_is_kept_and_told_until_it_is_over(
    pool: Pool, workshop: Workshop, server: StabilityServer
) -> None:
    server.rate_limit_pause_seconds = 60
    await workshop.paint(width=256, height=256)
    one = await workshop.paint(prompt="a fox [429]", width=256, height=256)
    assert (job_of(one).state, job_of(one).faults) == (State.QUEUED, 0)
    other, orders = await waiting(pool, member_id=3), Orders(pool)
    assert await workshop.queue.claim(4) == []
    for progress in (one, other):
        estimate = await orders.estimate(progress)
        assert estimate.paused is FailureCode.RATE_LIMITED
        assert estimate.pause_seconds is not None
        assert 50 < estimate.pause_seconds < (estimate.seconds or 0)
    await pool.execute(
        "update rate_limit_slots set free_at = now(), paused_until = now() - interval '1 second'"
    )
    estimate = await orders.estimate(other)
    assert (estimate.paused, estimate.pause_seconds) == (None, None)
    # Its own time is not yet come, and it says so.
    assert ((await orders.estimate(one)).seconds or 0) > 50
    assert [job.id for job in await workshop.queue.claim(4)] == [job_of(other).id]


async def test_one_that_is_always_told_to_pause_stops_the_others_less_and_less_and_ends(
    pool: Pool, workshop: Workshop, server: StabilityServer
) -> None:
    server.rate_limit_pause_seconds = 0
    progress, pauses = await waiting(pool, prompt="a fox [429]", width=256, height=256), list[float]()
    while not progress.is_final:
        await pool.execute("update rate_limit_slots set free_at = now(), paused_until = null")
        await pool.execute("update jobs set run_after = now()")
        (claimed,) = await workshop.queue.claim(1)
        progress = await workshop.run(claimed)
        pauses.append(await pool.fetchval("select extract(epoch from run_after - now())::float8 from jobs"))
    assert (job_of(progress).state, job_of(progress).failure) == (State.FAILED, FailureCode.RATE_LIMITED)
    assert [round(pause) for pause in pauses[:4]] == [1, 2, 4, 8]
    assert max(pauses) <= 600
    assert len(pauses) < 20
    assert await used(pool) == 0


async def test_one_that_is_told_to_pause_while_others_are_painted_stops_nobody_again(
    pool: Pool, workshop: Workshop
) -> None:
    one = job_of(await workshop.paint(prompt="a fox [429]", width=256, height=256))
    for stopped in (True, False):
        assert await pool.fetchval("select max(paused_until) > now() from rate_limit_slots") is stopped
        await pool.execute("update rate_limit_slots set free_at = now(), paused_until = now()")
        await pool.execute("update jobs set run_after = 'infinity' where id = $1", one.id)
        other = await workshop.paint(member_id=9, width=256, height=256)
        assert job_of(other).state is State.DONE
        await pool.execute("update jobs set run_after = now() where id = $1", one.id)
        (again,) = await workshop.queue.claim(1)
        one = job_of(await workshop.run(again))
        assert (one.state, one.faults) == (State.QUEUED, 0)


async def test_one_that_was_claimed_just_before_a_pause_waits_in_line(pool: Pool, workshop: Workshop) -> None:
    """And not under a spinner, whose estimate would be long over."""
    held = await running(pool, width=256, height=256)
    await RateLimit(pool).pause(60)
    progress = await workshop.run(held)
    assert (job_of(progress).state, job_of(progress).faults) == (State.QUEUED, 0)
    assert ((await Orders(pool).estimate(progress)).pause_seconds or 0) > 50
    assert await used(pool) == 3
