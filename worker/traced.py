"""The parts of a worker that are seen in traces, as such: each does what its base does, in a span."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from core.errors import JobFailed
from db.orders import Job
from ops.tracing.traces import Traces
from worker.job import JobRunner
from worker.metered import MeteredPace, MeteredParking, MeteredQueue, MeteredStability
from worker.providers.stability.answers import Painting


class TracedQueue(MeteredQueue):
    def __init__(self, *arguments: Any, traces: Traces, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._traces = traces

    async def claim(self, limit: int) -> list[Job]:
        # Whose trace it belongs to is known afterwards.
        began_ns = time.time_ns()
        jobs = await super().claim(limit)
        for job in jobs:
            self._traces.since(began_ns, "claim", job)
        return jobs

    async def claim_to_probe(self) -> list[Job]:
        began_ns = time.time_ns()
        jobs = await super().claim_to_probe()
        for job in jobs:
            self._traces.since(began_ns, "claim", job)
        return jobs

    async def finish(self, job: Job, **picture: Any) -> None:
        with self._traces.span("finish"):
            await super().finish(job, **picture)
        self._traces.note(outcome="done")


class TracedParking(MeteredParking):
    def __init__(self, *arguments: Any, traces: Traces, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._traces = traces

    async def park(self, job: Job, original: bytes, preview: bytes, **picture: Any) -> int:
        with self._traces.span("park"):
            used = await super().park(job, original, preview, **picture)
        self._traces.note(outcome="parked")
        return used


class TracedPace(MeteredPace):
    def __init__(self, *arguments: Any, traces: Traces, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._traces = traces

    async def wait(self) -> None:
        with self._traces.span("pace"):
            await super().wait()


class TracedStability(MeteredStability):
    def __init__(self, *arguments: Any, traces: Traces, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._traces = traces

    async def paint(self, job: Job) -> Painting:
        with self._traces.span("generate"):
            return await super().paint(job)

    async def upscale(self, picture: bytes) -> Painting:
        with self._traces.span("generate"):
            return await super().upscale(picture)


class TracedJobRunner(JobRunner):
    def __init__(self, *arguments: Any, traces: Traces, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._traces = traces

    async def run(self, job: Job) -> None:
        with self._traces.of_job("attempt", job):
            await super().run(job)

    async def settle(self, job: Job, error: JobFailed) -> None:
        self._traces.note(outcome=error.code)
        await super().settle(job, error)


def timed(
    traces: Traces, name: str, timer: Callable[[], AbstractContextManager[object]]
) -> Callable[[], AbstractContextManager[object]]:
    """A span for as long as the timer counts."""

    @contextmanager
    def both() -> Iterator[None]:
        with timer(), traces.span(name):
            yield

    return both
