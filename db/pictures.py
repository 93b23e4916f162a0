"""The pictures that a member may see: in pages, by their words, and one at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

import asyncpg

from core.orders import ID_MAX, Picture
from db import queries
from db.pool import Pool
from db.rows import picture_of

_SQL = queries.load("pictures")

TYPED_LENGTH_MAX = 200
"""More words than that find nothing that fewer would not."""

MATCHES_MAX = 1000
"""A search that finds no more looks at these alone; one that finds more fills a page soon."""

COMMON_SHARE_MIN = 0.01
"""Of what the longer words find, so much has to match the short ones too, or they are looked up as well."""

SUGGESTIONS_FROM = 200
"""How many of a member's newest orders the suggestions are chosen from."""


COUNT_MAX = 100_000
"""Of a gallery, which is counted by an index alone."""

LOOKED_UP_MAX = 1000
"""Of favourites, and of what is searched for by words: each is looked up."""

BEST_MAX = 500
"""So many of a server's pictures are looked at for its best."""


class Form(IntEnum):
    """Of a picture, by the sign of its width less its height."""

    TALL = -1
    SQUARE = 0
    WIDE = 1


@dataclass(frozen=True, slots=True)
class Filters:
    """Which pictures; None is any. `guild_id` is 0 for direct messages."""

    model: str | None = None
    operation: str | None = None
    form: Form | None = None
    guild_id: int | None = None
    since: datetime | None = None


ALL = Filters()


@dataclass(frozen=True, slots=True)
class Page:
    """`pictures` are newest first, or the best: the next page is before the last of them, the previous one after the
    first.

    `first` is the place of the first among all, from 1, and `total` how many there are in all: None beyond what is
    counted, which is `counted_max`. `marks` is how many members marked each, by its id, of a server's best.
    """

    pictures: list[Picture]
    has_newer: bool
    has_older: bool
    first: int | None = 1
    total: int | None = None
    counted_max: int = 0
    marks: Mapping[int, int] = field(default_factory=dict)


