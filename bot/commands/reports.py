"""`/reports`: whoever manages messages in a server decides about the pictures that were reported."""

from discord import app_commands

from bot.moderation import blocked_page  # noqa: F401 - it registers itself
from bot.moderation.queue import open_queue
from bot.services import Interaction


@app_commands.command(description="For who manages messages: pictures that were reported")
# To whom it is offered can be changed in the server's settings, under Integrations.
@app_commands.default_permissions(manage_messages=True)
# `guild_only` would leave what the tree allows for all: direct messages.
@app_commands.allowed_contexts(guilds=True, dms=False)
async def reports(interaction: Interaction) -> None:
    await open_queue(interaction)
