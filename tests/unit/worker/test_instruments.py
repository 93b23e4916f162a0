"""What happens is counted under the names that docs and dashboards have."""

import pytest
from prometheus_client import CollectorRegistry

from core.failures import FailureCode, JobFailed
from core.orders import State
from db.retention import Expired
from ops.tracing.traces import Traces
from tests.jobs import JOB, NOW
from tests.jobs import job as job_of
from worker.instruments import Instruments


@pytest.fixture
def instruments() -> Instruments:
    return Instruments(CollectorRegistry(), Traces())


def value(instruments: Instruments, name: str, **labels: str) -> float:
    return instruments.registry.get_sample_value(f"tigerbrush_{name}", labels) or 0.0


@pytest.mark.parametrize(
    ("stage", "name", "labels"),
    [
        ("pace", "rate_limit_wait_seconds_count", {}),
        ("prepare", "prepare_seconds_count", {}),
        ("upload", "upload_seconds_count", {}),
    ],
)
def test_a_stage_is_timed_whether_it_ends_well_or_not(
    instruments: Instruments, stage: str, name: str, labels: dict[str, str]
) -> None:
    with instruments.stage(stage, JOB):
        pass
    with pytest.raises(JobFailed), instruments.stage(stage, JOB):
        raise JobFailed(FailureCode.UNAVAILABLE)
    assert value(instruments, name, **labels) == 2


def test_a_stage_that_nobody_times_is_a_span_alone(instruments: Instruments) -> None:
    with instruments.stage("finish", JOB):
        pass
    assert value(instruments, "upload_seconds_count") == 0


def test_a_job_is_picked_up_once(instruments: Instruments) -> None:
    for attempt in (1, 2):
        instruments.claimed(job_of(attempt=attempt, started_at=NOW), 0)
    assert value(instruments, "job_pickup_delay_seconds_count") == 1


def test_each_end_is_counted(instruments: Instruments) -> None:
    instruments.done()
    instruments.done(spilled=True)
    instruments.attempt_failed(FailureCode.UNAVAILABLE)
    instruments.failed(FailureCode.REFUSED)
    instruments.spent(JOB)
    instruments.reclaimed(State.QUEUED)
    instruments.reclaimed(State.FAILED)
    instruments.expired(Expired(2, 300))
    assert value(instruments, "jobs_ended_total", outcome="done", code="") == 2
    assert value(instruments, "pictures_parked_ever_total") == 1
    assert value(instruments, "attempts_failed_total", code="unavailable") == 1
    assert value(instruments, "jobs_ended_total", outcome="failed", code="refused") == 1
    assert value(instruments, "jobs_ended_total", outcome="failed", code="worker_lost") == 1
    assert value(instruments, "credits_spent_total", model="core") == 3
    assert value(instruments, "leases_lost_total") == 2
    assert value(instruments, "pictures_expired_total") == 2
    assert value(instruments, "pictures_expired_bytes_total") == 300
