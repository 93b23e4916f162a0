"""What a worker counts: how its jobs ended, how long each part took, and what it cost."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram

from core.errors import FailureCode
from db.orders import Job
from db.retention import Expired
from ops.metrics import LONG_BUCKETS, SHORT_BUCKETS, Ended


class WorkerMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.ended = Ended(registry)
        self._time(registry)
        self._count(registry)

    def _time(self, registry: CollectorRegistry) -> None:
        def seconds(name: str, what: str, labels: Sequence[str] = (), *, short: bool = False) -> Histogram:
            buckets = SHORT_BUCKETS if short else LONG_BUCKETS
            return Histogram(f"tigerbrush_{name}_seconds", what, labels, buckets=buckets, registry=registry)

        self._pickup = seconds(
            "job_pickup_delay", "How long a job waited until a worker took it for the first time"
        )
        self._generation = seconds(
            "generation", "How long Stability took for one call, failed ones included", ["model"]
        )
        self.prepare = seconds(
            "prepare", "How long it took to make a picture's exact size and its preview", short=True
        )
        self.upload = seconds(
            "upload", "How long the bucket took for a picture and its preview, failed tries included"
        )
        self.rate_limit_wait = seconds(
            "rate_limit_wait", "How long a call to Stability was held back to keep to its rate limit"
        )

    def _count(self, registry: CollectorRegistry) -> None:
        def counter(name: str, what: str, labels: Sequence[str] = ()) -> Counter:
            return Counter(f"tigerbrush_{name}", what, labels, registry=registry)

        self._attempts_failed = counter(
            "attempts_failed", "Attempts at a job that failed, whatever became of the job", ["code"]
        )
        self._credits = counter(
            "credits_spent", "Stability's credits (0.01 USD each) that were spent", ["model"]
        )
        self._leases_lost = counter("leases_lost", "Jobs whose worker was lost, as their lease ran out")
        self._parked = counter(
            "pictures_parked_ever", "Pictures that went to Postgres, as the bucket did not take them"
        )
        self._expired = counter(
            "pictures_expired", "Pictures whose originals are kept no longer, as the days for it are over"
        )
        self._expired_bytes = counter("pictures_expired_bytes", "What the originals of these take")

    def claimed(self, job: Job) -> None:
        if job.attempt == 1 and job.started_at is not None:
            self._pickup.observe(max(0.0, (job.started_at - job.created_at).total_seconds()))

    def done(self, job: Job, *, parked: bool = False) -> None:
        self.ended.note("done")
        self.charged(job)
        if parked:
            self._parked.inc()

    def charged(self, job: Job) -> None:
        self._credits.labels(job.model).inc(float(job.credits))

    def attempt_failed(self, code: FailureCode) -> None:
        self._attempts_failed.labels(code).inc()

    def lease_lost(self) -> None:
        self._leases_lost.inc()

    def expired(self, expired: Expired) -> None:
        self._expired.inc(expired.pictures)
        self._expired_bytes.inc(expired.bytes)

    @contextmanager
    def generation(self, model: str) -> Iterator[None]:
        with self._generation.labels(model).time():
            yield
