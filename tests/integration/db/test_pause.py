"""What an alarm pauses is not claimed, but for one job from time to time, by one worker."""

import asyncio
from decimal import Decimal

import pytest

from core.errors import FailureCode
from db.alarms import AlarmCode, Alarms
from db.listen import listen
from db.orders import Jobs
from db.pool import Pool
from db.queue import Queue
from db.rate_limits import Pace
from ops.logs import about_typed
from tests.lives import stored, waiting


def queue(pool: Pool, name: str = "one") -> Queue:
    return Queue(pool, worker=name, lease_seconds=30, attempts_max=3, probe_seconds=60)


async def probe_now(pool: Pool) -> None:
    await pool.execute("update alarms set probe_at = now()")


@pytest.mark.parametrize("code", [AlarmCode.BAD_KEY, AlarmCode.NO_CREDIT])
async def test_of_many_workers_one_probes_with_one_job(pool: Pool, code: AlarmCode) -> None:
    for number in range(4):
        await waiting(pool, member_id=number)
    await Alarms(pool).sound(code, "", pause_seconds=60)
    assert await queue(pool).claim(4) == []
    assert await queue(pool).front_waits_seconds() is None
    await probe_now(pool)
    shares = await asyncio.gather(*(queue(pool, f"w{number}").claim_to_probe() for number in range(6)))
    assert sorted(map(len, shares)) == [0, 0, 0, 0, 0, 1]
    assert await queue(pool).claim(4) + await queue(pool).claim_to_probe() == []


async def test_without_a_job_the_probe_is_kept_for_the_next(pool: Pool) -> None:
    await Alarms(pool).sound(AlarmCode.BAD_KEY, "", pause_seconds=60)
    await probe_now(pool)
    assert await queue(pool).claim_to_probe() == []
    job = await waiting(pool)
    assert [claimed.id for claimed in await queue(pool).claim_to_probe()] == [job.id]


async def test_an_alarm_of_another_kind_pauses_nobody(pool: Pool) -> None:
    await Alarms(pool).sound(AlarmCode.UNAVAILABLE, "")
    await waiting(pool)
    assert len(await queue(pool).claim(4)) == 1


async def test_who_waits_is_told_why(pool: Pool) -> None:
    job = await waiting(pool)
    await Alarms(pool).sound(AlarmCode.NO_CREDIT, "", pause_seconds=60)
    estimate = await Jobs(pool).estimate(job)
    assert (estimate.place, estimate.seconds, estimate.paused) == (1, None, FailureCode.NO_CREDIT)


async def test_when_it_is_mended_everybody_is_woken(pool: Pool, database_url: str) -> None:
    woken = asyncio.Event()
    listener = asyncio.create_task(listen(database_url, {"job_queued": woken.set}))
    await asyncio.wait_for(woken.wait(), 10)
    job = await waiting(pool)
    await Alarms(pool).sound(AlarmCode.NO_CREDIT, "", pause_seconds=60)
    woken.clear()
    await Alarms(pool).silence((AlarmCode.NO_CREDIT,), model=job.model, raised_before=None)
    await asyncio.wait_for(woken.wait(), 10)
    assert len(await queue(pool).claim(4)) == 1
    listener.cancel()
    await asyncio.gather(listener, return_exceptions=True)


async def test_what_was_begun_before_the_alarm_does_not_end_it(pool: Pool) -> None:
    """Its call was paid for by the last credits."""
    await waiting(pool)
    (begun,) = await queue(pool).claim(1)
    alarms = Alarms(pool)
    await alarms.sound(AlarmCode.NO_CREDIT, "", pause_seconds=60)
    await alarms.silence((AlarmCode.NO_CREDIT,), model=begun.model, raised_before=begun.started_at)
    assert await pool.fetchval("select count(*) from alarms") == 1
    await queue(pool).hand_back(begun)
    await probe_now(pool)
    (probe,) = await queue(pool).claim_to_probe()
    await alarms.silence((AlarmCode.NO_CREDIT,), model=probe.model, raised_before=probe.started_at)
    assert await pool.fetchval("select count(*) from alarms") == 0
    assert (await stored(pool, probe.id)).faults == 0


async def sound(pool: Pool, price: str) -> None:
    await Alarms(pool).sound(AlarmCode.NO_CREDIT, "", pause_seconds=60, price=Decimal(price))


