"""A finished picture as a message: its preview, a link made just now, and its buttons."""

from datetime import UTC, datetime, timedelta

from bot import render
from bot.render import Reply
from bot.services import Interaction, services_of, words_of
from bot.words import Words
from db.bucket import Bucket
from db.jobs import Job


async def picture_reply(bucket: Bucket, job: Job, say: Words) -> Reply:
    """Raises BucketUnavailable."""
    preview = await bucket.get_preview(job)
    return render.done(job, preview, await new_link(bucket, job), say)


async def new_link(bucket: Bucket, job: Job) -> render.Link:
    expires_at = datetime.now(UTC) + timedelta(seconds=bucket.link_ttl_seconds)
    return render.Link(await bucket.link(job), expires_at)


async def show_picture(interaction: Interaction, job: Job) -> None:
    """In the place of a deferred answer, for the member who asked."""
    reply = await picture_reply(services_of(interaction).bucket, job, words_of(interaction))
    await interaction.edit_original_response(view=reply.view, attachments=reply.attachments())
