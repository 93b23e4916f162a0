"""A page of the gallery as a message. Pure: what a message needs to know is handed in."""

from collections.abc import Mapping
from functools import partial
from itertools import groupby
from math import ceil
from typing import Any

from discord import ui
from discord.utils import format_dt

from bot.controls.buttons import Action, PictureButton
from bot.controls.page_controls import Move, PageButton, Query
from bot.messages.content import Content, Unseen, notice, view_of
from bot.messages.failures import said
from bot.messages.picture import WHY_NONE_IS_SEEN, shown
from bot.messages.prompts import escape
from bot.messages.words import Words
from core.operations import MODELS, OPERATIONS
from core.orders import Picture
from db.pictures import Form, Page

_PROMPT_LENGTH_MAX = 120
_IN_A_ROW_MAX = 5

_NEWER, _OLDER = (Move.FIRST, Move.PREVIOUS), (Move.NEXT, Move.LAST)
_FORMS = {Form.TALL: said("tall"), Form.SQUARE: said("square"), Form.WIDE: said("wide")}


def numbers_of(page: Page) -> dict[int, int]:
    """By the pictures' ids. They go on from page to page, where it is known how many come before."""
    return {picture.id: number for number, picture in enumerate(page.pictures, start=page.first or 1)}


def page_content(
    page: Page,
    query: Query,
    previews: Mapping[int, bytes],
    say: Words,
    *,
    shared_by: int | None = None,
    unseen: Unseen | None = None,
) -> Content:
    """`previews` may lack some. A page that is shared with everybody has no buttons to other pages, and does not tell
    how many there are. `unseen` says why it has no pictures."""
    seen = [picture for picture in page.pictures if picture.id in previews and unseen is None]
    media, files = shown({f"{one.id}.webp": (one, previews[one.id]) for one in seen}, say)
    title = [_title(query, say), "-# " + " · ".join(_about(page, query, say, shared_by))]
    items: list[ui.Item[Any]] = [ui.TextDisplay("\n".join(title).removesuffix("\n-# ")), *media]
    if unseen is not None:
        items.append(ui.TextDisplay(say(WHY_NONE_IS_SEEN[unseen])))
    items += _numbers(page, say)
    items.append(ui.TextDisplay(_entries(page, query, say)))
    if shared_by is None:
        items += _moves(page, query, say)
    changed = partial(page_content, page, query, previews, say, shared_by=shared_by)
    return Content(view_of(ui.Container(*items)), files, (lambda why: changed(unseen=why)) if files else None)


def empty_page(query: Query, viewer_id: int, say: Words) -> ui.LayoutView:
    if not query.is_filtered:
        return notice(_why_empty(query, viewer_id, say))
    text = say("🖼️ No picture is like that: {filters}", filters=" · ".join(_filters(query, say)))
    return notice(text, ui.ActionRow(PageButton(query, Move.ALL, 0, say)))


def _why_empty(query: Query, viewer_id: int, say: Words) -> str:
    if query.search:
        return say("🖼️ No picture's prompt has these words: {words}", words=escape(query.search))
    if query.best:
        return say("🏆 Nobody has marked a picture here as a favourite yet, of those that you may see.")
    if query.favourites:
        return say("🖼️ No favourites yet. Press ⭐ Favourite under a picture to find it here again.")
    if query.owner_id != viewer_id:
        return say("🖼️ <@{member}> has no pictures to show.", member=query.owner_id)
    return say("🖼️ No pictures yet. Type `/imagine prompt: a red fox in the snow`, and the first one is here.")


def _title(query: Query, say: Words) -> str:
    if query.best and query.owner_id is None:
        title = say("### 🏆 The best of this server")
    elif query.best:
        title = say("### 🏆 The best by <@{member}> in this server", member=query.owner_id)
    elif query.favourites and query.owner_id is None:
        title = say("### ⭐ Favourites")
    elif query.favourites:
        title = say("### ⭐ Favourites by <@{member}>", member=query.owner_id)
    else:
        title = say("### 🖼️ Pictures of <@{member}>", member=query.owner_id)
    return f"{title} · {escape(query.search)}" if query.search else title


