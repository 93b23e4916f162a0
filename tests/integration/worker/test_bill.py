"""What an attempt costs, however it ends: what may be billed is counted, and what was never sent is not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from core.errors import PictureGone
from core.failures import FailureCode, Outcome
from core.operations import FAST, UPSCALE
from core.orders import Job, State
from db.bucket.client import Bucket
from db.bucket.sweep import sweep
from db.orders import Orders
from db.pool import Pool
from db.queue import Painted
from db.rate_limits import RateLimit
from sandbox.stability import StabilityServer
from tests.conditions import soon
from tests.lives import painted, running, stored, waiting, worker
from tests.workshop import Workshop, calls, used
from worker import imaging
from worker.providers.stability.client import Stability

PRICE = 3
SIZE = {"width": 256, "height": 256}


async def outcomes(pool: Pool) -> list[Outcome]:
    return [outcome for outcome, _id in await calls(pool)]


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        # In Stability's own words: nothing is charged.
        ("refuse", Outcome.FREE),
        ("language", Outcome.FREE),
        ("moderation400", Outcome.FREE),
        ("429", Outcome.FREE),
        ("500", Outcome.FREE),
        ("408", Outcome.FREE),
        ("unauthorized", Outcome.FREE),
        ("payment", Outcome.FREE),
        ("error-reason", Outcome.FREE),
        # Turned away by what stands before it.
        ("html403", Outcome.FREE),
        ("empty402", Outcome.FREE),
        ("json429", Outcome.FREE),
        ("redirect", Outcome.FREE),
        # Nobody knows whether a picture was painted behind it.
        ("html500", Outcome.UNKNOWN),
        ("json502", Outcome.UNKNOWN),
        ("empty503", Outcome.UNKNOWN),
        ("html200", Outcome.UNKNOWN),
        ("html408", Outcome.UNKNOWN),
        ("garbage", Outcome.UNKNOWN),
        ("huge", Outcome.UNKNOWN),
        ("half", Outcome.UNKNOWN),
        ("reset", Outcome.UNKNOWN),
        # It was painted.
        ("blur", Outcome.BILLED),
        ("json-filtered", Outcome.BILLED),
        ("bomb", Outcome.BILLED),
        ("json-picture", Outcome.BILLED),
    ],
)
@pytest.mark.parametrize("model", ["core", "stable-diffusion-v1-6"])
async def test_each_answer_costs_what_stability_may_bill(
    pool: Pool, workshop: Workshop, model: str, word: str, outcome: Outcome
) -> None:
    job = await running(pool, model=model, prompt=f"a fox [{word}]", **SIZE)
    progress = await workshop.run(job)
    assert await outcomes(pool) == [outcome]
    reserved = 0 if progress.is_final else job.price
    assert await used(pool) == (job.price if outcome.counts else 0) + reserved


async def test_what_stability_bills_is_found_by_its_own_id(
    pool: Pool, workshop: Workshop, server: StabilityServer
) -> None:
    for prompt in ("a fox", "a fox [blur]", "a fox [json-picture]"):
        await workshop.paint(prompt=prompt, **SIZE)
    assert await calls(pool) == [(Outcome.BILLED, call.request_id) for call in server.calls]
    assert all(call.billed for call in server.calls)


async def test_a_picture_that_cannot_be_opened_is_paid_for_at_each_attempt(
    pool: Pool, workshop: Workshop
) -> None:
    progress = await waiting(pool, prompt="a fox [bomb]", **SIZE)
    for count in (1, 2, 3):
        await pool.execute("update jobs set run_after = now()")
        (job,) = await workshop.queue.claim(1)
        progress = await workshop.run(job)
        assert await outcomes(pool) == [Outcome.BILLED] * count
        assert await used(pool) == PRICE * (count + (0 if count == 3 else 1))
    assert (progress.jobs[0].state, progress.jobs[0].failure) == (State.FAILED, FailureCode.BAD_PICTURE)
    assert progress.jobs[0].counted == 3 * PRICE


async def test_second_and_third_attempts_count_beside_the_first(pool: Pool, workshop: Workshop) -> None:
    progress = await waiting(pool, prompt="a fox [html500]", **SIZE)
    for word in ("[html500]", "[half]", "at last"):
        await pool.execute("update jobs set run_after = now()")
        await pool.execute("update orders set prompt = $1", f"a fox {word}")
        (job,) = await workshop.queue.claim(1)
        progress = await workshop.run(job)
    assert progress.state is State.DONE
    assert await outcomes(pool) == [Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.BILLED]
    assert await used(pool) == 3 * PRICE


async def test_a_time_out_may_be_billed(
    pool: Pool, bucket: Bucket, workshop: Workshop, server: StabilityServer
) -> None:
    async with Stability(host=server.url, key=server.key, timeout_seconds=0.3) as stability:
        await Workshop(pool, bucket, stability).paint(prompt="a fox [hang]", **SIZE)
    assert await outcomes(pool) == [Outcome.UNKNOWN]
    assert await used(pool) == 2 * PRICE


@pytest.mark.parametrize("host", ["http://127.0.0.1:1", "http://nobody.invalid"])
async def test_where_no_connection_came_about_nothing_was_sent(
    pool: Pool, bucket: Bucket, workshop: Workshop, host: str
) -> None:
    async with Stability(host=host, key="sk", timeout_seconds=5) as stability:
        progress = await Workshop(pool, bucket, stability).paint(**SIZE)
    assert progress.jobs[0].faults == 1
    assert await outcomes(pool) == [Outcome.FREE]
    assert await used(pool) == PRICE


async def test_a_connection_that_is_closed_before_the_answer_may_be_billed(
    pool: Pool, bucket: Bucket, workshop: Workshop
) -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(close, "127.0.0.1")
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening, Stability(host=url, key="sk", timeout_seconds=5) as stability:
        await Workshop(pool, bucket, stability).paint(**SIZE)
    assert await outcomes(pool) == [Outcome.UNKNOWN]


@asynccontextmanager
async def attempting(workshop: Workshop, job: Job) -> AsyncIterator[asyncio.Task[None]]:
    """One that is cancelled ends by that."""
    task = asyncio.create_task(workshop.runner.run(job))
    yield task
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 20)


async def until_sent(server: StabilityServer, prompt: str, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when the server has the call, whose answer does not come."""
    sent = asyncio.Event()
    of = server._provocations.of

    def met(asked: str, path: str) -> str | None:
        if asked == prompt:
            sent.set()
        return of(asked, path)

    monkeypatch.setattr(server._provocations, "of", met)
    return sent


