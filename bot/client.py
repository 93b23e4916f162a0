"""The connection to Discord, with no more in memory and no more intents than the bot uses."""

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
        self.tree = app_commands.CommandTree(self)
        self.tree.error(on_command_error)
        for command in commands:
            self.tree.add_command(command)

    async def setup_hook(self) -> None:
        registered = await self.tree.sync()
        log.info("registered %d commands", len(registered))

    async def on_ready(self) -> None:
        log.info("connected to Discord as %s, in %d servers", self.user, len(self.guilds))
