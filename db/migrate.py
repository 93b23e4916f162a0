"""Brings the schema up to date: plain SQL files, in the order of their numbers, each in its own transaction.

No migration tool fits that speaks asyncpg and brings no ORM or second driver with it, so this is our own.
An advisory lock makes it safe from several places at once: the second one waits, and finds nothing to do.
"""

import asyncio
import logging
import re
from dataclasses import dataclass
from importlib import resources

import asyncpg

from db import queries
from db.errors import reason
from db.pool import UNAVAILABLE, Connection, Pool

log = logging.getLogger(__name__)

_SQL = queries.load("migrations")

# Any number does, as long as every version of this program uses the same.
_LOCK = 7_263_441

_FILE = re.compile(r"(\d{4})_\w+\.sql")


RECHECK_SECONDS = 2.0


@dataclass(frozen=True, order=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """All migrations, in order; their numbers run from 1 without a gap."""
    found = sorted(
        Migration(int(match[1]), file.name, file.read_text())
        for file in resources.files("db").joinpath("migrations").iterdir()
        if (match := _FILE.fullmatch(file.name))
    )
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise AssertionError(f"the migrations' numbers have a gap or a double: {[m.name for m in found]}")
    return found


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


async def missing_migrations(pool: Pool) -> set[int]:
    """The numbers of those that this program needs and Postgres does not have."""
    needed = {migration.number for migration in migrations()}
    try:
        return needed - {row["number"] for row in await pool.fetch(_SQL["applied"])}
    except asyncpg.UndefinedTableError:
        return needed


async def wait_until_migrated(pool: Pool) -> None:
    """Returns when Postgres is there and has every migration this program needs; says what it waits for."""
    while True:
        try:
            missing = await missing_migrations(pool)
            if not missing:
                return
            log.warning("waiting for %d migrations: run `python -m db migrate`", len(missing))
        except UNAVAILABLE as error:
            log.warning("waiting for Postgres: %s", reason(error))
        await asyncio.sleep(RECHECK_SECONDS)
