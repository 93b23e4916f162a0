"""From what is stored to what a message shows: previews, and links made just now."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.messages.badge import with_badge
from bot.messages.content import Content, Unseen
from bot.messages.order import order_content
from bot.messages.picture import Link
from bot.messages.words import Words
from bot.sending import send_what_is_taken
from bot.services import Interaction
from core.errors import PictureGone
from core.orders import Estimate, Picture, Reply
from db.picture_store import PictureStore

log = logging.getLogger(__name__)


def new_link(store: PictureStore, picture: Picture) -> Link | None:
    """None while the picture is spilled, or when it has expired."""
    expires_at = datetime.now(UTC) + timedelta(seconds=store.link_ttl_seconds)
    url = store.link(picture)
    return Link(url, expires_at) if url is not None else None


async def read_previews(
    store: PictureStore, pictures: Iterable[Picture], *, numbered: bool = False
) -> dict[int, bytes | Unseen]:
    """By the pictures' ids; with the numbers that they have in their order drawn on them. Raises BucketUnavailable."""

    async def preview(picture: Picture) -> tuple[int, bytes | Unseen]:
        try:
            found = await store.preview(picture)
        except PictureGone as error:
            log.warning("there is no preview: %s", error)
            return picture.id, Unseen.GONE
        return picture.id, await asyncio.to_thread(with_badge, found, picture.number) if numbered else found

    return dict(await asyncio.gather(*map(preview, pictures)))


async def card(store: PictureStore, reply: Reply, estimate: Estimate, say: Words) -> Content:
    """What the message of an order shows. Raises BucketUnavailable."""
    progress = reply.progress
    previews = await read_previews(store, progress.pictures, numbered=progress.order.count > 1)
    links = {picture.id: new_link(store, picture) for picture in progress.pictures}
    return order_content(progress, estimate, previews, links, say)


async def show(interaction: Interaction, content: Content) -> None:
    """In the place of a deferred answer."""
    await send_what_is_taken(
        content,
        lambda part: interaction.edit_original_response(view=part.view, attachments=part.attachments()),
    )
