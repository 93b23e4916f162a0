"""Who is blocked in a server: a page of `/reports`, by which its moderators lift a block."""

from typing import Any

import discord
from discord import ui

from bot.answers.errors import on
from bot.controls.pages import OPTIONS_MAX, button, ids, select
from bot.messages.content import view_of
from bot.owner_panel.blocks_page import line
from bot.rights.access import in_time, require_reports
from bot.services import Interaction, services_of, words_of

_LABEL_LENGTH_MAX = 100


@on("report:blocked")
async def show_blocked(interaction: Interaction, _argument: str, _chosen: tuple[str, ...]) -> None:
    await _show(interaction, await require_reports(interaction))


@on("report:lift-block")
async def lift_block(interaction: Interaction, _argument: str, chosen: tuple[str, ...]) -> None:
    guild, blocks = await require_reports(interaction), services_of(interaction).blocks
    for member_id in ids(chosen[:1]):
        await in_time(blocks.lift(member_id, guild.id, by=interaction.user.id))
    await _show(interaction, guild)


async def _show(interaction: Interaction, guild: discord.Guild) -> None:
    """The newest, of which there is room for in a menu."""
    say = words_of(interaction)
    found = await in_time(services_of(interaction).blocks.of_server(guild.id, limit=OPTIONS_MAX))
    lines = [say("### ⛔ Blocked in this server")]
    lines += [f"{number}. {line(block, say)}" for number, block in enumerate(found, 1)]
    container = ui.Container[Any](
        ui.TextDisplay("\n".join(lines if found else [*lines, say("Nobody is blocked.")]))
    )
    if found:
        options = [
            discord.SelectOption(
                label=f"{number}. {block.member_id}",
                description=block.reason[:_LABEL_LENGTH_MAX] or None,
                value=str(block.member_id),
            )
            for number, block in enumerate(found, 1)
        ]
        container.add_item(ui.ActionRow(select("report:lift-block", say("Lift a block"), options)))
    back = ui.ActionRow[Any](button("report:queue:0", say("Open reports"), "🚩"))
    await interaction.response.edit_message(view=view_of(container, back), attachments=[])
