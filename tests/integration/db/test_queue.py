"""The queue against a real Postgres: each transition, its guard, and the order of the line."""

import asyncio
from datetime import UTC, datetime
from typing import cast

import asyncpg
import pytest

from core.errors import LostJob
from core.failures import FailureCode, JobFailed, Outcome
from core.orders import PLACE_MAX, Job, Progress, State
from db.orders import Orders
from db.pool import Pool
from db.queue import Queue
from tests.conditions import soon, until
from tests.lives import fill, painted, painted_by, stored, waiting, worker
from tests.orders import held_up, request
from tests.workshop import used

ANNA, BERT, CLEO = 1, 2, 3


@pytest.fixture
def orders(pool: Pool) -> Orders:
    return Orders(pool)


@pytest.fixture
def queue(pool: Pool) -> Queue:
    return worker(pool)


def failed(code: FailureCode, detail: str = "") -> JobFailed:
    return JobFailed(code, detail)


async def claim_one(queue: Queue) -> Job:
    (job,) = await queue.claim(1)
    return job


def turns(progress: Progress) -> list[int]:
    return [job.turn for job in progress.jobs]


def numbers(jobs: list[Job]) -> list[tuple[int, int]]:
    """Whose each is, and its number within its order."""
    return [(job.order.member_id, job.number) for job in jobs]


async def row(pool: Pool, job: Job) -> dict[str, object]:
    found = await pool.fetchrow("select * from jobs where id = $1", job.id)
    assert found is not None
    return dict(found)


async def run_out(pool: Pool, job: Job) -> None:
    await pool.execute("update jobs set lease_until = now() - interval '1 second' where id = $1", job.id)


async def be_due(pool: Pool, job: Job) -> None:
    await pool.execute("update jobs set run_after = now() where id = $1", job.id)


async def test_a_replayed_interaction_makes_no_second_order(orders: Orders, pool: Pool) -> None:
    assert await orders.create(request(interaction_id=7)) is not None
    assert await orders.create(request(interaction_id=7, prompt="another", count=2)) is None
    for table in ("orders", "jobs", "replies"):
        assert await pool.fetchval(f"select count(*) from {table}") == 1


async def test_a_replay_while_the_first_is_still_being_stored_is_none_either(
    orders: Orders, pool: Pool, database_url: str
) -> None:
    async with held_up(database_url, ANNA) as storing:
        both = [
            asyncio.create_task(orders.create(request(interaction_id=7, member_id=ANNA))) for _ in range(2)
        ]
        await storing()
    stored = [progress for progress in await asyncio.gather(*both) if progress is not None]
    assert len(stored) == 1
    assert await pool.fetchval("select count(*) from jobs") == 1


async def test_an_order_of_four_is_four_jobs_each_claimed_on_its_own(orders: Orders, queue: Queue) -> None:
    progress = await orders.create(request(count=4))
    assert progress is not None
    assert [(job.id, job.state, job.number) for job in progress.jobs] == [
        (progress.order.id * 16 + number, State.QUEUED, number) for number in (1, 2, 3, 4)
    ]
    assert await orders.find(progress.order.id) == progress
    claimed = [*await queue.claim(1), *await queue.claim(2), *await queue.claim(9)]
    assert [job.id for job in claimed] == [job.id for job in progress.jobs]
    assert [job.order for job in claimed] == [progress.order] * 4


@pytest.mark.parametrize("count", [0, 16])
async def test_no_order_has_no_picture_nor_more_than_its_ids_have_room_for(pool: Pool, count: int) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await waiting(pool, count=count)


async def test_a_claimed_job_is_running_and_nobody_elses(queue: Queue, pool: Pool) -> None:
    progress = await waiting(pool)
    job = await claim_one(queue)
    assert (job.id, job.state, job.attempt) == (progress.jobs[0].id, State.RUNNING, 1)
    assert job.started_at is not None
    assert (await stored(pool, job.order.id)).revision == 2
    assert await queue.claim(1) == []


async def test_only_what_is_for_the_provider_is_claimed(queue: Queue, pool: Pool) -> None:
    await waiting(pool, member_id=ANNA)
    other = await waiting(pool, member_id=BERT)
    await pool.execute("update jobs set provider = 'other' where order_id = $1", other.order.id)
    assert numbers(await queue.claim(9, provider="other")) == [(BERT, 1)]
    assert numbers(await queue.claim(9)) == [(ANNA, 1)]


