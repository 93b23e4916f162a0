"""The queue against a real Postgres: each transition, its guard, and the order of the line."""

import asyncio
from datetime import UTC, datetime

import pytest

from core.errors import FailureCode, LostJob
from db.orders import PLACE_MAX, Job, Jobs, State
from db.pool import Pool
from db.queue import Queue
from tests.orders import order


@pytest.fixture
def jobs(pool: Pool) -> Jobs:
    return Jobs(pool)


@pytest.fixture
def queue(pool: Pool) -> Queue:
    return Queue(pool, worker="one", lease_seconds=30, attempts_max=3)


async def enqueue(jobs: Jobs, **changes: object) -> Job:
    job = await jobs.enqueue(order(**changes))
    assert job is not None
    return job


async def claim_one(queue: Queue) -> Job:
    (job,) = await queue.claim(1)
    return job


async def row(pool: Pool, job: Job) -> dict[str, object]:
    found = await pool.fetchrow("select * from jobs where id = $1", job.id)
    assert found is not None
    return dict(found)


async def run_out(pool: Pool, job: Job) -> None:
    await pool.execute("update jobs set lease_until = now() - interval '1 second' where id = $1", job.id)


async def be_due(pool: Pool, job: Job) -> None:
    await pool.execute("update jobs set run_after = now() where id = $1", job.id)


async def test_a_replayed_interaction_makes_no_second_job(jobs: Jobs, pool: Pool) -> None:
    assert await jobs.enqueue(order(interaction_id=7)) is not None
    assert await jobs.enqueue(order(interaction_id=7, prompt="another")) is None
    assert await pool.fetchval("select count(*) from jobs") == 1


async def test_a_claimed_job_is_running_and_nobody_elses(jobs: Jobs, queue: Queue) -> None:
    waiting = await enqueue(jobs)
    job = await claim_one(queue)
    assert (job.id, job.state, job.attempt, job.revision) == (waiting.id, State.RUNNING, 1, 2)
    assert job.started_at is not None
    assert await queue.claim(1) == []


async def test_racing_workers_share_the_queue_without_a_double(jobs: Jobs, pool: Pool) -> None:
    stored = {(await enqueue(jobs, member_id=member)).id for member in range(40)}
    workers = [Queue(pool, worker=f"w{number}", lease_seconds=30, attempts_max=3) for number in range(4)]
    claimed = [job.id for batch in await asyncio.gather(*(w.claim(10) for w in workers * 2)) for job in batch]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) == stored


async def test_members_are_served_in_turn(jobs: Jobs, queue: Queue) -> None:
    many = [await enqueue(jobs, member_id=1) for _ in range(5)]
    late = [await enqueue(jobs, member_id=2) for _ in range(2)]
    order_served = [(await claim_one(queue)).id for _ in range(7)]
    assert order_served == [
        many[0].id,
        late[0].id,
        many[1].id,
        late[1].id,
        many[2].id,
        many[3].id,
        many[4].id,
    ]


async def test_who_comes_later_joins_the_current_turn_not_the_first(jobs: Jobs, queue: Queue) -> None:
    busy = [await enqueue(jobs, member_id=1) for _ in range(4)]
    served = [await claim_one(queue) for _ in range(2)]
    newcomer = await enqueue(jobs, member_id=2)
    assert [job.id for job in served] == [busy[0].id, busy[1].id]
    assert newcomer.turn == busy[2].turn
    again = await enqueue(jobs, member_id=2)
    assert [job.id for job in await queue.claim(10)] == [busy[2].id, newcomer.id, busy[3].id, again.id]


async def test_a_member_of_an_empty_queue_waits_behind_nobody(jobs: Jobs, queue: Queue) -> None:
    for _ in range(3):
        job = await enqueue(jobs, member_id=1)
        await queue.finish(await claim_one(queue), painted_seed=1, original_bytes=1)
    newcomer = await enqueue(jobs, member_id=2)
    assert newcomer.turn == job.turn
    assert await jobs.place_in_line(newcomer) == 1


async def test_the_place_in_line_counts_who_is_before(jobs: Jobs) -> None:
    first = await enqueue(jobs, member_id=1)
    second = await enqueue(jobs, member_id=1)
    other = await enqueue(jobs, member_id=2)
    places = [await jobs.place_in_line(job) for job in (first, other, second)]
    assert places == [1, 2, 3]


async def test_the_place_in_line_is_counted_no_further_than_needed(jobs: Jobs, pool: Pool) -> None:
    await pool.execute(
        """insert into jobs (interaction_id, application_id, token_expires_at, member_id, channel_id,
                             prompt, width, height, model, turn, reply_due_at)
           select -n, 1, now(), n, 1, 'p', 256, 256, 'core', 1, now() from generate_series(1, 1100) n"""
    )
    assert await jobs.place_in_line(await enqueue(jobs)) == PLACE_MAX


