"""Which replies are behind, and what is recorded of them."""

import asyncio

import pytest

from core.failures import FailureCode, JobFailed
from core.orders import Progress, Reply, State
from db.erasure import Erasure
from db.pool import Pool
from db.queue import Queue
from db.replies import Replies
from db.spill import Spill
from tests.lives import finish, painted, painted_by, stored, waiting, worker


@pytest.fixture
def replies(pool: Pool) -> Replies:
    return Replies(pool)


@pytest.fixture
async def order(pool: Pool) -> Progress:
    return await waiting(pool)


@pytest.fixture
def queue(pool: Pool) -> Queue:
    return worker(pool)


async def make_due(pool: Pool) -> None:
    await pool.execute("update replies set due_at = now() - interval '1 second'")


async def due(replies: Replies) -> list[tuple[int, int]]:
    return [(reply.order.id, reply.revision) for reply in await replies.claim_due(10, hold_seconds=20)]


async def the_reply(pool: Pool) -> Reply:
    return await stored(pool, await pool.fetchval("select min(order_id) from replies"))


async def column(pool: Pool, name: str) -> object:
    return await pool.fetchval(f"select {name} from replies")


async def test_a_command_gets_time_to_answer_before_its_reply_is_missed(
    replies: Replies, order: Progress, pool: Pool
) -> None:
    assert await due(replies) == []
    await make_due(pool)
    assert await due(replies) == [(order.order.id, 1)]


async def test_an_answered_command_is_up_to_date_until_its_order_changes(
    replies: Replies, order: Progress, queue: Queue
) -> None:
    await replies.first_shown(order.order.id, message_id=99)
    assert await due(replies) == []
    await queue.claim(1)
    assert await due(replies) == [(order.order.id, 2)]


async def test_a_reply_is_given_to_one_bot_at_a_time(replies: Replies, order: Progress, pool: Pool) -> None:
    await make_due(pool)
    shares = await asyncio.gather(*(due(replies) for _ in range(4)))
    assert sorted(shares) == [[], [], [], [(order.order.id, 1)]]


async def test_what_is_due_longest_comes_first(replies: Replies, pool: Pool) -> None:
    ids = [(await waiting(pool, member_id=number)).order.id for number in range(3)]
    for seconds, order_id in zip((1, 3, 2), ids, strict=True):
        await pool.execute(
            "update replies set due_at = now() - make_interval(secs => $2) where order_id = $1",
            order_id,
            seconds,
        )
    assert await due_one_by_one(replies) == [ids[1], ids[2], ids[0]]


async def due_one_by_one(replies: Replies) -> list[int]:
    return [(await replies.claim_due(1, hold_seconds=20))[0].order.id for _ in range(3)]


async def test_a_change_during_an_edit_is_shown_after_it(
    replies: Replies, order: Progress, queue: Queue, pool: Pool
) -> None:
    await make_due(pool)
    (reply,) = await replies.claim_due(10, hold_seconds=20)
    await queue.claim(1)
    assert await due(replies) == []
    await replies.shown(reply, message_id=99)
    assert await due(replies) == [(order.order.id, 2)]


async def test_a_late_record_does_not_turn_the_reply_back(
    replies: Replies, order: Progress, queue: Queue, pool: Pool
) -> None:
    before = await the_reply(pool)
    await queue.claim(1)
    await replies.shown(await the_reply(pool), message_id=99)
    await replies.shown(before, message_id=None)
    assert await due(replies) == []
    assert await column(pool, "message_id") == 99


async def test_the_token_is_dropped_with_the_end_and_not_before(
    replies: Replies, order: Progress, queue: Queue, pool: Pool
) -> None:
    (job,) = await queue.claim(1)
    at_work = await the_reply(pool)
    await replies.shown(at_work, message_id=99)
    assert await column(pool, "token") == "token"
    await finish(pool, job)
    await replies.shown(at_work, message_id=99)
    assert await column(pool, "token") == "token"
    await replies.shown(await the_reply(pool), message_id=99)
    assert await column(pool, "token") is None


async def test_an_end_that_is_recorded_when_there_is_more_to_show_keeps_the_token(
    replies: Replies, order: Progress, queue: Queue, pool: Pool
) -> None:
    """The picture was spilled; when it is in the bucket, the reply gets its link."""
    (job,) = await queue.claim(1)
    spill = Spill(pool)
    await spill.keep(painted_by(job), b"png", b"webp")
    ended = await the_reply(pool)
    assert (ended.progress.is_final, ended.progress.pictures[0].is_spilled) == (True, True)
    await spill.uploaded(ended.progress.pictures[0])
    await replies.shown(ended, message_id=99)
    assert await column(pool, "token") == "token"
    assert await due(replies) == [(order.order.id, ended.revision + 1)]


async def test_the_token_of_a_private_reply_stays_as_nothing_else_finds_it(
    replies: Replies, pool: Pool
) -> None:
    picture = await painted(pool, private=True)
    await replies.shown(await stored(pool, picture.order.id), message_id=99)
    assert await column(pool, "token") == "token"
    await Erasure(pool).erase(picture.id)
    assert await column(pool, "token") == "token"
    await replies.removed(await stored(pool, picture.order.id))
    assert await column(pool, "token") is None


