"""What has to be done from time to time, whether anybody was notified or not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from core.errors import BucketUnavailable, reason
from db.bucket.sweep import Orphans
from db.daily_tasks import Chores
from db.downloads import Downloads
from db.pool import UNAVAILABLE
from db.queue import Queue
from db.retention import Retention
from ops.database_probe import Reach

log = logging.getLogger(__name__)

HOURLY_SECONDS = 3600.0
"""For what is due once a day at most: a worker that is replaced every day comes to it all the same."""


def schedule(
    queue: Queue,
    reach: Reach,
    downloads: Downloads,
    chores: Chores,
    orphans: Orphans,
    retention: Retention | None,
    wakes: list[Callable[[], None]],
    *,
    poll_seconds: float,
    lease_seconds: float,
) -> AsyncIOScheduler:
    """A scheduler, not yet started, that wakes whoever polls and clears away what nobody came back for."""
    # A late run is better than none, and several late ones are as good as one.
    scheduler = AsyncIOScheduler(
        job_defaults={"coalesce": True, "misfire_grace_time": None},
        # It would else read TZ, and knows only some of what may stand there.
        timezone=UTC,
    )
    scheduler.add_job(_poll, "interval", seconds=poll_seconds, args=[wakes])
    for run, seconds, jitter in (
        (partial(reap, queue, reach, lease_seconds), lease_seconds / 2, 0),
        (partial(_quietly, downloads.trim), HOURLY_SECONDS, 0),
        (partial(nightly, chores, orphans, retention), HOURLY_SECONDS, 600),
    ):
        scheduler.add_job(_until_stopped, "interval", seconds=seconds, jitter=jitter, args=[run])
    return scheduler


async def _until_stopped(run: Callable[[], Awaitable[None]]) -> None:
    """The scheduler takes a run that its own stop breaks off for a fault, with a traceback."""
    with suppress(asyncio.CancelledError):
        await run()


async def _poll(wakes: list[Callable[[], None]]) -> None:
    for wake in wakes:
        wake()


async def reap(queue: Queue, reach: Reach, lease_seconds: float) -> None:
    """Takes back what was lost; but not before Postgres has been there for as long as a lease.

    While it was away no worker could extend a lease, so one that ran out says nothing about its worker. So
    the time is asked for first: what follows may hang on the way, and takes back nothing that ran out then.
    """
    try:
        now = await queue.clock()
        if reach.steady_seconds < lease_seconds:
            return
        reaped = await queue.reap(now)
    except UNAVAILABLE as error:
        log.warning("no lease could be checked: %s", reason(error))
        return
    if reaped:
        log.warning("took back %d jobs whose worker was lost: %s", len(reaped), reaped)


async def nightly(chores: Chores, orphans: Orphans, retention: Retention | None) -> None:
    """Each once a day, by one worker for all; one that fails leaves the others as they are."""

    async def sweep() -> None:
        if await chores.begin("orphans"):
            log.info("removed %d objects that jobs had left", await orphans.remove())

    async def expire() -> None:
        if retention is not None and await chores.begin("retention"):
            expired = await retention.expire()
            log.info(
                "%d pictures have expired, whose originals take %d bytes", expired.pictures, expired.bytes
            )

    await _quietly(sweep)
    await _quietly(expire)


async def _quietly(chore: Callable[[], Awaitable[None]]) -> None:
    """A chore that fails is done at the next time."""
    try:
        await chore()
    except (BucketUnavailable, *UNAVAILABLE) as error:
        log.warning("a chore was left for the next time: %s", reason(error))
