"""Notices what only the owner of the bot can mend, and when it is mended."""

import logging
from collections.abc import Awaitable

from db.alarms import AlarmCode, Alarms
from db.errors import FailureCode, JobFailed, reason
from db.jobs import Job
from db.pool import UNAVAILABLE
from db.queue import PROBE_SECONDS

log = logging.getLogger(__name__)

UNAVAILABLE_JOBS = 3
"""So many different jobs in a row that Stability had a fault of its own for are no accident."""

PARKING_SHARE = 0.5
"""When so much of the parking is taken, the bucket has been away for long, and there is time to act yet."""

_ALARMING = {
    FailureCode.BAD_KEY: AlarmCode.BAD_KEY,
    FailureCode.NO_CREDIT: AlarmCode.NO_CREDIT,
    FailureCode.MODEL_GONE: AlarmCode.MODEL_GONE,
    FailureCode.UNAVAILABLE: AlarmCode.UNAVAILABLE,
}


class Watch:
    """`probe_seconds` is how often one worker tries whether what pauses all of them is mended."""

    def __init__(self, alarms: Alarms, *, probe_seconds: float = PROBE_SECONDS) -> None:
        self._alarms = alarms
        self._probe_seconds = probe_seconds
        self._without_answer: set[int] = set()

    async def painted(self, job: Job) -> None:
        """Stability works, and this model does."""
        self._without_answer.clear()
        codes = tuple(_ALARMING.values())
        await _note(self._alarms.silence(codes, model=job.model, raised_before=job.started_at))

    async def failed(self, job: Job, error: JobFailed) -> None:
        if error.code is FailureCode.UNAVAILABLE:
            self._without_answer.add(job.id)
            if len(self._without_answer) < UNAVAILABLE_JOBS:
                return
        else:
            self._without_answer.clear()
        code = _ALARMING.get(error.code)
        if code is None:
            return
        model = job.model if code is AlarmCode.MODEL_GONE else None
        pause_seconds = self._probe_seconds if error.failure.pausing else None
        await _note(self._alarms.sound(code, error.detail, model=model, pause_seconds=pause_seconds))

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
