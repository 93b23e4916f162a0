"""Short answers: to the buttons of a picture, and of /forget-me."""

from typing import Any

from discord import ui
from discord.utils import format_dt

from bot.controls.buttons import Action, PictureButton
from bot.messages.content import notice
from bot.messages.picture import Link
from bot.messages.words import Words
from core.orders import Picture, Reply


def link_to_copy(link: Link, say: Words) -> ui.LayoutView:
    text = say(
        "Ready to copy; it works until {date} for whoever has it.", date=format_dt(link.expires_at, "f")
    )
    return notice(f"🔗 {text}\n```\n{link.url}\n```")


def sure_to_delete(picture: Picture, keep: Action, say: Words) -> ui.LayoutView:
    if picture.order.count == 1:
        text = say(
            "🗑️ Delete this picture for good? It and its prompt are removed wherever the bot put them; "
            "that it was painted stays on the bill."
        )
    else:
        text = say(
            "🗑️ Delete picture {number} of {count} for good? It is removed wherever the bot put it, and their "
            "prompt goes with the last of them; that it was painted stays on the bill.",
            number=picture.number,
            count=picture.order.count,
        )
    buttons = (PictureButton(action, picture.id, say) for action in (Action.ERASE, keep))
    row: ui.ActionRow[Any] = ui.ActionRow(*buttons)
    return notice(text, row)


def deleted(say: Words) -> ui.LayoutView:
    text = say(
        "🗑️ Deleted. Messages that show it, pages on which it was shared and messages by which it was sent "
        "go or change within a minute, or as soon as the bot can reach them."
    )
    return notice(f"{text} {_beyond(say)}")


def all_deleted(count: int, say: Words) -> ui.LayoutView:
    text = say.plural(
        "🗑️ Deleted: {count} picture, and all else of yours. Its file and the messages that show it "
        "go within a minute, or as soon as the bot can reach them.",
        "🗑️ Deleted: {count} pictures, and all else of yours. Their files and the messages that show "
        "them go within a few minutes, or as soon as the bot can reach them.",
        count,
    )
    return notice(f"{text} {_beyond(say)}")


def picture_is_there(reply: Reply, say: Words, *, is_there: bool) -> str:
    """`is_there`: whether it is told where the pictures are, so that its member has to be named and not the place."""
    order, count = reply.order, len(reply.progress.pictures)
    if is_there:
        return say.plural(
            "🔔 {member}, your picture is there.",
            "🔔 {member}, your {count} pictures are there.",
            count,
            member=f"<@{order.member_id}>",
        )
    where = f"<#{order.channel_id}>"
    if not order.is_ephemeral and reply.message_id is not None:
        channel_id = reply.channel_id or order.channel_id
        where = f"https://discord.com/channels/{order.guild_id}/{channel_id}/{reply.message_id}"
    return say.plural(
        "🔔 Your picture is there: {where}", "🔔 Your {count} pictures are there: {where}", count, where=where
    )


def _beyond(say: Words) -> str:
    return say("What somebody saved, forwarded or still has open cannot be taken back.")
