"""A finished picture as a message: its preview, a link made just now, and its buttons."""

from datetime import UTC, datetime, timedelta

from bot import render
from bot.render import Reply
from bot.services import Interaction, services_of, words_of
from bot.words import Words
from db.jobs import Job
from db.pictures import Pictures


async def picture_reply(pictures: Pictures, job: Job, say: Words) -> Reply:
    """Raises BucketUnavailable."""
    preview = await pictures.preview(job)
    return render.done(job, preview, new_link(pictures, job), say)


def new_link(pictures: Pictures, job: Job) -> render.Link | None:
    """None while the picture is parked, or when it has expired."""
    expires_at = datetime.now(UTC) + timedelta(seconds=pictures.link_ttl_seconds)
    url = pictures.link(job)
    return render.Link(url, expires_at) if url is not None else None


async def show_picture(interaction: Interaction, job: Job) -> None:
    """In the place of a deferred answer, for the member who asked."""
    reply = await picture_reply(services_of(interaction).pictures, job, words_of(interaction))
    await interaction.edit_original_response(view=reply.view, attachments=reply.attachments())
