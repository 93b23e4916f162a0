"""One process for each shard of the bot: a lock in Postgres, which ends with the session that holds it."""

import asyncio
import logging
from collections.abc import Sequence

from core.errors import ShardLost, reason
from db import queries
from db.connect import UNAVAILABLE, TrackedConnection, connect, watch
from db.retry import until_answered

log = logging.getLogger(__name__)

_SQL = queries.load("shards")

_CLASS = 7_263_444
"""The first half of the locks' keys, the same in all processes; the shard is the second."""

TRY_SECONDS = 0.5
CONFIRM_SECONDS = 10.0

REFUSALS_MAX = 5
"""So many refusals may still be due to this process's own session of before, which takes a moment to end."""


class ShardLocks:
    """All of a process's shards or none, as with some it would keep others from these. `dsn` leads past any pooler."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._ids: list[int] = []
        self._connection: TrackedConnection | None = None

    async def take(self, ids: Sequence[int]) -> None:
        """Returns when they are this process's, however long another has them."""
        self._ids = list(ids)
        waited = False
        while not await until_answered(self._try):
            if not waited:
                log.info("another bot serves %s: waiting to take over", self)
            waited = True
            await asyncio.sleep(TRY_SECONDS)
        if waited:
            log.info("took over %s", self)

    async def keep(self) -> None:
        """Runs until another process is found to have them, and raises ShardLost then.

        While Postgres is away nobody can take them over, and somebody has to tell members so. Where only this
        process is cut off from it, another has them after 150 seconds (shards.sql) and answers first: each
        command then still has one order and one answer.
        """
        while True:
            if self._connection is None:
                raise AssertionError("nothing was taken yet")
            try:
                await watch(self._connection, _SQL["confirm"], every_seconds=CONFIRM_SECONDS)
            except UNAVAILABLE as error:
                log.debug("the locks are not confirmed: %s", reason(error))
            self._connection.terminate()
            log.warning("lost the connection that holds %s; taking it again", self)
            await self._take_again()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()

    def __str__(self) -> str:
        return f"shard{'s' * (len(self._ids) > 1)} {', '.join(map(str, self._ids))}"

    async def _take_again(self) -> None:
        refusals = 0
        while refusals < REFUSALS_MAX:
            try:
                if await self._try():
                    log.info("still serving %s", self)
                    return
                refusals += 1
            except UNAVAILABLE as error:
                log.debug("waiting for Postgres: %s", reason(error))
            await asyncio.sleep(TRY_SECONDS)
        raise ShardLost(f"another bot has taken over {self}")

    async def _try(self) -> bool:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._dsn, name="shards")
            await self._connection.execute(_SQL["watch"])
        if await self._connection.fetchval(_SQL["take"], _CLASS, self._ids):
            return True
        await self._connection.execute(_SQL["release"])
        return False
