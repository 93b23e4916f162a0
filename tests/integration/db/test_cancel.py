"""A job that was cancelled ends there, whoever holds it, and tells whether it had begun."""

import asyncio
from decimal import Decimal

import pytest

from core.errors import FailureCode, LostJob
from db.orders import Jobs, State
from db.pool import Pool
from tests.lives import failed, painted, running, stored, waiting, worker


async def test_a_waiting_job_is_cancelled_and_never_claimed(pool: Pool) -> None:
    job = await Jobs(pool).cancel((await waiting(pool)).id)
    assert (job.state, job.was_begun, job.credits, job.revision) == (State.CANCELLED, False, Decimal(0), 2)
    assert job.finished_at is not None
    assert await worker(pool).claim(1) == []


async def test_a_job_that_is_being_painted_is_taken_from_its_worker(pool: Pool) -> None:
    held = await running(pool)
    job = await Jobs(pool).cancel(held.id)
    assert (job.state, job.was_begun, job.credits) == (State.CANCELLED, True, Decimal(0))
    queue = worker(pool)
    assert await queue.extend_leases({(held.id, held.attempt)}) == set()
    with pytest.raises(LostJob):
        await queue.finish(held, painted_seed=1, original_bytes=1)
    assert (await stored(pool, held.id)).state is State.CANCELLED


async def test_a_job_that_waits_for_another_try_had_not_begun(pool: Pool) -> None:
    held = await running(pool)
    await worker(pool).retry(held, FailureCode.UNAVAILABLE, "", delay_seconds=60)
    assert not (await Jobs(pool).cancel(held.id)).was_begun


async def test_what_has_ended_is_not_cancelled(pool: Pool) -> None:
    ended = [await painted(pool), await failed(pool), await Jobs(pool).cancel((await waiting(pool)).id)]
    for job in ended:
        with pytest.raises(LostJob, match=f"job {job.id} has ended already"):
            await Jobs(pool).cancel(job.id)
    with pytest.raises(LostJob):
        await Jobs(pool).cancel(12345)


async def test_of_a_finish_and_a_cancel_at_once_one_counts(pool: Pool) -> None:
    held = await running(pool)
    ends = await asyncio.gather(
        worker(pool).finish(held, painted_seed=1, original_bytes=1),
        Jobs(pool).cancel(held.id),
        return_exceptions=True,
    )
    assert len([end for end in ends if isinstance(end, LostJob)]) == 1
