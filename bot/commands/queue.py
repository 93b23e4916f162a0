"""`/queue`: what a member has waiting and at work, with Cancel on each and Refresh for all."""

from collections.abc import Sequence

from discord import app_commands, ui

from bot.answers.errors import on
from bot.controls.buttons import Action
from bot.messages.queue import REFRESH, queue_view
from bot.orders import cancel
from bot.rights.access import in_time
from bot.services import Interaction, services_of, words_of


@app_commands.command(description="Your pictures that are waiting or being painted")
async def queue(interaction: Interaction) -> None:
    await interaction.response.send_message(view=await _view(interaction), ephemeral=True)


@on(Action.DROP)
async def drop(interaction: Interaction, order_id: int) -> None:
    """What has ended meanwhile is not in the list any more, which says enough."""
    await cancel(interaction, order_id)
    await interaction.response.edit_message(view=await _view(interaction))


@on(REFRESH)
async def refresh(interaction: Interaction, _argument: str, _chosen: Sequence[str]) -> None:
    await interaction.response.edit_message(view=await _view(interaction))


async def _view(interaction: Interaction) -> ui.LayoutView:
    open_ = await in_time(services_of(interaction).orders.open_of(interaction.user.id))
    return queue_view(open_, words_of(interaction))
