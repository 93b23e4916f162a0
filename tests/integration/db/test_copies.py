"""Which messages show a picture beside its reply, and from when on they are to go."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from core.orders import Picture
from db.copies import Copies
from db.downloads import Downloads
from db.erasure import Erasure
from db.pool import Pool
from db.replies import Replies
from tests.conditions import until
from tests.lives import painted, stored

ANNA, BERT, CLEO = 1, 2, 3

Show = Callable[..., Awaitable[None]]


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
        await copies.record(50, 30, member_id=BERT, picture_ids=[first.id, second.id])
    await copies.record(51, 30, member_id=BERT, picture_ids=[second.id])
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
    picture, downloads = await painted(pool, member_id=ANNA), Downloads(pool)
    for message_id, member_id in ((50, BERT), (51, CLEO)):
        assert await downloads.begin(member_id, picture.id)
        if member_id == BERT:
            await Erasure(pool).erase_member(BERT)
        await copies.record(message_id, 30, member_id=member_id, picture_ids=[picture.id], is_download=True)
    assert await due(copies) == [50]
    assert await pool.fetchval("select array_agg(member_id order by message_id) from copies") == [None, CLEO]


async def test_what_is_posted_while_its_picture_is_erased_is_due_as_well(pool: Pool, copies: Copies) -> None:
    picture = await painted(pool)
    async with pool.acquire() as other, other.transaction():
        await other.execute("update pictures set erased_at = now() where id = $1", picture.id)
        recording = asyncio.create_task(copies.record(50, 30, member_id=BERT, picture_ids=[picture.id]))
        await blocked(pool)
    await recording
    assert await due(copies) == [50]


async def test_what_is_erased_while_its_copy_is_recorded_is_due_as_well(pool: Pool, copies: Copies) -> None:
    picture = await painted(pool)
    async with pool.acquire() as other, other.transaction():
        await other.execute("select from pictures where id = $1 for share", picture.id)
        await other.execute(
            "insert into copies (message_id, channel_id, picture_ids) values (50, 30, array[$1::bigint])",
            picture.id,
        )
        erasing = asyncio.create_task(Erasure(pool).erase(picture.id))
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


@pytest.fixture
async def show(pool: Pool) -> Show:
    """Records that an order's reply is this message, in this channel."""

    async def record(picture: Picture, message_id: int, channel_id: int | None = None) -> None:
        reply = await stored(pool, picture.order.id)
        await Replies(pool).shown(reply, message_id=message_id, channel_id=channel_id)

    return record


async def test_the_old_place_of_a_reply_that_moved_is_remembered(pool: Pool, show: Show) -> None:
    picture = await painted(pool)
    for message_id, channel_id in [(50, None), (50, 30), (60, 70), (61, 71)]:
        await show(picture, message_id, channel_id)
    await Erasure(pool).erase(picture.id)
    rows = await pool.fetch("select message_id, channel_id from copies where due_at is not null order by 1")
    assert [tuple(row) for row in rows] == [(50, picture.order.channel_id), (60, 70)]


@pytest.mark.parametrize("erased_before", [True, False])
async def test_of_a_forgotten_member_no_place_is_kept_once_the_replies_are_removed(
    pool: Pool, show: Show, erased_before: bool
) -> None:
    direct = await painted(pool, member_id=ANNA, guild_id=None, channel_id=99)
    moved = await painted(pool, member_id=ANNA)
    await show(direct, 50)
    await show(moved, 51, 99)
    replies = Replies(pool)

    async def remove() -> None:
        for picture in (direct, moved):
            await replies.removed(await stored(pool, picture.order.id))

    if erased_before:
        for picture in (direct, moved):
            await Erasure(pool).erase(picture.id)
        await remove()
    await Erasure(pool).erase_member(ANNA)
    if not erased_before:
        # The bot still needs to know where they are.
        assert await places(pool) == [(0, 99, 50), (30, 99, 51)]
        await remove()
    assert await places(pool) == [(0, None, None), (30, None, None)]
    assert await pool.fetchval("select array_agg(channel_id order by id) from pictures") == [0, 30]


async def places(pool: Pool) -> list[tuple[object, ...]]:
    rows = await pool.fetch(
        "select orders.channel_id, replies.channel_id, message_id from replies join orders on id = order_id order by id"
    )
    return [tuple(row) for row in rows]


async def test_a_replys_old_place_is_due_at_once_and_never_its_present_one(
    pool: Pool, copies: Copies, show: Show
) -> None:
    picture = await painted(pool)
    for message_id, channel_id in ((60, 30), (61, 31), (61, 31)):
        await show(picture, message_id, channel_id)
    rows = await pool.fetch("select message_id, channel_id from copies")
    assert [tuple(row) for row in rows] == [(60, 30)]
    # Another bot, that was slower, had shown it in the old place all the same.
    await show(picture, 60, 30)
    assert await due(copies) == [61]


async def test_a_private_reply_that_moved_is_left_to_its_token(
    pool: Pool, copies: Copies, show: Show
) -> None:
    picture = await painted(pool, private=True)
    await show(picture, 60, picture.order.channel_id)
    await show(picture, 61, 31)
    assert await due(copies) == []
    await show(picture, 62, 32)
    assert await due(copies) == [61]


async def test_what_stays_for_a_time_goes_after_it(pool: Pool, copies: Copies) -> None:
    picture = await painted(pool)
    await copies.record(50, 30, member_id=BERT, picture_ids=[picture.id], stays_seconds=60)
    assert await due(copies) == []
    await pool.execute("update copies set due_at = now(), due_since = now() - interval '9 seconds'")
    (copy,) = await copies.claim_due(9, hold_seconds=60)
    assert 9 <= copy.due_seconds < 30
