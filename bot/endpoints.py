"""Where Discord is, and whether it is there.

discord.py has no setting for where; its two seams are touched here and nowhere else.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord.gateway
import discord.http
from yarl import URL

from bot.discord_errors import NoAnswer, WrongToken, in_a_line, is_transient, is_wrong_token, retry_after_seconds

log = logging.getLogger(__name__)

T = TypeVar("T")

ANSWER_SECONDS = 10.0
AGAIN_SECONDS_MIN = 1.0
AGAIN_SECONDS_MAX = 5.0
"""So soon after an outage of Discord the bot is back."""

REFUSED_SECONDS_MAX = 60.0
"""Where Discord itself says no: it counts such answers, and locks out who has 10,000 of them in 10 minutes."""

# All that the login and the choice of shards ask, and what anybody may.
_ASKED = ("/gateway", "/users/@me", "/oauth2/applications/@me", "/gateway/bot")
