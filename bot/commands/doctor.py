"""`/doctor`: the owner of the bot learns what is wrong, also with what it may do in this channel."""

import discord
from discord import app_commands

from bot.messages.content import notice
from bot.owner.doctor import missing
from bot.owner_panel.panel import require_owner
from bot.services import Interaction, services_of, words_of

_LENGTH_MAX = 3900


@app_commands.command(description="For the owner of the bot: what is wrong with it, and what to do")
# Discord shows it to few, as it is of no use to others; who may use it is decided below.
@app_commands.default_permissions(manage_guild=True)
async def doctor(interaction: Interaction) -> None:
    say = words_of(interaction)
    await interaction.response.defer(ephemeral=True)
    await require_owner(interaction)

    async def here() -> list[str]:
        in_thread = isinstance(interaction.channel, discord.Thread)
        return missing(interaction.app_permissions, in_thread=in_thread)

    lacking = here if interaction.guild_id is not None else None
    findings = await services_of(interaction).doctor.examine(lacking)
    ok = sum(finding.ok for finding in findings)
    # In English, as the log is: it says what to look up there.
    lines = [f"{'✅' if finding.ok else '❌'} **{finding.name}**: {finding.text}" for finding in findings]
    head = say("### 🩺 {ok} of {all} checks are ok", ok=ok, all=len(findings))
    view = notice("\n".join([head, *lines])[:_LENGTH_MAX])
    await interaction.edit_original_response(view=view)
