"""Every page of every kind of gallery is what its definition says, at both edges and in both directions."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from db.pictures import Filters, Form, Page, Pictures
from db.pool import Pool

ANNA, BERT, CLEO = 1, 2, 3
HERE, THREAD, ELSEWHERE = 30, 31, 40
LIMIT = 2
SEES: tuple[list[int], ...] = ([], [HERE], [ELSEWHERE, 41], [THREAD])
"""The channels that somebody may read."""

Open = Callable[..., Awaitable[Page]]


@dataclass(frozen=True)
class Painted:
    """A picture as the test knows it."""

    id: int
    member_id: int
    private: bool
    place: tuple[int, int | None]
    deleted: bool
    is_fox: bool

    def is_shown_to(self, viewer_id: int, channel_ids: list[int]) -> bool:
        if self.deleted:
            return False
        return self.member_id == viewer_id or (not self.private and not {*self.place}.isdisjoint(channel_ids))


@pytest.fixture
async def painted(pool: Pool) -> list[Painted]:
    """One of each kind, in any order, and among them more of what is seen."""
    kinds = list(
        product(
            (ANNA, BERT), (False, True), ((HERE, None), (THREAD, HERE), (ELSEWHERE, None)),
            (False, True), (False, True),
        )
    )  # fmt: skip
    kinds += 2 * [kind for kind in kinds if not kind[1] and not kind[3]]
    random.Random(5).shuffle(kinds)
    # Their numbers are nobody's who asks, and no two are neighbours.
    there = [Painted(1000 + 3 * number, *kind) for number, kind in enumerate(kinds)]
    async with pool.acquire() as connection:
        await connection.executemany(
            "insert into orders (id, key, interaction_id, member_id, guild_id, channel_id, locale, operation, model, "
            "prompt) overriding system value values ($1, $2, $1, $3, 20, $4, 'de', 'imagine', 'core', $5)",
            [(one.id, UUID(int=one.id), one.member_id, one.place[0], prompt(one)) for one in there],
        )
        await connection.executemany(
            "insert into pictures (id, order_id, attempt, seconds, member_id, guild_id, channel_id, "
            "parent_channel_id, private, model, width, height, bytes, erased_at, words) values ($1, $1, 1, 8, $2, 20, "
            "$3, $4, $5, 'core', 640, 480, 9, case when $6 then now() end, search_words($7, $2))",
            [(one.id, one.member_id, *one.place, one.private, one.deleted, prompt(one)) for one in there],
        )
    # Of what has expired the preview is there, and it is seen as before.
    await pool.execute("update pictures set expired_at = now() where id % 4 = 0")
    # Whatever became of it after it was marked; and two others have marks around it.
    await pool.execute(
        "insert into favourites (member_id, picture_id, words) "
        "select member, pictures.id, search_words(prompt, member) from pictures join orders on orders.id = order_id, "
        "unnest(array[$1, $2, $3]::bigint[]) as member where member = $2 or pictures.id % 2 = 0",
        *(ANNA, BERT, CLEO),
    )
    return there


def prompt(picture: Painted) -> str:
    return "a red fox" if picture.is_fox else "an owl"


def expected(shown: list[int], edge: int, *, older: bool) -> tuple[list[int], bool, bool]:
    """Of pictures newest first: the page before or after the edge, and whether there is more on either side."""
    if older:
        before = [one for one in shown if one < edge]
        page = before[:LIMIT], any(one >= edge for one in shown), len(before) > LIMIT
        return page if before or not shown else expected(shown, 0, older=False)
    after = [one for one in shown if one > edge]
    if edge == 0 and len(shown) > LIMIT:
        return shown[-(len(shown) % LIMIT or LIMIT) :], True, False
    page = after[-LIMIT:], len(after) > LIMIT, any(one <= edge for one in shown)
    return page if after or not shown else (shown[:LIMIT], False, len(shown) > LIMIT)


async def walk(open_page: Open, there: list[Painted], shown: list[int]) -> None:
    """From the first page to the last and back, and from some pictures that need not be on any page."""
    for before_id in (None, *shown[LIMIT - 1 :: LIMIT], shown[0] if shown else None):
        page = await open_page(before_id=before_id)
        assert seen(page) == expected(shown, before_id or 2**62, older=True), before_id
        assert counted(page, shown)
    for after_id in (0, *shown[::-1][LIMIT - 1 :: LIMIT], *shown[-1:]):
        page = await open_page(after_id=after_id)
        assert seen(page) == expected(shown, after_id, older=False), after_id
        assert counted(page, shown)
    for one in random.Random(7).sample(there, 6):
        assert seen(await open_page(before_id=one.id)) == expected(shown, one.id, older=True), one
        assert seen(await open_page(after_id=one.id)) == expected(shown, one.id, older=False), one


def seen(page: Page) -> tuple[list[int], bool, bool]:
    return [picture.id for picture in page.pictures], page.has_newer, page.has_older


def counted(page: Page, shown: list[int]) -> bool:
    """Whether it knows how many there are, and which place its first has among them."""
    first = shown.index(page.pictures[0].id) + 1 if page.pictures else 1
    return (page.first, page.total) == (first, len(shown))


SEARCHES = [("", 1000), ("fox", 1000), ("re FOX", 0)]
"""What is typed, and how many pictures a search may find that are then looked at alone."""


@pytest.mark.parametrize(("typed", "most"), SEARCHES)
async def test_a_members_pages(
    pool: Pool, painted: list[Painted], monkeypatch: pytest.MonkeyPatch, typed: str, most: int
) -> None:
    monkeypatch.setattr("db.pictures.MATCHES_MAX", most)
    for viewer_id, sees in [(ANNA, []), *((BERT, sees) for sees in SEES)]:
        shown = [
            one.id
            for one in painted[::-1]
            if one.member_id == ANNA and one.is_shown_to(viewer_id, sees) and (one.is_fox or not typed)
        ]
        # A walk through nothing would show little.
        assert len(shown) > LIMIT or not sees
        open_page = partial(
            Pictures(pool).page,
            owner_id=ANNA, viewer_id=viewer_id, channel_ids=sees, search=typed, limit=LIMIT,
        )  # fmt: skip
        await walk(open_page, painted, shown)


@pytest.mark.parametrize(("typed", "most"), SEARCHES)
async def test_the_pages_of_what_a_member_marked(
    pool: Pool, painted: list[Painted], monkeypatch: pytest.MonkeyPatch, typed: str, most: int
) -> None:
    monkeypatch.setattr("db.pictures.MATCHES_MAX", most)
    for owner_id, sees in product((None, ANNA), SEES):
        shown = [
            one.id
            for one in painted[::-1]
            if one.is_shown_to(BERT, sees) and (one.is_fox or not typed) and owner_id in (None, one.member_id)
        ]
        open_page = partial(
            Pictures(pool).favourites,
            owner_id=owner_id, viewer_id=BERT, channel_ids=sees, search=typed, limit=LIMIT,
        )  # fmt: skip
        await walk(open_page, painted, shown)


TODAY = datetime(2026, 11, 27, 12, tzinfo=UTC)
CHOSEN: dict[str, tuple[dict[str, Any], Callable[[Any], bool]]] = {
    "model": ({"model": "ultra"}, lambda row: row["model"] == "ultra"),
    "operation": ({"operation": "vary"}, lambda row: row["operation"] == "vary"),
    "tall": ({"form": Form.TALL}, lambda row: row["width"] < row["height"]),
    "square": ({"form": Form.SQUARE}, lambda row: row["width"] == row["height"]),
    "wide": ({"form": Form.WIDE}, lambda row: row["width"] > row["height"]),
    "server": ({"guild_id": 20}, lambda row: row["guild_id"] == 20),
    "direct": ({"guild_id": 0}, lambda row: row["guild_id"] is None),
    "since": ({"since": TODAY}, lambda row: row["created_at"] >= TODAY),
    "several": (
        {"model": "ultra", "form": Form.WIDE, "since": TODAY},
        lambda row: row["model"] == "ultra" and row["width"] > row["height"] and row["created_at"] >= TODAY,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHOSEN)
async def test_what_is_chosen_is_all_that_is_like_that(pool: Pool, painted: list[Painted], name: str) -> None:
    await pool.execute(
        "update pictures set model = case id % 2 when 0 then 'ultra' else 'core' end, "
        "operation = case id / 3 % 3 when 0 then 'vary' else 'imagine' end, width = 640 + id % 5 / 2 * 64 - 64, "
        "height = 640, guild_id = case when id % 7 > 2 then guild_id end, "
        "created_at = $1::timestamptz + make_interval(hours => (id % 11 - 5)::integer)",
        TODAY,
    )
    asked, is_chosen = CHOSEN[name]
    rows = {row["id"]: row for row in await pool.fetch("select * from pictures")}
    shown = [
        one.id
        for one in painted[::-1]
        if one.member_id == ANNA and one.is_shown_to(BERT, [HERE]) and is_chosen(rows[one.id])
    ]
    assert 0 < len(shown) < 16
    asked_of: dict[str, Any] = {
        "viewer_id": BERT,
        "channel_ids": [HERE],
        "filters": Filters(**asked),
        "limit": LIMIT,
    }
    await walk(partial(Pictures(pool).page, owner_id=ANNA, **asked_of), painted, shown)
    marked = partial(Pictures(pool).favourites, owner_id=ANNA, **asked_of)
    await walk(marked, painted, shown)


async def test_one_that_has_no_mark_of_ones_own_is_none_of_ones_favourites(
    pool: Pool, painted: list[Painted]
) -> None:
    page = await Pictures(pool).favourites(viewer_id=CLEO, channel_ids=[HERE, ELSEWHERE], limit=100)
    assert [picture.id for picture in page.pictures] == [
        one.id for one in painted[::-1] if one.id % 2 == 0 and one.is_shown_to(CLEO, [HERE, ELSEWHERE])
    ]


async def test_what_may_be_found_alone_is_there_and_ones_own_or_public(
    pool: Pool, painted: list[Painted]
) -> None:
    pictures = Pictures(pool)
    for one in painted:
        for viewer_id in (ANNA, BERT, CLEO):
            found = await pictures.find(one.id, viewer_id)
            assert (found is not None) is (
                not one.deleted and (not one.private or viewer_id == one.member_id)
            )
