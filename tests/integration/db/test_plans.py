"""What is asked of a large table is a range of an index, and each index has a statement that needs it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from importlib import resources
from uuid import UUID

import pytest

from core.settings import DatabaseSettings
from db import queries
from db.pool import Pool, open_pool
from db.schema import migrations
from tests.conftest import new_database
from tests.lives import fill, painted_by, running, worker

MEMBER, OTHER = 5, 6
ID_MAX = 2**63 - 1
CHANNELS = list(range(500))
"""As many as a server may have."""

ORDER = 45_000
"""One of a picture that is done, and in the middle of all; MEMBER's, by how the table is filled."""
JOB = ORDER * 16 + 1
LATER = datetime.now(UTC) + timedelta(days=1)
LONG_AGO = LATER - timedelta(days=10_000)
QUERY = "'AAAAAAAAAAUzebra':*"
ANY = (None, None, None, None, None)
CHOSEN = ("ultra", "vary", 1, 7, datetime(2026, 1, 1, tzinfo=UTC))
"""By which of a member's pictures some are chosen: by nothing, and by all there is."""

PAGE = (MEMBER, MEMBER, CHANNELS, *ANY, None, None, ID_MAX, 11)
MARKED = (None, *PAGE[1:])
LARGE = (
    "orders",
    "jobs",
    "replies",
    "pictures",
    "calls",
    "favourites",
    "favourite_counts",
    "downloads",
    "copies",
    "removals",
    "uploads",
)

