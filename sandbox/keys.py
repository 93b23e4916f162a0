"""Enter, pressed at the terminal."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def on_enter(call: Callable[[], None]) -> Iterator[None]:
    if not sys.stdin.isatty():
        yield
        return
    loop, stdin = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        try:
            typed = os.read(stdin, 1024)
        except OSError:
            typed = b""
        if typed:
            call()
        else:
            loop.remove_reader(stdin)

    # In the background it may not read, and would be stopped for it.
    before = signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    loop.add_reader(stdin, read)
    try:
        yield
    finally:
        loop.remove_reader(stdin)
        signal.signal(signal.SIGTTIN, before)
