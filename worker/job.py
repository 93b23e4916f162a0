"""One job's way through a worker: paint, prepare, store, finish."""

import asyncio
import logging
import random
import time
from dataclasses import dataclass
from functools import partial

from core.errors import CallTooSoon, LostJob, reason
from core.failures import FailureCode, JobFailed
from core.operations import OPERATIONS
from core.orders import Job, State
from core.provenance import mark_of
from db.ledger import Ledger
from db.pool import UNAVAILABLE
from db.queue import Queue
from db.rate_limits import RateLimit
from db.retry import until_answered, within
from worker.cpus import CpuSlots
from worker.imaging import Pictures
from worker.inputs import Inputs
from worker.instruments import Instruments
from worker.marking import Marker
from worker.providers.provider import Begun, Call, Painting, Provider
from worker.storage import Storage
from worker.watch import Watch

log = logging.getLogger(__name__)

RETRY_PAUSE_SECONDS = 2.0
RETRY_PAUSE_SECONDS_MAX = 60.0

RATE_LIMIT_PAUSE_SECONDS_MIN = 1.0
"""However soon the provider says that it may be asked again."""

RATE_LIMIT_PAUSE_SECONDS_MAX = 600.0

RATE_LIMITS_MAX = 10
"""A job that went back so often has been refused for the limit of requests for more than an hour, or provokes
it: from then on it counts as a fault."""

LOOK_SECONDS = 10.0
"""What is answered later is asked after no sooner, and no more often: the provider wants it so."""

RELEASE_SECONDS = 2.0
"""A worker that stops does not wait for longer; a lease runs out as well."""


