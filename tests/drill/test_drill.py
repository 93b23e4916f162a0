"""A short drill, so that a promise broken under faults breaks the tests; `make drill` runs a long one."""

import signal
import subprocess
import sys

from tests.drill.schedule import Kind, schedule

SECONDS, SEED = 11, 17
KINDS = (
    Kind.BOT_KILL,
    Kind.WORKER_KILL,
    Kind.WORKER_TERM,
    Kind.POSTGRES_IMMEDIATE,
    Kind.POSTGRES_FORGET,
    Kind.BUCKET_500,
    Kind.CALL_500,
    Kind.CALL_GARBAGE,
    Kind.CALL_EDGE_403,
)
"""What is most telling. In so short a time not all kinds come, and each new one would change which do."""

SETTLE_SECONDS, TIMEOUT_SECONDS = 60.0, 110.0


def test_the_schedule_is_worth_it() -> None:
    assert {fault.kind for fault in schedule(SEED, SECONDS, workers=2, only=KINDS)} == set(KINDS)


def test_every_promise_is_kept() -> None:
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.drill"),
            *("--seconds", str(SECONDS), "--seed", str(SEED), "--settle", str(SETTLE_SECONDS)),
            *("--only", *KINDS),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as drill:
        try:
            said, _ = drill.communicate(timeout=TIMEOUT_SECONDS)
        finally:
            # It ends its own children when it is told to end.
            drill.send_signal(signal.SIGINT)
    assert drill.returncode == 0, said
