"""How long a member with one job waits while another has 10,000 in line."""

import asyncio
import statistics
import time

from benchmarks.contestants.ours import Ours
from benchmarks.report import Result, Table
from benchmarks.stage import Stage
from core.orders import Job

TITLE = "Fairness"

QUEUED = 10_000
SAMPLES = 30
CONCURRENCY = 10
JOB_SECONDS = 0.02


async def measure(stage: Stage) -> Result:
    queued = stage.amount(QUEUED, quick=200)
    async with Ours.open(await stage.database()) as ours:
        await ours.fill(queued, members=1)
        waits, ahead = await _compete(ours, stage.amount(SAMPLES, quick=2))
    # As many in a second as there are places, each taken for as long as a job takes.
    in_order = queued / CONCURRENCY * JOB_SECONDS
    title = f"One job beside {queued:,} of another member, {JOB_SECONDS * 1000:g} ms each"
    columns = ("", "median", "longest")
    rows = [
        ("milliseconds until it is started", f"{statistics.median(waits):.0f}", f"{max(waits):.0f}"),
        ("jobs started meanwhile", f"{statistics.median(ahead):.0f}", f"{max(ahead):.0f}"),
        ("milliseconds if it were first come, first served, by arithmetic", f"{in_order * 1000:,.0f}", ""),
    ]
    return Result(
        tables=[Table(title, columns, rows)],
        samples={"wait, ms": waits, "jobs started meanwhile": ahead},
    )


async def _compete(ours: Ours, samples: int) -> tuple[list[float], list[float]]:
    started: dict[int, tuple[float, int]] = {}
    newest = asyncio.Event()

    async def paint(job: Job) -> None:
        started[job.id] = time.perf_counter(), len(started)
        newest.set()
        await asyncio.sleep(JOB_SECONDS)

    waits, ahead = [], []
    async with ours.working(paint, concurrency=CONCURRENCY):
        await newest.wait()
        for _ in range(samples):
            asked_at, before = time.perf_counter(), len(started)
            job_id = await ours.enqueue()
            while job_id not in started:
                newest.clear()
                await newest.wait()
            at, place = started[job_id]
            waits.append((at - asked_at) * 1000)
            ahead.append(float(place - before))
    return waits, ahead
