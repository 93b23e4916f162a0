"""What has to be done from time to time, whether anybody was notified or not."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from core.errors import BucketUnavailable, reason
from core.failures import JobFailed
from db import daily_tasks, retention
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket
from db.bucket.sweep import sweep
from db.dashboard import Dashboard
from db.downloads import Downloads
from db.pool import UNAVAILABLE, Pool
from db.queue import Queue
from db.uploads import Uploads
from ops.database_probe import DatabaseProbe
from ops.signing import Signer
from worker.instruments import Instruments
from worker.providers.provider import Provider
from worker.watch import note

log = logging.getLogger(__name__)

BALANCE_SECONDS = 600.0
"""So old is what the owner sees of the account at most."""

HOURLY_SECONDS = 3600.0
"""For what is due once a day at most: a worker that is replaced every day comes to it too."""

NIGHTLY_JITTER_SECONDS = 600


async def reclaim_expired(
    queue: Queue, probe: DatabaseProbe, instruments: Instruments, *, lease_seconds: float
) -> None:
    """Reclaims what was lost; but not before Postgres has been there for as long as a lease.

    While it was away no worker could extend a lease, so one that ran out says nothing about its worker. So
    the time is asked for first: what follows may hang on the way, and reclaims nothing that ran out then.
    """
    try:
        now = await queue.clock()
        if probe.steady_seconds < lease_seconds:
            return
        reclaimed = await queue.reclaim_expired(now)
    except UNAVAILABLE as error:
        log.warning("no lease could be checked: %s", reason(error))
        return
    for state in reclaimed.values():
        instruments.reclaimed(state)
    if reclaimed:
        log.warning("took back %d jobs whose worker was lost: %s", len(reclaimed), list(reclaimed))


async def check_certificate(alarms: Alarms, signer: Signer | None) -> None:
    """Pictures are marked without it, so its running out is noticed by nobody else."""
    if signer is not None and signer.has_run_out:
        day = f"{signer.expires_at:%Y-%m-%d}"
        await note(alarms.raise_(AlarmCode.CERTIFICATE, f"that of {signer.name} ran out on {day}"))
    else:
        await note(alarms.resolve((AlarmCode.CERTIFICATE,)))


async def note_balance(dashboard: Dashboard, provider: Provider) -> None:
    try:
        await dashboard.note_balance(provider.name, await provider.balance())
    except (JobFailed, *UNAVAILABLE) as error:
        log.info("the balance with %s is not known: %s", provider.title, reason(error))


async def hourly(downloads: Downloads) -> None:
    await _transiently("the trimming of downloads", downloads.trim)


async def nightly(pool: Pool, tasks: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
    """Each once a day, by one worker for all; one that fails leaves the others as they are."""

    async def once(name: str) -> None:
        if await daily_tasks.begin(pool, name):
            await tasks[name]()

    for name in tasks:
        await _transiently(name, partial(once, name))


async def remove_orphans(pool: Pool, bucket: Bucket) -> None:
    log.info("removed %d objects that jobs had left", await sweep(pool, bucket))


async def erase_unused(uploads: Uploads) -> None:
    log.info("erased %d pictures that were handed in and never used", await uploads.erase_unused())


async def expire(pool: Pool, instruments: Instruments, *, days: int, link_ttl_seconds: int) -> None:
    expired = await retention.expire(pool, days=days, link_ttl_seconds=link_ttl_seconds)
    instruments.expired(expired)
    log.info("%d pictures have expired, whose originals take %d bytes", expired.pictures, expired.bytes)


async def _transiently(name: str, task: Callable[[], Awaitable[None]]) -> None:
    """A task that fails is done at the next time."""
    try:
        await task()
    except (BucketUnavailable, *UNAVAILABLE) as error:
        log.warning("%s was left for the next time: %s", name, reason(error))
