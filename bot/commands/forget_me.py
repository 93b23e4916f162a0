"""`/forget-me`: a member has everything deleted that is theirs."""

from collections.abc import Sequence
from typing import Any, Self

import discord
from discord import app_commands, ui

from bot.answers.errors import on
from bot.controls.buttons import Say
from bot.controls.pages import button
from bot.messages.content import notice
from bot.messages.notices import all_deleted
from bot.services import Interaction, services_of, words_of
from core.rules import Member


@app_commands.command(
    name="forget-me", description="Delete all your pictures, prompts and favourites for good"
)
async def forget_me(interaction: Interaction) -> None:
    await ask_to_forget(interaction)


async def ask_to_forget(interaction: Interaction) -> None:
    say = words_of(interaction)
    text = say(
        "🗑️ Delete all your pictures, prompts, favourites and settings for good, and cancel what is waiting? "
        "Nothing of it can be brought back."
    )
    view = notice(text, ui.ActionRow(ForgetButton(say), button("me:keep", say("Keep everything"), "↩️")))
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


@on("me:keep")
async def _keep(interaction: Interaction, _argument: str, _chosen: Sequence[str]) -> None:
    say = words_of(interaction)
    await interaction.response.edit_message(view=notice(say("↩️ Kept; nothing was deleted.")))


@on("forget-me")
async def _forget(interaction: Interaction) -> None:
    # With many pictures it takes longer than Discord waits for an answer.
    await interaction.response.defer()
    services = services_of(interaction)
    count = await services.erasure.erase_member(interaction.user.id)
    services.rules.members.learn(interaction.user.id, Member())
    await interaction.edit_original_response(view=all_deleted(count, words_of(interaction)))
