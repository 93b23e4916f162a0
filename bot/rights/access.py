"""Who may do what with an order or a picture; every refusal says why."""

from collections.abc import Coroutine
from typing import Any, TypeVar

import discord

from bot.rights.visibility import may_see, rights_where_made
from bot.services import Interaction, services_of
from core.errors import InvalidRequest
from core.orders import Order, Picture, Progress
from db.retry import within
from ops.logs import note_typed

T = TypeVar("T")
V = TypeVar("V", Progress, Picture)

ANSWER_SECONDS = 2.0  # of Discord's 3, so that there is time left to say that Postgres did not answer


async def in_time(work: Coroutine[Any, Any, T]) -> T:
    """For what is asked of Postgres before the member has an answer: TimeoutError while it is away."""
    return await within(ANSWER_SECONDS, work)


async def visible_order(interaction: Interaction, order_id: int) -> Order:
    """Raises InvalidRequest where the member may not see it."""
    return (await visible_progress(interaction, order_id)).order


async def visible_progress(interaction: Interaction, order_id: int) -> Progress:
    """Raises InvalidRequest where the member may not see it."""
    return await _visible(interaction, services_of(interaction).orders.find(order_id))


async def visible_picture(interaction: Interaction, picture_id: int) -> Picture:
    """Raises InvalidRequest where the member may not see it."""
    return await _visible(
        interaction, services_of(interaction).pictures.find(picture_id, interaction.user.id)
    )


async def _visible(interaction: Interaction, finding: Coroutine[Any, Any, V | None]) -> V:
    found = await in_time(finding)
    if found is None or not may_see(interaction, found.order):
        raise gone()
    note_typed(found.order.prompt, found.order.negative_prompt)
    return found


def gone() -> InvalidRequest:
    """Whether it is deleted or hidden is not told."""
    return InvalidRequest("This picture is not there any more, or it is not for you to see here.")


def require_full_size(picture: Picture) -> None:
    if picture.is_expired:
        raise InvalidRequest("The full size of this picture has expired; only its small version is left.")


def require_control(interaction: Interaction, order: Order) -> None:
    if order.member_id != interaction.user.id and not rights_where_made(interaction, order).manage_messages:
        raise InvalidRequest(
            "Only the member who asked for this picture, and those who manage messages where it was made, "
            "may do that."
        )


async def require_imagine(interaction: Interaction, order: Order | None) -> None:
    """For buttons that start an order. While Discord does not say who may use the command, whoever used it for
    `order` in this channel may; it is None where there is none yet."""
    may = await _may_use(interaction, "imagine")
    used_by = None if order is None else (order.member_id, order.channel_id)
    if may is None and used_by != (interaction.user.id, interaction.channel_id):
        raise InvalidRequest(
            "Discord does not say at the moment whether you may use `/imagine` here, and this button "
            "is one. Use the command itself, or try again in a minute."
        )
    if may is False:
        raise InvalidRequest("You may not use `/imagine` in this channel, and this button is one.")


async def require_manager(interaction: Interaction) -> discord.Guild:
    """The server. For `/settings` and each press in its panel: rights may be lost while it is open."""
    guild = interaction.guild
    if guild is None or not interaction.permissions.manage_guild:
        raise InvalidRequest(
            "Only who may manage this server (Manage Server) can see and change its settings."
        )
    if await _may_use(interaction, "settings") is False:
        raise InvalidRequest("You may not use `/settings` in this channel, and this is part of it.")
    return guild


def may_report(interaction: Interaction, order: Order) -> bool:
    """Of what the member sees. Private ones nobody else does, and in direct messages there is nobody to decide."""
    is_here = order.guild_id is not None and order.guild_id == interaction.guild_id
    return is_here and not order.private and order.member_id != interaction.user.id


async def require_moderator(interaction: Interaction) -> discord.Guild:
    """The server. For each decision about what was reported: who manages messages in all of it, or in its channel for
    reports, or the server itself."""
    guild, member = interaction.guild, interaction.user
    if guild is None or not isinstance(member, discord.Member):
        raise _no_moderator()
    here, everywhere = interaction.permissions, member.guild_permissions
    log_channel = services_of(interaction).rules.servers.of(guild.id).rules.log_channel
    if not (
        here.manage_guild
        or everywhere.manage_messages
        or (here.manage_messages and interaction.channel_id == log_channel)
    ):
        raise _no_moderator()
    return guild


def _no_moderator() -> InvalidRequest:
    return InvalidRequest("Only who manages messages in this server, or the server, decides about reports.")


async def require_reports(interaction: Interaction) -> discord.Guild:
    """As `require_moderator`, for `/reports` and each press in it."""
    guild = await require_moderator(interaction)
    if await _may_use(interaction, "reports") is False:
        raise InvalidRequest("You may not use `/reports` in this channel, and this is part of it.")
    return guild


async def require_gallery(interaction: Interaction) -> None:
    if await _may_use(interaction, "gallery") is False:
        raise InvalidRequest("You may not use `/gallery` in this channel, and this button is one.")


async def _may_use(interaction: Interaction, command: str) -> bool | None:
    if interaction.guild_id is not None and not interaction.permissions.use_application_commands:
        raise InvalidRequest("You may not use commands in this channel, and this button is one.")
    return await services_of(interaction).command_permissions.may_use(interaction, command)
