"""The pool of connections that a process shares."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

import asyncpg

from db.errors import reason
from db.settings import DatabaseSettings

log = logging.getLogger(__name__)

T = TypeVar("T")

# asyncpg's classes are generic in its stubs alone, so the names have to be quoted.
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    # Between a server's last word, that it is stopping, and the end of the connection.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    # What had been the primary before a failover, and is not yet gone.
    asyncpg.ReadOnlySQLTransactionError,
    # A deadlock, of which this was the one to give way.
    asyncpg.TransactionRollbackError,
)
"""What asyncpg raises when Postgres is away, restarting or full: worth another try later."""


@asynccontextmanager
async def open_pool(settings: DatabaseSettings, *, name: str) -> AsyncIterator[Pool]:
    """`name` is what Postgres shows as the connection's application."""
    async with asyncpg.create_pool(
        settings.dsn,
        # A process starts, and says what is wrong, while Postgres is away.
        min_size=0,
        max_size=settings.database_pool_size,
        timeout=settings.database_timeout_seconds,
        command_timeout=settings.database_timeout_seconds,
        # A transaction pooler hands a statement to any server connection, where a prepared one is unknown.
        statement_cache_size=0 if settings.pooled else 256,
        server_settings={"application_name": f"tigerbrush-{name}"},
        reset=_keep,
    ) as pool:
        yield pool


async def _keep(_connection: object) -> None:
    """In the place of asyncpg's question to the server after each use, which takes as long as a statement.

    It would undo settings, locks and cursors of a session, of which there are none here: what locks is locked
    for a transaction, and LISTEN has a connection of its own. An open transaction asyncpg still rolls back.
    """


AGAIN_SECONDS_MIN = 0.2
AGAIN_SECONDS_MAX = 5.0


async def until_answered(work: Callable[[], Awaitable[T]]) -> T:
    """Does what must not be left undone because Postgres is away; `work` has to bear being done twice."""
    delay_seconds = AGAIN_SECONDS_MIN
    while True:
        try:
            return await work()
        except UNAVAILABLE as error:
            log.warning("waiting for Postgres: %s", reason(error))
        await asyncio.sleep(delay_seconds)
        delay_seconds = min(delay_seconds * 2, AGAIN_SECONDS_MAX)


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Raises TimeoutError when the time is over, whatever becomes of the work.

    It is cancelled but not waited for: a driver whose server hangs takes its time to give up a connection.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
        raise TimeoutError(f"no answer within {seconds:g} s")
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_forget)


def _forget(task: asyncio.Task[T]) -> None:
    """Nobody is interested any more in how it ended."""
    if not task.cancelled():
        task.exception()
