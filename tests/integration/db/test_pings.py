"""A member who wants it is told once of a picture that took long."""

import pytest

from core.orders import Picture, Reply
from db.members import Members
from db.pool import Pool
from db.replies import Replies
from tests.lives import failed, finish, running, stored

ANNA = 1


async def long_painted(pool: Pool, seconds: int) -> Picture:
    job = await running(pool, member_id=ANNA)
    sql = "update orders set created_at = now() - make_interval(secs => $2) where id = $1"
    await pool.execute(sql, job.order.id, seconds)
    return await finish(pool, job)


async def shown(pool: Pool, order_id: int) -> Reply:
    reply = await stored(pool, order_id)
    await Replies(pool).shown(reply, message_id=1)
    return reply


async def due(pool: Pool, *, hold_seconds: float = 0) -> list[int]:
    return [reply.order.id for reply in await Replies(pool).claim_pings(9, hold_seconds=hold_seconds)]


@pytest.mark.parametrize(
    ("wanted", "seconds", "is_due"), [(True, 61, True), (True, 50, False), (False, 61, False)]
)
async def test_only_what_took_longer_than_a_minute_for_who_wants_it(
    pool: Pool, wanted: bool, seconds: int, is_due: bool
) -> None:
    await Members(pool).edit(ANNA, lambda wishes: wishes.but(ping=wanted))
    order_id = (await long_painted(pool, seconds)).order.id
    assert await due(pool) == []
    await shown(pool, order_id)
    assert await due(pool) == ([order_id] if is_due else [])


async def test_it_is_due_until_it_is_told_and_then_never_again(pool: Pool) -> None:
    await Members(pool).edit(ANNA, lambda wishes: wishes.but(ping=True))
    order_id = (await long_painted(pool, 90)).order.id
    reply = await shown(pool, order_id)
    assert await due(pool, hold_seconds=60) == [order_id]
    assert await due(pool) == []
    # Who held it died.
    await pool.execute("update replies set ping_at = now()")
    assert await due(pool) == [order_id]
    await Replies(pool).pinged(reply)
    await shown(pool, order_id)
    assert await due(pool) == []


async def test_who_wishes_it_later_is_not_told_of_what_was_shown_before(pool: Pool) -> None:
    order_id = (await long_painted(pool, 90)).order.id
    await shown(pool, order_id)
    await Members(pool).edit(ANNA, lambda wishes: wishes.but(ping=True))
    await shown(pool, order_id)
    assert await due(pool) == []


async def test_nothing_is_told_of_what_failed(pool: Pool) -> None:
    await Members(pool).edit(ANNA, lambda wishes: wishes.but(ping=True))
    progress = await failed(pool, member_id=ANNA)
    await pool.execute("update orders set created_at = now() - interval '2 minutes'")
    await shown(pool, progress.order.id)
    assert await due(pool) == []
