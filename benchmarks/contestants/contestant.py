"""What each of them has to do: hold jobs that do nothing, and have one worker bring them to their end."""

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable


class Contestant(Protocol):
    async def install(self) -> None:
        """Makes its tables in an empty database."""

    async def fill(self, count: int) -> None:
        """Empties the queue, and puts `count` jobs in line in bulk."""

    async def drain(self, count: int, concurrency: int) -> float:
        """Jobs a second of one worker that works off all `count`, until the last completion is durable."""

    async def enqueue(self) -> object:
        """Puts one job in line, as a program does that has one; it is durable on return."""

    def serving(self, on_start: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        """One worker, waiting to be woken, that calls `on_start` at the start of each job."""


@runtime_checkable
class TakesMany(Protocol):
    async def enqueue_many(self, count: int) -> None:
        """Puts `count` jobs in line in one call."""


class Meter:
    """From the first job's start, so that what a worker does once is left out, until the worker's end."""

    def __init__(self, count: int, stop: Callable[[], None]) -> None:
        self._count = count
        self._stop = stop
        self._started = 0
        self._began = 0.0

    def start(self) -> None:
        """One more job; with the last, the worker is told to end what it holds and to return."""
        if self._started == 0:
            self._began = time.perf_counter()
        self._started += 1
        if self._started == self._count:
            self._stop()

    def rate(self) -> float:
        if self._started < self._count:
            raise AssertionError(f"{self._started} of {self._count} jobs were started")
        return self._count / (time.perf_counter() - self._began)
