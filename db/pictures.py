"""The pictures that a member may see: in pages, by their words, and one at a time."""

from collections.abc import Collection
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Page:
    """`pictures` are newest first: the next page is before the last of them, the previous one after the first."""

    pictures: list[Picture]
    has_newer: bool
    has_older: bool


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
        before_id: int | None = None,
        after_id: int | None = None,
        limit: int,
    ) -> Page:
        """What `owner_id` had painted; to others, what was made in `channel_ids`, which they may read.

        Without an id it is the first page; `after_id=0` is the last one.
        A page that lost its last picture meanwhile is the nearest one that has any.
        """
        return await self._page("", owner_id, viewer_id, search, before_id, after_id, limit, channel_ids)

    async def favourites(
        self,
        *,
        viewer_id: int,
        channel_ids: Collection[int],
        owner_id: int | None = None,
        search: str = "",
        before_id: int | None = None,
        after_id: int | None = None,
        limit: int,
    ) -> Page:
        """What `viewer_id` marked, of all painters or of one, as far as a gallery would still show it."""
        return await self._page(
            "_favourites", owner_id, viewer_id, search, before_id, after_id, limit, channel_ids
        )

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
        before_id: int | None,
        after_id: int | None,
        limit: int,
        channel_ids: Collection[int],
    ) -> Page:
        query, found = await self._search(which, viewer_id if which else owner_id, search)

        async def rows(direction: str, edge: int) -> list[asyncpg.Record]:
            statement = _SQL[f"{direction}{which}"]
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_SQL["in_order"])
                return await connection.fetch(
                    statement, owner_id, viewer_id, query, edge, limit + 1, list(channel_ids), found
                )

        if after_id is None:
            edge = ID_MAX if before_id is None else before_id
            page = _older(await rows("older", edge), edge, limit)
            if page.pictures or not page.has_newer:
                return page
            # All that was before it is gone: this is the last page now.
            after_id = 0
        page = _newer(await rows("newer", after_id), after_id, limit)
        if page.pictures or not page.has_older:
            return page
        return _older(await rows("older", ID_MAX), ID_MAX, limit)

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
            match = await self._pool.fetchrow(_SQL[f"matching{which}"], looked_up, MATCHES_MAX + 1, query)
            found = (match and match["ids"]) or []
            if len(found) <= MATCHES_MAX:
                return query, found
            if looked_up == query or (match and match["matching"] >= len(found) * COMMON_SHARE_MIN):
                break
        return query, None


def _older(rows: list[asyncpg.Record], edge: int, limit: int) -> Page:
    """The pictures before `edge` come newest first, and one more than fits if there is one."""
    found = [picture_of(row) for row in rows if row["id"] < edge]
    return Page(found[:limit], has_newer=len(found) < len(rows), has_older=len(found) > limit)


def _newer(rows: list[asyncpg.Record], edge: int, limit: int) -> Page:
    """The pictures after `edge` come oldest first, and one more than fits if there is one."""
    found = [picture_of(row) for row in rows if row["id"] > edge]
    return Page(found[:limit][::-1], has_newer=len(found) > limit, has_older=len(found) < len(rows))


def _storable(typed: str) -> str:
    """Postgres takes no NUL, and UTF-8 no lone surrogates; it trims no spaces but the plain one."""
    storable = typed[:TYPED_LENGTH_MAX].replace("\0", " ").encode(errors="ignore").decode()
    return " ".join(storable.split())
