"""From an exception to the words that a member reads."""

import logging

import discord
from discord import app_commands

from db.errors import InvalidRequest
from db.pool import UNAVAILABLE

log = logging.getLogger(__name__)


def explain(error: BaseException) -> tuple[str, int]:
    """The text for the member and the level for the log, from the most telling cause to the least."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    if isinstance(cause, InvalidRequest):
        return str(cause), logging.INFO
    if isinstance(cause, UNAVAILABLE):
        return (
            "⚠️ The queue cannot be reached at the moment, so nothing was started and nothing was charged. "
            "Try again in a minute.",
            logging.WARNING,
        )
    return (
        "⚠️ Something in Tigerbrush broke. That is our fault, not yours, and nothing was charged.",
        logging.ERROR,
    )


async def on_command_error(
    interaction: discord.Interaction[discord.Client], error: app_commands.AppCommandError
) -> None:
    """Tells the member, and only the member, what went wrong."""
    text, level = explain(error)
    log.log(level, "a command failed: %s", error, exc_info=error if level >= logging.ERROR else None)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True)
        else:
            await interaction.response.send_message(text, ephemeral=True)
    except discord.HTTPException as unanswered:
        log.warning("the member could not be told: %s", unanswered)
