"""Asks after what a provider answers later, until there is a picture or its word that none comes."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from core.errors import CallTooSoon, LostJob, reason
from core.failures import FailureCode, JobFailed, Outcome
from core.orders import Job
from db.pool import UNAVAILABLE
from db.retry import until_answered, within
from worker.job import LOOK_SECONDS, RATE_LIMIT_PAUSE_SECONDS_MIN, RELEASE_SECONDS, JobRunner
from worker.providers.provider import Call, Painting

log = logging.getLogger(__name__)

LOOKS_MAX = 4
"""At once, beside the places of WORKER_CONCURRENCY: one takes a moment, or a picture's memory."""

TICK_SECONDS = 2.0
"""How often a worker looks what is to be asked after."""

GRACE_SECONDS = 5.0
"""For what is being stored as the worker stops; another one asks for it again."""

LOOK_SECONDS_MAX = 300.0
"""The longer it takes, the less often it is asked after."""

UNREADABLE_SECONDS = 60.0
"""After which what could not be read is asked for again, as the answer may not have been the provider's; and later the
next time. It is a fault, and the last one that the job may have ends it: it is not paid for twice."""

GONE_SECONDS = 25 * 3600.0
"""Of what is older a provider has no answer any more: Stability keeps results for 24 hours."""

_UNREADABLE = {
    FailureCode.BAD_PICTURE,
    FailureCode.INTERNAL,
    # Of the question, and not of what was begun.
    FailureCode.BAD_REQUEST,
    FailureCode.MODEL_GONE,
}


@dataclass(frozen=True, slots=True)
class Collector:
    """Of the provider whose jobs `runner` begins."""

    runner: JobRunner

    async def claim(self, limit: int) -> list[Job]:
        return await self.runner.queue.claim_begun(limit, provider=self.runner.provider.name)

    async def run(self, job: Job) -> None:
        """One look. What was begun may be billed, whatever the look brings; cancelled, it is handed on."""
        call = Call(Outcome.UNKNOWN)
        with self.runner.instruments.look(job):
            try:
                await self._look(job, call)
            except LostJob as error:
                log.warning("%s", error)
                await until_answered(lambda: self.runner.correct(job, call))
            except asyncio.CancelledError:
                await self._hand_on(job, call)
                raise

    async def _look(self, job: Job, call: Call) -> None:
        try:
            painting = await self._collect(job, call)
            if painting is None:
                await self._later(job)
                return
            await self.runner.store(job, painting)
        except CallTooSoon as error:
            await self._later(job, error.seconds)
        except JobFailed as error:
            await self._handle_failure(job, call, error)
        except LostJob:
            raise
        except Exception as error:
            # The outermost frame of a look: its fault must not stop the others.
            log.error("it broke", exc_info=error)
            broken = JobFailed(FailureCode.INTERNAL, f"{type(error).__name__}: {error}")
            await self._handle_failure(job, call, broken)
        else:
            self.runner.instruments.generated(job, _age(job))
            await self.runner.watch.painted(job)
            log.info("it is done (request %s)", painting.request_id)

    async def _collect(self, job: Job, call: Call) -> Painting | None:
        with self.runner.instruments.stage("pace", job):
            await self.runner.rate_limit.wait()
        with self.runner.instruments.stage("collect", job):
            painting = await self.runner.provider.collect(job, call)
        if painting is not None:
            call.paid(painting.request_id)
        return painting

    async def _handle_failure(self, job: Job, call: Call, error: JobFailed) -> None:
        """It is asked after again while the failure may be of the question, the answer or its way."""
        if error.failure.halts_provider:
            error = await self.runner.watch.judged(job, error)
        log.log(error.failure.log_level, "asked after %s: %s", job.generation, error)
        await self.runner.watch.failed(job, error)
        if error.code in _UNREADABLE:
            error.outcome, error.request_id = call.outcome, error.request_id or call.request_id
        if error.code is FailureCode.GENERATION_GONE:
            await self._begin_again(job, error)
        elif error.code in _UNREADABLE:
            await self._count(job, error)
        elif error.failure.transient or error.failure.halts_provider:
            await self._later(job, await self._pause(error))
        else:
            await self._fail(job, error)

    async def _count(self, job: Job, error: JobFailed) -> None:
        if job.faults + 1 < self.runner.queue.attempts_max:
            self.runner.instruments.attempt_failed(error.code)
            await self._later(job, min(UNREADABLE_SECONDS * 5**job.faults, LOOK_SECONDS_MAX), faults=1)
        else:
            await self._fail(job, error)

    async def _pause(self, error: JobFailed) -> float:
        """What all keep, where the provider asks for it."""
        seconds = error.retry_after_seconds or 0
        if error.code is FailureCode.RATE_LIMITED:
            seconds = max(seconds, RATE_LIMIT_PAUSE_SECONDS_MIN)
            await self.runner.rate_limit.pause(seconds)
        return seconds

    async def _later(self, job: Job, seconds: float = 0, *, faults: int = 0) -> None:
        age = _age(job)
        if age > GONE_SECONDS:
            hours = round(age / 3600)
            error = JobFailed(FailureCode.GENERATION_GONE, f"without a result for {hours} hours")
            await self._begin_again(job, error)
            return
        pause_seconds = max(LOOK_SECONDS, min(age / 10, LOOK_SECONDS_MAX), seconds)
        await until_answered(lambda: self.runner.queue.look_later(job, seconds=pause_seconds, faults=faults))

    async def _begin_again(self, job: Job, error: JobFailed) -> None:
        log.warning("what was begun as %s is gone: %s", job.generation, error)
        self.runner.instruments.attempt_failed(error.code)
        await self.runner.retry(job, error, delay_seconds=0)

    async def _fail(self, job: Job, error: JobFailed) -> None:
        self.runner.instruments.attempt_failed(error.code)
        await self.runner.fail(job, error)

    async def _hand_on(self, job: Job, call: Call) -> None:
        async def hand_on_or_correct() -> None:
            try:
                # As it may just have been asked after.
                await self.runner.queue.look_later(job, seconds=LOOK_SECONDS)
            except LostJob:
                await self.runner.correct(job, call)

        try:
            await within(RELEASE_SECONDS, hand_on_or_correct())
        except UNAVAILABLE as error:
            log.warning("nobody asks after it until its lease runs out: %s", reason(error))


def _age(job: Job) -> float:
    """For how many seconds it has been at work."""
    began_at = job.started_at
    return (datetime.now(UTC) - began_at).total_seconds() if began_at is not None else 0.0
