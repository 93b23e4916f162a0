"""`python -m worker`: wires one worker together and runs it until SIGTERM or SIGINT."""

from ops.signals import end_as_usual_when_told, end_at_once_when_told

if __name__ == "__main__":
    end_at_once_when_told()

import argparse
import asyncio
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from core.errors import Misconfigured
from core.settings import load, refuse
from db.alarms import Alarms
from db.bucket.client import Bucket, open_bucket
from db.dashboard import Dashboard
from db.downloads import Downloads
from db.erasure import Erasure
from db.ledger import Ledger
from db.listen import listen
from db.migrate import wait_until_migrated
from db.picture_store import PictureStore
from db.pool import Pool, open_pool
from db.queue import Queue
from db.rate_limits import RateLimit
from db.spill import Spill
from db.uploads import Uploads
from ops import memory
from ops.checks import doctor
from ops.database_probe import DatabaseProbe
from ops.health import Health, answering, unreachable
from ops.logs import configure
from ops.metrics import new_registry
from ops.signing import Signer, open_signer
from ops.supervisor import Supervisor
from ops.tracing import open_traces
from ops.tracing.traces import Traces
from ops.wake_loop import WakeLoop
from worker import collector, sweeper, upkeep, uploader
from worker.attachments import Attachments
from worker.collector import Collector
from worker.contract import check_contracts
from worker.cpus import CpuSlots
from worker.doctor import examine_worker
from worker.inputs import Inputs
from worker.instruments import Instruments
from worker.job import JobRunner
from worker.loop import Loop
from worker.marking import Marker
from worker.providers.provider import Provider, open_providers
from worker.settings import WorkerSettings
from worker.storage import Storage
from worker.sweeper import Sweeper
from worker.trial_credentials import print_trial
from worker.uploader import Uploader
from worker.watch import Watch

log = logging.getLogger("worker")


@dataclass(frozen=True, slots=True)
class _Parts:
    """What all of a worker stands on, open for as long as it works."""

    settings: WorkerSettings
    pool: Pool
    bucket: Bucket
    queue: Queue
    spill: Spill
    instruments: Instruments
    signer: Signer | None


async def work(settings: WorkerSettings, traces: Traces) -> None:
    name = f"{socket.gethostname()}-{os.getpid()}"
    signer = await asyncio.to_thread(open_signer, settings)
    async with (
        open_pool(settings, name="worker") as pool,
        open_bucket(
            settings, connections_max=2 * (settings.worker_concurrency + collector.LOOKS_MAX)
        ) as bucket,
        open_providers(settings) as providers,
        Attachments(settings.discord_api_base, settings.proxy_for) as attachments,
    ):
        queue = Queue(
            pool,
            worker=name,
            lease_seconds=settings.lease_seconds,
            attempts_max=settings.job_attempts,
            probe_seconds=settings.pause_probe_seconds,
        )
        spill = Spill(pool, bytes_max=settings.parked_bytes_max)
        parts = _Parts(settings, pool, bucket, queue, spill, Instruments(new_registry(), traces), signer)
        await _work(name, parts, _runners(parts, providers, attachments))
    log.info("worker %s has stopped", name)


async def _work(name: str, parts: _Parts, runners: dict[str, JobRunner]) -> None:
    settings, pool, bucket, queue = parts.settings, parts.pool, parts.bucket, parts.queue
    loop = Loop(
        queue,
        [runner.claim for runner in runners.values()],
        lambda job: runners[job.provider].run(job),
        concurrency=settings.worker_concurrency,
        lease_seconds=settings.lease_seconds,
    )
    looks = _looks(parts, runners)
    sweeping = WakeLoop(Sweeper(Erasure(pool), bucket).work, postponed=sweeper.POSTPONED)
    uploading = WakeLoop(Uploader(parts.spill, bucket, Alarms(pool)).work, postponed=uploader.POSTPONED)
    probe = DatabaseProbe(
        partial(queue.front_waits_seconds, providers=runners),
        every_seconds=min(5.0, settings.lease_seconds / 6),
    )

    def starving() -> str | None:
        seconds = probe.answer
        if seconds is None or seconds <= settings.health_wait_seconds_max or not loop.is_idle:
            return None
        return f"a job waits for {seconds:.0f} s, and this worker is idle"

    health = Health(
        [unreachable(probe), starving],
        parts.instruments.registry,
        loop_stuck_seconds_max=settings.loop_stuck_seconds_max,
    )

    def check_leases() -> None:
        loop.check_leases()
        looks.check_leases()

    channels = {"job_queued": loop.wake, "job_cancelled": check_leases, "removal_due": sweeping.wake}
    supervisor = Supervisor()

    async def begin() -> None:
        supervisor.start(health.serve())
        supervisor.every(probe.every_seconds, probe.probe, at_once=True)
        supervisor.every(memory.TRIM_SECONDS, memory.trim)
        await wait_until_migrated(pool)
        for runner in runners.values():
            await runner.prepare()
        for wake in (loop.wake, sweeping.wake, uploading.wake):
            supervisor.every(settings.poll_seconds, wake)
        supervisor.every(collector.TICK_SECONDS, looks.wake)
        _schedule(parts, supervisor, probe)
        for runner in runners.values():
            noting = partial(upkeep.note_balance, Dashboard(pool), runner.provider)
            supervisor.every(upkeep.BALANCE_SECONDS, noting, at_once=True)
        supervisor.start(listen(settings.listen_dsn, channels, is_worker=True))
        supervisor.start(sweeping.serve())
        supervisor.start(uploading.serve())
        # What it holds is paid for, so it ends before the others.
        supervisor.start(loop.serve(grace_seconds=settings.shutdown_grace_seconds), stop=loop.stop)
        supervisor.start(
            looks.serve(grace_seconds=min(collector.GRACE_SECONDS, settings.shutdown_grace_seconds)),
            stop=looks.stop,
        )
        log.info("worker %s is ready for %d jobs at once", name, settings.worker_concurrency)

    with answering(health, settings):
        await supervisor.run(begin())


