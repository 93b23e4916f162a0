"""From an interaction to a stored order and its first answer. Nothing slow happens in between."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord

from bot.discord_errors import UNANSWERED
from bot.messages.estimate import over_seconds
from bot.messages.order import order_content
from bot.rights.access import in_time, require_control, visible_order
from bot.rights.visibility import may_be_shown_to_all, parent_channel_id
from bot.services import Interaction, services_of
from core.errors import InvalidRequest, LostJob, StaleRules, reason
from core.operations import OPERATIONS, Need, Operation
from core.orders import BORROWED, FROM_UPLOAD, PRESSED, Estimate, Order, Picture, Progress, Request, Source
from core.policy import decided, filled_in
from core.validation import validated
from db.orders import Seen
from db.pool import UNAVAILABLE
from db.retry import within
from ops.logs import about_order

log = logging.getLogger(__name__)

TOKEN_LIFE = timedelta(minutes=15)

DECISIONS_MAX = 5
"""So often it is decided by which rules a request is taken; each time, they were changed meanwhile."""

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
        guild_locale=interaction.guild_locale.value if interaction.guild_locale is not None else None,
        prompt=prompt,
        model=model,
    )
    # What was made in direct messages is not for a gallery that others open.
    request = replace(plain, **more)
    request = replace(request, private=request.private or interaction.guild_id is None)
    is_command = interaction.type is discord.InteractionType.application_command
    return request.with_params(**{**params, PRESSED: None if is_command or request.private else True})


def changed(
    interaction: Interaction,
    operation: Operation,
    sources: Sequence[Source],
    *,
    model: str,
    params: Mapping[str, Any],
    prompt: str = "",
    private: bool = False,
    spoiler: bool = False,
    **more: Any,
) -> Request:
    """What is made from these. Without words of its own it has those of the first picture, by which it is found; it is
    private, or a spoiler, if one of them is, or not everybody here could see it."""
    orders = [source.order for source in sources if isinstance(source, Picture)]
    found_by = next((order.prompt for order in orders), "")
    if found_by and not prompt and operation.words is Need.OPTIONAL:
        params = {**params, BORROWED: True}
    if any(order.is_from_upload for order in orders):
        params = {**params, FROM_UPLOAD: True}
    more |= {
        "operation": operation.name,
        "inputs": tuple(source.id for source in sources),
        "prompt": prompt or found_by,
        "private": private or not all(may_be_shown_to_all(interaction, order) for order in orders),
        "spoiler": spoiler or any(order.spoiler for order in orders),
    }
    return request_of(interaction, model=model, params=params, **more)


def again(interaction: Interaction, order: Order) -> Request:
    """With a new seed, for whoever asks now: a spoiler if that is one, private if not everybody here could see that."""
    return request_of(
        interaction,
        operation=order.operation,
        model=order.model,
        prompt=order.prompt,
        params={**order.params, "seed": None},
        inputs=order.inputs,
        count=order.count,
        private=not may_be_shown_to_all(interaction, order),
        spoiler=order.spoiler,
    )


async def submit(interaction: Interaction, request: Request, sources: Sequence[Source] = ()) -> bool:
    """Stores the order and shows it waiting; False where it is there already. `sources` are what it is made from.

    Raises InvalidRequest, LimitReached among others.
    """
    services = services_of(interaction)
    with services.instruments.stage("interaction"):
        with services.instruments.stage("insert"):
            request = replace(request, traceparent=services.instruments.traceparent)
            progress = await in_time(_stored(interaction, request, sources))
            if progress is None:
                log.info("interaction %d came again; its order is there already", interaction.id)
                return False
            services.instruments.accepted(progress)
        with about_order(progress.order.id):
            log.info("it came by interaction %d", interaction.id)
            try:
                await _answer(interaction, progress)
            except Exception:  # it is stored: nothing may say otherwise, and the reconciler goes on with it
                log.exception("stored, but its answer broke")
    return True


async def _stored(interaction: Interaction, request: Request, sources: Sequence[Source]) -> Progress | None:
    """None where it is there already. It is decided by the rules that this process knows, and anew by newer ones where
    Postgres has others."""
    services, rules = services_of(interaction), services_of(interaction).rules
    for _ in range(DECISIONS_MAX):
        server, member = await rules.server_of(interaction), rules.members.known(request.member_id)
        offered = rules.models_here(interaction, OPERATIONS[request.operation], server, services.model)
        wanted = filled_in(
            request, server, member, offered=offered, model=services.model, count_max=services.count_max
        )
        wanted = validated(
            wanted,
            default_model=services.model,
            count_max=services.count_max,
            sizes=[(source.width, source.height) for source in sources],
        )
        house, seen = (
            rules.servers.house,
            Seen(rules.servers.house_revision, server.revision, member.revision),
        )
        wanted, limits = decided(wanted, await rules.asker_of(interaction), house, server, rules.limits)
        try:
            return await services.orders.create(wanted, limits, seen)
        except StaleRules as stale:
            rules.members.learn(request.member_id, stale.member)
            await rules.servers.load()
    raise InvalidRequest("The settings are being changed at this very moment. Try again.")


async def cancel(interaction: Interaction, order_id: int) -> bool:
    """What is left of it; False where nothing is. Raises InvalidRequest where the member may not."""
    services, order = services_of(interaction), await visible_order(interaction, order_id)
    require_control(interaction, order)
    try:
        cancelled = await in_time(services.orders.cancel(order.id))
    except LostJob:
        return False
    services.instruments.cancelled(len(cancelled))
    return True


async def _answer(interaction: Interaction, progress: Progress) -> None:
    services, order = services_of(interaction), progress.order
    try:
        estimate = await within(ESTIMATE_SECONDS, services.orders.estimate(progress))
    except UNAVAILABLE as error:
        log.warning("its place in line is not known: %s", reason(error))
        estimate = Estimate()
    content = order_content(progress, estimate, {}, {}, services.languages.of(order.locale))
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
            place=estimate.shown_place,
            pause=estimate.paused,
            over_seconds=(over := over_seconds(estimate)),
            hold_seconds=HOURGLASS_SECONDS,
            is_ephemeral=order.is_ephemeral,
        )
    except UNAVAILABLE as error:
        # The reconciler shows it again, and learns the message's id.
        log.warning("its answer could not be recorded: %s", reason(error))
        return
    # What a worker notified of meanwhile was not due yet.
    for seconds in (HOURGLASS_SECONDS, over):
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, services.wake)
