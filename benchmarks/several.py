"""Four pictures of one order where four places are free, beside one picture: from the order to the last one."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from benchmarks.figures import interleaved, ratio, told
from benchmarks.house import house, running, stability
from benchmarks.report import Goal, Result, Table
from benchmarks.stage import Stage
from core.settings import DatabaseSettings
from db.orders import Orders
from db.pool import Pool, open_pool
from sandbox.stack import Stack
from tests.conditions import until
from tests.orders import request

TITLE = "Four pictures at once"

PAINTING_SECONDS = 2.0
"""Half of what the quickest model takes."""
PLACES = 4
ROUNDS = 10

_OPEN = "select count(*) from jobs where finished_at is null"


async def measure(stage: Stage) -> Result:
    async with house(stage, "several") as servers, stability(PAINTING_SECONDS) as url, _pool(servers) as pool:
        servers.environment.update({"STABILITY_API_HOST": url, "WORKER_CONCURRENCY": str(PLACES)})
        async with running(servers.worker()):
            stage.say("several: one and four pictures")
            cases = {"one": partial(_paint, pool, 1), "four": partial(_paint, pool, PLACES)}
            figures = await interleaved(stage.amount(ROUNDS, quick=1), cases)
    rows = [(name, told(taken, 2), f"{ratio(taken, figures['one']):.2f}") for name, taken in figures.items()]
    return Result(
        [Table("Seconds until the last picture is there", ("pictures", "seconds", "of one"), rows)],
        [
            Goal(
                "four pictures of one order over one",
                1.15, ratio(figures["four"], figures["one"]), "times", at_most=True,
            )
        ],
        {f"{name}, s": taken for name, taken in figures.items()},
    )  # fmt: skip


@asynccontextmanager
async def _pool(servers: Stack) -> AsyncIterator[Pool]:
    await servers.migrate()
    settings = DatabaseSettings.model_validate({"database_url": servers.environment["DATABASE_URL"]})
    async with open_pool(settings, name="benchmark") as pool:
        yield pool


async def _paint(pool: Pool, count: int) -> float:
    began = time.perf_counter()
    if await Orders(pool).create(request(count=count)) is None:
        raise AssertionError("it was not stored")
    await until(lambda: pool.fetchval(_OPEN), lambda open_: open_ == 0, within_seconds=60)
    if lost := await pool.fetchval("select count(*) from jobs where state <> 'done'"):
        raise RuntimeError(f"{lost} jobs came to nothing")
    return time.perf_counter() - began
