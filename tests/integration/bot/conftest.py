"""The real client in front of the local Discord, in one process with the test."""

import logging
from collections.abc import AsyncIterator

import pytest

from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.pool import Pool
from tests.connected import Connected, connected
from tests.orders import forget_orders
from tests.places import Place, furnish
from tests.reporting import Reports, reporting


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with all its cores busy is later than Discord waits, and that is not what is tried here."""
    monkeypatch.setattr("sandbox.discord.interactions.FIRST_ANSWER_SECONDS", 30.0)


@pytest.fixture
async def place(database_url: str, pool: Pool, bucket: Bucket) -> AsyncIterator[Place]:
    """In front of two servers."""
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket, furnish=furnish) as bot:
        await forget_orders(pool)
        users = {user.global_name: user.id for user in bot.server.world.users.values()}
        yield Place(bot, bucket, users["Ada"], users["Ben"], users["Cleo"])


@pytest.fixture
async def bot(
    database_url: str, pool: Pool, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Connected]:
    caplog.set_level(logging.INFO, "bot")
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket) as one:
        yield one


@pytest.fixture
async def reports(place: Place) -> AsyncIterator[Reports]:
    async with reporting(place) as one:
        yield one
