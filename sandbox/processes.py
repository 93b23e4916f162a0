"""Child processes: their output with a prefix, their end noticed, their stop asked for before forced."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import IO, Protocol

from sandbox.heir import Heir

RESTART_SECONDS = 1.0

_REAL = re.compile(
    r"(AWS|BUCKET|DATABASE|DISCORD|OTEL|PG|STABILITY_API|HEALTH)[A-Z0-9_]*|PUBLIC_BUCKET_URL|COMMANDS_GUILD_ID"
)
"""What leads to services, or belongs to processes, beside the sandbox."""


def real_services(environment: Mapping[str, str]) -> list[str]:
    """The variables among them that no child is given: nothing is tried out on what is in earnest."""
    return sorted(name for name in environment if _REAL.fullmatch(name.upper()))


class Child(Protocol):
    """As asyncio has it, with its output and its errors in one pipe."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    @property
    def stdout(self) -> asyncio.StreamReader | None: ...

    async def wait(self) -> int: ...


Spawn = Callable[[Sequence[str], Mapping[str, str]], Awaitable[Child]]
"""Starts a child with these arguments and this environment."""


async def spawn(arguments: Sequence[str], environment: Mapping[str, str]) -> Child:
    return await asyncio.create_subprocess_exec(
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # Ctrl-C in a terminal reaches the whole group; the children are to be stopped in order instead.
        start_new_session=True,
    )


class Process:
    """One named child. With `restart`, it is started again when it ends by itself, as a platform would do.

    `heir` ends it where this process cannot do so any more.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        restart: bool = False,
        on_line: Callable[[str, str], None] | None = None,
        heir: Heir | None = None,
        spawn: Spawn = spawn,
    ) -> None:
        self.name = name
        self._spawn_child = spawn
        self._heir = heir
        self._arguments = arguments
        kept = {name: os.environ[name] for name in os.environ.keys() - real_services(os.environ)}
        self._environment = {**kept, **environment, "PYTHONUNBUFFERED": "1"}
        self._restart = restart
        self._on_line = on_line or print_line
        self._child: Child | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        self._stopping.clear()
        await self._spawn()
        self._watcher = asyncio.create_task(self._watch(), name=f"watch-{self.name}")

    @property
    def pid(self) -> int:
        if self._child is None:
            raise AssertionError(f"{self.name} was never started")
        return self._child.pid

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def wait(self) -> int:
        """Returns the exit status; a signal is its negative number."""
        if self._child is None:
            raise AssertionError(f"{self.name} was never started")
        return await self._child.wait()

    async def kill(self) -> None:
        """Ends it at once, as a machine that loses its power does."""
        await self._stay_down()
        self.signal(signal.SIGKILL)
        await self._ended()

    async def stop(self, timeout_seconds: float = 60.0) -> int:
        """SIGTERM, and SIGKILL if that was not enough; returns the exit status."""
        await self._stay_down()
        if self._child is not None and self._child.returncode is None:
            self.signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._child.wait(), timeout_seconds)
            except TimeoutError:
                self.signal(signal.SIGKILL)
        await self._ended()
        return await self.wait()

    async def _stay_down(self) -> None:
        """It is not started again from here on; one that is just being started is there afterwards."""
        self._stopping.set()
        async with self._starting:
            pass

    async def _ended(self) -> None:
        if self._watcher is not None:
            await self._watcher

    async def _spawn(self) -> None:
        self._child = await self._spawn_child(self._arguments, self._environment)
        if self._heir is not None:
            self._heir.began(self._child.pid)

    async def _watch(self) -> None:
        while True:
            if self._child is None or self._child.stdout is None:
                raise AssertionError(f"{self.name} was started without a pipe")
            async for line in self._child.stdout:
                self._on_line(self.name, line.decode(errors="replace").rstrip("\n"))
            status = await self._child.wait()
            if self._heir is not None:
                self._heir.ended(self._child.pid)
            if self._stopping.is_set() or not self._restart:
                return
            self._on_line(self.name, f"ended with status {status}; starting it again")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), RESTART_SECONDS)
            async with self._starting:
                if self._stopping.is_set():
                    return
                await self._spawn()


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def print_line(name: str, line: str, stream: IO[str] = sys.stdout) -> None:
    print(f"{name:>9} | {line}", file=stream, flush=True)