STATEMENTS: dict[tuple[str, str], tuple[tuple[object, ...], set[str]]] = {
    ("orders", "find"): ((ORDER,), {"jobs_pkey", "orders_pkey"}),
    ("orders", "cancel"): ((ORDER,), {"jobs_pkey", "calls_pkey", "replies_pkey"}),
    ("orders", "cancel_in"): ((7, None, "server_shut"), {"jobs_open", "calls_pkey", "replies_pkey"}),
    ("servers", "decided_by"): ((7,), {"audit_of_server"}),
    ("servers", "of_member"): ((MEMBER, 200), {"orders_of_member"}),
    ("blocks", "of_server"): ((7, 16, None), {"blocks_of_server"}),
    ("audit", "of_server"): ((7, None, 10), {"audit_of_server"}),
    ("audit", "claim_untold"): ((5, 100, 60.0), {"audit_untold"}),
    ("reports", "report"): (
        (JOB, 7, MEMBER, "", 10),
        {"reports_open", "reports_of_member", "pictures_pkey"},
    ),
    ("reports", "find"): ((7, 7), {"reports_pkey", "orders_pkey", "replies_pkey"}),
    ("reports", "open_of"): ((0, 50), {"reports_of_server", "orders_pkey", "replies_pkey"}),
    ("reports", "claim_due"): ((5, 60.0), {"reports_due", "orders_pkey", "replies_pkey"}),
    ("erasure", "reports"): (([JOB],), {"reports_of_picture"}),
    ("orders", "open_of"): ((MEMBER, 100), {"jobs_open", "jobs_pkey"}),
    ("orders", "estimates"): (
        ([JOB], 999),
        {"pictures_durations", "jobs_queue", "jobs_running"},
    ),
    ("queue", "claim"): (("w", 60.0, "stability"), {"jobs_queue", "orders_pkey", "replies_pkey"}),
    ("queue", "claim_probe"): (("w", 60.0, "stability", 60.0, 5.0), {"jobs_queue"}),
    ("queue", "begun"): ((JOB, 1, "g", 10.0), {"jobs_running", "calls_pkey"}),
    ("queue", "claim_begun"): (("w", 60.0, "stability"), {"jobs_begun", "orders_pkey"}),
    ("queue", "look_later"): ((JOB, 1, "w", 10.0, 0), {"jobs_begun"}),
    ("queue", "extend_leases"): ((f"{{{JOB}}}", "{1}", 60.0, "w"), {"jobs_running"}),
    ("queue", "finish"): (
        ([JOB], [1], [7], [1000], [1], [1], ["r"]),
        {"jobs_pkey", "calls_pkey", "orders_pkey", "replies_pkey"},
    ),
    ("queue", "end_attempt"): (
        (JOB, 1, "queued", "free", None, None, 1, 3, 0.0, False, None),
        {"jobs_pkey", "calls_pkey", "replies_pkey"},
    ),
    ("queue", "reclaim_expired"): ((100, 3, "worker_lost", LATER), {"jobs_running", "calls_pkey"}),
    ("queue", "inputs"): (([JOB],), {"pictures_pkey"}),
    ("queue", "is_refused_alone"): ((JOB,), {"pictures_durations"}),
    ("queue", "front_waits"): (("stability",), {"jobs_queue"}),
    ("replies", "claim_due"): ((5, 20.0), {"replies_behind"}),
    ("replies", "next_due"): ((), {"replies_behind"}),
    ("replies", "claim_moved"): ((10, 1000, 10.0, 20.0, 3), {"jobs_queue", "replies_pkey"}),
    ("replies", "claim_over"): ((5, 20.0), {"replies_estimates"}),
    ("replies", "claim_pings"): ((5, 20.0), {"replies_pings"}),
    ("replies", "load"): (
        ([ORDER],),
        {"replies_pkey", "jobs_pkey", "orders_pkey", "pictures_pkey", "calls_pkey"},
    ),
    ("replies", "shown"): ((1, 1, None, None, None, 0.0, None, None, False, False), {"replies_pkey"}),
    ("replies", "redraw"): ((99, 60.0, 10.0), {"replies_message", "pictures_pkey"}),
    ("pictures", "older"): (PAGE, {"pictures_chosen", "orders_pkey"}),
    ("pictures", "newer"): (PAGE, {"pictures_chosen", "orders_pkey"}),
    ("pictures", "count"): (PAGE, {"pictures_chosen"}),
    ("pictures", "older_favourites"): (MARKED, {"favourites_pkey", "pictures_pkey"}),
    ("pictures", "newer_favourites"): (MARKED, {"favourites_pkey", "pictures_pkey"}),
    ("pictures", "count_favourites"): (MARKED, {"favourites_pkey", "pictures_pkey"}),
    ("pictures", "best"): (
        (None, MEMBER, CHANNELS, None, None, None, 7, None, "p", 500),
        {"favourite_counts_best", "pictures_pkey", "orders_pkey", "reports_open"},
    ),
    ("pictures", "these"): (([JOB],), {"pictures_pkey", "orders_pkey"}),
    ("pictures", "matching"): ((QUERY, 1001, QUERY), {"pictures_words"}),
    ("pictures", "matching_favourites"): ((QUERY, 1001, QUERY), {"favourites_words"}),
    ("pictures", "suggestions"): ((MEMBER, "p", 25, 200), {"orders_of_member"}),
    ("pictures", "picture"): ((JOB, MEMBER), {"pictures_pkey", "orders_pkey"}),
    ("pictures", "by_message"): ((99,), {"replies_message", "pictures_pkey"}),
    ("favourites", "add"): ((MEMBER, JOB), {"favourites_pkey", "pictures_pkey"}),
    ("downloads", "begin"): ((MEMBER, JOB, 60.0), {"downloads_pkey"}),
    ("retention", "expire"): ((30, 500, 60.0, LONG_AGO), {"pictures_kept"}),
    ("bucket_sweep", "left"): (([UUID(int=1)], [1], [1]), {"orders_key_key", "jobs_pkey"}),
    ("bucket_sweep", "uploads"): (([UUID(int=1)],), {"uploads_key_key"}),
    ("uploads", "find"): ((-1,), {"uploads_pkey"}),
    ("uploads", "find_all"): (([-1],), {"uploads_pkey"}),
    ("uploads", "kept"): ((-1,), {"uploads_pkey"}),
    ("uploads", "erase_unused"): ((2, 500), {"uploads_unused", "orders_inputs"}),
    ("copies", "record"): ((1, 1, MEMBER, [JOB], None, True), {"copies_pkey", "pictures_pkey"}),
    ("copies", "recall"): (([JOB],), {"copies_of_pictures"}),
    ("copies", "recall_all_of"): ((MEMBER,), {"copies_of_member"}),
    ("copies", "claim_due"): ((5, 20.0), {"copies_due_at"}),
    ("erasure", "lock"): ((ORDER,), {"orders_pkey"}),
    ("erasure", "pictures"): (([JOB], False), {"pictures_pkey"}),
    ("erasure", "favourites"): (([JOB],), {"favourites_of_picture"}),
    ("erasure", "downloads"): (([JOB],), {"downloads_of_picture"}),
    ("erasure", "is_ended"): ((ORDER,), {"pictures_pkey", "jobs_pkey"}),
    ("erasure", "replies"): (([ORDER], [ORDER]), {"replies_pkey", "orders_pkey"}),
    ("erasure", "lock_uploads"): (([ORDER],), {"orders_pkey", "uploads_pkey"}),
    ("erasure", "uploads"): (([ORDER], 60.0), {"orders_pkey", "uploads_pkey", "orders_inputs"}),
    ("erasure", "uploads_of"): ((MEMBER, 60.0), {"uploads_of_member"}),
    ("erasure", "orders"): (([ORDER], True), {"orders_pkey"}),
    ("erasure", "jobs"): (([ORDER], True), {"jobs_pkey"}),
    ("erasure", "removals"): (([JOB], [ORDER], 60.0), {"removals_pkey", "orders_pkey", "jobs_pkey"}),
    ("erasure", "orders_of"): ((MEMBER, 2000), {"orders_of_member", "jobs_pkey", "pictures_pkey"}),
    ("erasure", "open_of"): ((MEMBER,), {"jobs_open"}),
    ("erasure", "favourites_of"): ((MEMBER,), {"favourites_pkey"}),
    ("erasure", "downloads_of"): ((MEMBER,), {"downloads_pkey"}),
    ("erasure", "wishes_of"): ((MEMBER,), {"members_pkey"}),
    ("erasure", "reports_of"): ((MEMBER,), {"reports_of_member"}),
    ("erasure", "changes_of"): ((MEMBER,), {"audit_of_member"}),
    ("erasure", "changes_about"): ((MEMBER,), {"audit_about"}),
    ("erasure", "claim_removals"): ((5, 20.0), {"removals_due"}),
    ("erasure", "removed"): (("p",), {"removals_pkey"}),
    ("ledger", "correct"): ((JOB, 1, "free", None, None), {"calls_pkey", "jobs_pkey"}),
    ("ledger", "forget_holders"): ((), {"jobs_forgotten"}),
    ("ledger", "used"): ((MEMBER, 7), {"jobs_open"}),
    ("ledger", "spent"): ((MEMBER, 2000), {"orders_of_member", "jobs_pkey", "calls_pkey"}),
    ("members", "find"): ((MEMBER,), {"members_pkey"}),
    ("members", "changed"): ((LATER, 10_000), {"members_changed"}),
    ("export", "orders"): ((MEMBER, ID_MAX, 200), {"orders_of_member"}),
    ("export", "pictures"): (([ORDER],), {"pictures_pkey", "orders_pkey"}),
    ("export", "favourites"): ((MEMBER, 1000), {"favourites_pkey"}),
    ("export", "reports"): ((MEMBER, 1000), {"reports_of_member"}),
    ("export", "blocks"): ((MEMBER, 1000), {"blocks_pkey"}),
    ("export", "changes"): ((MEMBER, 1000), {"audit_of_member"}),
    ("export", "handed_in"): ((MEMBER, 1000), {"uploads_of_member"}),
    ("rate_limits", "take"): (("stability", 150, 11.0), {"rate_limit_slots_free"}),
    ("spill", "keep"): ((JOB, b"", b""), {"spill_pkey", "pictures_pkey"}),
    ("dashboard", "by_model"): ((LATER, 10), {"calls_begun"}),
    ("dashboard", "jobs"): ((LATER.date() + timedelta(days=62),), {"jobs_of_month"}),
    ("dashboard", "wait"): ((500,), {"pictures_pkey", "orders_pkey"}),
    ("gauges", "read"): ((), {"jobs_queue", "jobs_running", "replies_behind"}),
}

