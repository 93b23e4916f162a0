"""Several workers at once: one limit for all, and one that was away for too long changes nothing."""

import asyncio
import signal
from datetime import UTC, datetime

import asyncpg

from db.bucket.client import Bucket
from db.pool import Pool
from db.rate_limits import REQUESTS_PER_10_SECONDS
from tests.conditions import until
from tests.e2e.pictures import download
from tests.house import House
from tests.lives import fill
from tests.member import Member, is_done, is_running, link_of

HELD = """
select jobs.attempt, orders.key, jobs.worker, replies.revision
from jobs join orders on orders.id = jobs.order_id join replies on replies.order_id = orders.id
order by jobs.id
limit 1
"""
JOBS = REQUESTS_PER_10_SECONDS + 30


async def test_four_workers_together_keep_to_the_keys_limit(house: House, pool: Pool) -> None:
    stability = house.servers.stability
    stability.latency_seconds = 0
    house.servers.environment["WORKER_CONCURRENCY"] = "16"
    await fill(pool, JOBS, members=JOBS)
    # It paints this size as it is, and so it is quick.
    await pool.execute(
        """update orders set model = 'stable-diffusion-v1-6', params = '{"width": 320, "height": 320}'"""
    )
    await asyncio.gather(*(house.worker(f"worker-{number}") for number in range(4)))
    await until(
        lambda: pool.fetchval("select count(*) from jobs where state = 'done'"),
        lambda count: count == JOBS,
        within_seconds=120,
    )
    assert await pool.fetchval("select sum(faults) from jobs") == 0
    # None was turned away: each attempt was the first, as one that is released takes another.
    assert await pool.fetchval("select max(attempt) from jobs") == 1
    assert await pool.fetchval("select count(distinct worker) from jobs") == 4


async def test_a_worker_that_slept_beyond_its_lease_changes_nothing(
    house: House, ada: Member, bucket: Bucket
) -> None:
    stability = house.servers.stability
    stability.latency_seconds = 2
    await house.bot()
    sleeper = await house.worker("sleeper")
    await ada.until_bot_is(online=True)
    interaction = await ada.imagine("a fox", width=256, height=256)
    await ada.reply(interaction, is_running)
    sleeper.signal(signal.SIGSTOP)
    await house.worker("successor")
    done = await ada.reply(interaction, is_done)
    first = await download(link_of(done))
    sleeper.signal(signal.SIGCONT)

    connection = await asyncpg.connect(house.servers.environment["DATABASE_URL"])
    try:
        row = await connection.fetchrow(HELD)
        # The sleeper is back at work when it paints again.
        await ada.reply(await ada.imagine("another", width=256, height=256), is_done)
        assert await sleeper.stop() == 0
        assert await connection.fetchrow(HELD) == row
    finally:
        await connection.close()
    assert row is not None
    assert row["attempt"] == 2
    again = await download(link_of(done))
    assert again.tobytes() == first.tobytes()
    stored = [key async for page in bucket.pages(before=datetime.max.replace(tzinfo=UTC)) for key in page]
    mine = [key for key in stored if key.startswith(str(row["key"]))]
    assert sorted(mine) == [f"{row['key']}/1/2/original.png", f"{row['key']}/1/2/preview.webp"]
