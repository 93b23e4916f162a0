"""A worker as a process: what it waits for at its start and later, and how it ends."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientSession

from ops.certificates import make_chain
from sandbox.ports import free_port
from sandbox.stability import StabilityServer
from tests.conditions import soon, until
from tests.drill.proxy import Mode
from tests.postgres_line import line_to

STOPPED_SECONDS = 5.0
"""Less than what a platform grants, and than any of the program's waits for Postgres."""


@dataclass
class Worker:
    process: asyncio.subprocess.Process
    health_url: str
    lines: list[str] = field(default_factory=list)

    async def says(self, words: str) -> None:
        async def look() -> bool:
            assert self.process.returncode is None, self.lines
            return any(words in line for line in self.lines)

        await until(look, bool)

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), STOPPED_SECONDS)

    async def healthz(self) -> str:
        async def look() -> str:
            try:
                async with ClientSession() as session, session.get(self.health_url) as answer:
                    return await answer.text()
            except ClientError:
                return ""

        return (await until(look, bool)).strip()


@asynccontextmanager
async def worker(
    database_url: str, *, start: tuple[str, ...] = ("-m", "worker"), **changes: str
) -> AsyncIterator[Worker]:
    port = free_port()
    nobody = "http://127.0.0.1:9"
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "AWS_ENDPOINT_URL_S3": nobody,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "BUCKET_NAME": "bucket",
        "STABILITY_API_KEY": "sk-key",
        "STABILITY_API_HOST": nobody,
        "HEALTH_PORT": str(port),
        "LOG_FORMAT": "text",
        "LOG_LEVEL": "INFO",
        **changes,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *start),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    one = Worker(process, f"http://127.0.0.1:{port}/healthz")
    reading = asyncio.create_task(_read(process, one.lines))
    try:
        yield one
    finally:
        if process.returncode is None:
            process.kill()
        await soon(process.wait())
        await soon(reading)


async def _read(process: asyncio.subprocess.Process, lines: list[str]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        lines.append(line.decode())


async def test_a_worker_that_is_turned_away_says_so_and_goes_on_by_itself(database_url: str) -> None:
    async with line_to(database_url) as (line, url):
        await line.become(Mode.ANSWER)
        # A zone that only the C library knows, as some images have it.
        async with worker(url, TZ="UTC0") as one:
            await one.says("waiting for Postgres: Max client connections reached")
            assert await one.healthz() == "ok"
            await line.become(Mode.PASS)
            await one.says("is ready for")
            await line.become(Mode.FORGET)
            assert await one.stop() == 0
            assert [entry for entry in one.lines if "Traceback" in entry] == []


async def test_a_worker_stops_at_once_while_it_waits_for_postgres(database_url: str) -> None:
    async with line_to(database_url) as (line, url):
        await line.become(Mode.HANG)
        async with worker(url) as one:
            assert await one.healthz() == "ok"
            assert await one.stop() == 0


async def test_an_ordinary_start_warns_of_nothing(database_url: str) -> None:
    stability = StabilityServer()
    await stability.start()
    async with worker(database_url, STABILITY_API_HOST=stability.url, STABILITY_API_KEY=stability.key) as one:
        await one.says("is ready for")
        assert await one.stop() == 0
        assert [line for line in one.lines if "WARNING" in line or "ERROR" in line] == []
    await stability.stop()


async def test_a_wrong_password_ends_it_in_one_line_that_names_the_variable(database_url: str) -> None:
    url = database_url.replace("postgres:@", "nobody:secret-word@")
    impatient = "import db.connect as c, worker.__main__ as w; c.REFUSED_SECONDS_MAX = 0.0; w.main()"
    async with worker(url, start=("-c", impatient)) as one:
        assert await asyncio.wait_for(one.process.wait(), 30) == 78
    assert one.lines[-1].startswith("DATABASE_URL: Postgres refuses it (")
    assert "nobody" in one.lines[-1]
    assert not any("secret-word" in line or "Traceback" in line for line in one.lines), "".join(one.lines)


async def test_a_key_that_is_not_the_certificates_ends_it_in_one_line_without_the_key(
    database_url: str,
) -> None:
    (certificate, _), (_, key) = make_chain("Fox & Co"), make_chain("Fox & Co")
    async with worker(database_url, C2PA_CERTIFICATE=certificate, C2PA_PRIVATE_KEY=key) as one:
        assert await asyncio.wait_for(one.process.wait(), 30) == 78
    assert one.lines[-1].startswith(
        "C2PA_PRIVATE_KEY: is not that of the first certificate in C2PA_CERTIFICATE;"
    )
    assert not any(line in said for line in key.splitlines()[1:-1] for said in one.lines)


async def test_a_zone_that_only_the_c_library_knows_keeps_no_bot_from_starting(database_url: str) -> None:
    nobody = "http://127.0.0.1:9"
    changes = {"TZ": "UTC0", "DISCORD_TOKEN": "a.b.c", "DISCORD_API_BASE": nobody}
    async with worker(database_url, start=("-m", "bot"), **changes) as bot:
        assert await bot.healthz() == "ok"
        await bot.says("waiting for Discord")
        assert [line for line in bot.lines if "Traceback" in line] == []
