"""The pool of connections that a process shares."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from weakref import WeakSet

import asyncpg

from core.errors import DatabaseRefused, DatabaseUnavailable, SchemaBehind, reason
from core.settings import DatabaseSettings
from db.connect import UNAVAILABLE as UNAVAILABLE
from db.connect import Admission, TrackedConnection, connect
from db.schema import Connection as Connection
from db.schema import missing_migrations
from db.vetting import Vetting, pooler_misconfigured

log = logging.getLogger(__name__)

_SCHEMA_ERRORS = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
    asyncpg.InvalidSchemaNameError,
)

QueryFailed: TypeAlias = asyncpg.PostgresError
"""Postgres answered that a statement cannot be executed."""

_STATEMENT_ERRORS = (asyncpg.DuplicatePreparedStatementError, asyncpg.InvalidSQLStatementNameError)

IDLE_SECONDS_MAX = 60.0
"""Less than any NAT or load balancer keeps a silent connection."""

CHECK_IDLE_SECONDS = 1.0
CHECK_SECONDS = 0.8
"""Of a command's 2 seconds, so much is left that a new connection can still answer it."""

SUSPECT_SECONDS = 5.0
RELEASE_SECONDS = 1.0
CLOSE_SECONDS = 0.5


class Pool:
    """Finds dead connections, and raises one of UNAVAILABLE for whatever is not the statement's own fault.

    It is not asyncpg's, which asks the server to reset a session after each use and starts a task for it: together
    they take as long as a short statement. Here no session has anything to reset, as what locks is locked for a
    transaction and LISTEN has a connection of its own.
    """

    def __init__(self, settings: DatabaseSettings, *, name: str) -> None:
        self.settings = settings
        self._name = name
        self._admission = Admission("DATABASE_URL")
        is_shared = settings.database_listen_url is None
        self.vetting = Vetting(settings, admission=self._admission if is_shared else None)
        self._free = asyncio.Semaphore(settings.database_pool_size)
        self._connections: WeakSet[TrackedConnection] = WeakSet()
        self._idle: list[TrackedConnection] = []
        self._is_closed = False

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        async with self._free:
            connection = await self._answering()
            connection.busy, connection.uses = True, connection.uses + 1
            is_answered = False
            try:
                yield connection
                connection.answered_at = time.monotonic()
                is_answered = True
            except asyncpg.PostgresError as error:
                await self._tell_apart(connection, error)
                raise
            finally:
                connection.busy = False
                # Where a statement was given up, asyncpg has asked the server to end it: the answer waits for that.
                if is_answered or await self._answers(connection, RELEASE_SECONDS):
                    self._put_back(connection)

    async def fetch(self, statement: str, *args: object) -> list[asyncpg.Record]:
        async with self.acquire() as connection:
            return await connection.fetch(statement, *args)

    async def fetchrow(self, statement: str, *args: object) -> asyncpg.Record | None:
        async with self.acquire() as connection:
            return await connection.fetchrow(statement, *args)

    async def fetchval(self, statement: str, *args: object) -> Any:
        async with self.acquire() as connection:
            return await connection.fetchval(statement, *args)

    async def execute(self, statement: str, *args: object) -> str:
        async with self.acquire() as connection:
            return await connection.execute(statement, *args)

    @property
    def size(self) -> int:
        """How many connections are open."""
        return sum(not connection.is_closed() for connection in self._connections)

    async def close(self) -> None:
        """Ends what is still in use. A connection that is dead takes no leave, and is no reason to wait."""
        self._is_closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(
            *(connection.close(timeout=CLOSE_SECONDS) for connection in idle), return_exceptions=True
        )
        for connection in self._connections:
            connection.terminate()

    async def _connect(self) -> TrackedConnection:
        if self._is_closed:
            raise DatabaseUnavailable("the pool is closed")
        settings = self.settings
        try:
            connection = await connect(
                settings.dsn,
                name=self._name,
                command_seconds=settings.database_timeout_seconds,
                # A transaction pooler hands a statement to any server, where a prepared one is unknown.
                statement_cache_size=0 if settings.pooled else 256,
            )
        except DatabaseRefused as error:
            self._admission.refused(error)
            raise
        except DatabaseUnavailable as error:
            if (others := self.size) == 0:
                raise
            size = settings.database_pool_size
            raise DatabaseUnavailable(
                f"{reason(error)}; {others} connections are open, and DATABASE_POOL_SIZE is {size}"
            ) from error
        self._admission.admitted()
        self._connections.add(connection)
        return connection

    async def _answering(self) -> TrackedConnection:
        """A connection that answers: one that was idle may be dead without knowing it, and is asked first."""
        while self._idle:
            connection = self._idle.pop()
            is_fresh = time.monotonic() - connection.answered_at < CHECK_IDLE_SECONDS
            if not connection.is_closed() and (is_fresh or await self._answers(connection, CHECK_SECONDS)):
                return connection
        return await self._connect()

    def _put_back(self, connection: TrackedConnection) -> None:
        if connection.is_closed():
            return
        if self._is_closed or connection.is_in_transaction():
            connection.terminate()
        else:
            self._idle.append(connection)
        # The newest is used first, so those that nobody needs are at the front.
        while self._idle and time.monotonic() - self._idle[0].answered_at > IDLE_SECONDS_MAX:
            self._idle.pop(0).terminate()

    async def _answers(self, connection: TrackedConnection, seconds: float) -> bool:
        """Whether it answers within this time; one that does not is ended, and so are others that are dead with it."""
        if connection.is_closed():
            return False
        asked_at, is_answered = time.monotonic(), False
        try:
            await connection.execute("select 1", timeout=seconds)
            connection.answered_at = time.monotonic()
            is_answered = True
        except (*UNAVAILABLE, asyncpg.PostgresError) as error:
            self._suspect(asked_at, error)
        finally:
            # Cancelled, it is not known whether it would have answered.
            if not is_answered:
                connection.terminate()
        return is_answered

    def _suspect(self, since: float, error: Exception) -> None:
        """One was dead: those which have not answered since then either are dead for the same reason."""
        older = [one for one in self._connections if not one.is_closed() and one.answered_at < since]
        log.warning("a connection to Postgres was dead (%s), with %d of its age", reason(error), len(older))
        for connection in older:
            if connection.busy:
                loop = asyncio.get_running_loop()
                loop.call_later(SUSPECT_SECONDS, _terminate_if_unanswered, connection, connection.uses)
            else:
                connection.terminate()

    async def _tell_apart(self, connection: Connection, error: asyncpg.PostgresError) -> None:
        """Returns where the statement is wrong."""
        if isinstance(error, _SCHEMA_ERRORS) and (missing := await missing_migrations(connection)):
            raise SchemaBehind(
                f"{len(missing)} migrations are missing: run `python -m db migrate`"
            ) from error
        if isinstance(error, _STATEMENT_ERRORS) and not self.settings.pooled:
            raise DatabaseUnavailable(str(pooler_misconfigured(self.settings))) from error
        if error.severity_en in ("FATAL", "PANIC"):
            # It ended the session: a pooler found no server for it, or the server ends.
            raise DatabaseUnavailable(reason(error)) from error


def _terminate_if_unanswered(connection: TrackedConnection, uses: int) -> None:
    if connection.busy and connection.uses == uses:
        connection.terminate()


@asynccontextmanager
async def open_pool(settings: DatabaseSettings, *, name: str) -> AsyncIterator[Pool]:
    """`name` is what Postgres shows as the connection's application."""
    pool = Pool(settings, name=name)
    try:
        yield pool
    finally:
        await pool.close()
