"""`/healthz`: whether this process does its work; `/metrics`: what Prometheus scrapes.

A process whose event loop is blocked for good logs where, and ends, so that the platform starts it again.
"""

import asyncio
import faulthandler
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeAlias

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest

from core.settings import HealthSettings
from ops.database_probe import DatabaseProbe
from ops.health_port import PLAIN, Answer, listening
from ops.metrics import SHORT_BUCKETS

BEAT_SECONDS = 1.0
BLOCKED_SECONDS_MAX = 10.0
"""How long the event loop may be blocked before that is a problem."""

SILENT_SECONDS_MAX = 30.0
"""How long Postgres may be away: its restart takes less."""

Check: TypeAlias = Callable[[], str | None]
"""A line that says what is wrong, or None. It is called from another thread, so it only reads."""


class Health:
    def __init__(
        self, checks: Sequence[Check], registry: CollectorRegistry, *, loop_stuck_seconds_max: float
    ) -> None:
        self.registry = registry
        self._checks = [self._blocked, *checks]
        self._loop_stuck_seconds_max = loop_stuck_seconds_max
        self._beaten_at = time.monotonic()
        self._lag = Histogram(
            "tigerbrush_event_loop_lag_seconds",
            "How late the event loop came to a timer that was due",
            buckets=SHORT_BUCKETS,
            registry=registry,
        )

    async def serve(self) -> None:
        """Shows that the event loop turns, and measures how late, until it is cancelled.

        Not by the scheduler, which goes by the wall clock: one that is set back would look like a loop that is stuck.
        """
        try:
            while True:
                self._beaten_at = time.monotonic()
                # Armed anew at each beat. It needs neither the event loop nor the interpreter's lock.
                faulthandler.dump_traceback_later(self._loop_stuck_seconds_max, exit=True)
                await asyncio.sleep(BEAT_SECONDS)
                self._lag.observe(max(0.0, time.monotonic() - self._beaten_at - BEAT_SECONDS))
        finally:
            faulthandler.cancel_dump_traceback_later()

    def problems(self) -> list[str]:
        return [problem for check in self._checks if (problem := check()) is not None]

    def _blocked(self) -> str | None:
        seconds = time.monotonic() - self._beaten_at
        return f"the event loop is blocked for {seconds:.0f} s" if seconds > BLOCKED_SECONDS_MAX else None


def unreachable(probe: DatabaseProbe) -> Check:
    def check() -> str | None:
        seconds = probe.silent_seconds
        return f"{probe.problem} for {seconds:.0f} s" if seconds > SILENT_SECONDS_MAX else None

    return check


@contextmanager
def answering(health: Health, settings: HealthSettings) -> Iterator[None]:
    """Without a port, not at all. Raises Misconfigured where it cannot be had."""
    if settings.health_port is None:
        yield
        return

    def answer(path: str) -> Answer:
        if path == "/healthz":
            problems = health.problems()
            status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
            return status, PLAIN, ("\n".join(problems or ["ok"]) + "\n").encode()
        if path == "/metrics":
            return HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(health.registry)
        return HTTPStatus.NOT_FOUND, PLAIN, b"there are /healthz and /metrics\n"

    with listening(settings, settings.health_port, answer):
        yield