async def test_racing_workers_share_the_queue_without_a_double(pool: Pool) -> None:
    wanted = {job.id for member in range(10) for job in (await waiting(pool, member_id=member, count=4)).jobs}
    workers = [worker(pool, f"w{number}") for number in range(4)]
    claimed = [job.id for batch in await asyncio.gather(*(w.claim(10) for w in workers * 2)) for job in batch]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) == wanted


async def test_members_are_served_in_turn(pool: Pool, queue: Queue) -> None:
    for _ in range(5):
        await waiting(pool, member_id=ANNA)
    for _ in range(2):
        await waiting(pool, member_id=BERT)
    assert [(await claim_one(queue)).order.member_id for _ in range(7)] == [
        *(ANNA, BERT, ANNA, BERT),
        *(ANNA, ANNA, ANNA),
    ]


async def test_four_pictures_of_one_order_are_four_turns(pool: Pool, queue: Queue) -> None:
    of_anna = await waiting(pool, member_id=ANNA, count=4)
    of_bert = await waiting(pool, member_id=BERT, count=2)
    more = await waiting(pool, member_id=ANNA, count=2)
    assert (turns(of_anna), turns(of_bert), turns(more)) == ([1, 2, 3, 4], [1, 2], [5, 6])
    assert numbers(await queue.claim(9)) == [
        *((ANNA, 1), (BERT, 1), (ANNA, 2), (BERT, 2)),
        *((ANNA, 3), (ANNA, 4), (ANNA, 1), (ANNA, 2)),
    ]


async def test_one_with_fifty_makes_nobody_wait_for_fifty(pool: Pool, queue: Queue) -> None:
    await fill(pool, 50, members=1)
    await pool.execute("update jobs set turn = order_id - (select min(id) from orders) + 1")
    assert len(await queue.claim(10)) == 10
    newcomer = await waiting(pool, member_id=BERT, count=4)
    # The one that is next, and then each of theirs after one of the other's.
    assert turns(newcomer) == [11, 12, 13, 14]
    places = [job.order.member_id for job in await queue.claim(8)]
    assert places == [0, BERT] * 4


async def test_commands_of_a_member_at_once_have_a_turn_each(pool: Pool) -> None:
    stored = await asyncio.gather(*(waiting(pool, member_id=ANNA, count=2) for _ in range(6)))
    assert sorted(turn for progress in stored for turn in turns(progress)) == list(range(1, 13))


async def test_who_comes_later_joins_the_current_turn_not_the_first(pool: Pool, queue: Queue) -> None:
    busy = [await waiting(pool, member_id=ANNA) for _ in range(4)]
    served = await queue.claim(2)
    newcomer = await waiting(pool, member_id=BERT)
    assert [job.order for job in served] == [busy[0].order, busy[1].order]
    assert turns(newcomer) == turns(busy[2])
    again = await waiting(pool, member_id=BERT)
    assert [job.order for job in await queue.claim(10)] == [
        one.order for one in (busy[2], newcomer, busy[3], again)
    ]


async def test_where_nothing_waits_the_turn_is_that_of_the_latest_at_work(pool: Pool, queue: Queue) -> None:
    await waiting(pool, member_id=ANNA, count=4)
    at_work = await queue.claim(4)
    newcomer = await waiting(pool, member_id=BERT)
    assert turns(newcomer) == [4]
    # One that comes back is before it, and no later command is behind anybody's who is served already.
    await queue.release(at_work[1])
    assert turns(await waiting(pool, member_id=CLEO)) == [2]
    assert numbers(await queue.claim(9)) == [(ANNA, 2), (CLEO, 1), (BERT, 1)]


async def test_what_has_ended_sets_nobody_back(pool: Pool) -> None:
    for _ in range(3):
        await painted(pool, member_id=ANNA)
    assert turns(await waiting(pool, member_id=ANNA)) == turns(await waiting(pool, member_id=BERT)) == [1]


async def test_the_place_in_line_counts_who_is_before(orders: Orders, pool: Pool) -> None:
    waiting_ones = [
        await waiting(pool, member_id=ANNA, count=2),
        await waiting(pool, member_id=ANNA),
        await waiting(pool, member_id=BERT),
    ]
    assert [(await orders.estimate(one)).place for one in waiting_ones] == [1, 4, 2]


async def test_the_place_in_line_is_counted_no_further_than_needed(orders: Orders, pool: Pool) -> None:
    await fill(pool, PLACE_MAX + 100, members=PLACE_MAX + 100)
    await pool.execute("update jobs set turn = 1")
    assert (await orders.estimate(await waiting(pool, member_id=ANNA + 10**6))).place == PLACE_MAX


