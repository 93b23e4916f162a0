"""`/forget-me`: a member has everything deleted that is theirs."""

from typing import Any, Self

import discord
from discord import app_commands, ui

from bot.controls.buttons import Say
from bot.messages.content import notice
from bot.services import Interaction, services_of, words_of
from bot.told import told


@app_commands.command(
    name="forget-me", description="Delete all your pictures, prompts and favourites for good"
)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
async def forget_me(interaction: Interaction) -> None:
    say = words_of(interaction)
    text = say(
        "🗑️ Delete all your pictures, prompts and favourites for good, and cancel what is waiting? "
        "Nothing of it can be brought back."
    )
    view = notice(text, ui.ActionRow(ForgetButton(say)))
    await interaction.response.send_message(view=view, ephemeral=True)


class ForgetButton(ui.DynamicItem[ui.Button[Any]], template=r"forget-me"):
    """On an ephemeral message, so nobody but the member can press it."""

    def __init__(self, say: Say = str) -> None:
        label = say("Delete everything of mine")
        style = discord.ButtonStyle.danger
        super().__init__(ui.Button(style=style, label=label, emoji="🗑️", custom_id="forget-me"))

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, _item: ui.Item[Any], _match: Any, /) -> Self:
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        await _forget(interaction)


@told
async def _forget(interaction: Interaction) -> None:
    # With many pictures it takes longer than Discord waits for an answer.
    await interaction.response.defer()
    count = await services_of(interaction).erasure.erase_member(interaction.user.id)
    say = words_of(interaction)
    text = say.plural(
        "🗑️ Deleted: {count} picture, and all else of yours. Its file and the messages that show it "
        "go within a minute, or as soon as the bot can reach them.",
        "🗑️ Deleted: {count} pictures, and all else of yours. Their files and the messages that show "
        "them go within a few minutes, or as soon as the bot can reach them.",
        count,
    )
    beyond = say("What somebody saved, forwarded or still has open cannot be taken back.")
    await interaction.edit_original_response(view=notice(f"{text} {beyond}"))