def _about(page: Page, query: Query, say: Words, shared_by: int | None) -> list[str]:
    """Which page it is of how many, or who shares it, and what is left out."""
    told = [*_place(page, query, say), *_how_many(page, say)]
    if shared_by is not None:
        told = [say("shared by {member}", member=f"<@{shared_by}>")]
    return told + _filters(query, say)


def _place(page: Page, query: Query, say: Words) -> list[str]:
    if page.first is None or not (page.has_newer or page.has_older):
        return []
    number = ceil((page.first - 1) / query.page_size) + 1
    if page.total is None:
        return [say("Page {number}", number=number)]
    pages = number + ceil((page.total - page.first + 1) / query.page_size) - 1
    return [say("Page {number} of {pages}", number=number, pages=pages)]


def _how_many(page: Page, say: Words) -> list[str]:
    if page.total is not None:
        return [say.plural("{count} picture", "{count} pictures", page.total, count=page.total)]
    return [say("more than {count} pictures", count=page.counted_max)] if page.counted_max else []


def _filters(query: Query, say: Words) -> list[str]:
    told = [MODELS[query.model].title if query.model in MODELS else query.model] if query.model else []
    if query.operation:
        operation = OPERATIONS.get(query.operation)
        told.append(say(operation.title) if operation is not None else query.operation)
    if query.form is not None:
        told.append(say(_FORMS[query.form]))
    if query.here and not query.best:
        told.append(say("made here"))
    if query.from_time is not None:
        told.append(say("since {date}", date=format_dt(query.from_time, "d")))
    return told


def _numbers(page: Page, say: Words) -> list[ui.ActionRow[Any]]:
    """Buttons that open the pictures, in rows of the same length."""
    buttons = [
        PictureButton(Action.MORE, id_, say, number=number) for id_, number in numbers_of(page).items()
    ]
    length = ceil(len(buttons) / ceil(len(buttons) / _IN_A_ROW_MAX))
    return [ui.ActionRow(*buttons[n : n + length]) for n in range(0, len(buttons), length)]


def _entries(page: Page, query: Query, say: Words) -> str:
    """What stands beside one another of one order has one."""
    numbers = numbers_of(page)
    lines = []
    for (_order_id, facts), group in groupby(
        page.pictures, lambda one: (one.order.id, _facts(page, query, one, say))
    ):
        first, *others = group
        number = f"{numbers[first.id]}" + (f"-{numbers[others[-1].id]}" if others else "")
        lines.append(f"**{number}.** {escape(first.order.prompt, _PROMPT_LENGTH_MAX)}\n-# {facts}")
    return "\n".join(lines)


def _facts(page: Page, query: Query, picture: Picture, say: Words) -> str:
    facts = [f"{picture.width} × {picture.height}", format_dt(picture.order.created_at, "d")]
    if (marks := page.marks.get(picture.id)) is not None:
        facts.insert(0, f"⭐ {marks}")
    if query.owner_id is None:
        facts.append(f"<@{picture.order.member_id}>")
    if picture.order.private:
        facts.append(say("private"))
    if picture.is_expired:
        facts.append(say("the full size has expired"))
    return " · ".join(facts)


def _moves(page: Page, query: Query, say: Words) -> list[ui.ActionRow[Any]]:
    newest, oldest = page.pictures[0].id, page.pictures[-1].id
    has_others = page.has_newer or page.has_older
    newer = [PageButton(query, move, newest, say, disabled=not page.has_newer) for move in _NEWER]
    older = [PageButton(query, move, oldest, say, disabled=not page.has_older) for move in _OLDER]
    rest = [Move.FILTER, Move.SHARE] if has_others or query.is_filtered else [Move.SHARE]
    row: ui.ActionRow[Any] = ui.ActionRow(*(PageButton(query, move, newest, say) for move in rest))
    return [ui.ActionRow(*newer, *older), row] if has_others else [row]
