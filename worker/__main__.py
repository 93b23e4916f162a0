"""`python -m worker`: wires one worker together and runs it until SIGTERM or SIGINT."""

from ops.signals import end_as_usual_when_told, end_at_once_when_told, stop_when_told

if __name__ == "__main__":
    end_at_once_when_told()

import argparse
import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass

import aiohttp
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from prometheus_client import CollectorRegistry

from core.errors import FailureCode, JobFailed, Misconfigured
from core.settings import load, refuse
from db.alarms import Alarms
from db.bucket.client import Bucket, open_bucket
from db.bucket.sweep import Orphans
from db.daily_tasks import Chores
from db.downloads import Downloads
from db.erasure import Erasure
from db.listen import listen
from db.migrate import wait_until_migrated
from db.orders import Job
from db.picture_store import Pictures
from db.pool import Pool, open_pool, until_answered
from db.queue import Queue
from db.rate_limits import Pace
from db.spill import Parking
from ops.checks import consult
from ops.database_probe import Reach
from ops.health import Check, Health, answering, unreachable
from ops.logs import configure
from ops.metrics import LoopLag, new_registry
from ops.tracing.traces import Traces, open_traces
from worker import upkeep
from worker.doctor import examine_worker
from worker.job import JobRunner
from worker.loop import Loop
from worker.metered import MeteredRetention, MeteredWatch
from worker.metrics import WorkerMetrics
from worker.prober import Prober
from worker.providers.stability.client import Stability
from worker.settings import WorkerSettings
from worker.storage import Storage
from worker.sweeper import Sweeper
from worker.traced import TracedJobRunner, TracedPace, TracedParking, TracedQueue, TracedStability, timed
from worker.uploader import Carrier
from worker.watch import Watch

