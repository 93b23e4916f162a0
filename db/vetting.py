"""What no waiting mends about the database that the two URLs lead to, found by trying."""

from contextlib import AsyncExitStack

from core.errors import DatabaseRefused, DatabaseUnavailable, Misconfigured, reason
from core.settings import DatabaseSettings
from db import queries
from db.connect import UNAVAILABLE, Admission, TrackedConnection, connect

_SQL = queries.load("vetting")


class Vetting:
    """Raises Misconfigured, or DatabaseUnavailable where it cannot be found out yet."""

    def __init__(
        self,
        settings: DatabaseSettings,
        *,
        patience_seconds: float | None = None,
        admission: Admission | None = None,
    ) -> None:
        """`admission` is known already where others connect by the same URL."""
        self._settings = settings
        self._variable = "DATABASE_URL" if settings.database_listen_url is None else "DATABASE_LISTEN_URL"
        self._admission = admission or Admission(self._variable, patience_seconds=patience_seconds)

    async def check(self, *, only_direct: bool = False) -> None:
        """With `only_direct`, the URL alone by which the schema is changed."""
        async with AsyncExitStack() as exits:
            direct = await self._session(exits)
            encoding = await direct.fetchval(_SQL["encoding"])
            if encoding != "UTF8":
                raise Misconfigured(
                    self._variable,
                    f"leads to a database whose encoding is {encoding}, in which not every prompt can be stored",
                    right="the URL of one that was created with `encoding 'UTF8' template template0`",
                )
            if only_direct or not self._settings.pooled:
                return
            pooled = await _open(self._settings.dsn, exits)
            if await pooled.fetch(_SQL["identity"]) != await direct.fetch(_SQL["identity"]):
                raise Misconfigured(
                    "DATABASE_LISTEN_URL",
                    "leads to another database than DATABASE_URL",
                    right="the direct address of the same one",
                )

    async def _session(self, exits: AsyncExitStack) -> TrackedConnection:
        """A connection that is a session of its own: LISTEN and locks need one."""
        try:
            one = await _open(self._settings.listen_dsn, exits)
        except DatabaseRefused as error:
            self._admission.refused(error)
            raise
        self._admission.admitted()
        try:
            other = await _open(self._settings.listen_dsn, exits)
        except DatabaseUnavailable as error:
            raise DatabaseUnavailable(
                f"{reason(error)}; {self._variable} gives one connection and no second, "
                f"where this program needs {self._settings.database_pool_size + 2}"
            ) from error
        if not await _are_sessions(one, other):
            raise pooler_misconfigured(self._settings)
        return one


async def _open(dsn: str, exits: AsyncExitStack) -> TrackedConnection:
    # Without a cache nothing is prepared under a name, which a transaction pooler does not know later.
    connection = await connect(dsn, name="start", statement_cache_size=0)
    exits.callback(connection.terminate)
    return connection


async def _are_sessions(one: TrackedConnection, other: TrackedConnection) -> bool:
    """False for a transaction pooler: one server process serves both, or another serves one of them than before."""
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
