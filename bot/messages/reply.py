"""A message as the bot makes it, and what is left of it where Discord does not take all of it."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import discord
from discord import ui


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
class Picture:
    name: str
    content: bytes
    alt_text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A message without its address. `attachments` makes new ones each time, as sending uses them up.

    `without_picture`, `without_button` and `without_link` make what is left of it where Discord refuses
    these; None where it has none.
    """

    view: ui.LayoutView
    pictures: tuple[Picture, ...] = ()
    without_picture: "Callable[[Unseen], Reply] | None" = None
    without_button: "Callable[[], Reply] | None" = None
    without_link: "Callable[[], Reply] | None" = None

    def attachments(self) -> list[discord.File]:
        return [
            discord.File(io.BytesIO(one.content), one.name, description=one.alt_text) for one in self.pictures
        ]
