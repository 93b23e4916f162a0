"""What is asked all the time of a large table is a range of an index, and never a search through it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import pytest

from core.settings import DatabaseSettings
from db import queries
from db.pool import Pool, open_pool
from tests.conftest import new_database
from tests.lives import fill

MEMBER, OTHER = 5, 6
ID_MAX = 2**63 - 1
CHANNELS = list(range(500))
"""As many as a server may have."""


@pytest.fixture(scope="module")
def large_url(postgres_url: str) -> str:
    """A database of 100,000 jobs of 20 members, of which the last 10,000 wait; one member has favourites."""
    return asyncio.run(_make_large(postgres_url))


async def _make_large(postgres_url: str) -> str:
    url = await new_database(postgres_url, "large")
    async with _pool(url) as pool:
        await fill(pool, 100_000, state="done", members=20)
        await pool.execute("update jobs set state = 'queued', finished_at = null where id > 90000")
        await pool.execute(
            "insert into favourites (member_id, job_id) select 5, id from jobs where id % 7 = 0"
        )
        await pool.execute("vacuum analyze jobs")
        await pool.execute("vacuum analyze favourites")
    return url


def _pool(url: str) -> AbstractAsyncContextManager[Pool]:
    return open_pool(DatabaseSettings.model_validate({"database_url": url}), name="test")


@pytest.fixture
async def large(large_url: str) -> AsyncIterator[Pool]:
    async with _pool(large_url) as pool:
        yield pool


async def plan(pool: Pool, noun: str, name: str, *arguments: object) -> str:
    """How Postgres would run a statement; where the number of rows is part of it, for four."""
    rows = await pool.fetch("explain " + queries.load(noun)[name].replace("{limit}", "4"), *arguments)
    return "\n".join(row["QUERY PLAN"] for row in rows)


@pytest.mark.parametrize("viewer_id", [MEMBER, OTHER])
@pytest.mark.parametrize(
    ("name", "edge"), [("older", ID_MAX), ("older", 45_000), ("newer", 45_000), ("newer", 0)]
)
async def test_a_page_of_the_gallery(large: Pool, name: str, edge: int, viewer_id: int) -> None:
    steps = await plan(large, "gallery", name, MEMBER, viewer_id, None, edge, 11, CHANNELS)
    assert steps.count("using jobs_gallery") == 2, steps
    assert only_indexes(steps), steps


@pytest.mark.parametrize(
    ("name", "edge"),
    [
        ("older_favourites", ID_MAX),
        ("older_favourites", 45_000),
        ("newer_favourites", 45_000),
        ("newer_favourites", 0),
    ],
)
async def test_a_page_of_favourites(large: Pool, name: str, edge: int) -> None:
    steps = await plan(large, "gallery", name, None, MEMBER, None, edge, 11, CHANNELS)
    assert steps.count("using favourites_pkey") == 2, steps
    assert only_indexes(steps), steps


def only_indexes(steps: str) -> bool:
    return not any(step in steps for step in ("Sort", "Seq Scan", "Bitmap"))


@pytest.mark.parametrize(
    ("noun", "name", "arguments", "indexes"),
    [
        ("gallery", "older", (MEMBER, MEMBER, "'zebra':*", ID_MAX, 11, CHANNELS), ["jobs_gallery"]),
        ("gallery", "by_message", (99,), ["jobs_message"]),
        ("gallery", "suggestions", (MEMBER, "p", 25, 200), ["jobs_member_turn"]),
        ("queue", "claim", ("worker", 60.0), ["jobs_queue"]),
        ("queue", "claim_to_probe", ("worker", 60.0, 60.0, 5.0), ["jobs_queue"]),
        ("queue", "is_refused_alone", (95_000,), ["jobs_durations"]),
        ("queue", "front_waits", (), ["jobs_queue"]),
        ("queue", "finish", ([95_000], [1], [7], [1000], [None], [None]), ["jobs_pkey"]),
        ("orphans", "left", ([UUID(int=1)], [1]), ["jobs_key"]),
        ("jobs", "estimates", ([95_000], 999, 86400.0, 50), ["jobs_durations", "jobs_queue", "jobs_leases"]),
        ("jobs", "open_of", (MEMBER, 100), ["jobs_open"]),
        ("replies", "claim_moved", (10, 1000, 10.0, 20.0), ["jobs_queue"]),
        ("replies", "claim_over", (5, 20.0), ["jobs_estimates"]),
        ("retention", "expire", (30, 500, 60.0), ["jobs_kept"]),
        ("erasure", "claim_objects", (20, 60.0), ["jobs_objects_due"]),
    ],
)
async def test_what_is_asked_all_the_time(
    large: Pool, noun: str, name: str, arguments: tuple[object, ...], indexes: list[str]
) -> None:
    steps = await plan(large, noun, name, *arguments)
    for index in indexes:
        assert f"{index} on jobs" in steps or f"on {index} " in steps, steps
    # The other tables have a handful of rows.
    assert "Seq Scan on jobs" not in steps, steps


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("member_id = 5 and", "jobs_spent_by_member"),
        ("guild_id = 5 and", "jobs_spent_in_server"),
        ("", "jobs_spent"),
    ],
)
async def test_what_was_spent_is_read_from_the_index_alone(large: Pool, condition: str, index: str) -> None:
    """The function that sums it cannot be explained itself; this is what it asks."""
    rows = await large.fetch(
        f"explain select sum(credits) from jobs where {condition} created_at >= now() - interval '1 hour' "  # noqa: S608
        "and credits > 0"
    )
    assert f"Index Only Scan using {index} " in "\n".join(row["QUERY PLAN"] for row in rows)
