"""`python -m benchmarks.floor`: reads pictures from Stability and puts them in the bucket, and nothing else.

It says, as JSON, how many milliseconds of CPU a picture took it to read, to put, and to do both, with the
clients that the worker has, and as many pictures at once.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from itertools import count

import aiohttp

from core.settings import load
from db.bucket.client import Bucket, open_bucket
from worker.settings import WorkerSettings

WARM_UP = 5


class Floor:
    def __init__(self, session: aiohttp.ClientSession, bucket: Bucket, host: str) -> None:
        self._session = session
        self._bucket = bucket
        self._host = host
        self._numbers = count(1)

    async def read(self) -> bytes:
        # A form of several parts is what Stability wants, whoever asks.
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in (("prompt", "a red fox"), ("output_format", "png"), ("aspect_ratio", "1:1")):
            form.add_field(name, value)
        async with self._session.post(self._host + "/floor", data=form) as response:
            return await response.read()

    async def put(self, content: bytes) -> None:
        await self._bucket.store(f"floor/{next(self._numbers)}", content)

    async def both(self) -> None:
        await self.put(await self.read())


async def cpu_milliseconds(call: Callable[[], Awaitable[object]], pictures: int, at_once: int) -> float:
    places = asyncio.Semaphore(at_once)

    async def one() -> None:
        async with places:
            await call()

    await asyncio.gather(*(one() for _ in range(WARM_UP)))
    began = time.process_time()
    await asyncio.gather(*(one() for _ in range(pictures)))
    return (time.process_time() - began) * 1000 / pictures


async def run(settings: WorkerSettings, pictures: int) -> dict[str, float]:
    at_once = settings.worker_concurrency
    async with (
        open_bucket(settings, connections_max=2 * at_once) as bucket,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        floor = Floor(session, bucket, settings.stability_api_host)
        content = await floor.read()
        return {
            "read": await cpu_milliseconds(floor.read, pictures, at_once),
            "put": await cpu_milliseconds(lambda: floor.put(content), pictures, at_once),
            "both": await cpu_milliseconds(floor.both, pictures, at_once),
        }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description=__doc__)
    parser.add_argument("--pictures", type=int, default=40)
    print(json.dumps(asyncio.run(run(load(WorkerSettings), parser.parse_args().pictures))))


if __name__ == "__main__":
    main()
