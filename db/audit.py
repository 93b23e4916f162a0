"""Who has changed what is set from inside Discord."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db import queries
from db.pool import Pool

_SQL = queries.load("audit")


@dataclass(frozen=True, slots=True)
class Change:
    """`what` is by its name what was and what is; `member_id` is 0 where nobody did it."""

    id: int
    member_id: int
    changed_at: datetime
    what: dict[str, list[Any]]


class Audit:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of_server(self, guild_id: int, limit: int, before_id: int | None = None) -> list[Change]:
        """The newest first, from before that one on."""
        rows = await self._pool.fetch(_SQL["of_server"], guild_id, before_id, limit)
        return [
            Change(row["id"], row["member_id"], row["changed_at"], json.loads(row["change"])) for row in rows
        ]
