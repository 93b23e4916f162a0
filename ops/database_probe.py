"""Whether Postgres answers, since when, and what: one question, asked again and again."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import TypeAlias

from core.errors import SchemaBehind, reason
from db.pool import UNAVAILABLE, QueryFailed, within

log = logging.getLogger(__name__)

SILENT = "Postgres does not answer"

Question: TypeAlias = Callable[[], Coroutine[None, None, float | None]]


class Reach:
    """`ask` is the question; its newest answer is `answer`, and None where there is none.

    The properties may be read from any thread.
    """

    def __init__(self, ask: Question, *, every_seconds: float) -> None:
        self._ask = ask
        self._every_seconds = every_seconds
        self._answers: bool | None = None
        self._since = time.monotonic()
        self.answer: float | None = None
        self.problem = SILENT
        """What it is while it does not answer."""

    @property
    def silent_seconds(self) -> float:
        """How long Postgres has not answered; 0 while it does."""
        return 0.0 if self._answers else time.monotonic() - self._since

    @property
    def steady_seconds(self) -> float:
        """How long Postgres has answered without a break; 0 while it does not."""
        return time.monotonic() - self._since if self._answers else 0.0

    async def serve(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._every_seconds)

    async def look(self) -> None:
        try:
            self.answer = await within(max(1.0, self._every_seconds), self._ask())
        except (QueryFailed, *UNAVAILABLE) as error:
            # A schema that is not migrated yet included: what needs it waits for that by itself.
            self._note(False, error)
        else:
            self._note(True)

    def _note(self, answers: bool, error: BaseException | None = None) -> None:
        problem = self.problem if error is None else _problem(error)
        if answers is self._answers and problem == self.problem:
            return
        if error is not None:
            log.warning("%s: %s", problem, reason(error))
        elif self._answers is False:
            log.info("Postgres answers")
        self.problem = problem
        if answers is self._answers:
            return
        # In this order: a reader in between sees too short a time, and never too long a one.
        self._since = time.monotonic()
        self._answers = answers
        self.answer = self.answer if answers else None


def _problem(error: BaseException) -> str:
    if isinstance(error, SchemaBehind):
        return "the schema is behind"
    return SILENT
