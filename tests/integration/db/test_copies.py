"""Which messages show a picture beside its reply, and from when on they are to go."""

import asyncio

import pytest

from db.copies import Copies
from db.downloads import Downloads
from db.erasure import Erasure
from db.pool import Pool
from db.replies import Replies
from tests.conditions import until
from tests.lives import painted

ANNA, BERT, CLEO = 1, 2, 3


@pytest.fixture
def copies(pool: Pool) -> Copies:
    return Copies(pool)


async def due(copies: Copies) -> list[int]:
    return [copy.message_id for copy in await copies.claim_due(9, hold_seconds=60)]


async def test_a_message_is_due_when_one_of_its_pictures_is_erased_and_to_one_bot_alone(
    pool: Pool, copies: Copies
) -> None:
    first, second = await painted(pool, member_id=ANNA), await painted(pool, member_id=ANNA)
    for _ in range(2):
        await copies.record(50, 30, member_id=BERT, job_ids=[first.id, second.id])
    await copies.record(51, 30, member_id=BERT, job_ids=[second.id])
    assert await due(copies) == []
    await Erasure(pool).erase(first.id)
    (copy,) = await copies.claim_due(9, hold_seconds=60)
    assert (copy.message_id, copy.channel_id) == (50, 30)
    assert await due(copies) == []
    await copies.postpone(copy, delay_seconds=0)
    assert await due(copies) == [50]
    for _ in range(2):
        await copies.removed(copy)
    assert await pool.fetchval("select array_agg(message_id) from copies") == [51]


async def test_what_is_sent_while_its_member_is_forgotten_goes_and_is_nobodys(
    pool: Pool, copies: Copies
) -> None:
    job, downloads = await painted(pool, member_id=ANNA), Downloads(pool)
    for message_id, member_id in ((50, BERT), (51, CLEO)):
        assert await downloads.begin(member_id, job.id)
        if member_id == BERT:
            await Erasure(pool).erase_member(BERT)
        await copies.record(message_id, 30, member_id=member_id, job_ids=[job.id], is_download=True)
    assert await due(copies) == [50]
    assert await pool.fetchval("select array_agg(member_id order by message_id) from copies") == [None, CLEO]


async def test_what_is_posted_while_its_picture_is_erased_is_due_as_well(pool: Pool, copies: Copies) -> None:
    job = await painted(pool)
    async with pool.acquire() as other, other.transaction():
        await other.execute("update jobs set erased_at = now() where id = $1", job.id)
        recording = asyncio.create_task(copies.record(50, 30, member_id=BERT, job_ids=[job.id]))
        await blocked(pool)
    await recording
    assert await due(copies) == [50]


async def test_what_is_erased_while_its_copy_is_recorded_is_due_as_well(pool: Pool, copies: Copies) -> None:
    job = await painted(pool)
    async with pool.acquire() as other, other.transaction():
        await other.execute("select from jobs where id = $1 for share", job.id)
        await other.execute(
            "insert into copies (message_id, channel_id, job_ids) values (50, 30, array[$1::bigint])", job.id
        )
        erasing = asyncio.create_task(Erasure(pool).erase(job.id))
        await blocked(pool)
    await erasing
    assert await due(copies) == [50]


async def blocked(pool: Pool) -> None:
    async def waiting() -> int:
        count: int = await pool.fetchval(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' "
            "and datname = current_database()"
        )
        return count

    await until(waiting, lambda count: count == 1)


async def test_the_old_place_of_a_reply_that_moved_is_remembered(pool: Pool, copies: Copies) -> None:
    job = await painted(pool)
    replies = Replies(pool)
    for message_id, channel_id in [(50, None), (50, 30), (60, 70), (61, 71)]:
        await replies.shown(job.id, job.revision, message_id=message_id, channel_id=channel_id)
    await Erasure(pool).erase(job.id)
    rows = await pool.fetch("select message_id, channel_id from copies where due_at is not null order by 1")
    assert [tuple(row) for row in rows] == [(50, job.channel_id), (60, 70)]


@pytest.mark.parametrize("erased_before", [True, False])
async def test_of_a_forgotten_member_no_place_is_kept_once_the_replies_are_removed(
    pool: Pool, copies: Copies, erased_before: bool
) -> None:
    direct = await painted(pool, member_id=ANNA, guild_id=None, channel_id=99)
    moved = await painted(pool, member_id=ANNA)
    replies = Replies(pool)
    await replies.shown(direct.id, direct.revision, message_id=50)
    await replies.shown(moved.id, moved.revision, message_id=51, channel_id=99)

    async def shown() -> None:
        for row in await pool.fetch("select id, revision from jobs"):
            await replies.shown(row["id"], row["revision"], message_id=None)

    if erased_before:
        for job in (direct, moved):
            await Erasure(pool).erase(job.id)
        await shown()
    await Erasure(pool).erase_member(ANNA)
    if not erased_before:
        # The bot still needs to know where they are.
        assert await places(pool) == [(99, None, 50), (30, 99, 51)]
        await shown()
    assert await places(pool) == [(0, None, None), (30, None, None)]


async def places(pool: Pool) -> list[tuple[object, ...]]:
    rows = await pool.fetch("select channel_id, reply_channel_id, message_id from jobs order by id")
    return [tuple(row) for row in rows]


async def test_a_replys_old_place_is_due_at_once_and_never_its_present_one(
    pool: Pool, copies: Copies
) -> None:
    job, replies = await painted(pool), Replies(pool)
    for message_id, channel_id in ((60, 30), (61, 31), (61, 31)):
        await replies.shown(job.id, 1, message_id=message_id, channel_id=channel_id)
    rows = await pool.fetch("select message_id, channel_id from copies")
    assert [tuple(row) for row in rows] == [(60, 30)]
    # Another bot, that was slower, had shown it in the old place all the same.
    await replies.shown(job.id, 1, message_id=60, channel_id=30)
    assert await due(copies) == [61]


async def test_a_private_reply_that_moved_is_left_to_its_token(pool: Pool, copies: Copies) -> None:
    job, replies = await painted(pool, private=True), Replies(pool)
    await replies.shown(job.id, 1, message_id=60, channel_id=job.channel_id)
    await replies.shown(job.id, 1, message_id=61, channel_id=31)
    assert await due(copies) == []
    await replies.shown(job.id, 1, message_id=62, channel_id=32)
    assert await due(copies) == [61]
