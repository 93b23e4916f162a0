"""Whatever a provider may bill is counted, once, for whoever asked for it, and for nobody once the month is over."""

import asyncio
import re
import subprocess
import sys
from decimal import Decimal
from typing import cast

import pytest

from core.errors import LimitReached
from core.failures import FAILURES, FailureCode, JobFailed, Outcome
from core.orders import Job
from core.policy import Limits, Used
from db.erasure import Erasure
from db.ledger import Difference, Ledger, Spent, audit
from db.orders import Orders
from db.pool import Pool
from db.spill import Spill
from tests.lives import finish, painted, painted_by, pass_a_month, running, waiting, worker
from tests.orders import request

ANNA, BERT = 1, 2


async def used(pool: Pool, scope: str = "all") -> Decimal:
    total: Decimal = await pool.fetchval(
        "select coalesce(sum(credits), 0) from usage where scope = $1 and month = usage_month()", scope
    )
    return total


async def differences(pool: Pool) -> list[Difference]:
    return (await audit(pool))[1]


async def call(pool: Pool, job: Job) -> tuple[str, str | None, bool]:
    row = await pool.fetchrow(
        "select outcome, request_id, ended_at is not null from calls where job_id = $1 and attempt = $2",
        job.id,
        job.attempt,
    )
    assert row is not None
    return row[0], row[1], row[2]


async def counted_in(pool: Pool) -> dict[str, Decimal]:
    assert await differences(pool) == []
    return {scope: await used(pool, scope) for scope in ("member", "server", "all")}


def everywhere(credits: int | str) -> dict[str, Decimal]:
    return dict.fromkeys(("member", "server", "all"), Decimal(credits))


@pytest.mark.parametrize(("model", "count", "credits"), [("core", 1, "3"), ("sd3.5-large", 3, "19.5")])
async def test_all_of_an_order_is_reserved_with_it(pool: Pool, model: str, count: int, credits: str) -> None:
    await waiting(pool, model=model, count=count)
    assert await counted_in(pool) == everywhere(credits)


async def test_a_claim_opens_a_call_and_counts_nothing_more(pool: Pool) -> None:
    job = await running(pool, model="ultra")
    assert await call(pool, job) == ("open", None, False)
    row = await pool.fetchrow("select provider, operation, model, credits from calls")
    assert row is not None
    assert tuple(row) == ("stability", "imagine", "ultra", 8)
    assert await counted_in(pool) == everywhere(8)


async def test_a_picture_is_billed_at_the_price_of_the_order(pool: Pool) -> None:
    job = await running(pool)
    await finish(pool, job, request_id="abc")
    await finish(pool, job, request_id="abc")
    assert await call(pool, job) == ("billed", "abc", True)
    assert await counted_in(pool) == everywhere(3)


@pytest.mark.parametrize("code", list(FailureCode))
async def test_a_failure_costs_what_is_known_of_it(pool: Pool, code: FailureCode) -> None:
    job = await running(pool)
    await worker(pool).fail(job, JobFailed(code, request_id="abc"))
    outcome = FAILURES[code].outcome
    assert await call(pool, job) == (outcome, "abc", True)
    assert await counted_in(pool) == everywhere(3 if outcome.counts else 0)


@pytest.mark.parametrize("outcome", [Outcome.FREE, Outcome.BILLED, Outcome.UNKNOWN])
async def test_the_answer_may_know_better_than_the_code(pool: Pool, outcome: Outcome) -> None:
    job = await running(pool)
    await worker(pool).fail(job, JobFailed(FailureCode.UNAVAILABLE, outcome=outcome))
    assert await call(pool, job) == (outcome, None, True)
    assert await counted_in(pool) == everywhere(3 if outcome.counts else 0)


async def test_each_attempt_of_a_job_counts_that_may_be_billed(pool: Pool) -> None:
    """Two that nobody knows of and one that is free, while the job is open; then one that is billed."""
    await waiting(pool)
    queue, seen = worker(pool), []
    for code in (FailureCode.UNAVAILABLE, FailureCode.BLOCKED, FailureCode.BAD_PICTURE):
        (job,) = await worker(pool, attempts_max=9).claim(1)
        await worker(pool, attempts_max=9).retry(job, JobFailed(code), delay_seconds=0)
        seen.append(await used(pool))
    assert seen == [6, 6, 9]
    (job,) = await queue.claim(1)
    assert await used(pool) == 9
    await finish(pool, job)
    assert await counted_in(pool) == everywhere(9)


