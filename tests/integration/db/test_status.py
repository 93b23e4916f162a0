"""What a member who waits is told: the place, the time, and again when the line has moved."""

import asyncio

import pytest

from core.errors import FailureCode
from db.alarms import AlarmCode, Alarms
from db.orders import Estimate, Job, Jobs, State
from db.pool import Pool
from db.rate_limits import Pace
from db.replies import Replies
from tests.lives import fill, painted, running, stored, waiting, worker

MEMBER = 9


async def paint_for(pool: Pool, *durations_seconds: float, model: str = "core") -> None:
    for seconds in durations_seconds:
        job = await painted(pool, model=model)
        await pool.execute(
            "update jobs set started_at = finished_at - make_interval(secs => $2) where id = $1",
            job.id,
            seconds,
        )


async def test_nothing_is_known_where_nothing_was_painted_lately(pool: Pool) -> None:
    await paint_for(pool, 5, model="ultra")
    await paint_for(pool, 5)
    await pool.execute("update jobs set finished_at = now() - interval '25 hours' where model = 'core'")
    assert await Jobs(pool).estimate(await waiting(pool)) == Estimate(1, None)


async def test_the_time_left_follows_from_the_place_and_from_how_many_are_painted_at_once(pool: Pool) -> None:
    await paint_for(pool, 2, 10, 600)
    first, second = await waiting(pool, member_id=1), await waiting(pool, member_id=2)
    jobs = Jobs(pool)
    assert await jobs.estimate(first) == Estimate(1, 10)
    assert await jobs.estimate(second) == Estimate(2, 20)
    await worker(pool).claim(1)
    third = await waiting(pool, member_id=3)
    assert await jobs.estimate(second) == Estimate(1, 15)
    assert await jobs.estimate(third) == Estimate(2, 25)
    await worker(pool).claim(1)
    assert await jobs.estimate(third) == Estimate(1, 15)


async def test_a_job_at_work_has_the_rest_of_the_usual_time_left(pool: Pool) -> None:
    await paint_for(pool, 3600)
    job = await running(pool)
    estimate = await Jobs(pool).estimate(job)
    assert estimate.place is None
    assert estimate.seconds is not None
    assert 3000 < estimate.seconds < 3600
    await pool.execute("update jobs set started_at = now() - interval '2 hours' where state = 'running'")
    assert await Jobs(pool).estimate(job) == Estimate(None, 0)


async def test_of_a_job_that_has_ended_nothing_is_said(pool: Pool) -> None:
    assert await Jobs(pool).estimate(await painted(pool)) == Estimate(None, None)


async def test_only_the_newest_fifty_count(pool: Pool) -> None:
    await fill(pool, 60, state="done")
    await pool.execute("update jobs set started_at = finished_at - interval '99 seconds' where id <= 10")
    await pool.execute("update jobs set started_at = finished_at - interval '4 seconds' where id > 10")
    assert await Jobs(pool).estimate(await waiting(pool)) == Estimate(1, 4)


async def test_a_member_sees_what_is_at_work_and_in_line(pool: Pool) -> None:
    at_work = await running(pool, member_id=MEMBER)
    other = await waiting(pool, member_id=1)
    mine = [await waiting(pool, member_id=MEMBER) for _ in range(2)]
    await finish_one(pool)
    shown = await Jobs(pool).open_of(MEMBER)
    assert [(job.id, estimate.place) for job, estimate in shown] == [
        (at_work.id, None),
        (mine[0].id, 2),
        (mine[1].id, 3),
    ]
    assert other.turn <= mine[0].turn
    assert await Jobs(pool).open_of(12345) == []


async def finish_one(pool: Pool) -> None:
    """What has ended is in nobody's line."""
    await pool.execute(
        """insert into jobs (interaction_id, application_id, token_expires_at, member_id, channel_id, prompt,
                             width, height, model, turn, reply_due_at, state, finished_at)
           values (1, 1, now(), $1, 1, 'p', 256, 256, 'core', 1, now(), 'done', now())""",
        MEMBER,
    )


@pytest.fixture
def replies(pool: Pool) -> Replies:
    return Replies(pool)


async def line_up(pool: Pool, count: int) -> list[Job]:
    """Waiting jobs whose replies show their places, and have for long."""
    jobs = [await waiting(pool, member_id=member) for member in range(count)]
    for place, job in enumerate(jobs, start=1):
        await Replies(pool).shown(job.id, job.revision, message_id=job.id, place=place)
    await be_old(pool)
    return jobs


