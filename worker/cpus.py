"""How many processors this process may use: a container's limit is not in what the machine has."""

import asyncio
import contextvars
import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TypeVar

T = TypeVar("T")


class CpuSlots:
    """As many threads as there are processors: more are no quicker, and each holds the pixels of a picture."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(usable_cpus(), "picture")

    async def in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        """Work on a picture, off the event loop."""
        here = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, here.run, work, *arguments)


def usable_cpus(root: Path = Path("/")) -> int:
    """Of those it may run on, as many as its control group is given time for."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cores, *(math.ceil(share) for share in _shares(root))]))


def _shares(root: Path) -> Iterator[float]:
    """How many processors' time each group above this process gets, where it is bounded."""
    groups = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, _, path = line.split(":", 2)
        name = PurePosixPath(path.lstrip("/"))
        # In a container the path may be the host's, and the group itself stands at the root.
        for group in dict.fromkeys([name, *name.parents, PurePosixPath()]):
            yield from _share(_read(groups / group / "cpu.max"))
            for controller in ("cpu", "cpu,cpuacct"):
                folder = groups / controller / group
                quota = _read(folder / "cpu.cfs_quota_us")
                yield from _share(f"{quota} {_read(folder / 'cpu.cfs_period_us')}")


def _share(limit: str) -> Iterator[float]:
    """Of a quota and its period in microseconds; without a limit the quota is `max`, or below 0."""
    numbers = limit.split()
    if len(numbers) == 2 and all(number.isdecimal() for number in numbers) and int(numbers[1]):
        yield int(numbers[0]) / int(numbers[1])


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
