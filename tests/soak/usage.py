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
    """Memory is in MB: a process's own and its share of what it has in common with others (PSS)."""

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
    pss = re.search(r"^Pss: +(\d+) kB$", (process / "smaps_rollup").read_text(), re.MULTILINE)
    threads = re.search(r"^Threads:\t(\d+)$", (process / "status").read_text(), re.MULTILINE)
    if pss is None or threads is None:
        raise AssertionError("Linux tells both")
    yield "memory", int(pss[1]) / 1000
    yield "threads", int(threads[1])
    yield "descriptors", sum(1 for _ in (process / "fd").iterdir())
