"""From an interaction to a stored order and its first answer. Nothing slow happens in between."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.discord_errors import UNANSWERED
from bot.messages.estimate import over_seconds
from bot.messages.order import order_content
from bot.rights.access import in_time
from bot.rights.visibility import may_be_shown_to_all, parent_channel_id
from bot.services import Interaction, services_of, words_of
from core.errors import InvalidRequest, LostJob, reason
from core.orders import Estimate, Order, Progress, Request
from core.validation import validated
from db.pool import UNAVAILABLE
from db.retry import within
from ops.logs import about_order

log = logging.getLogger(__name__)

TOKEN_LIFE = timedelta(minutes=15)

ESTIMATE_SECONDS = 0.7  # of the 3 that Discord waits; storing the order may have taken 2
HOURGLASS_SECONDS = 1.0  # the first answer stays for this long: nobody reads faster, and Discord limits edits


def request_of(
    interaction: Interaction, *, prompt: str, model: str, params: Mapping[str, Any], **more: Any
) -> Request:
    """`more` are fields of Request. What is None among `params` was not asked for."""
    if interaction.channel_id is None:
        raise AssertionError("Discord sends a channel with every command and every press")
    plain = Request(
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        token=interaction.token,
        token_expires_at=interaction.created_at + TOKEN_LIFE,
        member_id=interaction.user.id,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id,
        parent_channel_id=parent_channel_id(interaction),
        locale=interaction.locale.value,
        prompt=prompt,
        model=model,
    )
    request = replace(plain, **more).with_params(**params)
    # What was made in direct messages is not for a gallery that others open.
    return replace(request, private=request.private or interaction.guild_id is None)


def derived_request(
    interaction: Interaction, order: Order, *, model: str, params: Mapping[str, Any], **more: Any
) -> Request:
    """What is made from another order: a spoiler if that is one, private if not everybody here could see that."""
    more |= {"private": not may_be_shown_to_all(interaction, order), "spoiler": order.spoiler}
    return request_of(interaction, prompt=order.prompt, model=model, params=params, **more)


def again(interaction: Interaction, order: Order) -> Request:
    """With a new seed, for whoever asks now."""
    params = {**order.params, "seed": None}
    return derived_request(interaction, order, model=order.model, params=params, count=order.count)


async def submit(interaction: Interaction, request: Request) -> None:
    """Stores the order and shows it waiting. Raises InvalidRequest, LimitReached among others."""
    services = services_of(interaction)
    request = validated(request, default_model=services.model)
    with services.instruments.stage("interaction"):
        with services.instruments.stage("insert"):
            request = replace(request, traceparent=services.instruments.traceparent)
            progress = await in_time(services.orders.create(request))
            if progress is None:
                log.info("interaction %d came again; its order is there already", interaction.id)
                return
            services.instruments.accepted(progress)
        with about_order(progress.order.id):
            try:
                await _answer(interaction, progress)
            except Exception:  # it is stored: nothing may say otherwise, and the reconciler goes on with it
                log.exception("stored, but its answer broke")


async def cancel(interaction: Interaction, order: Order) -> None:
    """What is left of it. Raises InvalidRequest where nothing is."""
    services = services_of(interaction)
    try:
        cancelled = await in_time(services.orders.cancel(order.id))
    except LostJob as error:
        raise InvalidRequest("It has ended already, so there is nothing to cancel.") from error
    services.instruments.cancelled(len(cancelled))


async def _answer(interaction: Interaction, progress: Progress) -> None:
    services, order = services_of(interaction), progress.order
    try:
        estimate = await within(ESTIMATE_SECONDS, services.orders.estimate(progress))
    except UNAVAILABLE as error:
        log.warning("its place in line is not known: %s", reason(error))
        estimate = Estimate()
    content = order_content(progress, estimate, {}, {}, words_of(interaction))
    try:
        callback = await interaction.response.send_message(view=content.view, ephemeral=order.is_ephemeral)
    except UNANSWERED as error:
        # The reconciler finds it, and another way to the member.
        log.warning("stored, but it could not be answered: %s", reason(error))
        return
    try:
        await services.replies.first_shown(
            order.id,
            message_id=callback.message_id,
            place=estimate.place,
            pause=estimate.paused,
            over_seconds=over_seconds(estimate),
            hold_seconds=HOURGLASS_SECONDS,
            is_ephemeral=order.is_ephemeral,
        )
    except UNAVAILABLE as error:
        # The reconciler shows it again, and learns the message's id.
        log.warning("its answer could not be recorded: %s", reason(error))
    # What a worker notified of meanwhile was not due yet.
    asyncio.get_running_loop().call_later(HOURGLASS_SECONDS, services.wake)
