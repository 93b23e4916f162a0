"""The bot in front of two servers."""

from collections.abc import AsyncIterator

import pytest

from db.bucket import Bucket
from db.pool import Pool
from db.settings import DatabaseSettings
from tests.connected import connected
from tests.places import Place, furnish


@pytest.fixture
async def place(database_url: str, pool: Pool, bucket: Bucket) -> AsyncIterator[Place]:
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket, furnish=furnish) as bot:
        await pool.execute("delete from jobs")
        users = {user.global_name: user.id for user in bot.server.world.users.values()}
        yield Place(bot, bucket, users["Ada"], users["Ben"], users["Cleo"])