async def be_old(pool: Pool) -> None:
    await pool.execute("update jobs set reply_due_at = now() - interval '1 minute'")


async def moved(replies: Replies, limit: int = 10) -> list[tuple[int, int]]:
    return [(job.id, place) for job, place in await replies.claim_moved(limit, hold_seconds=20)]


async def test_a_line_that_stands_still_is_left_alone(pool: Pool, replies: Replies) -> None:
    await line_up(pool, 5)
    assert await moved(replies) == []


async def test_whoever_has_come_forward_by_a_quarter_or_to_the_front_is_told(
    pool: Pool, replies: Replies
) -> None:
    jobs = await line_up(pool, 9)
    await worker(pool).claim(2)
    # From 3 to 1, 4 to 2, ... 8 to 6: the last moved from 9 to 7, which is less than a quarter.
    assert await moved(replies) == [(job.id, place) for place, job in enumerate(jobs[2:8], start=1)]
    assert await moved(replies) == []


async def test_becoming_the_first_is_told_from_however_near(pool: Pool, replies: Replies) -> None:
    jobs = await line_up(pool, 4)
    await worker(pool).claim(1)
    assert await moved(replies) == [(jobs[1].id, 1), (jobs[2].id, 2), (jobs[3].id, 3)]


async def test_what_was_shown_is_recorded_and_not_shown_again(pool: Pool, replies: Replies) -> None:
    jobs = await line_up(pool, 2)
    await worker(pool).claim(1)
    ((job, place),) = await replies.claim_moved(10, hold_seconds=20)
    assert (job.id, place, job.revision) == (jobs[1].id, 1, jobs[1].revision)
    await replies.shown(job.id, job.revision, message_id=None, place=place)
    await be_old(pool)
    assert await moved(replies) == []


async def test_one_that_was_edited_just_now_is_left_for_later(pool: Pool, replies: Replies) -> None:
    jobs = await line_up(pool, 2)
    await worker(pool).claim(1)
    await replies.shown(jobs[1].id, jobs[1].revision, message_id=None, place=2)
    assert await moved(replies) == []
    await pool.execute("update jobs set reply_due_at = now() - interval '11 seconds'")
    assert await moved(replies) == [(jobs[1].id, 1)]


async def test_one_whose_turn_is_about_to_come_is_left_to_it(pool: Pool, replies: Replies) -> None:
    """From 9 to 3 in twelve seconds: at that speed it is painted in six."""
    jobs = await line_up(pool, 9)
    await pool.execute("update jobs set reply_due_at = now() - interval '12 seconds'")
    await worker(pool).claim(6)
    assert await moved(replies) == []
    await be_old(pool)
    assert await moved(replies) == [(job.id, place) for place, job in enumerate(jobs[6:], start=1)]


async def test_a_time_that_is_over_is_due_until_another_is_told(pool: Pool, replies: Replies) -> None:
    at_work, job = await running(pool, member_id=8), await waiting(pool, member_id=7)

    async def over() -> list[int]:
        return sorted(one.id for one in await replies.claim_over(10, hold_seconds=20))

    for one in (at_work, job):
        await replies.shown(one.id, one.revision, message_id=1, place=1, over_seconds=60)
    assert await over() == []
    await pool.execute("update jobs set estimate_over_at = now()")
    assert await over() == [at_work.id, job.id]
    # Whoever holds them may die.
    assert await over() == []
    await be_old(pool)
    assert await over() == [at_work.id, job.id]
    await replies.shown(job.id, job.revision, message_id=1, place=1)
    await be_old(pool)
    assert await over() == [at_work.id]
    await worker(pool).hand_back(at_work)
    assert await over() == []


@pytest.mark.parametrize(
    ("now", "place_before", "told"),
    [
        (Estimate(None, 7), None, Estimate(None, 0)),
        (Estimate(1, 10), 1, Estimate(1, 0)),
        # A line that stands still is told no time, so that it is edited no more.
        (Estimate(7, 70), 7, Estimate(7, None)),
        (Estimate(7, 70), 8, Estimate(7, 70)),
        (Estimate(7, None), 7, Estimate(7, None)),
        (Estimate(1, 65, FailureCode.RATE_LIMITED, 60), 1, Estimate(1, 65, FailureCode.RATE_LIMITED, 60)),
    ],
)
def test_what_is_told_instead_of_a_time_that_is_over(
    now: Estimate, place_before: int | None, told: Estimate
) -> None:
    assert now.once_over(place_before) == told


