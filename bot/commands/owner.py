"""`/owner`: the bot's owner decides which servers it paints in, who may use it, and for how much."""

from discord import app_commands

import bot.owner_panel.blocks_page
import bot.owner_panel.servers_page  # noqa: F401 - they register themselves
from bot.owner_panel.panel import open_panel
from bot.services import Interaction


@app_commands.command(
    description="For the owner of the bot: servers, money, what is on offer, who is blocked"
)
# Discord shows it to few, as it is of no use to others; who may use it is decided at each press.
@app_commands.default_permissions(manage_guild=True)
async def owner(interaction: Interaction) -> None:
    await open_panel(interaction)
