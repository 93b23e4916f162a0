"""Brings the schema up to date: plain SQL files, in the order of their numbers, each in its own transaction.

No migration tool fits that speaks asyncpg and brings no ORM or second driver with it, so this is our own.
An advisory lock makes it safe from several places at once: the second one waits, and finds nothing to do.
"""

import asyncio
import logging

from db import queries
from db.errors import DatabaseRefused, reason
from db.pool import UNAVAILABLE, Connection, Pool
from db.schema import migrations, missing_migrations

log = logging.getLogger(__name__)

_SQL = queries.load("migrations")

# Any number does, as long as every version of this program uses the same.
_LOCK = 7_263_441

RECHECK_SECONDS = 2.0


async def migrate(connection: Connection) -> list[str]:
    """Applies what is missing and returns the names of what was applied."""
    await connection.execute(_SQL["lock"], _LOCK)
    try:
        await connection.execute(_SQL["create_ledger"])
        applied = {row["number"] for row in await connection.fetch(_SQL["applied"])}
        missing = [migration for migration in migrations() if migration.number not in applied]
        for migration in missing:
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(_SQL["record"], migration.number, migration.name)
        return [migration.name for migration in missing]
    finally:
        await connection.execute(_SQL["unlock"], _LOCK)


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
        await pool.vetting.look()
    except DatabaseRefused:
        raise
    except UNAVAILABLE as error:
        if not pool.settings.pooled:
            raise
        log.warning("DATABASE_LISTEN_URL could not be looked at: %s", reason(error))
    return True
