"""Pages, searches and claims in a database that is large, beside one that is not."""

import asyncio
import statistics
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import asyncpg

from benchmarks.contestants.ours import Ours
from benchmarks.figures import interleaved, p99, ratio, timed, told
from benchmarks.report import Goal, Result, Table
from benchmarks.stage import Stage
from core.settings import DatabaseSettings
from db.pictures import Pictures
from db.pool import open_pool

TITLE = "The gallery"

MEMBER = 7
MEMBER_SHARE = 20
"""Every so-manieth picture is that member's: 50,000 of a million."""

PAGE_SIZE = 6
DEEP = 1000
SMALL = 100_000
WAITING = 1000

COMMON, RARE, NONE = "two common words", "a rare word", "a word of no picture"
SEARCHES = {COMMON: "fox snow", RARE: "996", NONE: "badger"}

# Twenty words in changing company, so that a search has something to find and something to pass by.
FILL = """
with added as (
    insert into orders (interaction_id, member_id, channel_id, locale, operation, model, prompt)
    select n, case when n % $3::bigint = 0 then $4 else 1000 + n % 5000 end, 1, 'en-US', 'imagine', 'core',
        concat_ws(
            ' ', 'a', words[1 + (n / 20) % 20], words[1 + (n / 400) % 20], 'in the', words[1 + (n / 8000) % 20],
            n % 997
        )
    from generate_series($1::bigint, $2::bigint) as n,
        (select string_to_array('fox snow tower sea night garden river city glass moon paper horse storm '
            'forest desert lamp bridge winter island tiger', ' ') as words) as vocabulary
    returning id, member_id, prompt
),
worked as (
    insert into jobs (
        id, order_id, member_id, provider, price, turn, state, attempt, started_at, finished_at, month, holder, guild_id
    )
    select id * 16 + 1, id, member_id, 'stability', 3, id, 'done', 1, now(), now(), usage_month(), '', 0 from added
)
insert into pictures (
    id, order_id, attempt, seconds, member_id, channel_id, private, model, width, height, bytes, words
)
select id * 16 + 1, id, 1, 5, member_id, 1, false, 'core', 1024, 1024, 1500000, search_words(prompt, member_id)
from added
"""


async def measure(stage: Stage) -> Result:
    large = stage.amount(10_000_000 if stage.large else 1_000_000, quick=2_000)
    small = stage.amount(SMALL, quick=1_000)
    async with AsyncExitStack() as exits:
        cases: dict[int, dict[str, Callable[[], Awaitable[float]]]] = {}
        for rows in (small, large):
            stage.say(f"gallery: filling {rows:,} rows")
            cases[rows] = await _cases(exits, await stage.database(), rows)
        stage.say("gallery: pages, searches and claims")
        both = {f"{name} of {rows:,}": case for rows, of in cases.items() for name, case in of.items()}
        figures = await interleaved(stage.amount(100, quick=3), both)
    return _result(
        small, large, *({name: figures[f"{name} of {rows:,}"] for name in of} for rows, of in cases.items())
    )


async def _cases(exits: AsyncExitStack, url: str, rows: int) -> dict[str, Callable[[], Awaitable[float]]]:
    deep = await _fill(url, rows)
    ours = await exits.enter_async_context(Ours.open(url))
    settings = DatabaseSettings.model_validate({"database_url": url})
    pictures = Pictures(await exits.enter_async_context(open_pool(settings, name="benchmark")))

    async def page(**where: Any) -> float:
        asked: dict[str, Any] = {
            "owner_id": MEMBER,
            "viewer_id": MEMBER,
            "channel_ids": [],
            "limit": PAGE_SIZE,
            **where,
        }
        return await timed(lambda: pictures.page(**asked))

    return {
        "page 1": page,
        f"page {DEEP:,}": partial(page, before_id=deep),
        "the last page": partial(page, after_id=0),
        **{name: partial(page, search=typed) for name, typed in SEARCHES.items()},
        "a claim": ours.claim_one,
    }


async def _fill(url: str, rows: int) -> int:
    """Some orders wait beside the pictures. Returns the id before which the deep page begins."""
    connection = await asyncpg.connect(url)
    try:
        # One half by each of two processors, as most of it is computing.
        await asyncio.gather(_add(url, 1, rows // 2), _add(url, rows // 2 + 1, rows))
        async with Ours.open(url) as ours:
            await ours.add(WAITING)
        await connection.execute("vacuum analyze")
        skipped = min((DEEP - 1) * PAGE_SIZE, rows // MEMBER_SHARE // 2)
        deep: int = await connection.fetchval(
            "select id from pictures where member_id = $1 order by id desc offset $2 limit 1",
            MEMBER,
            skipped - 1,
        )
        return deep
    finally:
        await connection.close()


async def _add(url: str, first: int, last: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(FILL, first, last, MEMBER_SHARE, MEMBER)
    finally:
        await connection.close()


def _result(few: int, many: int, small: dict[str, list[float]], large: dict[str, list[float]]) -> Result:
    first, deep = large["page 1"], large[f"page {DEEP:,}"]
    table = Table(
        f"A member with {many // MEMBER_SHARE:,} pictures among {many:,}, in milliseconds",
        ("", "median", "p99", "of page 1", f"of the same among {few:,}"),
        [
            (
                name,
                told(figures, 2),
                f"{p99(figures):.2f}",
                f"{ratio(figures, first):.2f}",
                f"{ratio(figures, small[name]):.2f}",
            )
            for name, figures in large.items()
        ],
    )
    goals = [
        Goal(f"page {DEEP:,} beside page 1", 1.5, ratio(deep, first), "times", at_most=True),
        Goal(f"page {DEEP:,} (median)", 5, statistics.median(deep), "ms", at_most=True),
        Goal("a search that finds nothing (median)", 20, statistics.median(large[NONE]), "ms", at_most=True),
        *(
            Goal(
                f"{name} among {many:,} pictures over {few:,}",
                1.2, ratio(large[name], small[name]), "times", at_most=True,
            )
            for name in ("a claim", "page 1", f"page {DEEP:,}")
        ),
    ]  # fmt: skip
    samples = {
        f"{name} of {rows:,}, ms": taken
        for rows, of in ((few, small), (many, large))
        for name, taken in of.items()
    }
    return Result([table], goals, samples)
