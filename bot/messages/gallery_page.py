"""A page of the gallery as a message. What a button needs is in its custom id, so no page ever dies."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Self, cast

import discord
from discord import ui
from discord.utils import format_dt

from bot.messages.order import LINK_URL_LENGTH_MAX, view_of
from bot.messages.prompts import alt_text, escape
from bot.messages.reply import LinkAs, Picture, Reply, Unseen
from bot.messages.words import ENGLISH, Words
from bot.services import Interaction, services_of
from db.orders import Job
from db.pictures import Page

PAGE_SIZE_DEFAULT = 6
PAGE_SIZE_MAX = 9
"""Three components a picture and those of the page: Discord takes 40 in all."""

SEARCH_LENGTH_MAX = 40
"""It has to fit into a custom id of 100 characters, beside two snowflakes."""

_PROMPT_LENGTH_MAX = 120
_ENTRIES_LENGTH_MAX = 3600
"""Of a message's 4,000 characters; the rest of them is for the title."""
_ENTRY_LENGTH_MAX = 250
"""Without a link: the prompt and what is said of the picture."""

_OPTION_LENGTH_MAX = 100
_ID_MAX = 2**63 - 1
"""The largest number that Postgres takes."""


class Move(StrEnum):
    FIRST = "f"
    PREVIOUS = "p"
    NEXT = "n"
    LAST = "l"
    SHARE = "s"


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


Turn = Callable[[Interaction, Query, Move, int], Awaitable[None]]