@dataclass(frozen=True, slots=True)
class JobRunner:
    """Claims the jobs of one provider, and brings each to its end or back to the queue."""

    queue: Queue
    ledger: Ledger
    provider: Provider
    rate_limit: RateLimit
    watch: Watch
    inputs: Inputs
    storage: Storage
    cpus: CpuSlots
    marker: Marker
    instruments: Instruments

    async def prepare(self) -> None:
        """Before the first claim: waits for Postgres."""
        await until_answered(self.rate_limit.provide)
        await self.watch.check_key()

    async def claim(self, limit: int) -> list[Job]:
        """Up to `limit` jobs; where there are none, the one by which it is tried whether a pause is over."""
        began_ns = time.time_ns()
        jobs = await self.queue.claim(limit, provider=self.provider.name) or await self.watch.claim_probe()
        for job in jobs:
            self.instruments.claimed(job, began_ns)
        return jobs

    async def run(self, job: Job) -> None:
        """Whatever happens, the call of this attempt is in the ledger with all that is known of it.

        Cancelled, as the worker stops or the job was taken away, it goes back to the queue if it is still ours.
        """
        call = Call()
        log.info("attempt %d", job.attempt)
        with self.instruments.attempt(job):
            try:
                await self._attempt(job, call)
            except LostJob as error:
                log.warning("%s", error)
                # Whoever took the job away could not tell what its call costs.
                await until_answered(lambda: self.correct(job, call))
            except asyncio.CancelledError:
                await self._release(job, call)
                raise
            finally:
                if call.outcome.counts:
                    self.instruments.spent(job)

    async def _attempt(self, job: Job, call: Call) -> None:
        try:
            answer = await self._paint(job, call)
            if isinstance(answer, Begun):
                call.generation = answer.generation
                log.info("it is answered later, as %s", answer.generation)
                await until_answered(lambda: self._note_begun(job, answer.generation))
                return
            await self.store(job, answer)
        except CallTooSoon as error:
            log.info("it goes back: %s", error)
            await until_answered(partial(self.queue.release, job, delay_seconds=error.seconds))
        except JobFailed as error:
            # The call knows what the failure costs: nothing before it was sent, all of it once a picture came.
            error.outcome, error.request_id = call.outcome, call.request_id
            await self._handle_failure(job, error)
        except LostJob:
            raise
        except Exception as error:
            # The outermost frame of a job: its fault must not stop the others.
            log.error("it broke", exc_info=error)
            broken = JobFailed(FailureCode.INTERNAL, f"{type(error).__name__}: {error}")
            broken.outcome, broken.request_id = call.outcome, call.request_id
            await self._handle_failure(job, broken)
        else:
            await self.watch.painted(job)
            log.info("it is done (request %s)", answer.request_id)

    async def store(self, job: Job, painting: Painting) -> None:
        """Returns when the picture is safe. Raises JobFailed where it cannot be read, or LostJob."""
        size = job.order.size if OPERATIONS[job.order.operation].sized else None
        preparing = asyncio.ensure_future(self.cpus.in_thread(self._prepare, job, painting.content, size))
        await self.storage.store(job, painting, preparing)

    async def _paint(self, job: Job, call: Call) -> Painting | Begun:
        with self.instruments.stage("inputs", job):
            inputs = await self.inputs.of(job)
        with self.instruments.stage("pace", job):
            await self.rate_limit.wait()
        began, answer = time.perf_counter(), None
        try:
            with self.instruments.stage("generate", job):
                answer = await self.provider.paint(job, inputs, call)
        except JobFailed as error:
            call.outcome, call.request_id = error.outcome, error.request_id
            raise
        finally:
            if not isinstance(answer, Begun):
                self.instruments.generated(job, time.perf_counter() - began)
        if isinstance(answer, Painting):
            call.paid(answer.request_id)
        return answer

    async def _note_begun(self, job: Job, generation: str) -> None:
        await self.queue.begun(job, generation, look_after_seconds=LOOK_SECONDS)

    async def correct(self, job: Job, call: Call) -> None:
        await self.ledger.correct(job, call.outcome, request_id=call.request_id, generation=call.generation)

    def _prepare(self, job: Job, painted: bytes, size: tuple[int, int] | None) -> Pictures:
        with self.instruments.stage("prepare", job):
            return self.marker.prepare(mark_of(job.order), painted, size)

    async def _handle_failure(self, job: Job, error: JobFailed) -> None:
        """Decides what becomes of a job whose attempt failed; waits for Postgres to record it."""
        if error.failure.halts_provider:
            error = await self.watch.judged(job, error)
        log.log(error.failure.log_level, "attempt %d: %s", job.attempt, error)
        self.instruments.attempt_failed(error.code)
        await self.watch.failed(job, error)
        if error.code is FailureCode.RATE_LIMITED:
            await self._wait_for_limit(job, error)
        elif error.failure.halts_provider:
            await self._refused(job, error)
        elif error.failure.transient:
            await self.retry(job, error, max(_pause(job.faults), error.retry_after_seconds or 0))
        else:
            await self.fail(job, error)

    async def _wait_for_limit(self, job: Job, error: JobFailed) -> None:
        """All keep the pause that the provider asks for, unless others were painted since the job was last refused:
        then the job provokes it. The job itself keeps a longer one each time."""
        pause_seconds = max(error.retry_after_seconds or 0, RATE_LIMIT_PAUSE_SECONDS_MIN)
        if not await until_answered(lambda: self.queue.is_refused_alone(job)):
            await self.rate_limit.pause(pause_seconds)
        times = job.attempt - job.faults - 1
        delay_seconds = max(
            pause_seconds, min(pause_seconds * 2.0 ** min(times, 10), RATE_LIMIT_PAUSE_SECONDS_MAX)
        )
        if times < RATE_LIMITS_MAX:
            await self._refused(job, error, delay_seconds)
        else:
            await self.retry(job, error, delay_seconds)

    async def _refused(self, job: Job, error: JobFailed, delay_seconds: float = 0) -> None:
        await until_answered(
            lambda: self.queue.release(
                job, error.outcome, request_id=error.request_id, delay_seconds=delay_seconds, refused=True
            )
        )

    async def fail(self, job: Job, error: JobFailed) -> None:
        await until_answered(lambda: self.queue.fail(job, error))
        self.instruments.failed(error.code)

    async def retry(self, job: Job, error: JobFailed, delay_seconds: float) -> None:
        state = await until_answered(lambda: self.queue.retry(job, error, delay_seconds=delay_seconds))
        if state is State.FAILED:
            self.instruments.failed(error.code)

    async def _release(self, job: Job, call: Call) -> None:
        async def release_or_correct() -> None:
            try:
                if call.generation is not None:
                    await self._note_begun(job, call.generation)
                    return
                await self.queue.release(job, call.outcome, request_id=call.request_id)
                log.info("it went back to the queue")
            except LostJob:
                log.info("it was taken away")
                await self.correct(job, call)

        try:
            await within(RELEASE_SECONDS, release_or_correct())
        except UNAVAILABLE as error:
            log.warning("it stays as it is until its lease runs out: %s", reason(error))


def _pause(faults: int) -> float:
    """Doubles with each fault; the jitter keeps jobs that failed together from coming back together."""
    longest = min(RETRY_PAUSE_SECONDS * 2**faults, RETRY_PAUSE_SECONDS_MAX)
    return random.uniform(longest / 2, longest)
