"""Where Discord is, and whether it is there.

discord.py has no setting for where; its two seams are touched here and nowhere else.
"""

import asyncio
import logging

import aiohttp
import discord.gateway
import discord.http
from yarl import URL

from db.errors import reason

log = logging.getLogger(__name__)

ANSWER_SECONDS = 10.0
AGAIN_SECONDS_MIN = 1.0
AGAIN_SECONDS_MAX = 5.0
"""So soon after an outage of Discord the bot is back."""


def point_at(api_base: str, gateway_url: str | None) -> None:
    discord.http.Route.BASE = api_base
    if gateway_url is not None:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)


async def wait_for_discord(proxy: str | None) -> None:
    """Returns when it answers. Of what it says instead, discord.py's login tries a part again, five times."""
    delay_seconds = AGAIN_SECONDS_MIN
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, proxy=proxy) as session:
        while (problem := await _problem(session)) is not None:
            log.warning("waiting for Discord: %s", problem)
            await asyncio.sleep(delay_seconds)
            delay_seconds = min(delay_seconds * 2, AGAIN_SECONDS_MAX)


async def _problem(session: aiohttp.ClientSession) -> str | None:
    """What may pass; all else is for the login to find."""
    try:
        # Anybody may ask this.
        async with session.get(f"{discord.http.Route.BASE}/gateway") as response:
            passing = response.status == 429 or response.status >= 500
            return f"status {response.status}" if passing else None
    except (aiohttp.ClientError, TimeoutError) as error:
        return reason(error)