async def test_finishing_makes_a_picture(pool: Pool, queue: Queue) -> None:
    await waiting(pool, private=True, parent_channel_id=29, model="ultra")
    job = await claim_one(queue)
    await queue.finish(painted_by(job, seed=42, size=1234, request_id="abc"))
    reply = await stored(pool, job.order.id)
    (ended,), (picture,) = reply.progress.jobs, reply.progress.pictures
    assert (ended.state, ended.finished_at is not None, reply.revision) == (State.DONE, True, 3)
    assert (picture.id, picture.attempt, picture.seed, picture.bytes) == (job.id, 1, 42, 1234)
    assert (picture.width, picture.height, picture.is_spilled, picture.is_expired) == (
        1024,
        1024,
        False,
        False,
    )
    assert 0 <= picture.seconds < 20
    shown = await pool.fetchrow(
        "select member_id, guild_id, channel_id, parent_channel_id, private, model from pictures"
    )
    assert shown is not None
    assert tuple(shown) == (10, 20, 30, 29, True, "ultra")
    assert (await row(pool, job))["lease_until"] is None
    call = await pool.fetchrow("select outcome, request_id, credits, ended_at is not null from calls")
    assert call is not None
    assert tuple(call) == ("billed", "abc", 8, True)


async def test_what_finishes_together_is_told_apart(orders: Orders, queue: Queue, pool: Pool) -> None:
    """They are recorded by one statement; the second was cancelled meanwhile, and the first is resized."""
    resized, cancelled, plain = [await waiting(pool, member_id=number) for number in range(3)]
    jobs = await queue.claim(3)
    await orders.cancel(cancelled.order.id)
    one, two, three = [painted_by(job, seed=number, size=10 * number) for number, job in enumerate(jobs, 1)]
    one = type(one)(one.id, one.attempt, one.seed, one.bytes, 512, 640, "r")
    ended = await asyncio.gather(*map(queue.finish, (one, two, three)), return_exceptions=True)
    assert [type(end) for end in ended] == [type(None), LostJob, type(None)]
    replies = [await stored(pool, progress.order.id) for progress in (resized, cancelled, plain)]
    assert [reply.progress.state for reply in replies] == [State.DONE, State.CANCELLED, State.DONE]
    assert [[(p.seed, p.bytes, p.width, p.height) for p in reply.progress.pictures] for reply in replies] == [
        [(1, 10, 512, 640)],
        [],
        [(3, 30, 1024, 1024)],
    ]


async def test_jobs_of_one_order_that_finish_together_are_one_change(queue: Queue, pool: Pool) -> None:
    progress = await waiting(pool, count=4)
    jobs = await queue.claim(4)
    assert (await stored(pool, progress.order.id)).revision == 2
    first, *others = jobs
    await queue.finish(painted_by(first))
    reply = await stored(pool, progress.order.id)
    assert (reply.revision, reply.progress.state, len(reply.progress.pictures)) == (3, State.RUNNING, 1)
    await asyncio.gather(*(queue.finish(painted_by(job)) for job in others))
    reply = await stored(pool, progress.order.id)
    assert (reply.revision, reply.progress.state) == (4, State.DONE)
    assert [picture.number for picture in reply.progress.pictures] == [1, 2, 3, 4]


async def test_workers_that_finish_and_claim_of_the_same_orders_do_not_wait_for_each_other(
    pool: Pool,
) -> None:
    for member in range(8):
        await waiting(pool, member_id=member, count=4)
    workers = [worker(pool, f"w{number}") for number in range(4)]

    async def work(one: Queue) -> int:
        done = 0
        while jobs := await one.claim(4):
            await asyncio.gather(*(one.finish(painted_by(job)) for job in jobs))
            done += len(jobs)
        return done

    assert sum(await asyncio.gather(*map(work, workers))) == 32
    assert (
        await pool.fetchval("select deadlocks from pg_stat_database where datname = current_database()") == 0
    )


async def test_finishing_again_is_no_fault_and_changes_nothing(queue: Queue, pool: Pool) -> None:
    """The answer to the first try may have been lost."""
    await waiting(pool)
    job = await claim_one(queue)
    await queue.finish(painted_by(job, seed=42, size=1234))
    before = await stored(pool, job.order.id)
    await queue.finish(painted_by(job, seed=43, size=4321))
    assert await stored(pool, job.order.id) == before


