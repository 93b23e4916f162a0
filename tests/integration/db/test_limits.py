"""The owner's limits: what is beyond them is refused in words, however many ask at once."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.errors import LimitReached
from core.failures import FailureCode, JobFailed
from core.policy import Limits
from db.ledger import audit
from db.orders import Orders
from db.pool import Pool
from tests.lives import failed, finish, painted, pass_a_month, running, waiting, worker
from tests.orders import held_up, request

ANNA, BERT = 1, 2


async def order(pool: Pool, limits: Limits, **changes: object) -> None:
    assert await Orders(pool).create(request(**changes), limits) is not None


async def refused(pool: Pool, limits: Limits, match: str | None = None, **changes: object) -> None:
    before = await pool.fetchval("select count(*) from jobs")
    with pytest.raises(LimitReached, match=match):
        await Orders(pool).create(request(**changes), limits)
    assert await pool.fetchval("select count(*) from jobs") == before
    assert (await audit(pool))[1] == []


async def test_a_line_that_is_full_takes_no_more_until_one_is_painted(pool: Pool) -> None:
    limits = Limits(queue_length=2)
    for member in range(2):
        await order(pool, limits, member_id=member)
    await refused(pool, limits, "2 pictures are waiting already", member_id=9)
    await worker(pool).claim(1)
    await order(pool, limits, member_id=9)


async def test_a_member_has_only_so_many_at_once_those_at_work_included(pool: Pool) -> None:
    limits = Limits(jobs_per_member=2)
    job = await running(pool, member_id=ANNA)
    await order(pool, limits, member_id=ANNA)
    await refused(pool, limits, "2 of your pictures are waiting or being painted, and 2 is", member_id=ANNA)
    await order(pool, limits, member_id=BERT)
    await finish(pool, job)
    await order(pool, limits, member_id=ANNA)


@pytest.mark.parametrize(
    ("limits", "match"),
    [
        (Limits(queue_length=5), "3 pictures are waiting already, and no more than 5 can"),
        (Limits(jobs_per_member=5), "3 of your pictures .* and 5 is the most"),
        (
            Limits(member_month=Decimal(15)),
            "You have used 9 of 15 credits this month, and this costs 9",
        ),
        (Limits(server_month=Decimal(15)), "This server has used 9 of 15 credits .* costs 9"),
        (Limits(all_month=Decimal(15)), "All members together have used 9 of 15 credits .* costs 9"),
    ],
    ids=["line", "jobs", "member", "server", "all"],
)
async def test_three_of_five_are_used_and_three_more_do_not_fit_but_two_do(
    pool: Pool, limits: Limits, match: str
) -> None:
    await order(pool, limits, member_id=ANNA, count=3)
    await refused(pool, limits, match, member_id=ANNA, count=3)
    await order(pool, limits, member_id=ANNA, count=2)
    await refused(pool, limits, member_id=ANNA)


@pytest.mark.parametrize(
    ("limits", "free"),
    [
        (Limits(jobs_per_member=3), {"member_id": BERT}),
        (Limits(member_month=Decimal(9)), {"member_id": BERT}),
        (Limits(server_month=Decimal(9)), {"guild_id": 6}),
        (Limits(server_month=Decimal(9)), {"guild_id": None}),
    ],
    ids=["jobs", "member", "server", "direct messages"],
)
async def test_each_limit_is_of_its_own_alone(pool: Pool, limits: Limits, free: dict[str, object]) -> None:
    mine: dict[str, object] = {"member_id": ANNA, "guild_id": 5}
    await order(pool, limits, **mine, count=3)
    await refused(pool, limits, None, **mine)
    await order(pool, limits, **{**mine, **free}, count=3)


async def test_an_order_of_four_costs_four(pool: Pool) -> None:
    limits = Limits(member_month=Decimal("25.9"))
    await refused(pool, limits, r"used 0 of 25\.9 .* costs 26", model="sd3.5-large", count=4)
    await order(pool, limits, model="sd3.5-large", count=3)


async def test_direct_messages_together_are_one_server(pool: Pool) -> None:
    limits = Limits(server_month=Decimal(9))
    await order(pool, limits, guild_id=None, channel_id=1, member_id=ANNA, count=2)
    await order(pool, limits, guild_id=5, member_id=ANNA, count=3)
    await refused(
        pool, limits, "Direct messages have used 6 of 9", guild_id=None, channel_id=2, member_id=BERT, count=2
    )
    await order(pool, limits, guild_id=None, channel_id=2, member_id=BERT)
    await refused(pool, limits, "Direct messages have used 9 of 9", guild_id=None, member_id=3)


async def test_a_replayed_interaction_is_no_further_order_and_no_fault(pool: Pool) -> None:
    orders, limits = Orders(pool), Limits(jobs_per_member=1, queue_length=1)
    assert await orders.create(request(interaction_id=7), limits) is not None
    assert await orders.create(request(interaction_id=7), limits) is None


async def test_a_replay_that_waits_for_the_first_is_not_told_of_a_limit(
    pool: Pool, database_url: str
) -> None:
    limits = Limits(jobs_per_member=1, queue_length=1, all_month=Decimal(3))
    async with held_up(database_url, ANNA) as storing:
        both = [
            asyncio.create_task(Orders(pool).create(request(interaction_id=7, member_id=ANNA), limits))
            for _ in range(2)
        ]
        await storing()
    ended = await asyncio.gather(*both)
    assert sorted(progress is None for progress in ended) == [False, True]


async def test_a_member_spends_only_so_much_a_month(pool: Pool) -> None:
    limits = Limits(member_month=Decimal("9.5"))
    await painted(pool, member_id=ANNA, model="sd3.5-large")
    await order(pool, limits, member_id=ANNA)
    await refused(pool, limits, r"You have used 9\.5 of 9\.5 credits this month, .* costs 3", member_id=ANNA)
    await order(pool, limits, member_id=BERT)


async def test_when_the_count_starts_anew_is_told(pool: Pool) -> None:
    now = datetime.now(UTC)
    month = now.month % 12 + 1
    anew = f"on {datetime(now.year + (month == 1), month, 1, tzinfo=UTC):%Y-%m-%d} "
    await refused(pool, Limits(all_month=Decimal(1)), anew)


async def test_last_month_does_not_count(pool: Pool) -> None:
    limits = Limits(member_month=Decimal(3), server_month=Decimal(3), all_month=Decimal(3))
    await painted(pool, member_id=ANNA)
    await refused(pool, limits, member_id=ANNA)
    await pass_a_month(pool)
    await order(pool, limits, member_id=ANNA)


async def test_what_is_free_does_not_count_and_what_may_be_billed_does(pool: Pool) -> None:
    limits = Limits(member_month=Decimal(6))
    await failed(pool, FailureCode.REFUSED, member_id=ANNA)
    await Orders(pool).cancel((await waiting(pool, member_id=ANNA)).order.id)
    await failed(pool, FailureCode.FILTERED, member_id=ANNA)
    job = await running(pool, member_id=ANNA)
    await refused(pool, limits, "used 6 of 6", member_id=ANNA)
    await Orders(pool).cancel(job.order.id)
    await refused(pool, limits, "used 6 of 6", member_id=ANNA)


async def test_attempts_that_may_be_billed_leave_less_for_others(pool: Pool) -> None:
    limits = Limits(all_month=Decimal(9))
    job = await running(pool, member_id=ANNA)
    await worker(pool).retry(job, JobFailed(FailureCode.UNAVAILABLE), delay_seconds=0)
    await order(pool, limits, member_id=BERT)
    await refused(pool, limits, "used 9 of 9", member_id=BERT)


async def test_all_together_spend_only_so_much_a_month(pool: Pool) -> None:
    limits = Limits(all_month=Decimal(6))
    await order(pool, limits, guild_id=5, member_id=ANNA)
    await order(pool, limits, guild_id=None, member_id=BERT)
    await refused(pool, limits, "All members together have used 6 of 6 credits", guild_id=6, member_id=3)


SHARED = [
    (Limits(jobs_per_member=7), {}),
    (Limits(member_month=Decimal(21)), {}),
    (Limits(server_month=Decimal(21)), {"member_id": 1}),
    (Limits(all_month=Decimal(21)), {"member_id": 1, "guild_id": 1}),
]


@pytest.mark.parametrize(("limits", "steps"), SHARED, ids=["jobs", "member", "server", "all"])
@pytest.mark.parametrize("count", [1, 2])
async def test_commands_at_once_do_not_pass_together(
    pool: Pool, limits: Limits, steps: dict[str, int], count: int
) -> None:
    """Each of another member, and in another server, as far as the limit is of all of these."""
    ends = await asyncio.gather(
        *(
            order(pool, limits, count=count, **{name: 100 + number * step for name, step in steps.items()})
            for number in range(20)
        ),
        return_exceptions=True,
    )
    assert {type(end) for end in ends} == {type(None), LimitReached}
    assert await pool.fetchval("select count(*) from jobs") == 7 // count * count
    assert (await audit(pool))[1] == []


async def test_a_line_is_not_counted_again_while_there_is_known_to_be_room(pool: Pool) -> None:
    """This process fills half of the places that were free; others may fill the rest."""
    limits = Limits(queue_length=6)
    mine, others = Orders(pool), Orders(pool)
    for number in range(1, 4):
        assert await mine.create(request(member_id=number), limits) is not None
        assert await others.create(request(member_id=10 + number), limits) is not None
    with pytest.raises(LimitReached, match="6 pictures are waiting already"):
        await mine.create(request(member_id=7), limits)
    with pytest.raises(LimitReached):
        await Orders(pool).create(request(member_id=7), limits)
