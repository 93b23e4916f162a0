"""How long a job waits that comes to an idle worker: from just before its insert to its start."""

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from functools import partial

import asyncpg

from benchmarks.contestants import DURABLE, FLOOR, OURS, contestants, installed
from benchmarks.contestants.contestant import Contestant
from benchmarks.contestants.worker import Worker, worker
from benchmarks.figures import interleaved, p99, ratio
from benchmarks.report import Goal, Result, Table
from benchmarks.stage import Stage

TITLE = "Pick-up delay"

SAMPLES = 300
BEFORE = 1000
"""Jobs that each worker has done before: none is measured as it is in its first second."""
PAUSE_SECONDS = 0.005
"""After each, so that its worker has recorded it and is idle again."""

POLL_SECONDS = 1.0
"""The article's queue is polled by node-cron, at most every second; each poll takes one job."""


async def measure(stage: Stage) -> Result:
    # Both kinds of pgqueuer differ only in how a job ends.
    urls = {name: url for name, url in (await installed(stage)).items() if name != DURABLE}
    before = stage.amount(BEFORE, quick=10)
    async with contestants(urls) as entered, AsyncExitStack() as exits:
        cases = {}
        for name, contestant in entered.items():
            await contestant.fill(before)
            idle = await exits.enter_async_context(worker(name, urls[name]))
            for _ in range(before):
                await idle.started_at()
            await _tidy(urls[name])
            cases[name] = partial(_pick_up, contestant, idle)
        figures = await interleaved(stage.amount(SAMPLES, quick=3), cases)
    rows = [
        (
            name,
            f"{statistics.median(taken):.2f}",
            f"{p99(taken):.2f}",
            f"{ratio(taken, figures[FLOOR]):.2f}",
        )
        for name, taken in figures.items()
    ]
    polled = f"a poll each {POLL_SECONDS:g} s, by arithmetic"
    rows.append((polled, f"{POLL_SECONDS * 500:.0f}", f"{POLL_SECONDS * 990:.0f}", ""))
    return Result(
        tables=[Table("Milliseconds until it is started", ("", "median", "p99", "of the floor"), rows)],
        goals=_goals(figures),
        samples={f"{name}, ms": taken for name, taken in figures.items()},
    )


async def _tidy(url: str) -> None:
    """As autovacuum does within a minute."""
    connection = await asyncpg.connect(url)
    await connection.execute("vacuum analyze")
    await connection.close()


async def _pick_up(contestant: Contestant, idle: Worker) -> float:
    """In milliseconds."""
    asked_at = time.monotonic()
    await contestant.enqueue()
    taken = (await idle.started_at() - asked_at) * 1000
    await asyncio.sleep(PAUSE_SECONDS)
    return taken


def _goals(figures: dict[str, list[float]]) -> list[Goal]:
    over = partial(ratio, figures[OURS])
    return [
        Goal(
            what=f"pick-up delay over {name}",
            aim=1.5 if name == FLOOR else 1.0,
            reached=over(taken),
            unit="×",
            at_most=True,
        )
        for name, taken in figures.items()
        if name != OURS
    ]
