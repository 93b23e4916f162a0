"""Members who may ask for nothing, in one server or anywhere."""

import json
from dataclasses import dataclass
from datetime import datetime

from core.orders import CancelReason
from core.rules import HOUSE
from db import queries
from db.pool import Connection, Pool

_SQL = queries.load("blocks")
_CANCEL_IN = queries.load("orders")["cancel_in"]


@dataclass(frozen=True, slots=True)
class Block:
    """`guild_id` is HOUSE for everywhere; `until` None is for good."""

    member_id: int
    guild_id: int
    reason: str
    until: datetime | None
    blocked_by: int
    blocked_at: datetime


class Blocks:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def block(
        self, member_id: int, guild_id: int, *, by: int, reason: str = "", until: datetime | None = None
    ) -> int:
        """In place of one that is there; until None is for good. Returns how many of the member's jobs it has
        cancelled, those that wait at no cost."""
        async with self._pool.acquire() as connection, connection.transaction():
            return await block(connection, member_id, guild_id, by=by, reason=reason, until=until)

    async def lift(self, member_id: int, guild_id: int, *, by: int) -> bool:
        """False where there is none any more."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetch(_SQL["lift"], member_id, guild_id):
                return False
            change = {"lifted": str(member_id)}
            await connection.execute(_SQL["audit"], guild_id, by, json.dumps(change))
        return True

    async def of_server(self, guild_id: int, *, limit: int, before: datetime | None = None) -> list[Block]:
        """Those that are not over, the newest first."""
        return [Block(**row) for row in await self._pool.fetch(_SQL["of_server"], guild_id, limit, before)]


async def block(
    connection: Connection,
    member_id: int,
    guild_id: int,
    *,
    by: int,
    reason: str = "",
    until: datetime | None = None,
) -> int:
    """As `Blocks.block`, as a part of what else is done in a transaction."""
    change = {"blocked": [str(member_id), reason, until and until.isoformat()]}
    await connection.execute(_SQL["lock"], member_id)
    await connection.execute(_SQL["block"], member_id, guild_id, reason, until, by)
    await connection.execute(_SQL["audit"], guild_id, by, json.dumps(change))
    where = None if guild_id == HOUSE else guild_id
    return len(await connection.fetch(_CANCEL_IN, where, member_id, CancelReason.MEMBER_BLOCKED))
