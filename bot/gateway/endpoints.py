"""Where Discord is, and what is asked of it before the bot can connect.

discord.py has no setting for where; its two seams are touched here and nowhere else.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import discord.gateway
import discord.http
from yarl import URL

from bot.discord_errors import UNREADABLE, in_a_line, is_final, is_wrong_token, retry_after_seconds
from bot.gateway.status import GatewayStatus
from core.errors import BadAnswer, Misconfigured

log = logging.getLogger(__name__)

T = TypeVar("T")

ANSWER_SECONDS = 10.0
AGAIN_SECONDS_MIN = 1.0
AGAIN_SECONDS_MAX = 5.0
"""So soon after an outage of Discord the bot is back."""

REFUSED_SECONDS_MAX = 60.0
"""Where Discord itself says no: it locks out who is refused 10,000 times in 10 minutes."""

FAILURES = (
    discord.DiscordException,
    aiohttp.ClientError,
    # With it TimeoutError.
    OSError,
    BadAnswer,
    # What discord.py raises where an answer has another shape than it expects.
    *UNREADABLE,
    RuntimeError,
)

_LOGIN = ("/users/@me", "/oauth2/applications/@me")
"""What discord.py's login asks for."""

_USER_AGENT = f"DiscordBot (https://github.com/Rapptz/discord.py {discord.__version__})"


def point_at(api_base: str, gateway_url: str | None) -> None:
    discord.http.Route.BASE = api_base
    if gateway_url is not None:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)


async def until_discord_answers(status: GatewayStatus, ask: Callable[[], Awaitable[T]]) -> T:
    """What Discord answers, however long that takes. Raises Misconfigured where it does not know the bot."""
    delay_seconds, said = AGAIN_SECONDS_MIN, ""
    while True:
        try:
            answer = await ask()
        except FAILURES as error:
            cause = _cause(error)
            if isinstance(cause, discord.HTTPException) and is_wrong_token(cause):
                raise Misconfigured(
                    "DISCORD_TOKEN", "Discord does not accept it", right="the token of a bot"
                ) from cause
            problem = in_a_line(cause)
        else:
            if said:
                log.info("Discord answers")
            status.note_problem(0, None)
            return answer
        status.note_problem(0, problem)
        if problem != said:
            # Once, however often it is tried.
            log.warning("waiting for Discord: %s", problem)
        said = problem
        await asyncio.sleep(max(delay_seconds, retry_after_seconds(cause) or 0.0))
        final = isinstance(cause, discord.HTTPException) and is_final(cause)
        delay_seconds = min(delay_seconds * 2, REFUSED_SECONDS_MAX if final else AGAIN_SECONDS_MAX)


def _cause(error: Exception) -> Exception:
    """discord.py takes any 401 for a wrong token, and hides what was answered."""
    hidden = error.__cause__ if isinstance(error, discord.LoginFailure) else None
    return hidden if isinstance(hidden, discord.HTTPException) else error


async def log_in(client: discord.Client, token: str) -> None:
    for path in _LOGIN:
        await ask(client, path, "id", token)
    try:
        await client.login(token)
    except FAILURES:
        # The next login opens a session of its own.
        await client.http.close()
        client.http.connector = discord.utils.MISSING
        raise


async def ask(client: discord.Client, path: str, key: str, token: str) -> dict[str, Any]:
    """What Discord answers, with at least `key` in it. Raises what discord.py does, or BadAnswer.

    discord.py itself would try some answers again for half a minute, and say so to nobody.
    """
    headers = {"Authorization": f"Bot {token}", "User-Agent": _USER_AGENT}
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout, headers=headers, proxy=client.http.proxy) as session,
        session.get(discord.http.Route.BASE + path, allow_redirects=False) as response,
    ):
        text = await response.text(errors="replace")
        # As discord.py reads it.
        is_json = response.headers.get("Content-Type") == "application/json"
        answer = json.loads(text) if is_json and text else text
        if response.status != 200:
            raise discord.HTTPException(response, answer if isinstance(answer, dict) else text)
        if not (isinstance(answer, dict) and key in answer):
            raise BadAnswer(f"what {path} answers is not Discord's")
        return answer
