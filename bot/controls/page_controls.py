"""The buttons and the menu under a page of the gallery. What they need is in their custom ids, so no page dies."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self, cast

import discord
from discord import ui

from bot.controls.buttons import PRESSES, Say
from core.orders import Picture

PAGE_SIZE_DEFAULT = 6
PAGE_SIZE_MAX = 9  # three components a picture and those of the page: Discord takes 40 in all
SEARCH_LENGTH_MAX = 40  # it has to fit into a custom id of 100 characters, beside two snowflakes
_OPTION_LENGTH_MAX = 100
_ID_MAX = 2**63 - 1  # the largest number that Postgres takes

PAGE, OPEN = "page", "open"
"""The names of these controls among PRESSES. A page's press gets the query, the move and the cursor."""


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
        self._target = query, move, cursor

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        # No member has the largest id, so there are no pictures to show.
        owner_id = min(int(match["owner"]), _ID_MAX) or None
        query = Query(owner_id, match["search"], match["favourites"] == "1", int(match["size"]))
        return cls(query, Move(match["move"]), int(match["cursor"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await PRESSES[PAGE](interaction, *self._target)


class PictureSelect(ui.DynamicItem[ui.Select[Any]], template=r"gallery:open"):
    def __init__(
        self,
        pictures: Sequence[Picture],
        say: Say = str,
        numbers: Iterable[int] = range(1, PAGE_SIZE_MAX + 1),
    ) -> None:
        options = [
            discord.SelectOption(label=_label(number, picture), value=str(picture.id))
            for number, picture in zip(numbers, pictures, strict=False)
        ]
        placeholder = say("Open one of these pictures")
        super().__init__(ui.Select(custom_id="gallery:open", placeholder=placeholder, options=options))

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], _match: re.Match[str], /
    ) -> Self:
        select = cls([])
        select.item = cast(ui.Select[Any], item)
        return select

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        chosen = "".join(self.item.values)
        is_id = re.fullmatch("[0-9]{1,18}", chosen) is not None
        # No picture has the id 0, so it is answered like one that was deleted.
        await PRESSES[OPEN](interaction, int(chosen) if is_id else 0)


def _label(number: int, picture: Picture) -> str:
    label = f"{number}. {' '.join(picture.order.prompt.split())}"
    return label if len(label) <= _OPTION_LENGTH_MAX else label[: _OPTION_LENGTH_MAX - 1] + "…"
