"""What is recorded of a reply that was shown, and what is never asked of one that was given up."""

import asyncio

import pytest

from core.failures import FailureCode, Outcome
from core.orders import Reply
from db.alarms import AlarmCode, Alarms
from db.orders import Orders
from db.pool import Pool
from db.replies import Replies
from tests.lives import finish, running, stored, waiting, worker


@pytest.fixture
def replies(pool: Pool) -> Replies:
    return Replies(pool)


async def reply_of(pool: Pool, **changes: object) -> Reply:
    return await stored(pool, (await waiting(pool, **changes)).order.id)


async def be_old(pool: Pool) -> None:
    await pool.execute("update replies set due_at = now() - interval '1 hour'")


async def test_the_commands_own_answer_says_where_it_is_and_leaves_the_token(
    pool: Pool, replies: Replies
) -> None:
    before = await reply_of(pool)
    await replies.first_shown(before.order.id, message_id=99, channel_id=7, place=4, over_seconds=60)
    after = await stored(pool, before.order.id)
    assert (after.message_id, after.channel_id, after.token) == (99, 7, "token")
    assert (after.shown_revision, after.revision, after.shown_place) == (1, 1, 4)
    over = "select estimate_over_at - now() between interval '50 s' and interval '60 s' from replies"
    assert await pool.fetchval(over)


async def test_all_that_a_reply_tells_is_recorded_and_forgotten_with_the_next(
    pool: Pool, replies: Replies
) -> None:
    reply = await reply_of(pool)
    await replies.shown(
        reply,
        message_id=99,
        channel_id=7,
        place=4,
        pause=FailureCode.BAD_KEY,
        over_seconds=60,
        hold_seconds=30,
    )
    row = await pool.fetchrow(
        "select message_id, channel_id, shown_place, shown_pause, estimate_over_at > now() + interval '50 s', "
        "due_at > now() + interval '20 s' from replies"
    )
    assert row is not None
    assert tuple(row) == (99, 7, 4, "bad_key", True, True)
    await replies.shown(reply, message_id=None)
    row = await pool.fetchrow(
        "select message_id, channel_id, shown_place, shown_pause, estimate_over_at, due_at <= now() from replies"
    )
    assert row is not None
    assert tuple(row) == (99, 7, None, None, None, True)


async def test_what_is_recorded_of_one_is_recorded_of_no_other(pool: Pool, replies: Replies) -> None:
    mine, beside = await reply_of(pool, member_id=1), await reply_of(pool, member_id=2)
    before = await pool.fetch("select * from replies where order_id = $1", beside.order.id)
    await replies.found(mine.order.id, message_id=98, channel_id=7)
    await replies.shown(mine, message_id=99, place=1)
    await replies.postpone(mine, delay_seconds=60, failure="no way leads there")
    await replies.give_up(mine, reason="refused")
    await replies.removed(mine)
    await be_old_one(pool, mine)
    assert await replies.claim_due(9, hold_seconds=20) == []
    assert await pool.fetch("select * from replies where order_id = $1", beside.order.id) == before


async def be_old_one(pool: Pool, reply: Reply) -> None:
    await pool.execute("update replies set due_at = now() where order_id = $1", reply.order.id)


async def test_what_is_held_is_nobody_elses_and_comes_back_after_a_time(pool: Pool, replies: Replies) -> None:
    await reply_of(pool)
    await be_old(pool)
    assert len(await replies.claim_due(9, hold_seconds=20)) == 1
    seconds = await replies.next_due_seconds()
    assert seconds is not None
    assert 10 < seconds <= 20


async def test_how_long_until_the_first_one_is_due(pool: Pool, replies: Replies) -> None:
    for member, seconds in enumerate((100, 30, 60)):
        reply = await reply_of(pool, member_id=member)
        await replies.postpone(reply, delay_seconds=seconds)
    # One that is shown is not waited for.
    shown = await reply_of(pool, member_id=9)
    await replies.shown(shown, message_id=1, hold_seconds=1)
    assert 20 < (await replies.next_due_seconds() or 0) <= 30


