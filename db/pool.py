"""The pool of connections that a process shares."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from db.settings import DatabaseSettings

# asyncpg's classes are generic in its stubs alone, so the names have to be quoted.
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

UNAVAILABLE = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError,
               asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError)  # fmt: skip
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
    ) as pool:
        yield pool
