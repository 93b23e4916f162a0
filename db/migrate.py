"""Brings the schema up to date: plain SQL files, in the order of their numbers, each in its own transaction
(or, where its first line says so, outside one: then it has to bear being done again).

No migration tool fits that speaks asyncpg and brings no ORM or second driver with it, so this is our own.
An advisory lock makes it safe from several places at once: the second one waits, and finds nothing to do.
"""

import asyncio
import logging

import asyncpg

from core.errors import DatabaseRefused, MigrationFailed, reason
from db import queries
from db.pool import UNAVAILABLE, Connection, Pool
from db.schema import Migration, migrations, missing_migrations

log = logging.getLogger(__name__)

_SQL = queries.load("migrations")

# Any number does, as long as every version of this program uses the same.
_LOCK = 7_263_441

RECHECK_SECONDS = 2.0

LOCK_SECONDS_MAX = 3.0
LOCK_PAUSE_SECONDS = 2.0
LOCKED_PAUSE_SECONDS = 0.1
"""Between looks whether another has ended its migrations."""

LOCK_TRIES = 10
"""Between its tries, those that queued up behind a migration are served."""

MIGRATION_SECONDS_MAX = 3600.0


async def migrate(connection: Connection) -> list[str]:
    """Applies what is missing and returns the names of what was applied. Raises MigrationFailed."""
    async with asyncio.timeout(MIGRATION_SECONDS_MAX):
        while not await connection.fetchval(_SQL["lock"], _LOCK):  # noqa: ASYNC110 - another process has it
            await asyncio.sleep(LOCKED_PAUSE_SECONDS)
    try:
        await connection.execute(_SQL["create_ledger"])
        applied = {row["number"]: row["checksum"] for row in await connection.fetch(_SQL["checksums"])}
        missing = []
        for migration in migrations():
            if migration.number not in applied:
                missing.append(migration)
            elif applied[migration.number] != migration.checksum:
                raise MigrationFailed(
                    f"{migration.name} is another than the one that was applied; "
                    "put it back as it was, and write what is new into a new file"
                )
        await connection.fetchval(_SQL["lock_timeout"], f"{LOCK_SECONDS_MAX:g}s")
        for migration in missing:
            await _apply(connection, migration)
        return [migration.name for migration in missing]
    finally:
        await connection.execute(_SQL["unlock"], _LOCK)


async def _apply(connection: Connection, migration: Migration) -> None:
    for tries_left in reversed(range(LOCK_TRIES)):
        try:
            if migration.statements is None:
                async with connection.transaction():
                    await connection.execute(migration.sql, timeout=MIGRATION_SECONDS_MAX)
                    await _record(connection, migration)
            else:
                for statement in migration.statements:
                    await connection.execute(statement, timeout=MIGRATION_SECONDS_MAX)
                await _record(connection, migration)
            return
        except asyncpg.LockNotAvailableError as error:
            if not tries_left:
                raise MigrationFailed(f"{migration.name}: {reason(error)}") from error
            log.warning("%s waits for others to let go of a table: %s", migration.name, reason(error))
            await asyncio.sleep(LOCK_PAUSE_SECONDS)
        except asyncpg.PostgresError as error:
            raise MigrationFailed(f"{migration.name}: {reason(error)}") from error


async def _record(connection: Connection, migration: Migration) -> None:
    await connection.execute(_SQL["record"], migration.number, migration.name, migration.checksum)


async def wait_until_migrated(pool: Pool) -> None:
    """Returns when Postgres is there and has every migration this program needs; says what it waits for."""
    vetted = False
    while True:
        try:
            if not vetted:
                vetted = await _vet(pool)
            async with pool.acquire() as connection:
                missing = await missing_migrations(connection)
            if not missing:
                return
            log.warning("waiting for %d migrations: run `python -m db migrate`", len(missing))
        except UNAVAILABLE as error:
            log.warning("waiting for Postgres: %s", reason(error))
        await asyncio.sleep(RECHECK_SECONDS)


async def _vet(pool: Pool) -> bool:
    """Raises Misconfigured. Where the other URL alone is away, what listens by it waits for it by itself."""
    try:
        await pool.vetting.check()
    except DatabaseRefused:
        raise
    except UNAVAILABLE as error:
        if not pool.settings.pooled:
            raise
        log.warning("DATABASE_LISTEN_URL could not be checked: %s", reason(error))
    return True
