"""What a member is sent who reacts to a picture, and what is said where that does not come."""

from typing import Any

from discord import ui

from bot.messages.content import LINK_URL_LENGTH_MAX, Content, File, view_of
from bot.messages.prompts import escape
from bot.messages.words import Words
from core.orders import Picture
from db.bucket.client import file_name


def download_content(
    picture: Picture, url: str | None, original: bytes | None, say: Words, *, with_link: bool = True
) -> Content:
    """`original` is None where the link goes alone; `url` is None while the picture is spilled."""
    name = file_name(picture)
    text = f"> {escape(picture.order.prompt)}\n-# {picture.width} × {picture.height}"
    items: list[ui.Item[Any]] = [ui.TextDisplay(say("### 📥 Here is your picture")), ui.TextDisplay(text)]
    if original is not None:
        items.append(ui.File(f"attachment://{name}", spoiler=picture.order.spoiler))
    if with_link:
        items.append(_link(url, say))
    if original is None:
        return Content(view_of(*items))
    return Content(
        view_of(*items),
        (File(name, original),),
        without_picture=lambda _why: download_content(picture, url, None, say),
        without_link=lambda: download_content(picture, url, original, say, with_link=False),
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
