"""Read by each process of the drill when it starts: on SIGUSR1, it tells where each of its tasks stands."""

import asyncio
import signal
import sys


def _tell(_number: int, _frame: object) -> None:
    print("where the tasks stand:", file=sys.stderr)
    for task in asyncio.all_tasks():
        task.print_stack(file=sys.stderr)
        awaited: object = task.get_coro()
        while (awaited := getattr(awaited, "cr_await", None)) is not None:
            print(f"    awaits {awaited}", file=sys.stderr)


signal.signal(signal.SIGUSR1, _tell)
