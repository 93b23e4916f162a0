"""What an error from Discord means: its own word, or a passing fault of what stands before it."""

import aiohttp
import discord

from db.errors import reason

_TOO_FAST = {
    20028,  # too many writes in this channel
    30034,  # too many commands created in a day
    30046,  # too many edits of messages older than an hour
    40003,  # direct messages opened too fast
}
"""Codes that ask for a pause, whatever the status."""


def is_final(error: discord.HTTPException) -> bool:
    """Whether Discord itself said no, so that the same request would be refused again.

    Discord's refusals are JSON with a code. A status alone may be that of a proxy before it, whose pages
    discord.py raises by the same exceptions, with code 0.
    """
    return (
        error.code != 0 and 400 <= error.status < 500 and error.status != 429 and error.code not in _TOO_FAST
    )


def is_transient(error: Exception) -> bool:
    """Whether what discord.py raised is a fault that passes by itself."""
    if isinstance(error, discord.HTTPException):
        return not is_final(error)
    return isinstance(error, (discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError))


def retry_after_seconds(error: Exception) -> float | None:
    """The pause that was asked for, by Discord or by what stands before it."""
    if isinstance(error, discord.RateLimited):
        return error.retry_after
    if not isinstance(error, discord.HTTPException):
        return None
    try:
        seconds = float(error.response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
    return seconds if 0 <= seconds < float("inf") else None


def is_wrong_token(error: discord.HTTPException) -> bool:
    """Whether Discord itself does not know the token; what stands before it answers 401 as well."""
    return (
        error.status == 401
        and error.response.headers.get("Content-Type") == "application/json"
        and (error.code != 0 or error.text == "401: Unauthorized")
    )


def in_a_line(error: BaseException) -> str:
    """For the log: without the pages of a proxy, and with Discord's own words in one line."""
    if isinstance(error, discord.HTTPException):
        is_own = error.response.headers.get("Content-Type") == "application/json"
        if not is_own:
            return f"status {error.status}, and it is not Discord who says so"
    return " ".join(reason(error).split())[:300]
