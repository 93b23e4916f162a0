"""What each process holds, once every few seconds."""

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.drill import evidence as found
from tests.drill.journal import Journal
from tests.drill.system import System

SAMPLE_SECONDS = 2.0
_TASKS = re.compile(r"^(\d+) tasks$")


@dataclass(frozen=True, slots=True)
class Sample:
    """At `at`, in seconds since the epoch, `who` held so much of `what`."""

    at: float
    who: str
    what: str
    amount: float


@dataclass(slots=True)
class Usage:
    """Memory is in MB, and that of the process alone: its share of a library is less while others have that, too."""

    samples: list[Sample] = field(default_factory=list)

    async def watch(self, running: System) -> None:
        """Until it is cancelled."""
        connection = await running.database.connect()
        try:
            while True:
                running.ask_how_many_tasks()
                now = time.time()
                for who, pid in running.process_ids.items():
                    self.samples += [Sample(now, who, what, amount) for what, amount in _held_by(pid)]
                of_all = (await found.count_connections(connection)).values()
                self.samples.append(Sample(now, "all", "connections", sum(of_all)))
                pictures = await connection.fetchval("select count(*) from pictures")
                self.samples.append(Sample(now, "all", "pictures", pictures))
                await asyncio.sleep(SAMPLE_SECONDS)
        finally:
            await connection.close()

    def read_tasks(self, journal: Journal) -> None:
        for line in journal.lines:
            if told := _TASKS.match(line.text):
                self.samples.append(Sample(line.at, line.name, "tasks", int(told[1])))


def _held_by(pid: int) -> Iterator[tuple[str, float]]:
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
    yield "memory", int(status["RssAnon"].split()[0]) / 1000
    yield "threads", int(status["Threads"])
    yield "descriptors", sum(1 for _ in (process / "fd").iterdir())
