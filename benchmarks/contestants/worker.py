"""A contestant's worker in a process of its own, as it is in use."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

ANSWER_SECONDS_MAX = 30.0


class Worker:
    def __init__(self, output: asyncio.StreamReader) -> None:
        self._output = output

    async def started_at(self) -> float:
        """When the next job was started, by `time.monotonic`."""
        return float(await self.line())

    async def line(self) -> bytes:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            return await self._output.readline()


@asynccontextmanager
async def worker(name: str, url: str) -> AsyncIterator[Worker]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.contestants", name, url,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    if process.stdin is None or process.stdout is None:
        raise AssertionError("it was started without pipes")
    started = Worker(process.stdout)
    try:
        if await started.line() != b"ready\n":
            raise AssertionError(f"the worker of {name} did not start")
        yield started
    finally:
        process.stdin.close()
        await process.wait()
