"""Which replies are behind, and what is recorded of them."""

import pytest

from db.orders import Job, Jobs
from db.pool import Pool
from db.queue import Queue
from db.replies import Replies
from tests.orders import order


@pytest.fixture
def replies(pool: Pool) -> Replies:
    return Replies(pool)


@pytest.fixture
async def job(pool: Pool) -> Job:
    job = await Jobs(pool).enqueue(order())
    assert job is not None
    return job


@pytest.fixture
def queue(pool: Pool) -> Queue:
    return Queue(pool, worker="one", lease_seconds=30, attempts_max=3)


async def make_due(pool: Pool) -> None:
    await pool.execute("update jobs set reply_due_at = now() - interval '1 second'")


async def due(replies: Replies) -> list[tuple[int, int]]:
    return [(job.id, job.revision) for job in await replies.claim_due(10, hold_seconds=20)]


async def test_a_command_gets_time_to_answer_before_its_reply_is_missed(
    replies: Replies, job: Job, pool: Pool
) -> None:
    assert await due(replies) == []
    await make_due(pool)
    assert await due(replies) == [(job.id, 1)]


async def test_an_answered_command_is_up_to_date_until_its_job_changes(
    replies: Replies, job: Job, queue: Queue
) -> None:
    await replies.shown(job.id, 1, message_id=99)
    assert await due(replies) == []
    await queue.claim(1)
    assert await due(replies) == [(job.id, 2)]


async def test_a_reply_is_given_to_one_bot_at_a_time(replies: Replies, job: Job, pool: Pool) -> None:
    await make_due(pool)
    assert await due(replies) == [(job.id, 1)]
    assert await due(replies) == []


async def test_a_change_during_an_edit_is_shown_after_it(
    replies: Replies, job: Job, queue: Queue, pool: Pool
) -> None:
    await make_due(pool)
    assert await due(replies) == [(job.id, 1)]
    await queue.claim(1)
    assert await due(replies) == []
    await replies.shown(job.id, 1, message_id=99)
    assert await due(replies) == [(job.id, 2)]


async def test_a_late_record_does_not_turn_the_reply_back(replies: Replies, job: Job, queue: Queue) -> None:
    await queue.claim(1)
    await replies.shown(job.id, 2, message_id=99)
    await replies.shown(job.id, 1, message_id=None)
    assert await due(replies) == []


async def test_the_token_is_dropped_with_the_end_and_not_before(
    replies: Replies, job: Job, queue: Queue, pool: Pool
) -> None:
    async def token() -> object:
        return await pool.fetchval("select token from jobs where id = $1", job.id)

    (running,) = await queue.claim(1)
    await replies.shown(job.id, running.revision, message_id=99)
    assert await token() == "token"
    await queue.finish(running, painted_seed=1, original_bytes=1)
    await replies.shown(job.id, running.revision, message_id=99)
    assert await token() == "token"
    await replies.shown(job.id, running.revision + 1, message_id=99)
    assert await token() is None


async def test_giving_up_says_why_and_stops_trying_until_there_is_more_to_show(
    replies: Replies, job: Job, queue: Queue, pool: Pool
) -> None:
    await make_due(pool)
    await replies.give_up(job.id, 1, reason="the reply was deleted")
    assert await due(replies) == []
    assert await replies.next_due_seconds() is None
    assert await pool.fetchval("select shown_revision from jobs") == 0
    await queue.claim(1)
    assert await due(replies) == [(job.id, 2)]
    assert await pool.fetchval("select reply_failure from jobs") == "the reply was deleted"


async def test_a_postponed_reply_waits(replies: Replies, job: Job, pool: Pool) -> None:
    await make_due(pool)
    await replies.postpone(job.id, delay_seconds=60, failure="no way leads there")
    assert await due(replies) == []
    await make_due(pool)
    assert await due(replies) == [(job.id, 1)]
    assert await pool.fetchval("select reply_failure from jobs") == "no way leads there"
    await replies.shown(job.id, 1, message_id=99)
    assert await pool.fetchval("select reply_failure from jobs") is None
