"""Whether Postgres answers, and since when."""

import logging
import time
from collections.abc import Callable, Coroutine
from typing import TypeAlias

from core.errors import SchemaBehind, reason
from db.pool import UNAVAILABLE, QueryFailed
from db.retry import within

log = logging.getLogger(__name__)

SILENT = "Postgres does not answer"

Question: TypeAlias = Callable[[], Coroutine[None, None, float | None]]


class DatabaseProbe:
    """Asks one question; `answer` is the newest answer, if any. The properties may be read from any thread."""

    def __init__(self, ask: Question, *, every_seconds: float) -> None:
        self._ask = ask
        self.every_seconds = every_seconds
        self._is_up: bool | None = None
        self._since = time.monotonic()
        self.answer: float | None = None
        self.problem = SILENT
        """What is wrong while it does not answer."""

    @property
    def silent_seconds(self) -> float:
        """How long Postgres has not answered; 0 while it does."""
        return 0.0 if self._is_up else time.monotonic() - self._since

    @property
    def steady_seconds(self) -> float:
        """How long Postgres has answered without a break; 0 while it does not."""
        return time.monotonic() - self._since if self._is_up else 0.0

    async def probe(self) -> None:
        try:
            self.answer = await within(max(1.0, self.every_seconds), self._ask())
        except (QueryFailed, *UNAVAILABLE) as error:
            # A schema that is not migrated yet is waited for by what needs it.
            problem = "the schema is behind" if isinstance(error, SchemaBehind) else SILENT
            if self._is_up is not False or problem != self.problem:
                log.warning("%s: %s", problem, reason(error))
            self.problem = problem
            self._change(False)
            self.answer = None
        else:
            if self._is_up is False:
                log.info("Postgres answers")
            self._change(True)

    def _change(self, is_up: bool) -> None:
        if is_up is not self._is_up:
            # In this order: a reader in between sees too short a time, and never too long a one.
            self._since = time.monotonic()
            self._is_up = is_up
