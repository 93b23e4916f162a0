"""While nothing can be painted, nothing is claimed but one job from time to time, by one worker."""

import asyncio

import pytest

from db.alarms import AlarmCode, Alarms
from db.errors import FailureCode
from db.jobs import Jobs
from db.listen import listen
from db.logs import about_typed
from db.pool import Pool
from db.queue import Queue
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
    shares = await asyncio.gather(*(queue(pool, f"w{number}").claim(4) for number in range(6)))
    assert sorted(map(len, shares)) == [0, 0, 0, 0, 0, 1]
    assert await queue(pool).claim(4) == []


async def test_without_a_job_the_probe_is_kept_for_the_next(pool: Pool) -> None:
    await Alarms(pool).sound(AlarmCode.BAD_KEY, "", pause_seconds=60)
    await probe_now(pool)
    assert await queue(pool).claim(4) == []
    job = await waiting(pool)
    assert [claimed.id for claimed in await queue(pool).claim(4)] == [job.id]


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
    (probe,) = await queue(pool).claim(1)
    await alarms.silence((AlarmCode.NO_CREDIT,), model=probe.model, raised_before=probe.started_at)
    assert await pool.fetchval("select count(*) from alarms") == 0
    assert (await stored(pool, probe.id)).faults == 0


async def test_what_a_member_typed_is_not_told_to_the_owner(pool: Pool) -> None:
    with about_typed("my secret garden"):
        await Alarms(pool).sound(AlarmCode.BAD_KEY, "403: no key for 'my secret garden'", pause_seconds=60)
    (alarm,) = await Alarms(pool).claim_untold()
    assert alarm.detail == "403: no key for '[typed]'"