LOOKS = {
    Move.FIRST: ("⏮️", "First"),
    Move.PREVIOUS: ("◀️", "Previous"),
    Move.NEXT: ("▶️", "Next"),
    Move.LAST: ("⏭️", "Last"),
    Move.SHARE: ("📣", "Share"),
}


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
        self, query: Query, move: Move, cursor: int, say: Words = ENGLISH, *, disabled: bool = False
    ) -> None:
        emoji, label = LOOKS[move]
        custom_id = query.custom_id(move, cursor)
        super().__init__(ui.Button(label=say(label), emoji=emoji, custom_id=custom_id, disabled=disabled))
        self._query = query
        self._move = move
        self._cursor = cursor

    @classmethod
    async def from_custom_id(
        cls, _interaction: Interaction, _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        # No member has such a number, which is then said as of any without pictures.
        owner_id = min(int(match["owner"]), _ID_MAX) or None
        query = Query(owner_id, match["search"], match["favourites"] == "1", int(match["size"]))
        return cls(query, Move(match["move"]), int(match["cursor"]))

    async def callback(self, interaction: Interaction) -> None:
        await services_of(interaction).turn(interaction, self._query, self._move, self._cursor)


class PictureSelect(ui.DynamicItem[ui.Select[Any]], template=r"gallery:open"):
    def __init__(self, jobs: list[Job], say: Words = ENGLISH) -> None:
        options = [
            discord.SelectOption(label=_label(number, job), value=str(job.id))
            for number, job in enumerate(jobs, start=1)
        ]
        placeholder = say("Open one of these pictures")
        super().__init__(ui.Select(custom_id="gallery:open", placeholder=placeholder, options=options))

    @classmethod
    async def from_custom_id(
        cls, _interaction: Interaction, item: ui.Item[Any], _match: re.Match[str], /
    ) -> Self:
        made = cls([])
        made.item = cast(ui.Select[Any], item)
        return made

    async def callback(self, interaction: Interaction) -> None:
        chosen = "".join(self.item.values)
        known = chosen.isascii() and chosen.isdecimal() and len(chosen) <= 18
        # No picture has the number 0, which is then said as of any that is gone.
        await services_of(interaction).open(interaction, int(chosen) if known else 0)


def page_reply(
    page: Page,
    query: Query,
    previews: Mapping[int, bytes],
    links: Mapping[int, str | None],
    say: Words,
    *,
    shared: bool = False,
    unseen: Unseen | None = None,
    link_as: LinkAs = LinkAs.BUTTON,
) -> Reply:
    """`previews` may lack some; of `links`, those of parked and expired pictures are None.

    A shared page cannot be turned: it is everybody's. `unseen` says why it is in words alone.
    """
    items: list[ui.Item[Any]] = [ui.TextDisplay(_title(query, say))]
    shown = [job for job in page.jobs if job.id in previews and unseen is None]
    if shown:
        items.append(ui.MediaGallery(*map(_shown, shown)))
    if unseen is not None:
        items.append(ui.TextDisplay(_why_unseen(unseen, say)))
    room = _ENTRIES_LENGTH_MAX // max(1, len(page.jobs)) - _ENTRY_LENGTH_MAX
    items += [
        _entry(number, job, links[job.id], say, room, link_as)
        for number, job in enumerate(page.jobs, start=1)
    ]
    items.append(ui.ActionRow(PictureSelect(page.jobs, say)))
    if not shared:
        items.append(_turns(page, query, say))

    def again(why: Unseen | None, way: LinkAs) -> Callable[[], Reply]:
        return partial(page_reply, page, query, previews, links, say, shared=shared, unseen=why, link_as=way)

    has_links = any(links.values())
    return Reply(
        view_of(ui.Container(*items)),
        tuple(Picture(_file_name(job), previews[job.id], alt_text(job.prompt)) for job in shown),
        (lambda why: again(why, link_as)()) if shown else None,
        again(unseen, LinkAs.TEXT) if has_links and link_as is LinkAs.BUTTON else None,
        again(unseen, LinkAs.NOTHING) if has_links and link_as is not LinkAs.NOTHING else None,
    )


def _shown(job: Job) -> discord.MediaGalleryItem:
    return discord.MediaGalleryItem(
        f"attachment://{_file_name(job)}", description=alt_text(job.prompt), spoiler=job.spoiler
    )


def _why_unseen(unseen: Unseen, say: Words) -> str:
    if unseen is Unseen.EXPLICIT:
        return say("🖼️ Discord takes one of these pictures for explicit, so none is shown here.")
    return say("🖼️ Discord did not take these pictures, so none is shown here.")


def empty_text(query: Query, viewer_id: int, say: Words) -> str:
    if query.search:
        return say("🖼️ No picture's prompt has these words: {words}", words=escape(query.search))
    if query.favourites:
        return say("🖼️ No favourites yet. Press ⭐ Favourite under a picture to find it here again.")
    if query.owner_id != viewer_id:
        return say("🖼️ <@{member}> has no pictures to show.", member=query.owner_id)
    return say("🖼️ No pictures yet. Type `/imagine prompt: a red fox in the snow`, and the first one is here.")


def _title(query: Query, say: Words) -> str:
    if query.favourites and query.owner_id is None:
        title = say("### ⭐ Favourites")
    elif query.favourites:
        title = say("### ⭐ Favourites by <@{member}>", member=query.owner_id)
    else:
        title = say("### 🖼️ Pictures of <@{member}>", member=query.owner_id)
    return f"{title} · {escape(query.search)}" if query.search else title


def _entry(number: int, job: Job, url: str | None, say: Words, room: int, link_as: LinkAs) -> ui.Item[Any]:
    """`room` is how long a link may be that stands in the text; one that is longer is behind the menu."""
    facts = [f"{job.width} × {job.height}", format_dt(job.created_at, "d")]
    if job.private:
        facts.append(say("private"))
    if job.is_expired:
        facts.append(say("the full size has expired"))
    elif url is None:
        facts.append(say("the full size follows shortly"))
    text = f"**{number}.** {escape(job.prompt, _PROMPT_LENGTH_MAX)}\n-# {' · '.join(facts)}"
    if url is None or link_as is LinkAs.NOTHING:
        return ui.TextDisplay(text)
    label = say("Full size")
    is_button = link_as is LinkAs.BUTTON and len(url) <= LINK_URL_LENGTH_MAX
    if not is_button and len(url) > room:
        return ui.TextDisplay(text)
    if not is_button:
        return ui.TextDisplay(f"{text} · 🔗 [{label}]({url})")
    return ui.Section(text, accessory=ui.Button(label=label, emoji="🔗", url=url))


def _turns(page: Page, query: Query, say: Words) -> ui.ActionRow[Any]:
    newest, oldest = page.jobs[0].id, page.jobs[-1].id
    return ui.ActionRow(
        PageButton(query, Move.FIRST, newest, say, disabled=not page.has_newer),
        PageButton(query, Move.PREVIOUS, newest, say, disabled=not page.has_newer),
        PageButton(query, Move.NEXT, oldest, say, disabled=not page.has_older),
        PageButton(query, Move.LAST, oldest, say, disabled=not page.has_older),
        PageButton(query, Move.SHARE, newest, say),
    )


def _label(number: int, job: Job) -> str:
    label = f"{number}. {' '.join(job.prompt.split())}"
    return label if len(label) <= _OPTION_LENGTH_MAX else label[: _OPTION_LENGTH_MAX - 1] + "…"


def _file_name(job: Job) -> str:
    return f"{job.id}.webp"
