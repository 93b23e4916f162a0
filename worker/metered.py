"""The parts of a worker that are counted, as such: each does what its base does, and notes it."""

from datetime import datetime
from typing import Any

from core.errors import FAILURES, FailureCode, JobFailed
from core.operations import UPSCALER
from db.orders import Job, State
from db.queue import Queue
from db.rate_limits import Pace
from db.retention import Expired, Retention
from db.spill import Parking
from worker.metrics import WorkerMetrics
from worker.providers.stability.answers import Painting
from worker.providers.stability.client import Stability
from worker.watch import Watch


class MeteredQueue(Queue):
    def __init__(self, *arguments: Any, metrics: WorkerMetrics, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._metrics = metrics

    async def claim(self, limit: int) -> list[Job]:
        jobs = await super().claim(limit)
        for job in jobs:
            self._metrics.claimed(job)
        return jobs

    async def claim_to_probe(self) -> list[Job]:
        jobs = await super().claim_to_probe()
        for job in jobs:
            self._metrics.claimed(job)
        return jobs

    async def finish(self, job: Job, **picture: Any) -> None:
        await super().finish(job, **picture)
        self._metrics.done(job)

    async def fail(self, job: Job, code: FailureCode, detail: str) -> None:
        await super().fail(job, code, detail)
        self._failed(job, code)

    async def retry(self, job: Job, code: FailureCode, detail: str, *, delay_seconds: float) -> None:
        await super().retry(job, code, detail, delay_seconds=delay_seconds)
        if job.faults + 1 >= self._attempts_max:
            self._failed(job, code)

    async def take_back(self, run_out_by: datetime) -> dict[int, State]:
        taken = await super().take_back(run_out_by)
        for state in taken.values():
            self._metrics.lease_lost()
            if state is State.FAILED:
                self._metrics.ended.note("failed", FailureCode.WORKER_LOST)
        return taken

    def _failed(self, job: Job, code: FailureCode) -> None:
        self._metrics.ended.note("failed", code)
        if FAILURES[code].charged:
            self._metrics.charged(job)


class MeteredParking(Parking):
    def __init__(self, *arguments: Any, metrics: WorkerMetrics, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._metrics = metrics

    async def park(self, job: Job, original: bytes, preview: bytes, **picture: Any) -> int:
        used = await super().park(job, original, preview, **picture)
        self._metrics.done(job, parked=True)
        return used


class MeteredPace(Pace):
    def __init__(self, *arguments: Any, metrics: WorkerMetrics, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._metrics = metrics

    async def wait(self) -> None:
        with self._metrics.rate_limit_wait.time():
            await super().wait()


class MeteredStability(Stability):
    def __init__(self, *arguments: Any, metrics: WorkerMetrics, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._metrics = metrics

    async def paint(self, job: Job) -> Painting:
        with self._metrics.generation(job.model):
            return await super().paint(job)

    async def upscale(self, picture: bytes) -> Painting:
        with self._metrics.generation(UPSCALER.name):
            return await super().upscale(picture)


class MeteredRetention(Retention):
    def __init__(self, *arguments: Any, metrics: WorkerMetrics, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._metrics = metrics

    async def expire(self) -> Expired:
        expired = await super().expire()
        self._metrics.expired(expired)
        return expired


class MeteredWatch(Watch):
    def __init__(self, *arguments: Any, metrics: WorkerMetrics, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._metrics = metrics

    async def failed(self, job: Job, error: JobFailed) -> None:
        self._metrics.attempt_failed(error.code)
        await super().failed(job, error)
