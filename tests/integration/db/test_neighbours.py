"""What belongs to an order is found by a range of ids: nothing of the orders beside it is in there."""

import pytest

from core.orders import Progress, State
from db.orders import Orders
from db.pictures import Pictures
from db.pool import Pool
from db.replies import Replies
from db.spill import Spill
from tests.lives import fill, finish, painted_by, stored, waiting, worker

ANNA = 10**6


@pytest.fixture
async def order(pool: Pool) -> Progress:
    """Of three pictures, with forty others before and behind it."""
    await fill(pool, 40, state="done")
    between = await waiting(pool, member_id=ANNA, count=3)
    await fill(pool, 40, state="queued")
    await pool.execute("update jobs set turn = 10 where state = 'queued' and member_id <> $1", ANNA)
    return between


async def test_it_is_found_and_loaded_alone(pool: Pool, order: Progress) -> None:
    assert await Orders(pool).find(order.order.id) == order
    assert (await stored(pool, order.order.id)).progress == order
    ((open_one, _),) = await Orders(pool).open_of(ANNA)
    assert open_one == order


async def test_it_is_cancelled_alone(pool: Pool, order: Progress) -> None:
    assert await Orders(pool).cancel(order.order.id) == [State.QUEUED] * 3
    states = await pool.fetch("select state, count(*) as n from jobs group by state order by state")
    assert [tuple(row) for row in states] == [("cancelled", 3), ("done", 40), ("queued", 40)]


async def test_its_message_shows_its_pictures_alone(pool: Pool, order: Progress) -> None:
    first, second, third = await worker(pool).claim(3)
    await Spill(pool).keep(painted_by(first), b"png", b"webp")
    pictures = [await finish(pool, job) for job in (second, third)]
    shown = (await stored(pool, order.order.id)).progress
    assert [picture.is_spilled for picture in shown.pictures] == [True, False, False]
    assert shown.pictures[1:] == (*pictures,)
    await pool.execute("update replies set message_id = -order_id, revision = 3")
    assert await Pictures(pool).by_message(-order.order.id) == [*shown.pictures]
    # Nothing was painted before the third revision, and nothing else has this message.
    await pool.execute("update replies set revision = 2")
    assert await Pictures(pool).by_message(-order.order.id) == []


async def test_whether_it_moved_in_line_is_nothing_to_its_neighbours_state(
    pool: Pool, order: Progress
) -> None:
    replies = Replies(pool)
    await replies.shown(await stored(pool, order.order.id), message_id=7, place=9)
    await pool.execute("update replies set due_at = now() - interval '1 hour'")
    ((moved, place),) = await replies.claim_moved(1, hold_seconds=20, stands=True)
    assert (moved.order.id, place) == (order.order.id, 1)
