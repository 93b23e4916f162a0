"""Pictures that members find should not be there, until a moderator has decided."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import asyncpg

from db import queries
from db.blocks import block
from db.erasure import Erasure
from db.pool import Pool

_SQL = queries.load("reports")

OPEN_OF_MEMBER_MAX = 10
"""Whoever has reported so many pictures of a server waits until some are decided about."""

BLOCKED_FOR = timedelta(days=1)


class Reported(StrEnum):
    NEW = "new"
    OPEN = "open"  # somebody else has reported it
    TOO_MANY = "too many"
    GONE = "gone"


class Decision(StrEnum):
    """With a block the picture is deleted as well."""

    KEPT = "kept"
    DELETED = "deleted"
    BLOCKED_FOR_A_DAY = "blocked_for_a_day"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Report:
    """Who has made it is not told. `decided_by` is None while it is open, and where the picture was deleted otherwise.

    The message is the one in the server's channel for reports, the card the one that shows the picture; `painter_id`
    is 0 where its member was forgotten.
    """

    id: int
    picture_id: int
    guild_id: int
    reason: str
    reported_at: datetime
    decision: Decision | None
    decided_by: int | None
    decided_at: datetime | None
    channel_id: int | None
    message_id: int | None
    tell_at: datetime | None
    painter_id: int
    made_in: int
    card_id: int | None
    card_in: int


class Reports:
    def __init__(self, pool: Pool, erasure: Erasure) -> None:
        self._pool = pool
        self._erasure = erasure

    async def report(self, picture_id: int, guild_id: int, member_id: int, reason: str) -> Reported:
        row = await self._pool.fetchrow(
            _SQL["report"], picture_id, guild_id, member_id, reason, OPEN_OF_MEMBER_MAX
        )
        if row is None or not row["is_there"]:
            return Reported.GONE
        if row["is_new"]:
            return Reported.NEW
        return Reported.OPEN if row["is_open"] else Reported.TOO_MANY

    async def find(self, report_id: int, guild_id: int) -> Report | None:
        row = await self._pool.fetchrow(_SQL["find"], report_id, guild_id)
        return _report(row) if row else None

    async def open_of(self, guild_id: int, from_id: int) -> list[Report]:
        """The oldest two of them from that one on, and the one before these."""
        return [_report(row) for row in await self._pool.fetch(_SQL["open_of"], guild_id, from_id)]

    async def decide(self, report: Report, decision: Decision, *, by: int) -> bool:
        """With all that follows from it. False where it was decided before."""
        async with self._pool.acquire() as connection, connection.transaction():
            # As who erases the picture has it, and then comes to its reports.
            await self._erasure.lock(connection, report.picture_id)
            if not await connection.fetch(_SQL["decide"], report.id, report.guild_id, decision, by):
                return False
            if decision is Decision.KEPT:
                return True
            await self._erasure.erase_locked(connection, report.picture_id)
            if decision is not Decision.DELETED and report.painter_id:
                is_short = decision is Decision.BLOCKED_FOR_A_DAY
                until = datetime.now(UTC) + BLOCKED_FOR if is_short else None
                await block(connection, report.painter_id, report.guild_id, by=by, until=until)
        return True

    async def claim_due(self, limit: int, *, hold_seconds: float) -> list[Report]:
        """Those whose message is to be sent or edited; nobody else is given them while they are held."""
        rows = await self._pool.fetch(_SQL["claim_due"], limit, hold_seconds)
        return [_report(row) for row in rows]

    async def told(self, report: Report, channel_id: int | None, message_id: int | None) -> None:
        """The message, if there is one, shows the report as it was claimed."""
        await self._pool.execute(_SQL["told"], report.id, channel_id, message_id, report.tell_at)

    async def found(self, report: Report, channel_id: int, message_id: int) -> None:
        """Where its message is, by a press on it: the bot may have died before that was recorded."""
        await self._pool.execute(_SQL["found"], report.id, channel_id, message_id)

    async def postpone(self, report: Report, *, delay_seconds: float) -> None:
        await self._pool.execute(_SQL["postpone"], report.id, report.tell_at, delay_seconds)


def _report(row: asyncpg.Record) -> Report:
    return Report(**{**row, "decision": Decision(row["decision"]) if row["decision"] else None})
