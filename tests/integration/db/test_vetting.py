"""What no waiting mends about a database is named: by the process, by `migrate` and by the doctor."""

import asyncio
import os
import sys

import asyncpg
import pytest

from core.errors import DatabaseUnavailable, Misconfigured
from core.settings import DatabaseSettings
from db.migrate import wait_until_migrated
from db.pool import Pool, open_pool
from db.vetting import Vetting
from tests.conftest import database_of, new_database
from tests.drill.proxy import Mode
from tests.drill.refusals import refusal
from tests.pgbouncer import needs_pgbouncer, pgbouncer
from tests.postgres_line import line_to


def settings(url: str, listen_url: str | None = None) -> DatabaseSettings:
    return DatabaseSettings.model_validate({"database_url": url, "database_listen_url": listen_url})


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def migrated(url: str, **more: str) -> tuple[int, str]:
    """The status of `python -m db migrate`, and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "db", "migrate"),
        env={**os.environ, "DATABASE_URL": url, **more},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    assert "Traceback" not in said.decode()
    return process.returncode, said.decode().strip()


@needs_pgbouncer
async def test_a_transaction_pooler_without_the_direct_address_is_named(database_url: str) -> None:
    expected = "DATABASE_LISTEN_URL: is not set, and DATABASE_URL leads to a transaction pooler; it should be"
    for mode in ("transaction", "statement"):
        async with pgbouncer(database_url, mode) as one, open_pool(settings(one.url), name="test") as pool:
            with pytest.raises(Misconfigured, match=expected):
                await wait_until_migrated(pool)
    async with pgbouncer(database_url, "transaction") as one:
        url = one.url
        status, said = await migrated(url)
        assert status == 78
        assert said.startswith(expected)
        with pytest.raises(Misconfigured, match=r"^DATABASE_LISTEN_URL: leads to a transaction pooler;"):
            await Vetting(settings(database_url, url)).check()
        # As it should be.
        both = settings(url, database_url)
        async with open_pool(both, name="test") as pool:
            await asyncio.wait_for(wait_until_migrated(pool), 10)
            assert await asyncio.gather(*(pool.fetchval("select $1::int", n) for n in range(20))) == list(
                range(20)
            )
        assert await migrated(url, DATABASE_LISTEN_URL=database_url) == (0, "the schema is up to date")


@needs_pgbouncer
async def test_a_session_pooler_serves_and_one_with_too_few_is_named(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pgbouncer(database_url, "session") as one, open_pool(settings(one.url), name="test") as pool:
        await asyncio.wait_for(wait_until_migrated(pool), 10)
    monkeypatch.setattr("db.connect.CONNECT_SECONDS", 0.5)
    async with pgbouncer(database_url, "session", size=1) as one:
        with pytest.raises(
            DatabaseUnavailable, match=r"DATABASE_URL gives one connection and no second, .*10$"
        ):
            await Vetting(settings(one.url)).check()
    async with (
        pgbouncer(database_url, "session", size=2) as one,
        open_pool(settings(one.url), name="test") as pool,
    ):
        with pytest.raises(DatabaseUnavailable, match="2 connections are open, and DATABASE_POOL_SIZE is 8"):
            await asyncio.gather(*(pool.execute("select pg_sleep(1)") for _ in range(3)))


async def test_a_statement_that_a_pooler_does_not_know_is_named_where_it_comes_late(pool: Pool) -> None:
    """As where a pooler is put before the server while the process runs."""
    await pool.execute("prepare one as select 1")
    with pytest.raises(DatabaseUnavailable, match=r"^DATABASE_LISTEN_URL: is not set, and DATABASE_URL"):
        await pool.execute("prepare one as select 1")
    with pytest.raises(DatabaseUnavailable, match=r"^DATABASE_LISTEN_URL: is not set"):
        await pool.execute("execute another")


async def test_two_urls_that_lead_to_two_databases_are_named(database_url: str, postgres_url: str) -> None:
    other = await new_database(postgres_url, "another")
    expected = (
        "DATABASE_LISTEN_URL: leads to another database than DATABASE_URL; it should be the direct address"
    )
    async with open_pool(settings(database_url, other), name="test") as pool:
        with pytest.raises(Misconfigured, match=expected):
            await wait_until_migrated(pool)
    status, said = await migrated(database_url, DATABASE_LISTEN_URL=other)
    assert status == 78
    assert said.startswith(expected)
    await execute(postgres_url, "drop database another")


async def test_the_same_database_by_two_ways_is_the_same(database_url: str) -> None:
    async with line_to(database_url) as (line, url):
        await Vetting(settings(database_url, url)).check()
        # The direct way alone is away: what needs it waits by itself.
        await line.become(Mode.REFUSE)
        async with open_pool(settings(database_url, url), name="test") as pool:
            await asyncio.wait_for(wait_until_migrated(pool), 10)
        await line.become(Mode.PASS)
        line.canned = refusal("28P01", "password authentication failed")
        await line.become(Mode.ANSWER)
        with pytest.raises(Misconfigured, match=r"^DATABASE_LISTEN_URL: Postgres refuses it"):
            await Vetting(settings(database_url, url), patience_seconds=0.0).check()


async def test_a_database_that_is_not_utf8_is_refused_in_words(postgres_url: str) -> None:
    await execute(
        postgres_url,
        "create database latin template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'",
    )
    status, said = await migrated(database_of(postgres_url, "latin"))
    await execute(postgres_url, "drop database latin")
    assert status == 78
    assert said.startswith("DATABASE_URL: leads to a database whose encoding is LATIN1")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("postgres:@", "nobody:secret-word@"), 'DATABASE_URL: Postgres refuses it (role "nobody" does not'),
        (("/test_", "/nowhere_"), 'DATABASE_URL: Postgres refuses it (database "nowhere_'),
    ],
)
async def test_a_wrong_role_or_database_is_named_by_migrate(
    database_url: str, change: tuple[str, str], expected: str
) -> None:
    status, said = await migrated(database_url.replace(*change))
    assert status == 78
    assert said.startswith(expected)
    assert "secret-word" not in said
