"""The whole system under drill: every stand-in, a line that can be broken to each, and the processes."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.discord import Exchange
from sandbox.processes import Process, python
from sandbox.stack import Stack, stack
from tests.drill.database import Database
from tests.drill.journal import Journal
from tests.drill.proxy import Connect, Proxy
from tests.drill.refusals import FULL, STARTUP
from tests.drill.schedule import LEASE_SECONDS, STABILITY_TIMEOUT_SECONDS, UNTOUCHED_MODEL, worker_names

SETTINGS = {
    "LEASE_SECONDS": f"{LEASE_SECONDS:g}",
    "POLL_SECONDS": "0.5",
    "SHUTDOWN_GRACE_SECONDS": "5",
    "WORKER_CONCURRENCY": "3",
    "JOB_ATTEMPTS": "5",
    "STABILITY_TIMEOUT_SECONDS": f"{STABILITY_TIMEOUT_SECONDS:g}",
    "DATABASE_TIMEOUT_SECONDS": "5",
    "PAUSE_PROBE_SECONDS": "2",
    # It is on the menu where it is the default.
    "STABILITY_MODEL": UNTOUCHED_MODEL,
    # The crowd is not to be refused for its eagerness.
    "JOBS_PER_MEMBER_MAX": "100",
    "CREDITS_PER_MONTH": "1000000",
}
"""Short, so that in minutes happens what takes hours otherwise."""

LATENCY_SECONDS = 0.4
RATE_LIMIT_PAUSE_SECONDS = 2.0
STOP_TIMEOUT_SECONDS = 30.0


class System:
    """`postgres_lines` has one line for each process, so that one can be cut off alone. By `discord_url` members
    reach the local Discord past its line. Without `settings` they are those of a drill; with some, nothing is
    to be broken, and the processes need no lines."""

    def __init__(
        self,
        servers: Stack,
        directory: Path,
        journal: Journal,
        workers: int,
        settings: Mapping[str, str] | None,
    ) -> None:
        self.servers = servers
        self._settings = settings
        self.discord_url = servers.discord.url
        self.bucket_directory = directory / "s3" / servers.environment["BUCKET_NAME"]
        self.database = Database(directory / "postgres", servers.environment["DATABASE_URL"])
        self.names = ["bot", *worker_names(workers)]
        self.postgres_lines = {
            name: Proxy(self._to_postgres(), canned=FULL, asked=STARTUP) for name in self.names
        }
        self.bucket_line = Proxy(_to_url(servers.environment["AWS_ENDPOINT_URL_S3"]))
        self.stability_line = Proxy(_to_url(servers.stability.url))
        self.discord_line = Proxy(_to_url(servers.discord.url))
        self.processes: dict[str, Process] = {}
        self._journal = journal
        self._frozen: dict[str, int] = {}

    @property
    def lines(self) -> list[Proxy]:
        return [*self.postgres_lines.values(), self.bucket_line, self.stability_line, self.discord_line]

    async def start(self) -> None:
        if self._settings is None:
            for line in self.lines:
                await line.start()
            # As it is named in all that the bot is told: a worker fetches attachments over the line too.
            self.servers.discord.url = f"http://127.0.0.1:{self.discord_line.port}"
        for name in self.names:
            process = Process(
                name,
                python("-m", "bot" if name == "bot" else "worker"),
                self._environment(name),
                restart=True,
                on_line=self._journal.on_line,
            )
            await process.start()
            self.processes[name] = process

    @property
    def process_ids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self.processes.items()}

    async def stop(self) -> dict[str, int]:
        """Asks all to end, at once, and returns each one's exit status."""
        self.thaw_all()
        names = list(self.processes)
        asking = asyncio.get_running_loop().call_later(STOP_TIMEOUT_SECONDS - 3, self.ask_where_they_stand)
        statuses = await asyncio.gather(*(self.processes[name].stop(STOP_TIMEOUT_SECONDS) for name in names))
        asking.cancel()
        for line in self.lines:
            await line.stop()
        return dict(zip(names, statuses, strict=True))

    def kill(self, name: str) -> bool:
        """kill -9; false if the process is not there at the moment."""
        self._journal.signalled(name, -signal.SIGKILL)
        return self._send(name, signal.SIGKILL)

    def terminate(self, name: str) -> bool:
        self._journal.signalled(name, 0)
        return self._send(name, signal.SIGTERM)

    def freeze(self, name: str) -> bool:
        sent = self._send(name, signal.SIGSTOP)
        if sent:
            self._frozen[name] = self.processes[name].pid
        return sent

    def thaw(self, name: str) -> None:
        pid = self._frozen.pop(name, None)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def ask_how_many_tasks(self) -> None:
        """Each tells it in a line of its log."""
        for name in self.processes:
            self._send(name, signal.SIGUSR2)

    def ask_where_they_stand(self) -> None:
        """Has those that run print the stack of each task."""
        for name in self.processes:
            self._send(name, signal.SIGUSR1)

    def thaw_all(self) -> None:
        for name in list(self._frozen):
            self.thaw(name)

    def _send(self, name: str, number: signal.Signals) -> bool:
        try:
            self.processes[name].signal(number)
        except ProcessLookupError:
            return False
        return True

    def _environment(self, name: str) -> dict[str, str]:
        settings = self._over_lines(name) if self._settings is None else self._settings
        return {
            **self.servers.environment,
            **settings,
            "PYTHONPATH": str(Path(__file__).parent / "stacks"),
        }

    def _over_lines(self, name: str) -> dict[str, str]:
        return {
            **SETTINGS,
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{self.postgres_lines[name].port}/postgres"
            "?sslmode=disable",
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self.bucket_line.port}",
            "STABILITY_API_HOST": f"http://127.0.0.1:{self.stability_line.port}",
            "DISCORD_API_BASE": self.servers.discord.api_base,
            "DISCORD_GATEWAY_URL": self.servers.discord.gateway_url,
        }

    def _to_postgres(self) -> Connect:
        # The path stays the same over restarts, but can be read only while the server runs.
        path = self.database.socket_path
        return lambda: asyncio.open_unix_connection(path)


