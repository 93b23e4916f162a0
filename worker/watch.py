"""Notices what only the owner of the bot can mend, of one provider, and finds out when it is mended."""

import logging
from collections import defaultdict
from collections.abc import Awaitable
from decimal import Decimal

from core.errors import reason
from core.failures import FailureCode, JobFailed
from core.orders import Job
from db.alarms import PROBE_SECONDS, AlarmCode, Alarms
from db.pool import UNAVAILABLE
from db.queue import Queue
from db.retry import until_answered
from ops.logs import without_what_was_typed
from worker.providers.provider import Provider

log = logging.getLogger(__name__)

JOBS_IN_A_ROW = 3
"""So many different jobs in a row that met the same, with nothing painted between, are no accident."""

_ALARMS = {
    FailureCode.UNAVAILABLE: AlarmCode.UNAVAILABLE,
    FailureCode.BLOCKED: AlarmCode.UNAVAILABLE,
    FailureCode.BAD_PICTURE: AlarmCode.UNAVAILABLE,
    FailureCode.BAD_KEY: AlarmCode.BAD_KEY,
    FailureCode.NO_CREDIT: AlarmCode.NO_CREDIT,
    FailureCode.MODEL_GONE: AlarmCode.MODEL_GONE,
}


class Watch:
    """`probe_seconds` is how often one worker of all tries whether what pauses the provider's jobs is over."""

    def __init__(
        self, queue: Queue, alarms: Alarms, provider: Provider, *, probe_seconds: float = PROBE_SECONDS
    ) -> None:
        self._queue = queue
        self._alarms = alarms
        self._provider = provider
        self._name = provider.name
        self._probe_seconds = probe_seconds
        # The jobs that met the same in a row: by the alarm, and by the model where that is what it is about.
        self._in_a_row: defaultdict[tuple[AlarmCode, str], set[int]] = defaultdict(set)

    async def painted(self, job: Job) -> None:
        """The provider works, this model does, and there is credit for its price."""
        model = job.order.model
        for code, of_model in list(self._in_a_row):
            if of_model in ("", model):
                del self._in_a_row[code, of_model]
        await note(
            self._alarms.resolve(
                set(_ALARMS.values()),
                provider=self._name,
                model=model,
                raised_before=job.started_at,
                price=job.price,
            )
        )

    async def failed(self, job: Job, error: JobFailed) -> None:
        if error.code is FailureCode.FILTERED:
            # It was painted, and billed.
            await self.painted(job)
            return
        code = _ALARMS.get(error.code)
        if code is not AlarmCode.UNAVAILABLE:
            self._in_a_row.pop((AlarmCode.UNAVAILABLE, ""), None)
        model = job.order.model if code is AlarmCode.MODEL_GONE else ""
        # Those that may be about one job's words.
        alone = code in (AlarmCode.UNAVAILABLE, AlarmCode.MODEL_GONE) and not self._is_one_of_many(
            code, job, model
        )
        if code is None or alone:
            return
        await note(
            self._alarms.raise_(
                code,
                # The bot logs it, and tells it to the owner.
                without_what_was_typed(error.detail),
                provider=self._name,
                model=model,
                pause_seconds=self._probe_seconds if error.failure.halts_provider else None,
                price=job.price if code is AlarmCode.NO_CREDIT else None,
            )
        )

    async def judged(self, job: Job, error: JobFailed) -> JobFailed:
        """A refusal of the key or for want of credit as it came; or a transient fault, if it is about this job alone.

        The balance tells; but it may take a key that may not paint, and its number has been seen wrong for a while:
        what several jobs in a row have met is true in spite of it.
        """
        asking = self.takes_key() if error.code is FailureCode.BAD_KEY else self._affords(job.price)
        contradicted = await asking
        if contradicted is None:
            alone = await until_answered(lambda: self._queue.is_refused_alone(job))
        elif contradicted:
            code = AlarmCode(error.code)
            alone = not await until_answered(lambda: self._concerns_all(code, job))
            error = error.restated(error.code, f"the balance says otherwise, but: {error.detail}")
        else:
            return error
        return (
            error.restated(FailureCode.UNAVAILABLE, f"of this job alone: {error.detail}") if alone else error
        )

    async def check_key(self) -> None:
        """As a worker starts, with a key that may have been set just now: no job has to meet it first."""
        takes_key = await self.takes_key()
        if takes_key is False:
            variable, title = self._provider.key_variable, self._provider.title
            log.error("%s: %s does not accept it; it should be a key of your account", variable, title)
            await until_answered(
                lambda: self._alarms.raise_(
                    AlarmCode.BAD_KEY,
                    "the balance is refused, asked as a worker started",
                    provider=self._name,
                    pause_seconds=self._probe_seconds,
                )
            )
        elif takes_key:
            await until_answered(lambda: self._alarms.resolve((AlarmCode.BAD_KEY,), provider=self._name))

    async def claim_probe(self) -> list[Job]:
        """The job by which it is to be tried whether a pause is over, if it is time and there is hope."""
        due = await self._alarms.due(self._name)
        # The balance costs nothing and is nobody's job. That it takes the key ends no pause: it may be good for that
        # and not for painting.
        if AlarmCode.BAD_KEY in due and await self.takes_key() is False:
            log.info("the key is still refused")
            await self._alarms.postpone(AlarmCode.BAD_KEY, self._name, pause_seconds=self._probe_seconds)
            due.discard(AlarmCode.BAD_KEY)
        return await self._queue.claim_probe(provider=self._name) if due else []

    async def takes_key(self) -> bool | None:
        """Whether the key is known, asked where it costs nothing; None where the answer does not tell."""
        try:
            await self._provider.balance()
        except JobFailed as error:
            if error.code is FailureCode.BAD_KEY:
                return False
            log.warning("the balance does not tell whether the key is good: %s", error)
            return None
        return True

    async def _affords(self, credits: Decimal) -> bool | None:
        """Whether so much is left; None where the answer does not tell."""
        try:
            return await self._provider.balance() >= credits
        except JobFailed as error:
            log.warning("the balance does not tell what is left: %s", error)
            return None

    async def _concerns_all(self, code: AlarmCode, job: Job) -> bool:
        """Whether more than this job met what pauses jobs, though the balance contradicts it."""
        for alarm in await self._alarms.open():
            if (alarm.code, alarm.provider) == (code, self._name) and (alarm.price or 0) <= job.price:
                return True
        if not self._is_one_of_many(code, job):
            return False
        # Counted anew when the alarm has ended, by whichever worker.
        del self._in_a_row[code, ""]
        return True

    def _is_one_of_many(self, code: AlarmCode, job: Job, model: str = "") -> bool:
        jobs = self._in_a_row[code, model]
        jobs.add(job.id)
        return len(jobs) >= JOBS_IN_A_ROW


async def note(work: Awaitable[None]) -> None:
    """A job must not fail over an alarm."""
    try:
        await work
    except UNAVAILABLE as error:
        log.warning("an alarm could not be changed: %s", reason(error))
