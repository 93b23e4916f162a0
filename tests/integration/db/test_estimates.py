"""What is told of an order that waits: when it may be begun, and why it is not."""

import pytest

from core.failures import FailureCode, JobFailed
from core.orders import Estimate, Progress
from db.alarms import AlarmCode, Alarms
from db.orders import Orders
from db.pool import Pool
from db.rate_limits import RateLimit
from tests.lives import painted, waiting, worker

ANNA = 1
STABILITY = "stability"
UNKNOWN = JobFailed(FailureCode.UNAVAILABLE, "500")


@pytest.fixture
async def usual(pool: Pool) -> None:
    """A picture takes ten seconds, and one of a model that is slower a hundred."""
    for model, seconds in (("core", 10), ("ultra", 100)):
        picture = await painted(pool, model=model)
        await pool.execute("update pictures set seconds = $2 where id = $1", picture.id, seconds)


async def estimate(pool: Pool, progress: Progress) -> Estimate:
    return await Orders(pool).estimate(progress)


def about(seconds: float | None, right: float) -> bool:
    return seconds is not None and right - 5 < seconds <= right


@pytest.mark.usefixtures("usual")
async def test_a_pause_that_the_provider_asked_for_is_waited_for_and_told(pool: Pool) -> None:
    progress = await waiting(pool)
    await RateLimit(pool, "other").provide()
    await RateLimit(pool, "other").pause(600)
    assert await estimate(pool, progress) == Estimate(1, 10)
    await RateLimit(pool).provide()
    await RateLimit(pool).pause(60)
    told = await estimate(pool, progress)
    assert (told.place, told.paused) == (1, FailureCode.RATE_LIMITED)
    assert about(told.seconds, 70)
    assert about(told.pause_seconds, 60)


@pytest.mark.usefixtures("usual")
async def test_another_try_that_is_for_later_is_waited_for_and_is_no_pause(pool: Pool) -> None:
    progress = await waiting(pool, model="ultra")
    (job,) = await worker(pool).claim(1)
    await worker(pool).retry(job, UNKNOWN, delay_seconds=60)
    told = await estimate(pool, progress)
    assert (told.place, told.paused, told.pause_seconds) == (1, None, None)
    assert about(told.seconds, 160)


async def test_a_pause_of_which_nobody_knows_how_long_a_picture_takes_is_told_without_a_time(
    pool: Pool,
) -> None:
    progress = await waiting(pool)
    await RateLimit(pool).provide()
    await RateLimit(pool).pause(60)
    told = await estimate(pool, progress)
    assert (told.seconds, told.paused) == (None, FailureCode.RATE_LIMITED)
    assert about(told.pause_seconds, 60)


@pytest.mark.usefixtures("usual")
async def test_what_the_owner_has_to_mend_comes_before_a_pause_and_has_no_time(pool: Pool) -> None:
    progress = await waiting(pool)
    await RateLimit(pool).provide()
    await RateLimit(pool).pause(60)
    await Alarms(pool).raise_(AlarmCode.NO_CREDIT, "", provider=STABILITY, pause_seconds=60)
    assert await estimate(pool, progress) == Estimate(1, None, FailureCode.NO_CREDIT, None, stands=True)


@pytest.mark.usefixtures("usual")
async def test_an_order_of_which_some_is_at_work_waits_for_nothing(pool: Pool) -> None:
    progress = await waiting(pool, count=2)
    await worker(pool).claim(1)
    await RateLimit(pool).provide()
    await RateLimit(pool).pause(60)
    told = await estimate(pool, progress)
    assert (told.place, told.paused, told.pause_seconds) == (None, None, None)
    assert about(told.seconds, 60 + 15)
    await Alarms(pool).raise_(AlarmCode.BAD_KEY, "", provider=STABILITY, pause_seconds=60)
    assert await estimate(pool, progress) == Estimate(None, None, stands=True)


@pytest.mark.usefixtures("usual")
async def test_what_has_ended_of_an_order_is_none_of_what_is_waited_for(pool: Pool) -> None:
    progress = await waiting(pool, count=3)
    await waiting(pool, member_id=ANNA)
    (job,) = await worker(pool).claim(1)
    await worker(pool).fail(job, JobFailed(FailureCode.REFUSED))
    found = await Orders(pool).find(progress.order.id)
    assert found is not None
    # The other member's is next now, and then the two that are left.
    assert await estimate(pool, found) == Estimate(2, 30)


async def test_the_place_counts_those_of_an_equal_turn_that_came_before(pool: Pool) -> None:
    first, second = await waiting(pool, member_id=1), await waiting(pool, member_id=2)
    assert first.jobs[0].turn == second.jobs[0].turn
    assert [(await estimate(pool, one)).place for one in (first, second)] == [1, 2]


async def test_those_at_work_are_listed_first_whatever_their_turn(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await waiting(pool, member_id=ANNA), await waiting(pool, member_id=ANNA)
    (job,) = await worker(pool).claim(1)
    await worker(pool).release(job, delay_seconds=60)
    (job,) = await worker(pool).claim(1)
    assert job.order == second.order
    orders = Orders(pool)
    assert [progress.order.id for progress, _ in await orders.open_of(ANNA)] == [
        second.order.id,
        first.order.id,
    ]
    monkeypatch.setattr("db.orders.OPEN_MAX", 1)
    assert [progress.order.id for progress, _ in await orders.open_of(ANNA)] == [second.order.id]
