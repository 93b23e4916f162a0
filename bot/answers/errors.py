"""From an exception to the words that a member reads."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import aiohttp
import discord
from discord import app_commands

from bot.controls.buttons import PRESSES, Press
from bot.discord_errors import ACKNOWLEDGED, UNANSWERED, UNREADABLE, in_a_line, is_taken, is_transient
from bot.messages.content import notice
from bot.messages.failures import BROKEN, BUCKET_AWAY, DISCORD_AWAY, QUEUE_AWAY
from bot.services import Interaction, words_of
from core.errors import BucketUnavailable, InvalidRequest, reason
from db.pool import UNAVAILABLE

log = logging.getLogger(__name__)

_OVER = {10062, 10015, 50027, ACKNOWLEDGED}
"""Discord's codes for an interaction that was answered before, or too late: events come again after a resume."""

_OF_DISCORD = (discord.DiscordException, aiohttp.ClientError, *UNREADABLE)


def _explain(cause: Exception) -> tuple[str, int]:
    """The text for the member, and the level for the log."""
    if isinstance(cause, BucketUnavailable):
        return BUCKET_AWAY, logging.WARNING
    if isinstance(cause, _OF_DISCORD) and is_transient(cause):
        return DISCORD_AWAY, logging.WARNING
    return (QUEUE_AWAY, logging.WARNING) if isinstance(cause, UNAVAILABLE) else (BROKEN, logging.ERROR)


async def tell(interaction: Interaction, error: Exception) -> None:
    """Tells the member, and nobody else, what went wrong."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    if isinstance(cause, discord.HTTPException) and cause.code in _OVER:
        log.info("an interaction came again, or too late for an answer: %s", cause)
        return
    if is_taken(cause):
        log.info("an interaction was answered, and Discord's confirmation cannot be read: %s", reason(cause))
        return
    say = words_of(interaction)
    if isinstance(cause, InvalidRequest):
        text = say(cause.text, **cause.values)
        # Without the values: they may quote what was typed.
        log.info("an interaction was refused: %r", cause.text)
    else:
        text, level = _explain(cause)
        text = say(text)
        trace = cause if level >= logging.ERROR else None
        log.log(level, "an interaction failed: %r", in_a_line(cause), exc_info=trace)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(view=notice(text), ephemeral=True)
        else:
            await interaction.response.send_message(view=notice(text), ephemeral=True)
    except UNANSWERED as unanswered:
        if not is_taken(unanswered):
            log.warning("the member could not be told: %s", reason(unanswered))


def on(name: str) -> Callable[[Press], Press]:
    """Registers what a press or a modal does, as its outermost frame: whatever it raises, the member is told."""

    def register(handler: Press) -> Press:
        @wraps(handler)
        async def handle(interaction: Interaction, /, *args: Any) -> None:
            try:
                await handler(interaction, *args)
            except Exception as error:  # noqa: BLE001 - the outermost frame: discord.py would only log it
                await tell(interaction, error)

        if PRESSES.setdefault(name, handle) is not handle:
            raise AssertionError(f"two presses are called {name}")
        return handle

    return register
