"""Jobs at some point of their life, for tests that are about what comes after it."""

from typing import Any

from core.errors import FailureCode
from db.orders import Job, Jobs
from db.pool import Pool
from db.queue import Queue
from tests.orders import order


def worker(pool: Pool, name: str = "one", *, attempts_max: int = 3) -> Queue:
    return Queue(pool, worker=name, lease_seconds=30, attempts_max=attempts_max)


async def stored(pool: Pool, job_id: int) -> Job:
    row = await pool.fetchrow("select * from jobs where id = $1", job_id)
    assert row is not None
    return Job.from_row(row)


async def waiting(pool: Pool, **changes: Any) -> Job:
    job = await Jobs(pool).enqueue(order(**changes))
    assert job is not None
    return job


async def running(pool: Pool, **changes: Any) -> Job:
    """Whatever else waits must not be before it."""
    job = await waiting(pool, **changes)
    (claimed,) = await worker(pool).claim(1)
    assert claimed.id == job.id
    return claimed


async def painted(pool: Pool, **changes: Any) -> Job:
    job = await running(pool, **changes)
    await worker(pool).finish(job, painted_seed=7, original_bytes=1000)
    return await stored(pool, job.id)


async def failed(pool: Pool, code: FailureCode = FailureCode.REFUSED, **changes: Any) -> Job:
    job = await running(pool, **changes)
    await worker(pool).fail(job, code, "detail")
    return await stored(pool, job.id)


async def fill(
    pool: Pool, count: int, *, state: str = "queued", members: int = 500, prompt: str = "p"
) -> None:
    """`count` rows of so many members, interleaved, as a table has that was in use for long."""
    await pool.execute(
        """insert into jobs (interaction_id, application_id, token_expires_at, member_id, guild_id,
                             channel_id, prompt, width, height, model, turn, reply_due_at, credits, state,
                             lease_until, created_at, started_at, finished_at, message_id, shown_revision)
           select -n, 1, now(), n % $3, n % 50, 1, $4 || ' ' || n, 256, 256, 'core', n / $3, now(), 3, $2,
                  case $2 when 'running' then now() end,
                  now() - make_interval(secs => $1 - n),
                  case when $2 <> 'queued' then now() - make_interval(secs => $1 - n) end,
                  case $2 when 'done' then now() - make_interval(secs => $1 - n - 8) end,
                  n, 1
           from generate_series(1, $1) n""",
        count,
        state,
        members,
        prompt,
    )
    await pool.execute("vacuum analyze jobs")
