"""How many bytes of write-ahead log an order of one picture writes, from the command to the picture shown.

Each step is what bot and worker do in a transaction of its own, for one order at a time: none shares its commit.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import TypeVar

import asyncpg

from benchmarks.figures import told
from benchmarks.report import Goal, Result, Table
from benchmarks.stage import Stage
from core.orders import Reply
from core.settings import DatabaseSettings
from db.orders import Orders
from db.pool import Connection, Pool, open_pool
from db.replies import Replies
from tests.lives import fill, painted_by, worker
from tests.orders import request

TITLE = "The write-ahead log"

T = TypeVar("T")

ORDERS = 200
FILLED = 10_000
"""Orders that are there before, so that the trees of the indexes have their depth."""
MEMBERS = 50
SECONDS = 10.0

BEFORE = 9_800
"""What the same steps wrote while queue, reply, bill and gallery were one table with 17 indexes."""


class Life:
    """`steps` are the bytes of each step, in the order of the orders."""

    def __init__(self, pool: Pool, connection: Connection) -> None:
        self.steps: dict[str, list[float]] = defaultdict(list)
        self._orders = Orders(pool)
        self._replies = Replies(pool)
        self._queue = worker(pool)
        self._connection = connection
        self._numbers = count(1)

    async def live(self) -> None:
        number = next(self._numbers)
        asked = request(member_id=number % MEMBERS + 1)
        progress = await self._step("the order is stored", lambda: self._orders.create(asked))
        if progress is None:
            raise AssertionError("it was not stored")
        order_id, message_id = progress.order.id, 10**18 + number
        await self._step(
            "its first reply is recorded",
            lambda: self._replies.first_shown(order_id, message_id=message_id, place=1, over_seconds=SECONDS),
        )
        (job,) = await self._step("its job is claimed", lambda: self._queue.claim(1))
        reply = await self._claim_reply()
        await self._step(
            "the spinner is recorded",
            lambda: self._replies.shown(reply, message_id=None, over_seconds=SECONDS),
        )
        await self._step("its job is done", lambda: self._queue.finish(painted_by(job)))
        reply = await self._claim_reply()
        await self._step("the picture is recorded", lambda: self._replies.shown(reply, message_id=None))

    async def _claim_reply(self) -> Reply:
        claim = self._replies.claim_due
        (reply,) = await self._step("its reply is claimed, twice", lambda: claim(1, hold_seconds=SECONDS))
        return reply

    async def _step(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        before = await self._written()
        answer = await work()
        self.steps[name].append(await self._written() - before)
        return answer

    async def _written(self) -> int:
        written: int = await self._connection.fetchval("select (pg_current_wal_insert_lsn() - '0/0')::bigint")
        return written


async def measure(stage: Stage) -> Result:
    settings = DatabaseSettings.model_validate({"database_url": await stage.database()})
    async with open_pool(settings, name="benchmark") as pool, _quiet(settings.dsn) as connection:
        await fill(pool, stage.amount(FILLED, quick=100), state="done")
        await connection.execute("checkpoint")
        warm_up, life = Life(pool, connection), Life(pool, connection)
        await warm_up.live()
        for _ in range(stage.amount(ORDERS, quick=3)):
            await life.live()
    return _result(life.steps)


@asynccontextmanager
async def _quiet(url: str) -> AsyncIterator[Connection]:
    """Nothing else is written meanwhile: no images of whole pages after a checkpoint, and nothing by autovacuum."""
    connection = await asyncpg.connect(url)
    settings = ("full_page_writes", "autovacuum")
    try:
        for name in settings:
            await connection.execute(f"alter system set {name} = off")
        await connection.execute("select pg_reload_conf()")
        yield connection
    finally:
        for name in settings:
            await connection.execute(f"alter system reset {name}")
        await connection.execute("select pg_reload_conf()")
        await connection.close()


def _result(steps: dict[str, list[float]]) -> Result:
    orders = min(map(len, steps.values()))
    rows = [(name, told(taken), f"{sum(taken) / orders:,.0f}") for name, taken in steps.items()]
    mean = sum(map(sum, steps.values())) / orders
    table = Table(
        "Bytes of one order of one picture",
        ("", "each time", "mean of an order"),
        [*rows, ("all", "", f"{mean:,.0f}")],
        note=f"While queue, reply, bill and gallery were one table, these steps wrote {BEFORE:,} bytes.",
    )
    goal = Goal("WAL of an order, beside that of one table", 0.5, mean / BEFORE, "times", at_most=True)
    return Result([table], [goal], {f"{name}, bytes": taken for name, taken in steps.items()})
