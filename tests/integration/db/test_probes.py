"""Which jobs an alarm pauses, to the last credit, and which one of them tries whether it is over."""

import asyncio
from decimal import Decimal

import pytest

from core.failures import FailureCode
from core.orders import Job, Progress
from db.alarms import AlarmCode, Alarms
from db.ledger import audit
from db.orders import Orders
from db.pool import Pool
from db.queue import Queue
from db.rate_limits import RateLimit
from db.replies import Replies
from tests.lives import painted_by, stored, waiting

STABILITY = "stability"
ANNA, BERT, CLEO = 1, 2, 3


@pytest.fixture
def queue(pool: Pool) -> Queue:
    return Queue(pool, worker="one", lease_seconds=30, attempts_max=3, probe_seconds=60)


async def sound(pool: Pool, code: AlarmCode, price: str | None = None, *, provider: str = STABILITY) -> None:
    await Alarms(pool).raise_(
        code, "", provider=provider, pause_seconds=60, price=None if price is None else Decimal(price)
    )


async def probe_now(pool: Pool) -> None:
    await pool.execute("update alarms set probe_at = now()")


async def probed(queue: Queue) -> Job:
    (job,) = await queue.claim_probe()
    return job


async def line(pool: Pool, *models: str) -> list[Progress]:
    return [await waiting(pool, member_id=number, model=model) for number, model in enumerate(models, 1)]


async def test_a_probe_is_claimed_as_any_other_job_is(pool: Pool, queue: Queue) -> None:
    first, other = await line(pool, "core", "core")
    await pool.execute("update replies set estimate_over_at = now() + interval '1 minute'")
    await sound(pool, AlarmCode.BAD_KEY)
    await probe_now(pool)
    job = await probed(queue)
    assert (job.id, job.attempt, job.was_begun) == (first.jobs[0].id, 1, True)
    leases = await pool.fetch(
        "select worker, lease_until - now() between '25 s' and '30 s' from jobs order by id"
    )
    assert [tuple(row) for row in leases] == [("one", True), (None, None)]
    replies = [await stored(pool, one.order.id) for one in (first, other)]
    assert [reply.revision for reply in replies] == [2, 1]
    assert [reply.estimate_over_at is None for reply in replies] == [True, False]
    calls = await pool.fetch(
        "select job_id, attempt, provider, operation, model, credits, outcome from calls"
    )
    assert [tuple(row) for row in calls] == [(job.id, 1, STABILITY, "imagine", "core", 3, "open")]
    await queue.finish(painted_by(job))
    assert (await audit(pool))[1] == []


async def test_nothing_is_tried_that_could_not_be_claimed_either(pool: Pool, queue: Queue) -> None:
    later, cheaper, others, right = await line(pool, "ultra", "core", "ultra", "ultra")
    await pool.execute(
        "update jobs set run_after = now() + interval '1 minute' where order_id = $1", later.order.id
    )
    await pool.execute("update jobs set provider = 'other' where order_id = $1", others.order.id)
    await sound(pool, AlarmCode.NO_CREDIT, "8")
    await probe_now(pool)
    assert (await probed(queue)).order == right.order
    assert [job.order for job in await queue.claim(9)] == [cheaper.order]
    await probe_now(pool)
    # What is at work is not tried once more, and of what is left nothing may be.
    assert await queue.claim_probe() == []


async def test_of_two_alarms_the_one_that_pauses_more_is_tried_and_the_other_is_not_put_off(
    pool: Pool, queue: Queue
) -> None:
    await line(pool, "core", "ultra")
    await sound(pool, AlarmCode.NO_CREDIT, "8")
    await sound(pool, AlarmCode.BAD_KEY)
    for code in (AlarmCode.NO_CREDIT, AlarmCode.BAD_KEY):
        await sound(pool, code, provider="other")
    assert await queue.claim(9) == []
    assert await queue.front_waits_seconds() is None
    await probe_now(pool)
    assert (await probed(queue)).order.model == "core"
    due = await pool.fetch("select provider, kind from alarms where probe_at <= now() order by 1, 2")
    assert [tuple(row) for row in due] == [
        ("other", "bad_key"), ("other", "no_credit"), (STABILITY, "no_credit")
    ]  # fmt: skip


