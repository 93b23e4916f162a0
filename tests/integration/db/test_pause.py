"""What an alarm pauses is not claimed, but for one job from time to time, by one worker."""

import asyncio
from decimal import Decimal

import pytest

from core.failures import FailureCode
from core.orders import Job
from db.alarms import AlarmCode, Alarms
from db.listen import listen
from db.orders import Orders
from db.pool import Pool
from db.queue import Queue
from db.rate_limits import RateLimit
from tests.lives import job, painted_by, waiting

STABILITY = "stability"


def queue(pool: Pool, name: str = "one") -> Queue:
    return Queue(pool, worker=name, lease_seconds=30, attempts_max=3, probe_seconds=60)


async def probe_now(pool: Pool) -> None:
    await pool.execute("update alarms set probe_at = now()")


@pytest.mark.parametrize("code", [AlarmCode.BAD_KEY, AlarmCode.NO_CREDIT])
async def test_of_many_workers_one_probes_with_one_job(pool: Pool, code: AlarmCode) -> None:
    for number in range(4):
        await waiting(pool, member_id=number)
    await Alarms(pool).raise_(code, "", provider=STABILITY, pause_seconds=60)
    assert await queue(pool).claim(4) == []
    assert await queue(pool).front_waits_seconds() is None
    await probe_now(pool)
    shares = await asyncio.gather(*(queue(pool, f"w{number}").claim_probe() for number in range(6)))
    assert sorted(map(len, shares)) == [0, 0, 0, 0, 0, 1]
    assert await queue(pool).claim(4) + await queue(pool).claim_probe() == []


async def test_without_a_job_the_probe_is_kept_for_the_next(pool: Pool) -> None:
    await Alarms(pool).raise_(AlarmCode.BAD_KEY, "", provider=STABILITY, pause_seconds=60)
    await probe_now(pool)
    assert await queue(pool).claim_probe() == []
    progress = await waiting(pool)
    assert [claimed.order for claimed in await queue(pool).claim_probe()] == [progress.order]


async def test_an_alarm_of_another_kind_pauses_nobody(pool: Pool) -> None:
    await Alarms(pool).raise_(AlarmCode.UNAVAILABLE, "", provider=STABILITY)
    await waiting(pool)
    assert len(await queue(pool).claim(4)) == 1


async def test_who_waits_is_told_why(pool: Pool) -> None:
    job = await waiting(pool)
    await Alarms(pool).raise_(AlarmCode.NO_CREDIT, "", provider=STABILITY, pause_seconds=60)
    estimate = await Orders(pool).estimate(job)
    assert (estimate.place, estimate.seconds, estimate.paused) == (1, None, FailureCode.NO_CREDIT)


async def test_when_it_is_mended_everybody_is_woken(pool: Pool, database_url: str) -> None:
    woken = asyncio.Event()
    listener = asyncio.create_task(listen(database_url, {"job_queued": woken.set}))
    await asyncio.wait_for(woken.wait(), 10)
    progress = await waiting(pool)
    await Alarms(pool).raise_(AlarmCode.NO_CREDIT, "", provider=STABILITY, pause_seconds=60)
    woken.clear()
    await Alarms(pool).resolve(
        (AlarmCode.NO_CREDIT,), provider=STABILITY, model=progress.order.model, raised_before=None
    )
    await asyncio.wait_for(woken.wait(), 10)
    assert len(await queue(pool).claim(4)) == 1
    listener.cancel()
    await asyncio.gather(listener, return_exceptions=True)


async def test_what_was_begun_before_the_alarm_does_not_end_it(pool: Pool) -> None:
    """Its call was paid for by the last credits."""
    await waiting(pool)
    (begun,) = await queue(pool).claim(1)
    alarms = Alarms(pool)
    await alarms.raise_(AlarmCode.NO_CREDIT, "", provider=STABILITY, pause_seconds=60)
    await alarms.resolve(
        (AlarmCode.NO_CREDIT,), provider=STABILITY, model=begun.order.model, raised_before=begun.started_at
    )
    assert await pool.fetchval("select count(*) from alarms") == 1
    await queue(pool).release(begun)
    await probe_now(pool)
    (probe,) = await queue(pool).claim_probe()
    await alarms.resolve(
        (AlarmCode.NO_CREDIT,), provider=STABILITY, model=probe.order.model, raised_before=probe.started_at
    )
    assert await pool.fetchval("select count(*) from alarms") == 0
    assert (await job(pool, probe.id)).faults == 0


