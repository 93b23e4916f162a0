"""What no waiting mends about the database that the two URLs lead to, found by trying."""

from contextlib import AsyncExitStack

from core.errors import DatabaseRefused, DatabaseUnavailable, Misconfigured, reason
from core.settings import DatabaseSettings
from db import queries
from db.connect import REFUSED_SECONDS_MAX, UNAVAILABLE, Admission, TrackedConnection, connect

_SQL = queries.load("vetting")


class Vetting:
    """Raises Misconfigured; DatabaseUnavailable where it cannot be found out yet."""

    def __init__(self, settings: DatabaseSettings, *, patience_seconds: float | None = None) -> None:
        self._settings = settings
        self._patience_seconds = REFUSED_SECONDS_MAX if patience_seconds is None else patience_seconds
        self._variable = "DATABASE_URL" if settings.database_listen_url is None else "DATABASE_LISTEN_URL"
        self._admission = Admission(self._variable)

    async def check(self) -> None:
        async with AsyncExitStack() as exits:
            direct = await self._session(exits)
            await self._check_encoding(direct)
            if self._settings.pooled:
                await self._check_both(direct, exits)

    async def check_direct(self) -> None:
        """The URL alone by which the schema is changed."""
        async with AsyncExitStack() as exits:
            await self._check_encoding(await self._session(exits))

    async def _session(self, exits: AsyncExitStack) -> TrackedConnection:
        """A connection that is a session of its own: LISTEN and locks need one.

        A transaction pooler shows itself by what two connections are told: that one server process serves
        both, or that another serves one of them than did just before.
        """
        try:
            one = await self._open(self._settings.listen_dsn, exits)
        except DatabaseRefused as error:
            self._admission.refused(error, patience_seconds=self._patience_seconds)
            raise
        self._admission.admitted()
        try:
            other = await self._open(self._settings.listen_dsn, exits)
        except DatabaseUnavailable as error:
            raise DatabaseUnavailable(
                f"{reason(error)}; {self._variable} gives one connection and no second, "
                f"where this program needs {self._settings.database_pool_size + 2}"
            ) from error
        if not await _are_sessions(one, other):
            raise pooler_misconfigured(self._settings)
        return one

    async def _check_encoding(self, connection: TrackedConnection) -> None:
        encoding = await connection.fetchval(_SQL["encoding"])
        if encoding != "UTF8":
            raise Misconfigured(
                self._variable,
                f"leads to a database whose encoding is {encoding}, in which not every prompt can be stored",
                right="the URL of one that was created with `encoding 'UTF8' template template0`",
            )

    async def _check_both(self, direct: TrackedConnection, exits: AsyncExitStack) -> None:
        pooled = await self._open(self._settings.dsn, exits)
        if tuple(await pooled.fetchrow(_SQL["identity"]) or ()) != tuple(
            await direct.fetchrow(_SQL["identity"]) or ()
        ):
            raise Misconfigured(
                "DATABASE_LISTEN_URL",
                "leads to another database than DATABASE_URL",
                right="the direct address of the same one",
            )

    async def _open(self, dsn: str, exits: AsyncExitStack) -> TrackedConnection:
        # Without a cache nothing is prepared under a name, which a transaction pooler does not know later.
        connection = await connect(dsn, name="start", statement_cache_size=0)
        exits.callback(connection.terminate)
        return connection


async def _are_sessions(one: TrackedConnection, other: TrackedConnection) -> bool:
    mine = await one.fetchval(_SQL["process"])
    try:
        async with other.transaction():
            theirs = await other.fetchval(_SQL["process"])
            again = await one.fetchval(_SQL["process"])
    except UNAVAILABLE as error:
        if "statement pooling" in str(error):
            return False
        raise DatabaseUnavailable(reason(error)) from error
    return bool(mine == again != theirs)


def pooler_misconfigured(settings: DatabaseSettings) -> Misconfigured:
    return Misconfigured(
        "DATABASE_LISTEN_URL",
        "is not set, and DATABASE_URL leads to a transaction pooler"
        if settings.database_listen_url is None
        else "leads to a transaction pooler",
        right="a Postgres URL that reaches the same server directly, past the pooler",
    )
