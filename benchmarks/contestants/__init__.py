"""The queues that are measured side by side: ours, what a user would pick instead, and the machine's floor."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec

from benchmarks.contestants.contestant import Contestant
from benchmarks.contestants.floor import Floor
from benchmarks.contestants.ours import Ours
from benchmarks.stage import Stage

OURS, FLOOR = "tigerbrush", "floor"
PROCRASTINATE, BATCHED, DURABLE = "procrastinate", "pgqueuer, batched", "pgqueuer, durable"


@asynccontextmanager
async def contestants(stage: Stage) -> AsyncIterator[dict[str, Contestant]]:
    """By name; each has a database of its own on the one server. A peer that is not installed is left out."""
    async with AsyncExitStack() as exits:
        enter = exits.enter_async_context
        entered: dict[str, Contestant] = {
            FLOOR: await enter(Floor.open(await stage.database(migrated=False))),
            OURS: await enter(Ours.open(await stage.database())),
        }
        if find_spec("procrastinate"):
            from benchmarks.contestants.procrastinate import Procrastinate

            entered[PROCRASTINATE] = await enter(Procrastinate.open(await stage.database(migrated=False)))
        if find_spec("pgqueuer"):
            from benchmarks.contestants.pgqueuer import Pgqueuer

            for name in (BATCHED, DURABLE):
                database = await stage.database(migrated=False)
                entered[name] = await enter(Pgqueuer.open(database, durable=name == DURABLE))
        yield entered
