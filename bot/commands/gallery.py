"""`/gallery`: a member's pictures in pages, and one of them with all its details."""

import asyncio
import logging
from typing import Any

import discord
from discord import app_commands

from bot.answers.errors import on
from bot.answers.show import show
from bot.controls.page_controls import (
    PAGE,
    PAGE_SIZE_DEFAULT,
    PAGE_SIZE_MAX,
    SEARCH_LENGTH_MAX,
    Move,
    Query,
)
from bot.mentions import spelled_out
from bot.messages.content import notice
from bot.messages.gallery_page import empty_text, page_content
from bot.replies.copies import record_shared
from bot.rights.access import in_time, require_gallery
from bot.rights.visibility import may_be_shown_to_all, may_write, seen_channel_ids
from bot.services import Interaction, Services, public_words_of, services_of, words_of
from core.errors import BucketUnavailable, InvalidRequest, reason
from core.orders import Picture
from db.pictures import Page
from db.pool import UNAVAILABLE

log = logging.getLogger(__name__)

_SUGGESTIONS_MAX = 25


@app_commands.command(description="Look through your pictures, or another member's")
@app_commands.describe(
    member="Whose pictures; yours if nobody is named",
    search="Words of the prompt",
    favourites="Only those that you marked as favourites",
    page_size="How many pictures a page shows, 1 to 9",
)
async def gallery(
    interaction: Interaction,
    member: discord.User | None = None,
    search: app_commands.Range[str, 1, SEARCH_LENGTH_MAX] | None = None,
    favourites: bool = False,
    page_size: app_commands.Range[int, 1, PAGE_SIZE_MAX] = PAGE_SIZE_DEFAULT,
) -> None:
    owner_id = member.id if member else None if favourites else interaction.user.id
    # Names are longer than the ids in whose place they stand, and the search has to fit into a custom id.
    words = spelled_out(interaction, search or "")[:SEARCH_LENGTH_MAX].strip()
    query = Query(owner_id, words, favourites, page_size)
    await interaction.response.defer(ephemeral=True, thinking=True)
    await _show(interaction, query, await _page(interaction, query))


@gallery.autocomplete("search")
async def suggest(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """From the member's own prompts, whosever gallery it is that is searched."""
    pictures, words = services_of(interaction).pictures, spelled_out(interaction, typed)
    try:
        prompts = await in_time(pictures.suggestions(interaction.user.id, words, _SUGGESTIONS_MAX))
    except UNAVAILABLE as error:
        log.info("no suggestions: %s", reason(error))
        return []
    # What is chosen becomes the search, so it is cut to the length of one.
    texts = dict.fromkeys(" ".join(prompt.split())[:SEARCH_LENGTH_MAX] for prompt in prompts)
    return [app_commands.Choice(name=text, value=text) for text in texts if text]


@on(PAGE)
async def show_page(interaction: Interaction, query: Query, move: Move, cursor: int) -> None:
    await require_gallery(interaction)
    if move is Move.SHARE:
        await _share(interaction, query, cursor)
        return
    await interaction.response.defer()
    before, after = {
        Move.FIRST: (None, None),
        Move.PREVIOUS: (None, cursor),
        Move.NEXT: (cursor, None),
        Move.LAST: (None, 0),
    }[move]
    await _show(interaction, query, await _page(interaction, query, before, after))


async def _share(interaction: Interaction, query: Query, cursor: int) -> None:
    if not may_write(interaction):
        raise InvalidRequest("You may not write in this channel, so you cannot share a page in it.")
    page = await _page(interaction, query, before=cursor + 1)
    pictures = [picture for picture in page.pictures if may_be_shown_to_all(interaction, picture.order)]
    if not pictures:
        raise InvalidRequest(
            "No picture on this page can be shared here: each is private, or from where not everybody who "
            "reads this channel could see it."
        )
    public = Page(pictures, page.has_newer, page.has_older)
    callback = await interaction.response.defer(thinking=True)
    await record_shared(interaction, callback, [picture.id for picture in pictures])
    await _show(interaction, query, public, shared=True)


async def _page(
    interaction: Interaction, query: Query, before: int | None = None, after: int | None = None
) -> Page:
    pictures, viewer_id = services_of(interaction).pictures, interaction.user.id
    asked: dict[str, Any] = {
        "viewer_id": viewer_id,
        "channel_ids": seen_channel_ids(interaction),
        "search": query.search,
        "before_id": before,
        "after_id": after,
        "limit": query.page_size,
    }
    if query.favourites:
        return await pictures.favourites(owner_id=query.owner_id, **asked)
    return await pictures.page(owner_id=query.owner_id or viewer_id, **asked)


async def _show(interaction: Interaction, query: Query, page: Page, *, shared: bool = False) -> None:
    services, say = services_of(interaction), (public_words_of if shared else words_of)(interaction)
    if not page.pictures:
        view = notice(empty_text(query, interaction.user.id, say))
        await interaction.edit_original_response(view=view, attachments=[])
        return
    found = await asyncio.gather(*(_preview(services, picture) for picture in page.pictures))
    previews = {picture_id: preview for picture_id, preview in found if preview is not None}
    links = {picture.id: services.picture_store.link(picture) for picture in page.pictures}
    await show(interaction, page_content(page, query, previews, links, say, shared=shared))


async def _preview(services: Services, picture: Picture) -> tuple[int, bytes | None]:
    """The page is shown without the previews that cannot be read."""
    try:
        return picture.id, await services.picture_store.preview(picture)
    except BucketUnavailable as error:
        log.warning("%s", error)
        return picture.id, None
