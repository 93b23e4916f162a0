"""Finds out whether what pauses jobs is over."""

import logging

from db.alarms import PROBE_SECONDS, AlarmCode, Alarms
from db.orders import Job
from db.pool import until_answered
from db.queue import Queue
from worker.providers.stability.client import Stability

log = logging.getLogger(__name__)


class Prober:
    """`probe_seconds` is how often it is tried, by all workers together, after a while."""

    def __init__(
        self, queue: Queue, alarms: Alarms, stability: Stability, *, probe_seconds: float = PROBE_SECONDS
    ) -> None:
        self._queue = queue
        self._alarms = alarms
        self._stability = stability
        self._probe_seconds = probe_seconds

    async def look_at_key(self) -> None:
        """As a worker starts, with a key that may have been set just now: no job has to meet it first."""
        takes_key = await self._stability.takes_key()
        if takes_key is False:
            log.error("STABILITY_API_KEY: Stability does not accept it; it should be a key of your account")
            detail = "the balance is refused, asked as a worker started"
            await until_answered(
                lambda: self._alarms.sound(AlarmCode.BAD_KEY, detail, pause_seconds=self._probe_seconds)
            )
        elif takes_key:
            await until_answered(lambda: self._alarms.end((AlarmCode.BAD_KEY,)))

    async def claim(self) -> list[Job]:
        """The job by which it is to be tried, if it is time and there is hope."""
        due = await self._alarms.due()
        if AlarmCode.BAD_KEY in due and await self._is_key_refused():
            due.discard(AlarmCode.BAD_KEY)
        return await self._queue.claim_to_probe() if due else []

    async def _is_key_refused(self) -> bool:
        """Asked of the balance, as it costs nothing and is nobody's job. That it takes the key ends no pause:
        it may be good for that and not for painting."""
        takes_key = await self._stability.takes_key()
        if takes_key is not False:
            log.info("the balance %s: a job is tried", "takes the key" if takes_key else "does not tell")
            return False
        log.info("the key is still refused")
        await self._alarms.postpone(AlarmCode.BAD_KEY, pause_seconds=self._probe_seconds)
        return True
