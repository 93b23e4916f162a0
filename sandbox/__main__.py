"""`python -m sandbox`: the whole of it on one machine, until Ctrl-C."""

import argparse
import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from sandbox.claim import Claim, Taken, claimed
from sandbox.heir import Heir, heir
from sandbox.processes import Process, real_services
from sandbox.stability.credential import new_sign
from sandbox.stack import Stack, stack, trial_certificate

# Shorter than in production: whoever presses Ctrl-C here is waiting for the prompt.
GRACE = {"SHUTDOWN_GRACE_SECONDS": "3"}


async def run(directory: Path, claim: Claim, one: Heir, *, workers: int, latency_seconds: float) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as exits:
        if given := real_services(os.environ):
            print(f"Not passed on, as the sandbox has servers of its own: {', '.join(given)}", flush=True)
        print("Starting a local Postgres, S3 server, Stability and Discord ...", flush=True)
        running = await exits.enter_async_context(stack(directory, latency_seconds=latency_seconds, heir=one))
        running.environment.update(GRACE)
        running.stability.sign = new_sign()
        running.environment.update(await trial_certificate())
        await running.migrate()
        for process in _processes(running, workers):
            await process.start()
            exits.push_async_callback(process.stop)
        claim.note(f"{running.discord.url}/")
        print(
            f"\n  Open {running.discord.url}/ and type:  /imagine a red fox in the snow\n  Ctrl-C stops.\n",
            flush=True,
        )
        await stop.wait()
        print("\nStopping ...", flush=True)


def _processes(running: Stack, workers: int) -> list[Process]:
    names = ["worker"] if workers == 1 else [f"worker-{number}" for number in range(1, workers + 1)]
    return [running.bot(restart=True), *(running.worker(name, restart=True) for name in names)]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Tigerbrush with a local Discord, Stability, Postgres and S3 server: no account needed.",
    )
    parser.add_argument("--directory", type=Path, default=Path(".sandbox"), help="where its data lives")
    parser.add_argument("--workers", type=int, default=1, help="how many workers paint")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long Stability takes for a picture")
    arguments = parser.parse_args()
    directory = arguments.directory.resolve()
    try:
        with claimed(directory) as claim, heir(directory, claim.file.fileno()) as one:
            asyncio.run(
                run(directory, claim, one, workers=arguments.workers, latency_seconds=arguments.seconds)
            )
    except Taken as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
