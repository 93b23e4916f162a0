"""Who has changed what is set from inside Discord."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from db import queries
from db.pool import Pool

_SQL = queries.load("audit")


@dataclass(frozen=True, slots=True)
class Change:
    """`what` is by its name what was and what is, or whom it concerns; `member_id` is 0 where nobody did it."""

    id: int
    member_id: int
    changed_at: datetime
    what: dict[str, Any]


class Audit:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of_server(self, guild_id: int, limit: int, before_id: int | None = None) -> list[Change]:
        """The newest first, from before that one on."""
        rows = await self._pool.fetch(_SQL["of_server"], guild_id, before_id, limit)
        return [_change(row) for row in rows]

    async def claim_untold(self, servers: int, limit: int, *, hold_seconds: float) -> dict[int, list[Change]]:
        """Changes that are to be written to their servers' channels, the oldest first, by the servers' ids; nobody
        else is given them while they are held."""
        found: dict[int, list[Change]] = {}
        for row in await self._pool.fetch(_SQL["claim_untold"], servers, limit, hold_seconds):
            found.setdefault(row["guild_id"], []).append(_change(row))
        return found

    async def told(self, changes: Iterable[Change]) -> None:
        """Or not to be told any more."""
        await self._pool.execute(_SQL["told"], [one.id for one in changes])

    async def postpone(self, changes: Iterable[Change], *, delay_seconds: float) -> None:
        await self._pool.execute(_SQL["postpone"], [one.id for one in changes], delay_seconds)


def _change(row: asyncpg.Record) -> Change:
    return Change(row["id"], row["member_id"], row["changed_at"], json.loads(row["change"]))