IN_FUNCTIONS = {
    "select exists (select from orders where interaction_id = 5)": "orders_interaction_id_key",
    "select count(*), max(turn) + 1 from jobs where member_id = 5 and state in ('queued', 'running')": "jobs_open",
    "select turn from jobs where state = 'queued' order by turn, id limit 1": "jobs_queue",
    "select max(turn) from jobs where state = 'running'": "jobs_running",
    "select sum(credits) from usage where month = usage_month() and scope = 'server' and key = int8send(5)":
        "usage_pkey",
    "select sum(credits) from usage_days where day = usage_day() and scope = 'server' and key = int8send(5)":
        "usage_days_pkey",
    "select guild_id from blocks where member_id = 5 and guild_id in (0, 7) order by guild_id limit 1": "blocks_pkey",
    "select settings from members where member_id = 5": "members_pkey",
    "update favourite_counts set marks = 1 where picture_id = 5": "favourite_counts_pkey",
}  # fmt: skip
"""What functions ask cannot be explained itself; this is it."""

OF_SMALL_TABLES = {
    "alarms_pkey", "audit_pkey", "balances_pkey", "daily_tasks_pkey", "ended_alarms_pkey", "migrations_pkey",
    "rate_limit_slots_pkey", "servers_pkey",
    "usage_keys_pkey",
}  # fmt: skip
"""Keys of a handful of rows: they keep doubles out."""

