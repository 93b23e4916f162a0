"""Whether Discord took what it was sent, and where that is, whatever its answer looks like."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import discord
from discord import ui

from bot.discord_errors import UNANSWERED, UNREADABLE, in_a_line, is_taken
from core.errors import reason

log = logging.getLogger(__name__)

T = TypeVar("T")


async def taken(sending: Awaitable[T], *, ask: Callable[[], Awaitable[T]] | None = None) -> T | None:
    """What Discord took is sent, whatever its answer looks like. `ask` is then what tells where it is.

    None: it is sent, and that is all there is to know.
    """
    try:
        return await sending
    except UNREADABLE as error:
        if not is_taken(error):
            raise
        log.info("Discord took it, and said so by what cannot be read: %s", reason(error))
    return await _told(ask) if ask is not None else None


async def sent_once(send: Callable[[], Awaitable[T]]) -> T | None:
    """`send` gives one nonce each time it is called: Discord takes one message for it, and tells of it again."""
    return await taken(send(), ask=send)


async def send_new(
    where: discord.abc.Messageable,
    view: ui.LayoutView,
    file: Callable[[], discord.File] | None = None,
    **more: Any,
) -> discord.Message | None:
    """discord.py tries a request again that broke off; the nonce keeps it from being two messages."""
    nonce = secrets.token_hex(12)
    return await sent_once(
        lambda: where.send(view=view, files=[file()] if file is not None else [], nonce=nonce, **more)
    )


async def _told(ask: Callable[[], Awaitable[T]]) -> T | None:
    try:
        return await ask()
    except UNANSWERED as error:
        log.info("where it is cannot be learnt: %s", in_a_line(error))
        return None
