"""How long a shard waits before it connects again."""

import asyncio

import aiohttp
import discord
import pytest
from discord.gateway import ReconnectWebSocket

from bot.gateway.shard import RESUME_SECONDS_MAX, SESSION_SECONDS_MAX, SESSIONS_PER_HOUR, Shard, _Session
from bot.gateway.status import GatewayStatus

UNREACHED = aiohttp.ClientConnectionError()


class _Socket:
    close_code = 4011


REFUSED = discord.ConnectionClosed(_Socket(), shard_id=0)  # type: ignore[arg-type] # as much as is read


@pytest.fixture
async def shard() -> Shard:
    return Shard(
        discord.AutoShardedClient(intents=discord.Intents.none()),
        0,
        GatewayStatus(),
        asyncio.Lock(),
    )


def pauses(shard: Shard, error: Exception, tries: int) -> list[float]:
    found = []
    for _ in range(tries):
        shard._failures += 1
        found.append(shard._pause_seconds(error))
    return found


async def test_it_is_back_soon_after_an_outage_however_long_that_was(shard: Shard) -> None:
    assert pauses(shard, UNREACHED, 100)[-1] == RESUME_SECONDS_MAX


async def test_a_session_that_can_be_resumed_is_so_at_once_and_then_never_in_a_hurry(shard: Shard) -> None:
    shard._session = _Session("it", 1)
    assert pauses(shard, ReconnectWebSocket(0), 5) == [0, 2, 4, RESUME_SECONDS_MAX, RESUME_SECONDS_MAX]


async def test_new_sessions_do_not_use_up_those_of_a_day(
    shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("bot.gateway.shard.time.monotonic", lambda: now)
    begun = 0
    while now < 24 * 3600:
        # Each is taken, and ends as soon as it may count as a good one.
        shard._begun.append(now)
        shard._failures, begun = 1, begun + 1
        now += shard._pause_seconds(ReconnectWebSocket(0, resume=False))
    assert SESSIONS_PER_HOUR < begun < 1000


async def test_what_is_refused_for_good_is_asked_for_seldom(shard: Shard) -> None:
    assert pauses(shard, REFUSED, 12)[-1] == SESSION_SECONDS_MAX
