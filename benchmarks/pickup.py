"""How long a job waits that comes to an idle worker: from just before its insert to its start."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

from benchmarks.contestants import DURABLE, FLOOR, OURS, contestants
from benchmarks.contestants.contestant import Contestant
from benchmarks.figures import interleaved, p99, ratio
from benchmarks.report import Goal, Result, Table
from benchmarks.stage import Stage

TITLE = "Pick-up delay"

SAMPLES = 300
PAUSE_SECONDS = 0.005
"""After each, so that its worker has recorded it and is idle again."""

POLL_SECONDS = 1.0
"""The article's queue is polled by node-cron, whose finest schedule is a second; one job is taken at each poll."""


async def measure(stage: Stage) -> Result:
    async with contestants(stage) as entered, AsyncExitStack() as exits:
        # Both kinds of pgqueuer differ only in how a job ends.
        entered.pop(DURABLE, None)
        cases = {name: await _case(one, exits) for name, one in entered.items()}
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


async def _case(contestant: Contestant, exits: AsyncExitStack) -> Callable[[], Awaitable[float]]:
    started = asyncio.Event()
    began_at = 0.0

    def start() -> None:
        nonlocal began_at
        began_at = time.perf_counter()
        started.set()

    async def once() -> float:
        started.clear()
        asked_at = time.perf_counter()
        await contestant.enqueue()
        async with asyncio.timeout(10):
            await started.wait()
        await asyncio.sleep(PAUSE_SECONDS)
        return (began_at - asked_at) * 1000

    await contestant.fill(0)
    await exits.enter_async_context(contestant.serving(start))
    return once


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
