"""A page of the gallery as a message. Pure: what a message needs to know is handed in."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from discord import ui
from discord.utils import format_dt

from bot.controls.page_controls import Move, PageButton, PictureSelect, Query
from bot.messages.content import LINK_URL_LENGTH_MAX, Content, LinkAs, Unseen, view_of
from bot.messages.picture import WHY_NONE_IS_SEEN, shown
from bot.messages.prompts import escape
from bot.messages.words import Words
from core.orders import Picture
from db.pictures import Page

_PROMPT_LENGTH_MAX = 120
_ENTRIES_LENGTH_MAX = 3600  # of a message's 4,000 characters; the rest is for the title
_ENTRY_LENGTH_MAX = 250  # without a link


_NEWER, _OLDER = (Move.FIRST, Move.PREVIOUS), (Move.NEXT, Move.LAST)


def page_content(
    page: Page,
    query: Query,
    previews: Mapping[int, bytes],
    links: Mapping[int, str | None],
    say: Words,
    *,
    shared: bool = False,
    unseen: Unseen | None = None,
    link_as: LinkAs = LinkAs.BUTTON,
) -> Content:
    """`previews` may lack some; the links of spilled and expired pictures are None.

    A page that is shared with everybody has no buttons to other pages. `unseen` says why it has no pictures.
    """
    seen = [picture for picture in page.pictures if picture.id in previews and unseen is None]
    media, files = shown({f"{one.id}.webp": (one, previews[one.id]) for one in seen}, say)
    items: list[ui.Item[Any]] = [ui.TextDisplay(_title(query, say)), *media]
    if unseen is not None:
        items.append(ui.TextDisplay(say(WHY_NONE_IS_SEEN[unseen])))
    room = _ENTRIES_LENGTH_MAX // max(1, len(page.pictures)) - _ENTRY_LENGTH_MAX
    items += [
        _entry(number, picture, links[picture.id], say, room, link_as)
        for number, picture in enumerate(page.pictures, start=1)
    ]
    items.append(ui.ActionRow(PictureSelect(page.pictures, say)))
    if not shared:
        items.append(_moves(page, query, say))
    has_links = any(links.values())
    changed = partial(page_content, page, query, previews, links, say, shared=shared)
    return Content(
        view_of(ui.Container(*items)),
        files,
        (lambda why: changed(unseen=why, link_as=link_as)) if files else None,
        partial(changed, unseen=unseen, link_as=LinkAs.TEXT)
        if has_links and link_as is LinkAs.BUTTON
        else None,
        partial(changed, unseen=unseen, link_as=LinkAs.NOTHING)
        if has_links and link_as is not LinkAs.NOTHING
        else None,
    )


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


def _entry(
    number: int, picture: Picture, url: str | None, say: Words, room: int, link_as: LinkAs
) -> ui.Item[Any]:
    """`room` is how long a link may be that stands in the text; one that is longer is behind the menu."""
    facts = [f"{picture.width} × {picture.height}", format_dt(picture.created_at, "d")]
    if picture.order.private:
        facts.append(say("private"))
    if picture.is_expired:
        facts.append(say("the full size has expired"))
    elif url is None:
        facts.append(say("the full size follows shortly"))
    text = f"**{number}.** {escape(picture.order.prompt, _PROMPT_LENGTH_MAX)}\n-# {' · '.join(facts)}"
    if url is None or link_as is LinkAs.NOTHING:
        return ui.TextDisplay(text)
    label = say("Full size")
    if link_as is LinkAs.BUTTON and len(url) <= LINK_URL_LENGTH_MAX:
        return ui.Section(text, accessory=ui.Button(label=label, emoji="🔗", url=url))
    return ui.TextDisplay(f"{text} · 🔗 [{label}]({url})" if len(url) <= room else text)


def _moves(page: Page, query: Query, say: Words) -> ui.ActionRow[Any]:
    newest, oldest = page.pictures[0].id, page.pictures[-1].id
    newer = (PageButton(query, move, newest, say, disabled=not page.has_newer) for move in _NEWER)
    older = (PageButton(query, move, oldest, say, disabled=not page.has_older) for move in _OLDER)
    return ui.ActionRow(*newer, *older, PageButton(query, Move.SHARE, newest, say))