async def test_a_lack_of_credit_pauses_what_costs_as_much_and_tells_those_alone(pool: Pool) -> None:
    ultra, large, core = [
        await waiting(pool, member_id=number, model=model)
        for number, model in enumerate(("ultra", "sd3.5-large", "core"))
    ]
    await Pace(pool).provide()
    await sound(pool, "6.5")
    await sound(pool, "8")
    told = {job.id: await Jobs(pool).estimate(job) for job in (ultra, large, core)}
    assert [(told[job.id].paused, told[job.id].place) for job in (ultra, large, core)] == [
        (FailureCode.NO_CREDIT, 1),
        (FailureCode.NO_CREDIT, 2),
        # Nobody is before it who could be painted.
        (None, 1),
    ]
    assert await queue(pool).front_waits_seconds() is not None
    assert [job.id for job in await queue(pool).claim(4)] == [core.id]
    assert await queue(pool).front_waits_seconds() is None
    await probe_now(pool)
    # The cheapest, as there may be credit for it already.
    assert [job.id for job in await queue(pool).claim_to_probe()] == [large.id]


async def test_it_comes_to_concern_cheaper_ones_and_ends_with_one_that_cost_as_much(pool: Pool) -> None:
    await sound(pool, "8")
    await waiting(pool, model="core")
    (core,) = await queue(pool).claim(4)
    alarms = Alarms(pool)
    (alarm,) = await alarms.claim_untold()
    assert alarm.price == 8
    codes = (AlarmCode.NO_CREDIT,)
    await alarms.silence(codes, model="core", raised_before=core.started_at, price=core.credits)
    await sound(pool, "3")
    # It was paid for by the last credits.
    await alarms.silence(codes, model="core", raised_before=core.started_at, price=core.credits)
    assert [tuple(row) for row in await pool.fetch("select kind, price from alarms")] == [("no_credit", 3)]
    assert await alarms.claim_untold() == []
    await alarms.silence(codes, model="core", raised_before=None, price=core.credits)
    assert await pool.fetchval("select count(*) from alarms") == 0


async def refused(pool: Pool) -> int:
    """The job that was tried, and was refused."""
    await probe_now(pool)
    (probe,) = await queue(pool).claim_to_probe()
    await queue(pool).refuse(probe)
    return probe.id


async def test_the_one_that_was_just_refused_is_tried_when_there_is_no_other(pool: Pool) -> None:
    first = await waiting(pool, member_id=1)
    (claimed,) = await queue(pool).claim(1)
    await sound(pool, "3")
    await queue(pool).refuse(claimed)
    assert await refused(pool) == first.id
    others = [(await waiting(pool, member_id=2 + number)).id for number in range(3)]
    assert [await refused(pool) for _ in range(5)] == [*others, first.id, others[0]]
    assert (await stored(pool, first.id)).faults == 0


async def test_the_longer_it_has_sounded_the_longer_until_the_next_try(pool: Pool) -> None:
    await waiting(pool)
    await sound(pool, "3")
    pauses = []
    for age_seconds in (0, 20, 86_400):
        await pool.execute(
            "update alarms set probe_at = now(), raised_at = now() - make_interval(secs => $1)", age_seconds
        )
        (probe,) = await queue(pool).claim_to_probe()
        await queue(pool).refuse(probe)
        pauses.append(await pool.fetchval("select extract(epoch from probe_at - now())::float8 from alarms"))
    assert [4 < pauses[0] <= 5, 15 < pauses[1] <= 21, 50 < pauses[2] <= 60] == [True] * 3


async def test_a_job_that_is_refused_while_others_are_painted_is_alone_with_it(pool: Pool) -> None:
    for number in range(2):
        await waiting(pool, member_id=number)
    one, other = await queue(pool).claim(2)
    assert not await queue(pool).is_refused_alone(one)
    await queue(pool).refuse(one)
    await queue(pool).finish(other, painted_seed=1, original_bytes=1)
    # The other was begun before.
    assert not await queue(pool).is_refused_alone(one)
    await waiting(pool, member_id=3)
    for later in await queue(pool).claim(2):
        if later.id != one.id:
            await queue(pool).finish(later, painted_seed=1, original_bytes=1)
    assert await queue(pool).is_refused_alone(one)


async def test_what_a_member_typed_is_not_told_to_the_owner(pool: Pool) -> None:
    with about_typed("my secret garden"):
        await Alarms(pool).sound(AlarmCode.BAD_KEY, "403: no key for 'my secret garden'", pause_seconds=60)
    (alarm,) = await Alarms(pool).claim_untold()
    assert alarm.detail == "403: no key for '[typed]'"
