"""What a worker counts: how its jobs ended, how long each part took, and what it cost."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram

from db.errors import FailureCode
from db.jobs import Job
from db.metrics import LONG_BUCKETS, SHORT_BUCKETS, Ended
from db.retention import Expired


class WorkerMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.ended = Ended(registry)
        self._pickup = Histogram(
            "tigerbrush_job_pickup_delay_seconds",
            "How long a job waited until a worker took it for the first time",
            buckets=LONG_BUCKETS,
            registry=registry,
        )
        self._generation = Histogram(
            "tigerbrush_generation_seconds",
            "How long Stability took for one call, failed ones included",
            ["model"],
            buckets=LONG_BUCKETS,
            registry=registry,
        )
        self.prepare = Histogram(
            "tigerbrush_prepare_seconds",
            "How long it took to make a picture's exact size and its preview",
            buckets=SHORT_BUCKETS,
            registry=registry,
        )
        self.upload = Histogram(
            "tigerbrush_upload_seconds",
            "How long the bucket took for a picture and its preview, failed tries included",
            buckets=LONG_BUCKETS,
            registry=registry,
        )
        self.rate_limit_wait = Histogram(
            "tigerbrush_rate_limit_wait_seconds",
            "How long a call to Stability was held back to keep to its rate limit",
            buckets=LONG_BUCKETS,
            registry=registry,
        )
        self._attempts_failed = Counter(
            "tigerbrush_attempts_failed",
            "Attempts at a job that failed, whatever became of the job",
            ["code"],
            registry=registry,
        )
        self._credits = Counter(
            "tigerbrush_credits_spent",
            "Stability's credits (0.01 USD each) that were spent",
            ["model"],
            registry=registry,
        )
        self._leases_lost = Counter(
            "tigerbrush_leases_lost", "Jobs whose worker was lost, as their lease ran out", registry=registry
        )
        self._parked = Counter(
            "tigerbrush_pictures_parked_ever",
            "Pictures that went to Postgres, as the bucket did not take them",
            registry=registry,
        )

        self._expired = Counter(
            "tigerbrush_pictures_expired",
            "Pictures whose originals are kept no longer, as the days for it are over",
            registry=registry,
        )
        self._expired_bytes = Counter(
            "tigerbrush_pictures_expired_bytes", "What the originals of these take", registry=registry
        )

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
