"""What the owner of the bot looks at now and then: what is used, by whom and of what, and how it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from core.policy import Used
from db import queries
from db.pool import Pool

_SQL = queries.load("dashboard")

LISTED_MAX = 10
"""So many servers and models are named; the others are summed."""

WAITS_MAX = 500
"""Of so many pictures at most the median wait is."""


@dataclass(frozen=True, slots=True)
class Balance:
    """In credits, as a worker was last told."""

    provider: str
    credits: Decimal
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """Of this month, in credits and in UTC. `others` are those that are not listed; direct messages are server 0.
    `wait_seconds` is the median of the last day, None where nothing was painted in it."""

    by_server: Sequence[tuple[int, Decimal]]
    other_servers: Decimal
    by_model: Sequence[tuple[str, Decimal]]
    other_models: Decimal
    by_day: Sequence[tuple[date, Decimal]]
    pictures: int
    failures: int
    wait_seconds: float | None
    balances: Sequence[Balance]

    @property
    def credits(self) -> Decimal:
        return sum((credits for _day, credits in self.by_day), Decimal(0))


class Dashboard:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def used(self, guild_id: int | None) -> Used:
        """What counts against the owner's limits now: of this server and, where there is none, of the one that used
        most; and of the member who did."""
        return Used(**(await self._pool.fetch(_SQL["used"], guild_id))[0])

    async def figures(self) -> Figures:
        """One statement after another: what it takes from the others is one connection."""
        fetch, month = self._pool.fetch, datetime.now(UTC).date().replace(day=1)
        servers = await fetch(_SQL["by_server"], LISTED_MAX)
        begun = datetime.combine(month, time(), UTC)
        models = await fetch(_SQL["by_model"], begun, LISTED_MAX)
        days = await fetch(_SQL["by_day"])
        ended = (await fetch(_SQL["jobs"], month))[0]
        return Figures(
            by_server=[(row["guild_id"], row["credits"]) for row in servers],
            other_servers=_others([(row["credits"], row["total"]) for row in servers]),
            by_model=[(row["model"], row["credits"]) for row in models],
            other_models=_others([(row["credits"], row["total"]) for row in models]),
            by_day=[(row["day"], row["credits"]) for row in days],
            pictures=ended["pictures"],
            failures=ended["failures"],
            wait_seconds=await self._pool.fetchval(_SQL["wait"], WAITS_MAX),
            balances=[Balance(**row) for row in await fetch(_SQL["balances"])],
        )

    async def note_balance(self, provider: str, credits: Decimal) -> None:
        await self._pool.execute(_SQL["note_balance"], provider, credits)

    async def has_pictures(self) -> bool:
        found: bool = await self._pool.fetchval(_SQL["has_pictures"])
        return found


def _others(rows: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    return rows[0][1] - sum((credits for credits, _total in rows), Decimal(0)) if rows else Decimal(0)
