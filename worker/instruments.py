"""What is counted, timed and traced of a worker, at the places where it happens."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram

from core.failures import FailureCode
from core.orders import Job, State
from db.retention import Expired
from ops.metrics import LONG_BUCKETS, SHORT_BUCKETS, Ended
from ops.tracing.traces import Traces


class Instruments:
    def __init__(self, registry: CollectorRegistry, traces: Traces) -> None:
        self.registry = registry
        self._traces = traces
        self._ended = Ended(registry)

        def seconds(name: str, what: str, labels: Sequence[str] = (), *, short: bool = False) -> Histogram:
            buckets = SHORT_BUCKETS if short else LONG_BUCKETS
            return Histogram(f"tigerbrush_{name}_seconds", what, labels, buckets=buckets, registry=registry)

        def counter(name: str, what: str, labels: Sequence[str] = ()) -> Counter:
            return Counter(f"tigerbrush_{name}", what, labels, registry=registry)

        self._pickup = seconds(
            "job_pickup_delay", "How long a job waited until a worker took it for the first time"
        )
        self._generation = seconds(
            "generation", "How long the provider took for one call, failed ones included", ["model"]
        )
        self._stages = {
            "pace": seconds("rate_limit_wait", "How long a call was held back to keep to its rate limit"),
            "prepare": seconds(
                "prepare", "How long it took to make a picture's exact size and its preview", short=True
            ),
            "upload": seconds(
                "upload", "How long the bucket took for a picture and its preview, failed tries included"
            ),
        }
        self._attempts_failed = counter(
            "attempts_failed", "Attempts at a job that failed, whatever became of the job", ["code"]
        )
        self._credits = counter(
            "credits_spent", "Credits (0.01 USD each) that were or may have been billed", ["model"]
        )
        self._leases_lost = counter("leases_lost", "Jobs whose worker was lost, as their lease ran out")
        self._spilled = counter(
            "pictures_parked_ever", "Pictures that went to Postgres, as the bucket did not take them"
        )
        self._expired = counter(
            "pictures_expired", "Pictures whose originals are kept no longer, as the days for it are over"
        )
        self._expired_bytes = counter("pictures_expired_bytes", "What the originals of these take")

    def claimed(self, job: Job, began_ns: int) -> None:
        """By a claim that began then, by `time.time_ns`: whose trace it is part of is known afterwards."""
        self._traces.since(began_ns, "claim", job)
        if job.attempt == 1 and job.started_at is not None:
            self._pickup.observe(max(0.0, (job.started_at - job.order.created_at).total_seconds()))

    def attempt(self, job: Job) -> AbstractContextManager[None]:
        return self._traces.of_job("attempt", job)

    def look(self, job: Job) -> AbstractContextManager[None]:
        return self._traces.of_job("look", job)

    def generated(self, job: Job, seconds: float) -> None:
        """By the provider, from the call until its answer, and until the result where that comes later."""
        self._generation.labels(job.order.model).observe(seconds)

    @contextmanager
    def stage(self, name: str, job: Job) -> Iterator[None]:
        """A part of an attempt, in a span and in the histogram of this name, if there is one."""
        histogram = self._stages.get(name)
        began = time.perf_counter()
        try:
            with self._traces.span(name):
                yield
        finally:
            if histogram is not None:
                histogram.observe(time.perf_counter() - began)

    def done(self, *, spilled: bool = False) -> None:
        self._traces.note(outcome="parked" if spilled else "done")
        self._ended.note(State.DONE)
        if spilled:
            self._spilled.inc()

    def attempt_failed(self, code: FailureCode) -> None:
        self._traces.note(outcome=code)
        self._attempts_failed.labels(code).inc()

    def failed(self, code: FailureCode) -> None:
        """The job, and not only an attempt."""
        self._ended.note(State.FAILED, code)

    def spent(self, job: Job) -> None:
        self._credits.labels(job.order.model).inc(float(job.price))

    def reclaimed(self, state: State) -> None:
        self._leases_lost.inc()
        if state is State.FAILED:
            self.failed(FailureCode.WORKER_LOST)

    def expired(self, expired: Expired) -> None:
        self._expired.inc(expired.pictures)
        self._expired_bytes.inc(expired.bytes)
