import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from db.listen import listen
from db.orders import Orders
from db.pool import Pool
from tests.lives import worker
from tests.orders import request


@asynccontextmanager
async def listening(url: str, channel: str) -> AsyncIterator[asyncio.Event]:
    woken = asyncio.Event()
    task = asyncio.create_task(listen(url, {channel: woken.set}))
    try:
        # The first call says only that the connection stands.
        await asyncio.wait_for(woken.wait(), 10)
        woken.clear()
        yield woken
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_workers_are_woken_by_a_new_job_and_the_bot_by_what_a_worker_changes(
    database_url: str, pool: Pool
) -> None:
    async with (
        listening(database_url, "job_queued") as queued,
        listening(database_url, "reply_due") as changed,
    ):
        await Orders(pool).create(request())
        await asyncio.wait_for(queued.wait(), 10)
        queued.clear()
        await worker(pool).claim(1)
        await asyncio.wait_for(changed.wait(), 10)
        assert not queued.is_set()


async def test_a_lost_connection_comes_back_and_catches_up(
    database_url: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.listen.RECONNECT_SECONDS_MIN", 0.01)
    async with listening(database_url, "job_queued") as woken:
        await pool.execute(
            """select pg_terminate_backend(pid) from pg_stat_activity
               where application_name = 'tigerbrush-listen' and datname = current_database()"""
        )
        await asyncio.wait_for(woken.wait(), 10)
        woken.clear()
        await Orders(pool).create(request())
        await asyncio.wait_for(woken.wait(), 10)