REPLACED = {"pictures_gallery"}
"""By a later migration, by another index."""


@pytest.fixture(scope="session")
def large_url(postgres_url: str) -> str:
    """A database of 70,000 orders of 20 members, of which 10,000 wait, and with everything beside them."""
    return asyncio.run(_make_large(postgres_url))


async def _make_large(postgres_url: str) -> str:
    url = await new_database(postgres_url, "large")
    async with _pool(url) as pool:
        await fill(pool, 60_000, state="done", members=20)
        await fill(pool, 10_000, members=20)
        await fill(pool, 40, state="running", members=20)
        for statement in (
            "insert into favourites select id / 32 % 20, id, now(), search_words('p', 5) from pictures "
            "where id / 16 % 2 = 0",
            "insert into downloads select id % 1000, id from pictures",
            "insert into copies select n, 1, n % 1000, array[n * 16 + 1] from generate_series(1, 30000) n",
            "update copies set due_at = now(), due_since = now() where message_id <= 100",
            "insert into removals select n::text, now() + make_interval(secs => n) from generate_series(1, 30000) n",
            "insert into uploads (member_id, url, width, height, bytes) "
            "select n % 1000, case n % 100 when 0 then 'u' end, 1, 1, 1 from generate_series(1, 30000) n",
            "update orders set inputs = array[-id / 2] where id % 2 = 0",
            "insert into calls (job_id, attempt, provider, operation, model, credits, outcome) "
            "select id, 1, 'stability', 'imagine', 'core', 3, 'billed' from jobs",
            "insert into usage select usage_month(), 'server', int8send(n), 0, 3 from generate_series(1, 5000) n",
            "insert into usage_days select usage_day(), 'server', int8send(n), 0, 3 from generate_series(1, 5000) n",
            "insert into members (member_id) select generate_series(1, 30000)",
            "insert into blocks (member_id, guild_id, blocked_by) "
            "select n, n % 100, 1 from generate_series(1, 30000) n",
            "insert into audit (guild_id, member_id, change, told_at) "
            "select n % 1000, n % 5000, '{}', case when n % 1000 > 0 then now() end from generate_series(1, 30000) n",
            "insert into reports (picture_id, guild_id, member_id, decision) "
            "select n, n % 100, n % 5000, case when n % 100 > 0 then 'kept' end from generate_series(1, 30000) n",
            "update reports set tell_at = null where id > 100",
            "insert into rate_limit_slots select 'stability', n from generate_series(1, 150) n",
            "vacuum analyze",
        ):
            await pool.execute(statement)
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