class Pictures:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self,
        *,
        owner_id: int,
        viewer_id: int,
        channel_ids: Collection[int],
        search: str = "",
        filters: Filters = ALL,
        before_id: int | None = None,
        after_id: int | None = None,
        limit: int,
    ) -> Page:
        """What `owner_id` had painted; to others, what was made in `channel_ids`, which they may read.

        Without an id it is the first page; `after_id=0` is the last one.
        A page that lost its last picture meanwhile is the nearest one that has any.
        """
        return await self._page(
            "", owner_id, viewer_id, search, filters, before_id, after_id, limit, channel_ids
        )

    async def favourites(
        self,
        *,
        viewer_id: int,
        channel_ids: Collection[int],
        owner_id: int | None = None,
        search: str = "",
        filters: Filters = ALL,
        before_id: int | None = None,
        after_id: int | None = None,
        limit: int,
    ) -> Page:
        """What `viewer_id` marked, of all painters or of one, as far as a gallery would still show it."""
        return await self._page(
            "_favourites", owner_id, viewer_id, search, filters, before_id, after_id, limit, channel_ids
        )

    async def best(
        self,
        *,
        viewer_id: int,
        channel_ids: Collection[int],
        owner_id: int | None = None,
        search: str = "",
        filters: Filters,
        before_id: int | None = None,
        after_id: int | None = None,
        begins_with_id: int | None = None,
        limit: int,
    ) -> Page:
        """What most members marked in the server that the filters name, of all painters or of one; what as many did,
        newest first. Ids as for `page`: one that is no longer among the best leads to the first page."""
        searched = _storable(search) or None
        rows = await self._pool.fetch(
            _SQL["best"], *_asked(owner_id, viewer_id, channel_ids, filters), searched, BEST_MAX
        )
        ids = [row["picture_id"] for row in rows]
        start = _start(ids, before_id, after_id, begins_with_id, limit)
        found = await self._pool.fetch(_SQL["these"], ids[start : start + limit])
        pictures = sorted(map(picture_of, found), key=lambda picture: ids.index(picture.id))
        marks = {row["picture_id"]: row["marks"] for row in rows[start : start + limit]}
        return Page(pictures, start > 0, start + limit < len(ids), start + 1, len(ids), BEST_MAX, marks)

    async def suggestions(self, member_id: int, typed: str, limit: int) -> list[str]:
        """Prompts that the member used lately and that have the words typed, the latest first."""
        rows = await self._pool.fetch(
            _SQL["suggestions"], member_id, _storable(typed), limit, SUGGESTIONS_FROM
        )
        return [row["prompt"] for row in rows]

    async def find(self, picture_id: int, viewer_id: int) -> Picture | None:
        """None if it is there no more or is another member's private one."""
        row = await self._pool.fetchrow(_SQL["picture"], picture_id, viewer_id)
        return picture_of(row) if row else None

    async def by_message(self, message_id: int) -> list[Picture]:
        """All that the reply shows which is this message. An id is one message's in all of Discord."""
        return [picture_of(row) for row in await self._pool.fetch(_SQL["by_message"], message_id)]

    async def _page(
        self,
        which: str,
        owner_id: int | None,
        viewer_id: int,
        search: str,
        filters: Filters,
        before_id: int | None,
        after_id: int | None,
        limit: int,
        channel_ids: Collection[int],
    ) -> Page:
        query, found = await self._search(which, viewer_id if which else owner_id, search)
        asked = *_asked(owner_id, viewer_id, channel_ids, filters), query, found

        async def rows(direction: str, edge: int, limit: int = limit) -> list[asyncpg.Record]:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_SQL["in_order"])
                return await connection.fetch(_SQL[f"{direction}{which}"], *asked, edge, limit + 1)

        async def counted(page: Page) -> Page:
            if not page.has_newer and not page.has_older:
                return replace(page, total=len(page.pictures))
            most = LOOKED_UP_MAX if query or which else COUNT_MAX
            (row,) = await rows("count", page.pictures[0].id, most)
            total = row["total"] if row["total"] <= most else None
            if after_id == 0 and total is not None and (more := -total % limit):
                # As it is where it was come to page by page.
                page = replace(page, pictures=page.pictures[more:])
            first = row["newer"] + 1 if row["newer"] <= most else None
            if total is not None and not page.has_older:
                first = total - len(page.pictures) + 1
            return replace(page, first=first, total=total, counted_max=most)

        if after_id is None:
            edge = ID_MAX if before_id is None else before_id
            page = _older(await rows("older", edge), edge, limit)
            if page.pictures or not page.has_newer:
                return await counted(page)
            # All that was before it is gone: this is the last page now.
            after_id = 0
        page = _newer(await rows("newer", after_id), after_id, limit)
        if page.pictures or not page.has_older:
            return await counted(page)
        return await counted(_older(await rows("older", ID_MAX), ID_MAX, limit))

    async def _search(
        self, which: str, member_id: int | None, search: str
    ) -> tuple[str | None, list[int] | None]:
        """The query to page by, and the pictures that it may find, if those are few: the page is planned for them."""
        row = await self._pool.fetchrow(_SQL["query"], _storable(search), member_id) if search else None
        if row is None or row["whole"] is None:
            return None, None
        query: str = row["whole"]
        found: list[int] = []
        for looked_up in (row["long"], query):
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_SQL["by_words"])
                match = await connection.fetchrow(_SQL[f"matching{which}"], looked_up, MATCHES_MAX + 1, query)
            found = (match and match["ids"]) or []
            if len(found) <= MATCHES_MAX:
                return query, found
            if looked_up == query or (match and match["matching"] >= len(found) * COMMON_SHARE_MIN):
                break
        return query, None


def _asked(
    owner_id: int | None, viewer_id: int, channel_ids: Collection[int], filters: Filters
) -> tuple[object, ...]:
    form = None if filters.form is None else int(filters.form)
    return (
        *(owner_id, viewer_id, list(channel_ids)),
        *(filters.model, filters.operation, form, filters.guild_id, filters.since),
    )


def _start(
    ids: list[int], before_id: int | None, after_id: int | None, begins_with_id: int | None, limit: int
) -> int:
    """Where the page begins among these."""
    if after_id == 0:
        return max(0, (len(ids) - 1) // limit * limit)
    if after_id in ids:
        return max(0, ids.index(after_id) - limit)
    if before_id in ids[:-1]:
        return ids.index(before_id) + 1
    return ids.index(begins_with_id) if begins_with_id in ids else 0


def _older(rows: list[asyncpg.Record], edge: int, limit: int) -> Page:
    """The pictures before `edge`, and one more than fits if there is one."""
    found = [picture_of(row) for row in _by_id(rows)[::-1] if row["id"] < edge]
    return Page(found[:limit], has_newer=len(found) < len(rows), has_older=len(found) > limit)


def _newer(rows: list[asyncpg.Record], edge: int, limit: int) -> Page:
    """The pictures after `edge`, and one more than fits if there is one."""
    found = [picture_of(row) for row in _by_id(rows) if row["id"] > edge]
    return Page(found[:limit][::-1], has_newer=len(found) > limit, has_older=len(found) < len(rows))


def _by_id(rows: list[asyncpg.Record]) -> list[asyncpg.Record]:
    return sorted(rows, key=lambda row: row["id"])


def _storable(typed: str) -> str:
    """Postgres takes no NUL, and UTF-8 no lone surrogates; it trims no spaces but the plain one."""
    storable = typed[:TYPED_LENGTH_MAX].replace("\0", " ").encode(errors="ignore").decode()
    return " ".join(storable.split())