async def sound(pool: Pool, price: str) -> None:
    await Alarms(pool).raise_(
        AlarmCode.NO_CREDIT, "", provider=STABILITY, pause_seconds=60, price=Decimal(price)
    )


async def test_a_lack_of_credit_pauses_what_costs_as_much_and_tells_those_alone(pool: Pool) -> None:
    ultra, large, core = [
        await waiting(pool, member_id=number, model=model)
        for number, model in enumerate(("ultra", "sd3.5-large", "core"))
    ]
    await RateLimit(pool).provide()
    await sound(pool, "6.5")
    await sound(pool, "8")
    told = [await Orders(pool).estimate(progress) for progress in (ultra, large, core)]
    assert [(estimate.paused, estimate.place) for estimate in told] == [
        (FailureCode.NO_CREDIT, 1),
        (FailureCode.NO_CREDIT, 2),
        # Nobody is before it who could be painted.
        (None, 1),
    ]
    assert await queue(pool).front_waits_seconds() is not None
    assert [one.order for one in await queue(pool).claim(4)] == [core.order]
    assert await queue(pool).front_waits_seconds() is None
    await probe_now(pool)
    # The cheapest, as there may be credit for it already.
    assert [one.order for one in await queue(pool).claim_probe()] == [large.order]


async def test_an_order_of_four_is_probed_with_one_of_them(pool: Pool) -> None:
    await waiting(pool, count=4)
    await sound(pool, "3")
    await probe_now(pool)
    (probe,) = await queue(pool).claim_probe()
    assert probe.number == 1
    await refuse(pool, probe)
    await probe_now(pool)
    (probe,) = await queue(pool).claim_probe()
    assert probe.number == 2


async def test_what_pauses_one_provider_is_nothing_to_another(pool: Pool) -> None:
    mine, others = await waiting(pool, member_id=1), await waiting(pool, member_id=2)
    await pool.execute("update jobs set provider = 'other' where order_id = $1", others.order.id)
    await Alarms(pool).raise_(AlarmCode.BAD_KEY, "", provider=STABILITY, pause_seconds=60)
    await RateLimit(pool, "other").provide()
    orders = Orders(pool)
    assert (await orders.estimate(mine)).paused is FailureCode.BAD_KEY
    assert (await orders.estimate(others)).paused is None
    assert await queue(pool).front_waits_seconds() is None
    assert await queue(pool).front_waits_seconds(providers=["other", STABILITY]) is not None
    assert await queue(pool).claim(4) == []
    assert [one.order for one in await queue(pool).claim(4, provider="other")] == [others.order]
    await Alarms(pool).resolve((AlarmCode.BAD_KEY,), provider="other")
    assert await queue(pool).claim(4) == []
    await probe_now(pool)
    assert await queue(pool).claim_probe(provider="other") == []
    assert [one.order for one in await queue(pool).claim_probe()] == [mine.order]


async def test_an_alarm_of_one_model_ends_with_a_picture_of_that_model_alone(pool: Pool) -> None:
    alarms = Alarms(pool)
    for model in ("core", "ultra"):
        await alarms.raise_(AlarmCode.MODEL_GONE, "", provider=STABILITY, model=model)
    await alarms.resolve((AlarmCode.MODEL_GONE,), provider=STABILITY, model="core")
    assert [alarm.model for alarm in await alarms.open()] == ["ultra"]


async def test_each_alarm_is_told_once_and_by_another_where_it_could_not_be(pool: Pool) -> None:
    alarms = Alarms(pool)
    for _ in range(2):
        await alarms.raise_(AlarmCode.SPILL_FILLS, "half full")
    shares = await asyncio.gather(*(alarms.claim_untold() for _ in range(4)))
    (alarm,) = [alarm for share in shares for alarm in share]
    assert (alarm.code, alarm.provider, alarm.detail) == (AlarmCode.SPILL_FILLS, "", "half full")
    assert await alarms.claim_untold() == []
    # Whoever was to tell it did not come back.
    await pool.execute("update alarms set tell_at = now()")
    assert await alarms.claim_untold() == [alarm]
    await alarms.told(alarm)
    await pool.execute("update alarms set tell_at = now()")
    assert await alarms.claim_untold() == []