@pytest.mark.parametrize(
    ("code", "credits"), [(FailureCode.UNAVAILABLE, 6), (FailureCode.BLOCKED, 0), (FailureCode.FILTERED, 6)]
)
async def test_when_the_attempts_are_used_up_the_last_one_counts_as_well(
    pool: Pool, code: FailureCode, credits: int
) -> None:
    await waiting(pool)
    for _ in range(2):
        (job,) = await worker(pool, attempts_max=2).claim(1)
        await worker(pool, attempts_max=2).retry(job, JobFailed(code), delay_seconds=0)
    assert await counted_in(pool) == everywhere(credits)


@pytest.mark.parametrize(
    ("outcome", "credits"), [(Outcome.FREE, 3), (Outcome.UNKNOWN, 6), (Outcome.BILLED, 6)]
)
async def test_a_job_that_is_released_is_reserved_again_beside_what_it_cost(
    pool: Pool, outcome: Outcome, credits: int
) -> None:
    job = await running(pool)
    await worker(pool).release(job, outcome, request_id="abc")
    assert await call(pool, job) == (outcome, "abc", True)
    assert await counted_in(pool) == everywhere(credits)


async def test_a_cancelled_job_costs_nothing_if_it_waited_and_its_price_if_it_had_begun(pool: Pool) -> None:
    await Orders(pool).cancel((await waiting(pool, count=3)).order.id)
    assert await counted_in(pool) == everywhere(0)
    progress = await waiting(pool, count=3)
    (job,) = await worker(pool).claim(1)
    await Orders(pool).cancel(progress.order.id)
    assert await call(pool, job) == ("unknown", None, True)
    assert await counted_in(pool) == everywhere(3)


async def test_a_lost_worker_may_have_been_billed_its_last_attempt_included(pool: Pool) -> None:
    await waiting(pool)
    seen = []
    for _ in range(3):
        (job,) = await worker(pool).claim(1)
        await pool.execute("update jobs set lease_until = now() - interval '1 second'")
        await worker(pool).reclaim_expired(await worker(pool).clock())
        assert await call(pool, job) == ("unknown", None, True)
        seen.append(await used(pool))
    assert seen == [6, 9, 9]
    assert await counted_in(pool) == everywhere(9)


async def test_of_jobs_that_were_lost_together_each_may_have_been_billed(pool: Pool) -> None:
    await waiting(pool, member_id=ANNA, count=3)
    await waiting(pool, member_id=BERT, count=2)
    assert len(await worker(pool).claim(9)) == 5
    await pool.execute("update jobs set lease_until = now() - interval '1 second'")
    assert len(await worker(pool).reclaim_expired(await worker(pool).clock())) == 5
    assert await counted_in(pool) == everywhere(30)


async def test_a_worker_may_know_better_of_a_job_that_was_taken_away(pool: Pool) -> None:
    ledger, jobs = Ledger(pool), []
    for _ in range(3):
        jobs.append(await running(pool))
        await Orders(pool).cancel(jobs[-1].order.id)
    assert await used(pool) == 9
    for job, outcome in zip(jobs, (Outcome.FREE, Outcome.BILLED, Outcome.UNKNOWN), strict=True):
        for _ in range(2):
            await ledger.correct(job, outcome, request_id="abc")
    assert [await call(pool, job) for job in jobs] == [
        ("free", "abc", True), ("billed", "abc", True), ("unknown", "abc", True)
    ]  # fmt: skip
    assert await counted_in(pool) == everywhere(6)


async def test_what_is_known_already_is_not_corrected(pool: Pool) -> None:
    ledger = Ledger(pool)
    done, at_work = await running(pool), None
    await finish(pool, done)
    at_work = await running(pool)
    for job in (done, at_work):
        await ledger.correct(job, Outcome.FREE)
    assert [(await call(pool, job))[0] for job in (done, at_work)] == ["billed", "open"]
    assert await counted_in(pool) == everywhere(6)


async def test_a_picture_that_is_spilled_is_billed_as_well(pool: Pool) -> None:
    job = await running(pool)
    await Spill(pool).keep(painted_by(job, request_id="abc"), b"png", b"webp")
    assert await call(pool, job) == ("billed", "abc", True)
    assert await counted_in(pool) == everywhere(3)


async def test_whoever_is_forgotten_has_no_new_month(pool: Pool) -> None:
    limits = Limits(member_month=Decimal(10))
    await painted(pool, member_id=ANNA)
    await waiting(pool, member_id=ANNA, count=2)
    await worker(pool).claim(1)
    assert await Erasure(pool).erase_member(ANNA) == 1
    # One that waited costs nothing; the other may be billed.
    assert await counted_in(pool) == everywhere(6)
    orders = Orders(pool)
    assert await orders.create(request(member_id=ANNA), limits) is not None
    with pytest.raises(LimitReached, match="used 9 of 10 credits"):
        await orders.create(request(member_id=ANNA), limits)
    assert await orders.create(request(member_id=BERT), limits) is not None


