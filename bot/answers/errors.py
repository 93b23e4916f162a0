"""From an exception to the words that a member reads."""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import aiohttp
import discord
from discord import app_commands

from bot.discord_errors import ACKNOWLEDGED, UNANSWERED, UNREADABLE, in_a_line, is_taken, is_transient
from bot.messages.content import notice
from bot.messages.words import Words
from bot.services import Interaction, words_of
from core.errors import BucketUnavailable, InvalidRequest, reason
from db.pool import UNAVAILABLE

log = logging.getLogger(__name__)

P = ParamSpec("P")

_TOO_LATE = {10062, 10015, 50027}
"""Discord's codes for an interaction, or its token, whose time is over."""


_DISCORDS = (discord.DiscordException, aiohttp.ClientError, *UNREADABLE)
"""By these, it is Discord that is away, and not Postgres."""


def is_over(error: BaseException) -> bool:
    """Whether it was answered before, or too late: Discord sends an event again after a broken connection."""
    return isinstance(error, discord.HTTPException) and error.code in {*_TOO_LATE, ACKNOWLEDGED}


def explain(error: Exception, say: Words) -> tuple[str, int]:
    """The text for the member and the level for the log, from the most telling cause to the least."""
    cause = _cause(error)
    if isinstance(cause, InvalidRequest):
        return say(cause.text, **cause.values), logging.INFO
    if isinstance(cause, BucketUnavailable):
        return say("⚠️ The pictures cannot be reached at the moment. Try again in a minute."), logging.WARNING
    if isinstance(cause, _DISCORDS) and is_transient(cause):
        return (
            say(
                "⚠️ Discord did not take the answer. What you asked for may have been done all the same; "
                "if it was not, try again in a minute."
            ),
            logging.WARNING,
        )
    if isinstance(cause, UNAVAILABLE):
        return (
            say(
                "⚠️ The queue does not answer at the moment. Try again in a minute. "
                "If a picture was begun all the same, it comes by itself; otherwise nothing was charged."
            ),
            logging.WARNING,
        )
    return (
        say(
            "⚠️ Something in Tigerbrush broke. That is our fault, not yours. "
            "If a picture was begun all the same, it comes by itself; otherwise nothing was charged."
        ),
        logging.ERROR,
    )


async def tell(interaction: Interaction, error: Exception) -> None:
    """Tells the member, and only the member, what went wrong."""
    cause = _cause(error)
    if is_over(cause):
        log.info("an interaction came again, or too late for an answer: %s", cause)
        return
    if is_taken(cause):
        log.info("an interaction was answered by what cannot be read, and is done: %s", reason(cause))
        return
    text, level = explain(error, words_of(interaction))
    refused = isinstance(cause, InvalidRequest)
    line = "an interaction was refused: %r" if refused else "an interaction failed: %r"
    # Quoted, it is one line of the log, whatever it repeats of what others sent.
    log.log(level, line, _in_log(error), exc_info=cause if level >= logging.ERROR else None)
    view = notice(text)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(view=view, ephemeral=True)
        else:
            await interaction.response.send_message(view=view, ephemeral=True)
    except UNANSWERED as unanswered:
        if not is_taken(unanswered):
            log.warning("the member could not be told: %s", reason(unanswered))


def _in_log(error: Exception) -> str:
    """A refusal quotes what was typed, or counts it, in the values that are filled in."""
    cause = _cause(error)
    return cause.text if isinstance(cause, InvalidRequest) else in_a_line(error)


def _cause(error: Exception) -> Exception:
    return error.original if isinstance(error, app_commands.CommandInvokeError) else error


def told(
    handler: Callable[Concatenate[Interaction, P], Awaitable[None]],
) -> Callable[Concatenate[Interaction, P], Coroutine[Any, Any, None]]:
    """The outermost frame of a press or a modal: whatever it ends by, the member is told."""

    @wraps(handler)
    async def handle(interaction: Interaction, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await handler(interaction, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the outermost frame: discord.py would only log it
            await tell(interaction, error)

    return handle
