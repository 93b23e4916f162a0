"""The shards of this process, and whether a session may be begun."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.discord_errors import in_a_line, is_wrong_token
from bot.gateway.endpoints import FAILURES, ask
from bot.gateway.status import GatewayStatus
from bot.settings import BotSettings
from core.errors import BadAnswer

log = logging.getLogger(__name__)

SHARDS_MAX = 10_000
RECHECK_SECONDS_MAX = 600.0
WRONG_TOKEN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Shards:
    """`identify_buckets` is how many sessions Discord takes at once, of shards that differ by it."""

    ids: Sequence[int]
    count: int
    identify_buckets: int


async def choose_shards(client: discord.Client, settings: BotSettings) -> Shards:
    advice = await _advice(client)
    count = settings.discord_shard_count or _number(advice, "shards", 0)
    if not 0 < count <= SHARDS_MAX:
        raise BadAnswer("it advises to no number of shards")
    buckets = max(1, _number(_limit(advice), "max_concurrency", 1))
    return Shards(settings.shard_ids or range(count), count, buckets)


async def until_a_session_is_left(client: discord.Client, status: GatewayStatus, shard_id: int) -> None:
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
        status.note_problem(shard_id, problem)
        log.warning("shard %d waits, and asks again in %.0f s: %s", shard_id, seconds, problem)
        await asyncio.sleep(seconds)


async def _advice(client: discord.Client) -> dict[str, Any]:
    return await ask(client, "/gateway/bot", "shards", client.http.token or "")


def _limit(advice: dict[str, Any]) -> dict[str, Any]:
    limit = advice.get("session_start_limit")
    return limit if isinstance(limit, dict) else {}


def _number(answer: dict[str, Any], key: str, otherwise: int) -> int:
    value = answer.get(key)
    return value if isinstance(value, int) else otherwise
