"""Read by each process of the drill when it starts: on SIGUSR1, it tells where each of its tasks stands,
and on SIGUSR2 how many it has."""

import asyncio
import os
import signal
import sys


def _tell(_number: int, _frame: object) -> None:
    print("where the tasks stand:", file=sys.stderr)
    for task in asyncio.all_tasks():
        task.print_stack(file=sys.stderr)
        awaited: object = task.get_coro()
        while (awaited := getattr(awaited, "cr_await", None)) is not None:
            print(f"    awaits {awaited}", file=sys.stderr)


def _count(_number: int, _frame: object) -> None:
    # Past the buffer, in which it may have interrupted another line.
    os.write(sys.stderr.fileno(), f"{len(asyncio.all_tasks())} tasks\n".encode())


signal.signal(signal.SIGUSR1, _tell)
signal.signal(signal.SIGUSR2, _count)
