"""A worker's parts, with the local Stability."""

from collections.abc import AsyncIterator

import pytest

from db.bucket.client import Bucket
from db.pool import Pool
from db.rate_limits import RateLimit
from sandbox.stability import StabilityServer
from tests.workshop import Workshop
from worker.providers.stability.client import Stability


@pytest.fixture
async def server() -> AsyncIterator[StabilityServer]:
    server = StabilityServer(latency_seconds=0, rate_limit_pause_seconds=7)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def stability(server: StabilityServer) -> AsyncIterator[Stability]:
    async with Stability(host=server.url, key=server.key, timeout_seconds=20) as stability:
        yield stability


@pytest.fixture
async def workshop(pool: Pool, bucket: Bucket, stability: Stability) -> Workshop:
    await RateLimit(pool).provide()
    return Workshop(pool, bucket, stability)
