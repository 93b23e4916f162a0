"""What a member who waits is told: the place, the time, and again when the line has moved."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from core.failures import FailureCode
from core.orders import Estimate, Progress, State
from db.alarms import AlarmCode, Alarms
from db.orders import Orders
from db.pool import Pool
from db.rate_limits import RateLimit
from db.replies import Replies
from tests.lives import fill, finish, painted, running, stored, waiting, worker

MEMBER, STABILITY = 9, "stability"


async def paint_for(pool: Pool, *durations_seconds: float, model: str = "core") -> None:
    for seconds in durations_seconds:
        picture = await painted(pool, model=model)
        await pool.execute("update pictures set seconds = $2 where id = $1", picture.id, seconds)


async def told(orders: Orders, progress: Progress) -> tuple[int | None, float | None]:
    estimate = await orders.estimate(progress)
    return estimate.place, estimate.seconds


async def test_nothing_is_known_where_nothing_was_painted_lately(pool: Pool) -> None:
    await paint_for(pool, 5, model="ultra")
    await paint_for(pool, 5)
    await pool.execute("update pictures set created_at = now() - interval '25 hours' where model = 'core'")
    assert await told(Orders(pool), await waiting(pool)) == (1, None)


async def test_the_time_left_follows_from_the_place_and_from_how_many_are_painted_at_once(pool: Pool) -> None:
    await paint_for(pool, 2, 10, 600)
    first, second = await waiting(pool, member_id=1), await waiting(pool, member_id=2)
    orders = Orders(pool)
    assert await told(orders, first) == (1, 10)
    assert await told(orders, second) == (2, 20)
    await worker(pool).claim(1)
    third = await waiting(pool, member_id=3)
    assert await told(orders, second) == (1, 15)
    assert await told(orders, third) == (2, 25)
    await worker(pool).claim(1)
    assert await told(orders, third) == (1, 15)


async def test_a_job_at_work_has_the_rest_of_the_usual_time_left(pool: Pool) -> None:
    await paint_for(pool, 3600)
    progress = await waiting(pool)
    await worker(pool).claim(1)
    estimate = await Orders(pool).estimate(progress)
    assert estimate.place is None
    assert estimate.seconds is not None
    assert 3000 < estimate.seconds < 3600
    await pool.execute("update jobs set started_at = now() - interval '2 hours' where state = 'running'")
    assert await Orders(pool).estimate(progress) == Estimate(None, 0)


async def test_an_order_is_next_by_its_first_job_and_done_with_its_last(pool: Pool) -> None:
    await paint_for(pool, 10)
    first, second = await waiting(pool, member_id=1, count=2), await waiting(pool, member_id=2, count=2)
    orders = Orders(pool)
    assert await told(orders, first) == (1, 30)
    assert await told(orders, second) == (2, 40)
    await worker(pool).claim(1)
    # What has begun has no place, though a part of it still waits: one is before that one, and one at work.
    begun = await orders.estimate(first)
    assert (begun.place, begun.seconds) == (None, 25)
    assert await told(orders, second) == (1, 35)


async def test_of_an_order_that_has_ended_nothing_is_said(pool: Pool) -> None:
    picture = await painted(pool)
    progress = (await stored(pool, picture.order.id)).progress
    assert await Orders(pool).estimate(progress) == Estimate(None, None)


async def test_only_the_newest_fifty_count(pool: Pool) -> None:
    await fill(pool, 60, state="done")
    await pool.execute("update pictures set seconds = case when order_id <= 10 then 99 else 4 end")
    assert await told(Orders(pool), await waiting(pool)) == (1, 4)


@pytest.mark.parametrize(
    ("seconds_at_work", "stands"),
    [((), False), ((1,), True), ((6,), True), ((9,), False), ((600,), False), ((1, 9, 1), False)],
)
async def test_the_line_stands_while_none_of_those_at_work_is_about_to_be_done(
    pool: Pool, seconds_at_work: tuple[int, ...], stands: bool
) -> None:
    await paint_for(pool, 10)
    for seconds in seconds_at_work:
        at_work = await running(pool)
        started = "update jobs set started_at = now() - make_interval(secs => $2) where id = $1"
        await pool.execute(started, at_work.id, float(seconds))
    estimate = await Orders(pool).estimate(await waiting(pool))
    assert await Orders(pool).stands() is stands
    assert (estimate.place, estimate.told_place) == (1, 1 if stands else None)


async def test_the_places_of_a_long_line_are_not_told(pool: Pool) -> None:
    await paint_for(pool, 10)
    await running(pool)
    line = [await waiting(pool, member_id=member) for member in range(10)]
    assert (await Orders(pool).estimate(line[0])).told_place == 1
    await waiting(pool, member_id=10)
    estimate = await Orders(pool).estimate(line[0])
    assert (estimate.place, estimate.told_place) == (1, None)


async def test_of_what_was_never_painted_it_may_be_done_any_moment(pool: Pool) -> None:
    await running(pool)
    assert await Orders(pool).stands() is False


async def test_a_member_sees_what_is_at_work_and_in_line(pool: Pool) -> None:
    at_work = await running(pool, member_id=MEMBER)
    other = await waiting(pool, member_id=1)
    mine = [await waiting(pool, member_id=MEMBER) for _ in range(2)]
    shown = await Orders(pool).open_of(MEMBER)
    assert [(progress.order.id, estimate.place) for progress, estimate in shown] == [
        (at_work.order.id, None),
        (mine[0].order.id, 2),
        (mine[1].order.id, 3),
    ]
    assert other.jobs[0].turn <= mine[0].jobs[0].turn


@pytest.fixture
def replies(pool: Pool) -> Replies:
    return Replies(pool)


async def show(pool: Pool, progress: Progress, **told: Any) -> None:
    """Its present revision, in its message."""
    reply = await stored(pool, progress.order.id)
    await Replies(pool).shown(reply, message_id=reply.order.id, **told)


async def line_up(pool: Pool, count: int) -> list[Progress]:
    """Orders that wait, whose replies show their places, and have for long."""
    line = [await waiting(pool, member_id=member) for member in range(count)]
    for place, progress in enumerate(line, start=1):
        await show(pool, progress, place=place)
    await be_old(pool)
    return line


async def be_old(pool: Pool) -> None:
    await pool.execute("update replies set due_at = now() - interval '1 minute'")


async def moved(replies: Replies, limit: int = 10, *, stands: bool = True) -> list[tuple[int, int]]:
    claimed = await replies.claim_moved(limit, hold_seconds=20, stands=stands)
    return [(reply.order.id, place) for reply, place in claimed]


async def test_a_line_that_stands_still_is_left_alone(pool: Pool, replies: Replies) -> None:
    await line_up(pool, 5)
    assert await moved(replies) == []


async def test_who_tells_a_place_that_is_another_now_is_found(pool: Pool, replies: Replies) -> None:
    line = await line_up(pool, 6)
    await worker(pool).claim(1)
    # Whoever told none is left alone but at the front, and there too while the line is about to move.
    await pool.execute(
        "update replies set shown_place = -shown_place where shown_place > 4 or shown_place = 2"
    )
    for stands, told in ((False, [2, 3]), (True, [1])):
        assert await moved(replies, stands=stands) == [(line[place].order.id, place) for place in told]
        assert await moved(replies, stands=stands) == []


async def test_what_was_shown_is_recorded_and_not_shown_again(pool: Pool, replies: Replies) -> None:
    line = await line_up(pool, 2)
    await worker(pool).claim(1)
    ((reply, place),) = await replies.claim_moved(10, hold_seconds=20, stands=True)
    assert (reply.progress, place, reply.revision, reply.shown_place) == (line[1], 1, 1, 2)
    await replies.shown(reply, message_id=None, place=place)
    await be_old(pool)
    assert await moved(replies) == []


async def test_one_that_was_edited_just_now_is_left_for_later(pool: Pool, replies: Replies) -> None:
    line = await line_up(pool, 2)
    await worker(pool).claim(1)
    await show(pool, line[1], place=2)
    assert await moved(replies) == []
    await pool.execute("update replies set due_at = now() - interval '2 seconds'")
    assert await moved(replies) == [(line[1].order.id, 1)]


async def test_a_time_that_is_over_is_due_until_another_is_told(pool: Pool, replies: Replies) -> None:
    at_work, one = await running(pool, member_id=8), await waiting(pool, member_id=7)
    begun = (await stored(pool, at_work.order.id)).progress

    async def over() -> list[int]:
        return sorted(reply.order.id for reply in await replies.claim_over(10, hold_seconds=20))

    for progress in (begun, one):
        await show(pool, progress, place=1, over_seconds=60)
    assert await over() == []
    await pool.execute("update replies set estimate_over_at = now()")
    assert await over() == [begun.order.id, one.order.id]
    # Whoever holds them may die.
    assert await over() == []
    await be_old(pool)
    assert await over() == [begun.order.id, one.order.id]
    await show(pool, one, place=1)
    await be_old(pool)
    assert await over() == [begun.order.id]
    await worker(pool).release(at_work)
    assert await over() == []


async def test_a_reply_that_is_behind_comes_another_way(pool: Pool, replies: Replies) -> None:
    await line_up(pool, 2)
    (claimed,) = await worker(pool).claim(1)
    await worker(pool).release(claimed)
    await pool.execute("update replies set shown_place = 9")
    assert claimed.order.id not in dict(await moved(replies))
    assert [one.order.id for one in await replies.claim_due(10, hold_seconds=20)] == [claimed.order.id]


async def test_a_pause_and_its_end_are_told_to_whoever_waits_the_first_in_line_first(
    pool: Pool, replies: Replies
) -> None:
    line, alarms = await line_up(pool, 3), Alarms(pool)
    await alarms.raise_(AlarmCode.UNAVAILABLE, "pauses nobody", provider=STABILITY)
    assert await moved(replies) == []
    await alarms.raise_(AlarmCode.BAD_KEY, "", provider=STABILITY, pause_seconds=60)
    assert await moved(replies, limit=2) == [(line[0].order.id, 1), (line[1].order.id, 2)]
    assert await moved(replies) == [(line[2].order.id, 3)]
    for place, progress in enumerate(line, start=1):
        await show(pool, progress, place=place, pause=(await Orders(pool).estimate(progress)).paused)
    await be_old(pool)
    assert await moved(replies) == []
    await alarms.resolve((AlarmCode.BAD_KEY,), provider=STABILITY)
    assert len(await moved(replies)) == 3


async def test_a_pause_is_told_to_those_that_wait_because_of_it_alone(pool: Pool, replies: Replies) -> None:
    core, ultra, second = line = [
        await waiting(pool, member_id=number, model=model)
        for number, model in enumerate(("core", "ultra", "core"))
    ]

    async def show_all() -> None:
        for progress in line:
            estimate = await Orders(pool).estimate(progress)
            await show(pool, progress, place=estimate.place, pause=estimate.paused)
        await be_old(pool)

    await show_all()
    await Alarms(pool).raise_(
        AlarmCode.NO_CREDIT, "", provider=STABILITY, pause_seconds=60, price=ultra.jobs[0].price
    )
    # It is the first of those that wait like it, and no longer before the one behind it.
    assert sorted(await moved(replies)) == [(ultra.order.id, 1), (second.order.id, 2)]
    await show_all()
    assert await moved(replies) == []
    # What the provider asks for concerns them all, but is not the reason of those that wait for another.
    await RateLimit(pool).provide()
    await RateLimit(pool).pause(60)
    assert sorted(await moved(replies)) == [(core.order.id, 1), (second.order.id, 2)]
    await show_all()
    assert await moved(replies) == []
    await pool.execute("update rate_limit_slots set paused_until = now()")
    assert sorted(await moved(replies)) == [(core.order.id, 1), (second.order.id, 2)]


async def test_another_providers_pause_and_line_are_nothing_to_a_reply(pool: Pool, replies: Replies) -> None:
    line = await line_up(pool, 4)
    await pool.execute("update jobs set provider = 'other' where order_id < $1", line[2].order.id)
    await Alarms(pool).raise_(AlarmCode.BAD_KEY, "", provider="other", pause_seconds=60)
    # The last two are the first and the second of those that wait for their provider.
    assert sorted(await moved(replies)) == [
        (line[0].order.id, 1), (line[1].order.id, 2), (line[2].order.id, 1), (line[3].order.id, 2)
    ]  # fmt: skip


async def test_another_providers_alarm_splits_no_line(pool: Pool, replies: Replies) -> None:
    """Nor does one that pauses nobody."""
    for place, model in enumerate(("core", "ultra", "core"), start=1):
        await show(pool, await waiting(pool, member_id=place, model=model), place=place)
    await be_old(pool)
    await Alarms(pool).raise_(AlarmCode.NO_CREDIT, "", provider="other", pause_seconds=60, price=Decimal(8))
    await Alarms(pool).raise_(AlarmCode.UNAVAILABLE, "", provider=STABILITY, price=Decimal(8))
    assert await moved(replies) == []


async def test_a_pause_that_comes_just_after_an_edit_is_told_a_little_later(
    pool: Pool, replies: Replies
) -> None:
    progress = await waiting(pool)
    await show(pool, progress, place=1)
    await Alarms(pool).raise_(AlarmCode.BAD_KEY, "", provider=STABILITY, pause_seconds=60)
    assert await moved(replies) == []
    await be_old(pool)
    assert await moved(replies) == [(progress.order.id, 1)]


async def test_an_order_of_four_moves_with_its_first_and_is_told_once(pool: Pool, replies: Replies) -> None:
    first = await waiting(pool, member_id=1, count=4)
    second = await waiting(pool, member_id=2, count=4)
    for progress, place in ((first, 1), (second, 2)):
        await show(pool, progress, place=place)
    await be_old(pool)
    assert await moved(replies) == []
    await worker(pool).claim(1)
    assert await moved(replies) == [(second.order.id, 1)]
    # One that has begun shows that, and no place, though three of its pictures wait.
    await show(pool, first, place=9)
    await be_old(pool)
    assert await moved(replies) == [(second.order.id, 1)]


async def test_of_an_order_that_has_begun_a_pause_is_told_while_the_rest_waits(
    pool: Pool, replies: Replies
) -> None:
    first = await running(pool, count=3)
    begun = (await stored(pool, first.order.id)).progress
    await show(pool, begun)
    await be_old(pool)
    await Alarms(pool).raise_(AlarmCode.BAD_KEY, "", provider=STABILITY, pause_seconds=60)
    # While one is at work, nothing waits for the pause.
    await pool.execute("update replies set shown_revision = revision")
    assert await moved(replies) == []
    await finish(pool, first)
    rest = (await stored(pool, first.order.id)).progress
    assert (await Orders(pool).estimate(rest)).paused is FailureCode.BAD_KEY
    await pool.execute("update replies set shown_revision = revision")
    await be_old(pool)
    assert await moved(replies) == [(first.order.id, 1)]
    await show(pool, rest, place=1, pause=FailureCode.BAD_KEY)
    await pool.execute("update replies set shown_revision = revision")
    await be_old(pool)
    assert await moved(replies) == []


async def test_a_bot_that_died_while_it_held_one_does_not_keep_it(pool: Pool, replies: Replies) -> None:
    await line_up(pool, 2)
    await worker(pool).claim(1)
    assert len(await moved(replies)) == 1
    await be_old(pool)
    assert len(await moved(replies)) == 1


async def test_a_job_that_starts_meanwhile_is_not_hidden_by_the_hold(pool: Pool, replies: Replies) -> None:
    """The edit that was at work ends the hold, whatever it showed."""
    line = await line_up(pool, 2)
    await worker(pool).claim(1)
    ((reply, place),) = await replies.claim_moved(10, hold_seconds=20, stands=True)
    await worker(pool).claim(1)
    await replies.shown(reply, message_id=None, place=place)
    due = await replies.claim_due(10, hold_seconds=20)
    assert line[1].order.id in [one.order.id for one in due]
    assert (await stored(pool, line[1].order.id)).progress.state is State.RUNNING


async def test_the_front_of_the_line_comes_first_and_no_more_than_asked_for(
    pool: Pool, replies: Replies
) -> None:
    line = await line_up(pool, 6)
    await worker(pool).claim(3)
    assert await moved(replies, limit=2) == [(line[3].order.id, 1), (line[4].order.id, 2)]
    assert await moved(replies, limit=2) == [(line[5].order.id, 3)]


async def test_bots_that_ask_at_once_never_get_the_same(pool: Pool, replies: Replies) -> None:
    line = await line_up(pool, 40)
    await worker(pool).claim(20)
    shares = await asyncio.gather(*(moved(replies, limit=5) for _ in range(8)))
    told = [order_id for share in shares for order_id, _ in share]
    assert len(told) == len(set(told))
    assert set(told) <= {one.order.id for one in line[20:]}
