"""The outermost frame of a command, a press or a modal: whatever it ends by, the member is told."""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import discord
from discord import app_commands

from bot.discord_errors import ACKNOWLEDGED, UNANSWERED, in_a_line, is_taken
from bot.messages.content import notice
from bot.messages.errors import cause_of, explain
from bot.services import Interaction, words_of
from core.errors import InvalidRequest, reason

log = logging.getLogger(__name__)

P = ParamSpec("P")

_TOO_LATE = {10062, 10015, 50027}
"""Discord's codes for an interaction, or its token, whose time is over."""


def told(
    handler: Callable[Concatenate[Interaction, P], Awaitable[None]],
) -> Callable[Concatenate[Interaction, P], Coroutine[Any, Any, None]]:
    @wraps(handler)
    async def handle(interaction: Interaction, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await handler(interaction, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the outermost frame: discord.py would only log it
            await tell(interaction, error)

    return handle


async def on_command_error(interaction: Interaction, error: app_commands.AppCommandError) -> None:
    await tell(interaction, error)


async def tell(interaction: Interaction, error: Exception) -> None:
    """Tells the member, and only the member, what went wrong."""
    cause = cause_of(error)
    if is_over(cause):
        log.info("an interaction came again, or too late for an answer: %s", cause)
        return
    if is_taken(cause):
        log.info("an interaction was answered by what cannot be read, and is well: %s", reason(cause))
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


def is_over(error: BaseException) -> bool:
    """Whether it was answered before, or too late: Discord sends an event again after a broken connection."""
    return isinstance(error, discord.HTTPException) and error.code in {*_TOO_LATE, ACKNOWLEDGED}


def _in_log(error: Exception) -> str:
    """A refusal quotes what was typed, or counts it, in the values that are filled in."""
    cause = cause_of(error)
    return cause.text if isinstance(cause, InvalidRequest) else in_a_line(error)
