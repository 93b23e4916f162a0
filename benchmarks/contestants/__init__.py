"""The queues measured side by side: ours, what a user would pick instead, and the floor of the machine."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.util import find_spec

from benchmarks.contestants.contestant import Contestant
from benchmarks.contestants.floor import Floor
from benchmarks.contestants.ours import Ours
from benchmarks.stage import Stage

OURS, FLOOR = "tigerbrush", "floor"
PROCRASTINATE, BATCHED, DURABLE = "procrastinate", "pgqueuer, batched", "pgqueuer, durable"

# In the order of the tables. A peer that is not installed is left out.
PACKAGES = {
    FLOOR: "asyncpg",
    OURS: "db",
    PROCRASTINATE: "procrastinate",
    BATCHED: "pgqueuer",
    DURABLE: "pgqueuer",
}
NAMES = [name for name, package in PACKAGES.items() if find_spec(package)]


def open_contestant(name: str, url: str) -> AbstractAsyncContextManager[Contestant]:
    if name == FLOOR:
        return Floor.open(url)
    if name == OURS:
        return Ours.open(url)
    # Imported where they are used, as they need not be installed.
    if name == PROCRASTINATE:
        from benchmarks.contestants.procrastinate import Procrastinate

        return Procrastinate.open(url)
    from benchmarks.contestants.pgqueuer import Pgqueuer

    return Pgqueuer.open(url, durable=name == DURABLE)


@asynccontextmanager
async def contestants(urls: dict[str, str]) -> AsyncIterator[dict[str, Contestant]]:
    async with AsyncExitStack() as exits:
        yield {
            name: await exits.enter_async_context(open_contestant(name, url)) for name, url in urls.items()
        }


async def installed(stage: Stage) -> dict[str, str]:
    """The URL of each one's own database on the one server, by name, with its tables in it."""
    urls = {name: await stage.database(migrated=False) for name in NAMES}
    async with contestants(urls) as entered:
        for contestant in entered.values():
            await contestant.install()
    return urls
