"""The card of an order that tells what is true no more is shown anew, whatever of it is pressed."""

import logging

from bot.rights.access import in_time
from bot.services import Interaction, services_of
from core.errors import reason
from db.pool import UNAVAILABLE

log = logging.getLogger(__name__)


async def redraw_stale(interaction: Interaction) -> None:
    """By the reconciler, as the press itself has another answer."""
    services, message = services_of(interaction), interaction.message
    if message is None or message.flags.ephemeral:
        return
    ttl_seconds = services.picture_store.link_ttl_seconds
    try:
        await in_time(services.replies.redraw(message.id, link_ttl_seconds=ttl_seconds))
    except UNAVAILABLE as error:
        log.info("whether a card is stale is not known: %s", reason(error))
