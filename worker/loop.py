"""Claims jobs as places come free, keeps their leases alive, and drains at the end."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

from core.errors import reason
from core.orders import Job
from db.pool import UNAVAILABLE
from db.queue import Queue
from db.retry import until_stopped, within
from ops.logs import about_job

log = logging.getLogger(__name__)

HEARTBEATS = 3
"""How often in the time of a lease it is extended."""

Claim: TypeAlias = Callable[[int], Awaitable[list[Job]]]
"""Of one provider's jobs, up to so many."""


class Loop:
    """`run` takes a job to its end or, also when cancelled, back to the queue. `claims`, one a provider, take turns."""

    def __init__(
        self,
        queue: Queue,
        claims: Iterable[Claim],
        run: Callable[[Job], Awaitable[None]],
        *,
        concurrency: int,
        lease_seconds: float,
    ) -> None:
        self._queue = queue
        self._claims = deque(claims)
        self._run = run
        self._concurrency = concurrency
        self._lease_seconds = lease_seconds
        # By id and attempt: a job that was taken away may come back while its old attempt still ends.
        self._held: dict[tuple[int, int], asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._check = asyncio.Event()
        self.stopped = asyncio.Event()
        """Nothing more is claimed."""

    @property
    def is_idle(self) -> bool:
        return not self._held and not self.stopped.is_set()

    def wake(self) -> None:
        """There may be something to claim."""
        self._wake.set()

    def check_leases(self) -> None:
        """One of the jobs held may have been cancelled."""
        self._check.set()

    def stop(self) -> None:
        """Nothing more is claimed; `serve` returns when what is held has ended."""
        self.stopped.set()
        self._wake.set()

    async def serve(self, *, grace_seconds: float) -> None:
        """Runs until `stop`; what is held then has `grace_seconds` to end before it goes back."""
        heartbeat = asyncio.create_task(self._keep_leases(), name="heartbeat")
        # Without it every lease would run out, so a heartbeat that breaks ends the process.
        heartbeat.add_done_callback(lambda _heartbeat: self.stop())
        try:
            while not self.stopped.is_set():
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    # One that is cut off is counted as a fault.
                    await until_stopped(self.stopped, self._claim())
                await self._wake.wait()
        finally:
            # Whatever ended it, what is held is paid for.
            await self._drain(grace_seconds)
            heartbeat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await heartbeat

    async def _claim(self) -> None:
        for claim in tuple(self._claims):
            free = self._concurrency - len(self._held)
            if free == 0:
                return
            # Whoever is asked now is the last to be asked next time.
            self._claims.rotate(-1)
            try:
                jobs = await claim(free)
            except UNAVAILABLE as error:
                # The next poll tries again.
                log.warning("nothing could be claimed: %s", reason(error))
                return
            for job in jobs:
                task = asyncio.create_task(self._hold(job), name=f"job-{job.id}")
                self._held[job.id, job.attempt] = task

    async def _hold(self, job: Job) -> None:
        with about_job(job.id, job.order.prompt, job.order.negative_prompt):
            try:
                await self._run(job)
            finally:
                del self._held[job.id, job.attempt]
                self._wake.set()

    async def _keep_leases(self) -> None:
        """An extension on its way is not given up when the next is due: over a slow line none would arrive."""
        asked: set[asyncio.Task[None]] = set()
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._lease_seconds / HEARTBEATS):
                            await self._check.wait()
                    self._check.clear()
                    if self._held and len(asked) < HEARTBEATS:
                        asking = group.create_task(self._extend_leases())
                        asked.add(asking)
                        asking.add_done_callback(asked.discard)
        except ExceptionGroup as broken:
            raise broken.exceptions[0] from None

    async def _extend_leases(self) -> None:
        asked = dict(self._held)
        try:
            kept = await within(self._lease_seconds, self._queue.extend_leases(asked.keys()))
        except UNAVAILABLE as error:
            log.warning("leases could not be extended: %s", reason(error))
            return
        for lost in asked.keys() - kept:
            # Its own finish may have come in between; then the task is over and this does nothing.
            asked[lost].cancel()

    async def _drain(self, grace_seconds: float) -> None:
        tasks = list(self._held.values())
        if not tasks:
            return
        log.info("stopping: %d jobs have %g seconds to end", len(tasks), grace_seconds)
        _ended, late = await asyncio.wait(tasks, timeout=grace_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
