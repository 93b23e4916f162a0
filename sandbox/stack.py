"""Everything that a bot and a worker need, on this machine, and the environment that tells them where."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sandbox import s3
from sandbox.discord import DiscordServer, Exchange
from sandbox.heir import Heir
from sandbox.postgres import postgres
from sandbox.processes import Process, Spawn, python, spawn
from sandbox.stability import StabilityServer

HOST = "127.0.0.1"
START_TIMEOUT_SECONDS = 30.0


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
            raise RuntimeError("the database could not be migrated")

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
) -> AsyncIterator[Stack]:
    """Starts what is needed and keeps its data in `directory`; `on_exchange` sees the bot's REST calls.

    A Postgres or an S3 server that `given` names (DATABASE_URL, AWS_ENDPOINT_URL_S3) is used instead. What
    the environment names is not: it may be in earnest.
    """
    ports = _Ports(directory)
    environment = dict(given or {})
    async with AsyncExitStack() as exits:
        if "DATABASE_URL" not in environment:
            environment["DATABASE_URL"] = exits.enter_context(postgres(directory / "postgres"))
        if "AWS_ENDPOINT_URL_S3" not in environment:
            port = ports.pick("s3")
            environment |= s3.bucket_environment(port)
            await exits.enter_async_context(_s3_server(directory / "s3", port, on_line, heir))

        stability = StabilityServer(latency_seconds=latency_seconds)
        await stability.start(HOST, ports.pick("stability"))
        exits.push_async_callback(stability.stop)
        environment |= {"STABILITY_API_HOST": stability.url, "STABILITY_API_KEY": stability.key}

        discord = DiscordServer(directory / "discord", on_exchange=on_exchange)
        await discord.start(HOST, ports.pick("discord"))
        exits.push_async_callback(discord.stop)
        environment |= {
            "DISCORD_TOKEN": discord.token,
            "DISCORD_API_BASE": discord.api_base,
            "DISCORD_GATEWAY_URL": discord.gateway_url,
        }
        # Its processes write to pipes, and a person reads them.
        environment.setdefault("LOG_FORMAT", "text")
        yield Stack(discord, stability, environment, on_line, heir)


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


class _Ports:
    """Remembers which port each server had: links in old messages lead there."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._file = directory / "ports.json"
        self._known: dict[str, int] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def pick(self, name: str) -> int:
        """The port of the last time or, if somebody else has it by now, a free one."""
        port = _bindable(self._known.get(name, 0)) or _bindable(0)
        self._known[name] = port
        self._file.write_text(json.dumps(self._known))
        return port


def _bindable(port: int) -> int:
    """The port itself, or the one found for 0; 0 if it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return 0
        found: int = probe.getsockname()[1]
        return found
