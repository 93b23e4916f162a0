"""What one worker does once a day for all."""

import asyncio

from db.daily_tasks import Chores
from db.pool import Pool


async def test_of_several_workers_one_does_it_once_a_day(pool: Pool) -> None:
    chores = Chores(pool)
    assert sum(await asyncio.gather(*(chores.begin("this") for _ in range(8)))) == 1
    assert not await chores.begin("this")
    assert await chores.begin("that")
    await pool.execute("update chores set done_at = now() - interval '25 hours' where name = 'this'")
    assert await chores.begin("this")
    assert not await chores.begin("that")
