"""The connection to Discord, with no more in memory and no more intents than the bot uses."""

import asyncio
import logging

import discord
from discord import app_commands

from bot.errors import on_command_error
from bot.imagine import Command

log = logging.getLogger(__name__)


class Client(discord.Client):
    def __init__(self, commands: list[Command]) -> None:
        super().__init__(
            # Guilds alone; none of these is privileged.
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
        )
        self.logged_in = asyncio.Event()
        """Messages can be sent and edited from here on; the gateway is still to be connected."""
        self.tree = app_commands.CommandTree(self)
        self.tree.error(on_command_error)
        for command in commands:
            self.tree.add_command(command)

    async def setup_hook(self) -> None:
        self.logged_in.set()
        registered = await self.tree.sync()
        log.info("registered %d commands", len(registered))

    async def on_ready(self) -> None:
        log.info("connected to Discord as %s, in %d servers", self.user, len(self.guilds))
