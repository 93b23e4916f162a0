import asyncio

import asyncpg
import pytest

from db.migrate import migrate, wait_until_migrated
from db.pool import open_pool
from db.schema import migrations
from db.settings import DatabaseSettings
from tests.conftest import database_of


@pytest.fixture
async def empty_url(postgres_url: str) -> str:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("drop database if exists empty")
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
