"""The real client in front of the local Discord, in one process with the test."""

import logging
from collections.abc import AsyncIterator

import pytest

from db.bucket import Bucket
from db.pool import Pool
from db.settings import DatabaseSettings
from tests.connected import Connected, connected


@pytest.fixture
async def bot(
    database_url: str, pool: Pool, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Connected]:
    caplog.set_level(logging.INFO, "bot")
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket) as one:
        yield one
