"""Jobs at some point of their life, for tests that are about what comes after it."""

from typing import Any

from core.failures import FailureCode, JobFailed
from core.orders import JOB_NUMBERS, Job, Picture, Progress, Reply
from db.orders import Orders
from db.pool import Pool
from db.queue import Painted, Queue
from db.replies import Replies
from tests.orders import request


def worker(pool: Pool, name: str = "one", *, attempts_max: int = 3) -> Queue:
    return Queue(pool, worker=name, lease_seconds=30, attempts_max=attempts_max)


async def stored(pool: Pool, order_id: int) -> Reply:
    """All that is known of an order."""
    (reply,) = await Replies(pool).load([order_id])
    return reply


async def job(pool: Pool, job_id: int) -> Job:
    reply = await stored(pool, job_id // JOB_NUMBERS)
    return next(job for job in reply.progress.jobs if job.id == job_id)


async def waiting(pool: Pool, **changes: Any) -> Progress:
    progress = await Orders(pool).create(request(**changes))
    assert progress is not None
    return progress


async def running(pool: Pool, **changes: Any) -> Job:
    """The first job of an order. Whatever else waits must not be before it."""
    progress = await waiting(pool, **changes)
    (claimed,) = await worker(pool).claim(1)
    assert claimed.order.id == progress.order.id
    return claimed


def painted_by(
    job: Job, *, seed: int | None = 7, size: int = 1000, request_id: str | None = "request"
) -> Painted:
    """What a worker records of it."""
    width, height = job.order.params.get("width", 1024), job.order.params.get("height", 1024)
    return Painted(job.id, job.attempt, seed, size, width, height, request_id)


async def finish(pool: Pool, job: Job, **changes: Any) -> Picture:
    await worker(pool).finish(painted_by(job, **changes))
    reply = await stored(pool, job.order.id)
    return next(picture for picture in reply.progress.pictures if picture.id == job.id)


async def painted(pool: Pool, **changes: Any) -> Picture:
    return await finish(pool, await running(pool, **changes))


async def failed(pool: Pool, code: FailureCode = FailureCode.REFUSED, **changes: Any) -> Progress:
    job = await running(pool, **changes)
    await worker(pool).fail(job, JobFailed(code, "detail"))
    return (await stored(pool, job.order.id)).progress


async def fill(
    pool: Pool, count: int, *, state: str = "queued", members: int = 500, prompt: str = "p"
) -> None:
    """`count` orders of one picture, of so many members, interleaved, as tables have that were in use for long."""
    await pool.execute(
        """
        with added as (
            insert into orders (interaction_id, member_id, guild_id, channel_id, locale, operation, model, prompt,
                                params, created_at)
            select -n - (select coalesce(max(id), 0) from orders), n % $2, n % 50, 1, 'en-US', 'imagine', 'core',
                   $3 || ' ' || n,
                   '{"width": 256, "height": 256}', now() - make_interval(secs => $1 - n)
            from generate_series(1, $1) n
            returning id, member_id, guild_id, created_at, prompt
        ),
        worked as (
            insert into jobs (id, order_id, member_id, provider, price, turn, state, attempt, lease_until, started_at,
                              finished_at, failure, month, holder, guild_id)
            select id * 16 + 1, id, member_id, 'stability', 3, id / $2, $4, case when $4 = 'queued' then 0 else 1 end,
                   case $4 when 'running' then now() end,
                   case when $4 <> 'queued' then created_at end,
                   case when $4 in ('done', 'failed', 'cancelled') then created_at + interval '8 seconds' end,
                   case $4 when 'failed' then 'refused' end,
                   date_trunc('month', created_at at time zone 'UTC')::date, int8send(member_id), guild_id
            from added
        ),
        replied as (
            insert into replies (order_id, application_id, token_expires_at, message_id, due_at, ephemeral,
                                 shown_revision)
            select id, 1, now(), id, now(), false, 1 from added
        )
        insert into pictures (id, order_id, attempt, created_at, seconds, member_id, guild_id, channel_id, private,
                              model, width, height, seed, bytes, words)
        select id * 16 + 1, id, 1, created_at, 8, member_id, guild_id, 1, false, 'core', 256, 256, 7, 1000,
               search_words(prompt, member_id)
        from added where $4 = 'done'
        """,
        count,
        members,
        prompt,
        state,
    )
    await pool.execute("vacuum analyze orders, jobs, pictures, replies")


async def pass_a_month(pool: Pool) -> None:
    """All that was spent is of the month before."""
    spent = (
        ("jobs", "month"),
        ("jobs", "day"),
        ("usage", "month"),
        ("usage_keys", "month"),
        ("usage_days", "day"),
    )
    for table, column in spent:
        # By way of a time that no row is of.
        for step in ("- interval '100 years'", "+ interval '100 years' - interval '1 month'"):
            await pool.execute(f"update {table} set {column} = ({column} {step})::date")
