"""`python -m db migrate` brings the schema up to date; `python -m db audit` recounts what is spent."""

import argparse
import asyncio
import contextlib
import os
import sys

import asyncpg

from core.errors import DatabaseUnavailable, MigrationFailed, Misconfigured, reason
from core.settings import DatabaseSettings, load, refuse
from db.connect import UNAVAILABLE, connect
from db.ledger import audit
from db.migrate import migrate
from db.vetting import Vetting

AUDIT_SECONDS_MAX = 600.0
"""It reads every call there ever was."""

_DONE = {"migrate": "migrated", "audit": "audited"}


async def _migrate() -> None:
    settings = load(DatabaseSettings)
    vetting = Vetting(settings, patience_seconds=0.0)
    await vetting.check(only_direct=True)
    # The pooler need not be there for this; where it is, a schema in another database helps nobody.
    with contextlib.suppress(DatabaseUnavailable):
        await vetting.check()
    # The direct connection, as a transaction pooler would lose the advisory lock.
    connection = await connect(
        settings.listen_dsn, name="migrate", command_seconds=settings.database_timeout_seconds
    )
    try:
        applied = await migrate(connection)
    finally:
        await connection.close()
    print("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")


async def _audit() -> int:
    """The exit status: 0 where all that may be billed is counted."""
    settings = load(DatabaseSettings)
    connection = await connect(settings.dsn, name="audit", command_seconds=AUDIT_SECONDS_MAX)
    try:
        totals, differences = await audit(connection)
    finally:
        await connection.close()
    for sum_ in (*totals, *differences):
        print(sum_)
    print(f"{len(differences)} sums differ" if differences else "all that may be billed is counted")
    return 1 if differences else 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m db", description="The database of Tigerbrush.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "migrate", help="bring the schema up to date; safe to run again, and from several places at once"
    )
    commands.add_parser("audit", help="recount what is spent, and print each sum that differs")
    command = parser.parse_args().command
    try:
        if command == "audit":
            sys.exit(asyncio.run(_audit()))
        asyncio.run(_migrate())
    except Misconfigured as error:
        refuse(str(error))
    except (MigrationFailed, asyncpg.PostgresError, *UNAVAILABLE) as error:
        variable = "DATABASE_LISTEN_URL" if os.environ.get("DATABASE_LISTEN_URL") else "DATABASE_URL"
        sys.exit(f"The database of {variable} could not be {_DONE[command]}: {reason(error)}")


if __name__ == "__main__":
    main()
