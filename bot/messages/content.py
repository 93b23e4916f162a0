"""A message as the bot makes it, and what is left of it where Discord does not take all of it."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import discord
from discord import ui

from bot.discord_errors import EXPLICIT, HARMFUL, refuses_content, refuses_link

LINK_URL_LENGTH_MAX = 512  # Discord's limit for the URL of a button; a longer link goes into the text


class Unseen(StrEnum):
    """Why a finished picture is shown as words alone."""

    EXPLICIT = "explicit"
    REFUSED = "refused"
    GONE = "gone"


class LinkAs(StrEnum):
    BUTTON = "button"
    TEXT = "text"
    NOTHING = "nothing"  # Discord takes it for harmful


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content: bytes
    alt_text: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A message without its address. `without_picture`, `without_button` and `without_link` make what is left of it
    where Discord refuses these; None where it has none."""

    view: ui.LayoutView
    files: tuple[File, ...] = ()
    without_picture: "Callable[[Unseen], Content] | None" = None
    without_button: "Callable[[], Content] | None" = None
    without_link: "Callable[[], Content] | None" = None

    def attachments(self) -> list[discord.File]:
        """New ones each time, as sending uses them up."""
        return [
            discord.File(io.BytesIO(one.content), one.name, description=one.alt_text) for one in self.files
        ]

    def without_what_is_refused(self, error: discord.HTTPException) -> "Content | None":
        """None if nothing is left that Discord may take."""
        if not refuses_content(error):
            return None
        if error.code == HARMFUL:
            return self.without_link and self.without_link()
        if self.without_picture is None or (refuses_link(error) and self.without_button is not None):
            return self.without_button and self.without_button()
        return self.without_picture(Unseen.EXPLICIT if error.code == EXPLICIT else Unseen.REFUSED)


def view_of(*items: ui.Item[Any]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    # What is pressed is known by its custom id; discord.py would keep what is seen by one alone for 15 minutes.
    view.stop()
    for item in items:
        view.add_item(item)
    return view


def notice(text: str, *rows: ui.ActionRow[Any]) -> ui.LayoutView:
    return view_of(ui.TextDisplay(text), *rows)
