"""The commands, in the tree of discord.py."""

import logging
from typing import Any

import aiohttp
import discord
from discord import app_commands

from bot.answers.errors import tell
from bot.services import Interaction
from core.errors import reason


class Tree(app_commands.CommandTree[Any]):
    def __init__(self, client: discord.Client) -> None:
        # A single user who installed it could spend the owner's credits anywhere, so that is not offered.
        super().__init__(
            client,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=False
            ),
        )
        logging.getLogger("discord.app_commands.tree").addFilter(_in_a_line)

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        await tell(interaction, error)

    async def _call(self, interaction: Interaction) -> None:
        """discord.py catches what a command raises, but not what it raises itself before it gets there."""
        try:
            await super()._call(interaction)
        except app_commands.AppCommandError:
            raise
        except Exception as error:  # noqa: BLE001 - the outermost frame of a command: whatever it is, the member is told
            interaction.command_failed = True
            await tell(interaction, error)


def _in_a_line(record: logging.LogRecord) -> bool:
    """Without the trace that discord.py logs where autocompletion was answered too late."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, (discord.DiscordException, aiohttp.ClientError, OSError)):
        record.msg, record.args = "autocompletion could not be answered: %s", (reason(error),)
        record.levelno, record.levelname, record.exc_info = logging.INFO, "INFO", None
    return True
