"""Connecting to Postgres: every connection of the program is made here."""

import asyncio
import socket
import ssl
import time
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import asyncpg

from core.errors import DatabaseRefused, DatabaseUnavailable, Misconfigured, reason

CONNECT_SECONDS = COMMAND_SECONDS = 10.0

KEEPALIVE_IDLE_SECONDS = 30
KEEPALIVE_INTERVAL_SECONDS = 5
KEEPALIVE_PROBES = 3
UNACKNOWLEDGED_MILLISECONDS = 10_000
"""What is not acknowledged for so long ends the connection; the kernel's own limit is 15 minutes."""

REFUSED_SECONDS_MAX = 10.0
"""So long a process that was never connected takes a refusal for a pooler's hiccup, or a restart's."""

_FOR_ANOTHER_TIME = ("08", "53", "55", "57", "58", "XX")
"""Classes of SQLSTATE: connection, resources, state, operator, system, internal. Others are about the URL."""


if TYPE_CHECKING:
    # asyncpg's classes are generic in its stubs alone.
    _AsyncpgConnection = asyncpg.Connection[asyncpg.Record]
else:
    _AsyncpgConnection = asyncpg.Connection


UNAVAILABLE = (
    OSError,
    TimeoutError,
    # Whatever goes wrong in connecting, whoever says so.
    DatabaseUnavailable,
    asyncpg.InterfaceError,
    # Between a server's last word, that it is stopping, and the end of the connection.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    # A disk, or a pooler that found no server.
    asyncpg.PostgresSystemError,
    # A lock_timeout of the owner's, or a server that is not ready for it.
    asyncpg.ObjectNotInPrerequisiteStateError,
    # A pooler's own trouble, or the server's with its files.
    asyncpg.InternalServerError,
    # A restore by another role, of which the rights are still to be given.
    asyncpg.InsufficientPrivilegeError,
    # A migration came in between; it is prepared anew.
    asyncpg.InvalidCachedStatementError,
    # What had been the primary before a failover, and is not yet gone.
    asyncpg.ReadOnlySQLTransactionError,
    # A deadlock, of which this was the one to give way.
    asyncpg.TransactionRollbackError,
)
"""What is raised when Postgres is away, restarting or full: worth another try later."""


class TrackedConnection(_AsyncpgConnection):
    """`answered_at` is when its last answer came, by the monotonic clock; `busy`, whether one is awaited."""

    answered_at = 0.0
    busy = False
    uses = 0

    @property
    def transport(self) -> asyncio.Transport:
        # asyncpg names it for nobody, and there is no other way to the socket.
        return cast("asyncio.Transport", getattr(self, "_transport"))  # noqa: B009 - see above


async def connect(
    dsn: str,
    *,
    name: str,
    command_seconds: float = COMMAND_SECONDS,
    statement_cache_size: int = 256,
) -> TrackedConnection:
    """Raises DatabaseUnavailable, whatever goes wrong; `name` is what Postgres shows as the application."""
    connection: TrackedConnection | None = None
    try:
        connection = await asyncpg.connect(
            dsn,
            timeout=min(CONNECT_SECONDS, command_seconds),
            command_timeout=command_seconds,
            statement_cache_size=statement_cache_size,
            server_settings={"application_name": f"tigerbrush-{name}"},
            connection_class=TrackedConnection,
        )
        _keep_alive(connection)
        # A pooler without a server takes a connection as well, and answers nothing.
        await connection.execute("select 1", timeout=min(CONNECT_SECONDS, command_seconds))
    except (asyncpg.PostgresError, UnicodeError, *UNAVAILABLE) as error:
        # A UnicodeError comes of a host that is no name of one.
        kind = DatabaseRefused if _is_refusal(error) else DatabaseUnavailable
        raise kind(reason(error)) from error
    else:
        connection.answered_at = time.monotonic()
        return connection
    finally:
        if connection is not None and not connection.answered_at:
            connection.terminate()


async def watch(connection: TrackedConnection, statement: str, *, every_seconds: float) -> None:
    """Returns when the connection has ended. Raises one of UNAVAILABLE where the statement is not answered."""
    ended = asyncio.Event()
    connection.add_termination_listener(lambda _connection: ended.set())
    while not ended.is_set():
        await connection.fetchval(statement)
        # Not wait_for: it swallows a cancellation that comes in the moment when the connection ends.
        with suppress(TimeoutError):
            async with asyncio.timeout(every_seconds):
                await ended.wait()


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, asyncpg.PostgresError):
        return not (error.sqlstate or "XX").startswith(_FOR_ANOTHER_TIME)
    # A server without TLS, where the URL demands it, has no class of its own.
    is_without_tls = "rejected SSL upgrade" in str(error)
    return is_without_tls or isinstance(error, ssl.SSLCertVerificationError | UnicodeError)


def _keep_alive(connection: TrackedConnection) -> None:
    """A NAT or a firewall forgets a silent connection, and drops what comes later without a word."""
    sock: socket.socket = connection.transport.get_extra_info("socket")
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", KEEPALIVE_IDLE_SECONDS),
        ("TCP_KEEPINTVL", KEEPALIVE_INTERVAL_SECONDS),
        ("TCP_KEEPCNT", KEEPALIVE_PROBES),
        ("TCP_USER_TIMEOUT", UNACKNOWLEDGED_MILLISECONDS),
    ):
        # Not every system has each of them.
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


class Admission:
    """Tells an owner's mistake from a hiccup: `variable` holds the URL.

    A URL by which a connection was once made is right for good. Before that, a refusal of the role, the password or the
    database that lasts for `patience_seconds` (None: REFUSED_SECONDS_MAX) is for the owner to mend.
    """

    def __init__(self, variable: str, *, patience_seconds: float | None = None) -> None:
        self._variable = variable
        self._patience_seconds = patience_seconds
        self._is_admitted = False
        self._refused_since: float | None = None

    def admitted(self) -> None:
        self._is_admitted = True

    def refused(self, error: DatabaseRefused) -> None:
        """Raises Misconfigured where it is the owner's mistake."""
        now = time.monotonic()
        if self._refused_since is None:
            self._refused_since = now
        patience_seconds = REFUSED_SECONDS_MAX if self._patience_seconds is None else self._patience_seconds
        if not self._is_admitted and now - self._refused_since >= patience_seconds:
            raise Misconfigured(
                self._variable,
                f"Postgres refuses it ({error})",
                right="the URL of a database that is there, with role, password and sslmode as it takes them",
            ) from error
