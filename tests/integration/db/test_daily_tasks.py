"""What one worker does once a day for all."""

import asyncio

from db.daily_tasks import begin
from db.pool import Pool


async def test_of_several_workers_one_does_it_once_a_day(pool: Pool) -> None:
    assert sum(await asyncio.gather(*(begin(pool, "this") for _ in range(8)))) == 1
    assert not await begin(pool, "this")
    assert await begin(pool, "that")
    await pool.execute("update daily_tasks set done_at = now() - interval '25 hours' where name = 'this'")
    assert await begin(pool, "this")
    assert not await begin(pool, "that")
