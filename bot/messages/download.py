"""What a member is sent who reacts to a picture, and what is said where that does not come."""

from functools import partial
from typing import Any

from discord import ui

from bot.messages.content import LINK_URL_LENGTH_MAX, Content, view_of
from bot.messages.picture import shown
from bot.messages.prompts import escape
from bot.messages.words import Words
from core.orders import Picture
from db.bucket.client import file_name


def download_content(
    picture: Picture,
    url: str | None,
    file: bytes | None,
    say: Words,
    *,
    is_original: bool = True,
    with_link: bool = True,
) -> Content:
    """`file` is the original, or only the preview that is shown above the link to it; None where the link goes alone.
    `url` is None while the picture is spilled."""
    name = file_name(picture) if is_original else "preview.webp"
    media, files = shown({name: (picture, file)} if file is not None else {}, say)
    text = f"> {escape(picture.order.prompt)}\n-# {picture.width} × {picture.height}"
    items = [ui.TextDisplay(say("### 📥 Here is your picture")), *media, ui.TextDisplay(text)]
    if with_link:
        items.append(_link(url, say))
    changed = partial(download_content, picture, url, say=say, is_original=is_original)
    return Content(
        view_of(*items),
        files,
        without_picture=(lambda _why: changed(None)) if files else None,
        without_link=(lambda: changed(file, with_link=False)) if files else None,
    )


def _link(url: str | None, say: Words) -> ui.Item[Any]:
    if url is None:
        return ui.TextDisplay(say("Its link appears under the picture shortly."))
    if len(url) <= LINK_URL_LENGTH_MAX:
        return ui.ActionRow(ui.Button(label=say("Download"), emoji="📥", url=url))
    return ui.TextDisplay(f"📥 [{say('Download')}]({url})")


def not_sent(member_id: int, say: Words, *, is_closed: bool) -> str:
    """For the channel. `is_closed`: the member takes no direct messages."""
    if is_closed:
        return say(
            "📥 <@{member}>, your direct messages are closed to me. "
            "Open them for this server and react again.",
            member=member_id,
        )
    return say(
        "📥 <@{member}>, the picture could not be sent to you. React again in a minute.", member=member_id
    )


def too_many(say: Words) -> str:
    return say("📥 These were more pictures than fit in the line. React again to those that did not come.")


def expired(say: Words) -> str:
    return say("📥 The full size of this picture has expired; only the one in the channel is left.")


def unreachable(say: Words) -> str:
    return say("📥 The picture cannot be reached at the moment. React again in a minute.")
