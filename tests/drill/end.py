"""How a drill ends: everything comes to rest, the processes stop, and what there is then is read."""

import asyncio

from db.pool import Connection
from tests.conditions import until
from tests.drill import evidence as found
from tests.drill.evidence import Evidence
from tests.drill.system import System

CONNECTIONS_GONE_SECONDS = 10.0


async def settle(running: System, seen: Evidence, within_seconds: float) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    connection = await running.database.connect()

    async def unsettled() -> dict[str, int]:
        # Who is told to end before it can be told anything dies of it.
        return {**await found.unsettled(connection), "starting": len(seen.journal.silent)}

    try:
        await until(
            unsettled,
            lambda counts: not any(counts.values()),
            within_seconds=within_seconds,
        )
        seen.settled_seconds = loop.time() - begun
    except AssertionError as error:
        seen.journal.on_line("drill", f"not settled: {error}")
        running.ask_where_they_stand()
    finally:
        await connection.close()


async def collect(running: System, seen: Evidence) -> None:
    connection = await running.database.connect()
    try:
        seen.connections = await found.count_connections(connection)
        seen.statuses = await running.stop()
        seen.connections_left = await _connections_left(connection)
        await found.read_tables(seen, connection)
    finally:
        await connection.close()
    found.read_bucket(seen, running.bucket_directory)
    found.read_world(seen, running.servers.discord.world)
    environment = running.servers.environment
    seen.secrets += [
        environment[name] for name in ("STABILITY_API_KEY", "DISCORD_TOKEN", "AWS_SECRET_ACCESS_KEY")
    ]
    seen.calls = list(running.servers.stability.calls)
    seen.generations = dict(running.servers.stability.generations)


async def _connections_left(connection: Connection) -> dict[str, int]:
    """Of processes that have ended; Postgres needs a moment to notice."""
    try:
        return await until(
            lambda: found.count_connections(connection),
            lambda counts: not counts,
            within_seconds=CONNECTIONS_GONE_SECONDS,
        )
    except AssertionError:
        return await found.count_connections(connection)