async def test_two_workers_never_finish_one_attempt(queue: Queue, pool: Pool) -> None:
    """One that had the job, and one that has it now: whoever comes with the attempt that counts."""
    await waiting(pool)
    job = await claim_one(queue)
    both = [worker(pool, name) for name in ("one", "two")]
    ended = await asyncio.gather(
        *(one.finish(painted_by(job, seed=seed)) for seed, one in enumerate(both)), return_exceptions=True
    )
    # It is one attempt, so to the second it is done already, with the first one's picture.
    assert ended == [None, None]
    assert await pool.fetchval("select count(*) from pictures") == 1
    stale = painted_by(job, seed=9)
    with pytest.raises(LostJob):
        await queue.finish(type(stale)(stale.id, 2, 9, 1, 1, 1, None))


@pytest.mark.parametrize("later", [False, True])
async def test_what_is_recorded_again_while_the_first_is_under_way_is_no_fault(
    pool: Pool, later: bool
) -> None:
    """A worker that lost its connection says it again over another, and the first is not over yet."""
    await waiting(pool)
    job = await claim_one(worker(pool))

    async def record(queue: Queue) -> None:
        if later:
            await queue.begun(job, "its id", look_after_seconds=60)
        else:
            await queue.finish(painted_by(job))

    async with pool.acquire() as connection, connection.transaction():
        await record(worker(cast("Pool", connection)))
        again = asyncio.create_task(record(worker(pool)))
        await until(lambda: waits_for_a_lock(pool), bool)
    await soon(again)


async def waits_for_a_lock(pool: Pool) -> bool:
    waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    return bool(await pool.fetchval(f"select exists ({waiting})"))


async def test_failing(queue: Queue, pool: Pool) -> None:
    await waiting(pool)
    job = await claim_one(queue)
    await queue.fail(job, failed(FailureCode.REFUSED, "403"))
    found = await row(pool, job)
    assert (found["state"], found["failure"], found["failure_detail"]) == ("failed", "refused", "403")
    assert (await stored(pool, job.order.id)).revision == 3


async def test_transient_faults_are_retried_until_the_attempts_are_used_up(queue: Queue, pool: Pool) -> None:
    await waiting(pool)
    states = []
    for _ in range(3):
        job = await claim_one(queue)
        states.append(await queue.retry(job, failed(FailureCode.UNAVAILABLE, "500"), delay_seconds=60))
        assert await queue.claim(1) == []
        await be_due(pool, job)
    assert states == [State.QUEUED, State.QUEUED, State.FAILED]
    found = await row(pool, job)
    assert (found["failure"], found["faults"], found["attempt"]) == ("unavailable", 3, 3)


async def test_of_an_order_each_job_has_attempts_of_its_own(queue: Queue, pool: Pool) -> None:
    progress = await waiting(pool, count=2)
    for _ in range(3):
        job = min(await queue.claim(2), key=lambda one: one.number)
        assert job.number == 1
        await queue.retry(job, failed(FailureCode.UNAVAILABLE), delay_seconds=0)
    first, second = (await stored(pool, progress.order.id)).progress.jobs
    assert (first.state, first.faults, second.state, second.faults) == (State.FAILED, 3, State.RUNNING, 0)


async def test_a_job_that_is_released_has_nothing_held_against_it(queue: Queue, pool: Pool) -> None:
    await waiting(pool)
    for _ in range(5):
        await queue.release(await claim_one(queue))
    job = await claim_one(queue)
    assert (job.faults, job.attempt) == (0, 6)


async def test_a_job_that_is_released_for_later_waits_and_had_not_begun(queue: Queue, pool: Pool) -> None:
    await waiting(pool)
    job = await claim_one(queue)
    await queue.release(job, delay_seconds=60)
    (left,) = (await stored(pool, job.order.id)).progress.jobs
    assert (left.state, left.was_begun, await queue.claim(1)) == (State.QUEUED, False, [])


async def test_a_lease_that_is_extended_is_not_reclaimed(queue: Queue, pool: Pool) -> None:
    await waiting(pool)
    job = await claim_one(queue)
    await run_out(pool, job)
    assert await queue.extend_leases({(job.id, job.attempt)}) == {(job.id, job.attempt)}
    assert await queue.reclaim_expired(await queue.clock()) == {}
    lease = (await row(pool, job))["lease_until"]
    assert isinstance(lease, datetime)
    assert lease > datetime.now(UTC)


async def test_a_lease_that_ran_out_later_than_asked_for_is_left(queue: Queue, pool: Pool) -> None:
    await waiting(pool)
    before = await queue.clock()
    job = await claim_one(queue)
    await pool.execute("update jobs set lease_until = now()")
    assert await queue.reclaim_expired(before) == {}
    assert await queue.reclaim_expired(await queue.clock()) == {job.id: State.QUEUED}


