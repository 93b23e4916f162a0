"""The pool of connections that a process shares."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast
from weakref import WeakSet

import asyncpg
import asyncpg.pool

from core.errors import DatabaseRefused, DatabaseUnavailable, SchemaBehind, reason
from core.settings import DatabaseSettings
from db.connect import UNAVAILABLE as UNAVAILABLE
from db.connect import Admission, Line, connect
from db.schema import missing_migrations
from db.vetting import Vetting, pooler_misconfigured

if TYPE_CHECKING:
    # asyncpg's classes are generic in its stubs alone.
    _AsyncpgPool = asyncpg.Pool[asyncpg.Record]
    _AsyncpgContext = asyncpg.pool.PoolAcquireContext[asyncpg.Record]
else:
    _AsyncpgPool = asyncpg.Pool
    _AsyncpgContext = asyncpg.pool.PoolAcquireContext

_Proxy: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | _Proxy"

log = logging.getLogger(__name__)

T = TypeVar("T")

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

STOP_SECONDS = 1.0
"""What is answered at all is answered by then, also to a process that is told to end."""


class Pool(_AsyncpgPool):
    """asyncpg's, which also finds dead connections, and tells what is Postgres' fault from what is ours."""

    def __init__(self, settings: DatabaseSettings, *, name: str) -> None:
        self.settings = settings
        self.vetting = Vetting(settings)
        self._name = name
        self._admission = Admission("DATABASE_URL")
        self._lines: WeakSet[Line] = WeakSet()
        super().__init__(
            # A process starts, and says what is wrong, while Postgres is away.
            min_size=0,
            max_size=settings.database_pool_size,
            max_queries=50_000,
            max_inactive_connection_lifetime=IDLE_SECONDS_MAX,
            connect=cast("Any", self._connect_anew),
            reset=_keep,
            loop=None,
            connection_class=Line,
            record_class=asyncpg.Record,
        )

    async def _connect_anew(self, **_arguments: object) -> Line:
        settings = self.settings
        try:
            line = await connect(
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
            if (others := self.get_size()) == 0:
                raise
            size = settings.database_pool_size
            raise DatabaseUnavailable(
                f"{reason(error)}; {others} connections are open, and DATABASE_POOL_SIZE is {size}"
            ) from error
        self._admission.admitted()
        self._lines.add(line)
        return line

    def acquire(self, *, timeout: float | None = None) -> "_Use":
        return _Use(self, timeout)

    async def answering(self, seconds: float | None) -> _Proxy:
        """A connection that answers: one that was idle may be dead without knowing it, and is asked first."""
        while True:
            connection = await super().acquire(timeout=seconds)
            line, asked_at = _line(connection), time.monotonic()
            if asked_at - line.answered_at < CHECK_IDLE_SECONDS:
                return connection
            try:
                await connection.execute("select 1", timeout=CHECK_SECONDS)
            except (*UNAVAILABLE, asyncpg.PostgresError) as error:
                line.terminate()
                self._suspect(asked_at, error)
            except BaseException:
                # Cancelled, before it is known whether it answers.
                line.terminate()
                raise
            else:
                line.answered_at = time.monotonic()
                return connection
            finally:
                if line.is_closed():
                    await self.release(connection)

    async def give_back(self, connection: _Proxy, line: Line) -> None:
        """Where a statement was given up, asyncpg asks the server to end it, and waits until it has."""
        asked_at = time.monotonic()
        try:
            await self.release(connection, timeout=RELEASE_SECONDS)
        except UNAVAILABLE as error:
            line.terminate()
            self._suspect(asked_at, error)

    def _suspect(self, since: float, error: Exception) -> None:
        """One was dead: those which have not answered since then either are dead for the same reason."""
        older = [line for line in self._lines if not line.is_closed() and line.answered_at < since]
        log.warning("a connection to Postgres was dead (%s), with %d of its age", reason(error), len(older))
        for line in older:
            if line.busy:
                asyncio.get_running_loop().call_later(SUSPECT_SECONDS, _give_up, line, line.uses)
            else:
                line.terminate()


class _Use(_AsyncpgContext):
    """Raises one of UNAVAILABLE for whatever is not the statement's own fault."""

    pool: Pool
    line: Line

    async def __aenter__(self) -> _Proxy:
        self.connection = connection = await self.pool.answering(self.timeout)
        # Known from here on: a connection that ends loses its proxy.
        self.line = line = _line(connection)
        line.busy, line.uses = True, line.uses + 1
        return connection

    async def __aexit__(self, *exc: object) -> None:
        connection, self.connection = self.connection, None
        if connection is None:
            raise AssertionError("it was not entered")
        line, error = self.line, exc[1]
        if error is None:
            line.answered_at = time.monotonic()
        try:
            if isinstance(error, asyncpg.PostgresError):
                await self._tell_apart(connection, error)
        finally:
            line.busy = False
            await self.pool.give_back(connection, line)

    async def _tell_apart(self, connection: _Proxy, error: asyncpg.PostgresError) -> None:
        if isinstance(error, _SCHEMA_ERRORS):
            missing = await missing_migrations(connection)
            said = f"{len(missing)} migrations are missing: run `python -m db migrate`"
            raise SchemaBehind(said if missing else reason(error)) from error
        if isinstance(error, _STATEMENT_ERRORS) and not self.pool.settings.pooled:
            raise DatabaseUnavailable(str(pooler_misconfigured(self.pool.settings))) from error
        if error.severity_en in ("FATAL", "PANIC"):
            # It ended the session: a pooler found no server for it, or the server ends.
            raise DatabaseUnavailable(reason(error)) from error


def _line(connection: _Proxy) -> Line:
    """The connection itself, which the pool hands out behind a proxy."""
    return cast("Line", connection).itself


def _give_up(line: Line, uses: int) -> None:
    if line.busy and line.uses == uses:
        line.terminate()


@asynccontextmanager
async def open_pool(settings: DatabaseSettings, *, name: str) -> AsyncIterator[Pool]:
    """`name` is what Postgres shows as the connection's application."""
    pool = Pool(settings, name=name)
    await pool
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await pool.close()
        except UNAVAILABLE as error:
            # A connection that is dead takes no leave, and is no reason to end otherwise.
            log.debug("the pool was not closed in time: %s", reason(error))
            pool.terminate()


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
        task.cancel()
        # Also where both end in the same moment: then nobody has looked how it ended.
        task.add_done_callback(_forget)


async def until_stopped(
    stopped: asyncio.Event, work: Coroutine[Any, Any, T], *, grace_seconds: float = STOP_SECONDS
) -> T:
    """What the work returns; when `stopped` is set, it has so long left, and TimeoutError is raised."""
    working, told = asyncio.create_task(work), asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({working}, timeout=grace_seconds)
        if working.done():
            return working.result()
        raise TimeoutError("not waited for, as the process ends")
    finally:
        told.cancel()
        working.cancel()
        working.add_done_callback(_forget)


def _forget(task: asyncio.Task[T]) -> None:
    """Nobody is interested any more in how it ended."""
    if not task.cancelled():
        task.exception()
