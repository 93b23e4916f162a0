"""`python -m db migrate` brings the schema up to date."""

import argparse
import asyncio
import sys

import asyncpg

from db.errors import reason
from db.migrate import migrate
from db.settings import DatabaseSettings, load


async def _migrate() -> None:
    settings = load(DatabaseSettings)
    # The direct connection, as a transaction pooler would lose the advisory lock.
    connection = await asyncpg.connect(settings.listen_dsn, timeout=settings.database_timeout_seconds)
    try:
        applied = await migrate(connection)
    finally:
        await connection.close()
    print("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m db", description="The database of Tigerbrush.")
    parser.add_subparsers(dest="command", required=True).add_parser(
        "migrate", help="bring the schema up to date; safe to run again, and from several places at once"
    )
    parser.parse_args()
    try:
        asyncio.run(_migrate())
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        sys.exit(f"The database could not be migrated: {reason(error)}")


if __name__ == "__main__":
    main()
