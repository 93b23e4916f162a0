"""One picture as a message: its preview, its link, and the buttons for all that can be done with it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import discord
from discord import ui

from bot.controls.buttons import Action, OrderButton, PictureButton
from bot.messages.changes import what_was_done
from bot.messages.content import LINK_URL_LENGTH_MAX, Content, File, LinkAs, Unseen, view_of
from bot.messages.failures import said
from bot.messages.prompts import CARD_LENGTH_MAX, SHOWN_LENGTH_MAX, alt_text, escape
from bot.messages.words import Words, rounded
from core.operations import IMAGINE, MODELS, OPERATIONS, UPSCALE, VARY, choice_title
from core.orders import PRESSED, Order, Picture

GREEN = discord.Colour(0x3BA55D)
NO_BREAK = "\N{NO-BREAK SPACE}"  # so that no line begins with a dot, nor has a unit alone
_BESIDE_LENGTH_MAX = 500  # what there is room for beside the longest prompt and everything else


WHY_UNSEEN = {
    Unseen.EXPLICIT: said("🖼️ It is painted, but Discord takes it for explicit and does not show it here."),
    Unseen.REFUSED: said("🖼️ It is painted, but Discord did not take the picture, so it is not shown here."),
    Unseen.GONE: said("🖼️ It was painted, but its small version is not there any more."),
}
WHY_NONE_IS_SEEN = {
    Unseen.EXPLICIT: said("🖼️ Discord takes one of these pictures for explicit, so none is shown here."),
    Unseen.REFUSED: said("🖼️ Discord did not take these pictures, so none is shown here."),
}
"""Of several pictures: Discord refuses the whole message."""


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    expires_at: datetime


def picture_content(
    picture: Picture,
    preview: bytes | Unseen,
    link: Link | None,
    say: Words,
    *,
    link_as: LinkAs = LinkAs.BUTTON,
) -> Content:
    """`link` is None while the picture is spilled, or when it has expired."""
    order = picture.order
    media, files = shown({"preview.webp": (picture, preview)} if isinstance(preview, bytes) else {}, say)
    text, button = full_size(picture, link, say, link_as=link_as, is_seen=bool(files))
    if isinstance(preview, Unseen):
        text = f"{say(WHY_UNSEEN[preview])}\n{text}"
    container = ui.Container[Any](*media, accent_colour=GREEN)
    lines = [quote(order), facts(order, say, picture, sign=say.signs.done), text]
    container.add_item(ui.TextDisplay("\n".join(filter(None, lines))))
    row = [*button, *again(order, say)]
    if not picture.is_expired:
        row.append(PictureButton(Action.VARY, picture.id, say))
    container.add_item(ui.ActionRow(*row, PictureButton(Action.MORE, picture.id, say)))
    has_link = link is not None and link_as is not LinkAs.NOTHING
    changed = partial(picture_content, picture, link=link, say=say)
    return Content(
        view_of(container),
        files,
        (lambda why: changed(why, link_as=link_as)) if files else None,
        partial(changed, preview, link_as=LinkAs.TEXT) if button else None,
        partial(changed, preview, link_as=LinkAs.NOTHING) if has_link else None,
    )


def shown(
    previews: Mapping[str, tuple[Picture, bytes]], say: Words
) -> tuple[list[ui.Item[Any]], tuple[File, ...]]:
    """By the names of their files: what shows them in a message, and the files."""
    gallery = ui.MediaGallery[Any]()
    for name, (picture, _preview) in previews.items():
        order = picture.order
        gallery.add_item(
            media=f"attachment://{name}", description=alt_text(order.prompt, say), spoiler=order.spoiler
        )
    files = (
        File(name, preview, alt_text(picture.order.prompt, say))
        for name, (picture, preview) in previews.items()
    )
    return [gallery] if previews else [], tuple(files)


def again(order: Order, say: Words) -> list[ui.Item[Any]]:
    """Nothing for what would come out the same."""
    operation = OPERATIONS.get(order.operation)
    if operation is None or operation.param("seed") is None or operation is UPSCALE:
        return []
    edit = [Action.EDIT] if operation in (IMAGINE, VARY) else []
    return [OrderButton(action, order.id, say) for action in (Action.AGAIN, *edit)]


def why_no_link(picture: Picture, link: Link | None, link_as: LinkAs, say: Words) -> str | None:
    if picture.is_expired:
        return say("🕓 The full size has expired.")
    if link is None:
        return say("🕓 It is safe, and its full size follows shortly.")
    if link_as is LinkAs.NOTHING:
        return say("🔗 Discord takes the link to its full size for harmful, so it is not here.")
    return None


def quote(order: Order) -> str:
    """As much of the prompt as a card has room for."""
    return f"> {escape(order.prompt, CARD_LENGTH_MAX)}"


def is_cut(order: Order) -> bool:
    return len(escape(order.prompt)) > CARD_LENGTH_MAX


def whole_quote(order: Order, beside: str) -> str:
    """The prompt, cut to what the text beside it leaves of the message."""
    room = SHOWN_LENGTH_MAX - max(0, len(beside) - _BESIDE_LENGTH_MAX)
    return f"> {escape(order.prompt, max(100, room))}"


def facts(order: Order, say: Words, picture: Picture | None = None, *more: str, sign: str = "") -> str:
    size = order.size if picture is None else (picture.width, picture.height)
    model = MODELS[order.model].title if order.model in MODELS else order.model
    found = []
    if PRESSED in order.params and not order.private:
        found.append(say("for {member}", member=f"<@{order.member_id}>"))
    if size is not None:
        found.append(f"{size[0]} × {size[1]}")
    found += [say("made by AI with {model}", model=model), *filter(None, [what_was_done(order, say)]), *more]
    if order.style is not None:
        found.append(say("style {style}", style=say(choice_title(order.style))))
    if order.negative_prompt is not None:
        found.append(say("without {things}", things=escape(order.negative_prompt, 200)))
    seed = picture.seed if picture is not None and picture.seed is not None else order.seed
    if seed is not None:
        found.append(say("seed {seed}", seed=str(seed)))
    if order.private:
        found.append(say("private"))
    if picture is not None:
        told = [say("painted in {seconds} s", seconds=rounded(picture.seconds, 1))]
        if not picture.is_expired:
            told.append(say("PNG, {size} MB", size=rounded(picture.bytes / 1e6, 1)))
        found += [one.replace(" ", NO_BREAK) for one in told]
    return " ".join(filter(None, ["-#", sign, f"{NO_BREAK}· ".join(found)]))


def full_size(
    picture: Picture, link: Link | None, say: Words, *, link_as: LinkAs, is_seen: bool
) -> tuple[str, list[ui.Item[Any]]]:
    """The words about the full size, and the button that leads to it, if one can."""
    if is_seen and picture.is_expired:
        return say("🕓 The full size has expired; this small version is left."), []
    if is_seen and link is None:
        text = say("🕓 This is a small version; the picture is safe, and its full size follows shortly.")
        return text, []
    if (why := why_no_link(picture, link, link_as, say)) is not None or link is None:
        return why or "", []
    label = say("Full size")
    if link_as is LinkAs.BUTTON and len(link.url) <= LINK_URL_LENGTH_MAX:
        return "", [ui.Button(label=label, emoji="🔗", url=link.url)]
    return f"🔗 [{label}]({link.url})", []
