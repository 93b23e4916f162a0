"""Several processes of the bot share its servers: each finishes what another began, and one stands by."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg

from db.pool import Pool
from sandbox.ports import free_port
from sandbox.processes import Process, print_line
from tests.conditions import soon, until
from tests.e2e.test_health import health
from tests.house import House
from tests.member import Member, fault, is_done, is_waiting, member

# Of shards alone: a worker holds one of its own, by which it is known to be there.
HELD = """
select classid, objid, pid from pg_locks
where locktype = 'advisory' and classid = 7263444 and granted and objsubid = 2
  and database = (select oid from pg_database where datname = current_database())
"""


async def ask(one: Member, channel: str) -> str:
    return await one.imagine("a fox", channel=channel, width=256, height=256)


class Shards:
    """Of two; `of` has the shard of each channel's server."""

    def __init__(self, house: House) -> None:
        house.servers = replace(house.servers, on_line=self._hear)
        self._said: list[str] = []
        self._house = house
        self._discord = house.servers.discord
        other = self._discord.add_guild("The Loft", "sketches")
        self.of = {"paintings": _shard(self._discord.world.guild.id), "sketches": _shard(other)}

    async def bot(self, ids: int | str, **environment: str) -> Process:
        own = {"DISCORD_SHARD_IDS": str(ids), "DISCORD_SHARD_COUNT": "2", **environment}
        self._house.servers.environment.update(own)
        return await self._house.bot()

    async def until_connected(self, *ids: int) -> None:
        async def connected() -> set[int]:
            return self._discord.gateway.shards

        await until(connected, lambda shards: shards == set(ids))

    async def until_said(self, words: str) -> None:
        async def said() -> str:
            return "\n".join(self._said)

        await until(said, lambda said: words in said)

    def _hear(self, name: str, line: str) -> None:
        self._said.append(line)
        print_line(name, line)


def _shard(guild_id: str) -> int:
    return (int(guild_id) >> 22) % 2


@asynccontextmanager
async def another_session_in_its_place(house: House) -> AsyncIterator[None]:
    """The one that holds a lock is ended while another stands in line in Postgres itself, so it is next."""
    connection, successor = [
        await asyncpg.connect(house.servers.environment["DATABASE_URL"]) for _ in range(2)
    ]
    try:
        held = await connection.fetchrow(HELD)
        assert held is not None
        taking = asyncio.create_task(
            successor.execute("select pg_advisory_lock($1::int, $2::int)", held["classid"], held["objid"])
        )
        await until(lambda: connection.fetchval("select count(*) from pg_locks where not granted"), bool)
        await connection.execute("select pg_terminate_backend($1)", held["pid"])
        await soon(taking)
        yield
    finally:
        connection.terminate()
        successor.terminate()


async def test_bots_share_two_shards_finish_each_others_replies_and_take_over(
    house: House, pool: Pool
) -> None:
    shards = Shards(house)
    assert set(shards.of.values()) == {0, 1}
    async with member(house.servers.discord.url, "Ada") as ada:
        first, second = [await shards.bot(shard) for shard in shards.of.values()]
        await shards.until_connected(0, 1)
        assert house.servers.discord.gateway.identifies_refused == 0
        asked = [await ask(ada, channel) for channel in shards.of]
        for interaction in asked:
            await ada.reply(interaction, is_waiting)
        # Without its id nobody finds a message whose token is over, and the picture is posted instead.
        await until(lambda: pool.fetchval("select count(message_id) from replies"), lambda known: known == 2)

        # Only the second is left, and edits messages also in the server that it knows nothing of.
        await first.kill()
        await fault(house.servers.discord.url, "expire_tokens")
        await house.worker()
        for interaction in asked:
            await ada.reply(interaction, is_done)

        port = free_port()
        third = await shards.bot("0-1", HEALTH_PORT=str(port))
        await shards.until_said("another bot serves shards 0, 1: waiting to take over")
        assert await health(port) == "200 ok\n"
        await second.kill()
        await shards.until_said("took over shards 0, 1")
        await shards.until_connected(0, 1)
        for interaction in [await ask(ada, channel) for channel in shards.of]:
            await ada.reply(interaction, is_done)
        async with another_session_in_its_place(house):
            assert await soon(third.wait()) == 1
        await shards.until_connected()
