"""What is asked most, and what is asked once a day, in a database that is large, beside one that is not."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

from benchmarks.figures import interleaved, p99, ratio, timed, told
from benchmarks.filled import CHANNELS, LEAVING, LEAVING_SHARE, PICTURES_EACH, SERVERS, USUAL, Filled, sizes
from benchmarks.report import Goal, Result, Table
from benchmarks.stage import Stage
from benchmarks.usage import with_children_cpu_seconds
from core.orders import Job
from core.policy import Limits
from core.settings import DatabaseSettings
from db import gauges
from db.dashboard import Dashboard
from db.erasure import Erasure
from db.export import Export
from db.ledger import Ledger, audit
from db.orders import Orders
from db.pictures import Filters, Pictures
from db.pool import Pool, open_pool
from db.replies import Replies
from db.retention import expire
from tests.lives import painted_by, worker
from tests.orders import request

TITLE = "A large database"

ROUNDS = 100
MUCH = 10**9
LIMITS = Limits(MUCH, 100, 100, *([Decimal(MUCH)] * 8))
"""All that there can be, so that each is looked at."""

ORDER, CLAIM, DONE, USED = (
    "an order is stored, all limits set",
    "a job is claimed",
    "it is done",
    "what a member used",
)

HOLD_SECONDS = 10.0
READABLE = 500
"""Channels: as many as a server may have."""
KEPT_DAYS = 399
"""One of the 400 that were filled is over."""


class World:
    """What bot and worker do in one database, each for a member that had no turn yet."""

    def __init__(self, filled: Filled, pool: Pool) -> None:
        self._filled, self._pool = filled, pool
        self._orders, self._queue, self._replies = Orders(pool), worker(pool), Replies(pool)
        self._pictures = Pictures(pool)
        self._numbers = count(1)
        self._held: list[Job] = []

    def often(self) -> dict[str, Callable[[], Awaitable[object]]]:
        pictures, ledger, of = self._pictures, Ledger(self._pool), self._member
        return {
            ORDER: self._order,
            CLAIM: self._claim,
            DONE: self._finish,
            "its reply is claimed and recorded": self._show,
            USED: lambda: ledger.used(of(), 1),
            "what for": lambda: ledger.spent(of()),
            "what is in line, /jobs": lambda: self._orders.open_of(of()),
            "the first page of a gallery": self._page,
            "the last page": partial(self._page, after_id=0),
            f"another's, by {READABLE} channels": partial(self._page, viewer_id=1),
            "of one form, which none has": partial(self._page, filters=Filters(model="ultra")),
            "a search that finds many": partial(self._page, search="a in the"),
            "a search for two words": partial(self._page, search="fox 996"),
            "a search that finds nothing": partial(self._page, search="badger"),
            "the favourites": lambda: pictures.favourites(
                viewer_id=of(), channel_ids=range(READABLE), limit=6
            ),
            "a server's best": self._best,
            "prompts that are proposed": lambda: pictures.suggestions(of(), "fox", 25),
            "what a message shows": lambda: pictures.by_message(self._row()),
            "one picture is deleted": lambda: Erasure(self._pool).erase(self._row() * 16 + 1),
            "a member's data, 200 orders": lambda: Export(self._pool).orders(of(), limit=200),
            "the gauges, each 15 seconds": lambda: gauges.read(self._pool),
            "the owner's dashboard": lambda: Dashboard(self._pool).figures(),
        }

    def rare(self) -> dict[str, Callable[[], Awaitable[object]]]:
        erasure = Erasure(self._pool)
        largest = self._filled.rows // LEAVING_SHARE
        return {
            "a usual member is forgotten": lambda: erasure.erase_member(self._member()),
            f"one with {largest:,} pictures": lambda: erasure.erase_member(LEAVING),
            f"the originals of a day, {self._filled.rows // 400:,}": lambda: expire(
                self._pool, days=KEPT_DAYS, link_ttl_seconds=0
            ),
            "members' sums of months and days that are over": lambda: Ledger(self._pool).end_month(),
            "`python -m db audit`, all of it": lambda: audit(self._pool),
        }

    async def cpu_ms(self, orders: int) -> float:
        """What Postgres takes of a processor for an order, from the command to the picture shown."""
        pid = int((await self._pool.fetchval("select pg_read_file('postmaster.pid')")).split()[0])
        before = with_children_cpu_seconds(pid)
        for _ in range(orders):
            for step in (self._order, self._claim, self._show, self._finish, self._show):
                await step()
        return (with_children_cpu_seconds(pid) - before) / orders * 1000

    def _member(self) -> int:
        number = next(self._numbers) * 7
        # Whose number is of every twentieth has none: those are the largest's.
        return USUAL + (number + (number % 20 == 0)) % self._filled.members

    def _row(self) -> int:
        """Of a picture that is a usual member's and was not looked at before."""
        return next(self._numbers) * 997 % self._filled.rows // 20 * 20 + 2

    async def _order(self) -> None:
        number = next(self._numbers)
        member = self._member()
        asked = request(member_id=member, guild_id=1 + member % SERVERS, interaction_id=-MUCH - number)
        if await self._orders.create(asked, LIMITS) is None:
            raise AssertionError("it was not stored")

    async def _claim(self) -> None:
        self._held = await self._queue.claim(1)

    async def _finish(self) -> None:
        (job,) = self._held
        await self._queue.finish(painted_by(job))

    async def _show(self) -> None:
        for reply in await self._replies.claim_due(1, hold_seconds=HOLD_SECONDS):
            await self._replies.shown(reply, message_id=None)

    async def _page(self, *, viewer_id: int | None = None, **where: Any) -> None:
        member = self._member()
        first = (1 + member % SERVERS) * CHANNELS
        channels = range(first, first + READABLE)
        await self._pictures.page(
            owner_id=member, viewer_id=viewer_id or member, channel_ids=channels, limit=6, **where
        )

    async def _best(self) -> None:
        guild = 1 + next(self._numbers) % SERVERS
        channels = range(guild * CHANNELS, (guild + 1) * CHANNELS)
        await self._pictures.best(viewer_id=1, channel_ids=channels, filters=Filters(guild_id=guild), limit=6)