async def test_when_the_month_is_over_nobody_can_tell_whose_its_sums_were(pool: Pool) -> None:
    await painted(pool, member_id=ANNA)
    await Erasure(pool).erase_member(ANNA)
    await painted(pool, member_id=ANNA)
    await painted(pool, member_id=BERT)
    holders = await pool.fetch("select holder from jobs order by id")
    assert (len(set(holders)), holders[0]) == (2, holders[1])
    ledger = Ledger(pool)
    await ledger.end_month()
    assert await pool.fetchval("select count(*) from usage_keys") == 1
    assert await counted_in(pool) == everywhere(9)
    await pass_a_month(pool)
    assert await differences(pool) == []
    await ledger.end_month()
    assert await pool.fetchval("select count(*) from usage_keys") == 0
    assert [tuple(row) for row in await pool.fetch("select distinct scope from usage order by 1")] == [
        ("all",), ("server",)
    ]  # fmt: skip
    assert [tuple(row) for row in await pool.fetch("select distinct scope from usage_days order by 1")] == [
        ("all",), ("server",)
    ]  # fmt: skip
    # What is left of the one who was forgotten leads to nobody.
    left = await pool.fetch("select member_id, holder from jobs order by id")
    assert [row["member_id"] for row in left if row["holder"] == b""] == [0]
    assert await differences(pool) == []
    # A new month is counted anew, under a key of its own.
    await painted(pool, member_id=ANNA)
    assert await pool.fetchval("select holder from jobs order by id desc limit 1") != holders[0]["holder"]
    assert await used(pool) == 3


async def test_what_ends_after_its_month_is_counted_in_it(pool: Pool) -> None:
    first, second = await running(pool), await running(pool)
    await pass_a_month(pool)
    await Ledger(pool).end_month()
    await finish(pool, first)
    await worker(pool).fail(second, JobFailed(FailureCode.REFUSED))
    assert await differences(pool) == []
    assert await used(pool) == 0
    assert await pool.fetchval("select sum(credits) from usage where scope = 'all'") == 3


async def test_nobody_waits_for_the_commit_of_another_server(pool: Pool) -> None:
    """Of as many as there are connections, each in a transaction that stays open."""
    await waiting(pool, guild_id=1, member_id=ANNA)
    async with pool.acquire() as other, other.transaction():
        await other.fetchval(
            "select count_usage(usage_month(), usage_holder(99, usage_month()), 99, 3) is null"
        )
        async with asyncio.timeout(5):
            for number in range(2, 9):
                await asyncio.gather(
                    waiting(pool, guild_id=number, member_id=number),
                    waiting(pool, guild_id=None, member_id=number + 100),
                    waiting(pool, guild_id=99, member_id=number + 200),
                )
            await painted_any(pool)


async def painted_any(pool: Pool) -> None:
    (job,) = await worker(pool).claim(1)
    await worker(pool).fail(job, JobFailed(FailureCode.REFUSED))


@pytest.mark.parametrize(
    ("limits", "waits"),
    [
        (Limits(member_month=Decimal(99), server_month=Decimal(99)), False),
        (Limits(all_month=Decimal(99)), True),
    ],
    ids=["of member and server", "of all"],
)
async def test_only_where_all_share_a_limit_an_order_that_is_being_stored_is_waited_for(
    pool: Pool, limits: Limits, waits: bool
) -> None:
    """The order of one server is stored, and its transaction held open; then another server's comes."""
    await waiting(pool, guild_id=7, member_id=70)
    async with pool.acquire() as other, other.transaction():
        await Orders(cast(Pool, other)).create(request(guild_id=5, member_id=ANNA), limits)
        storing = asyncio.create_task(Orders(pool).create(request(guild_id=6, member_id=BERT), limits))
        done, _ = await asyncio.wait({storing}, timeout=0.5 if waits else 10)
        assert bool(done) is not waits
    assert await asyncio.wait_for(storing, 10) is not None


async def test_orders_are_stored_while_the_months_first_one_is(pool: Pool) -> None:
    """All make the month's key at once, and one of them does."""
    await asyncio.gather(*(waiting(pool, member_id=number) for number in range(8)))
    assert await pool.fetchval("select count(*) from usage_keys") == 1
    assert await pool.fetchval("select count(*) from usage where scope = 'member'") == 8
    assert await differences(pool) == []


