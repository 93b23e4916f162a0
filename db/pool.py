"""The pool of connections that a process shares."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from weakref import WeakSet

import asyncpg

from core.errors import DatabaseRefused, DatabaseUnavailable, SchemaBehind, reason
from core.settings import DatabaseSettings
from db.connect import UNAVAILABLE as UNAVAILABLE
from db.connect import Admission, TrackedConnection, connect
from db.schema import Connection as Connection
from db.schema import missing_migrations
from db.vetting import Vetting, pooler_misconfigured

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

log = logging.getLogger(__name__)

_Proxy: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"

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
    """asyncpg's, which also finds dead connections, and tells what is Postgres' fault from what is ours.

    It raises one of UNAVAILABLE for whatever is not the statement's own fault.
    """

    def __init__(self, settings: DatabaseSettings, *, name: str) -> None:
        self.settings = settings
        self.vetting = Vetting(settings)
        self._name = name
        self._admission = Admission("DATABASE_URL")
        self._connections: WeakSet[TrackedConnection] = WeakSet()
        self._pool = asyncpg.create_pool(
            # A process starts, and says what is wrong, while Postgres is away.
            min_size=0,
            max_size=settings.database_pool_size,
            max_inactive_connection_lifetime=IDLE_SECONDS_MAX,
            connect=self._connect,
            reset=_keep,
            connection_class=TrackedConnection,
        )

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        proxy = await self._answering()
        # Known from here on: a connection that ends loses its proxy.
        connection = _tracked(proxy)
        connection.busy, connection.uses = True, connection.uses + 1
        is_at_rest = False
        try:
            yield proxy
            connection.answered_at = time.monotonic()
            is_at_rest = not connection.is_in_transaction()
        except asyncpg.PostgresError as error:
            await self._tell_apart(proxy, error)
            raise
        finally:
            connection.busy = False
            if is_at_rest:
                await _put_back(proxy, connection)
            else:
                await self._release(proxy, connection)

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
        return self._pool.get_size()

    async def open(self) -> None:
        await self._pool

    async def close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._pool.close()
        except UNAVAILABLE as error:
            # A connection that is dead takes no leave, and is no reason to end otherwise.
            log.debug("the pool was not closed in time: %s", reason(error))
            self._pool.terminate()

    async def _connect(self, *_args: object, **_more: object) -> TrackedConnection:
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

    async def _answering(self) -> _Proxy:
        """A connection that answers: one that was idle may be dead without knowing it, and is asked first."""
        while True:
            proxy = await self._pool.acquire()
            connection, asked_at = _tracked(proxy), time.monotonic()
            if asked_at - connection.answered_at < CHECK_IDLE_SECONDS:
                return proxy
            try:
                await connection.execute("select 1", timeout=CHECK_SECONDS)
            except (*UNAVAILABLE, asyncpg.PostgresError) as error:
                connection.terminate()
                self._suspect(asked_at, error)
            except BaseException:
                # Cancelled, before it is known whether it answers.
                connection.terminate()
                raise
            else:
                connection.answered_at = time.monotonic()
                return proxy
            finally:
                if connection.is_closed():
                    await self._pool.release(proxy)

    async def _release(self, proxy: _Proxy, connection: TrackedConnection) -> None:
        """Where a statement was given up, asyncpg asks the server to end it, and waits until it has."""
        asked_at = time.monotonic()
        try:
            await self._pool.release(proxy, timeout=RELEASE_SECONDS)
        except UNAVAILABLE as error:
            connection.terminate()
            self._suspect(asked_at, error)

    def _suspect(self, since: float, error: Exception) -> None:
        """One was dead: those which have not answered since then either are dead for the same reason."""
        older = [one for one in self._connections if not one.is_closed() and one.answered_at < since]
        log.warning("a connection to Postgres was dead (%s), with %d of its age", reason(error), len(older))
        for connection in older:
            if connection.busy:
                asyncio.get_running_loop().call_later(
                    SUSPECT_SECONDS, _terminate_if_unanswered, connection, connection.uses
                )
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


def _tracked(proxy: _Proxy) -> TrackedConnection:
    """The connection itself, which the pool hands out behind a proxy."""
    return cast("TrackedConnection", proxy).itself


async def _put_back(proxy: _Proxy, connection: TrackedConnection) -> None:
    """What asyncpg's `release` does where there is nothing to wait for, but for a task and a timer of its own: they
    take as long as a short statement."""
    # asyncpg names neither for anybody.
    getattr(connection, "_on_release")()  # noqa: B009
    await getattr(proxy, "_holder").release(None)  # noqa: B009


def _terminate_if_unanswered(connection: TrackedConnection, uses: int) -> None:
    if connection.busy and connection.uses == uses:
        connection.terminate()


@asynccontextmanager
async def open_pool(settings: DatabaseSettings, *, name: str) -> AsyncIterator[Pool]:
    """`name` is what Postgres shows as the connection's application."""
    pool = Pool(settings, name=name)
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


async def _keep(_connection: object) -> None:
    """In the place of asyncpg's question to the server after each use, which takes as long as a statement.

    It would undo settings, locks and cursors of a session, of which there are none here: what locks is locked
    for a transaction, and LISTEN has a connection of its own. An open transaction asyncpg still rolls back.
    """
