"""What both processes count for Prometheus, in the registry that each makes for itself."""

import asyncio
import time

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

LAG_EVERY_SECONDS = 1.0

SHORT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LONG_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600)
"""In seconds: up to what local work takes, and up to what a picture may take or wait."""


def new_registry() -> CollectorRegistry:
    """With the memory, processor time and start of the process in it already."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


class Ended:
    """How jobs ended, each counted once, by the process that ended it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._total = Counter(
            "tigerbrush_jobs_ended",
            "Jobs that ended, by outcome (done, failed, cancelled) and the code of a failure",
            ["outcome", "code"],
            registry=registry,
        )

    def note(self, outcome: str, code: str = "") -> None:
        self._total.labels(outcome, code).inc()


class LoopLag:
    """How much later than planned the event loop comes to what is due."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = Histogram(
            "tigerbrush_event_loop_lag_seconds",
            "How late the event loop came to a timer that was due",
            buckets=SHORT_BUCKETS,
            registry=registry,
        )

    async def serve(self) -> None:
        """Runs until it is cancelled."""
        while True:
            planned = time.monotonic() + LAG_EVERY_SECONDS
            await asyncio.sleep(LAG_EVERY_SECONDS)
            self._lag.observe(max(0.0, time.monotonic() - planned))