async def test_of_two_alarms_the_first_one_is_told(pool: Pool) -> None:
    (progress,) = await line(pool, "ultra")
    await sound(pool, AlarmCode.NO_CREDIT, "8")
    await sound(pool, AlarmCode.BAD_KEY)
    orders, replies = Orders(pool), Replies(pool)
    assert (await orders.estimate(progress)).paused is FailureCode.NO_CREDIT
    reply = await stored(pool, progress.order.id)
    await replies.shown(reply, message_id=7, place=1, pause=FailureCode.NO_CREDIT)
    await pool.execute("update replies set due_at = now() - interval '1 minute'")
    assert await replies.claim_moved(9, hold_seconds=20, stands=True) == []
    await Alarms(pool).resolve((AlarmCode.NO_CREDIT,), provider=STABILITY)
    assert (await orders.estimate(progress)).paused is FailureCode.BAD_KEY
    assert len(await replies.claim_moved(9, hold_seconds=20, stands=True)) == 1


async def test_an_alarm_without_a_price_pauses_what_costs_next_to_nothing(pool: Pool, queue: Queue) -> None:
    cheap, dear = await line(pool, "core", "ultra")
    await pool.execute("update jobs set price = 0.5 where order_id = $1", cheap.order.id)
    await RateLimit(pool).provide()
    await sound(pool, AlarmCode.BAD_KEY)
    estimates = [await Orders(pool).estimate(one) for one in (cheap, dear)]
    assert [(one.paused, one.place) for one in estimates] == [
        (FailureCode.BAD_KEY, 1), (FailureCode.BAD_KEY, 2)
    ]  # fmt: skip
    for place, progress in enumerate((cheap, dear), 1):
        reply = await stored(pool, progress.order.id)
        await Replies(pool).shown(reply, message_id=place, place=place, pause=FailureCode.BAD_KEY)
    await pool.execute("update replies set due_at = now() - interval '1 minute'")
    assert await Replies(pool).claim_moved(9, hold_seconds=20, stands=True) == []
    assert await queue.claim(9) == []
    assert await queue.front_waits_seconds() is None
    await probe_now(pool)
    assert (await probed(queue)).order == cheap.order


async def test_of_what_an_alarm_leaves_alone_each_has_its_place_among_those(pool: Pool, queue: Queue) -> None:
    progresses = await line(pool, "core", "ultra", "core", "ultra", "core")
    await sound(pool, AlarmCode.NO_CREDIT, "8")
    places = [(await Orders(pool).estimate(progress)).place for progress in progresses]
    assert places == [1, 1, 2, 2, 3]
    claimed = await queue.claim(2)
    assert [job.order for job in claimed] == [progresses[0].order, progresses[2].order]


async def test_while_one_call_may_be_made_one_is_claimed_and_counted_as_waiting(
    pool: Pool, queue: Queue
) -> None:
    await line(pool, "core", "core")
    await RateLimit(pool, requests=3).provide()
    await RateLimit(pool, "other", requests=3).provide()
    taken = "update rate_limit_slots set free_at = now() + interval '1 minute' where name = $1"
    await pool.execute(taken + " and slot > 1", STABILITY)
    await pool.execute(taken, "other")
    assert await queue.front_waits_seconds() is not None
    assert len(await queue.claim(1)) == 1
    await pool.execute(taken, STABILITY)
    assert await queue.front_waits_seconds() is None
    assert await queue.claim(1) == []
    # It is claimed a little before, and waits for its call then.
    await pool.execute("update rate_limit_slots set free_at = now() + interval '1 second'")
    assert await queue.front_waits_seconds() is None
    assert len(await queue.claim(1)) == 1


async def test_of_models_and_times_those_that_count_say_whether_a_job_is_refused_alone(
    pool: Pool, queue: Queue
) -> None:
    await line(pool, "core", "ultra", "core")
    refused, of_another, before = await queue.claim(3)
    await queue.finish(painted_by(before))
    await queue.release(refused, refused=True)
    await queue.finish(painted_by(of_another))
    await pool.execute(
        "update pictures set created_at = created_at + interval '1 minute' where model = 'ultra'"
    )
    assert not await queue.is_refused_alone(refused)
    await waiting(pool, member_id=9)
    later = next(job for job in await queue.claim(2) if job.id != refused.id)
    await queue.finish(painted_by(later))
    assert await queue.is_refused_alone(refused)


@pytest.mark.parametrize("paused", [False, True], ids=["in line", "paused"])
async def test_who_claims_waits_for_no_row_that_another_has_locked(
    pool: Pool, queue: Queue, paused: bool
) -> None:
    first, second = await line(pool, "core", "core")
    if paused:
        await sound(pool, AlarmCode.BAD_KEY)
        await probe_now(pool)
    async with pool.acquire() as other, other.transaction():
        await other.execute("select from jobs where order_id = $1 for update", first.order.id)
        async with asyncio.timeout(5):
            claimed = await (queue.claim_probe() if paused else queue.claim(9))
    assert [job.order for job in claimed] == [second.order]
