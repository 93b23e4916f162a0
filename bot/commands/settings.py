"""`/settings`: whoever manages a server decides who may paint what in it."""

from discord import app_commands

from bot.rights.access import require_manager
from bot.services import Interaction
from bot.settings_panel import changes_page, defaults_page, what_page, who_page  # noqa: F401 - they register themselves
from bot.settings_panel.panel import page_view
from bot.settings_panel.where_page import WHERE


@app_commands.command(description="For who manages this server: where, by whom and how much is painted")
# To whom it is offered can be changed in the server's settings, under Integrations.
@app_commands.default_permissions(manage_guild=True)
# `guild_only` would leave what the tree allows for all: direct messages.
@app_commands.allowed_contexts(guilds=True, dms=False)
async def settings(interaction: Interaction) -> None:
    guild = await require_manager(interaction)
    view = await page_view(interaction, guild, WHERE)
    await interaction.response.send_message(view=view, ephemeral=True)
