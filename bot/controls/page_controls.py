"""The buttons and the menu under a page of the gallery. What they need is in their custom ids, so no page dies."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import blake2s
from typing import Any, Self, cast

import discord
from discord import ui

from bot.controls.buttons import PRESSES, Say
from core.operations import MODELS, OPERATIONS
from core.orders import Picture
from db.pictures import Form

PAGE_SIZE_DEFAULT = 6
PAGE_SIZE_MAX = 9  # a button with a number for each, in two rows
SEARCH_LENGTH_MAX = (
    36  # it has to fit into a custom id of 100 characters, beside two snowflakes and the filters
)
_OPTION_LENGTH_MAX = 100
_ID_MAX = 2**63 - 1  # the largest number that Postgres takes

PAGE, OPEN, FILTERED = "page", "open", "filtered"
"""The names of these controls among PRESSES. A page's press gets the query, the move and the cursor; the form that is
behind Filter has a custom id as a page's button, and gets the query."""


class Move(StrEnum):
    FIRST = "f"
    PREVIOUS = "p"
    NEXT = "n"
    LAST = "l"
    SHARE = "s"
    FILTER = "x"
    ALL = "a"  # of what the filters leave nothing of


LOOKS = {
    Move.FIRST: ("⏮️", "First"),
    Move.PREVIOUS: ("◀️", "Previous"),
    Move.NEXT: ("▶️", "Next"),
    Move.LAST: ("⏭️", "Last"),
    Move.SHARE: ("📣", "Share"),
    Move.FILTER: ("🔎", "Filter"),
    Move.ALL: ("🖼️", "Show all"),
}

FAVOURITES, BEST = 1, 2
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FORMS = {None: "-", Form.TALL: "t", Form.SQUARE: "q", Form.WIDE: "w"}
_NO_MARK = "000"
SHAPES = {"tall": Form.TALL, "square": Form.SQUARE, "wide": Form.WIDE}
FIRST_DAY = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Query:
    """What the pages show. `owner_id` is None for favourites and the best, whoever painted them; `here` is of the
    server in which they are looked at, or of direct messages."""

    owner_id: int | None
    search: str
    favourites: bool
    page_size: int
    best: bool = False
    model: str | None = None
    operation: str | None = None
    form: Form | None = None
    here: bool = False
    since: date | None = None

    def custom_id(self, move: Move, cursor: int) -> str:
        which = BEST if self.best else int(self.favourites)
        return f"gallery:{move}:{cursor}:{self.owner_id or 0}:{self.page_size}:{which}{self._filters()}:{self.search}"

    @property
    def from_time(self) -> datetime | None:
        """When `since` begins."""
        return None if self.since is None else datetime.combine(self.since, time(), UTC)

    @property
    def is_filtered(self) -> bool:
        chosen = (self.model, self.operation, self.form, self.since)
        return self.here or any(one is not None for one in chosen)

    def _filters(self) -> str:
        if not self.is_filtered:
            return ""
        since = _in_base_36((self.since - FIRST_DAY).days) if self.since is not None else _NO_MARK
        return f"{_FORMS[self.form]}{self.here:d}{since}{_mark(self.model)}{_mark(self.operation)}"


def query_of(match: re.Match[str]) -> Query:
    # No member has the largest id, so there are no pictures to show.
    owner_id = min(int(match["owner"]), _ID_MAX) or None
    which, filters = int(match["which"]), match["filters"]
    query = Query(
        owner_id, match["search"][:SEARCH_LENGTH_MAX], which == FAVOURITES, int(match["size"]), which == BEST
    )
    if filters is None:
        return query
    days = int(filters[2:5], 36)
    return replace(
        query,
        form=next(form for form, sign in _FORMS.items() if sign == filters[0]),
        here=filters[1] == "1",
        since=FIRST_DAY + timedelta(days) if days else None,
        model=_named(filters[5:8], MODELS),
        operation=_named(filters[8:], OPERATIONS),
    )


def _mark(name: str | None) -> str:
    """What stands for a name that may be long: three signs that are its own, whatever else there is."""
    if name is None:
        return _NO_MARK
    return _in_base_36(1 + int.from_bytes(blake2s(name.encode()).digest()) % (36**3 - 1))


def _named(mark: str, names: Iterable[str]) -> str | None:
    """No picture has a name that is empty: of what this version does not know, there are none."""
    return None if mark == _NO_MARK else next((name for name in names if _mark(name) == mark), "")


def _in_base_36(number: int) -> str:
    return "".join(_DIGITS[number // place % 36] for place in (1296, 36, 1))


class PageButton(
    ui.DynamicItem[ui.Button[Any]],
    template=re.compile(
        r"gallery:(?P<move>[fpnlsxa]):(?P<cursor>[0-9]{1,18}):(?P<owner>[0-9]{1,19}):(?P<size>[1-9]):"
        r"(?P<which>[012])(?P<filters>[-tqw][01][0-9a-z]{9})?:(?P<search>.*)",
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
        return cls(query_of(match), Move(match["move"]), int(match["cursor"]))

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