def assert_uses(steps: str, indexes: set[str]) -> None:
    for index in indexes:
        assert re.search(rf"(using|on|Indexes:.*) {index}\b", steps), f"{index}\n{steps}"
    for table in LARGE:
        assert f"Seq Scan on {table} " not in steps, steps


@pytest.mark.parametrize(("noun", "name"), STATEMENTS)
async def test_no_statement_reads_through_a_large_table(large: Pool, noun: str, name: str) -> None:
    arguments, indexes = STATEMENTS[noun, name]
    assert_uses(await plan(large, noun, name, *arguments), indexes)


@pytest.mark.parametrize("statement", IN_FUNCTIONS)
async def test_nor_does_a_function(large: Pool, statement: str) -> None:
    steps = "\n".join(row["QUERY PLAN"] for row in await large.fetch(f"explain {statement}"))
    assert_uses(steps, {IN_FUNCTIONS[statement]})


async def test_each_index_has_a_statement_that_needs_it(pool: Pool) -> None:
    rows = await pool.fetch("select indexname from pg_indexes where schemaname = 'public'")
    needed = {index for _, indexes in STATEMENTS.values() for index in indexes}
    assert {row["indexname"] for row in rows} == needed | set(IN_FUNCTIONS.values()) | OF_SMALL_TABLES


def test_the_comment_of_each_index_names_a_statement_that_needs_it() -> None:
    created = r"create index (?:concurrently )?(\w+) "
    for migration in migrations():
        for match in re.finditer(rf"((?:^--.*\n)+){created}", migration.sql, re.MULTILINE):
            named = re.findall(r"\b(\w+)\.(\w+)", match[1])
            assert named, match[2]
            for noun, name in named:
                assert match[2] in REPLACED or match[2] in STATEMENTS[noun, name][1], (match[2], noun, name)
        assert migration.sql.count("\ncreate index ") == len(
            re.findall(r"(?:^--.*\n)create index ", migration.sql, re.MULTILINE)
        )


@pytest.mark.parametrize("chosen", [ANY, CHOSEN])
@pytest.mark.parametrize("viewer_id", [MEMBER, OTHER])
async def test_what_is_chosen_of_a_gallery_is_found_and_counted_by_its_index_alone(
    large: Pool, viewer_id: int, chosen: tuple[object, ...]
) -> None:
    for name, scans in (("older", 2), ("newer", 2), ("count", 1)):
        arguments = (MEMBER, viewer_id, CHANNELS, *chosen, None, None, JOB, 11)
        steps = await plan(large, "pictures", name, *arguments)
        assert len(re.findall(r"Index Only Scan (?:Backward )?using pictures_chosen", steps)) == scans, steps


@pytest.mark.parametrize("viewer_id", [MEMBER, OTHER])
@pytest.mark.parametrize("found", [None, [], [JOB, JOB + 320]])
@pytest.mark.parametrize(("name", "edge"), [("older", ID_MAX), ("older", JOB), ("newer", JOB), ("newer", 0)])
async def test_a_page_of_the_gallery_sorts_nothing_that_is_long(
    large: Pool, name: str, edge: int, viewer_id: int, found: list[int] | None
) -> None:
    query = QUERY if found is not None else None
    arguments = (MEMBER, viewer_id, CHANNELS, *ANY, query, found, edge, 11)
    steps = await plan(large, "pictures", name, *arguments)
    assert not any(f"Seq Scan on {table}" in steps for table in LARGE), steps
    if found is None:
        assert steps.count("using pictures_chosen") == 2, steps
        assert "Sort" not in steps, steps


