"""`python -m db migrate` brings the schema up to date; `audit` recounts what is spent, and `member` says whom a
provider means."""

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator

import asyncpg

from core.errors import DatabaseUnavailable, MigrationFailed, Misconfigured, reason
from core.settings import DatabaseSettings, load, refuse
from db.connect import UNAVAILABLE, connect
from db.ledger import audit, member_of
from db.migrate import migrate
from db.schema import Connection
from db.vetting import Vetting

AUDIT_SECONDS_MAX = 600.0
"""It reads every call there ever was."""

_DONE = {"migrate": "migrated", "audit": "audited", "member": "asked"}


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
    async with _connected("audit") as connection:
        totals, differences = await audit(connection)
    for sum_ in (*totals, *differences):
        print(sum_)
    print(f"{len(differences)} sums differ" if differences else "all that may be billed is counted")
    return 1 if differences else 0


async def _member(holder: bytes) -> int:
    async with _connected("member") as connection:
        member = await member_of(connection, holder)
    print(member if member is not None else "nobody has this hash, or they were forgotten")
    return 1 if member is None else 0


@contextlib.asynccontextmanager
async def _connected(name: str) -> AsyncIterator[Connection]:
    settings = load(DatabaseSettings)
    connection = await connect(settings.dsn, name=name, command_seconds=AUDIT_SECONDS_MAX)
    try:
        yield connection
    finally:
        await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m db", description="The database of Tigerbrush.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "migrate", help="bring the schema up to date; safe to run again, and from several places at once"
    )
    commands.add_parser("audit", help="recount what is spent, and print each sum that differs")
    member = commands.add_parser(
        "member", help="print the id of the member whom a provider knows by this hash"
    )
    member.add_argument(
        "hash", type=bytes.fromhex, help="the stability-client-user-id, 32 hexadecimal digits"
    )
    arguments = parser.parse_args()
    command = arguments.command
    try:
        if command == "audit":
            sys.exit(asyncio.run(_audit()))
        if command == "member":
            sys.exit(asyncio.run(_member(arguments.hash)))
        asyncio.run(_migrate())
    except Misconfigured as error:
        refuse(str(error))
    except (MigrationFailed, asyncpg.PostgresError, *UNAVAILABLE) as error:
        variable = "DATABASE_LISTEN_URL" if os.environ.get("DATABASE_LISTEN_URL") else "DATABASE_URL"
        sys.exit(f"The database of {variable} could not be {_DONE[command]}: {reason(error)}")


if __name__ == "__main__":
    main()