log = logging.getLogger("worker")


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the parts of a worker stand on: it is open for as long as they work."""

    settings: WorkerSettings
    pool: Pool
    bucket: Bucket
    session: aiohttp.ClientSession
    registry: CollectorRegistry
    metrics: WorkerMetrics
    traces: Traces


async def work(settings: WorkerSettings, traces: Traces) -> None:
    name, registry = f"{socket.gethostname()}-{os.getpid()}", new_registry()
    async with (
        open_pool(settings, name="worker") as pool,
        open_bucket(settings, connections_max=2 * settings.worker_concurrency) as bucket,
        # Concurrency is bounded by the loop, so the connector need not.
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), proxy=settings.proxy_for(settings.stability_api_host)
        ) as session,
    ):
        ground = _Ground(settings, pool, bucket, session, registry, WorkerMetrics(registry), traces)
        await _work(ground, _queue(ground, name), name)
    log.info("worker %s has stopped", name)


async def _work(ground: _Ground, queue: Queue, name: str) -> None:
    settings, pool, bucket = ground.settings, ground.pool, ground.bucket
    metrics, traces = ground.metrics, ground.traces
    parking = TracedParking(pool, bytes_max=settings.parked_bytes_max, metrics=metrics, traces=traces)
    alarms, stability = Alarms(pool), _stability(ground)
    watch = MeteredWatch(alarms, probe_seconds=settings.pause_probe_seconds, metrics=metrics)
    prober = Prober(queue, alarms, stability, probe_seconds=settings.pause_probe_seconds)
    requests = settings.stability_requests_per_10_seconds
    pace = TracedPace(pool, requests=requests, metrics=metrics, traces=traces)
    loop = _loop(settings, queue, _runner(ground, queue, stability, parking, watch, pace), prober)
    sweeper, carrier = Sweeper(Erasure(pool), bucket), Carrier(parking, bucket, watch)
    reach = Reach(queue.front_waits_seconds, every_seconds=min(5.0, settings.lease_seconds / 6))
    health = Health(
        [unreachable(reach), _neglect(settings, loop, reach)],
        loop_stuck_seconds_max=settings.loop_stuck_seconds_max,
    )
    channels = {"job_queued": loop.wake, "job_cancelled": loop.check_leases, "job_erased": sweeper.wake}
    with answering(health, settings, ground.registry):
        async with _beside(loop, [reach.serve(), health.serve(), LoopLag(ground.registry).serve()]):
            if not await _is_ready(pool, pace, prober, loop):
                return
            scheduler = _upkeep(ground, queue, reach, [loop.wake, sweeper.wake, carrier.wake])
            scheduler.start()
            log.info("worker %s is ready for %d jobs at once", name, settings.worker_concurrency)
            helpers = [
                listen(settings.listen_dsn, channels, is_worker=True),
                sweeper.serve(),
                carrier.serve(),
            ]
            async with _beside(loop, helpers):
                await loop.serve(grace_seconds=settings.shutdown_grace_seconds)
            scheduler.shutdown(wait=False)


def _queue(ground: _Ground, name: str) -> Queue:
    return TracedQueue(
        ground.pool,
        metrics=ground.metrics,
        traces=ground.traces,
        worker=name,
        lease_seconds=ground.settings.lease_seconds,
        attempts_max=ground.settings.job_attempts,
        probe_seconds=ground.settings.pause_probe_seconds,
    )


def _stability(ground: _Ground) -> Stability:
    return TracedStability(
        ground.session,
        metrics=ground.metrics,
        traces=ground.traces,
        host=ground.settings.stability_api_host,
        key=ground.settings.stability_api_key.get_secret_value(),
        timeout_seconds=ground.settings.stability_timeout_seconds,
    )


def _runner(
    ground: _Ground, queue: Queue, stability: Stability, parking: Parking, watch: Watch, pace: Pace
) -> JobRunner:
    metrics, traces = ground.metrics, ground.traces
    uploading = timed(traces, "upload", metrics.upload.time)
    storage = Storage(queue, ground.bucket, parking, watch, uploading=uploading)
    return TracedJobRunner(
        queue,
        pace,
        stability,
        Pictures(ground.bucket, parking),
        storage,
        watch,
        traces=traces,
        preparing=timed(traces, "prepare", metrics.prepare.time),
    )


def _upkeep(ground: _Ground, queue: Queue, reach: Reach, wakes: list[Callable[[], None]]) -> AsyncIOScheduler:
    settings, pool = ground.settings, ground.pool
    retention = None
    if settings.retention_days is not None:
        retention = MeteredRetention(
            pool,
            days=settings.retention_days,
            link_ttl_seconds=settings.link_ttl_seconds,
            metrics=ground.metrics,
        )
    return upkeep.schedule(
        queue,
        reach,
        Downloads(pool),
        Chores(pool),
        Orphans(pool, ground.bucket),
        retention,
        wakes,
        poll_seconds=settings.poll_seconds,
        lease_seconds=settings.lease_seconds,
    )


def _loop(settings: WorkerSettings, queue: Queue, runner: JobRunner, prober: Prober) -> Loop:
    async def settle_unforeseen(job: Job, error: Exception) -> None:
        log.error("it broke", exc_info=error)
        await runner.settle(job, JobFailed(FailureCode.INTERNAL, f"{type(error).__name__}: {error}"))

    return Loop(
        queue,
        runner.run,
        settle_unforeseen,
        concurrency=settings.worker_concurrency,
        lease_seconds=settings.lease_seconds,
        probe=prober.claim,
    )


def _neglect(settings: WorkerSettings, loop: Loop, reach: Reach) -> Check:
    def check() -> str | None:
        seconds = reach.answer
        if seconds is None or seconds <= settings.health_wait_seconds_max or not loop.is_idle:
            return None
        return f"a job waits for {seconds:.0f} s, and this worker is idle"

    return check


@contextlib.asynccontextmanager
async def _beside(loop: Loop, works: list[Coroutine[None, None, None]]) -> AsyncIterator[None]:
    """None ends by itself: one that breaks ends the process, but not before what is paid for is safe."""
    helpers = [asyncio.create_task(work) for work in works]
    for helper in helpers:
        helper.add_done_callback(lambda _helper: loop.stop())
    try:
        yield
    finally:
        for helper in helpers:
            helper.cancel()
        ended = await asyncio.gather(*helpers, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error


async def _is_ready(pool: Pool, pace: Pace, prober: Prober, loop: Loop) -> bool:
    """Waits for the schema; false if the worker is told to stop before it is there."""

    async def prepare() -> None:
        await wait_until_migrated(pool)
        await until_answered(pace.provide)
        await prober.look_at_key()

    stop_when_told(loop.stop)
    ready, stopped = asyncio.create_task(prepare()), asyncio.create_task(loop.stopped.wait())
    await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not ready.done():
        ready.cancel()
        await asyncio.gather(ready, return_exceptions=True)
        return False
    await ready
    return not loop.stopped.is_set()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m worker", description="A worker of Tigerbrush.")
    parser.add_subparsers(dest="command").add_parser("doctor", help="say what is wrong, and what to do")
    if parser.parse_args().command == "doctor":
        end_as_usual_when_told()
        sys.exit(consult(WorkerSettings, examine_worker))
    settings = load(WorkerSettings)
    configure(settings, process="worker")
    try:
        with open_traces(settings, process="worker") as traces:
            asyncio.run(work(settings, traces))
    except Misconfigured as error:
        refuse(str(error))


if __name__ == "__main__":
    main()