async def test_a_lost_worker_is_fenced_at_every_write(queue: Queue, pool: Pool) -> None:
    await waiting(pool)
    lost = await claim_one(queue)
    await run_out(pool, lost)
    assert await queue.reclaim_expired(await queue.clock()) == {lost.id: State.QUEUED}
    successor = await claim_one(queue)
    assert (successor.id, successor.attempt) == (lost.id, lost.attempt + 1)

    assert await queue.extend_leases({(lost.id, lost.attempt)}) == set()
    for write in (
        queue.finish(painted_by(lost)),
        queue.fail(lost, failed(FailureCode.REFUSED)),
        queue.retry(lost, failed(FailureCode.UNAVAILABLE), delay_seconds=0),
        queue.release(lost, Outcome.UNKNOWN),
    ):
        with pytest.raises(LostJob):
            await write
    await queue.finish(painted_by(successor, seed=2))
    (picture,) = (await stored(pool, lost.order.id)).progress.pictures
    assert (picture.seed, picture.attempt) == (2, 2)


async def test_what_was_begun_is_asked_after_anew_by_another_attempt(queue: Queue, pool: Pool) -> None:
    order_id = (await waiting(pool)).order.id
    job = await claim_one(queue)
    await queue.begun(job, "its id", look_after_seconds=0)
    assert await queue.reclaim_expired(await queue.clock()) == {}
    (lost,) = await queue.claim_begun(1)
    before = (await stored(pool, order_id)).revision
    await run_out(pool, lost)
    assert await queue.reclaim_expired(await queue.clock()) == {job.id: State.RUNNING}
    found = await row(pool, job)
    assert [found[name] for name in ("worker", "failure", "finished_at")] == [None] * 3
    # To the member nothing has changed, and what may be billed is counted already.
    assert ((await stored(pool, order_id)).revision, await used(pool)) == (before, 3)
    (again,) = await queue.claim_begun(1)
    assert (again.attempt, again.faults, again.generation) == (2, 1, "its id")
    assert again.started_at == job.started_at
    call = await pool.fetchrow("select attempt, outcome, ended_at, generation from calls")
    assert call is not None
    assert tuple(call) == (2, "open", None, "its id")
    for write in (queue.look_later(lost, seconds=0), queue.finish(painted_by(lost))):
        with pytest.raises(LostJob):
            await write
    await run_out(pool, again)
    assert await queue.reclaim_expired(await queue.clock()) == {job.id: State.RUNNING}
    (last,) = await queue.claim_begun(1)
    await run_out(pool, last)
    assert await queue.reclaim_expired(await queue.clock()) == {job.id: State.FAILED}
    found = await row(pool, job)
    assert (found["generation"], found["lease_until"], found["failure"]) == (None, None, "worker_lost")
    assert found["finished_at"] is not None
    assert await pool.fetchval("select outcome from calls where ended_at is not null") == "unknown"
    assert (await stored(pool, order_id)).revision == before + 1
    assert await used(pool) == 3


async def test_a_job_that_keeps_losing_its_worker_fails(queue: Queue, pool: Pool) -> None:
    await waiting(pool, count=2)
    became = []
    for _ in range(3):
        jobs = await queue.claim(2)
        await run_out(pool, jobs[0])
        became.append(await queue.reclaim_expired(await queue.clock()))
    lost = jobs[0]
    assert became == [{lost.id: State.QUEUED}] * 2 + [{lost.id: State.FAILED}]
    found = await row(pool, lost)
    assert (found["failure"], found["failure_detail"]) == ("worker_lost", "the lease of one ran out")
    assert (await stored(pool, lost.order.id)).progress.state is State.RUNNING


async def test_what_a_picture_is_made_from_comes_in_its_order_without_what_was_deleted(
    queue: Queue, pool: Pool
) -> None:
    pictures = [await painted(pool, member_id=number) for number in range(3)]
    inputs = (pictures[2].id, pictures[0].id, pictures[1].id, 12345)
    await waiting(pool, operation="upscale", model="upscale-fast", inputs=inputs)
    job = await claim_one(queue)
    assert job.order.inputs == inputs
    assert await queue.inputs(job) == [pictures[2], pictures[0], pictures[1]]
    await pool.execute("update pictures set erased_at = now() where id = $1", pictures[0].id)
    assert await queue.inputs(job) == [pictures[2], pictures[1]]