async def test_a_reply_that_is_behind_comes_another_way(pool: Pool, replies: Replies) -> None:
    await line_up(pool, 2)
    (claimed,) = await worker(pool).claim(1)
    await worker(pool).hand_back(claimed)
    await pool.execute("update jobs set shown_place = 9")
    assert claimed.id not in dict(await moved(replies))
    assert [job.id for job in await replies.claim_due(10, hold_seconds=20)] == [claimed.id]


async def test_a_pause_and_its_end_are_told_to_whoever_waits_the_first_in_line_first(
    pool: Pool, replies: Replies
) -> None:
    jobs, alarms = await line_up(pool, 3), Alarms(pool)
    await alarms.sound(AlarmCode.UNAVAILABLE, "pauses nobody")
    assert await moved(replies) == []
    await alarms.sound(AlarmCode.BAD_KEY, "", pause_seconds=60)
    assert await moved(replies, limit=2) == [(jobs[0].id, 1), (jobs[1].id, 2)]
    assert await moved(replies) == [(jobs[2].id, 3)]
    for place, job in enumerate(jobs, start=1):
        await replies.shown(
            job.id, job.revision, message_id=None, place=place, pause=(await Jobs(pool).estimate(job)).paused
        )
    await be_old(pool)
    assert await moved(replies) == []
    await alarms.end((AlarmCode.BAD_KEY,))
    assert len(await moved(replies)) == 3


async def test_a_pause_is_told_to_those_that_wait_because_of_it_alone(pool: Pool, replies: Replies) -> None:
    core, ultra, second = [
        await waiting(pool, member_id=number, model=model)
        for number, model in enumerate(("core", "ultra", "core"))
    ]

    async def show_all() -> None:
        for job in (core, ultra, second):
            estimate = await Jobs(pool).estimate(job)
            await replies.shown(
                job.id, job.revision, message_id=None, place=estimate.place, pause=estimate.paused
            )
        await be_old(pool)

    await show_all()
    await Alarms(pool).sound(AlarmCode.NO_CREDIT, "", pause_seconds=60, price=ultra.credits)
    # It is the first of those that wait like it, and no longer before the one behind it.
    assert sorted(await moved(replies)) == [(ultra.id, 1), (second.id, 2)]
    await show_all()
    assert await moved(replies) == []
    # What Stability asks for concerns them all, but is not the reason of those that wait for another.
    await Pace(pool).provide()
    await Pace(pool).pause(60)
    assert sorted(await moved(replies)) == [(core.id, 1), (second.id, 2)]
    await show_all()
    assert await moved(replies) == []
    await pool.execute("update request_slots set asked_until = now()")
    assert sorted(await moved(replies)) == [(core.id, 1), (second.id, 2)]


async def test_a_bot_that_died_while_it_held_one_does_not_keep_it(pool: Pool, replies: Replies) -> None:
    await line_up(pool, 2)
    await worker(pool).claim(1)
    assert len(await moved(replies)) == 1
    await be_old(pool)
    assert len(await moved(replies)) == 1


async def test_a_job_that_starts_meanwhile_is_not_hidden_by_the_hold(pool: Pool, replies: Replies) -> None:
    """The edit that was at work ends the hold, whatever it showed."""
    jobs = await line_up(pool, 2)
    await worker(pool).claim(1)
    ((job, place),) = await replies.claim_moved(10, hold_seconds=20)
    await worker(pool).claim(1)
    await replies.shown(job.id, job.revision, message_id=None, place=place)
    due = await replies.claim_due(10, hold_seconds=20)
    assert jobs[1].id in [job.id for job in due]
    assert (await stored(pool, jobs[1].id)).state is State.RUNNING


async def test_the_front_of_the_line_comes_first_and_no_more_than_asked_for(
    pool: Pool, replies: Replies
) -> None:
    jobs = await line_up(pool, 6)
    await worker(pool).claim(3)
    assert await moved(replies, limit=2) == [(jobs[3].id, 1), (jobs[4].id, 2)]
    assert await moved(replies, limit=2) == [(jobs[5].id, 3)]


async def test_bots_that_ask_at_once_never_get_the_same(pool: Pool, replies: Replies) -> None:
    jobs = await line_up(pool, 40)
    await worker(pool).claim(20)
    shares = await asyncio.gather(*(moved(replies, limit=5) for _ in range(8)))
    told = [job_id for share in shares for job_id, _ in share]
    assert len(told) == len(set(told))
    assert set(told) <= {job.id for job in jobs[20:]}
