"""`python -m worker`: wires one worker together and runs it until SIGTERM or SIGINT."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Coroutine

import aiohttp

from db.alarms import Alarms
from db.bucket import open_bucket
from db.chores import Chores
from db.diagnosis import consult
from db.downloads import Downloads
from db.erasure import Erasure
from db.errors import FailureCode, JobFailed
from db.health import Check, Health, answering, unreachable
from db.jobs import Job
from db.listen import listen
from db.logs import configure
from db.metrics import LoopLag, new_registry
from db.migrate import wait_until_migrated
from db.orphans import Orphans
from db.pace import Pace
from db.pictures import Pictures
from db.pool import Pool, open_pool, until_answered
from db.queue import Queue
from db.reach import Reach
from db.retention import Retention
from db.settings import load
from worker import upkeep
from worker.carrier import Carrier
from worker.examination import examine_worker
from worker.job import JobRunner
from worker.loop import Loop
from worker.metered import MeteredPace, MeteredParking, MeteredQueue, MeteredStability, MeteredWatch
from worker.metrics import WorkerMetrics
from worker.settings import WorkerSettings
from worker.stability import Stability
from worker.storage import Storage
from worker.sweeper import Sweeper

log = logging.getLogger("worker")


async def work(settings: WorkerSettings) -> None:
    registry = new_registry()
    metrics, lag = WorkerMetrics(registry), LoopLag(registry)
    name = f"{socket.gethostname()}-{os.getpid()}"
    async with (
        open_pool(settings, name="worker") as pool,
        open_bucket(settings, connections_max=2 * settings.worker_concurrency) as bucket,
        # Concurrency is bounded by the loop, so the connector need not.
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        queue = MeteredQueue(
            pool,
            metrics=metrics,
            worker=name,
            lease_seconds=settings.lease_seconds,
            attempts_max=settings.job_attempts,
            probe_seconds=settings.pause_probe_seconds,
        )
        parking = MeteredParking(pool, bytes_max=settings.parked_bytes_max, metrics=metrics)
        watch = MeteredWatch(Alarms(pool), probe_seconds=settings.pause_probe_seconds, metrics=metrics)
        pace = MeteredPace(pool, requests=settings.stability_requests_per_10_seconds, metrics=metrics)
        storage = Storage(queue, bucket, parking, watch, uploading=metrics.upload.time)
        runner = JobRunner(
            queue,
            pace,
            _stability(settings, session, metrics),
            Pictures(bucket, parking),
            storage,
            watch,
            preparing=metrics.prepare.time,
        )
        loop = _loop(settings, queue, runner)
        sweeper, carrier = Sweeper(Erasure(pool), bucket), Carrier(parking, bucket, watch)
        reach = Reach(queue.front_waits_seconds, every_seconds=min(5.0, settings.lease_seconds / 6))
        await _until_ready(pool, pace, loop)
        scheduler = upkeep.schedule(
            queue,
            reach,
            Downloads(pool),
            Chores(pool),
            Orphans(pool, bucket),
            _retention(settings, pool),
            [loop.wake, sweeper.wake, carrier.wake],
            poll_seconds=settings.poll_seconds,
            lease_seconds=settings.lease_seconds,
        )
        scheduler.start()
        log.info("worker %s is ready for %d jobs at once", name, settings.worker_concurrency)
        health = Health(
            [unreachable(reach), _neglect(settings, loop, reach)],
            loop_stuck_seconds_max=settings.loop_stuck_seconds_max,
        )
        with answering(health, settings.health_port, registry):
            await _serve(
                settings, loop, sweeper, [carrier.serve(), reach.serve(), health.serve(), lag.serve()]
            )
        scheduler.shutdown(wait=False)
    log.info("worker %s has stopped", name)


def _stability(settings: WorkerSettings, session: aiohttp.ClientSession, metrics: WorkerMetrics) -> Stability:
    return MeteredStability(
        session,
        metrics=metrics,
        host=settings.stability_api_host,
        key=settings.stability_api_key.get_secret_value(),
        timeout_seconds=settings.stability_timeout_seconds,
    )


def _loop(settings: WorkerSettings, queue: Queue, runner: JobRunner) -> Loop:
    async def settle_unforeseen(job: Job, error: Exception) -> None:
        log.error("it broke", exc_info=error)
        await runner.settle(job, JobFailed(FailureCode.INTERNAL, f"{type(error).__name__}: {error}"))

    return Loop(
        queue,
        runner.run,
        settle_unforeseen,
        concurrency=settings.worker_concurrency,
        lease_seconds=settings.lease_seconds,
    )


def _retention(settings: WorkerSettings, pool: Pool) -> Retention | None:
    if settings.retention_days is None:
        return None
    return Retention(pool, days=settings.retention_days, link_ttl_seconds=settings.link_ttl_seconds)


def _neglect(settings: WorkerSettings, loop: Loop, reach: Reach) -> Check:
    def check() -> str | None:
        seconds = reach.answer
        if seconds is None or seconds <= settings.health_wait_seconds_max or not loop.is_idle:
            return None
        return f"a job waits for {seconds:.0f} s, and this worker is idle"

    return check


async def _serve(
    settings: WorkerSettings, loop: Loop, sweeper: Sweeper, others: list[Coroutine[None, None, None]]
) -> None:
    channels = {
        "job_queued": loop.wake,
        "job_cancelled": loop.check_leases,
        "job_erased": sweeper.wake,
    }
    helpers = [
        asyncio.create_task(work)
        for work in (listen(settings.listen_dsn, channels), sweeper.serve(), *others)
    ]
    for helper in helpers:
        # None ends by itself: one that breaks ends the process, but not before what is paid for is safe.
        helper.add_done_callback(lambda _helper: loop.stop())
    try:
        await loop.serve(grace_seconds=settings.shutdown_grace_seconds)
    finally:
        for helper in helpers:
            helper.cancel()
        ended = await asyncio.gather(*helpers, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error


async def _until_ready(pool: Pool, pace: Pace, loop: Loop) -> None:
    """Returns when the schema is there, or when the worker is told to stop, from now on."""

    async def prepare() -> None:
        await wait_until_migrated(pool)
        await until_answered(pace.provide)

    ready = asyncio.create_task(prepare())

    def stop() -> None:
        loop.stop()
        ready.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    with contextlib.suppress(asyncio.CancelledError):
        await ready


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m worker", description="A worker of Tigerbrush.")
    parser.add_subparsers(dest="command").add_parser("doctor", help="say what is wrong, and what to do")
    if parser.parse_args().command == "doctor":
        sys.exit(consult(WorkerSettings, examine_worker))
    settings = load(WorkerSettings)
    configure(settings, process="worker")
    asyncio.run(work(settings))


if __name__ == "__main__":
    main()
