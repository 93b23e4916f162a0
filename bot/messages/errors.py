"""From an exception to the words that a member reads."""

import logging

import aiohttp
import discord
from discord import app_commands

from bot.discord_errors import UNREADABLE, is_transient
from bot.messages.words import Words
from core.errors import BucketUnavailable, InvalidRequest
from db.pool import UNAVAILABLE

_DISCORDS = (discord.DiscordException, aiohttp.ClientError, *UNREADABLE)
"""By these, it is Discord that is away, and not Postgres."""


def explain(error: Exception, say: Words) -> tuple[str, int]:
    """The text for the member and the level for the log, from the most telling cause to the least."""
    cause = cause_of(error)
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


def cause_of(error: Exception) -> Exception:
    return error.original if isinstance(error, app_commands.CommandInvokeError) else error
