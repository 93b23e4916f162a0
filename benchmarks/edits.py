"""`python -m benchmarks.edits`: how many calls to Discord a job costs, alone and with many waiting."""

import argparse
import asyncio
import tempfile
from collections import Counter
from pathlib import Path

from sandbox.discord import Exchange
from sandbox.stack import stack
from tests.member import is_done, member


async def run(directory: Path, jobs: int) -> None:
    exchanges: list[Exchange] = []
    async with stack(directory, latency_seconds=2.0, on_exchange=exchanges.append) as servers:
        await servers.migrate()
        # A member may have so many at once for this; the poll is the production default.
        servers.environment["JOBS_PER_MEMBER_MAX"] = "100"
        bot, worker = servers.bot(), servers.worker()
        await bot.start()
        await worker.start()
        try:
            async with member(servers.discord.url, "Ada") as ada:
                await ada.until_bot_is(online=True)
                exchanges.clear()
                asked = [await ada.imagine(f"picture {n}", width=256, height=256) for n in range(jobs)]
                for interaction in asked:
                    await ada.reply(interaction, is_done, within_seconds=300)
        finally:
            await worker.stop()
            await bot.stop()
    calls = Counter(_kind(exchange) for exchange in exchanges)
    print(f"{jobs} jobs: {sum(calls.values()) / jobs:.2f} calls a job", dict(calls))


def _kind(exchange: Exchange) -> str:
    kinds = {"callback": "answer", "@me": "reaction"}
    return kinds.get(exchange.path.split("/")[-1], "edit" if exchange.method == "PATCH" else exchange.method)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.edits", description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 50])
    for jobs in parser.parse_args().jobs:
        with tempfile.TemporaryDirectory() as directory:
            asyncio.run(run(Path(directory), jobs))


if __name__ == "__main__":
    main()