async def measure(stage: Stage) -> Result:
    small, large = sizes(stage)
    async with AsyncExitStack() as exits:
        worlds = {}
        for rows in (small, large):
            filled = await Filled.of(stage, rows)
            # What is asked for once may take longer than anything that somebody waits for.
            settings = DatabaseSettings.model_validate(
                {"database_url": filled.url, "database_timeout_seconds": 600}
            )
            pool = await exits.enter_async_context(open_pool(settings, name="benchmark"))
            worlds[rows] = World(filled, pool)
        stage.say("large: what is asked most")
        cases = {
            f"{name} of {rows:,}": partial(timed, case)
            for rows, world in worlds.items()
            for name, case in world.often().items()
        }
        figures = await interleaved(stage.amount(ROUNDS, quick=2), cases)
        cpu_ms = await worlds[large].cpu_ms(stage.amount(ROUNDS, quick=2))
        rare = {}
        for name, case in worlds[large].rare().items():
            stage.say(f"large: {name}")
            rare[name] = await timed(case) / 1000
    return _result(small, large, figures, rare, cpu_ms)


def _result(
    few: int, many: int, figures: dict[str, list[float]], rare: dict[str, float], cpu_ms: float
) -> Result:
    of_few, of_many = (
        {
            name.removesuffix(f" of {rows:,}"): taken
            for name, taken in figures.items()
            if name.endswith(f" of {rows:,}")
        }
        for rows in (few, many)
    )
    times = {name: ratio(taken, of_few[name]) for name, taken in of_many.items()}
    often = Table(
        f"Among {many:,} pictures of {many // PICTURES_EACH:,} members, in milliseconds",
        ("", "median", "p99", f"of the same among {few:,}"),
        [
            (name, told(taken, 2), f"{p99(taken):.2f}", f"{times[name]:.2f}")
            for name, taken in of_many.items()
        ],
        note=f"From the command to the picture shown, an order takes Postgres {cpu_ms:.1f} ms of one processor.",
    )
    once = Table("Once", ("", "seconds"), [(name, f"{seconds:,.2f}") for name, seconds in rare.items()])
    goals = [
        Goal(f"{name} among {many:,} over {few:,}", 1.5, times[name], "times", at_most=True)
        for name in (ORDER, CLAIM, DONE, USED)
    ]
    return Result(
        [often, once],
        goals,
        {f"{name}, ms": taken for name, taken in figures.items()}
        | {f"{name}, s": [taken] for name, taken in rare.items()}
        | {"CPU of Postgres for an order, ms": [cpu_ms]},
    )
