"""`python -m benchmarks.contestants NAME URL`: one worker in a process of its own, until its input ends.

It prints a line when it is there and, at each job's start, the time on the clock that all processes share.
"""

import asyncio
import sys
import time

from benchmarks.contestants import open_contestant


async def serve(name: str, url: str) -> None:
    def started() -> None:
        print(time.monotonic(), flush=True)

    async with open_contestant(name, url) as contestant, contestant.serving(started):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)


asyncio.run(serve(*sys.argv[1:]))
