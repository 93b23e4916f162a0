"""Everything that a bot and a worker need, on this machine, and the environment that tells them where."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sandbox import s3
from sandbox.discord import DiscordServer, Exchange
from sandbox.heir import Heir
from sandbox.ports import HOST, Ports, free_port
from sandbox.postgres import postgres
from sandbox.processes import Process, Spawn, print_line, python, spawn
from sandbox.stability import StabilityServer

START_TIMEOUT_SECONDS = 30.0


class NotMigrated(Exception):
    """The data are of another version, say."""


@dataclass(frozen=True, slots=True)
class Stack:
    """`environment` is what `python -m bot`, `python -m worker` and `python -m db` read.

    `on_line` is called with each line of a process and its name; without it, they are printed.
    """

    discord: DiscordServer
    stability: StabilityServer
    environment: dict[str, str]
    on_line: Callable[[str, str], None] | None = None
    heir: Heir | None = None
    spawn: Spawn = spawn

    async def migrate(self) -> None:
        process = self._process("migrate", "db", "migrate")
        await process.start()
        if await process.wait() != 0:
            raise NotMigrated(
                "The database could not be migrated, as said above. `make clean` forgets what is in it."
            )

    def bot(self, name: str = "bot", *, restart: bool = False) -> Process:
        return self._process(name, "bot", restart=restart)

    def worker(self, name: str = "worker", *, restart: bool = False) -> Process:
        return self._process(name, "worker", restart=restart)

    def _process(self, name: str, *module: str, restart: bool = False) -> Process:
        return Process(
            name,
            python("-m", *module),
            self.environment,
            restart=restart,
            on_line=self.on_line,
            heir=self.heir,
            spawn=self.spawn,
        )


@asynccontextmanager
async def stack(
    directory: Path,
    *,
    latency_seconds: float,
    on_exchange: Callable[[Exchange], None] | None = None,
    on_line: Callable[[str, str], None] | None = None,
    given: Mapping[str, str] | None = None,
    heir: Heir | None = None,
    port: int | None = None,
    step: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> AsyncIterator[Stack]:
    """Starts what is needed and keeps its data in `directory`; `on_exchange` sees the bot's REST calls.

    A Postgres, an S3 server or a Stability that `given` names (DATABASE_URL, AWS_ENDPOINT_URL_S3,
    STABILITY_API_KEY) is used instead. What the environment names is not: it may be in earnest. `port` is that of
    the page; Held is raised where another has it. `step` is entered with the name of what is being started.
    """
    ports = Ports(directory, tell=lambda text: (on_line or print_line)("ports", text))
    environment = dict(given or {})
    async with AsyncExitStack() as exits:
        page_port = ports.pick("discord", port)
        if "DATABASE_URL" not in environment:
            with step("Postgres"):
                environment["DATABASE_URL"] = exits.enter_context(postgres(directory / "postgres"))
        if "AWS_ENDPOINT_URL_S3" not in environment:
            s3_port = ports.pick("s3") or free_port()
            environment |= s3.bucket_environment(s3_port)
            ports.keep("s3", environment["AWS_ENDPOINT_URL_S3"])
            with step("an S3 server"):
                await exits.enter_async_context(_s3_server(directory / "s3", s3_port, on_line, heir))

        stability = StabilityServer(latency_seconds=latency_seconds)
        await stability.start(HOST, ports.pick("stability"))
        ports.keep("stability", stability.url)
        exits.push_async_callback(stability.stop)
        if "STABILITY_API_KEY" not in environment:
            environment |= {"STABILITY_API_HOST": stability.url, "STABILITY_API_KEY": stability.key}

        discord = DiscordServer(directory / "discord", on_exchange=on_exchange)
        await discord.start(HOST, page_port)
        ports.keep("discord", discord.url)
        exits.push_async_callback(discord.stop)
        environment |= {
            "DISCORD_TOKEN": discord.token,
            "DISCORD_API_BASE": discord.api_base,
            "DISCORD_GATEWAY_URL": discord.gateway_url,
        }
        # Its processes write to pipes, and a person reads them.
        environment.setdefault("LOG_FORMAT", "text")
        yield Stack(discord, stability, environment, on_line, heir)


async def trial_certificate() -> dict[str, str]:
    """By which bot and worker sign, as `python -m worker credentials` makes one; nothing where it cannot."""
    process = await asyncio.create_subprocess_exec(
        *python("-m", "worker", "credentials"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    said, _ = await process.communicate()
    lines = (line.partition("=") for line in said.decode().splitlines())
    return {name: value.strip('"') for name, _, value in lines}


@asynccontextmanager
async def _s3_server(
    directory: Path, port: int, on_line: Callable[[str, str], None] | None, heir: Heir | None
) -> AsyncIterator[None]:
    command = s3.s3_command(directory, port)
    process = Process("s3", command.arguments, command.environment, on_line=on_line, heir=heir)
    await process.start()
    try:
        await _wait_for_http(f"http://{HOST}:{port}/")
        yield
    finally:
        await process.stop()


async def _wait_for_http(url: str) -> None:
    async with asyncio.timeout(START_TIMEOUT_SECONDS), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
