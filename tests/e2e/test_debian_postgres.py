"""On Debian's Postgres, behind its pgbouncer and with a standby: what is killed under load loses nothing and doubles
nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import product

import asyncpg
import pytest

from db.bucket.client import Bucket
from db.migrate import migrate
from tests.conditions import until
from tests.debian_postgres import Cluster, cluster, needs_debian_postgres, standby
from tests.drill.proxy import Proxy
from tests.drill.schedule import UNTOUCHED_MODEL
from tests.house import House, start
from tests.member import Member, is_done, is_running, is_waiting
from tests.pgbouncer import Pooler, needs_pgbouncer, pgbouncer

pytestmark = needs_debian_postgres

_TALLY = """
select (select count(*) from orders) as orders,
    (select count(*) from jobs where state = 'done') as jobs,
    (select count(*) from pictures) as pictures,
    (select count(*) from calls where outcome = 'billed') as billed
"""


@pytest.fixture
def server() -> Iterator[Cluster]:
    with cluster() as one:
        yield one


@pytest.fixture
async def database_url(server: Cluster) -> str:
    connection = await asyncpg.connect(server.url)
    await migrate(connection)
    await connection.close()
    return server.url


@pytest.fixture(autouse=True)
def quick(house: House) -> None:
    """It paints the size that is asked for, so there is nothing to be fitted."""
    house.servers.environment["STABILITY_MODEL"] = UNTOUCHED_MODEL


async def ask(one: Member, prompt: str) -> str:
    return await one.imagine(prompt, width=320, height=320, count=2)


async def ask_both(ada: Member, ben: Member) -> list[tuple[Member, str]]:
    """For eight pictures, which are more than a worker makes at once. Each order is stored before the next."""
    asked = []
    for one, prompt in product((ada, ben), ("a fox", "a badger")):
        interaction = await ask(one, prompt)
        await one.reply(interaction, lambda m: is_waiting(m) or is_running(m) or is_done(m))
        asked.append((one, interaction))
    return asked


async def until_called(house: House, count: int) -> None:
    async def called() -> int:
        return len(house.servers.stability.calls)

    await until(called, lambda calls: calls >= count, within_seconds=60)


async def tally(server: Cluster, house: House, bucket: Bucket) -> dict[str, int]:
    """Of what there is: in the tables, in the bucket, and on Stability's bill."""
    connection = await asyncpg.connect(server.url)
    row = await connection.fetchrow(_TALLY)
    keys = {str(row["key"]) for row in await connection.fetch("select key from orders")}
    await connection.close()
    assert row is not None
    stored = [key async for page in bucket.pages(before=datetime.max.replace(tzinfo=UTC)) for key in page]
    objects = sum(key.partition("/")[0] in keys for key in stored)
    return {**row, "objects": objects, "paid": len(house.servers.stability.calls)}


def all_of(orders: int) -> dict[str, int]:
    """Two pictures each, with a preview each."""
    pictures = 2 * orders
    return {
        "orders": orders,
        **dict.fromkeys(("jobs", "pictures", "billed", "paid"), pictures),
        "objects": 2 * pictures,
    }


@pytest.fixture(params=["transaction", "session"])
async def pooler(request: pytest.FixtureRequest, database_url: str, house: House) -> AsyncIterator[Pooler]:
    async with pgbouncer(database_url, request.param) as one:
        house.servers.environment["DATABASE_URL"] = one.url
        if request.param == "transaction":
            house.servers.environment["DATABASE_LISTEN_URL"] = database_url
        yield one
        await house.stop()


@needs_pgbouncer
async def test_a_pooler_that_is_killed_under_load(
    house: House, server: Cluster, pooler: Pooler, bucket: Bucket, ada: Member, ben: Member
) -> None:
    await start(house, ada, ben)
    asked = await ask_both(ada, ben)
    for calls in (1, 3, 6):
        await until_called(house, calls)
        await pooler.kill()
    for one, interaction in asked:
        await one.reply(interaction, is_done)
    assert await tally(server, house, bucket) == all_of(4)


@asynccontextmanager
async def address_of(primaries: list[Cluster]) -> AsyncIterator[str]:
    """A URL that leads to the last of them."""
    line = Proxy(lambda: asyncio.open_unix_connection(primaries[-1].socket / ".s.PGSQL.5432"))
    await line.start()
    try:
        yield f"postgresql://postgres@127.0.0.1:{line.port}/postgres?sslmode=disable"
    finally:
        await line.stop()


async def until_it_follows(primary: Cluster) -> None:
    """From here on nothing is said to be stored that the standby does not have."""
    connection = await asyncpg.connect(primary.url)
    await connection.execute("alter system set synchronous_standby_names = '*'")
    await connection.execute("select pg_reload_conf()")
    state = partial(connection.fetchval, "select sync_state from pg_stat_replication")
    await until(state, lambda found: found == "sync")
    await connection.close()


async def test_a_standby_takes_over_from_a_primary_that_is_killed_under_load(
    house: House, server: Cluster, bucket: Bucket, ada: Member, ben: Member
) -> None:
    with standby(server) as heir:
        await until_it_follows(server)
        primaries = [server]
        async with address_of(primaries) as address:
            # By both ways that there are: a list of the servers, and an address that moves.
            hosts = f"host={server.socket},{heir.socket}&target_session_attrs=read-write"
            house.servers.environment["DATABASE_URL"] = f"postgresql://postgres@/postgres?{hosts}"
            await house.bot()
            house.servers.environment["DATABASE_URL"] = address
            await house.worker()
            await ada.until_bot_is(online=True)
            asked = await ask_both(ada, ben)
            await until_called(house, 3)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(heir.promote)
            primaries.append(heir)
            for one, interaction in asked:
                await one.reply(interaction, is_done)
            await ada.reply(await ask(ada, "another fox"), is_done)
            assert await tally(heir, house, bucket) == all_of(5)
            await house.stop()
