"""`python -m db migrate` brings the schema up to date."""

import argparse
import asyncio
import contextlib
import os
import sys

import asyncpg

from core.errors import DatabaseUnavailable, MigrationFailed, Misconfigured, reason
from core.settings import DatabaseSettings, load, refuse
from db.connect import UNAVAILABLE, connect
from db.migrate import migrate
from db.vetting import Vetting


async def _migrate() -> None:
    settings = load(DatabaseSettings)
    vetting = Vetting(settings, patience_seconds=0.0)
    await vetting.look_at_direct()
    # The pooler need not be there for this; where it is, a schema in another database helps nobody.
    with contextlib.suppress(DatabaseUnavailable):
        await vetting.look()
    # The direct connection, as a transaction pooler would lose the advisory lock.
    connection = await connect(
        settings.listen_dsn, name="migrate", command_seconds=settings.database_timeout_seconds
    )
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
    except Misconfigured as error:
        refuse(str(error))
    except (MigrationFailed, asyncpg.PostgresError, *UNAVAILABLE) as error:
        variable = "DATABASE_LISTEN_URL" if os.environ.get("DATABASE_LISTEN_URL") else "DATABASE_URL"
        sys.exit(f"The database of {variable} could not be migrated: {reason(error)}")


if __name__ == "__main__":
    main()
