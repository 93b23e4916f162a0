"""A message as the bot makes it, and what is left of it where Discord does not take all of it."""

import io
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import discord
from discord import ui

from bot.discord_errors import (
    in_a_line,
    refuses_as_explicit,
    refuses_as_harmful,
    refuses_content,
    refuses_link,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

LINK_URL_LENGTH_MAX = 512
"""Discord's limit for the URL of a button; a longer link goes into the text."""


class Unseen(StrEnum):
    """Why a finished picture is told of in words alone."""

    EXPLICIT = "explicit"
    REFUSED = "refused"
    GONE = "gone"


class LinkAs(StrEnum):
    BUTTON = "button"
    TEXT = "text"
    NOTHING = "nothing"
    """Discord takes it for harmful."""


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content: bytes
    alt_text: str


@dataclass(frozen=True, slots=True)
class Content:
    """A message without its address. `attachments` makes new ones each time, as sending uses them up.

    `without_picture`, `without_button` and `without_link` make what is left of it where Discord refuses
    these; None where it has none.
    """

    view: ui.LayoutView
    files: tuple[File, ...] = ()
    without_picture: "Callable[[Unseen], Content] | None" = None
    without_button: "Callable[[], Content] | None" = None
    without_link: "Callable[[], Content] | None" = None

    def attachments(self) -> list[discord.File]:
        return [
            discord.File(io.BytesIO(one.content), one.name, description=one.alt_text) for one in self.files
        ]

    def without_what_is_refused(self, error: discord.HTTPException) -> "Content | None":
        """What of it may be taken; None: nothing."""
        if not refuses_content(error):
            return None
        if refuses_as_harmful(error):
            return self.without_link() if self.without_link is not None else None
        if self.without_picture is None or (refuses_link(error) and self.without_button is not None):
            return self.without_button() if self.without_button is not None else None
        return self.without_picture(Unseen.EXPLICIT if refuses_as_explicit(error) else Unseen.REFUSED)


async def send_what_is_taken(content: Content, send: Callable[[Content], Awaitable[T]]) -> T:
    """Sends it, and where Discord refuses what it holds, the words and the links without the pictures."""
    while True:
        try:
            return await send(content)
        except discord.HTTPException as error:
            plainer = content.without_what_is_refused(error)
            if plainer is None:
                raise
            log.warning("Discord does not take all of it, so a part is left out: %s", in_a_line(error))
            content = plainer


def view_of(*items: ui.Item[Any]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    for item in items:
        view.add_item(item)
    return view


def notice(text: str, *rows: ui.ActionRow[Any]) -> ui.LayoutView:
    """A few words, and what may be done about them."""
    return view_of(ui.TextDisplay(text), *rows)
