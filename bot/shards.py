"""The shards of this process: which they are, and that they are connected by no other at the same time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from discord.http import Route

from bot.endpoints import wait_for_discord
from bot.settings import BotSettings
from db.migrate import wait_until_migrated
from db.pool import Pool
from db.shards import ShardLocks

if TYPE_CHECKING:
    from bot.client import Client


@dataclass(frozen=True, slots=True)
class Shards:
    """`identify_buckets` is how many sessions Discord takes at once, of shards that differ by it."""

    ids: Sequence[int]
    count: int
    identify_buckets: int


async def serve(client: "Client", settings: BotSettings, pool: Pool, locks: ShardLocks) -> None:
    """Runs for as long as the shards are this process's. Raises ShardLost.

    It does not go back to waiting then: a process that ends leaves nothing behind that could still answer,
    and the platform starts it again.
    """
    await wait_for_discord(client.http.proxy)
    await client.login(settings.discord_token.get_secret_value())
    shards = await _choose(client, settings)
    await wait_until_migrated(pool)
    client.stand_by()
    await locks.take(shards.ids)
    client.take_on(shards)
    await asyncio.gather(locks.keep(), _connect(client, shards))


async def _choose(client: "Client", settings: BotSettings) -> Shards:
    advice = await client.http.request(Route("GET", "/gateway/bot"))
    count = settings.discord_shard_count or advice["shards"]
    buckets = advice["session_start_limit"]["max_concurrency"]
    return Shards(settings.shard_ids or range(count), count, buckets)


async def _connect(client: "Client", shards: Shards) -> None:
    if 0 in shards.ids:
        # One for the whole bot.
        await client.registration.bring_up_to_date()
    await client.connect()
