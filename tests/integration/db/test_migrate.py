"""The runner of the migrations, and what they make in a database of another locale."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from core.errors import MigrationFailed
from core.settings import DatabaseSettings
from db.migrate import migrate, wait_until_migrated
from db.pictures import Pictures
from db.pool import Connection, Pool, open_pool
from db.schema import Migration, migrations
from tests.conftest import database_of
from tests.lives import painted


@pytest.fixture
async def empty_url(postgres_url: str) -> str:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("drop database if exists empty with (force)")
    await connection.execute("create database empty")
    await connection.close()
    return database_of(postgres_url, "empty")


async def test_migrating_twice_and_from_two_places_applies_each_once(empty_url: str) -> None:
    connections = [await asyncpg.connect(empty_url) for _ in range(3)]
    try:
        applied = await asyncio.gather(*(migrate(connection) for connection in connections))
        assert sorted(applied) == [[], [], [migration.name for migration in migrations()]]
        assert await migrate(connections[0]) == []
    finally:
        for connection in connections:
            await connection.close()


async def test_a_process_waits_for_the_schema_it_needs(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.migrate.RECHECK_SECONDS", 0.01)
    async with open_pool(DatabaseSettings.model_validate({"database_url": empty_url}), name="test") as pool:
        waiting = asyncio.create_task(wait_until_migrated(pool))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 0.1)
        connection = await asyncpg.connect(empty_url)
        await migrate(connection)
        await connection.close()
        await asyncio.wait_for(waiting, 10)


async def test_a_search_knows_letters_in_a_database_whose_locale_is_c(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("drop database if exists c with (force)")
    await connection.execute(
        "create database c template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'"
    )
    await connection.close()
    url = database_of(postgres_url, "c")
    connection = await asyncpg.connect(url)
    await migrate(connection)
    await connection.close()
    async with open_pool(DatabaseSettings.model_validate({"database_url": url}), name="test") as pool:
        for prompt in ("РЫЖАЯ ЛИСА", "Серая ЛИСА"):
            await painted(pool, member_id=1, prompt=prompt)
        assert await found(pool, "лиса") == 2
        assert await found(pool, "ЛИСА РЫЖАЯ") == 1


async def found(pool: Pool, search: str) -> int:
    page = await Pictures(pool).page(owner_id=1, viewer_id=1, channel_ids=[], search=search, limit=9)
    return len(page.pictures)


def with_more(*more: str) -> list[Migration]:
    """All there are, and more after them."""
    every = migrations()
    return [
        *every,
        *(
            Migration(len(every) + number, f"{len(every) + number:04}_more.sql", sql)
            for number, sql in enumerate(more, 1)
        ),
    ]


@pytest.fixture
async def connection(empty_url: str) -> AsyncIterator[Connection]:
    one = await asyncpg.connect(empty_url)
    yield one
    await one.close()


async def test_a_file_that_was_changed_after_it_was_applied_is_refused_by_name(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(connection)
    every = with_more("create table more ()")
    every[1] = replace(every[1], sql=every[1].sql + "\n-- and something else")
    monkeypatch.setattr("db.migrate.migrations", lambda: every)
    with pytest.raises(MigrationFailed, match=r"0002_pictures\.sql is another than the one that was applied"):
        await migrate(connection)
    # Nothing of what came after it was begun.
    assert await connection.fetchval("select to_regclass('more') is null")


async def test_a_file_that_fails_leaves_nothing_and_is_named(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = with_more("create table more (); select 1 / 0", "create table after ()")
    monkeypatch.setattr("db.migrate.migrations", lambda: every)
    with pytest.raises(MigrationFailed, match=f"{every[-2].name}: division by zero"):
        await migrate(connection)
    assert await connection.fetchval("select max(number) from migrations") == len(migrations())
    assert await connection.fetchval("select to_regclass('more') is null and to_regclass('after') is null")


async def test_a_migration_waits_for_a_table_in_short_tries_and_says_which_it_is(
    connection: Connection, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(connection)
    more = with_more("alter table jobs add column more integer")
    monkeypatch.setattr("db.migrate.migrations", lambda: more)
    monkeypatch.setattr("db.migrate.LOCK_SECONDS_MAX", 0.05)
    monkeypatch.setattr("db.migrate.LOCK_PAUSE_SECONDS", 0.05)
    other = await asyncpg.connect(empty_url)
    reading = other.transaction()
    await reading.start()
    await other.execute("lock table jobs in access share mode")
    with pytest.raises(MigrationFailed, match=f"{more[-1].name}: .*lock timeout"):
        await migrate(connection)
    migrating = asyncio.create_task(migrate(connection))
    await reading.rollback()
    assert await migrating == [more[-1].name]
    await other.close()


async def test_a_file_outside_a_transaction_may_build_an_index_beside_those_who_write(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = with_more(
        "-- Outside a transaction, as the table is large.\n"
        "drop index concurrently if exists jobs_more;\n"
        "create index concurrently jobs_more on jobs (price);\n",
        "select 1 / 0",
    )
    monkeypatch.setattr("db.migrate.migrations", lambda: more)
    with pytest.raises(MigrationFailed, match=f"{more[-1].name}: division by zero"):
        await migrate(connection)
    assert await connection.fetchval("select to_regclass('jobs_more') is not null")
    # What came before the one that failed stays.
    assert await connection.fetchval("select max(number) from migrations") == more[-2].number
