"""What a picture's stored file says of itself, to whoever may see the picture."""

import asyncio

from bot.answers.errors import on
from bot.controls.buttons import Action
from bot.held_bytes import HELD_BYTES_MAX
from bot.messages.content import notice
from bot.messages.origin import FileSays, Unread, origin_text
from bot.rights.access import gone, visible_picture
from bot.services import Interaction, services_of, words_of
from core.errors import InvalidRequest, PictureGone
from core.provenance import mark_in
from ops import credentials


@on(Action.ORIGIN)
async def show_origin(interaction: Interaction, picture_id: int) -> None:
    """Of the small version where the full size has expired, or is larger than what is read at once."""
    picture = await visible_picture(interaction, picture_id)
    await interaction.response.defer(ephemeral=True, thinking=True)
    services, say = services_of(interaction), words_of(interaction)
    is_small = picture.is_expired or picture.bytes > HELD_BYTES_MAX
    read = services.picture_store.preview if is_small else services.picture_store.original
    with services.held_bytes.room_for(0 if is_small else picture.bytes) as has_room:
        if not has_room:
            raise InvalidRequest("Many pictures are being read at this moment. Try again in a minute.")
        try:
            says = await asyncio.to_thread(_read, await read(picture))
        except PictureGone as error:
            raise gone() from error
    await interaction.edit_original_response(view=notice(origin_text(says, say, is_small=is_small)))


def _read(data: bytes) -> FileSays:
    mark = mark_in(data)
    if not credentials.may_have_one(data):
        return FileSays(mark, None)
    if not credentials.is_installed():
        return FileSays(mark, Unread.NO_READER)
    try:
        return FileSays(mark, credentials.read(data))
    except credentials.Unreadable:
        return FileSays(mark, Unread.BROKEN)