def _runners(parts: _Parts, providers: list[Provider], attachments: Attachments) -> dict[str, JobRunner]:
    """One for each provider, by its name."""
    pool, queue = parts.pool, parts.queue
    alarms, cpus, marker = Alarms(pool), CpuSlots(), Marker(parts.signer)
    storage = Storage(queue, parts.bucket, parts.spill, alarms, parts.instruments)
    pictures = PictureStore(parts.bucket, parts.spill)
    inputs = Inputs(queue, pictures, parts.bucket, Uploads(pool), attachments, cpus)
    return {
        provider.name: JobRunner(
            queue,
            Ledger(pool),
            provider,
            RateLimit(pool, provider.name, requests=provider.requests_per_10_seconds),
            Watch(queue, alarms, provider, probe_seconds=parts.settings.pause_probe_seconds),
            inputs,
            storage,
            cpus,
            marker,
            parts.instruments,
        )
        for provider in providers
    }


def _looks(parts: _Parts, runners: dict[str, JobRunner]) -> Loop:
    """What asks after all that is answered later, beside what is painted."""
    collectors = {name: Collector(runner) for name, runner in runners.items()}
    return Loop(
        parts.queue,
        [one.claim for one in collectors.values()],
        lambda job: collectors[job.provider].run(job),
        concurrency=collector.LOOKS_MAX,
        lease_seconds=parts.settings.lease_seconds,
    )


def _schedule(parts: _Parts, supervisor: Supervisor, probe: DatabaseProbe) -> None:
    settings, pool, instruments = parts.settings, parts.pool, parts.instruments
    nightly: dict[str, Callable[[], Awaitable[None]]] = {
        "sweep": partial(upkeep.remove_orphans, pool, parts.bucket),
        "month": Ledger(pool).end_month,
        "uploads": partial(upkeep.erase_unused, Uploads(pool)),
    }
    if settings.retention_days is not None:
        days, ttl_seconds = settings.retention_days, settings.link_ttl_seconds
        nightly["retention"] = partial(
            upkeep.expire, pool, instruments, days=days, link_ttl_seconds=ttl_seconds
        )
    seconds = settings.lease_seconds
    reclaim = partial(upkeep.reclaim_expired, parts.queue, probe, instruments, lease_seconds=seconds)
    supervisor.every(seconds / 2, reclaim)
    checking = partial(upkeep.check_certificate, Alarms(pool), parts.signer)
    supervisor.every(upkeep.HOURLY_SECONDS, checking, at_once=True)
    supervisor.every(upkeep.HOURLY_SECONDS, partial(upkeep.hourly, Downloads(pool)))
    supervisor.every(
        upkeep.HOURLY_SECONDS,
        partial(upkeep.nightly, pool, nightly),
        jitter_seconds=upkeep.NIGHTLY_JITTER_SECONDS,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m worker", description="A worker of Tigerbrush.")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("doctor", help="say what is wrong, and what to do")
    commands.add_parser(
        "contract", help="try with a false key whether each provider takes what is sent; it costs nothing"
    )
    commands.add_parser("credentials", help="make a key and a certificate with which to try signing pictures")
    command = parser.parse_args().command
    if command == "doctor":
        end_as_usual_when_told()
        sys.exit(doctor(WorkerSettings, examine_worker))
    if command == "credentials":
        sys.exit(print_trial())
    settings = load(WorkerSettings)
    if command == "contract":
        end_as_usual_when_told()
        sys.exit(check_contracts(settings))
    configure(settings, process="worker")
    memory.share_one_heap()
    try:
        with open_traces(settings, process="worker") as traces:
            asyncio.run(work(settings, traces))
    except Misconfigured as error:
        refuse(str(error))


if __name__ == "__main__":
    main()
