"""A finished picture as a message: its preview, a link made just now, and its buttons."""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import discord

from bot.discord_errors import (
    in_a_line,
    refuses_as_explicit,
    refuses_as_harmful,
    refuses_content,
    refuses_link,
)
from bot.messages import order as render
from bot.messages.reply import Reply, Unseen
from bot.messages.words import Words
from bot.services import Interaction, services_of, words_of
from core.errors import PictureGone
from db.orders import Job
from db.picture_store import Pictures

log = logging.getLogger(__name__)

T = TypeVar("T")


async def picture_reply(pictures: Pictures, job: Job, say: Words) -> Reply:
    """Raises BucketUnavailable."""
    preview: bytes | Unseen
    try:
        preview = await pictures.preview(job)
    except PictureGone as error:
        log.warning("its preview is not there: %s", error)
        preview = Unseen.GONE
    return render.done(job, preview, new_link(pictures, job), say)


def new_link(pictures: Pictures, job: Job) -> render.Link | None:
    """None while the picture is parked, or when it has expired."""
    expires_at = datetime.now(UTC) + timedelta(seconds=pictures.link_ttl_seconds)
    url = pictures.link(job)
    return render.Link(url, expires_at) if url is not None else None


async def send_what_is_taken(reply: Reply, send: Callable[[Reply], Awaitable[T]]) -> T:
    """Sends it, and where Discord refuses what it holds, the words and the link without the picture."""
    while True:
        try:
            return await send(reply)
        except discord.HTTPException as error:
            plainer = _without_what_is_refused(reply, error)
            if plainer is None:
                raise
            log.warning("Discord does not take all of it, so a part is left out: %s", in_a_line(error))
            reply = plainer


def _without_what_is_refused(reply: Reply, error: discord.HTTPException) -> Reply | None:
    """What of it may be taken; None: nothing."""
    if not refuses_content(error):
        return None
    if refuses_as_harmful(error):
        return reply.without_link() if reply.without_link is not None else None
    if reply.without_picture is None or (refuses_link(error) and reply.without_button is not None):
        return reply.without_button() if reply.without_button is not None else None
    return reply.without_picture(Unseen.EXPLICIT if refuses_as_explicit(error) else Unseen.REFUSED)


async def show_picture(interaction: Interaction, job: Job) -> None:
    """For the member who asked."""
    reply = await picture_reply(services_of(interaction).pictures, job, words_of(interaction))
    await show(interaction, reply)


async def show(interaction: Interaction, reply: Reply) -> None:
    """In the place of a deferred answer."""
    await send_what_is_taken(
        reply,
        lambda part: interaction.edit_original_response(view=part.view, attachments=part.attachments()),
    )
