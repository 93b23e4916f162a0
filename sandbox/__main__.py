"""`python -m sandbox`: the whole of it on one machine, until Ctrl-C."""

import signal

if __name__ == "__main__":
    # While it imports, nothing runs that is to be ended in order.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from sandbox.account import Account, account
from sandbox.claim import Claim, Taken, claimed
from sandbox.heir import Heir, heir
from sandbox.keys import on_enter
from sandbox.orders import Orders
from sandbox.ports import Held
from sandbox.processes import Process, real_services
from sandbox.stability.credential import new_sign
from sandbox.stack import NotMigrated, Stack, stack, trial_certificate
from sandbox.terminal import Terminal
from sandbox.welcome import SAMPLE, ask_for_sample, note, welcome

# Shorter than in production: whoever presses Ctrl-C here is waiting for the prompt.
GRACE = {"SHUTDOWN_GRACE_SECONDS": "3"}
ONLINE_LOOKS, LOOK_SECONDS = 1200, 0.05
SAMPLE_SECONDS = 60.0


class Sandbox:
    def __init__(self, arguments: argparse.Namespace, directory: Path, terminal: Terminal) -> None:
        self._arguments = arguments
        self._directory = directory
        self._terminal = terminal
        self._account = account(os.environ)
        self._orders: Orders | None = None

    async def run(self, claim: Claim, one: Heir) -> None:
        """Until a signal; what runs is stopped in order, however far it has come."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

        def stop() -> None:
            # Once is enough: a second time would cut short what ends the rest.
            for number in signals:
                loop.add_signal_handler(number, lambda: None)
            self._terminal.say("\nStopping ...")
            if task is not None:
                task.cancel()

        for number in signals:
            loop.add_signal_handler(number, stop)
        with contextlib.suppress(asyncio.CancelledError):
            async with AsyncExitStack() as exits:
                try:
                    running = await self._started(exits, one)
                except subprocess.CalledProcessError:
                    # Ctrl-C ends Postgres's own programs too; if it was that, this is where it arrives here.
                    await asyncio.sleep(LOOK_SECONDS)
                    raise
                url = f"{running.discord.url}/"
                claim.note(url)
                self._terminal.address(url, *self._hints(running))
                exits.enter_context(on_enter(lambda: self._terminal.address(url)))
                await asyncio.Event().wait()

    async def _started(self, exits: AsyncExitStack, one: Heir) -> Stack:
        terminal = self._terminal
        await self._say_what_is_used(self._account)
        running = await exits.enter_async_context(
            stack(
                self._directory,
                latency_seconds=self._arguments.seconds,
                on_line=self._read,
                given=self._account.environment if self._account else None,
                heir=one,
                port=self._arguments.port,
                step=terminal.step,
            )
        )
        running.environment.update(GRACE)
        if os.environ.get("LOG_LEVEL") != "DEBUG":
            # What came of an order is read from it.
            running.environment["LOG_LEVEL"] = "INFO"
        is_first = not any(running.discord.world.messages.values())
        running.stability.sign = new_sign()
        running.environment.update(await trial_certificate())
        running.discord.welcome = welcome(self._account)
        self._orders = Orders(running.discord.world, self._came_of)
        with terminal.step("the tables"):
            await running.migrate()
        with terminal.step("the bot and a worker" if self._arguments.workers == 1 else "the bot and workers"):
            await self._start(running, exits)
        if is_first and self._account is None and running.discord.gateway.is_bot_online:
            with terminal.step(f"a first picture, as /imagine {SAMPLE}"):
                await self._paint_sample(running, self._orders)
        return running

    async def _paint_sample(self, running: Stack, orders: Orders) -> None:
        with contextlib.suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(SAMPLE_SECONDS):
                await orders.until_ended(await ask_for_sample(running.discord))

    async def _say_what_is_used(self, own: Account | None) -> None:
        used = own.environment if own else {}
        if given := [name for name in real_services(os.environ) if name not in used]:
            self._terminal.say(f"Not passed on, as the sandbox has servers of its own: {', '.join(given)}")
        if own:
            self._terminal.say(f"STABILITY_API_KEY is used, at {own.host}: {await own.balance()}.")
        self._terminal.say("Starting, all on this machine:")

    async def _start(self, running: Stack, exits: AsyncExitStack) -> None:
        """The processes; it is over once the bot is online, or takes too long for that."""
        count = self._arguments.workers
        names = ["worker"] if count == 1 else [f"worker-{number}" for number in range(1, count + 1)]
        processes = [running.bot(restart=True), *(running.worker(name, restart=True) for name in names)]
        exits.push_async_callback(_stop, processes)
        for process in processes:
            await process.start()
        for _ in range(ONLINE_LOOKS):
            if running.discord.gateway.is_bot_online:
                return
            await asyncio.sleep(LOOK_SECONDS)

    def _hints(self, running: Stack) -> list[str]:
        hints = ["", note(self._account)]
        if self._terminal.is_person:
            hints.append(f"All that the processes say is in {self._directory / 'log'}.")
        if not running.discord.gateway.is_bot_online:
            hints.append("The bot is not online yet: what it says is above.")
        return hints

    def _read(self, name: str, line: str) -> None:
        self._terminal.line(name, line)
        if self._orders is not None and name == "bot":
            self._orders.read(line)

    def _came_of(self, who: str, what: str, result: str, is_good: bool) -> None:
        self._terminal.came_of(who, what, result, is_good=is_good)


async def _stop(processes: list[Process]) -> None:
    await asyncio.gather(*(process.stop() for process in processes))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Tigerbrush with a local Discord, Stability, Postgres and S3 server: no account needed.",
    )
    parser.add_argument("--directory", type=Path, default=Path(".sandbox"), help="where its data lives")
    parser.add_argument("--workers", type=int, default=1, help="how many workers paint")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long Stability takes for a picture")
    parser.add_argument("--port", type=int, help="where the page is; otherwise where it was the last time")
    arguments = parser.parse_args()
    directory = arguments.directory.resolve()
    try:
        with (
            claimed(directory) as claim,
            heir(directory, claim.file.fileno()) as one,
            (directory / "log").open("w") as log,
        ):
            asyncio.run(Sandbox(arguments, directory, Terminal(log)).run(claim, one))
    except (Taken, Held, NotMigrated) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
