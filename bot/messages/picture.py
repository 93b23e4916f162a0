"""One picture as a message: its preview, a link made just now, and the buttons for all that can be done with it."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
from discord import ui
from discord.utils import format_dt

from bot.controls.buttons import Action, OrderButton, PictureButton
from bot.messages.content import (
    LINK_URL_LENGTH_MAX,
    Content,
    File,
    LinkAs,
    Unseen,
    send_what_is_taken,
    view_of,
)
from bot.messages.prompts import SHOWN_LENGTH_MAX, alt_text, escape
from bot.messages.words import Words, rounded
from bot.services import Interaction, services_of, words_of
from core.errors import PictureGone
from core.operations import IMAGINE, MODELS
from core.orders import Order, Picture
from db.picture_store import PictureStore

log = logging.getLogger(__name__)

GREEN = discord.Colour(0x3BA55D)
PREVIEW_NAME = "preview.webp"

_BESIDE_LENGTH_MAX = 500
"""What there is room for beside the longest prompt and everything else."""


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    expires_at: datetime


def picture_content(
    picture: Picture,
    preview: bytes | Unseen,
    link: Link | None,
    say: Words,
    *,
    link_as: LinkAs = LinkAs.BUTTON,
) -> Content:
    """`link` is None while the picture is spilled, or when it has expired. It is in the text if it is too long
    for a button."""
    unseen = preview if isinstance(preview, Unseen) else None
    text, button = _full_size(picture, link, say, link_as=link_as, unseen=unseen is not None)
    container = ui.Container[Any](accent_colour=GREEN)
    if unseen is None:
        container.add_item(ui.MediaGallery(shown(picture, PREVIEW_NAME)))
    else:
        text = f"{why_unseen(unseen, say)}\n{text}"
    order = picture.order
    container.add_item(ui.TextDisplay(f"{quote(order, text)}\n{facts(order, say, picture)}\n{text}"))
    links: list[ui.Item[Any]] = [] if button is None else [button]
    if not picture.is_expired and link_as is not LinkAs.NOTHING:
        links.append(PictureButton(Action.LINK, picture.id, say))
    if links:
        container.add_item(ui.ActionRow(*links))
    container.add_item(ui.ActionRow(*_verbs(picture, say)))

    def plainer(why: bytes | Unseen, way: LinkAs) -> Content:
        return picture_content(picture, why, link, say, link_as=way)

    has_link = link is not None and link_as is not LinkAs.NOTHING
    content = Content(
        view_of(container),
        without_button=None if button is None else lambda: plainer(preview, LinkAs.TEXT),
        without_link=None if not has_link else lambda: plainer(preview, LinkAs.NOTHING),
    )
    if isinstance(preview, Unseen):
        return content
    return replace(
        content,
        files=(File(PREVIEW_NAME, preview, alt_text(order.prompt)),),
        without_picture=lambda why: plainer(why, link_as),
    )


def shown(picture: Picture, file_name: str) -> discord.MediaGalleryItem:
    order = picture.order
    return discord.MediaGalleryItem(
        f"attachment://{file_name}", description=alt_text(order.prompt), spoiler=order.spoiler
    )


def again(order: Order, say: Words) -> list[ui.Item[Any]]:
    """The buttons that ask for it once more; none for what was made of a picture, which may be gone."""
    if order.operation != IMAGINE.name:
        return []
    return [OrderButton(action, order.id, say) for action in (Action.AGAIN, Action.EDIT)]


def why_unseen(unseen: Unseen, say: Words) -> str:
    match unseen:
        case Unseen.EXPLICIT:
            return say("🖼️ It is painted, but Discord takes it for explicit and does not show it here.")
        case Unseen.REFUSED:
            return say("🖼️ It is painted, but Discord did not take the picture, so it is not shown here.")
        case Unseen.GONE:
            return say("🖼️ It was painted, but its small version is not there any more.")


def why_none_is_seen(unseen: Unseen, say: Words) -> str:
    """Of several, for which Discord says it of the whole message."""
    if unseen is Unseen.EXPLICIT:
        return say("🖼️ Discord takes one of these pictures for explicit, so none is shown here.")
    return say("🖼️ Discord did not take these pictures, so none is shown here.")


def expiry(link: Link, say: Words) -> str:
    date, when = format_dt(link.expires_at, "f"), format_dt(link.expires_at, "R")
    return f"-# {say('The link works until {date} ({when}).', date=date, when=when)}"


def quote(order: Order, beside: str = "") -> str:
    """The prompt, cut to what the text beside it leaves of the message."""
    room = SHOWN_LENGTH_MAX - max(0, len(beside) - _BESIDE_LENGTH_MAX)
    return f"> {escape(order.prompt, max(100, room))}"


def facts(order: Order, say: Words, picture: Picture | None = None, *more: str) -> str:
    """All that was used, so that it can be asked for again."""
    size = picture or order
    model = MODELS[order.model].title if order.model in MODELS else order.model
    found = [f"{size.width} × {size.height}", model, *more]
    if order.style is not None:
        found.append(say("style {style}", style=say(order.style)))
    if order.negative_prompt is not None:
        found.append(say("without {things}", things=escape(order.negative_prompt, 200)))
    seed = picture.seed if picture is not None and picture.seed is not None else order.seed
    if seed is not None:
        found.append(say("seed {seed}", seed=str(seed)))
    if order.private:
        found.append(say("private"))
    if picture is not None:
        found.append(say("painted in {seconds} s", seconds=rounded(picture.seconds, 1)))
    return f"-# {' · '.join(found)}"


def _verbs(picture: Picture, say: Words) -> list[ui.Item[Any]]:
    """What can be done with it, beside looking at it."""
    items = again(picture.order, say)
    larger = [Action.UPSCALE] if items and not picture.is_expired else []
    verbs = [*larger, Action.FAVOURITE, Action.DELETE]
    return [*items, *(PictureButton(action, picture.id, say) for action in verbs)]


def _full_size(
    picture: Picture, link: Link | None, say: Words, *, link_as: LinkAs, unseen: bool
) -> tuple[str, ui.Button[Any] | None]:
    """What is said of it, and the button that leads to it, if one can."""
    if picture.is_expired and unseen:
        return say("🕓 The full size has expired."), None
    if picture.is_expired:
        return say("🕓 The full size has expired; this small version is left."), None
    if link is None and unseen:
        return say("🕓 It is safe, and its full size follows shortly."), None
    if link is None:
        text = say("🕓 This is a small version; the picture is safe, and its full size follows shortly.")
        return text, None
    if link_as is LinkAs.NOTHING:
        return say("🔗 Discord takes the link to its full size for harmful, so it is not here."), None
    size = say("Full size (PNG, {size} MB)", size=rounded(picture.bytes / 1e6, 1))
    if link_as is LinkAs.BUTTON and len(link.url) <= LINK_URL_LENGTH_MAX:
        return expiry(link, say), ui.Button(label=size, emoji="🔗", url=link.url)
    return f"🔗 [{size}]({link.url})\n{expiry(link, say)}", None


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
    store = services_of(interaction).store
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
