"""From what a member wants to a stored job and its first answer. Nothing slow happens in between."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

from bot.discord_errors import UNANSWERED
from bot.messages import order as render
from bot.rights.access import in_time
from bot.rights.visibility import may_be_shown_to_all, parent_channel_id
from bot.services import Interaction, services_of, words_of
from core.errors import reason
from core.operations import painter
from db.orders import Estimate, Job, Jobs, Order
from db.pool import UNAVAILABLE, within
from ops.logs import about_job

log = logging.getLogger(__name__)

TOKEN_LIFE = timedelta(minutes=15)

ESTIMATE_SECONDS = 0.7
"""Of the 3 seconds that Discord waits, storing the job may have taken 2."""

HOURGLASS_SECONDS = 1.0
"""So long the first answer stands at least: nobody reads faster, and Discord limits edits."""


def order_of(interaction: Interaction, *, prompt: str, width: int, height: int, model: str) -> Order:
    """An order with nothing but the necessary; what else is wanted is added with `dataclasses.replace`."""
    if interaction.channel_id is None:
        raise AssertionError("Discord sends a channel with every command and every press")
    return Order(
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        token=interaction.token,
        token_expires_at=interaction.created_at + TOKEN_LIFE,
        member_id=interaction.user.id,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id,
        parent_channel_id=parent_channel_id(interaction),
        locale=interaction.locale.value,
        # What was made among two is not for a gallery that others open.
        private=interaction.guild_id is None,
        prompt=prompt,
        width=width,
        height=height,
        model=model,
    )


async def place(interaction: Interaction, order: Order) -> None:
    """Stores the job and shows it waiting. Raises InvalidRequest where a limit of the owner's is reached."""
    services = services_of(interaction)
    with services.traces.span("interaction"):
        job = await in_time(services.jobs.enqueue(order))
        if job is None:
            log.info("interaction %d came again; its job is there already", interaction.id)
            return
        with about_job(job.id):
            try:
                await _answer(interaction, order, job)
            except Exception:  # it is stored: nothing may say otherwise, and the keeper brings its end
                log.exception("it is stored, and its answer broke")


async def _answer(interaction: Interaction, order: Order, job: Job) -> None:
    services = services_of(interaction)
    estimate = await _estimate(services.jobs, job)
    reply = render.waiting(job, estimate, words_of(interaction))
    try:
        callback = await interaction.response.send_message(view=reply.view, ephemeral=order.is_ephemeral)
    except UNANSWERED as error:
        # The job is stored all the same: the keeper finds it unanswered, and another way to the member.
        log.warning("it is stored and could not be answered: %s", reason(error))
        return
    try:
        await services.replies.shown(
            job.id,
            job.revision,
            message_id=callback.message_id,
            place=estimate.place,
            pause=estimate.paused,
            over_seconds=render.over_seconds(estimate),
            hold_seconds=HOURGLASS_SECONDS,
        )
    except UNAVAILABLE as error:
        # The keeper shows it once more, and learns the message's id by that.
        log.warning("its answer could not be recorded: %s", reason(error))
    # What an idle worker notified of meanwhile was not due yet.
    asyncio.get_running_loop().call_later(HOURGLASS_SECONDS, services.wake)


async def _estimate(jobs: Jobs, job: Job) -> Estimate:
    """Of a job that is stored the member is told, with or without the place in line."""
    try:
        return await within(ESTIMATE_SECONDS, jobs.estimate(job))
    except UNAVAILABLE as error:
        log.warning("its place in line is not known: %s", reason(error))
        return Estimate(None, None)


def again(interaction: Interaction, job: Job) -> Order:
    """The same once more, for whoever asks now, and with a new seed.

    It is private where not everybody here could see the first: what it was made from is written on it.
    """
    model = painter(job.model).name
    order = order_of(interaction, prompt=job.prompt, width=job.width, height=job.height, model=model)
    return replace(
        order,
        negative_prompt=job.negative_prompt,
        style=job.style,
        private=order.private or not may_be_shown_to_all(interaction, job),
        spoiler=job.spoiler,
    )
