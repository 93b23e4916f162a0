"""What is spent: each call to a provider, and whether all that may be billed is counted."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.failures import Outcome
from core.orders import Job
from core.policy import Used
from db import queries
from db.pool import Connection, Pool

_SQL = queries.load("ledger")


SPENT_ORDERS_MAX = 2000
"""Of so many orders of a member, the newest, it is told what they cost."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a member used for this, in credits; pictures that nothing was counted for are not among them."""

    operation: str
    model: str
    pictures_today: int
    today: Decimal
    pictures: int
    month: Decimal


@dataclass(frozen=True, slots=True)
class Difference:
    """A sum that is not what a recount gives; both are in credits. `period` is a month or a day, `key` the server's id,
    or the member's hash."""

    period: str
    scope: str
    key: str
    counted: Decimal
    recounted: Decimal

    def __str__(self) -> str:
        whose = f"{self.scope} {self.key}".strip()
        sums = f"{self.counted:f} credits are counted, and a recount gives {self.recounted:f}"
        return f"{self.period} {whose}: {sums}"


@dataclass(frozen=True, slots=True)
class Total:
    month: date
    provider: str
    outcome: Outcome
    calls: int
    credits: Decimal

    def __str__(self) -> str:
        return (
            f"{self.month:%Y-%m} {self.provider}: {self.calls} calls {self.outcome}, {self.credits:f} credits"
        )


class Ledger:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def correct(
        self, job: Job, outcome: Outcome, *, request_id: str | None = None, generation: str | None = None
    ) -> None:
        """What became of a call whose job was taken away while it ran; it counted until now, as nobody knew."""
        await self._pool.execute(_SQL["correct"], job.id, job.attempt, outcome, request_id, generation)

    async def used(self, member_id: int, guild_id: int | None) -> Used:
        """By this member, and by all, as it counts against the limits there."""
        row = await self._pool.fetchrow(_SQL["used"], member_id, guild_id or 0)
        assert row is not None
        return Used(**row)

    async def spent(self, member_id: int) -> list[Spent]:
        """This month, the most first. What the member had deleted by being forgotten is not there any more."""
        return [Spent(**row) for row in await self._pool.fetch(_SQL["spent"], member_id, SPENT_ORDERS_MAX)]

    async def end_month(self) -> None:
        """Of months and days that are over nobody can tell any more which member used what."""
        for statement in ("forget_keys", "forget_holders", "forget_members", "forget_days"):
            await self._pool.execute(_SQL[statement])


async def audit(connection: "Connection | Pool") -> tuple[list[Total], list[Difference]]:
    """What is spent, and each sum that differs from a recount of calls and open jobs."""
    totals = [
        Total(**{**row, "outcome": Outcome(row["outcome"])}) for row in await connection.fetch(_SQL["totals"])
    ]
    differences = [Difference(**row) for row in await connection.fetch(_SQL["audit"])]
    return totals, differences


async def member_of(connection: "Connection | Pool", holder: bytes) -> int | None:
    """Whose jobs a provider was told are this one's (`Job.holder`); None for nobody, or one who is forgotten."""
    member: int | None = await connection.fetchval(_SQL["member"], holder)
    return member