async def test_what_may_be_tried_is_due_until_somebody_says_that_it_was(pool: Pool) -> None:
    alarms = Alarms(pool)
    await alarms.raise_(AlarmCode.BAD_KEY, "", provider=STABILITY, pause_seconds=60)
    await alarms.raise_(AlarmCode.UNAVAILABLE, "", provider=STABILITY)
    assert await alarms.due(STABILITY) == set()
    await probe_now(pool)
    await pool.execute("update alarms set probe_at = null where kind = 'unavailable'")
    assert await alarms.due("other") == set()
    assert await alarms.due(STABILITY) == {AlarmCode.BAD_KEY}
    await alarms.postpone(AlarmCode.BAD_KEY, STABILITY, pause_seconds=60)
    assert await alarms.due(STABILITY) == set()


async def test_it_comes_to_concern_cheaper_ones_and_ends_with_one_that_cost_as_much(pool: Pool) -> None:
    await sound(pool, "8")
    await waiting(pool, model="core")
    (core,) = await queue(pool).claim(4)
    alarms = Alarms(pool)
    (alarm,) = await alarms.claim_untold()
    assert alarm.price == 8
    codes = (AlarmCode.NO_CREDIT,)
    await alarms.resolve(
        codes, provider=STABILITY, model="core", raised_before=core.started_at, price=core.price
    )
    await sound(pool, "3")
    # It was paid for by the last credits.
    await alarms.resolve(
        codes, provider=STABILITY, model="core", raised_before=core.started_at, price=core.price
    )
    assert [tuple(row) for row in await pool.fetch("select kind, price from alarms")] == [("no_credit", 3)]
    assert await alarms.claim_untold() == []
    await alarms.resolve(codes, provider=STABILITY, model="core", raised_before=None, price=core.price)
    assert await pool.fetchval("select count(*) from alarms") == 0


async def refuse(pool: Pool, claimed: Job) -> None:
    await queue(pool).release(claimed, refused=True)


async def probe_refused(pool: Pool) -> int:
    """The job that was tried, and was refused."""
    await probe_now(pool)
    (probe,) = await queue(pool).claim_probe()
    await refuse(pool, probe)
    return probe.id


async def test_the_one_that_was_just_refused_is_tried_when_there_is_no_other(pool: Pool) -> None:
    await waiting(pool, member_id=1)
    (claimed,) = await queue(pool).claim(1)
    first = claimed.id
    await sound(pool, "3")
    await refuse(pool, claimed)
    assert await probe_refused(pool) == first
    others = [(await waiting(pool, member_id=2 + number)).jobs[0].id for number in range(3)]
    assert [await probe_refused(pool) for _ in range(5)] == [*others, first, others[0]]
    assert (await job(pool, first)).faults == 0


async def test_the_longer_it_has_sounded_the_longer_until_the_next_try(pool: Pool) -> None:
    await waiting(pool)
    await sound(pool, "3")
    pauses = []
    for age_seconds in (0, 20, 86_400):
        await pool.execute(
            "update alarms set probe_at = now(), raised_at = now() - make_interval(secs => $1)", age_seconds
        )
        (probe,) = await queue(pool).claim_probe()
        await refuse(pool, probe)
        pauses.append(await pool.fetchval("select extract(epoch from probe_at - now())::float8 from alarms"))
    assert [4 < pauses[0] <= 5, 15 < pauses[1] <= 21, 50 < pauses[2] <= 60] == [True] * 3


async def test_a_job_that_is_refused_while_others_are_painted_is_alone_with_it(pool: Pool) -> None:
    for number in range(2):
        await waiting(pool, member_id=number)
    one, other = await queue(pool).claim(2)
    assert not await queue(pool).is_refused_alone(one)
    await refuse(pool, one)
    await queue(pool).finish(painted_by(other))
    # The other was begun before.
    assert not await queue(pool).is_refused_alone(one)
    await waiting(pool, member_id=3)
    for later in await queue(pool).claim(2):
        if later.id != one.id:
            await queue(pool).finish(painted_by(later))
    assert await queue(pool).is_refused_alone(one)


async def test_an_alarm_comes_to_concern_all_prices_and_never_fewer(pool: Pool) -> None:
    alarms = Alarms(pool)
    for price, expected in ((8, 8), (3, 3), (6, 3), (None, None), (1, None)):
        await alarms.raise_(
            AlarmCode.NO_CREDIT,
            "",
            provider=STABILITY,
            pause_seconds=60,
            price=None if price is None else Decimal(price),
        )
        assert [alarm.price for alarm in await alarms.open()] == [expected]