def _to_url(url: str) -> Connect:
    parts = urlsplit(url)
    return lambda: asyncio.open_connection(parts.hostname, parts.port)


@asynccontextmanager
async def system(
    directory: Path,
    journal: Journal,
    *,
    workers: int,
    on_exchange: Callable[[Exchange], None],
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[System]:
    """Runs until the end of the block, which finds every process stopped."""
    async with AsyncExitStack() as exits:
        servers = await exits.enter_async_context(
            stack(
                directory, latency_seconds=LATENCY_SECONDS, on_exchange=on_exchange, on_line=journal.on_line
            )
        )
        servers.stability.rate_limit_pause_seconds = RATE_LIMIT_PAUSE_SECONDS
        await servers.migrate()
        running = System(servers, directory, journal, workers, settings)
        await _without_waiting_for_the_disk(running.database)
        exits.push_async_callback(running.stop)
        await running.start()
        yield running


async def _without_waiting_for_the_disk(database: Database) -> None:
    """A crash of Postgres loses nothing by it, only one of the machine would."""
    connection = await database.connect()
    try:
        await connection.execute("alter system set fsync = off")
        await connection.execute("select pg_reload_conf()")
    finally:
        await connection.close()


def left_running(directory: Path) -> list[str]:
    """Processes that are children of this one, or name the drill's folder, as `ps` shows them."""
    shown = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    )
    return [line for line in shown.stdout.splitlines() if _is_ours(line, directory)]


def _is_ours(line: str, directory: Path) -> bool:
    found = re.match(r"\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)", line)
    if found is None or found[4].startswith("ps -e") or int(found[1]) == os.getpid():
        return False
    return int(found[2]) == os.getpid() or str(directory) in found[4]
