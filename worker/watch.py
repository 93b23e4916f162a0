"""Notices what only the owner of the bot can mend, and when it is mended."""

import logging

from db.alarms import Alarms
from db.errors import FailureCode, JobFailed
from db.jobs import Job
from db.pool import UNAVAILABLE

log = logging.getLogger(__name__)

UNAVAILABLE_JOBS = 3
"""So many different jobs in a row that Stability had a fault of its own for are no accident."""

_ALARMING = (FailureCode.BAD_KEY, FailureCode.NO_CREDIT, FailureCode.MODEL_GONE, FailureCode.UNAVAILABLE)


class Watch:
    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._without_answer: set[int] = set()

    async def painted(self, job: Job) -> None:
        """Stability works, and this model does."""
        self._without_answer.clear()
        try:
            await self._alarms.silence(_ALARMING, model=job.model)
        except UNAVAILABLE as error:
            log.warning("an alarm may sound on: %s", error or type(error).__name__)

    async def failed(self, job: Job, error: JobFailed) -> None:
        if error.code is FailureCode.UNAVAILABLE:
            self._without_answer.add(job.id)
            if len(self._without_answer) < UNAVAILABLE_JOBS:
                return
        else:
            self._without_answer.clear()
        if error.code not in _ALARMING:
            return
        model = job.model if error.code is FailureCode.MODEL_GONE else None
        try:
            await self._alarms.sound(error.code, error.detail, model=model)
        except UNAVAILABLE as unavailable:
            log.warning("an alarm was not raised: %s", unavailable or type(unavailable).__name__)
