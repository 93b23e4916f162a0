"""The reaction under a finished order: whoever clicks it is sent its pictures.

It comes after the reply itself, as Discord takes no more than four reactions a second in a channel.
"""

import asyncio
import contextlib
import logging

import discord

from bot.discord_errors import UNANSWERED, in_a_line
from bot.replies.messenger import Shown
from bot.sending import taken
from core.orders import Reply
from db.servers import Servers

log = logging.getLogger(__name__)

WAITING_MAX = 20  # five seconds' worth; beyond that members add it themselves


class DownloadReactions:
    """`reaction` is put under each finished order that others can react to, unless a server has its own."""

    def __init__(self, client: discord.Client, servers: Servers, *, reaction: str) -> None:
        self._client = client
        self._servers = servers
        self._reaction = reaction
        self._waiting: asyncio.Queue[tuple[Shown, str]] = asyncio.Queue(WAITING_MAX)

    def add(self, reply: Reply, shown: Shown) -> None:
        progress = reply.progress
        if progress.is_final and progress.pictures and not reply.order.is_ephemeral:
            reaction = self._servers.of(reply.order.guild_id).rules.reaction or self._reaction
            with contextlib.suppress(asyncio.QueueFull):
                self._waiting.put_nowait((shown, reaction))

    async def serve(self) -> None:
        while True:
            await self._react(*await self._waiting.get())

    async def _react(self, shown: Shown, reaction: str) -> None:
        channel = self._client.get_partial_messageable(shown.channel_id)
        try:
            await taken(channel.get_partial_message(shown.message_id).add_reaction(reaction))
        except UNANSWERED as error:
            log.info("no reaction under message %d: %s", shown.message_id, in_a_line(error))
