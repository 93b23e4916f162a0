"""The shards of this process: which they are, and that they are connected by no other at the same time."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import discord

from bot.discord_errors import in_a_line, is_wrong_token
from bot.gateway.connection import GatewayClient, Shards
from bot.gateway.endpoints import FAILURES, ask, log_in, until_discord_answers
from bot.settings import BotSettings
from core.errors import BadAnswer
from db.migrate import wait_until_migrated
from db.pool import Pool
from db.shard_locks import ShardLocks

log = logging.getLogger(__name__)

SHARDS_MAX = 10_000
RECHECK_SECONDS_MAX = 600.0
WRONG_TOKEN_SECONDS = 60.0


async def serve(client: GatewayClient, settings: BotSettings, pool: Pool, locks: ShardLocks) -> None:
    """Runs for as long as the shards are this process's. Raises ShardLost, or Misconfigured at the start.

    It does not go back to waiting then: a process that ends leaves nothing behind that could still answer,
    and the platform starts it again.
    """
    token = settings.discord_token.get_secret_value()
    await until_discord_answers(client, lambda: log_in(client, token))
    shards = await until_discord_answers(client, lambda: _choose(client, settings))
    await wait_until_migrated(pool)
    client.stand_by()
    await locks.take(shards.ids)
    client.take_on(shards)
    # One registers for the whole bot.
    await _together(locks.keep(), client.connect(), client.keep_registered(registers=0 in shards.ids))


async def _together(*works: Coroutine[Any, Any, None]) -> None:
    """Until one of them fails, which ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except ExceptionGroup as ended:
        raise ended.exceptions[0] from None


async def _choose(client: GatewayClient, settings: BotSettings) -> Shards:
    advice = await _advice(client)
    count = settings.discord_shard_count or _number(advice, "shards", 0)
    if not 0 < count <= SHARDS_MAX:
        raise BadAnswer("it advises to no number of shards")
    buckets = max(1, _number(_limit(advice), "max_concurrency", 1))
    return Shards(settings.shard_ids or range(count), count, buckets)


async def until_a_session_is_left(client: GatewayClient, shard_id: int) -> None:
    """Discord resets the token of a bot that begins more sessions in a day than it may."""
    while True:
        try:
            limit = _limit(await _advice(client))
        except FAILURES as error:
            if not (isinstance(error, discord.HTTPException) and is_wrong_token(error)):
                log.debug("beginning a session without knowing of a limit: %s", in_a_line(error))
                return
            problem, seconds = "Discord does not accept DISCORD_TOKEN any more", WRONG_TOKEN_SECONDS
        else:
            if _number(limit, "remaining", 1) > 0:
                return
            seconds = min(max(1.0, _number(limit, "reset_after", 0) / 1000), RECHECK_SECONDS_MAX)
            problem = "Discord takes no more new sessions of this bot today"
        client.note_problem(shard_id, problem)
        log.warning("shard %d waits, and asks again in %.0f s: %s", shard_id, seconds, problem)
        await asyncio.sleep(seconds)


async def _advice(client: GatewayClient) -> dict[str, Any]:
    return await ask(client, "/gateway/bot", "shards", client.http.token or "")


def _limit(advice: dict[str, Any]) -> dict[str, Any]:
    limit = advice.get("session_start_limit")
    return limit if isinstance(limit, dict) else {}


def _number(answer: dict[str, Any], key: str, otherwise: int) -> int:
    value = answer.get(key)
    return value if isinstance(value, int) else otherwise
