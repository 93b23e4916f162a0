"""What both processes count for Prometheus, in the registry that each makes for itself."""

from prometheus_client import CollectorRegistry, Counter, ProcessCollector

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
