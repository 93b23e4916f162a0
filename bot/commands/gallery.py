"""`/gallery`: a member's pictures in pages, and one of them with all its details."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import discord
from discord import app_commands

from bot.answers.errors import on
from bot.answers.show import numbered, show
from bot.controls.edit_modal import filled_in
from bot.controls.filter_form import ANY, SINCE, ages, chosen, filter_form
from bot.controls.page_controls import (
    FILTERED,
    FIRST_DAY,
    PAGE,
    PAGE_SIZE_DEFAULT,
    PAGE_SIZE_MAX,
    SEARCH_LENGTH_MAX,
    SHAPES,
    Move,
    Query,
)
from bot.mentions import spelled_out
from bot.messages.gallery_page import empty_page, numbers_of, page_content
from bot.replies.copies import record_shared
from bot.rights.access import in_time, require_gallery
from bot.rights.visibility import may_be_shown_to_all, may_write, seen_channel_ids
from bot.services import Interaction, Services, public_words_of, services_of, words_of
from core.errors import BucketUnavailable, InvalidRequest, reason
from core.operations import MODELS, OPERATIONS
from core.orders import Picture
from db.pictures import Filters, Page
from db.pool import UNAVAILABLE

log = logging.getLogger(__name__)

_SUGGESTIONS_MAX = 25
TILE_SIDE_MAX = 512
"""Of a preview among others, in pixels: Discord shows none larger, and drawing on it takes half the time."""


def _choice(name: str, value: str) -> app_commands.Choice[str]:
    return app_commands.Choice(name=app_commands.locale_str(name), value=value)


@app_commands.command(description="Look through your pictures, or another member's")
@app_commands.describe(
    member="Whose pictures; yours if nobody is named",
    search="Words of the prompt",
    favourites="Only those that you marked as favourites",
    best="What most members of this server marked as a favourite",
    model="Only those that this model painted",
    shape="Only those of this shape",
    kind="Only those that were made so",
    here="Only those that were made in this server",
    since="Only those from this day on, as 2026-01-31",
    page_size="How many pictures a page shows, 1 to 9",
)
@app_commands.choices(
    model=[app_commands.Choice(name=model.title, value=name) for name, model in MODELS.items()],
    shape=[_choice(shape.capitalize(), shape) for shape in SHAPES],
    kind=[_choice(operation.title, name) for name, operation in OPERATIONS.items()],
)
async def gallery(
    interaction: Interaction,
    member: discord.User | None = None,
    search: app_commands.Range[str, 1, SEARCH_LENGTH_MAX] | None = None,
    favourites: bool = False,
    best: bool = False,
    model: str | None = None,
    shape: str | None = None,
    kind: str | None = None,
    here: bool = False,
    since: str | None = None,
    page_size: app_commands.Range[int, 1, PAGE_SIZE_MAX] = PAGE_SIZE_DEFAULT,
) -> None:
    if best and interaction.guild_id is None:
        raise InvalidRequest("The best are those of a server; look for them in one.")
    owner_id = member.id if member else None if favourites or best else interaction.user.id
    # Names are longer than the ids in whose place they stand, and the search has to fit into a custom id.
    words = spelled_out(interaction, search or "")[:SEARCH_LENGTH_MAX].strip()
    query = Query(
        owner_id,
        words,
        favourites,
        page_size,
        best=best,
        model=model,
        operation=kind,
        form=SHAPES.get(shape or ""),
        here=here,
        since=_day(since) if since else None,
    )
    await interaction.response.defer(ephemeral=True, thinking=True)
    await _show(interaction, query, await _page(interaction, query))


def _day(typed: str) -> date:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        day = date.min
    if not FIRST_DAY < day <= _today():
        raise InvalidRequest(
            "“{day}” is no day that was. Write it as {example}.", day=typed, example=f"{_today()}"
        )
    return day


def _today() -> date:
    return datetime.now(UTC).date()


@gallery.autocomplete("since")
async def suggest_days(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    days = ages(words_of(interaction), _today())
    return [
        app_commands.Choice(name=f"{name} ({day})", value=day)
        for day, name in days.items()
        if typed.strip().lower() in f"{name} {day}".lower()
    ]


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
    if move is Move.FILTER:
        await interaction.response.send_modal(filter_form(query, words_of(interaction), _today()))
        return
    await interaction.response.defer()
    if move is Move.ALL:
        query = Query(query.owner_id, query.search, query.favourites, query.page_size, query.best)
    before, after = {
        Move.FIRST: (None, None),
        Move.ALL: (None, None),
        Move.PREVIOUS: (None, cursor),
        Move.NEXT: (cursor, None),
        Move.LAST: (None, 0),
    }[move]
    await _show(interaction, query, await _page(interaction, query, before, after))


@on(FILTERED)
async def show_filtered(interaction: Interaction, query: Query) -> None:
    await require_gallery(interaction)
    given = filled_in(interaction.data)
    day = given.get(SINCE, ANY)
    query = replace(chosen(query, given), since=None if day == ANY else _day(day))
    await interaction.response.defer()
    await _show(interaction, query, await _page(interaction, query))


async def _share(interaction: Interaction, query: Query, cursor: int) -> None:
    if not may_write(interaction):
        raise InvalidRequest("You may not write in this channel, so you cannot share a page in it.")
    page = await _page(interaction, query, begins_with=cursor)
    pictures = [picture for picture in page.pictures if may_be_shown_to_all(interaction, picture.order)]
    if not pictures:
        raise InvalidRequest(
            "No picture on this page can be shared here: each is private, or from where not everybody who "
            "reads this channel could see it."
        )
    public = replace(page, pictures=pictures, first=1)
    callback = await interaction.response.defer(thinking=True)
    await record_shared(interaction, callback, [picture.id for picture in pictures])
    await _show(interaction, query, public, shared=True)


async def _page(
    interaction: Interaction,
    query: Query,
    before: int | None = None,
    after: int | None = None,
    begins_with: int | None = None,
) -> Page:
    pictures, viewer_id = services_of(interaction).pictures, interaction.user.id
    of_server = query.here or query.best
    asked: dict[str, Any] = {
        "viewer_id": viewer_id,
        "channel_ids": seen_channel_ids(interaction),
        "search": query.search,
        "filters": Filters(
            *(query.model, query.operation, query.form),
            *((interaction.guild_id or 0) if of_server else None, query.from_time),
        ),
        "before_id": before,
        "after_id": after,
        "limit": query.page_size,
    }
    if query.best:
        return await pictures.best(owner_id=query.owner_id, begins_with_id=begins_with, **asked)
    if begins_with is not None:
        asked["before_id"] = begins_with + 1
    if query.favourites:
        return await pictures.favourites(owner_id=query.owner_id, **asked)
    return await pictures.page(owner_id=query.owner_id or viewer_id, **asked)


async def _show(interaction: Interaction, query: Query, page: Page, *, shared: bool = False) -> None:
    services, say = services_of(interaction), (public_words_of if shared else words_of)(interaction)
    if not page.pictures:
        view = empty_page(query, interaction.user.id, say)
        await interaction.edit_original_response(view=view, attachments=[])
        return
    numbers = numbers_of(page) if len(page.pictures) > 1 else {}
    found = await asyncio.gather(
        *(_preview(services, picture, numbers.get(picture.id)) for picture in page.pictures)
    )
    previews = {picture_id: preview for picture_id, preview in found if preview is not None}
    await show(
        interaction,
        page_content(page, query, previews, say, shared_by=interaction.user.id if shared else None),
    )


async def _preview(services: Services, picture: Picture, number: int | None) -> tuple[int, bytes | None]:
    """The page is shown without the previews that cannot be read."""
    try:
        preview = await services.picture_store.preview(picture)
    except BucketUnavailable as error:
        log.warning("%s", error)
        return picture.id, None
    if number is None:
        return picture.id, preview
    signer = services.signer
    return picture.id, await asyncio.to_thread(numbered, preview, number, signer, side_max=TILE_SIDE_MAX)
