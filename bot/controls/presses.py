"""What the buttons under a job's message do. Each press is checked anew for who may do it."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

import discord

from bot.commands.queue import queue_view
from bot.controls.edit_modal import edit_modal
from bot.controls.job_buttons import Action, row
from bot.messages import order as render
from bot.messages.errors import tell
from bot.messages.picture import new_link, show_picture
from bot.orders import again, order_of, place
from bot.rights.access import (
    gone,
    in_time,
    require_commands,
    require_control,
    require_full_size,
    visible_job,
    visible_picture,
)
from bot.rights.visibility import may_be_shown_to_all
from bot.services import Interaction, services_of, words_of
from core.errors import InvalidRequest, LostJob
from core.operations import UPSCALER, Kind, upscaled_size
from db.orders import Job

log = logging.getLogger(__name__)


async def press(interaction: Interaction, action: Action, job_id: int) -> None:
    try:
        await _HANDLERS[action](interaction, job_id)
    except Exception as error:  # noqa: BLE001 - the outermost frame of a press: whatever it is, the member is told
        await tell(interaction, error)


async def cancel(interaction: Interaction, job_id: int) -> None:
    job = await visible_job(interaction, job_id)
    require_control(interaction, job)
    await _cancel(interaction, job_id)
    # The keeper brings the reply to its end.
    await interaction.response.defer()


async def drop(interaction: Interaction, job_id: int) -> None:
    job = await visible_job(interaction, job_id)
    require_control(interaction, job)
    await _cancel(interaction, job_id)
    jobs = await in_time(services_of(interaction).jobs.open_of(interaction.user.id))
    await interaction.response.edit_message(view=queue_view(jobs, words_of(interaction)))


async def _cancel(interaction: Interaction, job_id: int) -> None:
    try:
        await in_time(services_of(interaction).jobs.cancel(job_id))
    except LostJob as error:
        raise InvalidRequest("It has ended already, so there is nothing to cancel.") from error


async def once_more(interaction: Interaction, job_id: int) -> None:
    job = await visible_job(interaction, job_id)
    await require_commands(interaction, job)
    await place(interaction, again(interaction, job))


async def edit(interaction: Interaction, job_id: int) -> None:
    job = await visible_job(interaction, job_id)
    await require_commands(interaction, job)
    await interaction.response.send_modal(edit_modal(job, words_of(interaction)))


async def upscale(interaction: Interaction, job_id: int) -> None:
    job = await visible_picture(interaction, job_id)
    await require_commands(interaction, job)
    require_full_size(job)
    width, height = upscaled_size(job.width, job.height)
    order = order_of(interaction, prompt=job.prompt, width=width, height=height, model=UPSCALER.name)
    await place(
        interaction,
        replace(
            order,
            kind=Kind.UPSCALE,
            parent_id=job.id,
            private=order.private or not may_be_shown_to_all(interaction, job),
            spoiler=job.spoiler,
        ),
    )


async def link(interaction: Interaction, job_id: int) -> None:
    job = await visible_picture(interaction, job_id)
    require_full_size(job)
    say = words_of(interaction)
    made = new_link(services_of(interaction).pictures, job)
    if made is None:
        raise InvalidRequest("The full size is still on its way. Its link appears under the picture shortly.")
    text = say(
        "Ready to copy; it works until {date} ({when}) for whoever has it.",
        date=discord.utils.format_dt(made.expires_at, "f"),
        when=discord.utils.format_dt(made.expires_at, "R"),
    )
    view = render.notice(f"🔗 {text}\n```\n{made.url}\n```")
    await interaction.response.send_message(view=view, ephemeral=True)


async def favourite(interaction: Interaction, job_id: int) -> None:
    job = await visible_picture(interaction, job_id)
    favourites, say = services_of(interaction).favourites, words_of(interaction)
    if await in_time(favourites.among(interaction.user.id, [job.id])):
        await in_time(favourites.remove(interaction.user.id, job.id))
        text = say("☆ No longer among your favourites.")
    elif await in_time(favourites.add(interaction.user.id, job.id)):
        text = say("⭐ Among your favourites now: `/gallery` shows them with `favourites: True`.")
    else:
        raise gone()
    await interaction.response.send_message(view=render.notice(text), ephemeral=True)


async def ask_to_delete(interaction: Interaction, job_id: int) -> None:
    job = await visible_picture(interaction, job_id)
    require_control(interaction, job)
    await _learn_place(interaction, job)
    say = words_of(interaction)
    text = say(
        "🗑️ Delete this picture for good? It and its prompt are removed wherever the bot put them; "
        "that it was painted stays on the bill."
    )
    if _is_ephemeral(interaction):
        # Only its own interaction can change such a message, so the question takes the picture's place.
        view = render.notice(text, row(job.id, say, Action.ERASE, Action.RESTORE))
        await interaction.response.edit_message(view=view, attachments=[])
    else:
        view = render.notice(text, row(job.id, say, Action.ERASE, Action.KEEP))
        await interaction.response.send_message(view=view, ephemeral=True)


async def erase(interaction: Interaction, job_id: int) -> None:
    services, say = services_of(interaction), words_of(interaction)
    job = await visible_picture(interaction, job_id)
    require_control(interaction, job)
    try:
        await in_time(services.erasure.erase(job.id))
    except LostJob as error:
        # By somebody else, in between.
        raise gone() from error
    # The keeper removes the message, a worker the objects, and what shows it elsewhere goes as well.
    text = say(
        "🗑️ Deleted. Its message, pages on which it was shared and messages by which it was sent go within a "
        "minute, or as soon as the bot can reach them. What somebody saved, forwarded or still has open "
        "cannot be taken back."
    )
    await interaction.response.edit_message(view=render.notice(text))


async def keep(interaction: Interaction, _job_id: int) -> None:
    say = words_of(interaction)
    await interaction.response.edit_message(view=render.notice(say("↩️ Kept; nothing was deleted.")))


async def restore(interaction: Interaction, job_id: int) -> None:
    job = await visible_picture(interaction, job_id)
    await interaction.response.defer()
    await show_picture(interaction, job)


async def _learn_place(interaction: Interaction, job: Job) -> None:
    """What was answered when it was sent may have told nobody; the button stands on the reply itself."""
    if job.message_id is not None or _is_ephemeral(interaction) or interaction.message is None:
        return
    message = interaction.message
    found = services_of(interaction).replies.found(
        job.id, message_id=message.id, channel_id=message.channel.id
    )
    await in_time(found)


def _is_ephemeral(interaction: Interaction) -> bool:
    return interaction.message is not None and interaction.message.flags.ephemeral


_HANDLERS: dict[Action, Callable[[Interaction, int], Awaitable[None]]] = {
    Action.CANCEL: cancel,
    Action.DROP: drop,
    Action.AGAIN: once_more,
    Action.EDIT: edit,
    Action.UPSCALE: upscale,
    Action.LINK: link,
    Action.FAVOURITE: favourite,
    Action.DELETE: ask_to_delete,
    Action.ERASE: erase,
    Action.KEEP: keep,
    Action.RESTORE: restore,
}
