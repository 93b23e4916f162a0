"""Members who watch."""

from collections.abc import AsyncIterator

import pytest

from tests.house import House
from tests.member import Member, member


@pytest.fixture
async def ada(house: House) -> AsyncIterator[Member]:
    async with member(house.servers.discord.url, "Ada") as one:
        yield one


@pytest.fixture
async def ben(house: House) -> AsyncIterator[Member]:
    async with member(house.servers.discord.url, "Ben") as one:
        yield one


@pytest.fixture
async def cleo(house: House) -> AsyncIterator[Member]:
    async with member(house.servers.discord.url, "Cleo") as one:
        yield one


@pytest.fixture
async def dora(house: House) -> AsyncIterator[Member]:
    """The owner of The Annex, into which she has to invite the bot first."""
    async with member(house.servers.discord.url, "Dora", server="The Annex") as one:
        yield one
