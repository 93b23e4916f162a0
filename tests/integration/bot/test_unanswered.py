"""Discord goes away between a command and its answer: the order is stored, and nothing breaks."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.pool import Pool
from sandbox.discord.interactions import COMMAND
from tests.conditions import soon
from tests.connected import Connected, connected
from tests.orders import held_up

IMAGINE = {
    "id": "5",
    "name": "imagine",
    "type": 1,
    "options": [{"name": "prompt", "type": 3, "value": "a fox"}],
}


@pytest.fixture
async def bot(database_url: str, pool: Pool, bucket: Bucket) -> AsyncIterator[Connected]:
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket) as one:
        yield one


async def test_a_command_that_cannot_be_answered_is_stored_for_the_reconciler(
    bot: Connected, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with held_up(database_url, int(bot.member_id)) as held:
        asking = asyncio.create_task(bot.interact(COMMAND, IMAGINE))
        await held()
        await bot.server.stop()
    await soon(asking)
    assert "stored, but it could not be answered" in caplog.text
    assert await bot.pool.fetchval("select shown_revision from replies where order_id = 4") == 0


async def test_a_refusal_that_cannot_be_told_is_logged(
    bot: Connected, database_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.rights.access.ANSWER_SECONDS", 1.0)
    async with held_up(database_url, int(bot.member_id)) as held:
        asking = asyncio.create_task(bot.interact(COMMAND, IMAGINE))
        await held()
        await bot.server.stop()
        # For so long that the member is to be told that the queue does not answer.
        await soon(asking)
    assert "the member could not be told" in caplog.text
