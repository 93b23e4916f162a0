"""What the buttons of a picture do. Each press is checked anew for who may do it."""

from typing import Any

import discord
from discord import ui

from bot.controls.buttons import Action, PictureButton, on
from bot.controls.page_controls import on_open
from bot.messages.content import notice
from bot.messages.picture import new_link, show_picture
from bot.orders import derived_request, submit
from bot.rights.access import (
    gone,
    in_time,
    require_control,
    require_full_size,
    require_imagine,
    visible_picture,
)
from bot.services import Interaction, services_of, words_of
from bot.told import told
from core.errors import InvalidRequest, LostJob
from core.operations import UPSCALE, UPSCALER, upscaled_size
from core.orders import JOB_NUMBERS


@on_open
@told
async def open_picture(interaction: Interaction, picture_id: int) -> None:
    """For the member alone, with a new link and its buttons."""
    picture = await visible_picture(interaction, picture_id)
    await interaction.response.defer(ephemeral=True, thinking=True)
    await show_picture(interaction, picture)


@on(Action.UPSCALE)
@told
async def upscale(interaction: Interaction, picture_id: int) -> None:
    picture = await visible_picture(interaction, picture_id)
    await require_imagine(interaction, picture.order)
    require_full_size(picture)
    width, height = upscaled_size(picture.width, picture.height)
    request = derived_request(
        interaction,
        picture.order,
        model=UPSCALER.name,
        params={"width": width, "height": height},
        operation=UPSCALE.name,
        inputs=(picture.id,),
    )
    await submit(interaction, request)


@on(Action.LINK)
@told
async def link(interaction: Interaction, picture_id: int) -> None:
    picture = await visible_picture(interaction, picture_id)
    require_full_size(picture)
    say = words_of(interaction)
    made = new_link(services_of(interaction).picture_store, picture)
    if made is None:
        raise InvalidRequest("The full size is still on its way. Its link appears under the picture shortly.")
    text = say(
        "Ready to copy; it works until {date} ({when}) for whoever has it.",
        date=discord.utils.format_dt(made.expires_at, "f"),
        when=discord.utils.format_dt(made.expires_at, "R"),
    )
    view = notice(f"🔗 {text}\n```\n{made.url}\n```")
    await interaction.response.send_message(view=view, ephemeral=True)


@on(Action.FAVOURITE)
@told
async def favourite(interaction: Interaction, picture_id: int) -> None:
    picture = await visible_picture(interaction, picture_id)
    favourites, say = services_of(interaction).favourites, words_of(interaction)
    if await in_time(favourites.among(interaction.user.id, [picture.id])):
        await in_time(favourites.remove(interaction.user.id, picture.id))
        text = say("☆ No longer among your favourites.")
    elif await in_time(favourites.add(interaction.user.id, picture.id)):
        text = say("⭐ Among your favourites now: `/gallery` shows them with `favourites: True`.")
    else:
        raise gone()
    await interaction.response.send_message(view=notice(text), ephemeral=True)


@on(Action.DELETE)
@told
async def ask_to_delete(interaction: Interaction, picture_id: int) -> None:
    picture = await visible_picture(interaction, picture_id)
    require_control(interaction, picture.order)
    await _record_reply(interaction, picture_id)
    say = words_of(interaction)
    if picture.order.count == 1:
        text = say(
            "🗑️ Delete this picture for good? It and its prompt are removed wherever the bot put them; "
            "that it was painted stays on the bill."
        )
    else:
        text = say(
            "🗑️ Delete picture {number} of {count} for good? It is removed wherever the bot put it, and their "
            "prompt goes with the last of them; that it was painted stays on the bill.",
            number=picture.number,
            count=picture.order.count,
        )
    # Only its own interaction can change an ephemeral message, so there the question takes the picture's place.
    keep = Action.RESTORE if _is_ephemeral(interaction) else Action.KEEP
    row: ui.ActionRow[Any] = ui.ActionRow(
        PictureButton(Action.ERASE, picture.id, say), PictureButton(keep, picture.id, say)
    )
    if _is_ephemeral(interaction):
        await interaction.response.edit_message(view=notice(text, row), attachments=[])
    else:
        await interaction.response.send_message(view=notice(text, row), ephemeral=True)


@on(Action.ERASE)
@told
async def erase(interaction: Interaction, picture_id: int) -> None:
    services, say = services_of(interaction), words_of(interaction)
    picture = await visible_picture(interaction, picture_id)
    require_control(interaction, picture.order)
    try:
        await in_time(services.erasure.erase(picture.id))
    except LostJob as error:
        # By somebody else, in between.
        raise gone() from error
    # The reconciler removes the message, a worker the objects, and what shows it elsewhere goes as well.
    beyond = say("What somebody saved, forwarded or still has open cannot be taken back.")
    text = say(
        "🗑️ Deleted. Messages that show it, pages on which it was shared and messages by which it was sent "
        "go or change within a minute, or as soon as the bot can reach them."
    )
    await interaction.response.edit_message(view=notice(f"{text} {beyond}"))


@on(Action.KEEP)
@told
async def keep(interaction: Interaction, _picture_id: int) -> None:
    say = words_of(interaction)
    await interaction.response.edit_message(view=notice(say("↩️ Kept; nothing was deleted.")))


@on(Action.RESTORE)
@told
async def restore(interaction: Interaction, picture_id: int) -> None:
    picture = await visible_picture(interaction, picture_id)
    await interaction.response.defer()
    await show_picture(interaction, picture)


async def _record_reply(interaction: Interaction, picture_id: int) -> None:
    """The first answer's own response may have been lost; the button stands on the reply itself."""
    message = interaction.message
    if message is not None and not message.flags.ephemeral:
        found = services_of(interaction).replies.found(
            picture_id // JOB_NUMBERS, message_id=message.id, channel_id=message.channel.id
        )
        await in_time(found)


def _is_ephemeral(interaction: Interaction) -> bool:
    return interaction.message is not None and interaction.message.flags.ephemeral
