"""`/usage`: what a member used, of what, and how much of it is left."""

from discord import app_commands

from bot.messages.usage import usage_view
from bot.rights.access import in_time
from bot.services import Interaction, services_of, words_of


@app_commands.command(description="What you used today and this month, and what is left")
async def usage(interaction: Interaction) -> None:
    services, member_id, guild_id = services_of(interaction), interaction.user.id, interaction.guild_id
    used = await in_time(services.ledger.used(member_id, guild_id))
    spent = await in_time(services.ledger.spent(member_id))
    limits = await services.rules.limits_of(interaction)
    view = usage_view(used, limits, spent, words_of(interaction), in_server=guild_id is not None)
    await interaction.response.send_message(view=view, ephemeral=True)
