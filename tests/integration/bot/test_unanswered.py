"""Discord goes away between a command and its answer: the job is stored, and nothing breaks."""

import asyncio
import logging

import pytest

from db.bucket import Bucket
from db.pool import Pool
from db.settings import DatabaseSettings
from sandbox.discord.interactions import COMMAND
from tests.connected import connected
from tests.orders import held_up

IMAGINE = {
    "id": "5",
    "name": "imagine",
    "type": 1,
    "options": [{"name": "prompt", "type": 3, "value": "a fox"}],
}


async def test_a_command_that_cannot_be_answered_is_stored_for_the_keeper(
    database_url: str, pool: Pool, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket) as one:
        async with held_up(database_url, int(one.member_id)) as held:
            asking = asyncio.create_task(one.interact(COMMAND, IMAGINE))
            await held()
            await one.server.stop()
        await asking
    (told,) = [r.getMessage() for r in caplog.records if r.name == "bot.orders" and r.levelno >= logging.WARNING]
    assert "it is stored and could not be answered" in told
    assert await pool.fetchval("select shown_revision from jobs where id = 4") == 0


async def test_a_refusal_that_cannot_be_told_is_logged(
    database_url: str, pool: Pool, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket) as one:
        async with held_up(database_url, int(one.member_id)) as held:
            asking = asyncio.create_task(one.interact(COMMAND, IMAGINE))
            await held()
            await one.server.stop()
            # For so long that the member would be told that the queue does not answer.
            await asking
    assert "the member could not be told" in caplog.text
