"""Orders for tests: a request with every field filled in, of which a test names only those it is about."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import asyncpg

from core.orders import Request
from db.pool import Pool
from tests.conditions import until

_ids = count(1_000)


PARAMS = ("width", "height", "seed", "negative_prompt", "style")


def request(**changes: Any) -> Request:
    """Each has an interaction of its own unless the test names one. Parameters are named as fields are."""
    plain = Request(
        interaction_id=next(_ids),
        application_id=1,
        token="token",
        token_expires_at=datetime.now(UTC) + timedelta(minutes=15),
        member_id=10,
        guild_id=20,
        channel_id=30,
        prompt="a red fox in the snow",
        params={"width": 1024, "height": 1024},
        model="core",
    )
    params = {name: changes.pop(name) for name in PARAMS if name in changes}
    return replace(plain, **changes).with_params(**params)


@asynccontextmanager
async def held_up(database_url: str, member_id: int) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    """Nothing of this member's is stored until the block ends; what is yielded waits for an order."""
    connection = await asyncpg.connect(database_url)
    try:
        # Whoever stores a job takes it first, to count what the member has.
        await connection.execute("select pg_advisory_lock(7263442, $1)", member_id % 2147483647)
        yield lambda: until(
            lambda: connection.fetchval(
                "select count(*) from pg_locks join pg_database on pg_database.oid = pg_locks.database "
                "where not granted and datname = current_database()"
            ),
            lambda count: count > 0,
        )
    finally:
        await connection.close()


async def forget_orders(pool: Pool) -> None:
    """As if nothing had been asked for yet."""
    await pool.execute("truncate orders, jobs, replies, pictures, favourites, downloads, spill, calls")