async def test_the_token_is_kept_while_one_picture_of_an_order_is_still_to_come(
    replies: Replies, pool: Pool, queue: Queue
) -> None:
    await waiting(pool, count=2)
    first, second = await queue.claim(2)
    await finish(pool, first)
    await replies.shown(await the_reply(pool), message_id=99)
    assert await column(pool, "token") == "token"
    await queue.fail(second, JobFailed(FailureCode.REFUSED))
    reply = await the_reply(pool)
    assert (reply.progress.state, len(reply.progress.pictures)) == (State.DONE, 1)
    await replies.shown(reply, message_id=99)
    assert await column(pool, "token") is None


async def test_giving_up_says_why_and_stops_trying_until_there_is_more_to_show(
    replies: Replies, order: Progress, queue: Queue, pool: Pool
) -> None:
    await make_due(pool)
    await replies.give_up(await the_reply(pool), reason="the reply was deleted")
    assert await due(replies) == []
    assert await replies.next_due_seconds() is None
    assert await column(pool, "shown_revision") == 0
    await queue.claim(1)
    assert await due(replies) == [(order.order.id, 2)]
    assert await column(pool, "failure") == "the reply was deleted"


async def test_giving_up_what_is_old_leaves_the_new_to_be_shown(
    replies: Replies, order: Progress, queue: Queue, pool: Pool
) -> None:
    await make_due(pool)
    (old,) = await replies.claim_due(10, hold_seconds=20)
    (job,) = await queue.claim(1)
    await finish(pool, job)
    await replies.give_up(old, reason="refused")
    # It is due at once, through the token, which is still there.
    assert await due(replies) == [(order.order.id, 3)]
    assert await column(pool, "token") == "token"
    final = await the_reply(pool)
    await replies.give_up(final, reason="all ways are closed")
    assert (await column(pool, "given_up_revision"), await column(pool, "token")) == (3, None)
    # A record that comes late does not bring back what was given up later.
    await replies.give_up(old, reason="refused")
    assert await column(pool, "given_up_revision") == 3
    assert await due(replies) == []


async def test_what_went_wrong_is_forgotten_once_it_is_shown(
    replies: Replies, order: Progress, pool: Pool
) -> None:
    await make_due(pool)
    reply = await the_reply(pool)
    await replies.postpone(reply, delay_seconds=60, failure="no way leads there")
    assert await due(replies) == []
    await make_due(pool)
    assert await due(replies) == [(order.order.id, 1)]
    await replies.postpone(reply, delay_seconds=0)
    assert await column(pool, "failure") == "no way leads there"
    await replies.shown(reply, message_id=99)
    assert await column(pool, "failure") is None
    assert await replies.next_due_seconds() is None


async def test_how_long_until_the_next_is_due_is_known(replies: Replies, order: Progress, pool: Pool) -> None:
    seconds = await replies.next_due_seconds()
    assert seconds is not None
    assert 3 < seconds <= 5
    await make_due(pool)
    assert (await replies.next_due_seconds() or 0) < 0


async def test_what_is_shown_is_held_for_as_long_as_asked(
    replies: Replies, order: Progress, queue: Queue, pool: Pool
) -> None:
    await replies.shown(await the_reply(pool), message_id=99, hold_seconds=60)
    await queue.claim(1)
    assert await due(replies) == []
    await make_due(pool)
    assert await due(replies) == [(order.order.id, 2)]


async def test_a_place_that_was_not_known_is_recorded_once(
    replies: Replies, order: Progress, pool: Pool
) -> None:
    await replies.found(order.order.id, message_id=99, channel_id=order.order.channel_id)
    await replies.found(order.order.id, message_id=98, channel_id=7)
    # Where it is in the order's channel, nothing is to be said of it.
    assert (await column(pool, "message_id"), await column(pool, "channel_id")) == (99, None)
    other = await waiting(pool)
    await replies.found(other.order.id, message_id=97, channel_id=7)
    reply = await stored(pool, other.order.id)
    assert (reply.message_id, reply.channel_id) == (97, 7)


async def test_of_a_reply_that_is_removed_no_place_is_kept(replies: Replies, pool: Pool) -> None:
    picture = await painted(pool, guild_id=None, channel_id=99)
    reply = await stored(pool, picture.order.id)
    await replies.shown(reply, message_id=50)
    await Erasure(pool).erase(picture.id)
    erased = await stored(pool, picture.order.id)
    # The bot still needs to know where it is.
    assert (erased.message_id, erased.channel_id, erased.order.erased_at is not None) == (50, 99, True)
    await replies.removed(erased)
    assert await due(replies) == []
    gone = await stored(pool, picture.order.id)
    assert (gone.message_id, gone.channel_id, gone.token) == (None, None, None)


async def test_a_reply_is_loaded_with_all_that_is_there(replies: Replies, pool: Pool, queue: Queue) -> None:
    first = await waiting(pool, count=4, member_id=1)
    second = await waiting(pool, member_id=2)
    done, deleted, refused = [job for job in await queue.claim(5) if job.order == first.order][:3]
    pictures = [await finish(pool, job) for job in (done, deleted)]
    await queue.fail(refused, JobFailed(FailureCode.FILTERED))
    await Erasure(pool).erase(deleted.id)
    one, other = await replies.load([second.order.id, first.order.id])
    assert [job.state for job in one.progress.jobs] == [
        State.DONE, State.DONE, State.FAILED, State.RUNNING
    ]  # fmt: skip
    assert [job.counted for job in one.progress.jobs] == [3, 3, 3, 0]
    assert one.progress.pictures == (pictures[0],)
    assert one.order == first.order
    assert (other.order, other.progress.pictures) == (second.order, ())
    assert await replies.load([]) == []
