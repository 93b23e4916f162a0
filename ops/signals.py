"""What a process does that is told to end: before it has begun anything, while it works, and as it ends."""

import asyncio
import os
import signal
from collections.abc import Callable
from types import FrameType


def end_at_once_when_told() -> None:
    """For the time of the imports, when nothing has to be ended yet; process 1 of a container needs a handler."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    os._exit(0)


def stop_when_told(stop: Callable[[], None]) -> None:
    """Calls `stop` in the running loop, and `end_undisturbed` belongs to the loop's end.

    A loop's own handlers go with it, and leave the signal's default, by which the process would die.
    """
    loop = asyncio.get_running_loop()

    def tell(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell)


def end_undisturbed() -> None:
    """Told from here on, the process still ends well.

    The interpreter gives each handler its default back in its last moments, but leaves what is ignored.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def end_as_usual_when_told() -> None:
    """For a command that answers: one that is broken off has not found that all is well."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