def run_audit(database_url: str) -> tuple[int, str]:
    return run(database_url, "audit")


def run(database_url: str, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "db", *arguments],
        env={"DATABASE_URL": database_url, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


async def test_the_audit_says_that_all_is_counted(pool: Pool, database_url: str) -> None:
    await painted(pool)
    await running(pool, model="ultra")
    status, said = await asyncio.to_thread(run_audit, database_url)
    assert (status, said.splitlines()[-1]) == (0, "all that may be billed is counted")
    assert re.fullmatch(r"\d{4}-\d\d stability: 1 calls billed, 3 credits", said.splitlines()[0])
    assert re.fullmatch(r"\d{4}-\d\d stability: 1 calls open, 8 credits", said.splitlines()[1])


@pytest.mark.parametrize(
    ("plant", "scopes"),
    [
        ("update usage set credits = credits - 1 where scope = 'member'", ["member"]),
        ("delete from usage where scope = 'server'", ["server"]),
        ("update calls set outcome = 'free'", ["all", "here", "member", "server"] * 2),
        ("delete from usage", ["all", "here", "member", "server"]),
        ("delete from usage_days where scope <> 'here'", ["all", "member", "server"]),
        ("update usage_days set credits = 1 where scope = 'here'", ["here"]),
        ("insert into usage_days values (usage_day() - 61, 'all', '', 0, 1)", ["all"]),
        ("insert into usage values (usage_month(), 'server', int8send(-5), 3, 1.5)", ["server"]),
    ],
)
async def test_the_audit_prints_each_difference(
    pool: Pool, database_url: str, plant: str, scopes: list[str]
) -> None:
    await painted(pool, guild_id=77)
    await pool.execute(plant)
    found = await differences(pool)
    assert [difference.scope for difference in found] == scopes
    status, said = await asyncio.to_thread(run_audit, database_url)
    lines = said.splitlines()
    assert (status, lines[-1]) == (1, f"{len(scopes)} sums differ")
    assert lines[-1 - len(scopes) : -1] == [str(difference) for difference in found]


async def test_a_difference_names_the_server_and_the_sums(pool: Pool) -> None:
    await painted(pool, guild_id=77)
    await pool.execute("update usage set credits = 1.5 where scope = 'server'")
    (difference,) = await differences(pool)
    assert str(difference).endswith(" server 77: 1.5 credits are counted, and a recount gives 3")
    # As people write numbers, however large.
    await pool.execute("update usage set credits = 3000000 where scope = 'server'")
    (difference,) = await differences(pool)
    assert " server 77: 3000000 credits are counted, " in str(difference)


async def test_a_difference_of_a_member_names_the_hash_and_one_of_all_names_nobody(pool: Pool) -> None:
    await painted(pool)
    month = await pool.fetchval("select to_char(usage_month(), 'YYYY-MM')")
    holder = await pool.fetchval("select encode(holder, 'hex') from jobs")
    await pool.execute("delete from usage_days")
    await pool.execute("update jobs set day = day - 62")
    await pool.execute("update usage set credits = 2")
    # A sum that is not there at all is none, be the recount ever so small; and the other way round.
    await pool.execute("delete from usage where scope = 'server'")
    await pool.execute("update calls set credits = 1")
    await pool.execute("insert into usage values (usage_month(), 'server', int8send(-5), 3, 1)")
    assert {str(difference) for difference in await differences(pool)} == {
        f"{month} all: 2 credits are counted, and a recount gives 1",
        f"{month} member {holder}: 2 credits are counted, and a recount gives 1",
        f"{month} here {holder}0000000000000014: 2 credits are counted, and a recount gives 1",
        f"{month} server -5: 1 credits are counted, and a recount gives 0",
        f"{month} server 20: 0 credits are counted, and a recount gives 1",
    }
    assert re.fullmatch("[0-9a-f]{32}", holder)


async def test_what_is_spent_is_told_by_month_provider_and_outcome(pool: Pool) -> None:
    for model in ("core", "ultra"):
        await painted(pool, model=model)
    await pass_a_month(pool)
    await painted(pool)
    await running(pool, model="ultra")
    await pool.execute("update calls set provider = 'other' where outcome = 'open'")
    totals = (await audit(pool))[0]
    assert [(one.provider, one.outcome, one.calls, one.credits) for one in totals] == [
        ("stability", Outcome.BILLED, 2, Decimal(11)),
        ("other", Outcome.OPEN, 1, Decimal(8)),
        ("stability", Outcome.BILLED, 1, Decimal(3)),
    ]
    assert totals[0].month < totals[1].month == totals[2].month


async def test_a_new_month_has_a_key_of_its_own_while_the_last_one_s_is_still_there(pool: Pool) -> None:
    await painted(pool, member_id=ANNA)
    await pass_a_month(pool)
    for _ in range(2):
        await painted(pool, member_id=ANNA)
    holders = [row["holder"] for row in await pool.fetch("select holder from jobs order by id")]
    assert holders[0] != holders[1] == holders[2]
    assert await pool.fetchval("select count(*) from usage_keys") == 2
    assert await counted_in(pool) == everywhere(6)


async def test_a_month_is_utcs_wherever_the_session_is(pool: Pool) -> None:
    """Where the server's own time zone is another, or a pooler or psql sets one."""
    months = set()
    for zone in ("<west>+167", "UTC", "<east>-167"):
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(f"set local time zone '{zone}'")
            months.add(await connection.fetchval("select usage_month()"))
    now = await pool.fetchval("select now() at time zone 'UTC'")
    assert months == {now.date().replace(day=1)}


async def test_a_correction_is_of_one_attempt_of_one_job_and_is_made_once(pool: Pool) -> None:
    """The second attempt was taken away too, and so was another member's."""
    await waiting(pool, member_id=ANNA)
    jobs = []
    for _ in range(2):
        (job,) = await worker(pool).claim(1)
        jobs.append(job)
        await pool.execute("update jobs set lease_until = now() - interval '1 second'")
        await worker(pool).reclaim_expired(await worker(pool).clock())
    await Orders(pool).cancel(jobs[0].order.id)
    other = await running(pool, member_id=BERT, guild_id=21)
    await Orders(pool).cancel(other.order.id)
    assert await counted_in(pool) == everywhere(9)
    ledger = Ledger(pool)
    for outcome in (Outcome.FREE, Outcome.FREE, Outcome.BILLED, Outcome.UNKNOWN):
        await ledger.correct(jobs[0], outcome, request_id="abc")
        assert [await call(pool, job) for job in (*jobs, other)] == [
            ("free", "abc", True), ("unknown", None, True), ("unknown", None, True)
        ]  # fmt: skip
        assert await counted_in(pool) == everywhere(6)
    await ledger.correct(other, Outcome.BILLED)
    await ledger.correct(other, Outcome.FREE)
    assert await counted_in(pool) == everywhere(6)


async def test_whom_a_provider_means_is_told_by_the_hash_that_it_was_given(
    pool: Pool, database_url: str
) -> None:
    """Each month's is another, and of one who is forgotten nobody can tell."""
    annas, berts = await running(pool, member_id=ANNA), await running(pool, member_id=BERT)
    assert len(annas.holder) == 16
    assert annas.holder != berts.holder
    assert await asyncio.to_thread(run, database_url, "member", annas.holder.hex()) == (0, f"{ANNA}\n")
    await Erasure(pool).erase_member(BERT)
    status, said = await asyncio.to_thread(run, database_url, "member", berts.holder.hex())
    assert (status, said) == (1, "nobody has this hash, or they were forgotten\n")


async def test_a_member_is_told_what_it_was_used_for(pool: Pool) -> None:
    await painted(pool, member_id=ANNA)
    await painted(pool, member_id=ANNA)
    await painted(pool, member_id=BERT)
    failing = await running(pool, member_id=ANNA, model="sd3.5-medium")
    await worker(pool).fail(failing, JobFailed(FailureCode.REFUSED, "free"))
    await waiting(pool, member_id=ANNA, model="ultra", count=2, guild_id=None)
    await pool.execute("update jobs set day = day - 1 where id = (select min(id) from jobs)")
    ledger = Ledger(pool)
    assert await ledger.spent(ANNA) == [
        Spent("imagine", "ultra", 2, Decimal(16), 2, Decimal(16)),
        Spent("imagine", "core", 1, Decimal(3), 2, Decimal(6)),
    ]
    assert await ledger.used(ANNA, 20) == Used(
        member_jobs=2,
        jobs_here=0,
        all_day=Decimal(25),
        all_month=Decimal(25),
        server_day=Decimal(9),
        server_month=Decimal(9),
        member_day=Decimal(22),
        member_month=Decimal(22),
        here_day=Decimal(6),
        here_month=Decimal(6),
    )
    direct = await ledger.used(ANNA, None)
    assert (direct.here_day, direct.server_day, direct.jobs_here) == (Decimal(16), Decimal(16), 2)
    await Erasure(pool).erase_member(ANNA)
    # What it was for goes, and what counts stays.
    assert await ledger.spent(ANNA) == []
    assert (await ledger.used(ANNA, 20)).member_month == Decimal(6)
