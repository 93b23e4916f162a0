"""Each transition changes the job that it names and nothing beside it, whatever others do at the time."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from core.errors import LostJob
from core.failures import FailureCode, JobFailed, Outcome
from core.orders import Job, State
from db.ledger import audit
from db.orders import Orders
from db.pool import Pool
from db.queue import Queue
from tests.conditions import until
from tests.lives import painted_by, stored, waiting, worker

UNKNOWN = JobFailed(FailureCode.UNAVAILABLE, "500")


@pytest.fixture
def queue(pool: Pool) -> Queue:
    return worker(pool)


@pytest.fixture
async def two(pool: Pool, queue: Queue) -> list[Job]:
    """At work at their first attempt, each of an order of its own."""
    for member in (1, 2):
        await waiting(pool, member_id=member)
    return await queue.claim(2)


async def rows(pool: Pool, of: Job) -> list[list[object]]:
    """All that is stored of a job and its order."""
    found = [
        await pool.fetch("select * from jobs where id = $1", of.id),
        await pool.fetch("select * from calls where job_id = $1", of.id),
        await pool.fetch("select * from replies where order_id = $1", of.order.id),
        await pool.fetch("select * from pictures where id = $1", of.id),
    ]
    return [[tuple(row) for row in table] for table in found]


async def run_out(pool: Pool, job: Job) -> None:
    await pool.execute("update jobs set lease_until = now() - interval '1 second' where id = $1", job.id)


async def reclaim(pool: Pool, job: Job) -> None:
    await run_out(pool, job)
    assert list(await worker(pool).reclaim_expired(await worker(pool).clock())) == [job.id]


TRANSITIONS: dict[str, Callable[[Pool, Job], Awaitable[object]]] = {
    "finish": lambda pool, job: worker(pool).finish(painted_by(job)),
    "fail": lambda pool, job: worker(pool).fail(job, UNKNOWN),
    "retry": lambda pool, job: worker(pool).retry(job, UNKNOWN, delay_seconds=0),
    "release": lambda pool, job: worker(pool).release(job),
    "reclaim": reclaim,
    "cancel": lambda pool, job: Orders(pool).cancel(job.order.id),
}


@pytest.mark.parametrize("name", TRANSITIONS)
async def test_the_job_beside_it_is_left_as_it_is(pool: Pool, two: list[Job], name: str) -> None:
    job, beside = two
    await pool.execute("update replies set estimate_over_at = now() + interval '1 minute'")
    before = await rows(pool, beside)
    await TRANSITIONS[name](pool, job)
    assert await rows(pool, beside) == before
    assert (await stored(pool, job.order.id)).revision == 3
    assert (await audit(pool))[1] == []


async def test_a_claim_leaves_those_behind_it_as_they_are(pool: Pool, queue: Queue) -> None:
    first, second = [await waiting(pool, member_id=member) for member in (1, 2)]
    await pool.execute("update replies set estimate_over_at = now() + interval '1 minute'")
    before = await rows(pool, second.jobs[0])
    (claimed,) = await queue.claim(1)
    assert await rows(pool, second.jobs[0]) == before
    reply = await stored(pool, first.order.id)
    assert (reply.revision, reply.estimate_over_at) == (2, None)
    assert claimed.order == first.order
    assert await queue.reclaim_expired(await queue.clock()) == {}
    assert await pool.fetchval(
        "select lease_until - now() between '25 s' and '30 s' from jobs where attempt = 1"
    )


async def test_only_the_leases_that_are_named_are_extended(pool: Pool, queue: Queue, two: list[Job]) -> None:
    for job in two:
        await run_out(pool, job)
    mine, other = two
    assert await queue.extend_leases({(mine.id, 1), (other.id, 2), (12345, 1)}) == {(mine.id, 1)}
    assert await queue.reclaim_expired(await queue.clock()) == {other.id: State.QUEUED}
    await queue.finish(painted_by(mine))
    assert await queue.extend_leases({(mine.id, 1)}) == set()


@pytest.mark.parametrize("name", ["finish", "fail", "retry", "release"])
async def test_what_is_cancelled_meanwhile_stays_so(pool: Pool, two: list[Job], name: str) -> None:
    """The cancellation is not committed yet when the attempt ends."""
    job, _ = two
    async with pool.acquire() as other:
        cancelling = other.transaction()
        await cancelling.start()
        await other.execute(
            "update jobs set state = 'cancelled', lease_until = null, finished_at = now() where id = $1",
            job.id,
        )
        await other.execute("update calls set outcome = 'unknown' where job_id = $1", job.id)
        ending = asyncio.ensure_future(TRANSITIONS[name](pool, job))
        await until(
            lambda: other.fetchval("select count(*) from pg_locks where not granted"), lambda count: count > 0
        )
        await cancelling.commit()
    with pytest.raises(LostJob):
        await ending
    (left,) = (await stored(pool, job.order.id)).progress.jobs
    assert (left.state, left.faults) == (State.CANCELLED, 0)
    assert (await audit(pool))[1] == []


async def test_two_that_reclaim_do_not_wait_for_each_other(pool: Pool, queue: Queue, two: list[Job]) -> None:
    job, other_job = two
    for one in two:
        await run_out(pool, one)
    async with pool.acquire() as other, other.transaction():
        await other.execute("select from jobs where id = $1 for update", job.id)
        async with asyncio.timeout(5):
            assert await queue.reclaim_expired(await queue.clock()) == {other_job.id: State.QUEUED}


async def test_what_is_released_is_no_failure_however_much_is_held_against_it(pool: Pool) -> None:
    """Its attempts were more when they failed: the owner has lowered their number."""
    await waiting(pool)
    for _ in range(2):
        (job,) = await worker(pool).claim(1)
        assert await worker(pool).retry(job, UNKNOWN, delay_seconds=0) is State.QUEUED
    strict = worker(pool, attempts_max=2)
    (job,) = await strict.claim(1)
    await strict.release(job)
    (job,) = await strict.claim(1)
    assert (job.faults, job.attempt) == (2, 4)
    assert await strict.retry(job, UNKNOWN, delay_seconds=0) is State.FAILED
    assert (await audit(pool))[1] == []


async def test_a_job_that_was_refused_says_when_and_one_that_was_only_released_does_not(
    pool: Pool, queue: Queue, two: list[Job]
) -> None:
    refused, released = two
    await queue.release(refused, refused=True)
    await queue.release(released)
    when = await pool.fetch(
        "select refused_at between now() - interval '20 s' and now() from jobs order by id"
    )
    assert [row[0] for row in when] == [True, None]
    # A later end that is no refusal does not make it forgotten.
    (again, _) = await queue.claim(2)
    await queue.release(again)
    assert await pool.fetchval("select refused_at is not null from jobs where id = $1", refused.id)


async def test_the_reason_of_the_last_failure_is_kept_while_it_waits(
    pool: Pool, queue: Queue, two: list[Job]
) -> None:
    job, _ = two
    await queue.retry(job, UNKNOWN, delay_seconds=0)
    (job, *_) = await queue.claim(1)
    await queue.release(job)
    found = await pool.fetchrow("select failure, failure_detail from jobs where id = $1", job.id)
    assert found is not None
    assert tuple(found) == (None, "500")


@pytest.mark.parametrize("price", ["1", "0.5", "6.5"])
@pytest.mark.parametrize("name", TRANSITIONS)
async def test_whatever_a_picture_costs_all_of_it_is_counted(pool: Pool, name: str, price: str) -> None:
    await waiting(pool)
    await pool.execute("update jobs set price = $1", Decimal(price))
    for table in ("usage", "usage_days"):
        await pool.execute(f"update {table} set credits = $1", Decimal(price))
    (job,) = await worker(pool).claim(1)
    await TRANSITIONS[name](pool, job)
    assert (await audit(pool))[1] == []
    counted = await pool.fetchval("select credits from usage where scope = 'member'")
    # What waits again is reserved, beside what may be billed.
    times = {"retry": 2, "reclaim": 2}.get(name, 1)
    assert counted == Decimal(price) * times


@pytest.mark.parametrize("outcome", [Outcome.BILLED, Outcome.UNKNOWN])
async def test_a_paid_attempt_counts_beside_the_next_one(pool: Pool, outcome: Outcome) -> None:
    await waiting(pool, model="stable-diffusion-v1-6")
    for _ in range(3):
        (job,) = await worker(pool).claim(1)
        await worker(pool).release(job, outcome)
    assert await pool.fetchval("select sum(credits) from usage where scope = 'all'") == 4
    assert (await audit(pool))[1] == []
