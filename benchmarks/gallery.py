"""Pages and searches of a member with 50,000 pictures among a million."""

import asyncio
import statistics

import asyncpg

from benchmarks.figures import interleaved, p99, ratio, timed, told
from benchmarks.report import Goal, Result, Table
from benchmarks.stage import Stage
from core.settings import DatabaseSettings
from db.pictures import Gallery
from db.pool import open_pool

TITLE = "The gallery"

MEMBER = 7
MEMBER_SHARE = 20
"""Every so-manieth picture is that member's: 50,000 of a million."""

PAGE_SIZE = 6
DEEP = 1000

# Twenty words in changing company, so that a search has something to find and something to pass by.
FILL = """
insert into jobs (
    interaction_id, application_id, token_expires_at, member_id, channel_id, prompt, width, height, model,
    turn, reply_due_at, state, finished_at, started_at, revision, shown_revision, attempt, original_bytes
)
select n, 1, now(), case when n % $3::bigint = 0 then $4 else 1000 + n % 5000 end, 1,
    concat_ws(
        ' ', 'a', words[1 + (n / 20) % 20], words[1 + (n / 400) % 20], 'in the', words[1 + (n / 8000) % 20],
        n % 997
    ),
    1024, 1024, 'core', n, now(), 'done', now(), now(), 3, 3, 1, 1500000
from generate_series($1::bigint, $2::bigint) as n,
    (select string_to_array('fox snow tower sea night garden river city glass moon paper horse storm '
        'forest desert lamp bridge winter island tiger', ' ') as words) as vocabulary
"""


async def measure(stage: Stage) -> Result:
    rows = stage.amount(10_000_000 if stage.large else 1_000_000, quick=2_000)
    url = await stage.database()
    stage.say(f"gallery: filling {rows:,} rows")
    deep = await _fill(url, rows)
    settings = DatabaseSettings.model_validate({"database_url": url})
    async with open_pool(settings, name="benchmark") as pool:
        gallery = Gallery(pool)

        async def page(**where: object) -> float:
            asked = {"owner_id": MEMBER, "viewer_id": MEMBER, "channel_ids": [], "limit": PAGE_SIZE, **where}
            return await timed(lambda: gallery.page(**asked))  # type: ignore[arg-type]

        stage.say("gallery: pages")
        pages = await interleaved(
            stage.amount(500, quick=3),
            {
                "page 1": page,
                f"page {DEEP:,}": lambda: page(before_id=deep),
                "the last page": lambda: page(after_id=0),
            },
        )
        stage.say("gallery: searches")
        searches = await interleaved(
            stage.amount(50, quick=3),
            {
                "two common words": lambda: page(search="fox snow"),
                "a rare word": lambda: page(search="996"),
                "a word of no picture": lambda: page(search="badger"),
            },
        )
    return _result(rows, pages, searches)


async def _fill(url: str, rows: int) -> int:
    """Returns the id before which the deep page begins."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("alter table jobs disable trigger user")
        # One half by each of two processors, as most of it is computing.
        await asyncio.gather(_add(url, 1, rows // 2), _add(url, rows // 2 + 1, rows))
        await connection.execute("vacuum analyze jobs")
        skipped = min((DEEP - 1) * PAGE_SIZE, rows // MEMBER_SHARE // 2)
        deep: int = await connection.fetchval(
            "select id from jobs where member_id = $1 order by id desc offset $2 limit 1", MEMBER, skipped - 1
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


def _result(rows: int, pages: dict[str, list[float]], searches: dict[str, list[float]]) -> Result:
    first, deep = pages["page 1"], pages[f"page {DEEP:,}"]
    table = Table(
        f"Pages of a member with {rows // MEMBER_SHARE:,} pictures among {rows:,}, in milliseconds",
        ("", "median", "p99", "of page 1"),
        [
            (name, told(figures, 2), f"{p99(figures):.2f}", f"{ratio(figures, first[: len(figures)]):.2f}")
            for name, figures in {**pages, **searches}.items()
        ],
    )
    goals = [
        Goal(f"page {DEEP:,} beside page 1", 1.5, ratio(deep, first), "times", at_most=True),
        Goal(f"page {DEEP:,} (median)", 5, statistics.median(deep), "ms", at_most=True),
    ]
    return Result([table], goals, {**pages, **searches})
