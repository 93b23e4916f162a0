"""`python -m benchmarks.pong`: the least that a bot of discord.py does, the floor of `command`."""

import os
from typing import Any

import discord
from discord import app_commands

from bot.gateway.endpoints import point_at


@app_commands.command(description="Answers at once")
async def ping(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_message("pong")


class Pong(discord.Client):
    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(ping)

    async def setup_hook(self) -> None:
        await self.tree.sync()


if __name__ == "__main__":
    point_at(os.environ["DISCORD_API_BASE"], os.environ["DISCORD_GATEWAY_URL"])
    Pong().run(os.environ["DISCORD_TOKEN"], log_handler=None)
