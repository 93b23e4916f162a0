"""Where Discord is, and what it is asked before a shard connects."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import discord.gateway
import discord.http
from yarl import URL

from bot.discord_errors import UNANSWERED, in_a_line, is_final, is_wrong_token, retry_after_seconds
from bot.gateway.status import GatewayStatus
from bot.settings import BotSettings
from core.errors import BadAnswer, Misconfigured

log = logging.getLogger(__name__)

T = TypeVar("T")

ANSWER_SECONDS = 10.0
AGAIN_SECONDS_MIN = 1.0
AGAIN_SECONDS_MAX = 5.0  # the bot is back this soon after an outage of Discord
REFUSED_SECONDS_MAX = 60.0  # Discord locks out an address that it refused 10,000 times in 10 minutes

SHARDS_MAX = 10_000
RECHECK_SECONDS_MAX = 600.0
WRONG_TOKEN_SECONDS = 60.0

FAILURES = (*UNANSWERED, BadAnswer, RuntimeError)

_LOGIN = ("/users/@me", "/oauth2/applications/@me")  # what discord.py's login asks for
_USER_AGENT = f"DiscordBot (https://github.com/Rapptz/discord.py {discord.__version__})"


def point_at(api_base: str, gateway_url: str | None) -> None:
    discord.http.Route.BASE = api_base
    if gateway_url is not None:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)


async def until_discord_answers(status: GatewayStatus, ask: Callable[[], Awaitable[T]]) -> T:
    """However long that takes. Raises Misconfigured where Discord does not know the token."""
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
            log.warning("waiting for Discord: %s", problem)
        said = problem
        await asyncio.sleep(max(delay_seconds, retry_after_seconds(cause) or 0.0))
        final = isinstance(cause, discord.HTTPException) and is_final(cause)
        delay_seconds = min(delay_seconds * 2, REFUSED_SECONDS_MAX if final else AGAIN_SECONDS_MAX)


def _cause(error: Exception) -> Exception:
    """discord.py takes any 401 for a wrong token."""
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
    """What Discord answers, with at least `key` in it. Raises as discord.py does, or BadAnswer.

    discord.py itself would try again for half a minute in silence.
    """
    headers = {"Authorization": f"Bot {token}", "User-Agent": _USER_AGENT}
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout, headers=headers, proxy=client.http.proxy) as session,
        session.get(discord.http.Route.BASE + path, allow_redirects=False) as response,
    ):
        text = await response.text(errors="replace")
        is_json = response.headers.get("Content-Type") == "application/json"
        answer = json.loads(text) if is_json and text else text
        if response.status != 200:
            raise discord.HTTPException(response, answer if isinstance(answer, dict) else text)
        if not (isinstance(answer, dict) and key in answer):
            raise BadAnswer(f"what {path} answers is not Discord's")
        return answer


@dataclass(frozen=True, slots=True)
class Shards:
    """`identify_buckets` is Discord's max_concurrency."""

    ids: Sequence[int]
    count: int
    identify_buckets: int


async def choose_shards(client: discord.Client, settings: BotSettings) -> Shards:
    advice = await _advice(client)
    count = settings.discord_shard_count or _number(advice, "shards", 0)
    if not 0 < count <= SHARDS_MAX:
        raise BadAnswer("no number of shards is recommended")
    buckets = max(1, _number(_limit(advice), "max_concurrency", 1))
    return Shards(settings.shard_ids or range(count), count, buckets)


async def until_a_session_is_left(client: discord.Client, status: GatewayStatus, shard_id: int) -> None:
    """Discord resets the token of a bot that starts more sessions in a day than it may."""
    while True:
        try:
            limit = _limit(await _advice(client))
        except FAILURES as error:
            if not (isinstance(error, discord.HTTPException) and is_wrong_token(error)):
                log.debug("starting a session without knowing its limit: %s", in_a_line(error))
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
