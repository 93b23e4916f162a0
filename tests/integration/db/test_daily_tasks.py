"""What one worker does once a day for all."""

import asyncio

from db.daily_tasks import DailyTasks
from db.pool import Pool


async def test_of_several_workers_one_does_it_once_a_day(pool: Pool) -> None:
    tasks = DailyTasks(pool)
    assert sum(await asyncio.gather(*(tasks.begin("this") for _ in range(8)))) == 1
    assert not await tasks.begin("this")
    assert await tasks.begin("that")
    await pool.execute("update daily_tasks set done_at = now() - interval '25 hours' where name = 'this'")
    assert await tasks.begin("this")
    assert not await tasks.begin("that")