async def test_what_was_given_up_is_edited_for_no_place_pause_or_time(pool: Pool, replies: Replies) -> None:
    """Its message is gone, say, after its first revision was shown."""
    await running(pool, member_id=8)
    reply = await reply_of(pool, member_id=1)
    await replies.shown(reply, message_id=99, place=9, over_seconds=-1)
    await be_old(pool)
    await replies.give_up(reply, reason="the reply was deleted")
    await Alarms(pool).raise_(AlarmCode.BAD_KEY, "", provider="stability", pause_seconds=60)
    await be_old(pool)
    assert await replies.claim_moved(9, hold_seconds=20, stands=True) == []
    assert await replies.claim_over(9, hold_seconds=20) == []
    # The next revision may be shown again.
    await pool.execute("delete from alarms")
    await worker(pool).claim(1)
    await be_old(pool)
    assert reply.order.id in [one.order.id for one in await replies.claim_due(9, hold_seconds=20)]


async def test_a_time_is_over_for_what_shows_it_and_for_nothing_that_is_behind(
    pool: Pool, replies: Replies
) -> None:
    over, behind, later = [await reply_of(pool, member_id=member) for member in (1, 2, 3)]
    for reply, seconds in ((over, -2), (behind, -1), (later, 60)):
        await replies.shown(reply, message_id=reply.order.id, over_seconds=seconds)
    await pool.execute("update replies set revision = 2 where order_id = $1", behind.order.id)
    assert [one.order for one in await replies.claim_over(9, hold_seconds=20)] == [over.order]
    # What it told stays until another time is told, and nobody else is given it meanwhile.
    assert await replies.claim_over(9, hold_seconds=20) == []
    await be_old(pool)
    assert [one.order for one in await replies.claim_over(1, hold_seconds=20)] == [over.order]


async def test_those_that_are_over_for_longest_come_first(pool: Pool, replies: Replies) -> None:
    order = []
    for member, seconds in enumerate((-10, -30, -20)):
        reply = await reply_of(pool, member_id=member)
        await replies.shown(reply, message_id=member + 1, over_seconds=seconds)
        order.append((seconds, reply.order.id))
    found = [(await replies.claim_over(1, hold_seconds=20))[0].order.id for _ in order]
    assert found == [order_id for _, order_id in sorted(order)]


@pytest.mark.parametrize("which", ["due", "moved", "over"])
async def test_a_reply_that_another_has_in_hand_is_not_waited_for(
    pool: Pool, replies: Replies, which: str
) -> None:
    """One bot is just recording the first, and another looks for what there is to do."""
    first, second = [await reply_of(pool, member_id=member) for member in (1, 2)]
    for reply in (first, second):
        if which != "due":
            await replies.shown(reply, message_id=reply.order.id, place=9, over_seconds=-1)
    await be_old(pool)
    async with pool.acquire() as other, other.transaction():
        await other.execute("select from replies where order_id = $1 for update", first.order.id)
        async with asyncio.timeout(5):
            if which == "moved":
                found = [reply for reply, _ in await replies.claim_moved(9, hold_seconds=20, stands=True)]
            else:
                claim = replies.claim_due if which == "due" else replies.claim_over
                found = await claim(9, hold_seconds=20)
    assert [reply.order for reply in found] == [second.order]


async def test_an_old_revision_that_is_recorded_late_brings_back_nothing(
    pool: Pool, replies: Replies
) -> None:
    """Of a final one: neither is it due again, nor does it keep a token that is of no use any more."""
    job = await running(pool)
    at_work = await stored(pool, job.order.id)
    await finish(pool, job)
    final = await stored(pool, job.order.id)
    await replies.shown(final, message_id=99)
    await replies.shown(at_work, message_id=None)
    await replies.removed(at_work)
    left = await stored(pool, job.order.id)
    assert (left.shown_revision, left.revision, left.token) == (3, 3, None)
    await be_old(pool)
    assert await replies.claim_due(9, hold_seconds=20) == []


async def test_what_its_calls_may_cost_is_told_of_what_brought_nothing(pool: Pool) -> None:
    job = await running(pool)
    beside = await running(pool, member_id=2)
    await worker(pool).release(job, Outcome.BILLED)
    (again,) = [one for one in await worker(pool).claim(1) if one.id == job.id]
    for order_id in (again.order.id, beside.order.id):
        await Orders(pool).cancel(order_id)
    # One attempt was billed, and of the other nobody knows.
    assert [(await stored(pool, one.order.id)).progress.jobs[0].counted for one in (job, beside)] == [6, 3]
