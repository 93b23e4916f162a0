"""The migrations that this program needs, and which of them a database lacks."""

import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from typing import TypeAlias

import asyncpg

from db import queries

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_SQL = queries.load("migrations")

_OUTSIDE = "-- Outside a transaction"

_FILE = re.compile(r"(\d{4})_\w+\.sql")


@dataclass(frozen=True, order=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> list[str] | None:
        """Of a file that runs outside a transaction, each up to a semicolon at the end of a line; else None."""
        if not self.sql.startswith(_OUTSIDE):
            return None
        return [part for part in re.split(r"(?<=;)\s*$", self.sql, flags=re.MULTILINE) if part.strip()]


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


async def missing_migrations(connection: Connection) -> set[int]:
    """The numbers of those that this program needs and Postgres does not have."""
    needed = {migration.number for migration in migrations()}
    try:
        return needed - {row["number"] for row in await connection.fetch(_SQL["applied"])}
    except asyncpg.UndefinedTableError:
        return needed
