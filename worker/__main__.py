"""`python -m worker`: wires one worker together and runs it until SIGTERM or SIGINT."""

import asyncio
import contextlib
import logging
import os
import signal
import socket

import aiohttp

from db.alarms import Alarms
from db.bucket import Bucket, open_bucket
from db.downloads import Downloads
from db.erasure import Erasure
from db.errors import FailureCode, JobFailed
from db.jobs import Job
from db.listen import listen
from db.migrate import wait_until_migrated
from db.pool import Pool, open_pool
from db.queue import Queue
from db.settings import load
from worker import upkeep
from worker.job import JobRunner
from worker.loop import Loop
from worker.settings import WorkerSettings
from worker.stability import Stability
from worker.sweeper import Sweeper
from worker.watch import Watch

log = logging.getLogger("worker")


async def work(settings: WorkerSettings) -> None:
    name = f"{socket.gethostname()}-{os.getpid()}"
    async with (
        open_pool(settings, name="worker") as pool,
        open_bucket(settings, connections_max=2 * settings.worker_concurrency) as bucket,
        # Concurrency is bounded by the loop, so the connector need not.
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        queue = Queue(
            pool, worker=name, lease_seconds=settings.lease_seconds, attempts_max=settings.job_attempts
        )
        loop = _loop(settings, pool, queue, bucket, session)
        await _until_migrated(pool, loop)
        sweeper = Sweeper(Erasure(pool), bucket)
        scheduler = upkeep.schedule(
            queue,
            Downloads(pool),
            [loop.wake, sweeper.wake],
            poll_seconds=settings.poll_seconds,
            reap_seconds=settings.lease_seconds / 2,
        )
        scheduler.start()
        log.info("worker %s is ready for %d jobs at once", name, settings.worker_concurrency)
        await _serve(settings, loop, sweeper)
        scheduler.shutdown(wait=False)
    log.info("worker %s has stopped", name)


def _loop(
    settings: WorkerSettings, pool: Pool, queue: Queue, bucket: Bucket, session: aiohttp.ClientSession
) -> Loop:
    stability = Stability(
        session,
        host=settings.stability_api_host,
        key=settings.stability_api_key.get_secret_value(),
        timeout_seconds=settings.stability_timeout_seconds,
    )
    runner = JobRunner(queue, stability, bucket, Watch(Alarms(pool)))

    async def settle_unforeseen(job: Job, error: Exception) -> None:
        log.error("job %d broke", job.id, exc_info=error)
        await runner.settle(job, JobFailed(FailureCode.INTERNAL, f"{type(error).__name__}: {error}"))

    return Loop(
        queue,
        runner.run,
        settle_unforeseen,
        concurrency=settings.worker_concurrency,
        lease_seconds=settings.lease_seconds,
    )


async def _serve(settings: WorkerSettings, loop: Loop, sweeper: Sweeper) -> None:
    channels = {
        "job_queued": loop.wake,
        "job_cancelled": loop.check_leases,
        "job_erased": sweeper.wake,
    }
    async with asyncio.TaskGroup() as group:
        helpers = [
            group.create_task(listen(settings.listen_dsn, channels)),
            group.create_task(sweeper.serve()),
        ]
        await loop.serve(grace_seconds=settings.shutdown_grace_seconds)
        for helper in helpers:
            helper.cancel()


async def _until_migrated(pool: Pool, loop: Loop) -> None:
    """Returns when the schema is there, or when the worker is told to stop, from now on."""
    migrated = asyncio.create_task(wait_until_migrated(pool))

    def stop() -> None:
        loop.stop()
        migrated.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    with contextlib.suppress(asyncio.CancelledError):
        await migrated


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    asyncio.run(work(load(WorkerSettings)))


if __name__ == "__main__":
    main()
