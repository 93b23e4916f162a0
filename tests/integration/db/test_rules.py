"""An order is stored by who has seen the newest rules, whatever another process changes meanwhile."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import LimitReached, NotAllowed, StaleRules
from core.policy import Limits
from core.rules import HOUSE, Allowance, House, Server, Spending, Wishes
from db.ledger import audit
from db.members import Members
from db.orders import Orders, Seen
from db.pool import Pool
from db.servers import Servers
from tests.lives import painted, running, worker
from tests.orders import request

ANNA, BERT, OWNER = 1, 2, 99
EASEL, ANNEX = 5, 6


@pytest.fixture
async def servers(pool: Pool) -> Servers:
    one = Servers(pool, House())
    await one.load()
    return one


def allowing(server: Server) -> Server:
    return replace(server, is_allowed=True)


async def test_what_the_owner_has_set_holds_and_the_rest_is_as_the_environment_has_it(
    pool: Pool, servers: Servers
) -> None:
    await servers.edit_house(
        OWNER, {"in_all": [None, 5]}, lambda house: house.but(in_all=Spending(credits_per_day=5))
    )
    first = House(in_all=Spending(credits_per_day=77, credits_per_month=88), is_first=True)
    another = Servers(pool, first)
    await another.load()
    assert another.house == House(in_all=Spending(credits_per_day=5, credits_per_month=88), is_first=True)
    unlimited = Spending(credits_per_day=5, credits_per_month=None)
    assert await another.edit_house(OWNER, {}, lambda house: house.but(in_all=unlimited)) == House(
        in_all=unlimited, is_first=True
    )
    await servers.load()
    assert servers.house.in_all == unlimited
    await pool.execute("delete from audit where change = '{}'")
    assert [dict(row) for row in await pool.fetch("select guild_id, member_id, change from audit")] == [
        {"guild_id": HOUSE, "member_id": OWNER, "change": '{"in_all": [null, 5]}'}
    ]


async def test_two_who_change_at_once_both_have_changed(pool: Pool, servers: Servers) -> None:
    other = Servers(pool, House())
    await other.load()

    async def change(one: Servers, **rules: Any) -> None:
        await one.edit(
            EASEL,
            ANNA,
            rules,
            lambda server: replace(server, is_allowed=True, rules=server.rules.but(**rules)),
        )

    await asyncio.gather(change(servers, log_channel=9), change(other, age_restricted_only=True))
    await servers.load()
    rules = servers.of(EASEL).rules
    assert (rules.log_channel, rules.age_restricted_only) == (9, True)


async def test_what_was_decided_by_older_rules_is_not_stored(pool: Pool, servers: Servers) -> None:
    orders, members = Orders(pool), Members(pool)
    server = await servers.edit(EASEL, OWNER, None, allowing)

    def seen(member: int = 0) -> Seen:
        return Seen(servers.house_revision, servers.of(EASEL).revision, member)

    asked = {"member_id": ANNA, "guild_id": EASEL}
    assert await orders.create(request(**asked), Limits(), seen()) is not None
    before = seen()
    other = Servers(pool, House())
    await other.load()
    await other.edit(EASEL, OWNER, None, lambda server: server)
    with pytest.raises(StaleRules):
        await orders.create(request(**asked), Limits(), before)
    await servers.load()
    assert servers.of(EASEL).revision == server.revision + 1
    await other.edit_house(OWNER, {}, lambda house: house)
    with pytest.raises(StaleRules):
        await orders.create(request(**asked), Limits(), seen())
    await servers.load()
    # A member's own are told with it.
    await members.edit(ANNA, lambda wishes: wishes.but(ping=True))
    with pytest.raises(StaleRules) as stale:
        await orders.create(request(**asked), Limits(), seen())
    assert stale.value.member.wishes == Wishes(ping=True)
    assert (
        await orders.create(request(**asked), Limits(), seen(member=stale.value.member.revision)) is not None
    )
    # In direct messages no server's rules count.
    assert (
        await orders.create(request(guild_id=None), Limits(), Seen(servers.house_revision, 0, 0)) is not None
    )


@pytest.mark.parametrize(
    ("guild_id", "until", "there", "said"),
    [
        (EASEL, None, EASEL, "In this server: You may not ask for pictures. (spam) Whoever"),
        (EASEL, timedelta(days=1), EASEL, "In this server: You may not ask for pictures until <t:"),
        (EASEL, timedelta(days=-1), EASEL, None),
        (EASEL, None, ANNEX, None),
        (EASEL, None, None, None),
        (HOUSE, None, ANNEX, "You may not ask for pictures. (spam) The owner"),
        (HOUSE, None, None, "You may not ask for pictures. (spam) The owner"),
    ],
)
async def test_who_is_blocked_asks_for_nothing_there(
    pool: Pool, guild_id: int, until: timedelta | None, there: int | None, said: str | None
) -> None:
    await pool.execute(
        "insert into blocks (member_id, guild_id, reason, until, blocked_by) values ($1, $2, 'spam', now() + $3, 9)",
        ANNA,
        guild_id,
        until,
    )
    asked = request(member_id=ANNA, guild_id=there)
    if said is None:
        assert await Orders(pool).create(asked) is not None
        return
    with pytest.raises(NotAllowed) as refused:
        await Orders(pool).create(asked)
    assert str(refused.value).startswith(said)
    assert await Orders(pool).create(request(member_id=BERT, guild_id=there)) is not None
    assert (await audit(pool))[1] == []


@pytest.mark.parametrize(
    ("limits", "free"),
    [
        (Limits(all_day=Decimal(9)), None),
        (Limits(server_day=Decimal(9)), {"guild_id": ANNEX}),
        (Limits(member_day=Decimal(9)), {"member_id": BERT}),
        (Limits(here_day=Decimal(9)), {"guild_id": ANNEX}),
        (Limits(here_day=Decimal(9)), {"member_id": BERT}),
        (Limits(here_month=Decimal(9)), {"guild_id": ANNEX}),
        (Limits(here_month=Decimal(9)), {"guild_id": None}),
        (Limits(jobs_here=3), {"guild_id": ANNEX}),
    ],
)
async def test_limits_by_the_day_and_of_a_member_in_one_server(
    pool: Pool, limits: Limits, free: dict[str, Any] | None
) -> None:
    mine: dict[str, Any] = {"member_id": ANNA, "guild_id": EASEL}
    assert await Orders(pool).create(request(**mine, count=3), limits) is not None
    with pytest.raises(LimitReached, match=r"[39] of"):
        await Orders(pool).create(request(**mine), limits)
    if free is not None:
        assert await Orders(pool).create(request(**{**mine, **free}), limits) is not None


async def test_yesterday_does_not_count_today_and_the_month_does(pool: Pool) -> None:
    await painted(pool, member_id=ANNA, guild_id=EASEL)
    for table in ("jobs", "usage_days"):
        await pool.execute(f"update {table} set day = day - 1")
    assert (
        await Orders(pool).create(request(member_id=ANNA, guild_id=EASEL), Limits(here_day=Decimal(3)))
        is not None
    )
    with pytest.raises(LimitReached, match="In this server you have used 6 of 8 credits this month"):
        await Orders(pool).create(request(member_id=ANNA, guild_id=EASEL), Limits(here_month=Decimal(8)))


async def test_what_ends_after_its_day_is_counted_in_it(pool: Pool) -> None:
    job = await running(pool)
    for table in ("jobs", "usage_days"):
        await pool.execute(f"update {table} set day = day - 1")
    await worker(pool).release(job)
    assert (await audit(pool))[1] == []
    await Orders(pool).cancel(job.order.id)
    assert (await audit(pool))[1] == []
    assert {row["credits"] for row in await pool.fetch("select credits from usage_days")} == {Decimal(0)}


def test_an_allowance_is_never_below_nothing() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        Allowance(credits_per_day=Decimal(-1))