async def test_a_worker_that_stops_before_it_has_sent_anything_gives_the_job_back_for_nothing(
    pool: Pool, workshop: Workshop, server: StabilityServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = asyncio.Event()

    async def wait(_limit: RateLimit) -> None:
        waits.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(RateLimit, "wait", wait)
    held = await running(pool, **SIZE)
    async with attempting(workshop, held) as task:
        await soon(waits.wait())
        task.cancel()
    job = (await stored(pool, held.order.id)).progress.jobs[0]
    assert (job.state, job.faults, len(server.calls)) == (State.QUEUED, 0, 0)
    assert await outcomes(pool) == [Outcome.FREE]
    assert await used(pool) == PRICE


async def test_a_job_that_is_cancelled_before_its_call_was_sent_costs_nothing(
    pool: Pool, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = asyncio.Event()

    async def wait(_limit: RateLimit) -> None:
        waits.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(RateLimit, "wait", wait)
    held = await running(pool, **SIZE)
    async with attempting(workshop, held) as task:
        await soon(waits.wait())
        await Orders(pool).cancel(held.order.id)
        # Until its worker says otherwise, nobody knows.
        assert (await outcomes(pool), await used(pool)) == ([Outcome.UNKNOWN], PRICE)
        task.cancel()
    assert (await outcomes(pool), await used(pool)) == ([Outcome.FREE], 0)


async def test_a_job_that_is_cancelled_while_it_connects_costs_nothing(
    pool: Pool, bucket: Bucket, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    connects = asyncio.Event()

    async def connect(*_arguments: object, **_more: object) -> None:
        connects.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("aiohttp.TCPConnector._create_connection", connect)
    held = await running(pool, **SIZE)
    async with attempting(workshop, held) as task:
        await soon(connects.wait())
        await Orders(pool).cancel(held.order.id)
        task.cancel()
    assert (await outcomes(pool), await used(pool)) == ([Outcome.FREE], 0)


async def test_a_job_that_is_cancelled_while_it_is_painted_counts(
    pool: Pool, workshop: Workshop, server: StabilityServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = "a fox [hang]"
    sent = await until_sent(server, prompt, monkeypatch)
    held = await running(pool, prompt=prompt, **SIZE)
    async with attempting(workshop, held) as task:
        await soon(sent.wait())
        await Orders(pool).cancel(held.order.id)
        task.cancel()
    job = (await stored(pool, held.order.id)).progress.jobs[0]
    assert (job.state, await outcomes(pool)) == (State.CANCELLED, [Outcome.UNKNOWN])
    assert await used(pool) == PRICE


async def test_a_worker_that_stops_while_it_paints_gives_the_job_back_and_the_call_counts(
    pool: Pool, workshop: Workshop, server: StabilityServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = "a fox [hang]"
    sent = await until_sent(server, prompt, monkeypatch)
    held = await running(pool, prompt=prompt, **SIZE)
    async with attempting(workshop, held) as task:
        await soon(sent.wait())
        task.cancel()
    job = (await stored(pool, held.order.id)).progress.jobs[0]
    assert (job.state, job.faults) == (State.QUEUED, 0)
    assert await outcomes(pool) == [Outcome.UNKNOWN]
    # What was sent, and what is reserved for the next try.
    assert await used(pool) == 2 * PRICE


async def test_a_picture_that_came_after_its_job_was_cancelled_is_billed_with_its_id(
    pool: Pool, workshop: Workshop, server: StabilityServer
) -> None:
    held = await running(pool, **SIZE)
    await Orders(pool).cancel(held.order.id)
    await workshop.run(held)
    assert await calls(pool) == [(Outcome.BILLED, server.calls[0].request_id)]
    assert await used(pool) == PRICE


async def test_a_refusal_that_came_after_its_job_was_cancelled_is_free(
    pool: Pool, workshop: Workshop
) -> None:
    held = await running(pool, prompt="a fox [refuse]", **SIZE)
    await Orders(pool).cancel(held.order.id)
    assert await used(pool) == PRICE
    await workshop.run(held)
    assert (await outcomes(pool), await used(pool)) == ([Outcome.FREE], 0)


async def test_a_lost_workers_attempts_count_the_last_one_too(pool: Pool, workshop: Workshop) -> None:
    progress = await waiting(pool, **SIZE)
    for count in (1, 2, 3):
        (held,) = await workshop.queue.claim(1)
        await pool.execute("update jobs set lease_until = now() - interval '1 second'")
        state = State.FAILED if count == 3 else State.QUEUED
        assert await workshop.queue.reclaim_expired(await workshop.queue.clock()) == {held.id: state}
        assert await outcomes(pool) == [Outcome.UNKNOWN] * count
        assert await used(pool) == PRICE * (count + (0 if count == 3 else 1))
    progress = (await stored(pool, progress.order.id)).progress
    assert progress.jobs[0].failure is FailureCode.WORKER_LOST
    assert progress.jobs[0].counted == 3 * PRICE


async def test_a_worker_whose_lease_ran_out_tells_what_its_call_cost_after_all(
    pool: Pool, workshop: Workshop, server: StabilityServer
) -> None:
    lost = [await running(pool, prompt=prompt, **SIZE) for prompt in ("a fox", "a fox [refuse]")]
    await pool.execute("update jobs set lease_until = now() - interval '1 second'")
    await workshop.queue.reclaim_expired(await workshop.queue.clock())
    assert await used(pool) == 4 * PRICE
    for job in lost:
        await workshop.runner.run(job)
    assert await outcomes(pool) == [Outcome.BILLED, Outcome.FREE]
    assert (await calls(pool))[0][1] == server.calls[0].request_id
    # One that was billed, and two that wait.
    assert await used(pool) == 3 * PRICE


async def test_what_a_picture_is_made_from_is_read_before_anything_is_paid(
    pool: Pool, workshop: Workshop, bucket: Bucket
) -> None:
    """Its bytes are damaged, and so nothing is sent."""
    parent = await painted(pool, **SIZE)
    await bucket.put_original(parent, b"no picture")
    before = await used(pool)
    progress = await workshop.paint(
        operation=UPSCALE.name, inputs=(parent.id,), model=FAST.name, width=1024, height=1024
    )
    assert progress.jobs[0].faults == 1
    assert (await outcomes(pool))[1:] == [Outcome.FREE]
    assert await used(pool) == before + float(FAST.credits)


async def test_what_breaks_after_the_picture_came_is_billed(
    pool: Pool, workshop: Workshop, server: StabilityServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> imaging.Pictures:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(imaging, "prepare", broken)
    await workshop.paint(**SIZE)
    assert await calls(pool) == [(Outcome.BILLED, server.calls[0].request_id)]
    assert await used(pool) == 2 * PRICE


async def test_what_breaks_before_it_is_sent_is_free(
    pool: Pool, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.providers.stability.requests.ENDPOINTS", {})
    progress = await workshop.paint(**SIZE)
    assert progress.jobs[0].faults == 1
    assert (await outcomes(pool), await used(pool)) == ([Outcome.FREE], PRICE)


async def test_a_worker_that_dies_between_storing_and_recording_leaves_what_the_sweep_finds(
    pool: Pool, workshop: Workshop, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_in_bucket = asyncio.Event()

    async def die(_painted: Painted) -> None:
        stored_in_bucket.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(workshop.queue, "finish", die)
    held = await running(pool, **SIZE)
    dead = asyncio.create_task(workshop.runner.run(held))
    await asyncio.wait_for(stored_in_bucket.wait(), 20)
    monkeypatch.undo()
    await pool.execute("update jobs set lease_until = now() - interval '1 second'")
    other = worker(pool, "two")
    await other.reclaim_expired(await other.clock())
    (successor,) = await other.claim(1)
    progress = await workshop.run(successor)
    (picture,) = progress.pictures
    assert picture.attempt == 2
    assert await outcomes(pool) == [Outcome.UNKNOWN, Outcome.BILLED]
    assert await used(pool) == 2 * PRICE

    assert await bucket.get_original(held)
    assert await sweep(pool, bucket, age_min=timedelta(hours=-1)) == 2
    with pytest.raises(PictureGone):
        await bucket.get_original(held)
    assert await bucket.get_original(picture)
    dead.cancel()
    await asyncio.gather(dead, return_exceptions=True)
