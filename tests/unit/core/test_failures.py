"""What a failure means for the job, for the money, and for whoever reads of it."""

import pytest

from core.failures import FAILURES, FailureCode, JobFailed, Outcome
from core.orders import State

TRIED_AGAIN = {
    "rate_limited",
    "unavailable",
    "blocked",
    "bad_picture",
    "input_unread",
    "generation_gone",
    "worker_lost",
    "internal",
}
HALTING = {"bad_key", "no_credit"}
MAY_BE_BILLED = {"filtered", "unavailable", "bad_picture", "generation_gone", "worker_lost", "internal"}


def test_every_code_has_its_meaning() -> None:
    assert FAILURES.keys() == set(FailureCode)
    assert {code for code, failure in FAILURES.items() if failure.transient} == TRIED_AGAIN
    assert {code for code, failure in FAILURES.items() if failure.halts_provider} == HALTING
    assert {code for code, failure in FAILURES.items() if failure.outcome.counts} == MAY_BE_BILLED
    assert {code for code, failure in FAILURES.items() if failure.outcome is Outcome.BILLED} == {"filtered"}


def test_what_is_stored_is_spelled_as_the_rows_that_are_there() -> None:
    for words in (FailureCode, State, Outcome):
        assert all(word.value == word.name.lower() for word in words)


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [(Outcome.BILLED, True), (Outcome.UNKNOWN, True), (Outcome.FREE, False), (Outcome.OPEN, False)],
)
def test_what_nobody_knows_counts_like_what_is_billed(outcome: Outcome, counts: bool) -> None:
    assert outcome.counts is counts


def test_an_attempt_costs_what_its_code_says_unless_the_answer_knows_better() -> None:
    assert JobFailed(FailureCode.UNAVAILABLE).outcome is Outcome.UNKNOWN
    assert JobFailed(FailureCode.UNAVAILABLE, outcome=Outcome.FREE).outcome is Outcome.FREE
    assert JobFailed(FailureCode.REFUSED).failure is FAILURES[FailureCode.REFUSED]


def test_restated_it_may_be_billed_as_much_as_before() -> None:
    before = JobFailed(FailureCode.BAD_KEY, "401", outcome=Outcome.BILLED, request_id="abc")
    after = before.restated(FailureCode.UNAVAILABLE, "of this one alone")
    assert (after.code, after.detail) == ("unavailable", "of this one alone")
    assert (after.outcome, after.request_id) == (Outcome.BILLED, "abc")


def test_whatever_others_sent_can_be_stored_and_read() -> None:
    error = JobFailed(FailureCode.BAD_REQUEST, "a\0b\ud800c")
    assert (error.detail, str(error)) == ("a\ufffdb?c", "bad_request: a\ufffdb?c")
    assert (JobFailed(FailureCode.INTERNAL).detail, str(JobFailed(FailureCode.INTERNAL))) == ("", "internal")
