"""What has to be done from time to time, whether anybody was notified or not."""

import logging
from collections.abc import Callable

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from db.downloads import Downloads
from db.pool import UNAVAILABLE
from db.queue import Queue

log = logging.getLogger(__name__)

TRIM_SECONDS = 3600.0
"""Often enough for a worker that is replaced every day, as the first run comes only after so long."""


def schedule(
    queue: Queue,
    downloads: Downloads,
    wakes: list[Callable[[], None]],
    *,
    poll_seconds: float,
    reap_seconds: float,
) -> AsyncIOScheduler:
    """A scheduler, not yet started, that wakes whoever polls and clears away what nobody came back for."""
    # A late run is better than none, and several late ones are as good as one.
    scheduler = AsyncIOScheduler(job_defaults={"coalesce": True, "misfire_grace_time": None})
    scheduler.add_job(_poll, "interval", seconds=poll_seconds, args=[wakes])
    scheduler.add_job(_reap, "interval", seconds=reap_seconds, args=[queue])
    scheduler.add_job(_trim, "interval", seconds=TRIM_SECONDS, args=[downloads])
    return scheduler


async def _poll(wakes: list[Callable[[], None]]) -> None:
    for wake in wakes:
        wake()


async def _reap(queue: Queue) -> None:
    try:
        reaped = await queue.reap()
    except UNAVAILABLE as error:
        log.warning("no lease could be checked: %s", error or type(error).__name__)
        return
    if reaped:
        log.warning("took back %d jobs whose worker was lost: %s", len(reaped), reaped)


async def _trim(downloads: Downloads) -> None:
    try:
        await downloads.trim()
    except UNAVAILABLE as error:
        log.warning("old downloads stay for now: %s", error or type(error).__name__)
