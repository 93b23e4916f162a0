"""Notices what only the owner of the bot can mend, and when it is mended."""

import logging
from collections import defaultdict
from collections.abc import Awaitable

from core.errors import FailureCode, JobFailed, reason
from db.alarms import PROBE_SECONDS, AlarmCode, Alarms
from db.orders import Job
from db.pool import UNAVAILABLE
from ops.logs import without_what_was_typed

log = logging.getLogger(__name__)

JOBS_IN_A_ROW = 3
"""So many different jobs in a row that met the same, with nothing painted between, are no accident."""

PARKING_SHARE = 0.5
"""When so much of the parking is taken, the bucket has been away for long, and there is time to act yet."""

_WITHOUT_ANSWER = {FailureCode.UNAVAILABLE, FailureCode.BLOCKED, FailureCode.BAD_PICTURE}
_ALARMING = {
    **dict.fromkeys(_WITHOUT_ANSWER, AlarmCode.UNAVAILABLE),
    FailureCode.BAD_KEY: AlarmCode.BAD_KEY,
    FailureCode.NO_CREDIT: AlarmCode.NO_CREDIT,
    FailureCode.MODEL_GONE: AlarmCode.MODEL_GONE,
}


class Watch:
    """`probe_seconds` is how often one worker tries whether what pauses all of them is mended."""

    def __init__(self, alarms: Alarms, *, probe_seconds: float = PROBE_SECONDS) -> None:
        self._alarms = alarms
        self._probe_seconds = probe_seconds
        # The jobs that met the same in a row: by the alarm, and by the model where that is what it is about.
        self._in_a_row: defaultdict[tuple[AlarmCode, str | None], set[int]] = defaultdict(set)

    async def painted(self, job: Job) -> None:
        """Stability works, this model does, and there is credit for its price."""
        for code, model in list(self._in_a_row):
            if model in (None, job.model):
                del self._in_a_row[code, model]
        codes = tuple(set(_ALARMING.values()))
        await _note(
            self._alarms.silence(codes, model=job.model, raised_before=job.started_at, price=job.credits)
        )

    async def failed(self, job: Job, error: JobFailed) -> None:
        if error.code is FailureCode.FILTERED:
            # It was painted, and billed.
            await self.painted(job)
            return
        code = _ALARMING.get(error.code)
        if code is not AlarmCode.UNAVAILABLE:
            self._in_a_row.pop((AlarmCode.UNAVAILABLE, None), None)
        model = job.model if code is AlarmCode.MODEL_GONE else None
        # Those that may be about one job's words.
        alone = code in (AlarmCode.UNAVAILABLE, AlarmCode.MODEL_GONE) and not self._is_one_of_many(
            code, job, model
        )
        if code is not None and not alone:
            await self._sound(code, job, error, model)

    async def concerns_all(self, code: AlarmCode, job: Job) -> bool:
        """Whether more than this job met what pauses jobs, though the balance contradicts it."""
        for alarm in await self._alarms.open():
            if alarm.code is code and (alarm.price or 0) <= job.credits:
                return True
        if not self._is_one_of_many(code, job):
            return False
        # Counted anew when the alarm has ended, by whichever worker.
        del self._in_a_row[code, None]
        return True

    def _is_one_of_many(self, code: AlarmCode, job: Job, model: str | None = None) -> bool:
        jobs = self._in_a_row[code, model]
        jobs.add(job.id)
        return len(jobs) >= JOBS_IN_A_ROW

    async def _sound(self, code: AlarmCode, job: Job, error: JobFailed, model: str | None) -> None:
        price = job.credits if code is AlarmCode.NO_CREDIT else None
        pause_seconds = self._probe_seconds if error.failure.pausing else None
        # The bot logs it, and tells it to the owner.
        detail = without_what_was_typed(error.detail)
        await _note(self._alarms.sound(code, detail, model=model, pause_seconds=pause_seconds, price=price))

    async def parked(self, used: int, most: int) -> None:
        """One more picture was parked; the counts are in bytes."""
        if used >= most * PARKING_SHARE:
            await _note(self._alarms.sound(AlarmCode.PARKING_FILLS, f"{used} of {most} bytes"))

    async def parking_is_full(self, detail: str) -> None:
        await _note(self._alarms.sound(AlarmCode.PARKING_FULL, detail))

    async def carried(self, used: int, most: int) -> None:
        """The bucket takes pictures again; the counts are in bytes."""
        if used < most * PARKING_SHARE:
            await _note(self._alarms.end((AlarmCode.PARKING_FILLS, AlarmCode.PARKING_FULL)))


async def _note(work: Awaitable[None]) -> None:
    """A job must not fail over an alarm."""
    try:
        await work
    except UNAVAILABLE as error:
        log.warning("an alarm could not be changed: %s", reason(error))