@pytest.mark.parametrize("query", [None, QUERY])
@pytest.mark.parametrize(("name", "edge"), [("older", ID_MAX), ("older", JOB), ("newer", JOB), ("newer", 0)])
async def test_what_many_pictures_match_is_found_by_walking_through_the_pages(
    large: Pool, name: str, edge: int, query: str | None
) -> None:
    steps = await plan(large, "pictures", name, MEMBER, MEMBER, CHANNELS, *ANY, query, None, edge, 11)
    assert steps.count("using pictures_chosen") == 2, steps
    arguments = (None, MEMBER, CHANNELS, *ANY, query, None, edge, 11)
    steps = await plan(large, "pictures", f"{name}_favourites", *arguments)
    assert steps.count("using favourites_pkey") == 2, steps
    assert not any(step in steps for step in ("Sort", "Seq Scan on pictures", "Bitmap")), steps


async def test_a_search_reads_its_index_though_many_seem_to_match(large: Pool) -> None:
    """As Postgres takes it among ten million pictures."""
    matching, by_words = (queries.load("pictures")[name] for name in ("matching", "by_words"))
    async with large.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("update pg_class set reltuples = 10000000 where oid = 'pictures'::regclass")
        await connection.execute(by_words)
        rows = await connection.fetch("explain " + matching, QUERY, 1001, QUERY)
        await transaction.rollback()
    assert_uses("\n".join(row["QUERY PLAN"] for row in rows), {"pictures_words"})


async def test_a_claim_does_not_depend_on_who_waits_behind(large: Pool) -> None:
    """Of 10,000 that wait it reads a few, and sorts none."""
    rows = await large.fetch(
        "explain select id from jobs where state = 'queued' and run_after <= now() order by turn, id limit 4 "
        "for update skip locked"
    )
    steps = "\n".join(row["QUERY PLAN"] for row in rows)
    assert "using jobs_queue" in steps, steps
    assert "Sort" not in steps, steps


_UPDATED = (
    "select pg_stat_get_xact_tuples_updated($1::text::regclass), "
    "pg_stat_get_xact_tuples_hot_updated($1::text::regclass)"
)


async def hot(pool: Pool, table: str, noun: str, name: str, *arguments: object) -> tuple[int, int]:
    """How many rows of a table a statement updates, and how many of them without writing any index."""
    async with pool.acquire() as connection, connection.transaction():
        before = await connection.fetchrow(_UPDATED, table)
        await connection.fetch(queries.load(noun)[name], *arguments)
        after = await connection.fetchrow(_UPDATED, table)
    assert before is not None
    assert after is not None
    return after[0] - before[0], after[1] - before[1]


async def test_a_heartbeat_and_the_end_of_a_call_write_no_index(pool: Pool) -> None:
    beaten, done, failed, other = [await running(pool) for _ in range(4)]
    assert await hot(pool, "jobs", "queue", "extend_leases", f"{{{beaten.id}}}", "{1}", 60.0, "one") == (1, 1)
    painted = painted_by(done)
    columns = [[getattr(painted, name)] for name in painted.__slots__]
    assert await hot(pool, "calls", "queue", "finish", *columns) == (1, 1)
    ended = (failed.id, 1, "queued", "unknown", "unavailable", "", 1, 3, 0.0, False, None)
    assert await hot(pool, "calls", "queue", "end_attempt", *ended) == (1, 1)
    (job,) = await worker(pool).claim(1)
    ended = (job.id, job.attempt, "failed", "free", "refused", "", 0, 3, 0.0, False, None)
    # Of each of the four sums, by the month and by the day.
    assert await hot(pool, "usage", "queue", "end_attempt", *ended) == (4, 4)
    ended = (other.id, 1, "failed", "free", "refused", "", 0, 3, 0.0, False, None)
    assert await hot(pool, "usage_days", "queue", "end_attempt", *ended) == (4, 4)


def test_every_file_of_statements_is_explained_or_small() -> None:
    """What is not explained reads what is small, or is asked once in a while."""
    explained = {noun for noun, _ in STATEMENTS}
    nouns = {file.name.removesuffix(".sql") for file in resources.files("db").joinpath("sql").iterdir()}
    assert nouns - explained == {
        "alarms",
        "daily_tasks",
        "doctor",
        "migrations",
        "presence",
        "shards",
        "vetting",
    }
