"""The owner's limits: what is beyond them is refused in words, however many ask at once."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.errors import FailureCode, LimitReached
from core.policy import Limits
from db.orders import Jobs
from db.pool import Pool
from tests.lives import failed, painted, running, waiting, worker
from tests.orders import order

ANNA, BERT = 1, 2


async def enqueue(pool: Pool, limits: Limits, **changes: object) -> None:
    assert await Jobs(pool, limits).enqueue(order(**changes)) is not None


async def test_a_line_that_is_full_takes_no_more_until_one_is_painted(pool: Pool) -> None:
    limits = Limits(queue_length=2)
    for member in range(2):
        await enqueue(pool, limits, member_id=member)
    with pytest.raises(LimitReached, match="2 pictures are waiting already"):
        await enqueue(pool, limits, member_id=9)
    await worker(pool).claim(1)
    await enqueue(pool, limits, member_id=9)


async def test_a_member_has_only_so_many_at_once_those_at_work_included(pool: Pool) -> None:
    limits = Limits(jobs_per_member=2)
    job = await running(pool, member_id=ANNA)
    await enqueue(pool, limits, member_id=ANNA)
    with pytest.raises(LimitReached, match="2 of your pictures are waiting or being painted, and 2 is"):
        await enqueue(pool, limits, member_id=ANNA)
    await enqueue(pool, limits, member_id=BERT)
    await worker(pool).finish(job, painted_seed=1, original_bytes=1)
    await enqueue(pool, limits, member_id=ANNA)


async def test_a_replayed_interaction_is_no_further_job_and_no_fault(pool: Pool) -> None:
    jobs = Jobs(pool, Limits(jobs_per_member=1, queue_length=1))
    assert await jobs.enqueue(order(interaction_id=7)) is not None
    assert await jobs.enqueue(order(interaction_id=7)) is None


async def test_a_member_spends_only_so_much_a_month(pool: Pool) -> None:
    limits = Limits(credits_per_member=Decimal("9.5"))
    await painted(pool, member_id=ANNA, model="sd3.5-large")
    await enqueue(pool, limits, member_id=ANNA)
    with pytest.raises(LimitReached, match=r"You have used 9\.5 of 9\.5 credits this month, .* costs 3"):
        await enqueue(pool, limits, member_id=ANNA)
    await enqueue(pool, limits, member_id=BERT)


async def test_when_the_count_starts_anew_is_told(pool: Pool) -> None:
    now = datetime.now(UTC)
    month = now.month % 12 + 1
    anew = f"on {datetime(now.year + (month == 1), month, 1, tzinfo=UTC):%Y-%m-%d} "
    with pytest.raises(LimitReached, match=anew):
        await enqueue(pool, Limits(credits_in_all=Decimal(1)))


async def test_last_month_does_not_count(pool: Pool) -> None:
    await painted(pool, member_id=ANNA)
    await pool.execute("update jobs set created_at = date_trunc('month', now(), 'UTC') - interval '1 second'")
    await enqueue(pool, Limits(credits_per_member=Decimal(3)), member_id=ANNA)


async def test_what_was_not_charged_does_not_count(pool: Pool) -> None:
    limits = Limits(credits_per_member=Decimal(3))
    await failed(pool, FailureCode.REFUSED, member_id=ANNA)
    await Jobs(pool).cancel((await waiting(pool, member_id=ANNA)).id)
    await enqueue(pool, limits, member_id=ANNA)
    await painted_filtered(pool)
    with pytest.raises(LimitReached):
        await enqueue(pool, limits, member_id=BERT)


async def painted_filtered(pool: Pool) -> None:
    """The one that waits, painted and blurred by the filter: that is charged."""
    (job,) = await worker(pool).claim(1)
    await worker(pool).fail(job, FailureCode.FILTERED, "")
    await pool.execute("update jobs set member_id = $1", BERT)


async def test_a_server_spends_only_so_much_a_month_and_direct_messages_are_no_server(pool: Pool) -> None:
    limits = Limits(credits_per_server=Decimal(3))
    await enqueue(pool, limits, guild_id=5, member_id=ANNA)
    with pytest.raises(LimitReached, match="This server has used 3 of 3 credits"):
        await enqueue(pool, limits, guild_id=5, member_id=BERT)
    await enqueue(pool, limits, guild_id=6, member_id=BERT)
    for _ in range(2):
        await enqueue(pool, limits, guild_id=None, member_id=BERT)


async def test_all_together_spend_only_so_much_a_month(pool: Pool) -> None:
    limits = Limits(credits_in_all=Decimal(6))
    await enqueue(pool, limits, guild_id=5, member_id=ANNA)
    await enqueue(pool, limits, guild_id=None, member_id=BERT)
    with pytest.raises(LimitReached, match="All members together have used 6 of 6 credits"):
        await enqueue(pool, limits, guild_id=6, member_id=3)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(jobs_per_member=5),
        Limits(credits_per_member=Decimal(15)),
        Limits(credits_per_server=Decimal(15)),
        Limits(credits_in_all=Decimal(15)),
    ],
    ids=["jobs", "member", "server", "all"],
)
async def test_commands_at_once_do_not_pass_together(pool: Pool, limits: Limits) -> None:
    ends = await asyncio.gather(*(enqueue(pool, limits) for _ in range(20)), return_exceptions=True)
    assert len([end for end in ends if end is None]) == 5
    assert await pool.fetchval("select count(*) from jobs") == 5
