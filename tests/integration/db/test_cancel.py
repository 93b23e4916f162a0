"""What was cancelled ends there, whoever holds it, and tells whether it had begun."""

import asyncio

import pytest

from core.errors import LostJob
from core.failures import FailureCode, JobFailed
from core.orders import State
from db.ledger import audit
from db.orders import Orders
from db.pool import Pool
from tests.conditions import until
from tests.lives import failed, painted, painted_by, running, stored, waiting, worker


async def outcomes(pool: Pool) -> list[str]:
    return [row["outcome"] for row in await pool.fetch("select outcome from calls order by job_id, attempt")]


async def test_an_order_that_waits_is_cancelled_and_never_claimed(pool: Pool) -> None:
    progress = await waiting(pool, count=2)
    assert await Orders(pool).cancel(progress.order.id) == [State.QUEUED, State.QUEUED]
    reply = await stored(pool, progress.order.id)
    assert (reply.progress.state, reply.revision) == (State.CANCELLED, 2)
    assert not any(job.was_begun for job in reply.progress.jobs)
    assert all(job.finished_at for job in reply.progress.jobs)
    assert await worker(pool).claim(1) == []


async def test_what_is_being_painted_is_taken_from_its_worker_and_may_be_billed(pool: Pool) -> None:
    held = await running(pool)
    assert await Orders(pool).cancel(held.order.id) == [State.RUNNING]
    (job,) = (await stored(pool, held.order.id)).progress.jobs
    assert (job.state, job.was_begun) == (State.CANCELLED, True)
    assert job.counted == 3
    queue = worker(pool)
    assert await queue.extend_leases({(held.id, held.attempt)}) == set()
    with pytest.raises(LostJob):
        await queue.finish(painted_by(held))
    assert (await stored(pool, held.order.id)).progress.pictures == ()
    assert await outcomes(pool) == ["unknown"]


async def test_of_an_order_what_is_done_stays(pool: Pool) -> None:
    progress = await waiting(pool, count=4)
    done, refused, at_work = await worker(pool).claim(3)
    await worker(pool).finish(painted_by(done))
    await worker(pool).fail(refused, JobFailed(FailureCode.REFUSED))
    assert await Orders(pool).cancel(progress.order.id) == [State.RUNNING, State.QUEUED]
    reply = await stored(pool, progress.order.id)
    assert [job.state for job in reply.progress.jobs] == [
        State.DONE, State.FAILED, State.CANCELLED, State.CANCELLED
    ]  # fmt: skip
    assert [job.counted for job in reply.progress.jobs] == [3, 0, 3, 0]
    assert (reply.progress.state, [picture.id for picture in reply.progress.pictures]) == (
        State.DONE,
        [done.id],
    )
    assert await outcomes(pool) == ["billed", "free", "unknown"]
    assert at_work.id == reply.progress.jobs[2].id


async def test_other_orders_of_the_member_are_left_alone(pool: Pool) -> None:
    first, other = await waiting(pool), await waiting(pool, count=4)
    await Orders(pool).cancel(first.order.id)
    assert (await stored(pool, other.order.id)).progress == other


async def test_a_job_that_waits_for_another_try_had_not_begun(pool: Pool) -> None:
    held = await running(pool)
    await worker(pool).retry(held, JobFailed(FailureCode.UNAVAILABLE), delay_seconds=60)
    assert await Orders(pool).cancel(held.order.id) == [State.QUEUED]
    assert not (await stored(pool, held.order.id)).progress.jobs[0].was_begun


async def test_what_has_ended_is_not_cancelled(pool: Pool) -> None:
    cancelled = (await waiting(pool)).order.id
    await Orders(pool).cancel(cancelled)
    for order_id in ((await painted(pool)).order.id, (await failed(pool)).order.id, cancelled, 12345):
        with pytest.raises(LostJob, match=f"order {order_id} has ended already"):
            await Orders(pool).cancel(order_id)


async def test_of_a_finish_and_a_cancel_at_once_one_counts(pool: Pool) -> None:
    for _ in range(5):
        held = await running(pool)
        ends = await asyncio.gather(
            worker(pool).finish(painted_by(held)), Orders(pool).cancel(held.order.id), return_exceptions=True
        )
        assert len([end for end in ends if isinstance(end, LostJob)]) == 1
    assert (await audit(pool))[1] == []


async def test_a_cancel_that_waits_for_a_claim_ends_the_call_that_this_opens(pool: Pool) -> None:
    """The statement began before the claim was committed, and does not see what that has put in."""
    progress = await waiting(pool, count=2)
    async with pool.acquire() as other:
        claiming = other.transaction()
        await claiming.start()
        await other.execute("update jobs set state = 'running', lease_until = now(), attempt = 1")
        await other.execute(
            "insert into calls (job_id, attempt, provider, operation, model, credits) "
            "select id, 1, 'stability', 'imagine', 'core', 3 from jobs"
        )
        cancelling = asyncio.create_task(Orders(pool).cancel(progress.order.id))
        await until(
            lambda: other.fetchval("select count(*) from pg_locks where not granted"),
            lambda count: count > 0,
        )
        await claiming.commit()
    assert await cancelling == [State.RUNNING, State.RUNNING]
    assert await outcomes(pool) == ["unknown", "unknown"]
    assert (await audit(pool))[1] == []
