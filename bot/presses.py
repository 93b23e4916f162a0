"""What the buttons of orders and pictures do. Each press is checked anew."""

from bot.answers.errors import on
from bot.answers.show import card, new_link, show
from bot.controls.buttons import Action
from bot.controls.page_controls import OPEN
from bot.controls.pages import OUTDATED
from bot.messages.content import notice
from bot.messages.notices import deleted, link_to_copy, sure_to_delete
from bot.messages.panel import settings_text
from bot.messages.prompts import TEXT_LENGTH_MAX, escape
from bot.orders import cancel
from bot.panel import show_panel
from bot.rights.access import (
    gone,
    in_time,
    require_control,
    require_full_size,
    visible_order,
    visible_picture,
)
from bot.services import Interaction, services_of, words_of
from core.errors import InvalidRequest, LostJob
from core.orders import JOB_NUMBERS, Estimate


@on(Action.CANCEL)
async def press_cancel(interaction: Interaction, order_id: int) -> None:
    is_cancelled = await cancel(interaction, order_id)
    await interaction.response.defer()
    # The reconciler shows that it is cancelled. What has ended before is shown by a message that it did not reach, and
    # where that is private, by nothing but its own press.
    if not is_cancelled:
        services = services_of(interaction)
        for reply in await services.replies.load([order_id]):
            say = services.languages.of(reply.order.locale)
            await show(
                interaction,
                await card(services.picture_store, reply, Estimate(), say, signer=services.signer),
            )


@on(Action.PROMPT)
async def show_prompt(interaction: Interaction, order_id: int) -> None:
    order = await visible_order(interaction, order_id)
    view = notice(f"> {escape(order.prompt, TEXT_LENGTH_MAX)}")
    await interaction.response.send_message(view=view, ephemeral=True)


@on(Action.MORE)
@on(OPEN)
async def open_picture(interaction: Interaction, picture_id: int) -> None:
    """For the member alone, with a new link and all that can be done with it."""
    picture = await visible_picture(interaction, picture_id)
    await interaction.response.defer(ephemeral=True, thinking=True)
    await show_panel(interaction, picture)


@on(Action.SETTINGS)
async def show_settings(interaction: Interaction, picture_id: int) -> None:
    picture = await visible_picture(interaction, picture_id)
    text = settings_text(picture, words_of(interaction))
    await interaction.response.send_message(view=notice(text), ephemeral=True)


@on(Action.LINK)
async def link(interaction: Interaction, picture_id: int) -> None:
    picture = await visible_picture(interaction, picture_id)
    require_full_size(picture)
    found = new_link(services_of(interaction).picture_store, picture)
    if found is None:
        raise InvalidRequest("The full size is still on its way. Its link appears under the picture shortly.")
    view = link_to_copy(found, words_of(interaction))
    await interaction.response.send_message(view=view, ephemeral=True)


@on(Action.FAVOURITE)
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
async def ask_to_delete(interaction: Interaction, picture_id: int) -> None:
    picture = await visible_picture(interaction, picture_id)
    require_control(interaction, picture.order)
    message, say = interaction.message, words_of(interaction)
    if message is not None and message.flags.ephemeral:
        # Only its own interaction can change an ephemeral message, so the question takes the picture's place.
        view = sure_to_delete(picture, Action.RESTORE, say)
        await interaction.response.edit_message(view=view, attachments=[])
        return
    if message is not None:
        # Its place may not be known yet, if Discord's confirmation of the first answer got lost.
        found = services_of(interaction).replies.found(
            picture_id // JOB_NUMBERS, message_id=message.id, channel_id=message.channel.id
        )
        await in_time(found)
    view = sure_to_delete(picture, Action.KEEP, say)
    await interaction.response.send_message(view=view, ephemeral=True)


@on(Action.ERASE)
async def erase(interaction: Interaction, picture_id: int) -> None:
    picture = await visible_picture(interaction, picture_id)
    require_control(interaction, picture.order)
    try:
        # The reconciler removes the message, a worker the objects, and the copies go as well.
        await in_time(services_of(interaction).erasure.erase(picture.id))
    except LostJob as error:
        raise gone() from error
    await interaction.response.edit_message(view=deleted(words_of(interaction)))


@on(Action.KEEP)
async def keep(interaction: Interaction, _picture_id: int) -> None:
    say = words_of(interaction)
    await interaction.response.edit_message(view=notice(say("↩️ Kept; nothing was deleted.")))


@on(Action.RESTORE)
async def restore(interaction: Interaction, picture_id: int) -> None:
    picture = await visible_picture(interaction, picture_id)
    await interaction.response.defer()
    await show_panel(interaction, picture)


@on(OUTDATED)
async def outdated(_interaction: Interaction, *_told: object) -> None:
    raise InvalidRequest("This is of another version of the bot. Use the command once more.")
