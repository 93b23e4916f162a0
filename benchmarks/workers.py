"""What a second and a fourth worker bring, where the jobs do nothing and the queue itself is the work."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from benchmarks.contestants import OURS
from benchmarks.contestants.ours import Ours
from benchmarks.contestants.worker import Worker, worker
from benchmarks.figures import interleaved, ratio, told
from benchmarks.report import Result, Table
from benchmarks.stage import Stage

TITLE = "More workers"

WORKERS = (1, 2, 4)
ROUNDS = 5
JOBS = 2000
WAIT_SECONDS_MAX = 60.0


async def measure(stage: Stage) -> Result:
    url, jobs = await stage.database(), stage.amount(JOBS, quick=100)
    async with Ours.open(url) as ours:
        cases = {f"{count}": partial(_work_off, ours, url, jobs, count) for count in WORKERS}
        figures = await interleaved(stage.amount(ROUNDS, quick=1), cases)
    rows = [(workers, told(rates), f"{ratio(rates, figures['1']):.2f}") for workers, rates in figures.items()]
    return Result(
        tables=[Table("Jobs a second, 10 at once in each worker", ("workers", "jobs/s", "of one"), rows)],
        samples={f"{workers} workers, 1/s": rates for workers, rates in figures.items()},
    )


async def _work_off(ours: Ours, url: str, jobs: int, count: int) -> float:
    """Jobs a second, from the first start to the last."""
    await ours.fill(0)
    async with AsyncExitStack() as exits:
        workers = [await exits.enter_async_context(worker(OURS, url)) for _ in range(count)]
        async with ours.held_up():
            await ours.fill(jobs)
        starts = await _starts(workers, jobs)
    return jobs / (max(starts) - min(starts))


async def _starts(workers: list[Worker], jobs: int) -> list[float]:
    """When each job was started, whichever worker took it."""
    starts: list[float] = []

    async def follow(one: Worker) -> None:
        while len(starts) < jobs:
            starts.append(await one.started_at())

    async with asyncio.timeout(WAIT_SECONDS_MAX):
        followers = [asyncio.create_task(follow(one)) for one in workers]
        await asyncio.wait(followers, return_when=asyncio.FIRST_COMPLETED)
    for follower in followers:
        follower.cancel()
    await asyncio.gather(*followers, return_exceptions=True)
    return starts
