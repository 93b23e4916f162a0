"""A server that is shut, and a member who is blocked, have nothing in line, whatever is being stored meanwhile."""

import asyncio
from dataclasses import replace
from typing import Any, cast

import pytest

from core.errors import NotAllowed, StaleRules
from core.orders import CancelReason, State
from core.policy import Limits
from core.rules import HOUSE, House
from db.blocks import Blocks
from db.ledger import audit
from db.orders import Orders, Seen
from db.pool import Connection, Pool
from db.servers import Servers
from tests.conditions import soon, until
from tests.lives import running, stored, waiting, worker
from tests.orders import request

ANNA, BERT, OWNER = 1, 2, 99
EASEL, ANNEX = 5, 6
SHUT = CancelReason.SERVER_SHUT


@pytest.fixture
async def servers(pool: Pool) -> Servers:
    one = Servers(pool, House())
    await one.load()
    await one.edit(EASEL, OWNER, None, lambda server: replace(server, is_allowed=True))
    return one


async def shut(servers: Servers) -> None:
    await servers.edit(
        EASEL,
        OWNER,
        {"is_allowed": [True, False]},
        lambda server: replace(server, is_allowed=False),
        cancels=SHUT,
    )


async def states(pool: Pool, *order_ids: int) -> list[tuple[State, CancelReason | None]]:
    found = [(await stored(pool, one)).progress.jobs for one in order_ids]
    return [(job.state, job.cancelled_for) for jobs in found for job in jobs]


async def credits_of(pool: Pool) -> dict[str, int]:
    rows = await pool.fetch("select scope, sum(credits)::int as credits from usage group by scope")
    return {row["scope"]: row["credits"] for row in rows}


async def test_what_is_open_in_a_server_ends_with_it_and_only_what_ran_counts(
    pool: Pool, servers: Servers
) -> None:
    begun = await running(pool, guild_id=EASEL, member_id=ANNA)
    mine = await waiting(pool, guild_id=EASEL, member_id=ANNA, count=2)
    theirs = await waiting(pool, guild_id=EASEL, member_id=BERT)
    elsewhere = await waiting(pool, guild_id=ANNEX, member_id=ANNA)
    direct = await waiting(pool, guild_id=None, member_id=ANNA)
    await shut(servers)
    ended = await states(pool, begun.order.id, mine.order.id, theirs.order.id)
    assert ended == [(State.CANCELLED, SHUT)] * 4
    assert await states(pool, elsewhere.order.id, direct.order.id) == [(State.QUEUED, None)] * 2
    assert [(await stored(pool, one)).revision for one in (mine.order.id, elsewhere.order.id)] == [2, 1]
    assert await worker(pool).extend_leases({(begun.id, begun.attempt)}) == set()
    assert await credits_of(pool) == {"all": 9, "server": 9, "member": 9, "here": 9}
    assert (await audit(pool))[1] == []
    assert await servers.credits([EASEL, ANNEX]) == {EASEL: 3, ANNEX: 3}
    assert (await servers.decided_by(EASEL), await servers.decided_by(ANNEX)) == (OWNER, None)
    assert await servers.of_member(ANNA) == [ANNEX, EASEL]


@pytest.mark.parametrize(("where", "left"), [(HOUSE, []), (EASEL, [ANNEX, None])])
async def test_what_a_blocked_member_has_in_line_ends(pool: Pool, where: int, left: list[int | None]) -> None:
    for place in (EASEL, ANNEX, None):
        await waiting(pool, guild_id=place, member_id=ANNA)
    other = await waiting(pool, guild_id=EASEL, member_id=BERT)
    blocks = Blocks(pool)
    assert await blocks.block(ANNA, where, by=OWNER, reason="spam") == 3 - len(left)
    rows = await pool.fetch(
        "select orders.guild_id, jobs.failure from jobs join orders on orders.id = order_id "
        "where jobs.member_id = $1 order by jobs.id",
        ANNA,
    )
    assert [row["guild_id"] for row in rows if row["failure"] is None] == left
    assert {row["failure"] for row in rows} - {None} == {CancelReason.MEMBER_BLOCKED}
    assert await states(pool, other.order.id) == [(State.QUEUED, None)]
    assert (await audit(pool))[1] == []
    (found,) = await blocks.of_server(where, limit=5)
    assert (found.member_id, found.reason, found.until, found.blocked_by) == (ANNA, "spam", None, OWNER)
    assert await blocks.of_server(where, limit=5, before=found.blocked_at) == []
    with pytest.raises(NotAllowed):
        await Orders(pool).create(request(guild_id=EASEL, member_id=ANNA))
    assert await blocks.lift(ANNA, where, by=OWNER)
    assert not await blocks.lift(ANNA, where, by=OWNER)
    assert await Orders(pool).create(request(guild_id=EASEL, member_id=ANNA)) is not None


class _Uncommitted:
    """What an order is stored by, in a transaction that the test ends."""

    def __init__(self, connection: Connection) -> None:
        self.fetch = connection.fetch

    async def execute(self, _statement: str) -> None:
        """It announces no job: nobody could claim it yet."""


async def someone_waits(pool: Pool) -> None:
    await until(
        lambda: pool.fetchval(
            "select count(*) from pg_locks join pg_database on pg_database.oid = pg_locks.database "
            "where not granted and datname = current_database()"
        ),
        lambda count: count > 0,
    )


@pytest.mark.parametrize("change", ["shut", "block"])
async def test_an_order_that_is_being_stored_meanwhile_ends_as_well(
    pool: Pool, servers: Servers, change: str
) -> None:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        storing: Any = Orders(cast(Pool, _Uncommitted(connection)))
        progress = await storing.create(request(guild_id=EASEL, member_id=ANNA))
        closing = asyncio.create_task(shut(servers) if change == "shut" else _block(Blocks(pool)))
        await someone_waits(pool)
        await transaction.commit()
    await soon(closing)
    reason = SHUT if change == "shut" else CancelReason.MEMBER_BLOCKED
    assert await states(pool, progress.order.id) == [(State.CANCELLED, reason)]


async def _block(blocks: Blocks) -> None:
    await blocks.block(ANNA, HOUSE, by=OWNER)


async def test_an_order_that_comes_while_it_is_shut_is_decided_anew(pool: Pool, servers: Servers) -> None:
    seen = Seen(servers.house_revision, servers.of(EASEL).revision, 0)
    # A month's first order makes its key, for which others wait.
    await waiting(pool, guild_id=ANNEX)
    async with pool.acquire() as connection, connection.transaction():
        # As far as who shuts it has come: it has the lock, and has changed the row.
        await connection.execute("select pg_advisory_xact_lock(7263446, $1)", EASEL)
        await connection.execute("update servers set revision = revision + 1 where guild_id = $1", EASEL)
        late = asyncio.create_task(Orders(pool).create(request(guild_id=EASEL), Limits(), seen))
        elsewhere = Orders(pool).create(request(guild_id=ANNEX), Limits())
        assert await soon(elsewhere) is not None
        await someone_waits(pool)
    with pytest.raises(StaleRules):
        await soon(late)
