"""Who may do what with an order or a picture; every refusal says why."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from bot.rights.visibility import may_see, rights_where_made
from bot.services import Interaction, services_of
from core.errors import InvalidRequest
from core.orders import Order, Picture
from db.retry import within
from ops.logs import note_typed

T = TypeVar("T")

ANSWER_SECONDS = 2.0
"""Discord waits 3 seconds for an answer, and some of them are needed to say that Postgres did not answer."""


async def in_time(work: Coroutine[Any, Any, T]) -> T:
    """For what is asked of Postgres before the member has an answer: TimeoutError while it is away."""
    return await within(ANSWER_SECONDS, work)


async def visible_order(interaction: Interaction, order_id: int) -> Order:
    """The order, if the member may see it. Raises InvalidRequest otherwise."""
    found = await in_time(services_of(interaction).orders.find(order_id))
    if found is None or not may_see(interaction, found.order):
        raise gone()
    note_typed(found.order.prompt, found.order.negative_prompt)
    return found.order


async def visible_picture(interaction: Interaction, picture_id: int) -> Picture:
    """The picture, if the member may see it. Raises InvalidRequest otherwise."""
    found = await in_time(services_of(interaction).pictures.find(picture_id, interaction.user.id))
    if found is None or not may_see(interaction, found.order):
        raise gone()
    note_typed(found.order.prompt, found.order.negative_prompt)
    return found


def gone() -> InvalidRequest:
    """Nobody learns whether there is one that they may not see."""
    return InvalidRequest("This picture is not there any more, or it is not for you to see here.")


def require_full_size(picture: Picture) -> None:
    """For what takes the original; the preview of an expired picture is still there to be seen."""
    if picture.is_expired:
        raise InvalidRequest("The full size of this picture has expired; only its small version is left.")


def require_control(interaction: Interaction, order: Order) -> None:
    """For its owner, and for who manages messages in the channel where it was made."""
    if order.member_id != interaction.user.id and not rights_where_made(interaction, order).manage_messages:
        raise InvalidRequest(
            "Only the member who asked for this picture, and those who manage messages where it was made, "
            "may do that."
        )


async def require_imagine(interaction: Interaction, order: Order) -> None:
    """A button that starts an order from another is a command by another name.

    While Discord does not say who may use it, it is known of who used it for `order`, in this very channel.
    """
    _require_any_command(interaction)
    may = await services_of(interaction).command_permissions.may_use(interaction, "imagine")
    if may is None and (order.member_id, order.channel_id) != (interaction.user.id, interaction.channel_id):
        raise InvalidRequest(
            "Discord does not say at the moment whether you may use `/imagine` here, and this button "
            "is one. Use the command itself, or try again in a minute."
        )
    if may is False:
        raise InvalidRequest("You may not use `/imagine` in this channel, and this button is one.")


async def require_gallery(interaction: Interaction) -> None:
    """To show another page, or to share one, is to ask for it by `/gallery`."""
    _require_any_command(interaction)
    if await services_of(interaction).command_permissions.may_use(interaction, "gallery") is False:
        raise InvalidRequest("You may not use `/gallery` in this channel, and this button is one.")


def _require_any_command(interaction: Interaction) -> None:
    if interaction.guild_id is not None and not interaction.permissions.use_application_commands:
        raise InvalidRequest("You may not use commands in this channel, and this button is one.")
