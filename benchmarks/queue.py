"""Jobs a second that do nothing: through one worker, and into the queue."""

import asyncio
import time
from functools import partial

from benchmarks.contestants import BATCHED, DURABLE, FLOOR, OURS, PROCRASTINATE, contestants, installed
from benchmarks.contestants.contestant import Contestant, TakesMany
from benchmarks.figures import interleaved, ratio, timed, told
from benchmarks.report import Goal, Result, Table
from benchmarks.stage import Stage

TITLE = "Queue throughput"

CONCURRENCIES = (10, 50)
ROUNDS = 5
JOBS = 1000
ENQUEUED = 300
CLIENTS = (1, 10)
LINE = 10_000
NONE_WAIT, LINE_WAITS = "nothing waits", f"{LINE:,} wait"


async def measure(stage: Stage) -> Result:
    rounds, jobs = stage.amount(ROUNDS, quick=1), stage.amount(JOBS, quick=60)
    enqueued = stage.amount(ENQUEUED, quick=10)
    samples: dict[str, dict[str, list[float]]] = {}
    lines: dict[int, dict[str, list[float]]] = {}
    async with contestants(await installed(stage)) as entered:
        for concurrency in CONCURRENCIES:
            stage.say(f"one worker, {concurrency} jobs at once ...")
            cases = {name: partial(_drain, one, jobs, concurrency) for name, one in entered.items()}
            samples[f"worked off, {concurrency} at once"] = await interleaved(rounds, cases)
        # Both kinds of pgqueuer differ only in how a job ends.
        entered.pop(DURABLE, None)
        for clients in CLIENTS:
            stage.say(f"{clients} that enqueue ...")
            cases = {name: partial(_enqueue, one, enqueued, clients) for name, one in entered.items()}
            samples[f"enqueued one by one, by {clients}"] = await interleaved(rounds, cases)
        line = stage.amount(LINE, quick=100)
        for clients in CLIENTS:
            stage.say(f"{clients} that enqueue, with {line:,} waiting ...")
            cases = {
                name: partial(_enqueue, entered[OURS], enqueued, clients, waiting)
                for name, waiting in ((NONE_WAIT, 0), (LINE_WAITS, line))
            }
            lines[clients] = await interleaved(rounds, cases)
        stage.say("many enqueued in one call ...")
        cases = {
            name: partial(_enqueue_many, one, enqueued)
            for name, one in entered.items()
            if isinstance(one, TakesMany)
        }
        samples[f"{enqueued} enqueued in one call"] = await interleaved(rounds, cases)
    return Result(
        tables=[*(_table(title, figures) for title, figures in samples.items()), _line_table(lines)],
        goals=[
            *(goal for at in CONCURRENCIES for goal in _goals(at, samples[f"worked off, {at} at once"])),
            *(goal for by in CLIENTS for goal in _enqueue_goals(by, samples[f"enqueued one by one, by {by}"])),
            *(
                Goal(
                    f"time of an order by {clients}, with {LINE:,} waiting over none",
                    1.1, ratio(figures[NONE_WAIT], figures[LINE_WAITS]), "×", at_most=True,
                )
                for clients, figures in lines.items()
            ),
        ],
        samples={f"{title}: {name}, 1/s": f for title, of in samples.items() for name, f in of.items()}
        | {f"enqueued by {by}, {name}, 1/s": f for by, of in lines.items() for name, f in of.items()},
    )  # fmt: skip


async def _drain(contestant: Contestant, jobs: int, concurrency: int) -> float:
    await contestant.fill(jobs)
    return await contestant.drain(jobs, concurrency)


async def _enqueue(contestant: Contestant, jobs: int, clients: int, waiting: int = 0) -> float:
    await contestant.fill(waiting)

    async def one_by_one() -> None:
        for _ in range(jobs // clients):
            await contestant.enqueue()

    began = time.perf_counter()
    await asyncio.gather(*(one_by_one() for _ in range(clients)))
    return jobs / (time.perf_counter() - began)


async def _enqueue_many(contestant: TakesMany, jobs: int) -> float:
    return jobs / (await timed(lambda: contestant.enqueue_many(jobs)) / 1000)


def _table(title: str, figures: dict[str, list[float]]) -> Table:
    rows = [(name, told(rates), f"{ratio(rates, figures[FLOOR]):.2f}") for name, rates in figures.items()]
    return Table(f"Jobs a second, {title}", ("", "jobs/s", "of the floor"), rows)


def _goals(concurrency: int, figures: dict[str, list[float]]) -> list[Goal]:
    aims = {FLOOR: 0.9 if concurrency == 10 else 1.4, PROCRASTINATE: 3.0, DURABLE: 1.0}
    return [
        Goal(
            what=f"throughput, {concurrency} at once, over {name}",
            aim=aim,
            reached=ratio(figures[OURS], figures[name]),
            unit="×",
            at_most=False,
        )
        for name, aim in aims.items()
        if name in figures
    ]


def _line_table(lines: dict[int, dict[str, list[float]]]) -> Table:
    rows = [
        (
            f"by {clients}",
            *map(told, figures.values()),
            f"{ratio(figures[NONE_WAIT], figures[LINE_WAITS]):.2f}",
        )
        for clients, figures in lines.items()
    ]
    return Table("Orders a second, enqueued one by one", ("", NONE_WAIT, LINE_WAITS, "times as long"), rows)


def _enqueue_goals(clients: int, figures: dict[str, list[float]]) -> list[Goal]:
    aims = {FLOOR: 0.65, PROCRASTINATE: 1.0, BATCHED: 1.0}
    return [
        Goal(
            what=f"orders stored one by one, by {clients}, over {name}",
            aim=aim,
            reached=ratio(figures[OURS], figures[name]),
            unit="×",
            at_most=False,
        )
        for name, aim in aims.items()
        if name in figures
    ]
