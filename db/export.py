"""All that is stored of a member, as the member is sent it."""

import json
from dataclasses import dataclass
from typing import Any

from core.orders import ID_MAX, JOB_NUMBERS, Picture
from db import queries
from db.pool import Pool
from db.rows import picture_of

_SQL = queries.load("export")

ROWS_MAX = 1000
"""Of anything but orders."""

_JSON = ("params", "change")


@dataclass(frozen=True, slots=True)
class Asked:
    """An order as it is exported, and its pictures that are there."""

    id: int
    values: dict[str, Any]
    pictures: list[Picture]


class Export:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def orders(self, member_id: int, *, before_id: int = ID_MAX, limit: int) -> list[Asked]:
        """The newest first."""
        rows = await self._pool.fetch(_SQL["orders"], member_id, before_id, limit)
        pictures: dict[int, list[Picture]] = {row["id"]: [] for row in rows}
        for row in await self._pool.fetch(_SQL["pictures"], list(pictures)):
            pictures[row["id"] // JOB_NUMBERS].append(picture_of(row))
        return [Asked(row["id"], _values(row), pictures[row["id"]]) for row in rows]

    async def beside(self, member_id: int) -> dict[str, list[dict[str, Any]]]:
        """What is no order, by what it is: ROWS_MAX of each."""
        return {
            name: [_values(row) for row in await self._pool.fetch(_SQL[name], member_id, ROWS_MAX)]
            for name in ("favourites", "handed_in", "reports", "blocks", "changes")
        }


def _values(row: Any) -> dict[str, Any]:
    return {name: json.loads(value) if name in _JSON else value for name, value in row.items()}
