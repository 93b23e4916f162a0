"""Pages, searches and claims in a database that is large, beside one that is not."""

import statistics
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import asyncpg

from benchmarks.contestants.ours import Ours
from benchmarks.figures import interleaved, p99, ratio, timed, told
from benchmarks.filled import LARGEST, LARGEST_SHARE, Filled, sizes
from benchmarks.report import Goal, Result, Table
from benchmarks.stage import Stage
from core.settings import DatabaseSettings
from db.pictures import Pictures
from db.pool import open_pool

TITLE = "The gallery"

PAGE_SIZE = 6
DEEP = 1000

COMMON, RARE, NONE = "two common words", "a rare word", "a word of no picture"
SEARCHES = {COMMON: "fox snow", RARE: "996", NONE: "badger"}


async def measure(stage: Stage) -> Result:
    small, large = sizes(stage)
    async with AsyncExitStack() as exits:
        cases: dict[int, dict[str, Callable[[], Awaitable[float]]]] = {}
        for rows in (small, large):
            filled = await Filled.of(stage, rows)
            cases[rows] = await _cases(exits, filled.url, rows)
        stage.say("gallery: pages, searches and claims")
        both = {f"{name} of {rows:,}": case for rows, of in cases.items() for name, case in of.items()}
        figures = await interleaved(stage.amount(100, quick=3), both)
    return _result(
        small, large, *({name: figures[f"{name} of {rows:,}"] for name in of} for rows, of in cases.items())
    )


async def _cases(exits: AsyncExitStack, url: str, rows: int) -> dict[str, Callable[[], Awaitable[float]]]:
    deep = await _deep(url, rows)
    ours = await exits.enter_async_context(Ours.open(url))
    settings = DatabaseSettings.model_validate({"database_url": url})
    pictures = Pictures(await exits.enter_async_context(open_pool(settings, name="benchmark")))

    async def page(**where: Any) -> float:
        asked: dict[str, Any] = {
            "owner_id": LARGEST,
            "viewer_id": LARGEST,
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


async def _deep(url: str, rows: int) -> int:
    """The id before which the deep page begins."""
    skipped = min((DEEP - 1) * PAGE_SIZE, rows // LARGEST_SHARE // 2)
    connection = await asyncpg.connect(url)
    try:
        deep: int = await connection.fetchval(
            "select id from pictures where member_id = $1 order by id desc offset $2 limit 1",
            LARGEST,
            skipped - 1,
        )
        return deep
    finally:
        await connection.close()


def _result(few: int, many: int, small: dict[str, list[float]], large: dict[str, list[float]]) -> Result:
    first, deep = large["page 1"], large[f"page {DEEP:,}"]
    table = Table(
        f"A member with {many // LARGEST_SHARE:,} pictures among {many:,}, in milliseconds",
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
