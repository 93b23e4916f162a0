"""Sending what Discord takes, once, and knowing that it was taken whatever the answer looks like."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import discord

from bot.discord_errors import UNANSWERED, UNREADABLE, in_a_line, is_taken
from bot.messages.content import Content
from core.errors import reason

log = logging.getLogger(__name__)

T = TypeVar("T")


async def taken(sending: Awaitable[T], *, ask: Callable[[], Awaitable[T]] | None = None) -> T | None:
    """None if Discord took it, but nothing tells where it is. `ask` is called where its answer cannot be read."""
    try:
        return await sending
    except UNREADABLE as error:
        if not is_taken(error):
            raise
        log.info("Discord took a request, and its answer cannot be read: %s", reason(error))
    try:
        return await ask() if ask is not None else None
    except UNANSWERED as error:
        log.info("the id of a message is not known: %s", in_a_line(error))
        return None


async def send_once(
    where: discord.abc.Messageable, content: Content, *, nonce: str | None = None, **more: Any
) -> discord.Message | None:
    """discord.py repeats a request that broke off: Discord takes one message a nonce, and tells of it again."""
    nonce = nonce or secrets.token_hex(12)

    def send() -> Awaitable[discord.Message]:
        return where.send(view=content.view, files=content.attachments(), nonce=nonce, **more)

    return await taken(send(), ask=send)


async def send_what_is_taken(content: Content, send: Callable[[Content], Awaitable[T]]) -> T:
    """Leaves out what Discord refuses: the picture, the button or the link."""
    while True:
        try:
            return await send(content)
        except discord.HTTPException as error:
            left = content.without_what_is_refused(error)
            if left is None:
                raise
            log.warning("Discord refuses a part of a message, so it is left out: %s", in_a_line(error))
            content = left
