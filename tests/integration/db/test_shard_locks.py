"""A shard is one process's, for as long as its session with Postgres lasts, and then another's."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack, closing
from typing import Protocol

import asyncpg
import pytest

from core.errors import ShardLost
from db.pool import Pool
from db.rate_limits import IDENTIFY_SECONDS, IdentifyLimit
from db.shard_locks import ShardLocks
from tests.conditions import soon, until
from tests.drill.proxy import Mode, Proxy

HELD = """
select count(*) from pg_locks
where locktype = 'advisory'
  and database = (select oid from pg_database where datname = current_database())
"""
END_SESSIONS = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name = 'tigerbrush-shards'
"""


class Bot(Protocol):
    def __call__(self) -> ShardLocks: ...


@pytest.fixture
async def bot(database_url: str) -> AsyncIterator[Bot]:
    with ExitStack() as exits:
        yield lambda: exits.enter_context(closing(ShardLocks(database_url)))


async def is_waiting(caplog: pytest.LogCaptureFixture) -> None:
    async def said() -> bool:
        return "waiting to take over" in caplog.text

    await until(said, bool)


async def test_who_waits_keeps_nothing_from_others_and_takes_over_in_the_end(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    holder, standby, third = bot(), bot(), bot()
    await holder.take([0, 1])
    waiting = asyncio.create_task(standby.take([1, 2]))
    await is_waiting(caplog)
    await asyncio.wait_for(third.take([2]), 10)
    holder.close()
    third.close()
    await asyncio.wait_for(waiting, 10)
    assert caplog.text.count("waiting to take over") == 1


async def test_a_connection_that_is_lost_is_replaced_unless_another_bot_was_quicker(
    bot: Bot, pool: Pool, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    holder = bot()
    await holder.take([0, 1])
    keeping = asyncio.create_task(holder.keep())
    await pool.fetch(END_SESSIONS)
    await until(lambda: pool.fetchval(HELD), lambda count: count == 2 and "still serving" in caplog.text)

    successor = await asyncpg.connect(database_url)
    (key,) = await pool.fetch("select classid from pg_locks where locktype = 'advisory' and objid = 1")
    # It stands in line in Postgres itself, and so has the lock in the moment when it is free.
    taking = asyncio.create_task(successor.execute("select pg_advisory_lock($1::int, 1)", key["classid"]))
    await until(lambda: pool.fetchval("select count(*) from pg_locks where not granted"), bool)
    await pool.fetch(END_SESSIONS)
    await soon(taking)
    with pytest.raises(ShardLost, match="another bot has taken over shards 0, 1"):
        await asyncio.wait_for(keeping, 10)
    await successor.close()


async def test_who_cannot_reach_postgres_serves_on_and_asks_until_it_can(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path, query = database_url.split("?host=")
    line = Proxy(lambda: asyncio.open_unix_connection(f"{query}/.s.PGSQL.5432"))
    await line.start()

    async def said() -> str:
        return caplog.text

    with closing(ShardLocks(f"{path}?host=127.0.0.1&port={line.port}")) as locks:
        await locks.take([0])
        keeping = asyncio.create_task(locks.keep())
        await line.become(Mode.REFUSE)
        await until(said, lambda said: "lost the connection" in said)
        await line.become(Mode.PASS)
        await until(said, lambda said: "still serving shard 0" in said)
        keeping.cancel()
    await line.stop()


async def test_sessions_with_discord_begin_one_after_the_other_in_each_bucket(pool: Pool) -> None:
    one, other = IdentifyLimit(pool), IdentifyLimit(pool)
    waits = [await bot.reserve(0) for bot in (one, other, one)]
    assert waits[0] == 0
    assert IDENTIFY_SECONDS * 0.9 < waits[1] <= IDENTIFY_SECONDS
    assert waits[2] - waits[1] > IDENTIFY_SECONDS * 0.9
    assert await other.reserve(1) == 0
