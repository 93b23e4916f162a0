"""The tasks of a process: begun together, watched together, and ended in order."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from core.errors import Misconfigured, reason
from ops.signals import end_undisturbed, stop_when_told

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Finishing:
    task: asyncio.Task[None]
    stop: Callable[[], None]
    seconds: float | None


class Supervisor:
    """The first task that ends, or breaks, ends the process; so does SIGTERM or SIGINT."""

    def __init__(self) -> None:
        self._stopped = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._finishing: list[_Finishing] = []
        self._error: Exception | None = None
        self._scheduler = AsyncIOScheduler(
            # A late run is better than none, and several late ones are as good as one.
            job_defaults={"coalesce": True, "misfire_grace_time": None},
            # It would else read TZ, and knows only some of what may stand there.
            timezone=UTC,
        )

    def start(
        self,
        work: Coroutine[Any, Any, None],
        *,
        stop: Callable[[], None] | None = None,
        finish_seconds: float | None = None,
    ) -> None:
        """A task of the process, which is cancelled at the process's end.

        One with `stop` is told by that instead, before any other is cancelled, and has `finish_seconds` to finish
        what it is at: without a number, as long as it takes.
        """
        task = self._run(work)
        task.add_done_callback(lambda _task: self.stop())
        if stop is not None:
            self._finishing.append(_Finishing(task, stop, finish_seconds))

    def every(
        self,
        seconds: float,
        work: Callable[[], Awaitable[None] | None],
        *,
        at_once: bool = False,
        jitter_seconds: int = 0,
    ) -> None:
        """Calls `work` at this interval, `at_once` for the first time too, and never twice at once.

        What breaks is logged, and done again at the next time; but what only the owner can set right ends the process.
        """

        async def run() -> None:
            # The scheduler would take a run that the end of the process cuts off for a fault.
            with suppress(asyncio.CancelledError):
                try:
                    answer = work()
                    if inspect.isawaitable(answer):
                        await answer
                except Misconfigured as error:
                    self._break(error)

        name = getattr(getattr(work, "func", work), "__qualname__", repr(work))
        first = {"next_run_time": datetime.now(UTC)} if at_once else {}
        self._scheduler.add_job(run, "interval", name=name, seconds=seconds, jitter=jitter_seconds, **first)

    def stop(self) -> None:
        """Ends the process as a signal does."""
        self._stopped.set()

    async def run(self, begin: Coroutine[Any, Any, None]) -> None:
        """Runs `begin`, which starts the tasks and may wait in between, and all that it started, until the end.

        Raises what the first task that broke raised, `begin` included, which is cut off if the end comes before.
        """
        stop_when_told(self.stop)
        self._scheduler.start()
        try:
            self._run(begin)
            await self._stopped.wait()
            for finishing in self._finishing:
                finishing.stop()
            for finishing in self._finishing:
                await asyncio.wait({finishing.task}, timeout=finishing.seconds)
        finally:
            end_undisturbed()
            # Paused first: a run that is cancelled before its first step cannot say that it was no fault.
            self._scheduler.pause()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._scheduler.shutdown(wait=False)
        if self._error is not None:
            raise self._error

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._watch(work))
        self._tasks.append(task)
        return task

    async def _watch(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the outermost frame of a task: `run` raises it when all have ended
            self._break(error)

    def _break(self, error: Exception) -> None:
        if self._error is None:
            self._error = error
        else:
            log.error("another task broke as the process ended: %s", reason(error))
        self.stop()