async def test_finishing(jobs: Jobs, queue: Queue, pool: Pool) -> None:
    await enqueue(jobs)
    job = await claim_one(queue)
    await queue.finish(job, painted_seed=42, original_bytes=1234)
    stored = await row(pool, job)
    assert (stored["state"], stored["painted_seed"], stored["original_bytes"]) == ("done", 42, 1234)
    assert stored["lease_until"] is None
    assert stored["finished_at"] is not None


async def test_what_finishes_together_is_told_apart(jobs: Jobs, queue: Queue, pool: Pool) -> None:
    """They are recorded by one statement; the second was cancelled meanwhile, and the first is resized."""
    for _ in range(3):
        await enqueue(jobs)
    resized, cancelled, plain = await queue.claim(3)
    await jobs.cancel(cancelled.id)
    ended = await asyncio.gather(
        queue.finish(resized, painted_seed=1, original_bytes=10, size=(512, 640)),
        queue.finish(cancelled, painted_seed=2, original_bytes=20),
        queue.finish(plain, painted_seed=None, original_bytes=30),
        return_exceptions=True,
    )
    assert [type(one) for one in ended] == [type(None), LostJob, type(None)]
    stored = [await row(pool, job) for job in (resized, cancelled, plain)]
    assert [one["state"] for one in stored] == ["done", "cancelled", "done"]
    assert [(one["painted_seed"], one["original_bytes"]) for one in stored] == [
        (1, 10),
        (None, None),
        (None, 30),
    ]
    assert [(one["width"], one["height"]) for one in stored] == [(512, 640), (1024, 1024), (1024, 1024)]


async def test_finishing_again_is_no_fault_and_changes_nothing(jobs: Jobs, queue: Queue, pool: Pool) -> None:
    """The answer to the first try may have been lost."""
    await enqueue(jobs)
    job = await claim_one(queue)
    await queue.finish(job, painted_seed=42, original_bytes=1234)
    before = await row(pool, job)
    await queue.finish(job, painted_seed=43, original_bytes=4321)
    assert await row(pool, job) == before


async def test_failing(jobs: Jobs, queue: Queue, pool: Pool) -> None:
    await enqueue(jobs)
    job = await claim_one(queue)
    await queue.fail(job, FailureCode.REFUSED, "403")
    stored = await row(pool, job)
    assert (stored["state"], stored["failure"], stored["failure_detail"]) == ("failed", "refused", "403")


async def test_passing_faults_are_retried_until_the_attempts_are_used_up(
    jobs: Jobs, queue: Queue, pool: Pool
) -> None:
    await enqueue(jobs)
    states = []
    for _ in range(3):
        job = await claim_one(queue)
        await queue.retry(job, FailureCode.UNAVAILABLE, "500", delay_seconds=60)
        states.append((await row(pool, job))["state"])
        assert await queue.claim(1) == []
        await be_due(pool, job)
    assert states == ["queued", "queued", "failed"]
    assert (await row(pool, job))["failure"] == "unavailable"


async def test_a_job_handed_back_has_nothing_held_against_it(jobs: Jobs, queue: Queue, pool: Pool) -> None:
    await enqueue(jobs)
    for _ in range(5):
        await queue.hand_back(await claim_one(queue))
    job = await claim_one(queue)
    assert (job.faults, job.attempt) == (0, 6)


async def test_a_lease_that_is_extended_is_not_reaped(jobs: Jobs, queue: Queue, pool: Pool) -> None:
    await enqueue(jobs)
    job = await claim_one(queue)
    await run_out(pool, job)
    assert await queue.extend_leases({(job.id, job.attempt)}) == {(job.id, job.attempt)}
    assert await queue.reap(await queue.clock()) == []
    lease = (await row(pool, job))["lease_until"]
    assert isinstance(lease, datetime)
    assert lease > datetime.now(UTC)


async def test_a_lost_worker_is_fenced_at_every_write(jobs: Jobs, queue: Queue, pool: Pool) -> None:
    await enqueue(jobs)
    lost = await claim_one(queue)
    await run_out(pool, lost)
    assert await queue.reap(await queue.clock()) == [lost.id]
    successor = await claim_one(queue)
    assert (successor.id, successor.attempt) == (lost.id, lost.attempt + 1)

    assert await queue.extend_leases({(lost.id, lost.attempt)}) == set()
    for write in (
        queue.finish(lost, painted_seed=1, original_bytes=1),
        queue.fail(lost, FailureCode.REFUSED, ""),
        queue.retry(lost, FailureCode.UNAVAILABLE, "", delay_seconds=0),
        queue.hand_back(lost),
    ):
        with pytest.raises(LostJob):
            await write
    await queue.finish(successor, painted_seed=2, original_bytes=2)
    assert (await row(pool, lost))["painted_seed"] == 2


async def test_a_job_that_keeps_losing_its_worker_fails(jobs: Jobs, queue: Queue, pool: Pool) -> None:
    await enqueue(jobs)
    for _ in range(3):
        job = await claim_one(queue)
        await run_out(pool, job)
        await queue.reap(await queue.clock())
    stored = await row(pool, job)
    assert (stored["state"], stored["failure"]) == ("failed", "worker_lost")
    assert stored["failure_detail"] == "the lease of one ran out"
