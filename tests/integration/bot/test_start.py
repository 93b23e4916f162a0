"""A bot that starts waits for whatever Discord or its edge answers instead, says so, and goes on."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest

from bot.client import Client
from bot.gateway.endpoints import point_at
from bot.messages.words import Languages
from bot.owner.doctor import BotDoctor
from bot.settings import BotSettings
from core.errors import Misconfigured
from db.bucket.client import Bucket
from db.pool import Pool
from db.rate_limits import IdentifyLimit
from db.shard_locks import ShardLocks
from ops.checks import CheckFailed
from ops.storage_checks import StorageChecks
from sandbox.discord import DiscordServer
from sandbox.discord.outages import RestFault
from tests.conditions import until
from tests.connected import services_for

LOGIN, APPLICATION, ADVICE = "/users/@me", "/oauth2/applications/@me", "/gateway/bot"
ANSWERS: list[dict[str, Any]] = [
    {"status": 502, "path": LOGIN},
    {"status": 503, "path": ADVICE},
    {"status": 401, "body": "html", "path": LOGIN},
    {"status": 403, "body": "html", "path": APPLICATION},
    {"status": 401, "body": "text", "path": ADVICE},
    {"status": 429, "body": "text", "via": False, "retry_after": 1, "path": LOGIN},
    {"status": 429, "via": True, "retry_after": 0.1, "path": ADVICE},
    {"status": 404, "body": "empty", "path": APPLICATION},
    {"status": 200, "applied": True, "body": "html", "path": LOGIN},
    {"status": 200, "applied": True, "body": "json", "path": ADVICE},
    {"status": 200, "applied": True, "body": "list", "path": APPLICATION},
]


class Start:
    """Of the client, as the process makes it."""

    def __init__(self, server: DiscordServer, client: Client, pool: Pool, settings: BotSettings) -> None:
        self.server = server
        self.client = client
        self._pool = pool
        self.settings = settings

    def answer(self, **fault: Any) -> None:
        self.server._faults.rest.order(RestFault.read({"times": 1, **fault}))

    async def serve(self, **changes: Any) -> None:
        settings = self.settings.model_copy(update=changes)
        with closing(ShardLocks(settings.listen_dsn)) as locks:
            async with self.client:
                await self.client.serve(settings, self._pool, locks)

    async def until_online(self, serving: asyncio.Task[None]) -> None:
        async def online() -> bool:
            assert not serving.done()
            return self.server.gateway.is_bot_online

        await until(online, bool)


@pytest.fixture
async def start(
    pool: Pool,
    bucket: Bucket,
    database_url: str,
    bucket_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> AsyncIterator[Start]:
    caplog.set_level(logging.INFO, "bot")
    monkeypatch.setattr("bot.gateway.endpoints.AGAIN_SECONDS_MIN", 0.01)
    monkeypatch.setattr("bot.gateway.endpoints.AGAIN_SECONDS_MAX", 0.05)
    server = DiscordServer()
    await server.start()
    point_at(server.api_base, server.gateway_url)
    given = {name.lower(): value for name, value in bucket_environment.items()}
    settings = BotSettings.model_validate(
        {"database_url": database_url, "discord_token": server.token, **given}
    )
    client = Client(Languages())
    client.identify_limit = IdentifyLimit(pool)
    client.services = services_for(client, settings, pool, bucket)
    yield Start(server, client, pool, settings)
    await server.stop()


async def test_each_answer_that_is_not_discords_own_is_waited_for(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    for fault in ANSWERS:
        start.answer(**fault)
    serving = asyncio.create_task(start.serve())
    await start.until_online(serving)
    assert "waiting for Discord: " in caplog.text
    assert "Discord answers" in caplog.text
    assert start.client.gateway_status.problem is None
    assert "Traceback" not in caplog.text
    assert "<html" not in caplog.text
    await _end(serving)


async def test_only_discord_itself_tells_a_wrong_token(start: Start) -> None:
    with pytest.raises(Misconfigured):
        await asyncio.wait_for(start.serve(discord_token=type(start.settings.discord_token)("wrong")), 10)


async def test_the_doctor_takes_no_page_for_discords_word(start: Start, pool: Pool, bucket: Bucket) -> None:
    start.answer(status=401, body="html", path=LOGIN)
    async with start.client as client:
        storage = StorageChecks(start.settings, pool, bucket)
        doctor = BotDoctor(client, client.registration, storage, start.settings, token=start.server.token)
        with pytest.raises(CheckFailed, match="it is not Discord who says so"):
            await doctor._log_in()
        await client.http.close()


async def test_while_it_waits_it_says_what_for(start: Start) -> None:
    start.answer(status=503, body="html", path=LOGIN, times=None)
    serving = asyncio.create_task(start.serve())

    async def problem() -> str:
        return str(start.client.gateway_status.problem)

    await until(problem, lambda problem: "status 503" in problem)
    await _end(serving)


async def test_a_registration_that_is_put_off_for_an_hour_keeps_it_from_nothing(start: Start) -> None:
    start.answer(status=429, code=30034, retry_after=3600, method="PUT", path="/commands", times=None)
    start.answer(status=400, code=50035, method="GET", path="/commands", times=1)
    serving = asyncio.create_task(start.serve())
    await start.until_online(serving)
    await _end(serving)


async def test_what_ends_the_connection_ends_the_watch_over_the_locks(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def connect(*, reconnect: bool = True) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(start.client, "connect", connect)
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(start.serve(), 20)
    await until(_tasks, lambda names: not any("keep" in name for name in names))
    assert "lost the connection that holds" not in caplog.text


async def _tasks() -> list[str]:
    return [repr(task) for task in asyncio.all_tasks()]


async def _end(serving: "asyncio.Task[None]") -> None:
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
