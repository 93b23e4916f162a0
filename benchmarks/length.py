"""What a longer queue costs: the time of one claim, and the throughput of one worker."""

import statistics
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

from benchmarks.contestants.ours import Ours
from benchmarks.figures import interleaved, p99, told
from benchmarks.report import Goal, Plot, Result, Table
from benchmarks.stage import Stage

TITLE = "Longer queues"

CLAIMS = 200
ROUNDS = 5
CONCURRENCY = 10
DRAINED = 100
"""Of each queue, in each round; they are put back afterwards."""


async def measure(stage: Stage) -> Result:
    lengths = [100, 1_000, 10_000, 100_000, 1_000_000]
    if stage.quick:
        lengths = lengths[:2]
    elif stage.large:
        lengths.append(10_000_000)
    async with AsyncExitStack() as exits:
        queues = {}
        for length in lengths:
            stage.say(f"filling a queue with {length:,} jobs ...")
            queues[length] = await exits.enter_async_context(Ours.open(await stage.database()))
            await queues[length].fill(length)
        cases: dict[str, Callable[[], Awaitable[float]]] = {
            f"{length:,}": ours.claim_one for length, ours in queues.items()
        }
        claims = await interleaved(stage.amount(CLAIMS, quick=2), cases)
        cases = {f"{length:,}": partial(_drain, ours) for length, ours in queues.items()}
        rates = await interleaved(stage.amount(ROUNDS, quick=1), cases)
    return _result(claims, rates)


async def _drain(ours: Ours) -> float:
    rate = await ours.drain(DRAINED, CONCURRENCY)
    await ours.put_back()
    return rate


def _result(claims: dict[str, list[float]], rates: dict[str, list[float]]) -> Result:
    medians = {length: statistics.median(taken) for length, taken in claims.items()}
    shortest, longest = next(iter(medians)), "1,000,000"
    rows = [
        (
            length,
            f"{medians[length]:.2f}",
            f"{p99(claims[length]):.2f}",
            f"{medians[length] / medians[shortest]:.2f}",
            told(rates[length]),
        )
        for length in claims
    ]
    columns = ("jobs that wait", "claim, ms", "p99, ms", f"of that at {shortest}", "jobs/s")
    goals = []
    if longest in medians:
        reached = medians[longest] / medians[shortest]
        goals.append(Goal(f"claim at {longest} over claim at {shortest}", 1.5, reached, "×", at_most=True))
    return Result(
        tables=[
            Table("One claim, and one worker with 10 jobs at once, by the queue's length", columns, rows)
        ],
        goals=goals,
        samples={f"claim at {length}, ms": taken for length, taken in claims.items()}
        | {f"throughput at {length}, 1/s": taken for length, taken in rates.items()},
        plot=Plot(
            title="One worker, by the length of the queue",
            across="jobs that wait",
            labels=list(claims),
            panels=[
                ("jobs a second", [statistics.median(taken) for taken in rates.values()]),
                ("milliseconds a claim", list(medians.values())),
            ],
        ),
    )
