"""From what is stored to what a message shows: previews, links made just now, and pictures for who asked for them."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.messages.content import Content, Unseen, send_what_is_taken
from bot.messages.picture import Link, picture_content
from bot.services import Interaction, services_of, words_of
from core.errors import PictureGone
from core.orders import Picture
from db.picture_store import PictureStore

log = logging.getLogger(__name__)


def new_link(store: PictureStore, picture: Picture) -> Link | None:
    """None while the picture is spilled, or when it has expired."""
    expires_at = datetime.now(UTC) + timedelta(seconds=store.link_ttl_seconds)
    url = store.link(picture)
    return Link(url, expires_at) if url is not None else None


def new_links(store: PictureStore, pictures: Iterable[Picture]) -> dict[int, Link | None]:
    return {picture.id: new_link(store, picture) for picture in pictures}


async def read_previews(store: PictureStore, pictures: Iterable[Picture]) -> dict[int, bytes | Unseen]:
    """By the pictures' ids. Raises BucketUnavailable."""
    wanted = list(pictures)
    previews = await asyncio.gather(*(_preview(store, picture) for picture in wanted))
    return {picture.id: preview for picture, preview in zip(wanted, previews, strict=True)}


async def _preview(store: PictureStore, picture: Picture) -> bytes | Unseen:
    try:
        return await store.preview(picture)
    except PictureGone as error:
        log.warning("its preview is not there: %s", error)
        return Unseen.GONE


async def show_picture(interaction: Interaction, picture: Picture) -> None:
    """For the member who asked. Raises BucketUnavailable."""
    store = services_of(interaction).picture_store
    preview = await _preview(store, picture)
    await show(
        interaction, picture_content(picture, preview, new_link(store, picture), words_of(interaction))
    )


async def show(interaction: Interaction, content: Content) -> None:
    """In the place of a deferred answer."""
    await send_what_is_taken(
        content,
        lambda part: interaction.edit_original_response(view=part.view, attachments=part.attachments()),
    )
