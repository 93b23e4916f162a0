"""The buttons and the menu under a page of the gallery. What they need is in their custom ids, so no page dies."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self, TypeAlias, cast

import discord
from discord import ui

from bot.controls.buttons import Press, Say
from core.orders import Picture

PAGE_SIZE_DEFAULT = 6
PAGE_SIZE_MAX = 9
"""Three components a picture and those of the page: Discord takes 40 in all."""

SEARCH_LENGTH_MAX = 40
"""It has to fit into a custom id of 100 characters, beside two snowflakes."""

_OPTION_LENGTH_MAX = 100
_ID_MAX = 2**63 - 1
"""The largest number that Postgres takes."""


class Move(StrEnum):
    FIRST = "f"
    PREVIOUS = "p"
    NEXT = "n"
    LAST = "l"
    SHARE = "s"


LOOKS = {
    Move.FIRST: ("⏮️", "First"),
    Move.PREVIOUS: ("◀️", "Previous"),
    Move.NEXT: ("▶️", "Next"),
    Move.LAST: ("⏭️", "Last"),
    Move.SHARE: ("📣", "Share"),
}


@dataclass(frozen=True, slots=True)
class Query:
    """What the pages show. `owner_id` is None for favourites, whoever painted them."""

    owner_id: int | None
    search: str
    favourites: bool
    page_size: int

    def custom_id(self, move: Move, cursor: int) -> str:
        return (
            f"gallery:{move}:{cursor}:{self.owner_id or 0}:{self.page_size}:{self.favourites:d}:{self.search}"
        )


ShowPage: TypeAlias = Callable[[discord.Interaction[Any], Query, Move, int], Awaitable[None]]
"""What a press under a page does; it is given the picture next to which the page begins."""

_SHOW_PAGE: list[ShowPage] = []
_OPEN: list[Press] = []


def on_page(show: ShowPage) -> ShowPage:
    """Registers what the buttons under a page do."""
    _SHOW_PAGE[:] = [show]
    return show


def on_open(show: Press) -> Press:
    """Registers what the menu under a page does; it is given the picture's id."""
    _OPEN[:] = [show]
    return show


class PageButton(
    ui.DynamicItem[ui.Button[Any]],
    template=re.compile(
        r"gallery:(?P<move>[fpnls]):(?P<cursor>[0-9]{1,18}):(?P<owner>[0-9]{1,19}):(?P<size>[1-9]):"
        r"(?P<favourites>[01]):(?P<search>.*)",
        re.DOTALL,
    ),
):
    """`cursor` is the picture next to which the page begins."""

    def __init__(
        self, query: Query, move: Move, cursor: int, say: Say = str, *, disabled: bool = False
    ) -> None:
        emoji, label = LOOKS[move]
        custom_id = query.custom_id(move, cursor)
        super().__init__(ui.Button(label=say(label), emoji=emoji, custom_id=custom_id, disabled=disabled))
        self._query = query
        self._move = move
        self._cursor = cursor

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        # No member has such a number, which is then said as of any without pictures.
        owner_id = min(int(match["owner"]), _ID_MAX) or None
        query = Query(owner_id, match["search"], match["favourites"] == "1", int(match["size"]))
        return cls(query, Move(match["move"]), int(match["cursor"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await _SHOW_PAGE[0](interaction, self._query, self._move, self._cursor)


class PictureSelect(ui.DynamicItem[ui.Select[Any]], template=r"gallery:open"):
    def __init__(self, pictures: Sequence[Picture], say: Say = str) -> None:
        options = [
            discord.SelectOption(label=_label(number, picture), value=str(picture.id))
            for number, picture in enumerate(pictures, start=1)
        ]
        placeholder = say("Open one of these pictures")
        super().__init__(ui.Select(custom_id="gallery:open", placeholder=placeholder, options=options))

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], _match: re.Match[str], /
    ) -> Self:
        made = cls([])
        made.item = cast(ui.Select[Any], item)
        return made

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        chosen = "".join(self.item.values)
        known = chosen.isascii() and chosen.isdecimal() and len(chosen) <= 18
        # No picture has the number 0, which is then said as of any that is gone.
        await _OPEN[0](interaction, int(chosen) if known else 0)


def _label(number: int, picture: Picture) -> str:
    label = f"{number}. {' '.join(picture.order.prompt.split())}"
    return label if len(label) <= _OPTION_LENGTH_MAX else label[: _OPTION_LENGTH_MAX - 1] + "…"
