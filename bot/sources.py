"""What a picture is made from: pictures that are here already, and those that members hand in."""

from collections.abc import Sequence

import discord

from bot.rights.access import gone, in_time, require_full_size, visible_picture
from bot.services import Interaction, services_of
from core.errors import InvalidRequest
from core.orders import UPLOAD_BYTES_MAX, UPLOAD_PIXELS_MAX, Order, Source, Upload

_KINDS = ("image/png", "image/jpeg", "image/webp")


async def source_of(interaction: Interaction, source_id: int) -> Source:
    """Raises InvalidRequest where it is gone, or not for this member."""
    if source_id >= 0:
        picture = await visible_picture(interaction, source_id)
        require_full_size(picture)
        return picture
    upload = await in_time(services_of(interaction).uploads.find(source_id))
    if upload is None or upload.member_id != interaction.user.id:
        raise gone()
    return upload


async def sources_of(interaction: Interaction, order: Order) -> list[Source]:
    """What an order is made from that the member may see, to order the same again. Raises InvalidRequest."""
    found: list[Source] = []
    for source_id in order.inputs:
        if source_id >= 0:
            found.append(await source_of(interaction, source_id))
        elif (upload := await in_time(services_of(interaction).uploads.find(source_id))) is not None:
            found.append(upload)
        else:
            raise gone()
    return found


def is_picture(attachment: discord.Attachment) -> bool:
    return (attachment.content_type or "").partition(";")[0] in _KINDS and bool(
        attachment.width and attachment.height
    )


async def handed_in(interaction: Interaction, attachments: Sequence[discord.Attachment]) -> list[Upload]:
    """Notes where they are; a worker fetches them. Raises InvalidRequest for what is no picture, or too large."""
    for attachment in attachments:
        if not is_picture(attachment):
            raise InvalidRequest(
                "“{file}” is no picture; it should be a PNG, a JPEG or a WebP.", file=attachment.filename
            )
        if attachment.size > UPLOAD_BYTES_MAX:
            raise InvalidRequest(
                "“{file}” has {size} MB, and a picture may have {most}.",
                file=attachment.filename,
                size=round(attachment.size / 1e6, 1),
                most=round(UPLOAD_BYTES_MAX / 1e6),
            )
        if (attachment.width or 0) * (attachment.height or 0) > UPLOAD_PIXELS_MAX:
            raise InvalidRequest(
                "“{file}” has {size} megapixels, and a picture may have {most}.",
                file=attachment.filename,
                size=round((attachment.width or 0) * (attachment.height or 0) / 1e6),
                most=UPLOAD_PIXELS_MAX // 1_000_000,
            )
    uploads = services_of(interaction).uploads
    return [
        await in_time(
            uploads.add(
                interaction.user.id,
                url=attachment.url,
                width=attachment.width or 0,
                height=attachment.height or 0,
                size=attachment.size,
            )
        )
        for attachment in attachments
    ]
