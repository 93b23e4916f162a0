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
from core.provenance import Change, mark_in
from db.picture_store import PictureStore
from ops.credentials import may_have_one
from ops.signing import Signer, signed

log = logging.getLogger(__name__)


def new_link(store: PictureStore, picture: Picture) -> Link | None:
    """None while the picture is spilled, or when it has expired."""
    expires_at = datetime.now(UTC) + timedelta(seconds=store.link_ttl_seconds)
    url = store.link(picture)
    return Link(url, expires_at) if url is not None else None


async def read_previews(
    store: PictureStore,
    pictures: Iterable[Picture],
    *,
    is_numbered: bool = False,
    signer: Signer | None = None,
) -> dict[int, bytes | Unseen]:
    """By the pictures' ids; with the numbers that they have in their order drawn on them, which is
    signed for. Raises BucketUnavailable."""

    async def preview(picture: Picture) -> tuple[int, bytes | Unseen]:
        try:
            found = await store.preview(picture)
        except PictureGone as error:
            log.warning("there is no preview: %s", error)
            return picture.id, Unseen.GONE
        if not is_numbered:
            return picture.id, found
        return picture.id, await asyncio.to_thread(numbered, found, picture.number, signer)

    return dict(await asyncio.gather(*map(preview, pictures)))


def numbered(preview: bytes, number: int, signer: Signer | None, *, side_max: int | None = None) -> bytes:
    """As `with_badge`, signed for."""
    badged, mark = with_badge(preview, number, side_max=side_max), mark_in(preview)
    if mark is None or not may_have_one(preview):
        return badged
    changes = [Change.EDITED] if side_max is None else [Change.RESIZED, Change.EDITED]
    return signed(signer, badged, mark, changes, came=preview)


async def card(
    store: PictureStore, reply: Reply, estimate: Estimate, say: Words, *, signer: Signer | None
) -> Content:
    """What the message of an order shows. Raises BucketUnavailable."""
    progress = reply.progress
    is_numbered = progress.order.count > 1
    previews = await read_previews(store, progress.pictures, is_numbered=is_numbered, signer=signer)
    links = {picture.id: new_link(store, picture) for picture in progress.pictures}
    return order_content(progress, estimate, previews, links, say)


async def show(interaction: Interaction, content: Content) -> None:
    """In the place of a deferred answer."""
    await send_what_is_taken(
        content,
        lambda part: interaction.edit_original_response(view=part.view, attachments=part.attachments()),
    )
